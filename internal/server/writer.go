package server

import (
	"io"
	"log/slog"

	"github.com/mark3labs/mcp-go/mcp"
)

// lineWriter writes messages to the output, one per line. One goroutine owns
// the output, and takes the session's notifications itself, so that the
// notifications of a call are written before its answer.
type lineWriter struct {
	out           io.Writer
	notifications <-chan mcp.JSONRPCNotification
	log           *slog.Logger

	lines  chan outgoingLine
	quit   chan struct{} // closed to end run
	ended  chan struct{} // closed when run has ended
	broken chan struct{} // closed when the output has failed
	err    error         // of the output; to be read after broken is closed
}

type outgoingLine struct {
	line    []byte
	written chan struct{}
}

func newLineWriter(out io.Writer, notifications <-chan mcp.JSONRPCNotification, log *slog.Logger) *lineWriter {
	return &lineWriter{
		out:           out,
		notifications: notifications,
		log:           log,
		lines:         make(chan outgoingLine),
		quit:          make(chan struct{}),
		ended:         make(chan struct{}),
		broken:        make(chan struct{}),
	}
}

// run writes until quit is closed.
func (w *lineWriter) run() {
	defer close(w.ended)
	for {
		select {
		case n := <-w.notifications:
			w.notify(n)
		case o := <-w.lines:
			w.writeNotifications()
			w.put(o.line)
			close(o.written)
		case <-w.quit:
			w.writeNotifications()
			return
		}
	}
}

// write returns when the message has been written, or when the writer has
// ended. It returns an error for a message that can't be encoded.
func (w *lineWriter) write(message any) error {
	line, err := encodeLine(message)
	if err != nil {
		return err
	}
	o := outgoingLine{line, make(chan struct{})}
	select {
	case w.lines <- o:
		<-o.written
	case <-w.ended:
	}
	return nil
}

// keepAlive writes an empty line, unless the writer is busy.
func (w *lineWriter) keepAlive() {
	select {
	case w.lines <- outgoingLine{[]byte("\n"), make(chan struct{})}:
	default:
	}
}

func (w *lineWriter) writeNotifications() {
	for {
		select {
		case n := <-w.notifications:
			w.notify(n)
		default:
			return
		}
	}
}

func (w *lineWriter) notify(n mcp.JSONRPCNotification) {
	line, err := encodeLine(n)
	if err != nil {
		w.log.Error("notification can't be encoded", "method", n.Method, "error", err)
		return
	}
	w.put(line)
}

// put writes one line with a single call of Write; after a failure it writes
// nothing.
func (w *lineWriter) put(line []byte) {
	if w.err != nil {
		return
	}
	if _, err := w.out.Write(line); err != nil {
		w.err = err
		close(w.broken)
	}
}
