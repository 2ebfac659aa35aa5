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

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/auth"
)

// batchVersion is the one protocol version that has JSON-RPC batches: the next
// one took them out again.
const batchVersion = mcp.ProtocolVersion20250326

const (
	// maxBatch bounds the messages of a batch.
	maxBatch = 100
	// maxBatchConcurrency is how many of its requests are served at the same time
	// over HTTP.
	maxBatchConcurrency = 8
)

// errorNoBatches refuses a batch in a session of another version.
func errorNoBatches() mcp.JSONRPCError {
	return jsonrpcError(nil, mcp.INVALID_REQUEST, "batches are served only in sessions of protocol "+batchVersion+": send each message by itself")
}

// isBatch reports whether a text that is not empty would be a batch.
func isBatch(text []byte) bool { return text[0] == '[' }

// batchItem is one message of a batch; or, where it is none, what its sender is
// told of it.
type batchItem struct {
	*message
	raw     json.RawMessage
	refusal *mcp.JSONRPCError
}

func (b *batchItem) isRequest() bool {
	return b.refusal == nil && !b.isAnswer() && !b.isNotification()
}

// endsQuestion reports whether this is a malformed answer: the question of its id
// has ended, though without an answer.
func (b *batchItem) endsQuestion() bool {
	return b.refusal != nil && b.message != nil && b.Method == ""
}

// parseBatch takes a batch apart. Where it is none, it returns the one error
// that its sender is told.
func parseBatch(text []byte) ([]batchItem, *mcp.JSONRPCError) {
	refused := func(code int, text string) ([]batchItem, *mcp.JSONRPCError) {
		refusal := jsonrpcError(nil, code, text)
		return nil, &refusal
	}
	var raw []json.RawMessage
	switch err := json.Unmarshal(text, &raw); {
	case err != nil:
		return refused(mcp.PARSE_ERROR, "the message is not JSON")
	case len(raw) == 0:
		return refused(mcp.INVALID_REQUEST, "a batch must hold at least one message")
	case len(raw) > maxBatch:
		return refused(mcp.INVALID_REQUEST, fmt.Sprintf("a batch may hold at most %d messages: send several batches", maxBatch))
	}
	items := make([]batchItem, len(raw))
	for i, one := range raw {
		m, refusal := parseMessage(one)
		switch {
		case refusal != nil:
		case m.Method == mcp.MethodInitialize:
			wrong := jsonrpcError(m.ID, mcp.INVALID_REQUEST, "initialize must be sent by itself, before any batch")
			refusal = &wrong
		case mcp.IsModernProtocol(versionOf(m)):
			wrong := jsonrpcError(m.ID, mcp.INVALID_REQUEST, "the protocol version of this message has no batches: send it by itself")
			refusal = &wrong
		}
		items[i] = batchItem{m, one, refusal}
	}
	return items, nil
}

// batch gathers the answers to the messages of a batch: they go out as one, in
// the order of the requests, when the last one is there.
type batch struct {
	maxBytes int // bytes of all answers; 0 for any number
	send     func(line json.RawMessage)

	mu      sync.Mutex
	open    int // what has yet to end
	refused bool
	size    int
	answers []json.RawMessage // by place; nil where nothing is answered
}

// newBatch returns a batch that has ended when ended was called for each of
// its requests, and once more.
func newBatch(items []batchItem, most int, send func(json.RawMessage)) *batch {
	b := &batch{maxBytes: most, send: send, open: 1, answers: make([]json.RawMessage, len(items))}
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

// put keeps the answer to the message at a place.
func (b *batch) put(place int, answer mcp.JSONRPCMessage) {
	line, err := encodeLine(answer)
	if err != nil {
		line, _ = encodeLine(jsonrpcError(answerID(answer), mcp.INTERNAL_ERROR, "internal error"))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.maxBytes > 0 && b.size+len(line) > b.maxBytes {
		line, _ = encodeLine(jsonrpcError(answerID(answer), mcp.INTERNAL_ERROR,
			fmt.Sprintf("the answers to this batch have more than %d bytes: send this request by itself", b.maxBytes)))
	}
	b.size += len(line)
	b.answers[place] = bytes.TrimSpace(line)
}

// refuse drops the batch: its requests are not served, and not answered.
func (b *batch) refuse() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused = true
}

// isRefused reports whether the batch was refused; nil is none, and never was.
func (b *batch) isRefused() bool {
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.refused
}

// itemDone tells that one of the batch's requests has itemDone, whether or not it was
// answered.
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
	given := make([][]byte, 0, len(b.answers))
	for _, answer := range b.answers {
		if answer != nil {
			given = append(given, answer)
		}
	}
	if len(given) > 0 { // a batch that nothing is to be said to is not answered
		b.send(append(append([]byte{'['}, bytes.Join(given, []byte{','})...), ']'))
	}
}

// receiveBatch deals with a line that is a batch. In which version the session
// is may only be known when the lines before it have been dealt with, so a
// place in the queue is taken for it, and for each of its requests.
func (c *connection) receiveBatch(ctx context.Context, line []byte) {
	items, refusal := parseBatch(line)
	if refusal != nil {
		c.refuse(*refusal)
		return
	}
	b := newBatch(items, 0, func(answers json.RawMessage) { c.send(answers) })
	if c.hasBatches() {
		for i := range items { // what ends a wait takes effect at once
			switch one := &items[i]; {
			case one.endsQuestion():
				c.elicitations.resolve(one.message)
			case one.refusal == nil && one.endsWait():
				c.receive(ctx, one.raw)
			}
		}
	}
	head := c.enqueue(ctx, &message{ID: json.RawMessage("batch")}) // which no client can name
	waiting := make([]*request, len(items))
	for i := range items {
		if items[i].isRequest() {
			waiting[i] = c.enqueue(ctx, items[i].message)
			waiting[i].batch, waiting[i].index = b, i
		}
	}
	if !c.requests.run(c.receiving, 0, func() { c.startBatch(head, b, items) }) {
		c.requests.finish(head)
	}
	for i, r := range waiting {
		if r != nil && !c.requests.run(c.receiving, len(items[i].raw), func() { c.serve(r, items[i].message, items[i].raw) }) {
			c.requests.finish(r)
		}
	}
}

// hasBatches reports whether the session is one that has hasBatches.
func (c *connection) hasBatches() bool { return c.session.ProtocolVersion() == batchVersion }

// startBatch begins a batch in its turn.
func (c *connection) startBatch(head *request, b *batch, items []batchItem) {
	defer c.requests.finish(head)
	defer b.itemDone()
	err := c.requests.waitTurn(head)
	if !c.hasBatches() {
		b.refuse()
		c.send(errorNoBatches())
		return
	}
	if err != nil {
		return // its requests say why
	}
	for i := range items {
		if items[i].refusal == nil && items[i].isNotification() && !items[i].endsWait() {
			c.handle(head.ctx, items[i].message, items[i].raw)
		}
	}
}

// postBatch takes a batch of Streamable HTTP.
func (h *HTTP) postBatch(w http.ResponseWriter, r *http.Request, id auth.Identity, body []byte) {
	if r.Header.Get(headerSession) == "" || mcp.IsModernProtocol(r.Header.Get(mcp.HeaderProtocolVersion)) {
		h.writeError(w, http.StatusBadRequest, errorNoBatches())
		return
	}
	s, ok := h.sessionOf(w, r, id, nil)
	if !ok {
		return
	}
	defer h.sessions.release(s)
	if s.ProtocolVersion() != batchVersion {
		h.writeError(w, http.StatusBadRequest, errorNoBatches())
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
			h.server.handle(h.server.mcp.WithContext(r.Context(), s), one.message, one.raw)
		}
	}
	h.serveBatch(w, r, id, s, items)
}

// checkBatchRate counts the messages of a batch, of which the HTTP request itself
// was counted as one; ok is false when it has been refused.
func (h *HTTP) checkBatchRate(w http.ResponseWriter, id auth.Identity, messages int) (ok bool) {
	if h.rateLimiters != nil && messages > h.limits.Burst {
		h.refuse(w, http.StatusBadRequest, fmt.Sprintf("a batch may hold at most %d messages here: send several batches", h.limits.Burst))
		return false
	}
	return h.checkRate(w, id, max(0, messages-1))
}

// serveBatch serves the requests of a batch side by side, begun in their order,
// and answers them all at once.
func (h *HTTP) serveBatch(w http.ResponseWriter, r *http.Request, id auth.Identity, s *session, items []batchItem) {
	r, ok := h.withTools(w, r, id)
	if !ok {
		return
	}
	closed, ok := h.acquireStream()
	if !ok {
		h.refuseUntil(w, http.StatusServiceUnavailable, 0, errBusy.Error())
		return
	}
	defer closed()
	ctx, cancel := context.WithCancel(r.Context())
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
		one := &request{id: items[i].ID, method: items[i].Method, batch: b, index: i}
		one.ctx, one.cancel = context.WithCancelCause(ctx)
		q.enqueue(one)
		q.run(ctx, 0, func() { h.serveBatchItem(q, one, &requestSession{s, x}, &items[i]) })
	}
	<-q.close()
	b.itemDone()
	x.stopNotifier()
	if answers == nil { // nothing but notifications and answers, or nobody is there
		w.WriteHeader(http.StatusAccepted)
		return
	}
	x.answer(http.StatusOK, answers)
}

// serveBatchItem serves one request of a batch, in its turn.
func (h *HTTP) serveBatchItem(q *requestQueue, r *request, s *requestSession, one *batchItem) {
	defer q.finish(r)
	defer r.batch.itemDone()
	if q.waitTurn(r) != nil {
		return
	}
	place, ok := h.limiter.acquire(r.ctx)
	if !ok {
		r.batch.put(r.index, jsonrpcError(r.id, codeBusy, errBusy.Error()))
		return
	}
	defer place.release()
	if r.method != mcp.MethodToolsCall {
		r.started()
	}
	ctx := withSlot(withStarted(r.ctx, r.started), place)
	answer := h.server.handle(h.server.mcp.WithContext(ctx, s), one.message, one.raw)
	if !errors.Is(context.Cause(r.ctx), errCancelled) {
		r.batch.put(r.index, withID(answer, r.id))
	}
}
