package server

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/telemetry"
)

// sseLimits bound one client of HTTP+SSE.
func (h *HTTP) sseLimits() connectionLimits {
	return connectionLimits{line: h.limits.Body, inFlight: int64(4 * h.limits.Body), concurrent: 16}
}

// openSSE opens a connection of HTTP+SSE: one as on stdio, whose lines are received
// as the bodies of requests and sent as events of one stream. It announces the URL
// for the requests.
func (h *HTTP) openSSE(w http.ResponseWriter, r *http.Request, id auth.Identity) {
	if !accepts(r, "text/event-stream") {
		h.refuse(w, http.StatusNotAcceptable, "the client must accept text/event-stream")
		return
	}
	if _, ok := h.withTools(w, r, id); !ok {
		return
	}
	closed, ok := h.acquireStream(w, time.Minute)
	if !ok {
		return
	}
	defer closed()
	removed, ok := h.sessions.addConnection(id.LimitKey())
	if !ok {
		h.refuseWithRetry(w, http.StatusServiceUnavailable, 30*time.Second, errTooManySessions.Error())
		return
	}
	defer removed()
	startStream(w)
	out := &sseWriter{w: w, timeout: h.limits.WriteTimeout}
	c := h.server.connect(withStopping(r.Context(), h.accepting), h.sseLimits(), out)
	sessionID := c.SessionID()
	c.limiter = h.limiter
	// Registered first: the client may be quick to use the URL.
	h.mu.Lock()
	h.connections[sessionID] = c
	h.mu.Unlock()
	if out.event("endpoint", []byte("/message?sessionId="+sessionID)) != nil {
		c.cancelRequests() // the client is gone
	}
	heartbeat := time.NewTicker(h.limits.Heartbeat)
	defer heartbeat.Stop()
	for open := true; open; {
		select {
		case <-heartbeat.C:
			c.out.keepAlive()
		case <-r.Context().Done(): // the client is gone, or the grace period is over
			open = false
		case <-c.out.broken:
			open = false
		case <-h.accepting.Done():
			open = false
		}
	}
	if h.accepting.Err() == nil {
		// The client is gone: calls end, as on Streamable HTTP.
		c.cancelRequests()
	}
	c.drain(r.Context())
	h.mu.Lock()
	delete(h.connections, sessionID)
	h.mu.Unlock()
	c.disconnect()
	<-c.out.ended // w must not be used after the return; its writes have deadlines
}

// postSSEMessage receives a message for a connection of the same principal.
func (h *HTTP) postSSEMessage(w http.ResponseWriter, r *http.Request, id auth.Identity) {
	h.mu.Lock()
	c := h.connections[r.URL.Query().Get("sessionId")]
	h.mu.Unlock()
	if c == nil || principalOf(c.serving) != id.Principal {
		h.refuse(w, http.StatusNotFound, "there is no such session: open /sse again")
		return
	}
	// The grant is looked up for each message: the connection may be old.
	r, ok := h.withTools(w, r, id)
	if !ok {
		return
	}
	body, ok := h.readBody(w, r)
	if !ok {
		return
	}
	if body = trimMessage(body); len(body) == 0 {
		h.refuse(w, http.StatusBadRequest, "the message is empty")
		return
	}
	if isBatch(body) {
		items, _ := parseBatch(body) // an error is sent on the stream
		if !h.checkBatchRate(w, id, len(items)) {
			return
		}
	}
	c.receive(messageContext(c.serving, r.Context()), body)
	w.WriteHeader(http.StatusAccepted)
}

// messageContext returns the context for a message of a connection: it lives
// as long as the connection, and has the values of the POST.
func messageContext(connection, post context.Context) context.Context {
	ctx := telemetry.WithRequestID(connection, telemetry.RequestID(post))
	if t, ok := post.Value(toolboxKey{}).(Toolbox); ok {
		ctx = withToolbox(ctx, t)
	}
	return trace.ContextWithRemoteSpanContext(ctx, trace.SpanContextFromContext(post))
}

// sseWriter writes each line as an event, and an empty line as a heartbeat.
type sseWriter struct {
	mu      sync.Mutex // the first answer may come while the first event is being written
	w       http.ResponseWriter
	timeout time.Duration
}

func (e *sseWriter) Write(line []byte) (int, error) {
	if err := e.event("message", line); err != nil {
		return 0, err
	}
	return len(line), nil
}

func (e *sseWriter) event(name string, line []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(bytes.TrimSpace(line)) == 0 {
		return writeHeartbeat(e.w, e.timeout)
	}
	return writeEvent(e.w, e.timeout, name, line)
}
