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
	"papi-mcp/internal/papi"
)

// Error is the form of every error that a tool answers, the API's and ours: so
// that an agent learns one.
type Error struct {
	Code       string         `json:"errorCode"`
	Message    string         `json:"message"`
	Resolution string         `json:"resolution"`
	Info       map[string]any `json:"additionalInformation"`
	// Status is the API's HTTP status, left out where the API did not answer.
	Status int            `json:"status,omitempty"`
	Next   []catalog.Next `json:"next"`
	// Confirmation is what the agent needs to go on, where a person must
	// confirm and the client can't ask.
	Confirmation *guard.Confirmation `json:"confirmation,omitempty"`
	// Warnings tell what was mended before, left out where there are none.
	Warnings []string `json:"warnings,omitempty"`
}

// Kind is the code where it is one of the contract's or of ours, else "other":
// for metrics and traces, which must not grow with what the API writes.
func (e *Error) Kind() string {
	if e.Status == 0 || papi.Known(e.Code) { // without an answer, no code is the API's
		return e.Code
	}
	return "other"
}

// outcome is the error as the outcome of a call.
func (e *Error) outcome() Outcome {
	if e.Info == nil {
		e.Info = map[string]any{}
	}
	if e.Next == nil {
		e.Next = []catalog.Next{}
	}
	if e.Resolution == "" && e.Status == 0 {
		e.Resolution = errorcode.Do(e.Code)
	}
	return Outcome{Structured: e, IsError: true}
}

func invalidArguments(violations []papi.Violation) *Error {
	info := map[string]any{}
	message := "the arguments do not keep to the API's contract: " + strconv.Itoa(len(violations)) + " violations"
	if more := len(violations) - papi.MaxViolations; more > 0 {
		violations, info["more"] = violations[:papi.MaxViolations], more
	}
	shown := make([]papi.Violation, len(violations))
	for i, v := range violations {
		v.Path = truncate(v.Path)
		shown[i] = v
	}
	info["violations"] = shown
	if len(violations) == 1 {
		message = "an argument does not keep to the API's contract"
		if p := shown[0].Path; p != "" {
			message = p + " does not keep to the API's contract"
		}
	}
	return &Error{
		Code:    errorcode.InvalidArguments,
		Message: message,
		Info:    info,
	}
}

// seeSchema leads on from arguments that the violations alone don't put right.
func seeSchema(tool string) catalog.Next {
	return catalog.Next{
		Do:   "put right what the violations name, and make the call again; where that is not enough, the tool's schema has an example",
		Tool: "schema_get", Args: map[string]any{"tool": tool}, Needs: []string{},
	}
}

// unfilled is the error of each call to a server that was started with
// placeholders in place of settings.
func unfilled(settings []string) *Error {
	return &Error{
		Code:    errorcode.ConfigurationUnfilled,
		Message: "the server was started with a placeholder in place of a value: " + strings.Join(settings, ", "),
		Info:    map[string]any{"settings": settings},
	}
}

// refused is a refusal of the guard as an error.
func refused(r *guard.Refusal) *Error {
	return &Error{
		Code: r.Code, Message: r.Message, Resolution: r.Resolution,
		Info: r.Info, Next: r.Next, Confirmation: r.Confirmation,
	}
}

// failed is an error of the exchange with the API, with what an agent may do
// next.
func failed(row *catalog.Row, args map[string]any, err error) *Error {
	var e *papi.Error
	if !errors.As(err, &e) {
		return &Error{Code: errorcode.InternalError, Message: err.Error()}
	}
	out := &Error{Code: e.Code, Status: e.Status, Message: e.Message, Resolution: e.Resolution}
	out.Info, _ = papi.MaskAnswer(e.Info).(map[string]any)
	if e.RetryAfter > 0 {
		out.Info = withInfo(out.Info, "retryAfterSeconds", int(e.RetryAfter.Seconds()))
	}
	if e.Unknown {
		out.Info = withInfo(out.Info, "outcome", "unknown")
	}
	out.Next = nextAfterError(row, args, e)
	return out
}

func withInfo(info map[string]any, name string, value any) map[string]any {
	out := map[string]any{name: value}
	for k, v := range info {
		out[k] = v
	}
	return out
}

// confirmed is the call that a person is to agree to, as something to do next.
// The token is among what it needs, though the agent has it: it stands for the
// person's word. What may hold a secret is not repeated: it is needed anew.
func confirmed(row *catalog.Row, c *call) catalog.Next {
	next := catalog.Next{
		Do:   "show confirmation.summary to the person; when they agree, make exactly this call with confirm set to confirmation.token",
		Tool: row.Tool, Args: c.own.again(), Needs: []string{argConfirm},
	}
	given := c.own.with(c.args)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		one := map[string]any{name: given[name]}
		if bytes.Equal(encode(papi.RequestSecrets.Mask(one)), encode(one)) {
			next.Args[name] = given[name]
		} else {
			next.Needs = append(next.Needs, name)
		}
	}
	return next
}
