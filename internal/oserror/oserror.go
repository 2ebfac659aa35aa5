// Package oserror recognises errors of the operating system whose numbers differ between
// Windows and the other systems: package syscall has the names of Unix on Windows as
// well, with numbers that Windows never returns.
package oserror

import (
	"errors"
	"runtime"
	"slices"
	"syscall"
)

// condition is what an error reports: its number on Unix, and its numbers on Windows
// (WinError.h).
type condition struct {
	unix    syscall.Errno
	windows []syscall.Errno
}

var (
	refused    = condition{syscall.ECONNREFUSED, []syscall.Errno{10061}} // WSAECONNREFUSED
	inUse      = condition{syscall.EADDRINUSE, []syscall.Errno{10048}}   // WSAEADDRINUSE
	notAllowed = condition{syscall.EACCES, []syscall.Errno{10013}}       // WSAEACCES
	closedPipe = condition{syscall.EPIPE, []syscall.Errno{109, 232}}     // ERROR_BROKEN_PIPE, ERROR_NO_DATA
)

// IsRefused reports whether nothing accepts connections at an address.
func IsRefused(err error) bool { return refused.is(err, runtime.GOOS) }

// IsInUse reports whether something listens at an address already.
func IsInUse(err error) bool { return inUse.is(err, runtime.GOOS) }

// IsNotAllowed reports whether this user may not listen at an address.
func IsNotAllowed(err error) bool { return notAllowed.is(err, runtime.GOOS) }

// IsClosedPipe reports whether the reader of a pipe has closed it.
func IsClosedPipe(err error) bool { return closedPipe.is(err, runtime.GOOS) }

// is reports whether an error of a system, by its GOOS, reports the condition.
func (c condition) is(err error, system string) bool {
	number, found := errors.AsType[syscall.Errno](err)
	if !found {
		return false
	}
	return number == c.unix || system == "windows" && slices.Contains(c.windows, number)
}
