//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package filelock

import "os"

// Unlock does nothing on this system: closing the file releases the lock.
func Unlock(*os.File) {}
