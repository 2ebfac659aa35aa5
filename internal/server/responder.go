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

// responder answers one POST: with JSON, or with a stream of events where a
// message has to be sent before the answer.
type responder struct {
	w             http.ResponseWriter
	log           *slog.Logger
	timeout       time.Duration // for each write
	maxBytes      int           // bytes of an answer
	acceptsStream bool          // of the client
	mu            sync.Mutex
	streaming     bool // the stream has started
	ended         bool

	// Few requests have notifications, so the channel is made for the first one.
	notifications chan mcp.JSONRPCNotification
	startOnce     sync.Once
	done          chan struct{} // closed when there are no more notifications
	notifier      sync.WaitGroup
}

const maxNotifications = 32 // in the channel

// requestSession is a session in one request: its notifications and questions
// are sent on the stream of that request, never on that of another.
type requestSession struct {
	*session
	responder *responder
}

// NotificationChannel starts the notifier.
func (s *requestSession) NotificationChannel() chan<- mcp.JSONRPCNotification {
	return s.responder.startNotifier(nil)
}

// elicit asks on the stream of the call, and waits for the answer, which is a POST
// of its own.
func (s *requestSession) elicit(ctx context.Context, form mcp.ElicitationParams) (*message, error) {
	return s.elicitations.elicit(ctx, form, s.responder.send, s.ctx.Done())
}

var errNoStream = errors.New("the client accepts no stream")

// send writes a message to the stream, and starts the stream first if needed.
func (r *responder) send(message any) error {
	line, err := encodeLine(message)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.event(line)
}

// event writes one event. The caller holds mu.
func (r *responder) event(line []byte) error {
	if !r.acceptsStream || r.ended {
		return errNoStream
	}
	if !r.streaming {
		r.streaming = true
		startStream(r.w)
	}
	return writeEvent(r.w, r.timeout, "message", line)
}

// answer writes the answer, and ends the exchange.
func (r *responder) answer(status int, message mcp.JSONRPCMessage) {
	line, err := encodeLine(message)
	if err == nil && len(line) > r.maxBytes {
		err = fmt.Errorf("an answer of %d bytes", len(line))
		line, _ = encodeLine(jsonrpcError(answerID(message), mcp.INTERNAL_ERROR,
			fmt.Sprintf("the answer has more than %d bytes: ask for fewer items or fields", r.maxBytes)))
	}
	if err != nil {
		r.log.Error("answer can't be encoded", "error", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for more := true; more; { // notifications come before the answer
		select {
		case n := <-r.notifications:
			r.notify(n)
		default:
			more = false
		}
	}
	if r.streaming {
		_ = r.event(line) // fails where the client is gone
	} else {
		writeJSON(r.w, r.timeout, status, line)
	}
	r.ended = true
}

// answerID returns the request id of an answer.
func answerID(answer mcp.JSONRPCMessage) []byte {
	var id mcp.RequestId
	switch a := answer.(type) {
	case mcp.JSONRPCResponse:
		id = a.ID
	case mcp.JSONRPCError:
		id = a.ID
	}
	return mustEncode(id)
}

// startNotifier starts to send the notifications of the request, which come from the
// channel that is given, or else from a new one. It returns the channel: nil once the
// notifier has stopped.
func (r *responder) startNotifier(from chan mcp.JSONRPCNotification) chan<- mcp.JSONRPCNotification {
	r.startOnce.Do(func() {
		if r.notifications = from; from == nil {
			r.notifications = make(chan mcp.JSONRPCNotification, maxNotifications)
		}
		r.done = make(chan struct{})
		r.notifier.Go(func() {
			for {
				select {
				case n := <-r.notifications:
					r.mu.Lock()
					r.notify(n)
					r.mu.Unlock()
				case <-r.done:
					return
				}
			}
		})
	})
	return r.notifications
}

// keepAlive writes a heartbeat from time to time, once the stream has started, until stop:
// proxies close a stream that is silent. beat is called with each.
func (r *responder) keepAlive(every time.Duration, beat func()) (stop func()) {
	done := make(chan struct{})
	go func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				beat()
				r.mu.Lock()
				if r.streaming && !r.ended {
					_ = writeHeartbeat(r.w, r.timeout) // fails where the client is gone
				}
				r.mu.Unlock()
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}

// stopNotifier stops it after the request has been handled.
func (r *responder) stopNotifier() {
	r.startOnce.Do(func() {}) // so that it can't start any more
	if r.done != nil {
		close(r.done)
		r.notifier.Wait()
	}
}

// notify sends a notification, or drops it where the client accepts no stream,
// since the result has everything. The caller holds mu.
func (r *responder) notify(n mcp.JSONRPCNotification) {
	line, err := encodeLine(n)
	if err != nil {
		r.log.Error("notification can't be encoded", "method", n.Method, "error", err)
		return
	}
	_ = r.event(line)
}

// startStream writes the header of a stream of events.
func startStream(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Accel-Buffering", "no") // nginx would buffer events
	w.WriteHeader(http.StatusOK)
}

// writeEvent writes one event with a line of data, and flushes it.
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
	// No deadline between writes: over HTTP/2 it would end a silent stream.
	defer func() { _ = c.SetWriteDeadline(time.Time{}) }()
	if _, err := w.Write(data); err != nil {
		return err
	}
	return c.Flush()
}

// writeJSON writes a complete answer.
func writeJSON(w http.ResponseWriter, timeout time.Duration, status int, line []byte) {
	c := http.NewResponseController(w)
	_ = c.SetWriteDeadline(time.Now().Add(timeout))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(line)))
	w.WriteHeader(status)
	_, _ = w.Write(line)
}
