// Package reload keeps what was read from files, and reads it again when they
// change: a renewed certificate, a replaced key.
package reload

import (
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// looked is how often the files are looked at.
const looked = 5 * time.Second

// Value is what was read from files. It is safe for use by many goroutines.
type Value[T any] struct {
	what  string
	files []string
	read  func() (T, error)
	log   *slog.Logger
	now   func() time.Time // changed in tests

	mu     sync.Mutex
	value  T
	stamps []stamp
	last   time.Time // when the files were looked at
}

// stamp tells one state of a file from another.
type stamp struct {
	changed time.Time
	size    int64
}

// New reads the value, and fails where that fails. what names it in logs.
func New[T any](what string, files []string, log *slog.Logger, read func() (T, error)) (*Value[T], error) {
	v := &Value[T]{what: what, files: files, read: read, log: log, now: time.Now}
	if err := v.load(); err != nil {
		return nil, err
	}
	v.last = v.now()
	return v, nil
}

// Current is the value as the files have it, at most 5 s late. Where they can't
// be read any more, or hold something wrong, it is the value from before, and
// the log says why.
func (v *Value[T]) Current() T {
	v.mu.Lock()
	defer v.mu.Unlock()
	if now := v.now(); now.Sub(v.last) >= looked {
		v.last = now
		if v.changed() {
			if err := v.load(); err != nil {
				v.log.Error("what has changed can't be used: what was read before stays", "what", v.what, "error", err)
			} else {
				v.log.Info("read again", "what", v.what)
			}
		}
	}
	return v.value
}

func (v *Value[T]) changed() bool {
	stamps, err := v.stampAll()
	if err != nil {
		return true // load tells what is wrong
	}
	for i := range stamps {
		if stamps[i] != v.stamps[i] {
			return true
		}
	}
	return false
}

// load reads the files. The stamps are taken before, so that a change while it
// reads is seen the next time.
func (v *Value[T]) load() error {
	stamps, err := v.stampAll()
	if err != nil {
		return fmt.Errorf("%s: %w", v.what, err)
	}
	value, err := v.read()
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
