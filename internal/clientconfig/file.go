package clientconfig

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxSize bounds what is read of a file, in bytes.
const maxSize = 32 << 20

// File is a client's file as it was read. It need not exist.
type File struct {
	Path    string // absolute
	Content []byte
	Exists  bool

	target string // Path with its links followed
	info   fs.FileInfo
}

// Open reads a file, through links. A file that does not exist has no content.
func Open(path string) (*File, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	f := &File{Path: path}
	switch _, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
		existing, missing := split(filepath.Dir(path))
		if existing, err = filepath.EvalSymlinks(existing); err != nil {
			return nil, err
		}
		// On Windows a path below a file does not exist; elsewhere Lstat fails.
		if info, err := os.Stat(existing); err != nil || !info.IsDir() {
			return nil, errors.Join(fmt.Errorf("%s is not a folder", existing), err)
		}
		f.target = filepath.Join(existing, missing, filepath.Base(path))
		return f, nil
	case err != nil:
		return nil, err
	}
	if f.target, err = filepath.EvalSymlinks(path); err != nil {
		return nil, fmt.Errorf("%s is a link that leads nowhere: %w", path, err)
	}
	if f.info, err = os.Stat(f.target); err != nil {
		return nil, err
	}
	if !f.info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	if f.Content, err = read(f.target); err != nil {
		return nil, err
	}
	f.Exists = true
	return f, nil
}

func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err == nil && len(content) > maxSize {
		err = fmt.Errorf("%s has more than %d bytes", path, maxSize)
	}
	return content, err
}

// split returns the part of a folder's path that exists, and the rest.
func split(folder string) (existing, missing string) {
	for existing = folder; ; existing = filepath.Dir(existing) {
		if _, err := os.Stat(existing); err == nil || existing == filepath.Dir(existing) {
			missing, _ = filepath.Rel(existing, folder)
			return existing, missing
		}
	}
}

// WriteOptions says how a file is written.
type WriteOptions struct {
	// Secret refuses to write where the file system lets others read the file.
	Secret bool
	// Private removes the permissions of others. A new file with a secret, or of the
	// user, is private anyway.
	Private bool
	// Shared makes a new file readable by others, as the umask allows.
	Shared bool
}

// Written says what was written besides the file.
type Written struct {
	Backup string // the path of the backup, "" where there was no file
	Folder string // the folder that was created for the file, "" for none
}

// Write replaces the content of the file, completely or not at all, and keeps its
// permissions and its owner. The old content goes into a backup next to it: PATH.bak,
// or PATH.bak.1 and so on where that exists.
func (f *File) Write(content []byte, o WriteOptions) (w Written, err error) {
	if f.Exists && f.info.Mode().Perm()&0o200 == 0 {
		return w, fmt.Errorf("%s is read-only", f.Path)
	}
	folder := filepath.Dir(f.target)
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		perm := fs.FileMode(0o700)
		if o.Shared {
			perm = 0o777
		}
		if err := os.MkdirAll(folder, perm); err != nil {
			return w, err
		}
		w.Folder = folder
	}
	mode := fs.FileMode(0o600)
	if f.Exists {
		if now, err := read(f.target); err != nil || !bytes.Equal(now, f.Content) {
			return w, errors.Join(fmt.Errorf("%s was changed by another program in the meantime: try again", f.Path), err)
		}
		mode = f.info.Mode().Perm()
		if o.Private {
			mode &^= 0o077
		}
		if w.Backup, err = f.backup(mode); err != nil {
			return w, fmt.Errorf("the backup: %w", err)
		}
	} else if o.Shared {
		mode = 0o666
	}
	if err := f.replace(content, mode, o.Secret); err != nil {
		if w.Backup != "" {
			err = errors.Join(err, os.Remove(w.Backup))
		}
		return Written{}, err
	}
	return w, nil
}

// replace writes a file next to the target, and gives it the target's name.
func (f *File) replace(content []byte, mode fs.FileMode, secret bool) (err error) {
	file, err := create(func(i int) string {
		return filepath.Join(filepath.Dir(f.target), fmt.Sprintf(".%s.%d-%d.tmp", filepath.Base(f.target), os.Getpid(), i))
	}, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			file.Close()
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	if info, err := file.Stat(); secret && (err != nil || !isPrivate(info)) {
		return errors.Join(fmt.Errorf("the file system of %s lets others read every file", f.Path), err)
	}
	if f.Exists {
		if err := file.Chmod(mode); err != nil {
			return err
		}
		if err := keepOwner(file, f.info); err != nil {
			return err
		}
	}
	if _, err := file.Write(content); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), f.target)
}

// backup copies the file, and returns the path of the copy.
func (f *File) backup(mode fs.FileMode) (path string, err error) {
	file, err := create(f.backupPath, mode&^0o077)
	if err != nil {
		return "", err
	}
	defer file.Close()
	_, err = file.Write(f.Content)
	if err == nil {
		err = file.Chmod(mode)
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

// backupPath returns the path of the backup for the ith attempt.
func (f *File) backupPath(i int) string {
	if i == 0 {
		return f.Path + ".bak"
	}
	return fmt.Sprintf("%s.bak.%d", f.Path, i)
}

// nextBackup returns the path of the next backup.
func (f *File) nextBackup() string {
	for i := range maxNames {
		if _, err := os.Lstat(f.backupPath(i)); errors.Is(err, fs.ErrNotExist) {
			return f.backupPath(i)
		}
	}
	return f.backupPath(maxNames)
}

// maxNames bounds the search for a name that no file has.
const maxNames = 1000

// create creates a file with the first name that no file has.
func create(name func(i int) string, mode fs.FileMode) (*os.File, error) {
	for i := range maxNames {
		file, err := os.OpenFile(name(i), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
	return nil, fmt.Errorf("%s and the names after it exist", name(0))
}
