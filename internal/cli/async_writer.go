package cli

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

const (
	// maxQueuedLines is how many lines are queued while the output blocks.
	maxQueuedLines = 1000
	// flushTimeout is how long writing the last lines may take at the end.
	flushTimeout = time.Second
)

// asyncWriter writes the log of a server on stdio in the background. Some clients
// never read the standard error of a server; once its pipe is full, a direct write
// would block the call that logs it, and in the end all calls.
type asyncWriter struct {
	out     io.Writer
	lines   chan []byte
	dropped atomic.Int64
	quit    chan struct{}
	ended   chan struct{}
}

func newAsyncWriter(out io.Writer) *asyncWriter {
	b := &asyncWriter{out: out, lines: make(chan []byte, maxQueuedLines), quit: make(chan struct{}), ended: make(chan struct{})}
	go b.run()
	return b
}

// Write queues a line, or drops it if the queue is full.
func (b *asyncWriter) Write(line []byte) (int, error) {
	select {
	case b.lines <- bytes.Clone(line):
	default:
		b.dropped.Add(1)
	}
	return len(line), nil
}

func (b *asyncWriter) run() {
	defer close(b.ended)
	for {
		select {
		case line := <-b.lines:
			b.write(line)
		case <-b.quit:
			for len(b.lines) > 0 {
				b.write(<-b.lines)
			}
			return
		}
	}
}

func (b *asyncWriter) write(line []byte) {
	if n := b.dropped.Swap(0); n > 0 {
		fmt.Fprintf(b.out, "%d log lines were dropped: standard error was not read\n", n)
	}
	_, _ = b.out.Write(line) // there is nowhere else to report an error
}

// close waits until the last lines are written, or flushTimeout has passed.
func (b *asyncWriter) close() {
	close(b.quit)
	select {
	case <-b.ended:
	case <-time.After(flushTimeout):
	}
}
