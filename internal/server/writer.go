package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"

	"github.com/mark3labs/mcp-go/mcp"
)

// lineWriter puts messages on the output, one a line. One goroutine owns the
// output, and takes the session's notifications itself: so what a call
// notified is out before its answer (with two writers the answer may overtake).
type lineWriter struct {
	out           io.Writer
	notifications <-chan mcp.JSONRPCNotification
	log           *slog.Logger

	lines  chan outgoingLine
	quit   chan struct{} // closed to end run
	ended  chan struct{} // closed when run has ended
	broken chan struct{} // closed when the output takes nothing more
	err    error         // why; to be read once broken is closed
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

// write returns when the message is out, or when there is no output any more.
// A message that is no JSON is an error.
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
		w.log.Error("notification can't be told", "method", n.Method, "error", err)
		return
	}
	w.put(line)
}

// put writes one line in one piece; after a failure it writes nothing more.
func (w *lineWriter) put(line []byte) {
	if w.err != nil {
		return
	}
	if _, err := w.out.Write(line); err != nil {
		w.err = err
		close(w.broken)
	}
}

// encodeLine renders a message with its line end; JSON has none inside.
func encodeLine(message any) ([]byte, error) {
	var line bytes.Buffer
	if response, ok := message.(mcp.JSONRPCResponse); ok {
		if result, ok := response.Result.(json.Marshaler); ok {
			return encodeResponse(response, result)
		}
	}
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(message); err != nil {
		return nil, err
	}
	return line.Bytes(), nil
}

// encodeResponse puts a result that renders itself into its answer. encoding/json would
// read through all of it once more, and most of what is sent is such results.
func encodeResponse(response mcp.JSONRPCResponse, result json.Marshaler) ([]byte, error) {
	id, err := json.Marshal(response.ID)
	if err != nil {
		return nil, err
	}
	raw, err := renderResult(result)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(make([]byte, 0, len(raw)+len(id)+64), "{\"jsonrpc\":%q,\"id\":%s,\"result\":%s}\n", response.JSONRPC, id, raw), nil
}

// renderResult renders a result as it does itself. That of a tool call is put
// together of what toolResult rendered: mcp-go would read through it twice.
func renderResult(result json.Marshaler) ([]byte, error) {
	r, ok := result.(*mcp.CallToolResult)
	if !ok || r.Meta != nil || len(r.InputRequests) > 0 || r.RequestState != "" {
		return result.MarshalJSON()
	}
	structured, ok := r.StructuredContent.(json.RawMessage)
	if !ok {
		return result.MarshalJSON()
	}
	b := bytes.NewBuffer(make([]byte, 0, 3*len(structured)+256))
	b.WriteString(`{"content":[`)
	for i, content := range r.Content {
		raw, err := json.Marshal(content)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(raw)
	}
	b.WriteString(`],"structuredContent":`)
	b.Write(structured)
	if r.IsError {
		b.WriteString(`,"isError":true`)
	}
	if r.ResultType != "" {
		fmt.Fprintf(b, `,"resultType":%q`, r.ResultType)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
