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

// confirmationKey names our one question among a result's input requests.
const confirmationKey = "confirmation"

// confirmationForm is a question as clients take it: the summary, and a form
// without fields, since accepting alone decides.
func confirmationForm(question guard.Question) mcp.ElicitationParams {
	return mcp.ElicitationParams{
		Message:         papi.Plain(question.Summary), // which a person reads
		RequestedSchema: json.RawMessage(`{"type":"object","properties":{}}`),
	}
}

// asker returns how to ask the person behind the request of ctx, which brought
// brought along; nil where its client can't ask.
//
// mcp-go would bridge the eras, but it asks older clients without looking at
// their capabilities, runs the call twice, knows no deadline, and takes the
// answers that an older client put into its first request.
func (s *Server) asker(ctx context.Context, brought mcp.MultiRoundTripParams) guard.Asker {
	if mcpserver.IsModernRequest(ctx) {
		if canFillForms(mcpserver.RequestProtocolInfoFromContext(ctx).ClientCapabilities.Elicitation) {
			return roundTrip{brought}
		}
		return nil
	}
	session := mcpserver.ClientSessionFromContext(ctx)
	client, known := session.(mcpserver.SessionWithClientInfo)
	elicitor, reachable := session.(mcpserver.SessionWithElicitation)
	if !known || !reachable || !canFillForms(client.GetClientCapabilities().Elicitation) {
		return nil
	}
	return elicitation{elicitor, s.answerWithin}
}

// canFillForms tells whether a client can put a form to a person. A capability
// that names no mode is from before there were two, and means forms.
func canFillForms(capability *mcp.ElicitationCapability) bool {
	return capability != nil && (capability.Form != nil || capability.URL == nil)
}

// roundTrip asks a client of protocol 2026-07-28: the question is the result
// of one request, the answer comes with the next.
type roundTrip struct {
	brought mcp.MultiRoundTripParams
}

func (r roundTrip) Answered() (state string, answer guard.Answer, ok bool) {
	_, ok = r.brought.InputResponses[confirmationKey]
	if !ok && r.brought.RequestState == "" {
		return "", "", false
	}
	// Our state without an answer of the form we asked for is a client that
	// could not ask: to ask it again would go on for ever.
	answer = guard.Unavailable
	if response := mcpserver.ElicitationResponse(r.brought.InputResponses, confirmationKey); response != nil {
		answer = answerOf(response.Action)
	}
	return r.brought.RequestState, answer, true
}

func (r roundTrip) Ask(context.Context, guard.Question) guard.Answer { return guard.Pending }

// elicitation asks a client of the older protocols over its connection, and
// waits. What such a client puts into its requests is no answer.
type elicitation struct {
	session mcpserver.SessionWithElicitation
	within  time.Duration
}

func (elicitation) Answered() (state string, answer guard.Answer, ok bool) { return "", "", false }

func (e elicitation) Ask(ctx context.Context, question guard.Question) guard.Answer {
	ctx, cancel := context.WithTimeoutCause(ctx, e.within, errUnanswered)
	defer cancel()
	result, err := e.session.RequestElicitation(ctx, mcp.ElicitationRequest{
		Request: mcp.Request{Method: string(mcp.MethodElicitationCreate)},
		Params:  confirmationForm(question),
	})
	switch {
	case err == nil && result != nil:
		return answerOf(result.Action)
	case errors.Is(context.Cause(ctx), errUnanswered):
		return guard.TimedOut
	case ctx.Err() != nil: // the call itself was cancelled
		return guard.Cancelled
	default:
		return guard.Unavailable
	}
}

// errUnanswered is why a question ended that nobody answered in time.
var errUnanswered = errors.New("no answer in time")

// answerOf reads the action of an answer; one that the protocol does not know
// counts as a client that can't ask.
func answerOf(action mcp.ElicitationResponseAction) guard.Answer {
	switch action {
	case mcp.ElicitationResponseActionAccept:
		return guard.Accepted
	case mcp.ElicitationResponseActionDecline:
		return guard.Declined
	case mcp.ElicitationResponseActionCancel:
		return guard.Cancelled
	default:
		return guard.Unavailable
	}
}
