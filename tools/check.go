package tools

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
)

// call is a tool call with its arguments checked and mended.
type call struct {
	args     map[string]any // the operation's own
	own      ownValues
	warnings []string
	now      time.Time // the API's time when it answered; zero: unknown
	since    time.Time // what the thing's history tells; zero: nothing
}

// ownValues are the values of our own arguments.
type ownValues struct {
	project             string
	confirm             string
	reveal              bool
	full                bool
	fields              []string
	all                 bool
	registeredElsewhere bool
	dryRun              bool
}

// again are the arguments of ours that the next page is to be asked for with,
// as a call would give them.
func (o ownValues) again() map[string]any {
	args := map[string]any{}
	if o.full {
		args[argDetail] = "full"
	}
	if len(o.fields) > 0 {
		args[argFields] = o.fields
	}
	if o.all {
		args[argAll] = true
	}
	return args
}

// parseObject reads the arguments of a call. What is no object is an
// *Error of code invalid_arguments.
func parseObject(raw json.RawMessage) (map[string]any, *Error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return map[string]any{}, nil
	}
	value, err := newReader(raw).read()
	if text, ok := value.(string); ok { // which the server makes of what mcp-go can't read
		if _, inner := newReader([]byte(text)).read(); errors.As(inner, new(*limitError)) {
			err = inner
		}
	}
	if passed, ok := errors.AsType[*limitError](err); ok {
		return nil, invalidArguments([]papi.Violation{passed.Violation})
	}
	if err != nil {
		return nil, invalidArguments([]papi.Violation{{Allowed: "one JSON object (" + err.Error() + ")"}})
	}
	switch v := value.(type) {
	case map[string]any:
		return v, nil
	case nil:
		return map[string]any{}, nil
	}
	return nil, invalidArguments([]papi.Violation{{Given: papi.KindOf(value), Allowed: "one JSON object"}})
}

// check mends and checks the arguments of a call against the contract. The
// error tells every violation at once.
func (a *arguments) check(given map[string]any) (*call, *Error) {
	m := &mender{}
	mended, _ := m.value(a.checked, given, "").(map[string]any)
	for name, value := range a.row.Defaults {
		if v, ok := mended[name]; !ok || v == nil {
			mended[name] = value
			m.warn(name, "not given, so %s is used", plainText(value))
		}
	}
	violations, doubts := a.checked.Check(mended, papi.Mode{Closed: true, Draft: a.draft(mended), Formats: true})
	for _, p := range a.row.Op().Parameters {
		value, ok := mended[p.Name].(string)
		if p.In != "path" || !ok || slices.ContainsFunc(violations, func(v papi.Violation) bool { return v.Path == p.Name }) {
			continue
		}
		reason := papi.BadSegment(value)
		switch {
		case reason != "":
		case strings.TrimSpace(value) != value:
			reason = "has blanks around it"
		case p.Name != argProject && unfilledID.MatchString(value):
			reason = "is a placeholder that was not filled in"
		}
		if reason != "" {
			violations = append(violations, papi.Violation{Path: p.Name, Given: truncate(value), Allowed: "an id as the API told it; this one " + reason})
		}
	}
	if paths, ok := mended[argFields].([]any); ok && len(paths) > maxNames {
		violations = append(violations, papi.Violation{Path: argFields, Given: fmt.Sprintf("%d paths", len(paths)), Allowed: fmt.Sprintf("at most %d paths", maxNames)})
	}
	violations = append(violations, masked(mended, "", "")...)
	if len(violations) > 0 {
		return nil, a.orADraft(invalidArguments(violations), mended)
	}
	c := &call{warnings: append(m.warnings, doubts...)}
	c.own, c.args = split(mended)
	return c, nil
}

// unfilledID finds what stands in examples where an id is to be given: {senderId},
// <id>, ${ID}.
var unfilledID = regexp.MustCompile(`^(?:\$?\{+[^{}]*\}+|<[^<>]*>)$`)

// orADraft adds to an error that a draft would do, where nothing is wrong with
// the arguments but what a draft may leave out.
func (a *arguments) orADraft(e *Error, args map[string]any) *Error {
	status := a.advertised.Properties["status"]
	if status == nil || !slices.Contains(status.Resolve().Enum, any("DRAFT")) || a.draft(args) || len(status.Resolve().Violations(args["status"], papi.Mode{})) > 0 && args["status"] != nil {
		return e
	}
	draft := maps.Clone(args)
	draft["status"] = "DRAFT"
	if len(a.checked.Violations(draft, papi.Mode{Closed: true, Draft: true, Formats: true})) == 0 {
		e.Resolution = "give what is missing, or save it with status DRAFT, which may leave it out for now. " + errorcode.Do(e.Code)
	}
	return e
}

// draft reports whether the call only saves: then the contract asks for less.
func (a *arguments) draft(args map[string]any) bool {
	status, given := args["status"]
	if p := a.advertised.Properties["status"]; !given && p != nil {
		status = p.Resolve().Default
	}
	return status == "DRAFT"
}

// split keeps our own arguments apart from the operation's.
func split(mended map[string]any) (ownValues, map[string]any) {
	var own ownValues
	args := make(map[string]any, len(mended))
	for name, value := range mended {
		switch name {
		case argProject:
			own.project, _ = value.(string)
		case argConfirm:
			own.confirm, _ = value.(string)
		case argReveal:
			own.reveal, _ = value.(bool)
		case argDetail:
			own.full = value == "full"
		case argFields:
			for _, path := range value.([]any) {
				own.fields = append(own.fields, path.(string))
			}
		case argAll:
			own.all, _ = value.(bool)
		case argRegisteredElsewhere:
			own.registeredElsewhere, _ = value.(bool)
		case argDryRun:
			own.dryRun, _ = value.(bool)
		default:
			args[name] = value
		}
	}
	return own, args
}

func plainText(value any) string {
	if list, ok := value.([]any); ok {
		texts := make([]string, len(list))
		for i, v := range list {
			texts[i] = fmt.Sprint(v)
		}
		return strings.Join(texts, ", ")
	}
	return fmt.Sprint(value)
}

// cut shortens a text that a message repeats.
func truncate(text string) string { return papi.Truncate(text, papi.MaxEcho) }
