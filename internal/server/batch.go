package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/auth"
)

// batchVersion is the only protocol version with JSON-RPC batches: the next
// one removed them.
const batchVersion = mcp.ProtocolVersion20250326

const (
	// maxBatch bounds the messages of a batch.
	maxBatch = 100
	// maxBatchConcurrency bounds how many of its requests run at the same time
	// over HTTP.
	maxBatchConcurrency = 8
)

// errorNoBatches is the error for a batch in a session of another version.
var errorNoBatches = jsonrpcError(nil, mcp.INVALID_REQUEST, "batches are served only in sessions of protocol "+batchVersion+": send each message on its own")

// isBatch reports whether a non-empty text starts like a batch.
func isBatch(text []byte) bool { return text[0] == '[' }

// batchItem is one message of a batch, or the error to answer where it is
// none.
type batchItem struct {
	*message
	raw     json.RawMessage
	refusal *mcp.JSONRPCError
}

func (b *batchItem) isRequest() bool {
	return b.refusal == nil && !b.isAnswer() && !b.isNotification()
}

// endsQuestion reports whether this is a malformed answer, which ends the
// question with its id.
func (b *batchItem) endsQuestion() bool {
	return b.refusal != nil && b.message != nil && b.Method == ""
}

// parseBatch splits a batch into its messages, or returns the error to answer
// where the text is not a batch.
func parseBatch(text []byte) ([]batchItem, *mcp.JSONRPCError) {
	var raw []json.RawMessage
	switch err := json.Unmarshal(text, &raw); {
	case err != nil:
		return nil, new(jsonrpcError(nil, mcp.PARSE_ERROR, "the message is not JSON"))
	case len(raw) == 0:
		return nil, new(jsonrpcError(nil, mcp.INVALID_REQUEST, "a batch must hold at least one message"))
	case len(raw) > maxBatch:
		return nil, new(jsonrpcError(nil, mcp.INVALID_REQUEST, fmt.Sprintf("a batch may hold at most %d messages: send several batches", maxBatch)))
	}
	items := make([]batchItem, len(raw))
	for i, one := range raw {
		m, refusal := parseMessage(one)
		switch {
		case refusal != nil:
		case m.Method == mcp.MethodInitialize:
			refusal = new(jsonrpcError(m.ID, mcp.INVALID_REQUEST, "initialize must be sent on its own, before any batch"))
		case mcp.IsModernProtocol(versionOf(m)):
			refusal = new(jsonrpcError(m.ID, mcp.INVALID_REQUEST, "the protocol version of this message has no batches: send it on its own"))
		}
		items[i] = batchItem{m, one, refusal}
	}
	return items, nil
}

// batch collects the answers to the messages of a batch. They are sent
// together, in the order of the requests, after the last one.
type batch struct {
	maxBytes int // of all answers; 0 means no limit
	send     func(line json.RawMessage)

	mu      sync.Mutex
	open    int // requests that have not ended
	refused bool
	size    int
	answers []json.RawMessage // by index; nil for messages without an answer
}

// newBatch returns a batch that is complete when itemDone was called for each
// of its requests, and once more.
func newBatch(items []batchItem, maxBytes int, send func(json.RawMessage)) *batch {
	b := &batch{maxBytes: maxBytes, send: send, open: 1, answers: make([]json.RawMessage, len(items))}
	for i := range items {
		switch {
		case items[i].refusal != nil:
			b.put(i, *items[i].refusal)
		case items[i].isRequest():
			b.open++
		}
	}
	return b
}

// put stores the answer to the message at index.
func (b *batch) put(index int, answer mcp.JSONRPCMessage) {
	line, err := encodeLine(answer)
	if err != nil {
		line, _ = encodeLine(jsonrpcError(answerID(answer), mcp.INTERNAL_ERROR, "internal error"))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.maxBytes > 0 && b.size+len(line) > b.maxBytes {
		line, _ = encodeLine(jsonrpcError(answerID(answer), mcp.INTERNAL_ERROR,
			fmt.Sprintf("the answers to this batch have more than %d bytes: send this request on its own", b.maxBytes)))
	}
	b.size += len(line)
	b.answers[index] = bytes.TrimSpace(line)
}

// refuse drops the batch: its requests are neither served nor answered.
func (b *batch) refuse() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused = true
}

// isRefused reports whether the batch was refused; it is false for nil.
func (b *batch) isRefused() bool {
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.refused
}

// itemDone counts a request that has ended, answered or not. The last one
// sends the answers.
func (b *batch) itemDone() {
	if b == nil {
		return
	}
	b.mu.Lock()
	b.open--
	last := b.open == 0 && !b.refused
	b.mu.Unlock()
	if !last {
		return
	}
	answers := make([][]byte, 0, len(b.answers))
	for _, answer := range b.answers {
		if answer != nil {
			answers = append(answers, answer)
		}
	}
	if len(answers) > 0 { // notifications alone are not answered
		b.send(append(append([]byte{'['}, bytes.Join(answers, []byte{','})...), ']'))
	}
}

// receiveBatch handles a line with a batch. The version of the session may be
// known only after the lines before have been handled, so the batch gets a
// turn in the queue, and so does each of its requests.
func (c *connection) receiveBatch(ctx context.Context, line []byte) {
	items, refusal := parseBatch(line)
	if refusal != nil {
		c.refuse(*refusal)
		return
	}
	b := newBatch(items, 0, func(answers json.RawMessage) { c.send(answers) })
	if c.hasBatches() {
		for i := range items { // what ends a wait takes effect immediately
			switch one := &items[i]; {
			case one.endsQuestion():
				c.elicitations.resolve(one.message)
			case one.refusal == nil && one.endsWait():
				c.receive(ctx, one.raw)
			}
		}
	}
	opening := c.enqueue(ctx, &message{ID: json.RawMessage("batch")}) // no client can use this id
	requests := make([]*request, len(items))
	for i := range items {
		if items[i].isRequest() {
			requests[i] = c.enqueue(ctx, items[i].message)
			requests[i].batch, requests[i].index = b, i
		}
	}
	c.start(opening, 0, func() { c.startBatch(opening, b, items) })
	for i, r := range requests {
		if r != nil {
			c.start(r, len(items[i].raw), func() { c.serve(r, items[i].message, items[i].raw) })
		}
	}
}

// hasBatches reports whether the session's version has batches.
func (c *connection) hasBatches() bool { return c.ProtocolVersion() == batchVersion }

// startBatch starts a batch when its turn comes.
func (c *connection) startBatch(opening *request, b *batch, items []batchItem) {
	defer c.requests.finish(opening)
	defer b.itemDone()
	err := c.requests.waitTurn(opening)
	if !c.hasBatches() {
		b.refuse()
		c.send(errorNoBatches)
		return
	}
	if err != nil {
		return // its requests answer with the reason
	}
	for i := range items {
		if items[i].refusal == nil && items[i].isNotification() && !items[i].endsWait() {
			c.server.handle(opening.ctx, items[i].message, items[i].raw)
		}
	}
}

// postBatch handles a batch over Streamable HTTP.
func (h *HTTP) postBatch(w http.ResponseWriter, r *http.Request, id auth.Identity, body []byte) {
	if r.Header.Get(headerSession) == "" || mcp.IsModernProtocol(r.Header.Get(mcp.HeaderProtocolVersion)) {
		h.writeError(w, http.StatusBadRequest, errorNoBatches)
		return
	}
	s, ok := h.sessionOf(w, r, id, nil)
	if !ok {
		return
	}
	defer h.sessions.release(s)
	if s.ProtocolVersion() != batchVersion {
		h.writeError(w, http.StatusBadRequest, errorNoBatches)
		return
	}
	items, refusal := parseBatch(body)
	if refusal != nil {
		h.writeError(w, http.StatusBadRequest, *refusal)
		return
	}
	if !h.checkBatchRate(w, id, len(items)) {
		return
	}
	for i := range items {
		switch one := items[i]; {
		case one.endsQuestion():
			s.elicitations.resolve(one.message)
		case one.refusal != nil || one.isRequest():
		case one.isAnswer():
			s.elicitations.resolve(one.message)
		default:
			h.notified(r.Context(), s, one.message, one.raw)
		}
	}
	h.serveBatch(w, r, id, s, items)
}

// checkBatchRate counts the messages of a batch, of which the HTTP request was
// counted as one; ok is false when the request has been refused.
func (h *HTTP) checkBatchRate(w http.ResponseWriter, id auth.Identity, messages int) (ok bool) {
	if h.rateLimiters != nil && messages > h.limits.Burst {
		h.refuse(w, http.StatusBadRequest, fmt.Sprintf("a batch may hold at most %d messages here: send several batches", h.limits.Burst))
		return false
	}
	return h.checkRate(w, id, max(0, messages-1))
}

// serveBatch serves the requests of a batch concurrently, started in their
// order, and answers them together.
func (h *HTTP) serveBatch(w http.ResponseWriter, r *http.Request, id auth.Identity, s *session, items []batchItem) {
	r, ok := h.withTools(w, r, id)
	if !ok {
		return
	}
	closed, ok := h.acquireStream(w, time.Second)
	if !ok {
		return
	}
	defer closed()
	ctx, cancel := context.WithCancel(withStopping(r.Context(), h.accepting))
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()

	x := h.newResponder(w, r)
	var answers json.RawMessage
	b := newBatch(items, h.limits.Answer, func(line json.RawMessage) { answers = line })
	q := newRequestQueue(connectionLimits{inFlight: math.MaxInt64, concurrent: maxBatchConcurrency})
	for i := range items {
		if !items[i].isRequest() {
			continue
		}
		one := q.enqueue(ctx, items[i].message)
		one.batch, one.index = b, i
		q.run(ctx, 0, func() { h.serveBatchItem(q, one, &requestSession{s, x}, &items[i]) })
	}
	<-q.close()
	b.itemDone()
	x.stopNotifier()
	if answers == nil { // only notifications and answers, or the client is gone
		w.WriteHeader(http.StatusAccepted)
		return
	}
	x.answer(http.StatusOK, answers)
}

// serveBatchItem serves one request of a batch when its turn comes.
func (h *HTTP) serveBatchItem(q *requestQueue, r *request, s *requestSession, one *batchItem) {
	defer q.finish(r)
	defer r.batch.itemDone()
	if q.waitTurn(r) != nil {
		return
	}
	place, ok := h.limiter.acquire(r.ctx)
	if !ok {
		r.batch.put(r.index, jsonrpcError(r.id, codeRefused, errBusy.Error()))
		return
	}
	defer place.leave()
	if r.method != mcp.MethodToolsCall {
		r.started()
	}
	defer s.running.add(r.id, func() { r.cancel(nil) })()
	ctx := withSlot(withStarted(r.ctx, r.started), place)
	answer := h.server.handle(h.server.mcp.WithContext(ctx, s), one.message, one.raw)
	if !errors.Is(context.Cause(r.ctx), errCancelled) {
		r.batch.put(r.index, answer)
	}
}
