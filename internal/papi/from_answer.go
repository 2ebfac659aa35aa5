package papi

import (
	"slices"

	"papi-mcp/internal/jsonvalue"
)

// Request returns a copy of a part of an answer with only what the schema of a request
// knows, and false where nothing is left: null, a default, which the API fills in, a text
// that is empty and may not be, and a value that only answers have. An object of a type
// that no request has stays as it is, so that what checks the request names it. names, if
// not nil, returns an object with the names and values that requests have where answers
// have others.
func (s *Schema) Request(answer any, names func(map[string]any) map[string]any) (any, bool) {
	s = s.Resolve()
	switch v := answer.(type) {
	case nil:
		return nil, false
	case bool:
		return v, v != s.Default
	case map[string]any:
		if s.Properties == nil && s.AdditionalProperties == nil && s.AnyOf == nil {
			return v, true
		}
		return s.requestObject(v, names), true
	case []any:
		if s.Items == nil {
			return v, true
		}
		out := make([]any, 0, len(v))
		for _, item := range v {
			if one, ok := s.Items.Request(item, names); ok {
				out = append(out, one)
			}
		}
		return out, true
	case string:
		known := s.EnumTexts()
		return v, (known == nil || slices.Contains(known, v)) && (v != "" || s.MinLength == nil)
	}
	return answer, true
}

func (s *Schema) requestObject(object map[string]any, names func(map[string]any) map[string]any) map[string]any {
	if names != nil {
		object = names(object)
	}
	if len(s.AnyOf) > 0 {
		s = s.Variant(object)
		if kind := s.Properties["type"]; kind != nil && !slices.Contains(kind.Resolve().EnumTexts(), jsonvalue.Text(object, "type")) {
			return object
		}
	}
	out := map[string]any{}
	for name, value := range object {
		field := s.Properties[name]
		if field == nil {
			if s.AdditionalProperties == nil || s.AdditionalProperties.Schema == nil {
				continue
			}
			field = s.AdditionalProperties.Schema
		}
		if part, ok := field.Request(value, names); ok {
			out[name] = part
		}
	}
	return out
}
