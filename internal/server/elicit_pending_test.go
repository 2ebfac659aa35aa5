package server

import (
	"encoding/json"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/guard"
)

// A second answer is refused even before the first is read: keeping it would block
// the reader.
func TestAQuestionHasOneAnswer(t *testing.T) {
	var q pendingElicitations
	id, answer := q.add()
	first := &message{ID: json.RawMessage(id), Result: json.RawMessage(`{}`)}
	if !q.resolve(first) {
		t.Error("the first answer was refused")
	}
	if q.resolve(&message{ID: json.RawMessage(id)}) {
		t.Error("the second answer was taken")
	}
	if got := <-answer; got != first {
		t.Errorf("got %v", got)
	}
	other, _ := q.add()
	q.remove(other)
	if other == id || q.resolve(&message{ID: json.RawMessage(other)}) {
		t.Error("a question that has ended took an answer")
	}
}

// An answer on the last line of the input counts, although receiving has stopped when
// it is read.
func TestAnswerOnTheLastLine(t *testing.T) {
	ctx := withPrincipal(t.Context(), StdioPrincipal)
	for range 50 { // both are ready at the same time
		var c *connection
		c = newServer(t, echo).connect(ctx, defaultConnectionLimits, writerFunc(func(line []byte) {
			var question message
			if err := json.Unmarshal(line, &question); err != nil {
				t.Error(err)
			}
			c.elicitations.resolve(&message{ID: question.ID, Result: json.RawMessage(`{"action":"accept"}`)})
		}))
		c.stopReceiving()
		m, err := c.elicit(t.Context(), mcp.ElicitationParams{})
		c.disconnect()
		if err != nil || readAnswer(m.Result) != guard.Accepted {
			t.Fatalf("got %v, %v", m, err)
		}
	}
}

type writerFunc func(line []byte)

func (f writerFunc) Write(line []byte) (int, error) {
	f(line)
	return len(line), nil
}
