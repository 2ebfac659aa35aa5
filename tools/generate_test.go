package tools

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/papi/papitest"
)

// validBodies returns n sets of arguments that the contract allows for a row's
// operation, the same ones each time: unions, nulls and drafts among them.
func validBodies(row *catalog.Row, n int) []map[string]any { return bodies(row, n, false) }

// validBodiesWithoutNull are those in which nothing is deleted by null.
func validBodiesWithoutNull(row *catalog.Row, n int) []map[string]any { return bodies(row, n, true) }

func bodies(row *catalog.Row, n int, noNull bool) []map[string]any {
	op := row.Op()
	all := make([]map[string]any, n)
	for i := range all {
		g := papitest.New(uint64(i))
		g.NoNull = noNull
		args := map[string]any{}
		if variants := op.Variants(); len(variants) > 0 {
			current := slices.DeleteFunc(variants, (*papi.Schema).IsDeprecated)
			body := current[g.IntN(len(current))]
			status := body.Properties["status"]
			g.Draft = status != nil && slices.Contains(status.Resolve().EnumTexts(), "DRAFT") && g.IntN(3) == 0
			args = g.Value(body).(map[string]any)
			switch {
			case g.Draft:
				args["status"] = "DRAFT"
			case args["status"] == "DRAFT":
				delete(args, "status")
			}
		}
		for _, p := range op.Parameters {
			if p.Name != argProject && (p.Required || g.IntN(2) == 0) {
				args[p.Name] = g.Parameter(p)
			}
		}
		all[i] = args
	}
	return all
}

// nestedRows are the rows whose body has an object, or a list of objects, below its
// top level.
func nestedRows(t testing.TB) []*catalog.Row {
	t.Helper()
	rows, err := catalog.Select(catalog.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(rows, func(row *catalog.Row) bool {
		for _, body := range row.Op().Variants() {
			for p := range maps.Values(body.Properties) {
				if isNested(p) {
					return false
				}
			}
		}
		return true
	})
}

func isNested(s *papi.Schema) bool {
	s = s.Resolve()
	return len(s.Properties) > 0 || s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil ||
		s.Items != nil && isNested(s.Items) || slices.ContainsFunc(s.AnyOf, isNested)
}

// Whatever the contract allows is accepted, as it is.
func TestGeneratedBodiesAreAccepted(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	rows := nestedRows(t)
	if len(rows) < 10 {
		t.Fatalf("only %d rows have a nested body", len(rows))
	}
	found := map[string]bool{} // what the bodies have between them
	for _, row := range rows {
		a := newArguments(row, true)
		for _, args := range validBodies(row, 200) {
			note(found, row.Tool, args)
			c, e := a.check(args)
			if e != nil {
				t.Errorf("%s refuses %s\n%s", row.Tool, encode(args), encode(e.Info))
				continue
			}
			for name, value := range row.Defaults {
				if args[name] == nil {
					args[name] = value
				}
			}
			if got, want := encode(c.args), encode(args); string(got) != string(want) {
				t.Errorf("%s: %s becomes %s", row.Tool, want, got)
			}
		}
		if first, again := encode(validBodies(row, 20)), encode(validBodies(row, 20)); !bytes.Equal(first, again) {
			t.Errorf("%s: the bodies are not the same each time", row.Tool)
		}
		for _, args := range validBodiesWithoutNull(row, 20) {
			if containsNull(args) {
				t.Errorf("%s: %s has null", row.Tool, encode(args))
			}
		}
	}
	for _, want := range []string{"DRAFT", "null", "whatsapp_template_create CAROUSEL", "whatsapp_template_create OTP", "bundle_create true", "rcs_sender_create US"} {
		if !found[want] {
			t.Errorf("no body has %s", want)
		}
	}
}

func note(found map[string]bool, tool string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, field := range v {
			note(found, tool, field)
		}
	case []any:
		for _, item := range v {
			note(found, tool, item)
		}
	case string:
		found[v], found[tool+" "+v] = true, true
	default:
		raw, _ := json.Marshal(v)
		found[string(raw)], found[tool+" "+string(raw)] = true, true
	}
}

func containsNull(value any) bool {
	found := map[string]bool{}
	note(found, "", value)
	return found["null"]
}
