package store

import (
	"context"
	"fmt"
	"os"
	"time"

	"go.etcd.io/bbolt"

	"papi-mcp/internal/filelock"
)

// Check reads all of a file, and returns an error where it is damaged, is not a store,
// or stays locked by another process for longer than wait. It changes nothing: a file
// that is still empty is left so, and the error is fs.ErrNotExist where there is none.
func Check(ctx context.Context, path string, wait time.Duration) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular(): // to open a pipe may wait for ever
		return fmt.Errorf("store: %s is not a regular file", path)
	case info.Size() == 0:
		return nil
	}
	f := NewReader(path)
	f.lock = filelock.New(wait)
	return f.do(ctx, func(db *bbolt.DB) error {
		return db.View(func(tx *bbolt.Tx) error {
			// bbolt's own check panics in a goroutine of its own.
			return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error { return readAll(b) })
		})
	})
}

// readAll reads a bucket and those in it.
func readAll(b *bbolt.Bucket) error {
	return b.ForEach(func(name, value []byte) error {
		if value == nil {
			return readAll(b.Bucket(name))
		}
		return nil
	})
}

// NewReader returns a store in a file that is opened for reading only: what would
// change it fails.
func NewReader(path string) *File {
	f := NewFile(path)
	f.readOnly = true
	return f
}
