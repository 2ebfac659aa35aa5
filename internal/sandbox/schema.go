package sandbox

import (
	"fmt"
	"strings"

	"papi-mcp/internal/papi"
)

// prune returns what schema names of a value that keeps to it, and the name of
// the schema: of a union, that of the variant which names most of the value.
// The API stores nothing else of a body.
func prune(schema *papi.Schema, value any, mode papi.Mode) (any, string) {
	name := schema.Name()
	s := schema.Resolve()
	if len(s.AnyOf) > 0 {
		return pruneUnion(s.AnyOf, value, mode)
	}
	switch v := value.(type) {
	case map[string]any:
		if len(s.AllOf) > 0 {
			return prune(s.AllOf[0], value, mode)
		}
		out := map[string]any{}
		for field, inner := range v {
			switch p := s.Properties[field]; {
			case p != nil:
				out[field], _ = prune(p, inner, mode)
			case s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil:
				out[field], _ = prune(s.AdditionalProperties.Schema, inner, mode)
			}
		}
		return out, name
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			if s.Items == nil {
				out[i] = item
				continue
			}
			out[i], _ = prune(s.Items, item, mode)
		}
		return out, name
	}
	return value, name
}

func pruneUnion(variants []*papi.Schema, value any, mode papi.Mode) (best any, name string) {
	most := -1
	for _, variant := range variants {
		if len(variant.Violations(value, mode)) > 0 {
			continue
		}
		pruned, of := prune(variant, value, mode)
		if n := size(pruned); n > most {
			best, name, most = pruned, of, n
		}
	}
	if most < 0 {
		return value, ""
	}
	return best, name
}

// size counts the values in a JSON value.
func size(v any) int {
	n := 1
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range v {
			n += size(inner)
		}
	case []any:
		for _, inner := range v {
			n += size(inner)
		}
	}
	return n
}

// supported lists the values that a schema, or its items, may have.
func supported(schema *papi.Schema) string {
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
