package audit

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/gofrs/flock"
)

// mostOfALine bounds a line: the arguments of a call are bounded too.
const mostOfALine = 16 << 20

// file is a log in a file. It is locked for each line, by a file beside it, so
// that processes can share it; and opened for each, so that it can be moved
// away.
type file struct {
	path string
	mu   sync.Mutex
	lock *flock.Flock
}

// File returns the log in a file, which is made when it is first written.
func File(path string) *Log { return &Log{&file{path: path, lock: flock.New(path + ".lock")}} }

func (f *file) ready() error {
	out, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return out.Close()
}

func (f *file) append(_ context.Context, next func(tail) ([]byte, error)) (err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.lock.Lock(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.lock.Unlock()) }()
	out, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	end, err := last(out)
	if err != nil {
		return err
	}
	line, err := next(end)
	if err != nil {
		return err
	}
	if _, err := out.Write(append(line, '\n')); err != nil {
		return err
	}
	return out.Sync()
}

// last reads the end of the chain. A log whose last line is not whole is not
// written to: what follows it could not be verified.
func last(f *os.File) (tail, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return tail{hash: begin}, err
	}
	var end []byte
	for block := int64(4 << 10); ; block *= 4 {
		from := max(0, size-block)
		end = make([]byte, size-from)
		if _, err := f.ReadAt(end, from); err != nil {
			return tail{}, err
		}
		whole := bytes.TrimSuffix(end, []byte("\n"))
		if i := bytes.LastIndexByte(whole, '\n'); i >= 0 || from == 0 {
			end = end[i+1:]
			break
		}
		if block > mostOfALine {
			return tail{}, errors.New("the last line is too long to be one of ours")
		}
	}
	line, ended := bytes.CutSuffix(end, []byte("\n"))
	if !ended {
		return tail{}, errors.New("the last line is not whole: keep this file, and begin another")
	}
	at, _, err := open(line)
	if err != nil {
		return tail{}, fmt.Errorf("the last line: %w; keep this file, and begin another", err)
	}
	return at, nil
}

func (f *file) lines(ctx context.Context, do func([]byte) error) error {
	in, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer in.Close()
	lines := bufio.NewReader(in)
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
		// A last line that is cut off has no hash at its end.
		if err := do(bytes.TrimSuffix(line, []byte("\n"))); err != nil {
			return err
		}
	}
}
