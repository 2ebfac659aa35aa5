package mcpevents

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/tools"
)

// The arguments of an interest besides the ids of a thing.
const (
	argProject = "projectId"
	argStates  = "states"
	argSettled = "settled"
)

// arguments are those of an interest, which have been checked.
type arguments struct {
	Project string
	IDs     map[string]string // those that are given
	States  []string
	Settled bool
}

// Check validates what a client asks for: a type of event that the caller is offered,
// and its arguments, raw as the request has them.
func (s *Service) Check(ctx context.Context, caller Caller, name string, raw json.RawMessage) (Interest, *Error) {
	if name == "" {
		return Interest{}, invalid("name must be that of an event: see events/list")
	}
	t := lookup(name)
	if t == nil || !caller.Things.Offers(t.read.Tool) {
		return Interest{}, unknownEvent(caller.Things, name)
	}
	a, wrong := t.parse(caller.Things, raw)
	if wrong != nil {
		return Interest{}, wrong
	}
	query, e := caller.Things.Query(ctx, caller.As, t.tool(a), t.args(a), a.Project)
	if e != nil {
		return Interest{}, refusal(e)
	}
	a.Project = query.Project
	for id := range a.IDs {
		if canonical, ok := query.Args[id].(string); ok { // the API's own spelling
			a.IDs[id] = canonical
		}
	}
	return Interest{Name: t.Name, Arguments: a.canonical()}, nil
}

// Access reports why an owner may not get the events of an interest now; nil where it may.
func (s *Service) Access(ctx context.Context, owner Owner, in Interest) *Error {
	things, err := s.opts.Things(ctx, owner)
	if err != nil {
		return forbidden(err)
	}
	return s.mayRead(ctx, things, owner.Principal, in)
}

func (s *Service) mayRead(ctx context.Context, things Things, principal string, in Interest) *Error {
	t, a := in.parsed()
	if t == nil || !things.Offers(t.read.Tool) {
		return unknownEvent(things, in.Name)
	}
	if _, e := things.Query(ctx, principal, t.tool(a), t.args(a), a.Project); e != nil {
		return refusal(e)
	}
	return nil
}

// parse reads the arguments.
func (t *Type) parse(things Things, raw json.RawMessage) (arguments, *Error) {
	a := arguments{IDs: map[string]string{}}
	given := map[string]json.RawMessage{}
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && (json.Unmarshal(raw, &given) != nil || given == nil && string(raw) != "null") {
		return a, invalid("arguments must be an object")
	}
	allowed := append([]string{argProject}, t.ids()...)
	if t.what == statusChanged {
		allowed = append(allowed, argStates, argSettled)
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value, ok := given[name], true
		switch {
		case !slices.Contains(allowed, name):
			return a, invalid("%s has no argument %s: it has %s", t.Name, papi.Echo(name), strings.Join(allowed, ", "))
		case string(value) == "null": // as if it were left out
		case name == argStates:
			if ok = json.Unmarshal(value, &a.States) == nil && len(a.States) > 0; ok {
				for _, state := range a.States {
					if !slices.Contains(t.states(), state) {
						return a, invalid("%s has no state %s: it has %s", t.called, papi.Echo(state), strings.Join(t.states(), ", "))
					}
				}
			}
		case name == argSettled:
			ok = json.Unmarshal(value, &a.Settled) == nil
		default:
			var text string
			if ok = json.Unmarshal(value, &text) == nil && text != "" && len(text) <= maxID && papi.Printable(text) == text; !ok {
				return a, invalid("%s must be a text of 1 to %d bytes", name, maxID)
			}
			if name == argProject {
				a.Project = text
			} else {
				a.IDs[name] = text
			}
		}
		if !ok {
			return a, invalid("%s must be %s", name, map[string]string{argStates: "a list of states", argSettled: "true or false"}[name])
		}
	}
	needed := t.needed()
	if !t.lists(things) {
		needed = t.ids()
	}
	missing := ""
	for _, id := range t.ids() {
		switch {
		case a.IDs[id] == "" && slices.Contains(needed, id):
			return a, invalid("%s needs the argument %s", t.Name, id)
		case a.IDs[id] == "":
			missing = id
		case missing != "":
			return a, invalid("%s needs the argument %s too", id, missing)
		}
	}
	slices.Sort(a.States)
	a.States = slices.Compact(a.States)
	return a, nil
}

// maxID bounds the ids in arguments, in bytes.
const maxID = 512

// canonical are the arguments in the form that is compared: their names are sorted.
func (a *arguments) canonical() json.RawMessage {
	all := map[string]any{argProject: a.Project}
	for id, value := range a.IDs {
		all[id] = value
	}
	if len(a.States) > 0 {
		all[argStates] = a.States
	}
	if a.Settled {
		all[argSettled] = true
	}
	return jsonvalue.Encode(all)
}

// parsed returns the type and the arguments of an interest that was checked; nil for one
// whose type is not known any more.
func (in Interest) parsed() (*Type, arguments) {
	a := arguments{IDs: map[string]string{}}
	t := lookup(in.Name)
	value, err := jsonvalue.Decode(in.Arguments)
	if t == nil || err != nil {
		return nil, a
	}
	a.Project, a.States = jsonvalue.Text(value, argProject), jsonvalue.Texts(value, argStates)
	a.Settled, _ = jsonvalue.Field(value, argSettled).(bool)
	for _, id := range t.ids() {
		if text := jsonvalue.Text(value, id); text != "" {
			a.IDs[id] = text
		}
	}
	return t, a
}

// query is what is read for an interest; without a tool where its type is not known any
// more.
func (in Interest) query() tools.Query {
	t, a := in.parsed()
	if t == nil {
		return tools.Query{}
	}
	return tools.Query{Tool: t.tool(a), Project: a.Project, Args: t.args(a)}
}

// tool is the one that reads what the arguments name.
func (t *Type) tool(a arguments) string {
	if t.list == nil || len(a.IDs) == len(t.ids()) && (len(a.IDs) > 0 || t.list == nil) {
		return t.read.Tool
	}
	return t.list.Tool
}

// args are its arguments.
func (t *Type) args(a arguments) map[string]any {
	names := t.ids()
	if t.tool(a) != t.read.Tool {
		names = t.list.Op().PathIDs()
	}
	args := map[string]any{}
	for _, name := range names {
		args[name] = a.IDs[name]
	}
	return args
}

func invalid(format string, args ...any) *Error {
	return &Error{Code: InvalidParams, Message: fmt.Sprintf(format, args...)}
}

func unknownEvent(things Things, name string) *Error {
	var names []string
	for _, t := range offered(things) {
		names = append(names, t.Name)
	}
	e := &Error{Code: NotFound, Message: "there is no event " + papi.Echo(name) + " for this caller: see events/list", Data: map[string]any{"kind": "event"}}
	if near := papi.Nearest(name, names); near != "" {
		e.Data["nearest"] = near
	}
	return e
}

// forbidden is the error of an owner who may see nothing.
func forbidden(err error) *Error {
	return &Error{Code: Forbidden, Message: "this caller may not get these events: " + papi.Printable(err.Error())}
}

// internalError is JSON-RPC's code for what is not the client's fault.
const internalError = -32603

// refusal is an error of a tool as the extension reports it.
func refusal(e *tools.Error) *Error {
	out := &Error{Code: Forbidden, Message: papi.Printable(papi.Truncate(e.Message, maxMessage)), Data: map[string]any{"errorCode": e.Code}}
	switch e.Code {
	case errorcode.InvalidArguments:
		out.Code = InvalidParams
		if violations, ok := e.Info["violations"].([]papi.Violation); ok {
			out.Data["violations"] = violations[:min(len(violations), 10)]
		}
	case errorcode.ProjectMissing:
		out.Code = InvalidParams
		out.Message += ": name it as projectId"
	case errorcode.StoreUnavailable:
		out.Code = internalError
	}
	return out
}

// maxMessage bounds the message of an error, in bytes.
const maxMessage = 500
