package server

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

// connection is one client on a pair of streams, and its session.
type connection struct {
	*mcpserver.InProcessSession
	server       *Server
	limits       connectionLimits
	out          *lineWriter
	requests     *requestQueue
	elicitations pendingElicitations
	subscribed   subscription
	limiter      *limiter // shared by all connections; nil where there is only one

	// serving is the context of the requests. receiving ends before it, when
	// nothing more is read.
	serving        context.Context
	cancelRequests context.CancelFunc
	receiving      context.Context
	stopReceiving  context.CancelFunc
}

// connect opens a connection. Its requests outlive ctx, which has their
// principal, by the grace period.
func (s *Server) connect(ctx context.Context, l connectionLimits, out io.Writer) *connection {
	c := &connection{InProcessSession: mcpserver.NewInProcessSession(rand.Text(), nil), server: s, limits: l, requests: newRequestQueue(l)}
	c.out = newLineWriter(out, c.ClientNotifications(), s.log)
	go c.out.run()

	ctx = context.WithoutCancel(ctx)
	c.serving, c.cancelRequests = context.WithCancel(s.mcp.WithContext(ctx, c))
	c.receiving, c.stopReceiving = context.WithCancel(c.serving)
	if err := s.mcp.RegisterSession(c.serving, c); err != nil {
		panic(err) // ids don't repeat
	}
	return c
}

// drain stops receiving and waits for the running requests: until ctx ends and
// the grace period after it, or no longer once out has failed.
func (c *connection) drain(ctx context.Context) {
	c.stopReceiving()
	ended := c.requests.close()
	grace := c.server.grace
	select {
	case <-ended:
	case <-ctx.Done():
	case <-c.out.broken:
		grace = 0
	}
	c.requests.cancelWaiting()
	waitFor(ended, grace)
	c.cancelRequests()
	waitFor(ended, c.server.grace)
}

// waitFor waits for done, up to a timeout.
func waitFor(done <-chan struct{}, timeout time.Duration) {
	select {
	case <-done:
	case <-time.After(timeout):
	}
}

// disconnect closes the connection when its requests have ended, or the grace
// period has.
func (c *connection) disconnect() {
	c.cancelRequests()
	c.server.mcp.UnregisterSession(c.serving, c.SessionID())
	close(c.out.quit)
	waitFor(c.out.ended, c.server.grace) // a write may be stuck
}

// read receives messages until in ends or receiving is stopped.
func (c *connection) read(in io.Reader) error {
	lines := bufio.NewReaderSize(in, 64<<10)
	for c.receiving.Err() == nil {
		line, err := readLine(lines, c.limits.line)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errLineTooLong):
			c.refuse(jsonrpcError(idOf(line), mcp.INVALID_REQUEST, fmt.Sprintf("a line may have at most %d bytes", c.limits.line)))
		case err != nil:
			return fmt.Errorf("read: %w", err)
		case len(line) > 0:
			c.receive(c.serving, line)
		}
	}
	return nil
}

// receive handles one line, and never waits for a request or a write. What
// ends a wait - an answer, a cancellation - takes effect immediately. ctx is
// c.serving, or derived from it.
func (c *connection) receive(ctx context.Context, line []byte) {
	if isBatch(line) {
		c.receiveBatch(ctx, line)
		return
	}
	m, refusal := parseMessage(line)
	switch {
	case refusal != nil:
		if m == nil || !c.elicitations.resolve(m) {
			c.refuse(*refusal)
		}
	case m.isAnswer():
		if !c.elicitations.resolve(m) {
			c.server.log.Debug("answer to no open question")
		}
	case m.Method == mcp.MethodNotificationCancelled:
		c.requests.cancel(cancelledID(m))
	case m.isNotification():
		c.server.handle(ctx, m, line)
	case m.Method == mcp.MethodPing:
		// Answered out of turn: a ping checks for life, not for load.
		c.requests.run(c.receiving, len(line), func() {
			c.send(c.server.handle(ctx, m, line))
		})
	default:
		r := c.enqueue(ctx, m)
		c.start(r, len(line), func() { c.serve(r, m, line) })
	}
}

// refuse answers a line that is not a message.
func (c *connection) refuse(refusal mcp.JSONRPCError) {
	c.requests.run(c.receiving, 0, func() { c.send(refusal) })
}

// enqueue puts a request into the queue.
func (c *connection) enqueue(ctx context.Context, m *message) *request {
	r := c.requests.enqueue(ctx, m)
	if lasts(r.method) { // otherwise it would never end after the end of the input
		context.AfterFunc(c.receiving, func() { r.cancel(nil) })
	}
	return r
}

// start runs f, which finishes the request.
func (c *connection) start(r *request, bytes int, f func()) {
	if !c.requests.run(c.receiving, bytes, f) {
		c.requests.finish(r)
	}
}

// serve waits until the request may start, handles it and answers.
func (c *connection) serve(r *request, m *message, line []byte) {
	defer c.requests.finish(r)
	defer r.batch.itemDone()
	switch err := c.requests.waitTurn(r); {
	case errors.Is(err, errStopping):
		c.refuseCall(r, m, mcp.INTERNAL_ERROR, errStopping)
		return
	case err != nil || r.batch.isRefused():
		return
	}

	ctx := withStarted(r.ctx, r.started)
	if r.method == methodEventsStream {
		ctx = withSender(ctx, c.out.write)
	}
	if r.place != nil {
		ctx = withSlot(ctx, r.place)
	}
	if c.limiter != nil && r.place != nil {
		place, ok := c.limiter.acquire(ctx)
		if !ok {
			c.refuseCall(r, m, codeRefused, errBusy)
			return
		}
		defer place.leave()
		ctx = withSlot(ctx, place)
	}

	isOpening := r.method == mcp.MethodInitialize || r.method == mcp.MethodServerDiscover
	switch r.method {
	case mcp.MethodInitialize: // answered before the next request starts
	case mcp.MethodToolsCall: // started when the call reaches the toolbox
	default:
		r.started()
	}
	answer := c.server.handle(ctx, m, line)
	if errors.Is(context.Cause(r.ctx), errCancelled) {
		return // the client expects no answer
	}
	c.answer(r, answer)
	if isOpening {
		// The client lists the tools next. Loading them earlier would delay the
		// answer above.
		r.started()
		c.server.preload(c.server.loadTools)
	}
}

// refuseCall answers a request that has not started.
func (c *connection) refuseCall(r *request, m *message, code int, why error) {
	refusal := jsonrpcError(r.id, code, why.Error())
	c.server.logRefusedCall(r.ctx, m, refusal)
	c.answer(r, refusal)
}

// answer answers a request: on its own, or with the others of its batch.
func (c *connection) answer(r *request, answer mcp.JSONRPCMessage) {
	if r.batch != nil {
		r.batch.put(r.index, answer)
		return
	}
	c.send(answer)
}

// send writes an answer. It can always be encoded: results are rendered
// before.
func (c *connection) send(answer mcp.JSONRPCMessage) {
	if err := c.out.write(answer); err != nil {
		c.server.log.Error("answer can't be encoded", "error", err)
	}
}
