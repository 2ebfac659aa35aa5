package reload

import (
	"bytes"
	"errors"
	"fmt"
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
	read := func(string) (string, error) {
		reads++
		raw, err := os.ReadFile(file)
		if string(raw) == "wrong" {
			err = errors.New("it is wrong")
		}
		return string(raw), err
	}
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))

	source := Source[string]{"the value", func(string) []string { return []string{file} }, read}
	if _, err := New(logger, source); err == nil || !strings.Contains(err.Error(), "the value") {
		t.Errorf("a missing file: %v", err)
	}
	reads = 0
	write("one")
	v, err := New(logger, source)
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
	want("two", 4)
	now = now.Add(checkInterval)
	want("two", 4)
	write("three")
	now = now.Add(checkInterval)
	want("three", 5)
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
	v, err := New(slog.New(slog.DiscardHandler), Source[string]{"the value", func(string) []string { return []string{file} }, func(string) (string, error) {
		raw, err := os.ReadFile(file)
		reads = append(reads, string(raw))
		if do := whileReading; do != nil {
			whileReading = nil
			do()
		}
		return string(raw), err
	}})
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

// Values that are read together are all used, or none.
func TestValuesThatAreReadTogether(t *testing.T) {
	var next, wrong [2]string
	var values [2]*Value[string]
	for i := range values {
		var err error
		values[i], err = New(slog.New(slog.DiscardHandler), Source[string]{fmt.Sprintf("value %d", i), func(string) []string { return nil }, func(string) (string, error) {
			if wrong[i] != "" {
				return "", errors.New(wrong[i])
			}
			return next[i], nil
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		next, wrong, want [2]string
		err               string
	}{
		{next: [2]string{"a", "b"}, want: [2]string{"a", "b"}},
		{next: [2]string{"c", "d"}, wrong: [2]string{"", "no"}, want: [2]string{"a", "b"}, err: "value 1: no"},
		{next: [2]string{"c", "d"}, wrong: [2]string{"no", ""}, want: [2]string{"a", "b"}, err: "value 0: no"},
		{next: [2]string{"c", "d"}, wrong: [2]string{"no", "nor"}, want: [2]string{"a", "b"}, err: "value 0: no\nvalue 1: nor"},
		{next: [2]string{"c", "d"}, want: [2]string{"c", "d"}},
	} {
		next, wrong = test.next, test.wrong
		got := ""
		if err := All(values[0], values[1]); err != nil {
			got = err.Error()
		}
		if have := [2]string{values[0].Current(), values[1].Current()}; have != test.want || got != test.err {
			t.Errorf("%v: got %v, %q", test, have, got)
		}
	}
}

// What was read says which files it is from: those of the value that is used are followed,
// and the others no longer.
func TestFilesThatTheValueNames(t *testing.T) {
	dir := t.TempDir()
	at := time.Now().Add(-time.Hour)
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Second)
		if err := os.Chtimes(filepath.Join(dir, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	type value struct{ secret, text string } // the name of its file, and its content
	write("index", "first")
	write("first", "1")
	v, err := New(slog.New(slog.DiscardHandler), Source[value]{"the value", func(v value) []string {
		return []string{filepath.Join(dir, "index"), filepath.Join(dir, v.secret)}
	}, func(value) (value, error) {
		name, err := os.ReadFile(filepath.Join(dir, "index"))
		if err != nil {
			return value{}, err
		}
		text, err := os.ReadFile(filepath.Join(dir, string(name)))
		return value{string(name), string(text)}, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	v.now = func() time.Time { return now }
	want := func(text string) {
		t.Helper()
		now = now.Add(checkInterval)
		if got := v.Current().text; got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
	want("1")
	write("first", "one")
	want("one")
	write("second", "2")
	write("index", "second")
	want("2")
	write("second", "two")
	want("two")
	write("index", "third")
	want("two") // there is no such file
	write("third", "3")
	now = now.Add(checkInterval)
	if err := v.Again(); err != nil {
		t.Fatal(err)
	}
	want("3")
}
