package reload

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAValueFollowsItsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "value")
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Second)
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	reads := 0
	read := func() (string, error) {
		reads++
		raw, err := os.ReadFile(file)
		if string(raw) == "wrong" {
			err = errors.New("it is wrong")
		}
		return string(raw), err
	}
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))

	if _, err := New("the value", []string{file}, logger, read); err == nil || !strings.Contains(err.Error(), "the value") {
		t.Errorf("a missing file: %v", err)
	}
	write("one")
	v, err := New("the value", []string{file}, logger, read)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	v.now = func() time.Time { return now }
	want := func(value string, seen int) {
		t.Helper()
		if got := v.Current(); got != value || reads != seen {
			t.Errorf("got %q after %d reads; want %q after %d", got, reads, value, seen)
		}
	}
	want("one", 1)
	write("two")
	want("one", 1) // not checked yet
	now = now.Add(checkInterval)
	want("two", 2)
	now = now.Add(checkInterval)
	want("two", 2) // unchanged
	write("wrong")
	now = now.Add(checkInterval)
	want("two", 3)
	now = now.Add(checkInterval)
	want("two", 3)
	if strings.Count(log.String(), "it is wrong") != 1 {
		t.Errorf("the log does not say what is wrong: %s", &log)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	now = now.Add(checkInterval)
	want("two", 3)
	write("three")
	now = now.Add(checkInterval)
	want("three", 4)
}

// A file that is being written is read when it has been unchanged for a second,
// whatever its time says, and never by halves.
func TestAFileThatIsBeingWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "value")
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	write := func(text string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	var reads []string
	var whileReading func()
	write("old", now.Add(-time.Hour))
	v, err := New("the value", []string{file}, slog.New(slog.DiscardHandler), func() (string, error) {
		raw, err := os.ReadFile(file)
		reads = append(reads, string(raw))
		if do := whileReading; do != nil {
			whileReading = nil
			do()
		}
		return string(raw), err
	})
	if err != nil {
		t.Fatal(err)
	}
	v.now, v.lastCheck = func() time.Time { return now }, now
	want := func(value string, after time.Duration) {
		t.Helper()
		now = now.Add(after)
		if got := v.Current(); got != value {
			t.Errorf("got %q, want %q; reads %q", got, value, reads)
		}
	}
	now = now.Add(checkInterval - time.Second)
	write("ha", now.Add(time.Second)) // seen in the moment in which it is written
	want("old", time.Second)
	write("half", now.Add(500*time.Millisecond)) // and again, as it grows
	want("old", time.Second)
	want("old", 500*time.Millisecond)
	want("half", 500*time.Millisecond) // a second after its last change

	write("settled", now.Add(time.Second))
	want("settled", checkInterval) // unchanged for seconds already: immediately

	write("ahead", now.Add(time.Hour)) // by another clock
	want("settled", checkInterval)
	want("ahead", settleTime)

	write("first", now)
	whileReading = func() { write("first and second", now) }
	want("ahead", checkInterval)
	want("first and second", settleTime)
	for _, read := range reads {
		if read == "ha" {
			t.Errorf("half a file was read: %q", reads)
		}
	}
}

// A file that changes is not read before it has been unchanged for a second.
func TestAFileSettlesForASecond(t *testing.T) {
	if settleTime != time.Second {
		t.Errorf("a file is read after %v", settleTime)
	}
}
