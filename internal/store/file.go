package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"papi-mcp/internal/filelock"
)

// File is a store in a bbolt file. The file is open, and therefore locked, only
// during an operation: the processes of one user (papi-mcp serve for each client,
// papi-mcp call) take turns. After Hold it is this process's alone.
type File struct {
	watchers
	path  string
	now   clock
	lock  *filelock.Lock
	sweep time.Time // when what has expired is removed next

	readOnly bool
	held     *bbolt.DB // nil where the file is opened for each operation
}

// lockTimeout bounds how long an operation waits for the file.
const lockTimeout = 5 * time.Second

// NewFile returns a store in the file at path. The first write creates the file
// and its folder, readable by their owner only.
func NewFile(path string) *File {
	return &File{path: path, now: time.Now, lock: filelock.New(lockTimeout), watchers: watchers{poll: pollInterval}}
}

// Hold opens the file, and creates it where there is none. It stays open, and locked
// for others, until Close. The error is filelock.ErrHeld where another process has it.
// Hold and Close are not for concurrent use.
func (f *File) Hold(ctx context.Context) error {
	if err := f.makeFolder(); err != nil {
		return err
	}
	return f.guarded(func(opened **os.File) error {
		db, release, err := f.open(ctx, opened)
		if err != nil {
			return err
		}
		release()
		f.held, f.poll = db, 0
		return nil
	})
}

// Close closes a file that Hold has opened: operations then fail.
func (f *File) Close() error {
	if f.held == nil {
		return nil
	}
	return f.held.Close()
}

func (f *File) makeFolder() error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// view runs a read transaction; a file that does not exist has nothing.
func (f *File) view(ctx context.Context, transaction func(*bbolt.Tx)) error {
	if f.held == nil {
		if _, err := os.Stat(f.path); errors.Is(err, os.ErrNotExist) {
			return ctx.Err()
		}
	}
	return f.do(ctx, func(db *bbolt.DB) error {
		return db.View(func(tx *bbolt.Tx) error {
			transaction(tx)
			return nil
		})
	})
}

// update runs a write transaction.
func (f *File) update(ctx context.Context, transaction func(*bbolt.Tx) error) error {
	if f.held == nil {
		if err := f.makeFolder(); err != nil {
			return err
		}
	}
	return f.do(ctx, func(db *bbolt.DB) error {
		return db.Update(func(tx *bbolt.Tx) error {
			if err := f.removeExpired(tx); err != nil {
				return err
			}
			return transaction(tx)
		})
	})
}

// do runs an operation on the file, which it opens, once no other goroutine or process
// has it, unless it is held.
func (f *File) do(ctx context.Context, operation func(*bbolt.DB) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return f.guarded(func(opened **os.File) error {
		db, end := f.held, func() error { return nil }
		if db == nil {
			var release func()
			var err error
			if db, release, err = f.open(ctx, opened); err != nil {
				return err
			}
			defer release()
			end = db.Close
		}
		if err := errors.Join(operation(db), end()); err != nil {
			return fmt.Errorf("store: %s: %w", f.path, err)
		}
		return nil
	})
}

// guarded runs what bbolt does with the file, which it may open as *opened. bbolt panics
// on a file that is no longer a database, and reads past the end of one that was
// truncated. It may then hold its own locks for ever: only the file is closed, so that
// nothing waits for it.
func (f *File) guarded(do func(opened **os.File) error) (err error) {
	var opened *os.File
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			if opened != nil {
				filelock.Unlock(opened)
				_ = opened.Close()
			}
			err = f.damaged(fmt.Errorf("%v", p))
		}
	}()
	return do(&opened)
}

// open opens the file, once no other goroutine or process has it. release lets another
// goroutine open it.
func (f *File) open(ctx context.Context, opened **os.File) (db *bbolt.DB, release func(), err error) {
	options := bbolt.Options{
		// One attempt: bbolt's own wait ignores the context, and polls so seldom
		// that a busy process would starve the others.
		Timeout:  1,
		ReadOnly: f.readOnly,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			file, err := os.OpenFile(name, flag, mode)
			*opened = file
			return file, err
		},
	}
	release, err = f.lock.Acquire(ctx, func() (ok bool, err error) {
		if db, err = bbolt.Open(f.path, 0o600, &options); errors.Is(err, berrors.ErrTimeout) {
			return false, nil
		}
		return true, err
	})
	if err != nil {
		return nil, nil, f.unopened(err)
	}
	return db, release, nil
}

// unopened returns the error for a file that could not be opened.
func (f *File) unopened(err error) error {
	var system syscall.Errno
	switch {
	case errors.Is(err, filelock.ErrHeld):
		return fmt.Errorf("store: opening %s: %w: an HTTP server of papi-mcp keeps its file to itself, other processes have it for moments only; give --store another path, or for several servers a PostgreSQL", f.path, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.As(err, &system):
		return fmt.Errorf("store: opening %s: %w", f.path, err)
	}
	return f.damaged(err)
}

func (f *File) damaged(err error) error {
	return fmt.Errorf("store: %s is damaged, or not a state file of papi-mcp (%w): move it away, and the next call creates a new one; confirmations and registrations are then lost", f.path, err)
}
