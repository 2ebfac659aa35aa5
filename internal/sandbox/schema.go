package sandbox

import (
	"fmt"
	"strings"

	"papi-mcp/internal/papi"
)

// prune returns what schema names of a value that keeps to it, with the
// defaults of what the value leaves out, and the name of the schema: of a union,
// that of the variant which names most of the value. The API stores nothing else
// of a body.
func prune(schema *papi.Schema, value any, mode papi.Mode) (any, string) {
	pruned, name, _ := pruneCounted(schema, value, mode)
	return pruned, name
}

// pruneCounted is prune, and counts how many of the given values are named:
// defaults do not count.
func pruneCounted(schema *papi.Schema, value any, mode papi.Mode) (pruned any, name string, named int) {
	name = schema.Name()
	s := schema.Resolve()
	if len(s.AnyOf) > 0 {
		return pruneUnion(s.AnyOf, value, mode)
	}
	named = 1
	below := func(schema *papi.Schema, value any) any {
		inner, _, n := pruneCounted(schema, value, mode)
		named += n
		return inner
	}
	switch v := value.(type) {
	case map[string]any:
		if len(s.AllOf) > 0 {
			return pruneCounted(s.AllOf[0], value, mode)
		}
		out := map[string]any{}
		for field, p := range s.Properties {
			if standard := p.Resolve().Default; standard != nil {
				out[field] = cloneValue(standard)
			}
		}
		for field, inner := range v {
			switch p := s.Properties[field]; {
			case p != nil:
				out[field] = below(p, inner)
			case s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil:
				out[field] = below(s.AdditionalProperties.Schema, inner)
			}
		}
		return out, name, named
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = item
			if s.Items != nil {
				out[i] = below(s.Items, item)
			}
		}
		return out, name, named
	}
	return value, name, named
}

func pruneUnion(variants []*papi.Schema, value any, mode papi.Mode) (best any, name string, most int) {
	for _, variant := range variants {
		if len(variant.Violations(value, mode)) > 0 {
			continue
		}
		if pruned, of, n := pruneCounted(variant, value, mode); n > most {
			best, name, most = pruned, of, n
		}
	}
	if most == 0 {
		return value, "", 1
	}
	return best, name, most
}

// supportedCodes lists the values that a schema, or its items, may have.
func supportedCodes(schema *papi.Schema) string {
	s := schema.Resolve()
	if s.Items != nil {
		s = s.Items.Resolve()
	}
	var codes []string
	for _, v := range s.Enum {
		if v != "UNRECOGNIZED" {
			codes = append(codes, fmt.Sprint(v))
		}
	}
	return strings.Join(codes, ",")
}
