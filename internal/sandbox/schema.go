package sandbox

import (
	"fmt"
	"strings"

	"papi-mcp/internal/papi"
)

// prune returns the part of a valid value that the schema describes, with the
// defaults of the missing fields, and the name of the schema: of a union, that of
// the variant that describes the largest part. The API stores only this of a body.
func prune(schema *papi.Schema, value any, opts papi.CheckOptions) (any, string) {
	pruned, name, _ := pruneCounted(schema, value, opts)
	return pruned, name
}

// pruneCounted is prune, and counts the values that are described, defaults not
// included.
func pruneCounted(schema *papi.Schema, value any, opts papi.CheckOptions) (pruned any, name string, count int) {
	name = schema.Name()
	s := schema.Resolve()
	if len(s.AnyOf) > 0 {
		return pruneUnion(s.AnyOf, value, opts)
	}
	count = 1
	below := func(schema *papi.Schema, value any) any {
		inner, _, n := pruneCounted(schema, value, opts)
		count += n
		return inner
	}
	switch v := value.(type) {
	case map[string]any:
		if len(s.AllOf) > 0 {
			return pruneCounted(s.AllOf[0], value, opts)
		}
		out := map[string]any{}
		for field, p := range s.Properties {
			if value := p.Resolve().Default; value != nil {
				out[field] = cloneValue(value)
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
		return out, name, count
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = item
			if s.Items != nil {
				out[i] = below(s.Items, item)
			}
		}
		return out, name, count
	}
	return value, name, count
}

func pruneUnion(variants []*papi.Schema, value any, opts papi.CheckOptions) (best any, name string, count int) {
	for _, variant := range variants {
		if len(variant.Violations(value, opts)) > 0 {
			continue
		}
		if pruned, of, n := pruneCounted(variant, value, opts); n > count {
			best, name, count = pruned, of, n
		}
	}
	if count == 0 {
		return value, "", 1
	}
	return best, name, count
}

// supportedCodes lists the values of the enum of a schema, or of its items.
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
