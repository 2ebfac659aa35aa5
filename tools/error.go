package tools

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// Error is the form of every error that a tool returns, the API's and ours, so
// that an agent learns only one. It says each thing once: what is wrong in the
// message, how to fix it in the resolution, and in next the calls alone that this
// takes. Keys without content are left out.
type Error struct {
	Code       string         `json:"errorCode"`
	Message    string         `json:"message"`
	Resolution string         `json:"resolution,omitempty"`
	Info       map[string]any `json:"additionalInformation,omitempty"`
	// Status is the API's HTTP status, left out where the API did not answer.
	Status int            `json:"status,omitempty"`
	Next   []catalog.Next `json:"next,omitempty"`
	// Confirmation is what the agent needs to continue where a person must
	// confirm and the client can't ask.
	Confirmation *guard.Confirmation `json:"confirmation,omitempty"`
	// Warnings say what was coerced before, left out where there are none.
	Warnings []string `json:"warnings,omitempty"`
}

// Kind is the code where it is one of the contract's or of ours, else "other": the
// label for metrics and traces, whose number must not depend on the API.
func (e *Error) Kind() string {
	own, _ := errorcode.Lookup(e.Code)
	if e.Status == 0 || own.Origin == errorcode.Client || papi.ErrorCodes()[e.Code] != nil { // without an answer, no code is the API's
		return e.Code
	}
	return "other"
}

// outcome is the error as the outcome of a call.
func (e *Error) outcome() Outcome {
	if e.Resolution == "" && e.Status == 0 {
		e.Resolution = errorcode.Do(e.Code)
	}
	return Outcome{Structured: e, IsError: true}
}

func invalidArguments(violations []papi.Violation) *Error {
	info := map[string]any{}
	message := "the arguments do not fit the API's contract: " + strconv.Itoa(len(violations)) + " violations"
	if more := len(violations) - papi.MaxViolations; more > 0 {
		violations, info["more"] = violations[:papi.MaxViolations], more
	}
	shown := make([]papi.Violation, len(violations))
	for i, v := range violations {
		v.Path = papi.Echo(v.Path)
		shown[i] = v
	}
	info["violations"] = shown
	if len(violations) == 1 {
		message = "an argument does not fit the API's contract"
		if p := shown[0].Path; p != "" {
			message = p + " does not fit the API's contract"
		}
	}
	return &Error{
		Code:    errorcode.InvalidArguments,
		Message: message,
		Info:    info,
	}
}

// seeSchema is the next step where the violations alone don't explain the fix: to read
// the part of the schema that the first one is about.
func (s *Set) seeSchema(tool string, e *Error) catalog.Next {
	args := map[string]any{"tool": tool}
	if violations, _ := e.Info["violations"].([]papi.Violation); len(violations) > 0 {
		if _, _, path := s.checked(tool).At(violations[0].SchemaPath()); path != "" {
			args["path"] = path
		}
	}
	return catalog.Next{Do: "see the schema with an example, if the violations are not enough", Tool: "schema_get", Args: args, Needs: []string{}}
}

// Schema returns the schema that a tool's arguments are validated against, a union
// where the body of its operation is one; nil for a tool that is not offered.
func (s *Set) Schema(tool string) *papi.Schema {
	if !s.Offers(tool) {
		return nil
	}
	return s.checked(tool)
}

// checked is the schema of a tool that is offered.
func (s *Set) checked(tool string) *papi.Schema {
	if core := s.coreTool(tool); core != nil {
		return core.schema()
	}
	return s.tools[tool].arguments().checked
}

// unfilled is the error of every call to a server that was started with
// placeholders instead of settings.
func unfilled(settings []string) *Error {
	return &Error{
		Code:    errorcode.ConfigurationUnfilled,
		Message: "the server was started with a placeholder instead of a value: " + strings.Join(settings, ", "),
		Info:    map[string]any{"settings": settings},
	}
}

// refused is the error of a refusal.
func refused(r *guard.Refusal) *Error {
	return &Error{
		Code: r.Code, Status: r.Status, Message: r.Message, Resolution: r.Resolution,
		Info: r.Info, Next: r.Next, Confirmation: r.Confirmation,
	}
}

// failed is the error of a failed exchange with the API, with what to do next.
func failed(row *catalog.Row, args map[string]any, err error) *Error {
	e, ok := errors.AsType[*papi.Error](err)
	if !ok {
		return &Error{Code: errorcode.InternalError, Message: err.Error()}
	}
	out := &Error{Code: e.Code, Status: e.Status, Message: e.Message, Resolution: e.Resolution}
	if row.Effect == catalog.Read && catalog.NoneHere(e.Code) { // which reads as a failure in the API's words
		text := plainText(row, e.Code)
		out.Message, out.Resolution = text.Message, text.Resolution
	}
	out.Info, _ = papi.MaskAnswer(e.Info).(map[string]any)
	if e.RetryAfter > 0 {
		out.Info = jsonvalue.With(out.Info, "retryAfterSeconds", int(e.RetryAfter.Seconds()))
	}
	if e.Unknown {
		out.Info = jsonvalue.With(out.Info, "outcome", "unknown")
	}
	out.Next = shortened(nextAfterError(row, args, e), row, args)
	return out
}

// afterApproval is the call that a person is asked to confirm, as the next step.
// The token is among its needs, though the agent has it: it is the person who
// approves.
func afterApproval(row *catalog.Row, c *call, summary string) catalog.Next {
	given := c.own.with(c.args)
	maps.Copy(given, c.own.ofPage())
	next := catalog.Next{Do: "after their yes", Tool: row.Tool, Args: given, Needs: []string{argConfirm}}
	if next = withoutRepeats(next, row, given); len(summary) > longSummary {
		next.Needs, next.Args = append(next.Needs, slices.Sorted(maps.Keys(next.Args))...), nil
		if c.own.project != "" {
			next.Needs = append(next.Needs, argProject)
		}
	}
	return next
}

// longSummary is from how many bytes on a summary, which has the ids of the call, is
// so long that the step does not repeat them. The token is for that call alone, so
// nothing else can be confirmed by mistake.
const longSummary = 350

// shortened are the steps after a call that failed, without what is long in the call
// itself.
func shortened(next []catalog.Next, row *catalog.Row, given map[string]any) []catalog.Next {
	next = slices.Clone(next)
	for i := range next {
		if next[i].Tool == row.Tool {
			next[i] = withoutRepeats(next[i], row, given)
		}
	}
	return next
}

// maxRepeated bounds, in bytes of JSON, the argument that a step repeats of the
// call, and all of them together.
const (
	maxRepeated      = 40
	maxRepeatedSoFar = 80
)

// withoutRepeats leaves out of a step what the call itself gave, where that is long
// or may hold a secret: it is needed again. The ids stay.
func withoutRepeats(n catalog.Next, row *catalog.Row, given map[string]any) catalog.Next {
	ids, args, size := pathIDs(row, given), map[string]any{}, 0
	for _, name := range slices.Sorted(maps.Keys(n.Args)) {
		value := n.Args[name]
		text := jsonvalue.Encode(value)
		same := given[name] != nil && bytes.Equal(text, jsonvalue.Encode(given[name]))
		_, isID := ids[name]
		switch {
		case same && papi.RequestSecrets.In(map[string]any{name: value}),
			same && !isID && (len(text) > maxRepeated || size+len(text) > maxRepeatedSoFar):
			n.Needs = append(n.Needs, name)
		default:
			args[name] = value
			if same && !isID {
				size += len(text)
			}
		}
	}
	n.Args = args
	return n
}
