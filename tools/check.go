package tools

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/papi"
)

// parseObject reads the arguments of a call. Anything but an object is an *Error
// of code invalid_arguments.
func parseObject(raw json.RawMessage) (map[string]any, *Error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return map[string]any{}, nil
	}
	value, err := newReader(raw).read()
	if text, ok := value.(string); ok { // the server sends what mcp-go can't read as a string
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
	return nil, invalidArguments([]papi.Violation{{Given: papi.TypeName(value), Allowed: "one JSON object"}})
}

// check coerces the arguments of a call and validates them against the contract.
// The error lists all violations.
func (a *arguments) check(given map[string]any) (*call, *Error) {
	given, ignored := applicable(given, a.advertised.Properties)
	coerce := &coercer{warnings: ignored}
	args, _ := coerce.value(a.checked, given, "").(map[string]any)
	for name, value := range a.row.Defaults {
		if v, ok := args[name]; !ok || v == nil {
			args[name] = value
			coerce.warn(name, "not given, so %s is used", jsonvalue.Join(value, "", ", "))
		}
	}
	violations, doubts := a.checked.Check(args, papi.CheckOptions{Closed: true, Draft: a.draft(args), Formats: true, Example: func() any { return example(a) }})
	for _, v := range a.invalidIDs(args) {
		if !slices.ContainsFunc(violations, func(other papi.Violation) bool { return other.Path == v.Path }) {
			violations = append(violations, v)
		}
	}
	if paths := jsonvalue.List(args, argFields); len(paths) > maxNames {
		violations = append(violations, papi.Violation{Path: argFields, Given: fmt.Sprintf("%d paths", len(paths)), Allowed: fmt.Sprintf("at most %d paths", maxNames)})
	}
	violations = append(violations, masked(args, "", "")...)
	if len(violations) > 0 {
		return nil, a.orADraft(invalidArguments(violations), args)
	}
	c := &call{warnings: append(coerce.warnings, doubts...)}
	c.own, c.args = split(args)
	return c, nil
}

// invalidIDs returns the violations of what becomes a part of the URL.
func (a *arguments) invalidIDs(args map[string]any) []papi.Violation {
	var all []papi.Violation
	for _, p := range a.row.Op().Parameters {
		id, ok := args[p.Name].(string)
		if p.In != "path" || !ok {
			continue
		}
		problem := papi.SegmentProblem(id)
		switch {
		case problem != "":
		case strings.TrimSpace(id) != id:
			problem = "begins or ends with spaces"
		case p.Name != argProject && unfilledID.MatchString(id):
			problem = "is a placeholder that was not filled in"
		}
		if problem != "" {
			all = append(all, papi.Violation{Path: p.Name, Given: papi.Echo(id), Allowed: "an id as the API returned it; this one " + problem})
		}
	}
	return all
}

// unfilledID matches the placeholders of examples: {senderId}, <id>, ${ID}.
var unfilledID = lazyregexp.New(`^(?:\$?\{+[^{}]*\}+|<[^<>]*>)$`)

// orADraft adds to an error that a draft would be accepted, where all that is wrong
// with the arguments is that something is missing which a draft may omit.
func (a *arguments) orADraft(e *Error, args map[string]any) *Error {
	status := a.advertised.Properties["status"]
	if status == nil || !slices.Contains(status.Resolve().EnumTexts(), "DRAFT") || a.draft(args) {
		return e
	}
	if given := args["status"]; given != nil && len(status.Resolve().Violations(given, papi.CheckOptions{})) > 0 {
		return e
	}
	draft := maps.Clone(args)
	draft["status"] = "DRAFT"
	if len(a.checked.Violations(draft, papi.CheckOptions{Closed: true, Draft: true, Formats: true})) == 0 {
		e.Resolution = "give what is missing, or save it with status DRAFT, where it may be missing for now; nothing was sent"
	}
	return e
}

// draft reports whether the call only saves a draft, which requires less.
func (a *arguments) draft(args map[string]any) bool {
	status, given := args["status"]
	if p := a.advertised.Properties["status"]; !given && p != nil {
		status = p.Resolve().Default
	}
	return status == "DRAFT"
}

// split separates our own arguments from the operation's.
func split(given map[string]any) (callOptions, map[string]any) {
	var own callOptions
	args := make(map[string]any, len(given))
	for name, value := range given {
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
			own.fields = jsonvalue.Texts(value, "")
		case argAll:
			own.all, _ = value.(bool)
		case argRegisteredElsewhere:
			own.registeredElsewhere, _ = value.(bool)
		case argIgnoreLint:
			own.ignoreLint = jsonvalue.Texts(value, "")
		case argDryRun:
			own.dryRun, _ = value.(bool)
		default:
			args[name] = value
		}
	}
	return own, args
}
