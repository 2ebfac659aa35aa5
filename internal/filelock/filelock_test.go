package filelock

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestAcquire(t *testing.T) {
	free := func() (bool, error) { return true, nil }
	taken := func() (bool, error) { return false, nil }
	broken := errors.New("broken")
	l := New(20 * time.Millisecond)
	release, err := l.Acquire(t.Context(), free)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Acquire(t.Context(), free); !errors.Is(err, ErrHeld) {
		t.Errorf("while it is held here: %v", err)
	}
	release()
	// None of these leaves it held.
	if _, err := l.Acquire(t.Context(), taken); !errors.Is(err, ErrHeld) {
		t.Errorf("while another process has it: %v", err)
	}
	if _, err := l.Acquire(t.Context(), func() (bool, error) { return false, broken }); !errors.Is(err, broken) {
		t.Errorf("after an error: %v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = l.Acquire(t.Context(), func() (bool, error) { panic("damaged") })
	}()
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := l.Acquire(ended, taken); !errors.Is(err, context.Canceled) {
		t.Errorf("after the caller's end: %v", err)
	}
	if _, err := l.Acquire(t.Context(), free); err != nil {
		t.Errorf("after all of these: %v", err)
	}
}
