package tools

import (
	"slices"

	"papi-mcp/internal/papi"
)

// advertised returns a schema as clients see it in the list of tools:
// references replaced by what they point to, what a draft may leave out not
// required, the contract's own keywords gone. schema_get tells the rest.
func advertised(s *papi.Schema) *papi.Schema {
	return rewrite(s, func(s *papi.Schema) {
		var required []string
		for _, name := range s.Required {
			if p := s.Properties[name]; p == nil || !p.DraftOptional {
				required = append(required, name)
			}
		}
		s.Required = required
		s.EnumDescriptions = nil
	})
}

// rewrite copies a schema with its references resolved, and edits each copy
// before those below it. Arguments' schemas do not hold themselves.
func rewrite(s *papi.Schema, edit func(*papi.Schema)) *papi.Schema {
	out := s.Resolve().Clone()
	out.Ref = ""
	edit(out)
	for name, p := range out.Properties {
		out.Properties[name] = rewrite(p, edit)
	}
	if out.Items != nil {
		out.Items = rewrite(out.Items, edit)
	}
	if a := out.AdditionalProperties; a != nil && a.Schema != nil {
		out.AdditionalProperties = &papi.Additional{Schema: rewrite(a.Schema, edit)}
	}
	out.AnyOf = slices.Clone(out.AnyOf)
	for i, v := range out.AnyOf {
		out.AnyOf[i] = rewrite(v, edit)
	}
	return out
}
