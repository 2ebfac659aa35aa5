package tools

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

type schemaGetArgs struct {
	Tool string `json:"tool"`
}

// toolSchema is what schema_get returns about a tool.
type toolSchema struct {
	Tool        string       `json:"tool"`
	About       string       `json:"about"`
	Operation   string       `json:"operation,omitempty"` // METHOD /path
	APIVersion  string       `json:"apiVersion,omitempty"`
	Maturity    string       `json:"maturity,omitempty"`
	Confirm     string       `json:"confirm,omitempty"`
	Notes       []string     `json:"notes"`
	InputSchema *papi.Schema `json:"inputSchema"`
	// Example has the least arguments of a call that the API would take.
	Example map[string]any      `json:"example"`
	Errors  map[string][]string `json:"errors"` // codes by status
}

func (s *Set) schemaGet(_ context.Context, _ Caller, args schemaGetArgs) Outcome {
	if c := s.coreTool(args.Tool); c != nil {
		example, _ := c.schema().Sample(true).(map[string]any)
		return schemaResult(&toolSchema{
			Tool: c.name, About: c.about, Notes: []string{}, InputSchema: c.schema(), Example: example, Errors: map[string][]string{},
		})
	}
	t, ok := s.tools[args.Tool]
	if !ok {
		return s.unknownTool(args.Tool).outcome()
	}
	a, op := t.arguments(), t.row.Op()
	errors := map[string][]string{}
	for status, codes := range op.Errors {
		errors[strconv.Itoa(status)] = codes
	}
	return schemaResult(&toolSchema{
		Tool: t.row.Tool, About: t.row.About,
		Operation:  op.Method + " " + op.Path,
		APIVersion: papi.ContractVersion, Maturity: op.Maturity, Confirm: t.row.Confirm,
		Notes:       notes(t.row),
		InputSchema: inlined(a.checked),
		Example:     example(a),
		Errors:      errors,
	})
}

func schemaResult(schema *toolSchema) Outcome {
	r := newResult("schema_get", "")
	r.Data = schema
	return Outcome{Structured: r}
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
// and nothing left out. What is needed for a launch alone is not required: the
// texts say so.
func inlined(s *papi.Schema) *papi.Schema {
	return rewrite(s, "", func(_ string, s *papi.Schema) { s.Required = s.MustHave(false) })
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
