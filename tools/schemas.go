package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

type schemaGetArgs struct {
	Tool   string `json:"tool"`
	Path   string `json:"path,omitempty" jsonschema:"description=a part: details.components"`
	Format string `json:"format,omitempty" jsonschema:"enum=outline,enum=json,description=json: JSON Schema (long)"`
}

// toolSchema is what schema_get returns about a tool, or about a part of its arguments.
type toolSchema struct {
	Tool string `json:"tool"`
	Path string `json:"path,omitempty"`
	// Via is the tool through which it is called, where the server does not list it.
	Via     string `json:"via,omitempty"`
	About   string `json:"about,omitempty"`
	Confirm string `json:"confirm,omitempty"`
	// InputSchema is an outline, or JSON Schema where the call asks for that.
	InputSchema any `json:"inputSchema"`
	// Notation explains the signs of the outline that are not plain.
	Notation string `json:"notation,omitempty"`
	// More says how to read what the outline leaves out.
	More string `json:"more,omitempty"`
	// Also names the arguments that the list of tools does not show.
	Also string `json:"also,omitempty"`
	// Example has the least arguments of a call that the API would take, or the least
	// value of the part.
	Example    any                 `json:"example,omitempty"`
	Notes      []string            `json:"notes,omitempty"`
	Errors     map[string][]string `json:"errors,omitempty"`    // codes by status
	Operation  string              `json:"operation,omitempty"` // METHOD /path
	APIVersion string              `json:"apiVersion,omitempty"`
	Maturity   string              `json:"maturity,omitempty"` // left out where it is GA
}

func (s *Set) schemaGet(_ context.Context, _ Caller, args schemaGetArgs) Outcome {
	data, schema, listed := s.schemas(args.Tool)
	if schema == nil {
		return s.unknownTool(args.Tool).outcome()
	}
	part, known, at := schema.At(args.Path)
	if part == nil {
		return unknownPath(args, schema, known, at).outcome()
	}
	switch {
	case args.Format == "json":
		data = toolSchema{Tool: args.Tool, InputSchema: inlined(part), APIVersion: data.APIVersion}
	case args.Path != "":
		data = toolSchema{Tool: args.Tool}
		if example := part.Sample(false); !jsonvalue.IsEmpty(example) {
			data.Example = example
		}
		data.fit(schema, args.Path)
	default:
		data.fit(listed, "")
	}
	data.Path = args.Path
	return Outcome{Structured: &Result{Tool: "schema_get", Data: data}}
}

// schemas returns what there is to say of a tool, the complete schema of its arguments,
// and that of the arguments in the list of tools; nil where there is no such tool.
func (s *Set) schemas(tool string) (about toolSchema, complete, listed *papi.Schema) {
	if c := s.coreTool(tool); c != nil {
		example := c.example
		if example == nil {
			example, _ = c.schema().Sample(true).(map[string]any)
		}
		return toolSchema{Tool: tool, Via: s.Via(tool), About: c.about, Example: example}, c.schema(), c.schema()
	}
	t, ok := s.tools[tool]
	if !ok {
		return toolSchema{}, nil, nil
	}
	a, op := t.arguments(), t.row.Op()
	about = toolSchema{
		Tool: tool, Via: s.Via(tool), About: t.row.About, Confirm: t.row.Confirm,
		Also: strings.Join(a.unlisted(), ", "), Example: example(a), Notes: notes(t.row), Errors: map[string][]string{},
		Operation: op.Method + " " + op.Path, APIVersion: papi.ContractVersion,
	}
	for status, codes := range op.Errors {
		about.Errors[strconv.Itoa(status)] = codes
	}
	if op.Maturity != "GA" {
		about.Maturity = op.Maturity
	}
	return about, a.checked, leaveOut(a.checked, a.unlisted())
}

// maxSchemaEstimate is the largest estimate of an answer in tokens. It leaves room: no answer
// has more than 2,000 tokens.
const maxSchemaEstimate = 1_850

// fit adds the most detailed outline of a part of a schema with which the answer has its
// size.
func (t *toolSchema) fit(schema *papi.Schema, path string) {
	part, _, _ := schema.At(path)
	schema.OutlineWithin(path, true, func(outline string, opts papi.OutlineOptions) bool {
		t.InputSchema, t.Notation = outline, notation(outline)
		t.More = ""
		if cut := part.Cut(opts); len(cut) > 0 {
			t.More = "path shows more: " + strings.Join(pathsBelow(path, cut), ", ")
		}
		return estimateTokens(jsonvalue.Encode(t)) <= maxSchemaEstimate
	})
}

// maxCut is how many paths of parts are named.
const maxCut = 8

func pathsBelow(path string, below []string) []string {
	var paths []string
	for i, name := range below {
		if i == maxCut {
			return append(paths, "...")
		}
		paths = append(paths, papi.JoinPath(path, name))
	}
	return paths
}

// signs are those of the notation that are explained where they occur.
var signs = []struct{ sign, means string }{
	{"!:", "! required"},
	{"*:", "* needed to submit or launch, not for a draft"},
	{"|null", "null deletes"},
	{"{...}", "{...} an object"},
}

// notation explains the signs in an outline.
func notation(outline string) string {
	var used []string
	for _, s := range signs {
		if strings.Contains(outline, s.sign) {
			used = append(used, s.means)
		}
	}
	return strings.Join(used, "; ")
}

// maxKnown is how many names an error about an unknown path lists.
const maxKnown = 30

// unknownPath is the error about a path that a tool's arguments do not have.
func unknownPath(args schemaGetArgs, schema *papi.Schema, known []string, at string) *Error {
	here := args.Tool
	if at != "" {
		here = at + " of " + args.Tool
	}
	v := papi.Violation{Path: "path", Given: papi.Echo(args.Path), Nearest: schema.NearestPath(args.Path)}
	switch {
	case len(known) == 0:
		v.Allowed = here + " has no parts"
	case len(known) > maxKnown:
		v.Allowed = here + " has " + strings.Join(known[:maxKnown], ", ") + " and " + strconv.Itoa(len(known)-maxKnown) + " more"
	default:
		v.Allowed = here + " has " + strings.Join(known, ", ")
	}
	e := invalidArguments([]papi.Violation{v})
	e.Message = "the arguments have no path " + papi.Echo(args.Path)
	next := map[string]any{"tool": args.Tool}
	if path := cmp.Or(v.Nearest, at); path != "" {
		next["path"] = path
	}
	e.Next = []catalog.Next{{Do: "read the part that is meant", Tool: "schema_get", Args: next}}
	return e
}

// example has the least arguments of a call that the API would take.
func example(a *arguments) map[string]any {
	given, _ := a.checked.Sample(false).(map[string]any)
	for name := range ownArguments {
		if !slices.Contains(a.advertised.Required, name) {
			delete(given, name)
		}
	}
	if a.row.Example != "" {
		if err := json.Unmarshal([]byte(a.row.Example), &given); err != nil {
			panic("tools: " + err.Error())
		}
	}
	return given
}

// notes are the contract's rules of an operation, one a line, with its events
// by name and the states that answers have.
func notes(row *catalog.Row) []string {
	events := "papi://triggers lists them"
	if row.Wait != nil && len(row.Wait.Triggers) > 0 {
		events = strings.Join(row.Wait.Triggers, ", ") + "; papi://triggers explains them"
	}
	// The contract's own text names a state that no answer has.
	fill := strings.NewReplacer(slices.Concat(catalog.StatesInNotes, []string{"(see callbacks)", "(" + events + ")"})...)
	all := []string{}
	for line := range strings.Lines(row.Op().Notes) {
		all = append(all, fill.Replace(strings.TrimSpace(strings.TrimPrefix(line, "- "))))
	}
	return all
}

// inlined returns a schema with its references replaced by what they point to,
// and nothing left out but what is required of a draft alone, or before a launch: as in
// the list of tools, that is not required.
func inlined(s *papi.Schema) *papi.Schema {
	out := rewrite(s, "", func(_ string, s *papi.Schema) { s.Required = s.MustHave(true) })
	if len(out.AnyOf) > 0 && len(out.Type) == 0 {
		out.Required = papi.Merge(out.AnyOf).Required
	}
	return out
}

// leaveOut returns a schema of arguments without some that are not required.
func leaveOut(s *papi.Schema, names []string) *papi.Schema {
	s = s.Clone()
	maps.DeleteFunc(s.Properties, func(name string, _ *papi.Schema) bool { return slices.Contains(names, name) })
	s.AnyOf = slices.Clone(s.AnyOf)
	for i, v := range s.AnyOf {
		s.AnyOf[i] = leaveOut(v, names)
	}
	return s
}

// rewrite copies the schema of a property, or of the root where name is "", with
// its references resolved, and edits each copy before those below it. Arguments'
// schemas do not hold themselves.
func rewrite(s *papi.Schema, name string, edit func(name string, s *papi.Schema)) *papi.Schema {
	out := s.Resolve().Clone()
	out.Ref = ""
	edit(name, out)
	for name, p := range out.Properties {
		out.Properties[name] = rewrite(p, name, edit)
	}
	if out.Items != nil {
		out.Items = rewrite(out.Items, name, edit)
	}
	if a := out.AdditionalProperties; a != nil && a.Schema != nil {
		out.AdditionalProperties = &papi.Additional{Schema: rewrite(a.Schema, name, edit)}
	}
	out.AnyOf = slices.Clone(out.AnyOf)
	for i, v := range out.AnyOf {
		out.AnyOf[i] = rewrite(v, name, edit)
	}
	return out
}
