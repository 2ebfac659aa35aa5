// Package reload keeps a value that was read from files, and reads it again when
// they change, or when it is asked to: a renewed certificate, a replaced key.
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
	// tries is how often a file is read that changes while it is read.
	tries = 3
)

// Source says how a value is read.
type Source[T any] struct {
	// What names the value in logs.
	What string
	// Files returns the files that the value was read from.
	Files func(T) []string
	// Read reads the value again; previous is the one that stays where it fails, and at
	// first the zero value. What it returns is not used where another value, which is
	// read with this one, can't be.
	Read func(previous T) (T, error)
}

// Value is what was read from files. It is safe for concurrent use.
type Value[T any] struct {
	Source[T]
	log *slog.Logger
	now func() time.Time // changed in tests

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

// New reads the value, and fails where that fails.
func New[T any](log *slog.Logger, source Source[T]) (*Value[T], error) {
	v := &Value[T]{Source: source, log: log, now: time.Now}
	if err := v.Again(); err != nil {
		return nil, err
	}
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
			use, err := v.load()
			switch {
			case errors.Is(err, errChanging):
			case err != nil:
				v.log.Error("the changed files can't be used: the previous value stays", "what", v.What, "error", err)
			default:
				use()
				v.log.Info("read again", "what", v.What)
			}
		}
	}
	return v.value
}

// Again reads the value now, whether or not its files have changed. The previous value
// stays where that fails.
func (v *Value[T]) Again() error { return All(v) }

// Reader is a [Value] of any type.
type Reader interface {
	lock() (unlock func())
	// readNow reads the value without using it. use does so.
	readNow() (use func(), err error)
}

// All reads values as Again does. All of them are used, or none where one can't be read;
// the error then says what is wrong with each.
func All(values ...Reader) error {
	var all []func()
	var wrong []error
	for _, v := range values {
		defer v.lock()()
		use, err := v.readNow()
		all, wrong = append(all, use), append(wrong, err)
	}
	if err := errors.Join(wrong...); err != nil {
		return err
	}
	for _, use := range all {
		use()
	}
	return nil
}

func (v *Value[T]) lock() (unlock func()) {
	v.mu.Lock()
	return v.mu.Unlock
}

func (v *Value[T]) readNow() (use func(), err error) {
	for range tries {
		if use, err = v.load(); !errors.Is(err, errChanging) {
			break
		}
	}
	v.lastCheck = v.now()
	return use, err
}

// changed reports whether the files have changed, and have settled since.
func (v *Value[T]) changed(now time.Time) bool {
	stamps := stampAll(v.Files(v.value))
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
func (v *Value[T]) load() (use func(), _ error) {
	files := v.Files(v.value)
	for {
		stamps := stampAll(files)
		value, err := v.Read(v.value)
		if after := stampAll(files); !slices.Equal(stamps, after) {
			v.settling = after
			return nil, fmt.Errorf("%s: %w", v.What, errChanging)
		}
		if err != nil {
			v.stamps = stamps // so that an error is logged once
			return nil, fmt.Errorf("%s: %w", v.What, err)
		}
		if now := v.Files(value); !slices.Equal(files, now) {
			files = now // which may have changed before their stamps were taken
			continue
		}
		return func() { v.value, v.stamps, v.settling = value, stamps, nil }, nil
	}
}

// stampAll returns the stamps of files; that of a missing one is zero, and reading it
// says what is wrong.
func stampAll(files []string) []stamp {
	stamps := make([]stamp, len(files))
	for i, name := range files {
		if info, err := os.Stat(name); err == nil {
			stamps[i] = stamp{info.ModTime(), info.Size()}
		}
	}
	return stamps
}
