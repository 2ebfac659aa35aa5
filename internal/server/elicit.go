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
	session := mcpserver.ClientSessionFromContext(ctx)
	client, known := session.(mcpserver.SessionWithClientInfo)
	elicitor, reachable := session.(mcpserver.SessionWithElicitation)
	if x, ok := session.(*requestSession); ok {
		reachable = reachable && x.responder.acceptsStream
	}
	if !known || !reachable || !canFillForms(client.GetClientCapabilities().Elicitation) {
		return nil
	}
	return elicitation{elicitor, s.answerTimeout}
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

// elicitation asks a client of the older protocols over its connection, and waits.
// Whatever such a client puts into its requests is not an answer.
type elicitation struct {
	session mcpserver.SessionWithElicitation
	timeout time.Duration
}

func (elicitation) Answered() (state string, answer guard.Answer, ok bool) { return "", "", false }

func (e elicitation) Ask(ctx context.Context, question guard.Question) guard.Answer {
	ctx, cancel := context.WithTimeoutCause(ctx, e.timeout, errAnswerTimeout)
	defer cancel()
	result, err := e.session.RequestElicitation(ctx, mcp.ElicitationRequest{
		Request: mcp.Request{Method: string(mcp.MethodElicitationCreate)},
		Params:  confirmationForm(question),
	})
	switch {
	case errors.Is(err, errElicitationUnsupported):
		return guard.Unavailable
	case err == nil && result != nil && result.Action == mcp.ElicitationResponseActionAccept:
		return guard.Accepted
	case err == nil && result != nil && result.Action == mcp.ElicitationResponseActionDecline:
		return guard.Declined
	case err != nil && errors.Is(context.Cause(ctx), errAnswerTimeout):
		return guard.TimedOut
	default: // the connection's end included
		return guard.Cancelled
	}
}

// errAnswerTimeout is the cause for a question without an answer in time.
var errAnswerTimeout = errors.New("no answer in time")
