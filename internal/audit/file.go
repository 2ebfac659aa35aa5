package audit

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"papi-mcp/internal/filelock"
)

// file is a log in a file. For each line the file is opened, so that it can be
// moved away, and locked by a file next to it, so that processes can share it.
type file struct {
	path string
	lock *filelock.Lock
}

// lockTimeout bounds how long a line waits for the lock.
const lockTimeout = 5 * time.Second

// File returns the log in a file, which the first line creates.
func File(path string) *Log { return &Log{medium: newFile(path)} }

// of returns the file: all replicas that write it have one chain.
func (f *file) of(string) medium { return f }

func newFile(path string) *file { return &file{path, filelock.New(lockTimeout)} }

// lockFile is the lock between processes. A log that has several names, by
// symbolic links, has one lock.
func (f *file) lockFile() *flock.Flock {
	path := f.path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return flock.New(path + ".lock")
}

func (f *file) ready(ctx context.Context) error {
	return f.locked(ctx, func(out *os.File) error {
		_, _, err := last(out)
		return err
	})
}

func (f *file) append(ctx context.Context, next func(tail) ([]byte, error)) error {
	return f.locked(ctx, func(out *os.File) error {
		end, size, err := last(out)
		if err != nil {
			return err
		}
		line, err := next(end)
		if err != nil {
			return err
		}
		if _, err = out.Write(append(line, '\n')); err == nil {
			err = out.Sync()
		}
		if err != nil { // on a full disk part of the line may be written: no line could follow it
			return errors.Join(err, out.Truncate(size))
		}
		return nil
	})
}

// locked opens the log for do, while nothing else has it.
func (f *file) locked(ctx context.Context, do func(*os.File) error) (err error) {
	// To open what is not a file (a pipe) may wait for ever.
	if info, err := os.Stat(f.path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file: give another path", f.path)
	}
	lock := f.lockFile()
	release, err := f.lock.Acquire(ctx, lock.TryLock)
	if err != nil {
		return fmt.Errorf("the lock %s.lock: %w", f.path, err)
	}
	defer release()
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	out, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	return do(out)
}

// moveAway is what to do about a log to which no line can be added.
const moveAway = "move this file away and keep it, so that the next call can start a new one (docs/audit.md)"

// last reads the end of the chain, and the size of the log. A log whose last line
// is incomplete is not written to: the lines after it could not be verified.
func last(f *os.File) (at tail, size int64, err error) {
	size, err = f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return tail{hash: zeroHash}, 0, err
	}
	var end []byte
	for block := int64(4 << 10); ; block *= 4 {
		from := max(0, size-block)
		end = make([]byte, size-from)
		if _, err := f.ReadAt(end, from); err != nil {
			return at, size, err
		}
		lines := bytes.TrimSuffix(end, []byte("\n"))
		if i := bytes.LastIndexByte(lines, '\n'); i >= 0 || from == 0 {
			end = end[i+1:]
			break
		}
		if block > 2*maxLine {
			return at, size, fmt.Errorf("the last line of %s is too long to be one of this log: %s", f.Name(), moveAway)
		}
	}
	line, complete := bytes.CutSuffix(end, []byte("\n"))
	if !complete {
		return at, size, fmt.Errorf("the last line of %s is incomplete, as after a crash: %s", f.Name(), moveAway)
	}
	if _, at, err = parseLine(line); err != nil {
		return at, size, fmt.Errorf("the last line of %s: %w; %s", f.Name(), err, moveAway)
	}
	return at, size, nil
}

func (f *file) lines(ctx context.Context, do func(line []byte, complete bool) error) error {
	in, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer in.Close()
	size, err := f.stableSize(ctx, in)
	if err != nil {
		return err
	}
	lines := bufio.NewReader(io.LimitReader(in, size))
	for {
		line, err := lines.ReadBytes('\n')
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, io.EOF) && len(line) == 0:
			return nil
		case err != nil && !errors.Is(err, io.EOF):
			return err
		}
		line, complete := bytes.CutSuffix(line, []byte("\n"))
		if err := do(line, complete); err != nil {
			return err
		}
	}
}

// stableSize returns the size of the log while no line is being written: half a
// line would look truncated. A reader needs no lock, and may lack the permission
// for one.
func (f *file) stableSize(ctx context.Context, in *os.File) (int64, error) {
	lock := f.lockFile()
	if _, err := os.Stat(lock.Path()); err == nil {
		ctx, cancel := context.WithTimeout(ctx, f.lock.Timeout)
		defer cancel()
		if ok, _ := lock.TryRLockContext(ctx, 5*time.Millisecond); ok {
			defer func() { _ = lock.Unlock() }() // nothing was written
		}
	}
	info, err := in.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
