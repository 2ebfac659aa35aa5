// Package reload keeps what was read from files, and reads it again when they
// change: a renewed certificate, a replaced key.
package reload

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"
)

const (
	// looked is how often the files are looked at.
	looked = 5 * time.Second
	// settles is how long a changed file must have been unchanged before it is
	// read: it may still be being written.
	settles = time.Second
)

// Value is what was read from files. It is safe for use by many goroutines.
type Value[T any] struct {
	what  string
	files []string
	read  func() (T, error)
	log   *slog.Logger
	now   func() time.Time // changed in tests

	mu       sync.Mutex
	value    T
	stamps   []stamp   // of what was read
	settling []stamp   // of what has changed since, and may change further; nil for none
	last     time.Time // when the files were looked at
}

// stamp tells one state of a file from another.
type stamp struct {
	changed time.Time
	size    int64
}

// New reads the value, and fails where that fails. what names it in logs.
func New[T any](what string, files []string, log *slog.Logger, read func() (T, error)) (*Value[T], error) {
	v := &Value[T]{what: what, files: files, read: read, log: log, now: time.Now}
	err := v.load()
	for range 2 {
		if errors.Is(err, errChanging) {
			err = v.load()
		}
	}
	if err != nil {
		return nil, err
	}
	v.last = v.now()
	return v, nil
}

// Current is the value as the files have it, at most 6 s late: they are read
// when they have been unchanged for a second. Where they can't be read any more,
// or hold something wrong, it is the value from before, and the log says why.
func (v *Value[T]) Current() T {
	v.mu.Lock()
	defer v.mu.Unlock()
	wait := looked
	if v.settling != nil {
		wait = settles
	}
	if now := v.now(); now.Sub(v.last) >= wait {
		v.last = now
		if v.changed(now) {
			switch err := v.load(); {
			case errors.Is(err, errChanging):
			case err != nil:
				v.log.Error("what has changed can't be used: what was read before stays", "what", v.what, "error", err)
			default:
				v.log.Info("read again", "what", v.what)
			}
		}
	}
	return v.value
}

// changed reports whether the files have changed, and have settled since.
func (v *Value[T]) changed(now time.Time) bool {
	stamps, err := v.stampAll()
	if err != nil {
		return true // load tells what is wrong
	}
	seen := v.settling
	v.settling = nil
	if slices.Equal(stamps, v.stamps) {
		return false
	}
	// Either their own times tell, or they are as they were a second ago.
	young := slices.ContainsFunc(stamps, func(s stamp) bool { return now.Sub(s.changed) < settles })
	if young && !slices.Equal(stamps, seen) {
		v.settling = stamps
		return false
	}
	return true
}

// errChanging tells that a file has changed while it was read.
var errChanging = errors.New("it changes while it is read")

// load reads the files. The stamps are taken before, so that a change while it
// reads is seen; what it has read then may be the half of a file.
func (v *Value[T]) load() error {
	stamps, err := v.stampAll()
	if err != nil {
		return fmt.Errorf("%s: %w", v.what, err)
	}
	value, err := v.read()
	if after, failed := v.stampAll(); failed == nil && !slices.Equal(stamps, after) {
		v.settling = after
		return fmt.Errorf("%s: %w", v.what, errChanging)
	}
	v.stamps = stamps // what is wrong is told once
	if err != nil {
		return fmt.Errorf("%s: %w", v.what, err)
	}
	v.value = value
	return nil
}

func (v *Value[T]) stampAll() ([]stamp, error) {
	stamps := make([]stamp, len(v.files))
	for i, name := range v.files {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		stamps[i] = stamp{info.ModTime(), info.Size()}
	}
	return stamps, nil
}
