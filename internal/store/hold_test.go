package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/filelock"
)

// A file that is held is its holder's alone, until that is closed; what was written
// before and in the meantime is there afterwards.
func TestHold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	if err := NewFile(path).Put(t.Context(), "before", []byte("1"), 0); err != nil {
		t.Fatal(err)
	}
	holder := NewFile(path)
	if err := holder.Hold(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := NewFile(path)
	other.lock.Timeout = time.Millisecond
	if err := other.Hold(t.Context()); !errors.Is(err, filelock.ErrHeld) || !strings.Contains(err.Error(), "HTTP server of papi-mcp") {
		t.Errorf("a second holder: %v", err)
	}
	for name, do := range operations {
		if err := do(t.Context(), other); !errors.Is(err, filelock.ErrHeld) {
			t.Errorf("%s by another process: %v", name, err)
		}
		if err := do(t.Context(), holder); err != nil {
			t.Errorf("%s by the holder: %v", name, err)
		}
	}
	left, leave := context.WithCancel(t.Context())
	leave()
	if _, _, err := holder.Get(left, "before"); !errors.Is(err, context.Canceled) {
		t.Errorf("after the caller's cancellation: %v", err)
	}
	if err := holder.Put(t.Context(), "meanwhile", []byte("2"), 0); err != nil {
		t.Fatal(err)
	}
	if err := holder.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := holder.Get(t.Context(), "before"); err == nil {
		t.Error("it can be read after Close")
	}
	for _, key := range []string{"before", "meanwhile"} {
		if _, ok, err := other.Get(t.Context(), key); err != nil || !ok {
			t.Errorf("%s: %v, %v", key, ok, err)
		}
	}
	if err := other.Hold(t.Context()); err != nil {
		t.Errorf("the next holder: %v", err)
	}
	if err := errors.Join(other.Close(), NewFile(path).Close()); err != nil {
		t.Error(err)
	}
}

// A file that is not a store can't be held, and is not left locked.
func TestHoldOfADamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	if err := os.WriteFile(path, []byte("this is not a database"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := NewFile(path).Hold(t.Context()); err == nil || !strings.Contains(err.Error(), "move it away") {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	f := NewFile(path)
	if err := f.Hold(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}
