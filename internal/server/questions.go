package server

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/guard"
)

// pendingElicitations are the requests of ours that a client has yet to answer.
type pendingElicitations struct {
	mu    sync.Mutex
	asked int64
	open  map[string]chan *message
}

// add opens a question: its id, and where its answer will come.
func (q *pendingElicitations) add() (id string, answer <-chan *message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open == nil {
		q.open = make(map[string]chan *message)
	}
	q.asked++
	id = strconv.FormatInt(q.asked, 10)
	c := make(chan *message, 1)
	q.open[id] = c
	return id, c
}

// resolve hands an resolve to the one who asked. One to a question that was not
// asked, or has ended, goes nowhere: ok is false.
func (q *pendingElicitations) resolve(m *message) (ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	c, ok := q.open[string(m.ID)]
	if ok {
		delete(q.open, string(m.ID))
		c <- m
	}
	return ok
}

// remove closes a question; its answer may still come and goes nowhere.
func (q *pendingElicitations) remove(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.open, id)
}

// outgoingRequest is a request of ours, or a notification without ID.
type outgoingRequest struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  mcp.MCPMethod   `json:"method"`
	Params  any             `json:"params"`
}

// Elicit asks the client over this connection, and waits for its answer until
// ctx ends. It implements the elicitation of the connection's session.
func (c *connection) Elicit(ctx context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	return c.elicitations.elicit(ctx, request, c.out.write, c.receiving.Done())
}

// elicit puts a question with send, and waits for its answer until ctx ends or
// nothing more is heard. A call that waits for a person gives its place among
// the running ones to others meanwhile.
func (q *pendingElicitations) elicit(ctx context.Context, request mcp.ElicitationRequest, send func(message any) error, deaf <-chan struct{}) (*mcp.ElicitationResult, error) {
	id, answer := q.add()
	defer q.remove(id)
	err := send(outgoingRequest{
		Version: mcp.JSONRPC_VERSION,
		ID:      json.RawMessage(id),
		Method:  mcp.MethodElicitationCreate,
		Params:  request.Params,
	})
	if err != nil {
		return nil, err
	}
	defer yieldSlot(ctx)()
	select {
	case m := <-answer:
		return elicitationResult(m)
	case <-ctx.Done():
		// The client may still show the question: it is to take it back.
		_ = send(outgoingRequest{
			Version: mcp.JSONRPC_VERSION,
			Method:  mcp.MethodNotificationCancelled,
			Params:  map[string]any{"requestId": json.RawMessage(id), "reason": context.Cause(ctx).Error()},
		})
		return nil, ctx.Err()
	case <-deaf:
		select {
		case m := <-answer: // the last thing that was read
			return elicitationResult(m)
		default:
			return nil, errClientGone
		}
	}
}

// errClientGone is why a question ends when nothing more is read.
var errClientGone = errors.New("the client can't answer any more")

// errElicitationUnsupported is why a question ends that the client does not know the method
// of.
var errElicitationUnsupported = errors.New("the client knows no questions")

// elicitationResult reads the answer to an elicitation: an action as it counts,
// without content.
func elicitationResult(m *message) (*mcp.ElicitationResult, error) {
	if m.Error != nil && m.Result == nil && isMethodNotFound(m.Error) {
		return nil, errElicitationUnsupported
	}
	result := &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: mcp.ElicitationResponseActionCancel}}
	if m.Error != nil {
		return result, nil
	}
	switch readAnswer(m.Result) {
	case guard.Accepted:
		result.Action = mcp.ElicitationResponseActionAccept
	case guard.Declined:
		result.Action = mcp.ElicitationResponseActionDecline
	}
	return result, nil
}
