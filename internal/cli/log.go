package cli

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

const (
	// maxBacklog is how many lines of the log wait for a reader.
	maxBacklog = 1000
	// lastLines is how long the last lines may take at the end.
	lastLines = time.Second
)

// backlog writes the log of a server on stdio. Some clients never read the
// standard error of what they start; once its pipe is full, a line written
// directly would hold up the call that it tells of, and in the end all of them.
type backlog struct {
	out     io.Writer
	lines   chan []byte
	dropped atomic.Int64
	quit    chan struct{}
	ended   chan struct{}
}

func newBacklog(out io.Writer) *backlog {
	b := &backlog{out: out, lines: make(chan []byte, maxBacklog), quit: make(chan struct{}), ended: make(chan struct{})}
	go b.run()
	return b
}

// Write takes a line, or drops it where too many wait.
func (b *backlog) Write(line []byte) (int, error) {
	select {
	case b.lines <- bytes.Clone(line):
	default:
		b.dropped.Add(1)
	}
	return len(line), nil
}

func (b *backlog) run() {
	defer close(b.ended)
	for {
		select {
		case line := <-b.lines:
			b.tell(line)
			continue
		default:
		}
		select {
		case line := <-b.lines:
			b.tell(line)
		case <-b.quit:
			if len(b.lines) == 0 {
				return
			}
		}
	}
}

func (b *backlog) tell(line []byte) {
	if n := b.dropped.Swap(0); n > 0 {
		fmt.Fprintf(b.out, "%d lines of the log were dropped: nobody read them\n", n)
	}
	_, _ = b.out.Write(line) // there is nowhere else to tell of it
}

// close sees the last lines out, if somebody reads them.
func (b *backlog) close() {
	close(b.quit)
	select {
	case <-b.ended:
	case <-time.After(lastLines):
	}
}
