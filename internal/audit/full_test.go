//go:build linux || darwin

package audit

import (
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// A line for which the disk has no room is removed again: no line could follow a
// part of one.
func TestAFullDisk(t *testing.T) {
	f := written(t, "")
	l := &Log{medium: f}
	// The limit applies to the complete process: what go test writes must stay below it.
	first := entry(1)
	first.Arguments["text"] = strings.Repeat("a", 8<<20)
	if err := l.Add(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	small := limit
	small.Cur = uint64(len(before) + 10)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small); err != nil {
		t.Fatal(err)
	}
	full := l.Add(t.Context(), entry(2))
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	if full == nil {
		t.Error("a line was written where there was no room")
	}
	if after, _ := os.ReadFile(f.path); string(after) != string(before) {
		t.Errorf("a part was left: %q", after[len(before):])
	}
	if err := l.Add(t.Context(), entry(3)); err != nil {
		t.Errorf("once there is room again: %v", err)
	}
	if report, err := l.Verify(t.Context()); err != nil || report.Lines != 2 {
		t.Errorf("%+v, %v", report, err)
	}
}
