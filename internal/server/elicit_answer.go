package server

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/guard"
)

// How a person's answer is read. Only a well-formed accept is a yes, and only the
// error "method not found" means that the client can't ask: every other answer and
// every other error is a cancel. So names must be spelled exactly and be unique:
// encoding/json would read "Action" as "action", and use the last of two.

// strictMembers returns the members of a JSON object; ok is false for any
// other value, for a duplicate name, and for a known name in another case.
func strictMembers(raw json.RawMessage, known ...string) (object map[string]json.RawMessage, ok bool) {
	object, ok = jsonFields(raw)
	count := 0
	for name := range members(raw) {
		count++
		if !slices.Contains(known, name) && slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
			return nil, false
		}
	}
	if !ok || count != len(object) { // a duplicate is only once in the map
		return nil, false
	}
	return object, true
}

// answerField is the only property of the form.
const answerField = "answer"

// confirmationSchema is the form that a person sees. It has a property because some
// clients can't submit an empty form; it is optional because accepting the form is
// enough.
const confirmationSchema = `{"type":"object","properties":{"answer":{"type":"string","enum":["yes","no"]}}}`

// readAnswer returns the answer in the result of an elicitation.
func readAnswer(result json.RawMessage) guard.Answer {
	fields, ok := strictMembers(result, "action", "content")
	if !ok {
		return guard.Cancelled
	}
	switch textOrNull(fields["action"]) {
	case "decline":
		return guard.Declined
	case "accept":
		return readAcceptContent(fields["content"])
	}
	return guard.Cancelled
}

// textOrNull decodes a text or null; it returns false for any other value.
func textOrNull(raw json.RawMessage) any {
	var value any
	_ = json.Unmarshal(raw, &value) // a missing value is nil, like null
	switch value.(type) {
	case nil, string:
		return value
	}
	return false
}

// readAcceptContent returns the answer in the content of an accept, which may be
// missing.
func readAcceptContent(content json.RawMessage) guard.Answer {
	if content == nil {
		return guard.Accepted
	}
	fields, ok := strictMembers(content, answerField)
	if !ok {
		return guard.Cancelled
	}
	answer, given := fields[answerField]
	if !given {
		return guard.Accepted
	}
	switch textOrNull(answer) {
	case nil, "", "yes":
		return guard.Accepted
	case "no":
		return guard.Declined
	}
	return guard.Cancelled
}

// isMethodNotFound reports whether an error means that the client has no
// elicitation.
func isMethodNotFound(failure json.RawMessage) bool {
	fields, ok := strictMembers(failure, "code")
	return ok && string(fields["code"]) == "-32601"
}

// extractAnswer moves the answer in a call from its message to the context: mcp-go
// would interpret it itself, or fail where it has another form. A state without a
// well-formed answer is a cancel, and so is one in a message with duplicate names.
// Names are compared after decoding, since JSON may escape any letter of them.
func extractAnswer(ctx context.Context, m *message, raw []byte) (context.Context, *message, []byte) {
	const stateName, responsesName = "requestState", "inputResponses"
	if m.Method != mcp.MethodToolsCall || !mayName(m.Params, []byte(stateName)) && !mayName(m.Params, []byte(responsesName)) {
		return ctx, m, raw
	}
	params, _ := jsonFields(m.Params)
	state, stated := params[stateName]
	responses, responded := params[responsesName]
	if !stated && !responded {
		return ctx, m, raw
	}
	supplied := roundTrip{answer: guard.Cancelled, answered: true}
	_ = json.Unmarshal(state, &supplied.state) // a value that is not a string is not our state
	_, unique := strictMembers(raw, "jsonrpc", "id", "method", "params")
	if _, once := strictMembers(m.Params, stateName, responsesName); unique && once {
		given, _ := strictMembers(responses, confirmationKey)
		if answer, ok := given[confirmationKey]; ok {
			supplied.answer = readAnswer(answer)
		}
	}
	delete(params, stateName)
	delete(params, responsesName)
	m = m.with(params)
	return context.WithValue(ctx, roundTripKey{}, supplied), m, mustEncode(m)
}
