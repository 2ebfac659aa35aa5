package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// File is a store in a bbolt file, which outlives the process. The file is
// open, and so locked, only while an operation lasts: several short-lived
// processes (papi-mcp call) take turns.
type File struct {
	path string
	now  clock
	mu   sync.Mutex
}

// lockWait is how long another process may hold the file.
const lockWait = 5 * time.Second

var bucket = []byte("entries")

// NewFile returns a store in the file at path, which is made with its folder
// when first needed, for its owner alone.
func NewFile(path string) *File { return &File{path: path, now: time.Now} }

// Get implements Store.
func (f *File) Get(_ context.Context, key string) (value []byte, ok bool, err error) {
	err = f.do(func(b *bbolt.Bucket) error {
		value, ok = f.get(b, key)
		return nil
	})
	return value, ok, err
}

// Put implements Store.
func (f *File) Put(_ context.Context, key string, value []byte, ttl time.Duration) error {
	return f.do(func(b *bbolt.Bucket) error { return f.put(b, key, value, ttl) })
}

// Add implements Store.
func (f *File) Add(_ context.Context, key string, value []byte, ttl time.Duration) (added bool, err error) {
	err = f.do(func(b *bbolt.Bucket) error {
		if _, ok := f.get(b, key); ok {
			return nil
		}
		added = true
		return f.put(b, key, value, ttl)
	})
	return added && err == nil, err
}

// Delete implements Store.
func (f *File) Delete(_ context.Context, key string) error {
	return f.do(func(b *bbolt.Bucket) error { return b.Delete([]byte(key)) })
}

// Close implements Store.
func (f *File) Close() error { return nil }

// do opens the file and runs one transaction in it.
func (f *File) do(transaction func(*bbolt.Bucket) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	db, err := bbolt.Open(f.path, 0o600, &bbolt.Options{Timeout: lockWait})
	if errors.Is(err, berrors.ErrTimeout) {
		return fmt.Errorf("store: %s is held by another process: %w", f.path, err)
	}
	if err != nil {
		return fmt.Errorf("store: opening %s: %w", f.path, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bucket)
		if err != nil {
			return err
		}
		return transaction(b)
	})
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("store: %s: %w", f.path, err)
	}
	return nil
}

// An entry's value is its end in nanoseconds (0 for never), then its bytes.

func (f *File) get(b *bbolt.Bucket, key string) ([]byte, bool) {
	raw := b.Get([]byte(key))
	if len(raw) < 8 {
		return nil, false
	}
	if f.now.ended(endOf(raw)) {
		return nil, false
	}
	return bytes.Clone(raw[8:]), true
}

func (f *File) put(b *bbolt.Bucket, key string, value []byte, ttl time.Duration) error {
	var ended [][]byte
	err := b.ForEach(func(k, raw []byte) error {
		if len(raw) < 8 || f.now.ended(endOf(raw)) {
			ended = append(ended, k)
		}
		return nil
	})
	for _, k := range ended {
		err = errors.Join(err, b.Delete(k))
	}
	var nanos int64
	if end := f.now.end(ttl); !end.IsZero() {
		nanos = end.UnixNano()
	}
	return errors.Join(err, b.Put([]byte(key), append(binary.BigEndian.AppendUint64(nil, uint64(nanos)), value...)))
}

func endOf(raw []byte) time.Time {
	nanos := int64(binary.BigEndian.Uint64(raw))
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanos)
}
