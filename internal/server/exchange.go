package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// responder is one POST and what goes back on it: the answer as JSON, or a
// stream of events when something has to be said before it.
type responder struct {
	w             http.ResponseWriter
	log           *slog.Logger
	timeout       time.Duration // for each write
	maxBytes      int           // bytes of an answer
	acceptsStream bool          // the client takes a stream
	mu            sync.Mutex
	streaming     bool // the stream has begun
	ended         bool

	notifications chan mcp.JSONRPCNotification
	startOnce     sync.Once
	done          chan struct{} // closed when nothing more is notified
	notifier      sync.WaitGroup
}

// requestSession is a session as one request of it sees it: what the request
// tells and asks goes out on its own stream, never on another call's.
type requestSession struct {
	*session
	responder *responder
}

// NotificationChannel is asked for by who has something to tell, which few
// requests do.
func (s *requestSession) NotificationChannel() chan<- mcp.JSONRPCNotification {
	s.responder.startNotifier()
	return s.responder.notifications
}

// RequestElicitation asks on the stream of the call, and waits for the answer,
// which comes as a POST of its own.
func (s *requestSession) RequestElicitation(ctx context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	return s.elicitations.elicit(ctx, request, s.responder.send, s.ctx.Done())
}

var errNoStream = errors.New("the client takes no stream")

// send puts a message on the stream, which it begins where it must.
func (x *responder) send(message any) error {
	line, err := encodeLine(message)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.event(line)
}

// event writes one event. The caller holds mu.
func (x *responder) event(line []byte) error {
	if !x.acceptsStream || x.ended {
		return errNoStream
	}
	if !x.streaming {
		x.streaming = true
		startStream(x.w)
	}
	return writeEvent(x.w, x.timeout, "message", line)
}

// answer ends the exchange.
func (x *responder) answer(status int, message mcp.JSONRPCMessage) {
	line, err := encodeLine(message)
	if err == nil && len(line) > x.maxBytes {
		err = fmt.Errorf("an answer of %d bytes", len(line))
		line, _ = encodeLine(jsonrpcError(answerID(message), mcp.INTERNAL_ERROR,
			fmt.Sprintf("the answer has more than %d bytes: ask for fewer items or fields", x.maxBytes)))
	}
	if err != nil {
		x.log.Error("answer can't be told", "error", err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for more := true; more; { // what was told before the answer goes first
		select {
		case n := <-x.notifications:
			x.notify(n)
		default:
			more = false
		}
	}
	if x.streaming {
		_ = x.event(line) // a client that is gone gets no answer
	} else {
		writeJSON(x.w, x.timeout, status, line)
	}
	x.ended = true
}

// answerID is the id that an answer is for.
func answerID(answer mcp.JSONRPCMessage) []byte {
	var id mcp.RequestId
	switch a := answer.(type) {
	case mcp.JSONRPCResponse:
		id = a.ID
	case mcp.JSONRPCError:
		id = a.ID
	}
	raw, err := encodeLine(id)
	if err != nil {
		return nil
	}
	return bytes.TrimSpace(raw)
}

// startNotifier begins to send what the request notifies.
func (x *responder) startNotifier() {
	x.startOnce.Do(func() {
		x.notifier.Go(func() {
			for {
				select {
				case n := <-x.notifications:
					x.mu.Lock()
					x.notify(n)
					x.mu.Unlock()
				case <-x.done:
					return
				}
			}
		})
	})
}

// stopNotifier ends it, now that the request has been handled.
func (x *responder) stopNotifier() {
	x.startOnce.Do(func() {}) // it never began, and is not to begin any more
	close(x.done)
	x.notifier.Wait()
}

// notify sends a notification; where the client takes no stream it is dropped,
// since the result has it all. The caller holds mu.
func (x *responder) notify(n mcp.JSONRPCNotification) {
	line, err := encodeLine(n)
	if err != nil {
		x.log.Error("notification can't be told", "method", n.Method, "error", err)
		return
	}
	_ = x.event(line)
}

// startStream writes the header of a stream of events.
func startStream(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Accel-Buffering", "no") // nginx would keep events back
	w.WriteHeader(http.StatusOK)
}

// writeEvent writes one event with a line of data, and sees that it goes out.
func writeEvent(w http.ResponseWriter, timeout time.Duration, name string, line []byte) error {
	return writeAndFlush(w, timeout, fmt.Appendf(nil, "event: %s\ndata: %s\n\n", name, bytes.TrimRight(line, "\n")))
}

// writeHeartbeat writes a comment, which keeps proxies from closing a stream.
func writeHeartbeat(w http.ResponseWriter, timeout time.Duration) error {
	return writeAndFlush(w, timeout, []byte(":\n\n"))
}

func writeAndFlush(w http.ResponseWriter, timeout time.Duration, data []byte) error {
	c := http.NewResponseController(w)
	if err := c.SetWriteDeadline(time.Now().Add(timeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	// None between writes: over HTTP/2 it would end a stream that is silent.
	defer func() { _ = c.SetWriteDeadline(time.Time{}) }()
	if _, err := w.Write(data); err != nil {
		return err
	}
	return c.Flush()
}

// writeJSON writes a whole answer.
func writeJSON(w http.ResponseWriter, timeout time.Duration, status int, line []byte) {
	c := http.NewResponseController(w)
	_ = c.SetWriteDeadline(time.Now().Add(timeout))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(line)))
	w.WriteHeader(status)
	_, _ = w.Write(line)
}
