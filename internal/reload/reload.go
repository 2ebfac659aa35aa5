// Package reload keeps a value that was read from files, and reads it again when
// they change: a renewed certificate, a replaced key.
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
	// checkInterval is how often the files are checked for changes.
	checkInterval = 5 * time.Second
	// settleTime is how long a changed file must be unchanged before it is read:
	// it may still be being written.
	settleTime = time.Second
)

// Value is what was read from files. It is safe for concurrent use.
type Value[T any] struct {
	what  string
	files []string
	read  func() (T, error)
	log   *slog.Logger
	now   func() time.Time // changed in tests

	mu        sync.Mutex
	value     T
	stamps    []stamp   // of what was read
	settling  []stamp   // of what has changed since, and may change further; nil for none
	lastCheck time.Time // of the files
}

// stamp distinguishes one version of a file from another.
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
	v.lastCheck = v.now()
	return v, nil
}

// Current returns the value of the files, at most 6 s late: they are read when
// they have been unchanged for a second. Where they can no longer be read, or
// their content is wrong, it is the previous value, and the log says why.
func (v *Value[T]) Current() T {
	v.mu.Lock()
	defer v.mu.Unlock()
	wait := checkInterval
	if v.settling != nil {
		wait = settleTime
	}
	if now := v.now(); now.Sub(v.lastCheck) >= wait {
		v.lastCheck = now
		if v.changed(now) {
			switch err := v.load(); {
			case errors.Is(err, errChanging):
			case err != nil:
				v.log.Error("the changed files can't be used: the previous value stays", "what", v.what, "error", err)
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
		return true // load reports what is wrong
	}
	previous := v.settling
	v.settling = nil
	if slices.Equal(stamps, v.stamps) {
		return false
	}
	// They have settled if their own times say so, or if nothing has changed since
	// the check a second ago.
	young := slices.ContainsFunc(stamps, func(s stamp) bool { return now.Sub(s.changed) < settleTime })
	if young && !slices.Equal(stamps, previous) {
		v.settling = stamps
		return false
	}
	return true
}

// errChanging is the error for a file that changes while it is read.
var errChanging = errors.New("it changes while it is read")

// load reads the files. It takes their stamps before and after, since what is read
// during a change may be half a file.
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
	v.stamps = stamps // so that an error is logged once
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
