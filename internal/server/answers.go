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

// members returns the members of a JSON object; ok is false where raw is none,
// where a name stands twice in it, or one of the known names is spelt otherwise.
func members(raw json.RawMessage, known ...string) (object map[string]json.RawMessage, ok bool) {
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

// answerOf reads the result of an elicitation.
func answerOf(result json.RawMessage) guard.Answer {
	fields, ok := members(result, "action", "content")
	if !ok {
		return guard.Cancelled
	}
	switch scalar(fields["action"]) {
	case "decline":
		return guard.Declined
	case "accept":
		return acceptedWith(fields["content"])
	}
	return guard.Cancelled
}

// scalar is a text or null as Go has it, false for any other value.
func scalar(raw json.RawMessage) any {
	var value any
	_ = json.Unmarshal(raw, &value) // none is nil, as null is
	switch value.(type) {
	case nil, string:
		return value
	}
	return false
}

// acceptedWith reads the content of an accept; nil stands for none.
func acceptedWith(content json.RawMessage) guard.Answer {
	if content == nil {
		return guard.Accepted
	}
	fields, ok := members(content, answerField)
	if !ok {
		return guard.Cancelled
	}
	answer, given := fields[answerField]
	if !given {
		return guard.Accepted
	}
	switch scalar(answer) {
	case nil, "", "yes":
		return guard.Accepted
	case "no":
		return guard.Declined
	}
	return guard.Cancelled
}

// saysItCanNotAsk tells whether an error that a client answered a question with
// means that it knows no questions.
func saysItCanNotAsk(failure json.RawMessage) bool {
	fields, ok := members(failure, "code")
	return ok && string(fields["code"]) == "-32601"
}

// told is what a request says beside what mcp-go reads of it.
type told struct {
	// takesForms tells that the request declares, as each of protocol
	// 2026-07-28 does, that its client can put a form to a person.
	takesForms bool
	// brought tells that it brings an answer, or the state of a question.
	brought bool
	state   string
	answer  guard.Answer
}

type toldKey struct{}

func toldOf(ctx context.Context) told {
	t, _ := ctx.Value(toldKey{}).(told)
	return t
}

// takeTold takes out of a message what mcp-go is not to read: the answer that a
// call brings, which it would judge by itself, and what a client declares
// beyond what is asked of it.
func takeTold(ctx context.Context, m *message, raw []byte) (context.Context, []byte) {
	switch m.Method {
	case mcp.MethodInitialize:
		return ctx, withCapabilities(m, raw)
	case mcp.MethodToolsCall:
		t := told{takesForms: takesForms(declared(m.Params))}
		t, raw = takeAnswer(t, m, raw)
		return context.WithValue(ctx, toldKey{}, t), raw
	}
	return ctx, raw
}

// takeAnswer takes the answer that a call brings out of it. A state without a
// well-formed answer is a cancel.
func takeAnswer(t told, m *message, raw []byte) (told, []byte) {
	const stateName, responsesName = "requestState", "inputResponses"
	if !bytes.Contains(m.Params, []byte(stateName)) && !bytes.Contains(m.Params, []byte(responsesName)) {
		return t, raw
	}
	var params map[string]json.RawMessage
	if json.Unmarshal(m.Params, &params) != nil {
		return t, raw
	}
	state, stated := params[stateName]
	responses, responded := params[responsesName]
	if !stated && !responded {
		return t, raw
	}
	t.brought, t.answer = true, guard.Cancelled
	_ = json.Unmarshal(state, &t.state) // what is no text is no state of ours
	if _, once := members(m.Params, stateName, responsesName); once {
		if given, ok := members(responses, confirmationKey); ok {
			if answer, ok := given[confirmationKey]; ok {
				t.answer = answerOf(answer)
			}
		}
	}
	delete(params, stateName)
	delete(params, responsesName)
	return t, rewritten(m, params)
}

// declared are the capabilities that a request of protocol 2026-07-28 declares.
func declared(params json.RawMessage) json.RawMessage {
	var p struct {
		Meta map[string]json.RawMessage `json:"_meta"`
	}
	if json.Unmarshal(params, &p) != nil {
		return nil
	}
	return p.Meta[mcp.MetaKeyClientCapabilities]
}

// takesForms tells whether capabilities say that the client can put a form to a
// person. One that names no mode is from before there were any, and means
// forms; one that names others alone does not.
func takesForms(capabilities json.RawMessage) bool {
	object, _ := members(capabilities)
	modes, ok := members(object["elicitation"])
	if !ok {
		return false
	}
	_, form := members(modes["form"])
	return form || len(modes) == 0
}

// withCapabilities returns an initialize that declares what is asked of a
// client, and nothing else.
func withCapabilities(m *message, raw []byte) []byte {
	var params map[string]json.RawMessage
	if json.Unmarshal(m.Params, &params) != nil || params["capabilities"] == nil {
		return raw
	}
	known := json.RawMessage(`{}`)
	if takesForms(params["capabilities"]) {
		known = json.RawMessage(`{"elicitation":{"form":{}}}`)
	}
	for name := range params {
		if strings.EqualFold(name, "capabilities") {
			delete(params, name)
		}
	}
	params["capabilities"] = known
	return rewritten(m, params)
}

// rewritten is a message with other params.
func rewritten(m *message, params map[string]json.RawMessage) []byte {
	line, err := json.Marshal(struct {
		Version string                     `json:"jsonrpc"`
		ID      json.RawMessage            `json:"id,omitempty"`
		Method  mcp.MCPMethod              `json:"method"`
		Params  map[string]json.RawMessage `json:"params"`
	}{m.Version, m.ID, m.Method, params})
	if err != nil {
		panic(err) // all of it was read from JSON
	}
	return line
}
