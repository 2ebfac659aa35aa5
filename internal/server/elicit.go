package server

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
)

// confirmationKey is the name of our question in a result's input requests.
const confirmationKey = "confirmation"

// confirmationForm returns the elicitation for a question: its summary and a form.
func confirmationForm(question guard.Question) mcp.ElicitationParams {
	return mcp.ElicitationParams{
		Message:         papi.Printable(question.Summary), // which a person reads
		RequestedSchema: json.RawMessage(confirmationSchema),
	}
}

// elicitor returns how to ask the person behind the request of ctx; nil where the
// client can't elicit, or can't be reached during the call.
//
// mcp-go can bridge the protocol versions too, but it asks older clients without
// checking their capabilities, runs the call twice, has no timeout, and accepts
// answers that an older client puts into its first request.
func (s *Server) elicitor(ctx context.Context) guard.Elicitor {
	if mcpserver.IsModernRequest(ctx) {
		if canFillForms(mcpserver.RequestProtocolInfoFromContext(ctx).ClientCapabilities.Elicitation) {
			r, _ := ctx.Value(roundTripKey{}).(roundTrip)
			return r
		}
		return nil
	}
	session, ok := mcpserver.ClientSessionFromContext(ctx).(elicitSession)
	if !ok || !canFillForms(session.GetClientCapabilities().Elicitation) {
		return nil
	}
	if x, ok := session.(*requestSession); ok && !x.responder.acceptsStream {
		return nil
	}
	return elicitation{session, s.answerTimeout}
}

// canFillForms reports whether a client can show a form to a person. A
// capability without a mode is from before there were modes, and means forms;
// limitClientInfo has removed unknown modes.
func canFillForms(capability *mcp.ElicitationCapability) bool {
	return capability != nil && (capability.Form != nil || capability.URL == nil)
}

// roundTrip asks a client of protocol 2026-07-28: the question is the result of one
// request, and the next request has the answer with the state of the question.
type roundTrip struct {
	state    string
	answer   guard.Answer
	answered bool
}

// roundTripKey is the context's key for the roundTrip of a call that has an answer.
type roundTripKey struct{}

func (r roundTrip) Answered() (state string, answer guard.Answer, ok bool) {
	return r.state, r.answer, r.answered
}

func (r roundTrip) Ask(context.Context, guard.Question) guard.Answer { return guard.Pending }

// elicitSession is a session in which a client can be asked during a call. elicit
// returns the message that answers.
type elicitSession interface {
	mcpserver.SessionWithClientInfo
	elicit(ctx context.Context, form mcp.ElicitationParams) (*message, error)
}

// elicitation asks a client of the older protocols in its session, and waits.
// Whatever such a client puts into its requests is no answer.
type elicitation struct {
	session elicitSession
	timeout time.Duration
}

func (elicitation) Answered() (state string, answer guard.Answer, ok bool) { return "", "", false }

func (e elicitation) Ask(ctx context.Context, question guard.Question) guard.Answer {
	ctx, cancel := context.WithTimeoutCause(ctx, e.timeout, errAnswerTimeout)
	defer cancel()
	m, err := e.session.elicit(ctx, confirmationForm(question))
	switch {
	case err != nil && errors.Is(context.Cause(ctx), errAnswerTimeout):
		return guard.TimedOut
	case err != nil: // the connection's end included
		return guard.Cancelled
	case m.Error != nil && m.Result == nil && isMethodNotFound(m.Error):
		return guard.Unavailable
	case m.Error != nil:
		return guard.Cancelled
	}
	return readAnswer(m.Result)
}

// errAnswerTimeout is the cause for a question without an answer in time.
var errAnswerTimeout = errors.New("no answer in time")
