//go:build unix

package plan

import "syscall"

// makePipe makes a named pipe, which an open would wait for, and reports whether it could.
func makePipe(path string) bool { return syscall.Mkfifo(path, 0o600) == nil }
