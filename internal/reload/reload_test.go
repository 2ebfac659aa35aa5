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
	want("one", 1) // not looked at yet
	now = now.Add(looked)
	want("two", 2)
	now = now.Add(looked)
	want("two", 2) // unchanged
	write("wrong")
	now = now.Add(looked)
	want("two", 3)
	now = now.Add(looked)
	want("two", 3)
	if strings.Count(log.String(), "it is wrong") != 1 {
		t.Errorf("the log does not say what is wrong: %s", &log)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	now = now.Add(looked)
	want("two", 3)
	write("three")
	now = now.Add(looked)
	want("three", 4)
}
