package server

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/mark3labs/mcp-go/mcp"
)

// pendingElicitations are our requests that a client has not answered yet.
type pendingElicitations struct {
	lastID atomic.Int64
	open   sync.Map // of chan *message, by id
}

// add returns the id of a new question, and the channel for its answer.
func (q *pendingElicitations) add() (id string, answer <-chan *message) {
	id = strconv.FormatInt(q.lastID.Add(1), 10)
	c := make(chan *message, 1)
	q.open.Store(id, c)
	return id, c
}

// resolve delivers an answer; ok is false where its question was never asked,
// or has ended.
func (q *pendingElicitations) resolve(m *message) (ok bool) {
	c, ok := q.open.LoadAndDelete(string(m.ID))
	if ok {
		c.(chan *message) <- m
	}
	return ok
}

// remove ends a question; a later answer is ignored.
func (q *pendingElicitations) remove(id string) { q.open.Delete(id) }

// elicit asks the client, and waits for the answer until ctx ends.
func (c *connection) elicit(ctx context.Context, form mcp.ElicitationParams) (*message, error) {
	return c.elicitations.elicit(ctx, form, c.out.write, c.receiving.Done())
}

// elicit sends a question with send, and waits for its answer until ctx ends or gone
// is closed. While it waits, the call's slots are free for others.
func (q *pendingElicitations) elicit(ctx context.Context, form mcp.ElicitationParams, send func(message any) error, gone <-chan struct{}) (*message, error) {
	id, answer := q.add()
	defer q.remove(id)
	if err := send(message{Version: mcp.JSONRPC_VERSION, ID: json.RawMessage(id), Method: mcp.MethodElicitationCreate, Params: mustEncode(form)}); err != nil {
		return nil, err
	}
	defer yieldSlots(ctx)()
	select {
	case m := <-answer:
		return m, nil
	case <-ctx.Done():
		// The client may still show the question, and should close it.
		params := mustEncode(map[string]any{"requestId": json.RawMessage(id), "reason": context.Cause(ctx).Error()})
		_ = send(message{Version: mcp.JSONRPC_VERSION, Method: mcp.MethodNotificationCancelled, Params: params})
		return nil, ctx.Err()
	case <-gone:
		select {
		case m := <-answer: // it was the last message
			return m, nil
		default:
			return nil, errClientGone
		}
	}
}

// errClientGone ends a question when nothing more is received.
var errClientGone = errors.New("the client can no longer answer")
