package server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

// StdioPrincipal is who calls over stdio, and by papi-mcp call: the user of the
// process. What is remembered for it counts for all its clients, but for the
// confirmation of a project: see clientOf.
const StdioPrincipal = "stdio"

// ServeStdio serves one client: a JSON-RPC message a line, from in and to out.
// It returns nil when in has ended and the answers to all its requests are
// out; the cause of ctx's end, when that ended it; or the error of in or out.
//
// When ctx ends, nothing more is read, waiting requests are refused, and
// running ones are cancelled after Options.Grace; calls that don't heed that
// are left behind after as long again. When out takes nothing more, the client
// is gone, and running requests are cancelled at once. A read that is under
// way then ends only when in does.
//
// mcp-go's own loop cancels running calls when its input ends, answers out of
// order, stops reading when its queue is full, and has one session for the
// whole process.
func (s *Server) ServeStdio(ctx context.Context, in io.Reader, out io.Writer) error {
	id := "stdio-" + strconv.FormatInt(s.connections.Add(1), 10)
	c := s.connect(withClientFallback(withPrincipal(ctx, StdioPrincipal)), id, s.limits, out)
	defer c.disconnect()

	read := make(chan error, 1)
	go func() { read <- c.read(in) }()
	var readErr error
	select {
	case readErr = <-read:
	case <-ctx.Done():
	case <-c.out.broken:
	}

	c.drain(ctx)
	select {
	case <-c.out.broken:
		return fmt.Errorf("write: %w", c.out.err)
	default:
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return readErr
}

// drain takes nothing more in and waits for the running requests: until ctx
// ends and their grace with it, or at once when nobody hears their answers.
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

// waitFor waits for done, so long at most.
func waitFor(done <-chan struct{}, atMost time.Duration) {
	select {
	case <-done:
	case <-time.After(atMost):
	}
}

// connection is one client on a pair of streams.
type connection struct {
	server       *Server
	session      *mcpserver.InProcessSession
	limits       connectionLimits
	out          *lineWriter
	requests     *requestQueue
	elicitations pendingElicitations
	// acquireSlot asks for one of the places that all connections share; nil where
	// there is only one connection.
	acquireSlot func(context.Context) (*slot, bool)

	// serving is the context of the requests. hearing ends before it, when
	// nothing more is read.
	serving        context.Context
	cancelRequests context.CancelFunc
	receiving      context.Context
	stopReceiving  context.CancelFunc
}

// connect opens a connection. Its requests outlive ctx, which names their
// principal, for their grace.
func (s *Server) connect(ctx context.Context, id string, l connectionLimits, out io.Writer) *connection {
	c := &connection{server: s, limits: l, requests: newRequestQueue(l)}
	c.session = mcpserver.NewInProcessSessionWithHandlers(id, nil, c, nil)
	c.out = newLineWriter(out, c.session.ClientNotifications(), s.log)
	go c.out.run()

	ctx = context.WithoutCancel(ctx)
	c.serving, c.cancelRequests = context.WithCancel(s.mcp.WithContext(ctx, c.session))
	c.receiving, c.stopReceiving = context.WithCancel(c.serving)
	if err := s.mcp.RegisterSession(c.serving, c.session); err != nil {
		panic(err) // ids don't repeat
	}
	return c
}

// disconnect closes the connection when its requests have ended, or have had
// their time.
func (c *connection) disconnect() {
	c.cancelRequests()
	c.server.mcp.UnregisterSession(c.serving, c.session.SessionID())
	close(c.out.quit)
	waitFor(c.out.ended, c.server.grace) // a write may be stuck
}

// read takes in what the client sends, until it ends or nothing more is heard.
func (c *connection) read(in io.Reader) error {
	lines := bufio.NewReaderSize(in, 64<<10)
	for c.receiving.Err() == nil {
		line, err := readLine(lines, c.limits.line)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errLineTooLong):
			c.refuse(jsonrpcError(idOf(line), mcp.INVALID_REQUEST, fmt.Sprintf("a line may have %d bytes", c.limits.line)))
		case err != nil:
			return fmt.Errorf("read: %w", err)
		case len(line) > 0:
			c.receive(c.serving, line)
		}
	}
	return nil
}

// receive deals with one line, and never waits for a request or a write. What
// ends a wait - an answer, a cancellation - takes effect at once. ctx is
// c.serving, or made of it.
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
		var cancelled struct {
			RequestID json.RawMessage `json:"requestId"`
		}
		if json.Unmarshal(m.Params, &cancelled) == nil {
			c.requests.cancel(cancelled.RequestID)
		}
	case m.isNotification():
		c.handle(ctx, m, line)
	case m.Method == mcp.MethodPing:
		// It asks whether we live, not whether we are busy.
		c.requests.run(c.receiving, len(line), func() {
			c.send(withID(c.handle(ctx, m, line), m.ID))
		})
	default:
		c.startRequest(ctx, m, line)
	}
}

// refuse answers a line that is no message.
func (c *connection) refuse(refusal mcp.JSONRPCError) {
	c.requests.run(c.receiving, 0, func() { c.send(refusal) })
}

// startRequest starts a startRequest, in its turn.
func (c *connection) startRequest(ctx context.Context, m *message, line []byte) {
	r := c.enqueue(ctx, m)
	if !c.requests.run(c.receiving, len(line), func() { c.serve(r, m, line) }) {
		c.requests.finish(r)
	}
}

// enqueue puts a request into the queue.
func (c *connection) enqueue(ctx context.Context, m *message) *request {
	r := &request{id: m.ID, method: m.Method}
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	if r.method == mcp.MethodSubscriptionsListen { // or the end of the input would wait for it for ever
		context.AfterFunc(c.receiving, func() { r.cancel(nil) })
	}
	c.requests.enqueue(r)
	return r
}

// serve waits until the request may begin, handles it and answers.
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
	if c.acquireSlot != nil && r.counted {
		place, ok := c.acquireSlot(ctx)
		if !ok {
			c.refuseCall(r, m, codeBusy, errBusy)
			return
		}
		defer place.release()
		ctx = withSlot(ctx, place)
	}

	opening := r.method == mcp.MethodInitialize || r.method == mcp.MethodServerDiscover
	switch r.method {
	case mcp.MethodInitialize: // answered before the next request begins
	case mcp.MethodToolsCall: // begun when the call is on its way to the toolbox
	default:
		r.started()
	}
	answer := c.handle(ctx, m, line)
	if errors.Is(context.Cause(r.ctx), errCancelled) {
		return // nobody waits for it
	}
	c.answer(r, withID(answer, r.id))
	if opening {
		// The tools are asked for next. To load them any earlier would make
		// the client wait for the answer that is now out.
		r.started()
		c.server.preload()
	}
}

// refuseCall answers a request that is not begun.
func (c *connection) refuseCall(r *request, m *message, code int, why error) {
	refusal := jsonrpcError(r.id, code, why.Error())
	c.server.logRefusedCall(r.ctx, m, refusal)
	c.answer(r, refusal)
}

// handle lets mcp-go handle a message.
func (c *connection) handle(ctx context.Context, m *message, line []byte) mcp.JSONRPCMessage {
	return c.server.handle(ctx, m, line)
}

// answer answers a request: by itself, or with the others of its batch.
func (c *connection) answer(r *request, answer mcp.JSONRPCMessage) {
	if r.batch != nil {
		r.batch.put(r.index, answer)
		return
	}
	c.send(answer)
}

// send puts an answer on the wire. Each is JSON: results are rendered before
// they get here.
func (c *connection) send(answer mcp.JSONRPCMessage) {
	if err := c.out.write(answer); err != nil {
		c.server.log.Error("answer can't be told", "error", err)
	}
}
