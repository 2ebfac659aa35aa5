package tools

import (
	"maps"
	"slices"
	"sync"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
)

// ToolCallWrite is the tool through which a dynamic set has those called that change
// something.
const ToolCallWrite = "tool_call_write"

// The tools through which others are found, and those called that change nothing.
const (
	toolFind     = "tool_find"
	toolCallRead = "tool_call_read"
)

// lists reports whether the set advertises a tool that it offers.
func (s *Set) lists(name string) bool {
	c := s.coreTool(name)
	if s.opts.Dynamic {
		return c != nil && c.whenDynamic
	}
	return c == nil || !c.onlyDynamic
}

// routes reports whether a tool calls others.
func (s *Set) routes(name string) bool { return name == toolCallRead || name == ToolCallWrite }

// Via returns the listed tool through which one that is offered but not listed is
// called, "" where it is called by its own name.
func (s *Set) Via(name string) string {
	switch {
	case !s.Offers(name) || s.lists(name) || !s.opts.Dynamic:
		return ""
	case s.writes(name):
		return ToolCallWrite
	}
	return toolCallRead
}

// writes reports whether a tool changes anything.
func (s *Set) writes(name string) bool {
	if t := s.tools[name]; t != nil {
		return t.row.Writes()
	}
	c := s.coreTool(name)
	return c != nil && !*c.annotations.ReadOnlyHint
}

// callSchema is the schema of a call through another tool. An object that is open has a
// property all the same, since some clients close one that has none.
var callSchema = sync.OnceValue(func() *papi.Schema {
	open := &papi.Additional{Schema: &papi.Schema{}}
	return &papi.Schema{
		Type: papi.Types{"object"}, Required: []string{"tool"}, AdditionalProperties: open,
		Properties: map[string]*papi.Schema{
			"tool": {Type: papi.Types{"string"}, Description: "name of the tool"},
			"arguments": {
				Type: papi.Types{"object"}, Description: "its arguments; schema_get shows them", AdditionalProperties: open,
				Properties: map[string]*papi.Schema{argProject: ownArguments[argProject]},
			},
		},
	}
})

// callsOthers are the tools that call others. [Set.Call] unwraps their calls, so that
// everything else about a call is that of the inner tool.
func callsOthers() []*coreTool {
	writes := hints("Call a tool that changes something", false, true)
	*writes.DestructiveHint, *writes.IdempotentHint = true, false
	return []*coreTool{
		{
			name: toolCallRead, annotations: hints("Call a tool that reads", true, true), whenDynamic: true, onlyDynamic: true,
			about:   "Call a tool that changes nothing: one whose via, in tool_find or in a next step, names this tool.",
			example: map[string]any{"tool": "webhook_get", "arguments": map[string]any{"webhookId": "01Z327Q8JAP1FQ40QXJMEXRE1J"}},
			schema:  callSchema,
		},
		{
			name: ToolCallWrite, annotations: writes, whenDynamic: true, onlyDynamic: true,
			about:   "Call a tool that creates, changes, sends or deletes something: one whose via names this tool. Where a person must confirm, they are asked, or the call answers with a token for the argument confirm.",
			example: map[string]any{"tool": "webhook_create", "arguments": map[string]any{"target": "https://example.com/hook", "secret": "of-high-entropy"}},
			schema:  callSchema,
		},
	}
}

// unwrap returns the call that a call through tool_call_read or tool_call_write makes,
// with warnings. Arguments next to "arguments" are moved into them: models often
// confuse the two levels. A read is accepted by tool_call_write, since it does less
// than that tool is annotated for; a write by tool_call_read would do more.
func (s *Set) unwrap(via string, given map[string]any) (name string, args map[string]any, warnings []string, _ *Error) {
	name, ok := given["tool"].(string)
	if !ok || name == "" {
		return via, given, nil, invalidArguments([]papi.Violation{{Path: "tool", Given: papi.TypeName(given["tool"]), Allowed: "the name of a tool; " + toolFind + " finds it"}})
	}
	switch inner := given["arguments"].(type) {
	case nil:
		args = map[string]any{}
	case map[string]any:
		args = inner
	case string:
		parsed, e := parseObject([]byte(inner))
		if e != nil {
			return via, given, nil, e
		}
		args = parsed
		warnings = append(warnings, "arguments: read from a text; give an object")
	default:
		return via, given, nil, invalidArguments([]papi.Violation{{Path: "arguments", Given: papi.TypeName(inner), Allowed: "one JSON object: the arguments of the tool"}})
	}
	for _, field := range slices.Sorted(maps.Keys(given)) {
		if field == "tool" || field == "arguments" {
			continue
		}
		if _, twice := args[field]; twice {
			return via, given, nil, invalidArguments([]papi.Violation{{Path: papi.Echo(field), Allowed: "only inside arguments, which have it too"}})
		}
		if warnings == nil || len(args) == 0 {
			args = maps.Clone(args)
		}
		args[field] = given[field]
		warnings = append(warnings, papi.Echo(field)+": moved into arguments")
	}
	switch {
	case s.routes(name) || !s.Offers(name):
		return via, given, nil, s.unknownTool(name)
	case via == toolCallRead && s.writes(name):
		e := invalidArguments([]papi.Violation{{Path: "tool", Given: name, Allowed: "a tool that changes nothing; this one is called through " + ToolCallWrite}})
		e.Message = name + " changes something, so it is called through " + ToolCallWrite
		e.Resolution = "make the same call through " + ToolCallWrite + ". Nothing was sent"
		e.Next = []catalog.Next{{Do: "make the same call", Tool: name, Via: ToolCallWrite, Args: map[string]any{}, Needs: []string{}}}
		return via, given, nil, e
	case via == ToolCallWrite && !s.writes(name):
		warnings = append(warnings, name+" changes nothing: call it through "+toolCallRead)
	}
	return name, args, warnings, nil
}

// route completes an outcome in dynamic mode: each step says through what its tool is
// called.
func (s *Set) route(out *Outcome, warnings []string) {
	switch o := out.Structured.(type) {
	case *Result:
		o.Warnings = append(o.Warnings, warnings...)
		s.addVia(o.Next)
		if p, ok := o.Data.(dryRunData); ok && p.Refusal != nil {
			s.addVia(p.Refusal.Next)
		}
	case *Error:
		o.Warnings = append(o.Warnings, warnings...)
		s.addVia(o.Next)
		if o.Code == errorcode.UnknownTool && s.opts.Dynamic && len(o.Next) == 0 {
			o.Next = []catalog.Next{{Do: "find the tool in your own words", Tool: toolFind, Args: map[string]any{}, Needs: []string{"query"}}}
		}
	}
}

func (s *Set) addVia(steps []catalog.Next) {
	for i := range steps {
		steps[i].Via = s.Via(steps[i].Tool)
	}
}
