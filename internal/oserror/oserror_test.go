package oserror

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"
)

// The numbers of both systems, wrapped as package net and os return them.
func TestNumbers(t *testing.T) {
	for _, test := range []struct {
		condition condition
		number    syscall.Errno
		system    string
		want      bool
	}{
		{refused, 10061, "windows", true}, {refused, syscall.ECONNREFUSED, "linux", true}, {refused, 10061, "linux", false}, {refused, 10048, "windows", false},
		{inUse, 10048, "windows", true}, {inUse, syscall.EADDRINUSE, "darwin", true}, {inUse, 10061, "windows", false},
		{notAllowed, 10013, "windows", true}, {notAllowed, syscall.EACCES, "linux", true}, {notAllowed, 5, "windows", false},
		{closedPipe, 109, "windows", true}, {closedPipe, 232, "windows", true}, {closedPipe, syscall.EPIPE, "linux", true}, {closedPipe, 109, "linux", false},
	} {
		err := fmt.Errorf("call: %w", &net.OpError{Op: "dial", Err: os.NewSyscallError("connectex", test.number)})
		if got := test.condition.is(err, test.system); got != test.want {
			t.Errorf("%d on %s: %v, want %v", test.number, test.system, got, test.want)
		}
	}
	for _, err := range []error{nil, errors.New("refused")} {
		if IsRefused(err) || IsInUse(err) || IsNotAllowed(err) || IsClosedPipe(err) {
			t.Errorf("%v is recognised", err)
		}
	}
}

// What this system returns is recognised.
func TestThisSystem(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := net.Listen("tcp", listener.Addr().String()); !IsInUse(err) {
		t.Errorf("a second listener: %v", err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := net.Dial("tcp", listener.Addr().String()); !IsRefused(err) {
		t.Errorf("a closed listener: %v", err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := writer.WriteString("x"); !IsClosedPipe(err) {
		t.Errorf("a closed pipe: %v", err)
	}
}
