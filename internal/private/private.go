// Package private keeps files of one user in a folder that others can't write. It
// refuses what others could have written or read: a folder that they can write, a
// file that they can read, and whatever belongs to somebody else or is a symbolic
// link.
package private

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"papi-mcp/internal/filelock"
)

// Folder is an open folder. The folders above it don't matter: one that is put in
// its place is not used, since a path is resolved only once, and is refused unless
// it is private as well.
type Folder struct {
	path string
	root *os.Root
}

// Open opens the folder at path, and creates it where it does not exist. The error
// says why it is not private.
func Open(path string) (*Folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	link, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	info, err := root.Stat(".")
	if err == nil && !os.SameFile(link, info) {
		err = fmt.Errorf("%s is a symbolic link", path)
	}
	if err == nil {
		err = check(path, info, 0o022)
	}
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &Folder{path, root}, nil
}

// Close closes the folder.
func (f *Folder) Close() { _ = f.root.Close() } // nothing was written through it

// Path returns the path of a file in the folder.
func (f *Folder) Path(name string) string { return filepath.Join(f.path, name) }

// Read returns the content of a file. The error is fs.ErrNotExist where there is
// none, or says why it is not private.
func (f *Folder) Read(name string) ([]byte, error) {
	info, err := f.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // to open a pipe may wait for ever
		return nil, fmt.Errorf("%s is not a regular file", f.Path(name))
	}
	if err := check(f.Path(name), info, 0o077); err != nil {
		return nil, err
	}
	return f.root.ReadFile(name)
}

// Write replaces the content of a file: it has the old one or the new one, even
// after a crash. The caller holds a lock against other writers.
func (f *Folder) Write(name string, content []byte) (err error) {
	temporary := name + ".new" // left behind by a crash, the next Write removes it
	if err := f.root.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	out, err := f.root.OpenFile(temporary, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = out.Write(content)
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return errors.Join(err, f.root.Remove(temporary))
	}
	return f.root.Rename(temporary, name)
}

// Lock waits for the lock with the name of a file in the folder, which no other
// process has then, and returns the function that releases it. The error is
// filelock.ErrHeld after wait, or the cause of ctx when that ends first.
func (f *Folder) Lock(ctx context.Context, name string, wait time.Duration) (release func(), err error) {
	lock := flock.New(f.Path(name), flock.SetPermissions(0o600))
	done, err := filelock.New(wait).Acquire(ctx, lock.TryLock)
	if err != nil {
		return nil, err
	}
	return func() {
		_ = lock.Unlock() // closing the file, which can't fail here, releases it as well
		done()
	}, nil
}
