package server

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/guard"
)

// How a person's answer is read. Nothing but a well-formed accept is a yes, and
// nothing but the error "method not found" means that the client can't ask:
// every other answer, and every other error, is a cancel. So no name is read
// but as it is spelt, and none that stands twice: encoding/json would take
// "Action" for "action", and the last of two.

// strictMembers returns the strictMembers of a JSON object; ok is false where raw is none,
// where a name stands twice in it, or one of the known names is spelt otherwise.
func strictMembers(raw json.RawMessage, known ...string) (object map[string]json.RawMessage, ok bool) {
	fields := json.NewDecoder(bytes.NewReader(raw))
	if t, err := fields.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	object = map[string]json.RawMessage{}
	for fields.More() {
		name, err := fields.Token()
		if err != nil {
			return nil, false
		}
		key, _ := name.(string)
		var value json.RawMessage
		if fields.Decode(&value) != nil {
			return nil, false
		}
		_, twice := object[key]
		if twice || !slices.Contains(known, key) && slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, key) }) {
			return nil, false
		}
		object[key] = value
	}
	return object, true
}

// answerField is the only property of the form: whether to go on.
const answerField = "answer"

// confirmationSchema is the form that a person is shown. It has a property,
// since some clients can't submit a form without any, and does not require it:
// accepting alone decides.
const confirmationSchema = `{"type":"object","properties":{"answer":{"type":"string","enum":["yes","no"]}}}`

// readAnswer reads the result of an elicitation.
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

// textOrNull is a text or null as Go has it, false for any other value.
func textOrNull(raw json.RawMessage) any {
	var value any
	_ = json.Unmarshal(raw, &value) // none is nil, as null is
	switch value.(type) {
	case nil, string:
		return value
	}
	return false
}

// readAcceptContent reads the content of an accept; nil stands for none.
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

// isMethodNotFound reports whether an error that a client answered a question with
// means that it knows no questions.
func isMethodNotFound(failure json.RawMessage) bool {
	fields, ok := strictMembers(failure, "code")
	return ok && string(fields["code"]) == "-32601"
}

// suppliedAnswer is the answer that a call brings along, with the state of its
// question.
type suppliedAnswer struct {
	state  string
	answer guard.Answer
}

type suppliedAnswerKey struct{}

// suppliedAnswerOf returns what a call brings; ok is false where it brings nothing.
func suppliedAnswerOf(ctx context.Context) (b suppliedAnswer, ok bool) {
	b, ok = ctx.Value(suppliedAnswerKey{}).(suppliedAnswer)
	return b, ok
}

// extractAnswer takes the answer that a call brings out of its message: mcp-go
// would judge it by itself, or fail where it has another form. A state without
// a well-formed answer is a cancel, and so is one in a message that names
// something twice. The names are looked for among those that were read: JSON may
// write any letter of them as an escape.
func extractAnswer(ctx context.Context, m *message, raw []byte) (context.Context, *message, []byte) {
	const stateName, responsesName = "requestState", "inputResponses"
	if m.Method != mcp.MethodToolsCall {
		return ctx, m, raw
	}
	params, _ := jsonFields(m.Params)
	state, stated := params[stateName]
	responses, responded := params[responsesName]
	if !stated && !responded {
		return ctx, m, raw
	}
	b := suppliedAnswer{answer: guard.Cancelled}
	_ = json.Unmarshal(state, &b.state) // what is no text is no state of ours
	_, whole := strictMembers(raw, "jsonrpc", "id", "method", "params")
	if _, once := strictMembers(m.Params, stateName, responsesName); whole && once {
		given, _ := strictMembers(responses, confirmationKey)
		if answer, ok := given[confirmationKey]; ok {
			b.answer = readAnswer(answer)
		}
	}
	delete(params, stateName)
	delete(params, responsesName)
	m = m.with(params)
	return context.WithValue(ctx, suppliedAnswerKey{}, b), m, m.encode()
}
