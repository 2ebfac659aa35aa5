//go:build unix

package private

import "golang.org/x/sys/unix"

// Writable returns an error where this user can't write to a file, or create one in
// a folder. It opens and changes nothing.
func Writable(path string) error { return unix.Access(path, unix.W_OK) }
