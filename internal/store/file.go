package store

import (
	"bytes"
	"context"
	"encoding/binary"
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
// papi-mcp call) take turns.
type File struct {
	path  string
	now   clock
	lock  *filelock.Lock
	sweep time.Time // when expired entries are removed next

	readOnly bool
}

// lockTimeout bounds how long an operation waits for the file.
const lockTimeout = 5 * time.Second

var bucket = []byte("entries")

// NewFile returns a store in the file at path. The first write creates the file
// and its folder, readable by their owner only.
func NewFile(path string) *File {
	return &File{path: path, now: time.Now, lock: filelock.New(lockTimeout)}
}

// Get implements Store.
func (f *File) Get(ctx context.Context, key string) (value []byte, ok bool, err error) {
	if _, err := os.Stat(f.path); errors.Is(err, os.ErrNotExist) {
		return nil, false, ctx.Err()
	}
	err = f.do(ctx, func(db *bbolt.DB) error {
		return db.View(func(tx *bbolt.Tx) error {
			if b := tx.Bucket(bucket); b != nil {
				value, ok = f.get(b, key)
			}
			return nil
		})
	})
	return value, ok && err == nil, err
}

// Put implements Store.
func (f *File) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return f.update(ctx, func(b *bbolt.Bucket) error { return f.put(b, key, value, ttl) })
}

// Add implements Store.
func (f *File) Add(ctx context.Context, key string, value []byte, ttl time.Duration) (added bool, err error) {
	err = f.update(ctx, func(b *bbolt.Bucket) error {
		if _, ok := f.get(b, key); ok {
			return nil
		}
		added = true
		return f.put(b, key, value, ttl)
	})
	return added && err == nil, err
}

// Delete implements Store.
func (f *File) Delete(ctx context.Context, key string) error {
	return f.update(ctx, func(b *bbolt.Bucket) error { return b.Delete([]byte(key)) })
}

// update runs a write transaction.
func (f *File) update(ctx context.Context, transaction func(*bbolt.Bucket) error) error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return f.do(ctx, func(db *bbolt.DB) error {
		return db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists(bucket)
			if err != nil {
				return err
			}
			return transaction(b)
		})
	})
}

// do opens the file, once no other goroutine or process holds it, and runs an
// operation on it.
func (f *File) do(ctx context.Context, operation func(*bbolt.DB) error) (err error) {
	// bbolt panics on a file that is no longer a database, and reads past the end
	// of one that was truncated. It may then hold its own locks for ever: only the
	// file is closed, so that nothing waits for it.
	var opened *os.File
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			filelock.Unlock(opened)
			_ = opened.Close()
			err = f.damaged(fmt.Errorf("%v", p))
		}
	}()
	options := bbolt.Options{
		// One attempt: bbolt's own wait ignores the context, and polls so seldom
		// that a busy process would starve the others.
		Timeout:  1,
		ReadOnly: f.readOnly,
		OpenFile: func(name string, flag int, mode os.FileMode) (file *os.File, err error) {
			opened, err = os.OpenFile(name, flag, mode)
			return opened, err
		},
	}
	var db *bbolt.DB
	release, err := f.lock.Acquire(ctx, func() (ok bool, err error) {
		if db, err = bbolt.Open(f.path, 0o600, &options); errors.Is(err, berrors.ErrTimeout) {
			return false, nil
		}
		return true, err
	})
	if err != nil {
		return f.unopened(err)
	}
	defer release()
	if err := errors.Join(operation(db), db.Close()); err != nil {
		return fmt.Errorf("store: %s: %w", f.path, err)
	}
	return nil
}

// unopened returns the error for a file that could not be opened.
func (f *File) unopened(err error) error {
	var system syscall.Errno
	switch {
	case errors.Is(err, filelock.ErrHeld), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.As(err, &system):
		return fmt.Errorf("store: opening %s: %w", f.path, err)
	}
	return f.damaged(err)
}

func (f *File) damaged(err error) error {
	return fmt.Errorf("store: %s is damaged, or not a state file of papi-mcp (%w): move it away, and the next call creates a new one; confirmations and registrations are then lost", f.path, err)
}

// A stored entry is its expiry in nanoseconds (0 for never), then its value.

func (f *File) get(b *bbolt.Bucket, key string) ([]byte, bool) {
	raw := b.Get([]byte(key))
	if len(raw) < 8 || f.now.expired(expiryOf(raw)) {
		return nil, false
	}
	return bytes.Clone(raw[8:]), true
}

func (f *File) put(b *bbolt.Bucket, key string, value []byte, ttl time.Duration) error {
	if err := f.removeExpired(b); err != nil {
		return err
	}
	var nanos int64
	if expiry := f.now.expiry(ttl); !expiry.IsZero() {
		nanos = expiry.UnixNano()
	}
	return b.Put([]byte(key), append(binary.BigEndian.AppendUint64(nil, uint64(nanos)), value...))
}

// removeExpired removes all expired entries, at most once per sweepInterval.
func (f *File) removeExpired(b *bbolt.Bucket) error {
	now := f.now()
	if now.Before(f.sweep) {
		return nil
	}
	f.sweep = now.Add(sweepInterval)
	var expired [][]byte
	err := b.ForEach(func(k, raw []byte) error {
		if len(raw) < 8 || f.now.expired(expiryOf(raw)) {
			expired = append(expired, k)
		}
		return nil
	})
	for _, k := range expired {
		err = errors.Join(err, b.Delete(k))
	}
	return err
}

func expiryOf(raw []byte) time.Time {
	nanos := int64(binary.BigEndian.Uint64(raw))
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanos)
}
