package tools

import (
	"slices"
	"strings"

	"papi-mcp/internal/papi"
)

// advertised returns a schema as clients see it in the list of tools: JSON
// Schema and its formats alone, since some clients refuse what they do not know.
// References are replaced by what they point to, and what a draft may leave out
// is not required. schema_get returns the rest.
func advertised(s *papi.Schema) *papi.Schema {
	return rewrite(s, "", func(name string, s *papi.Schema) {
		s.Required = s.MustHave(true)
		s.Enum = s.Values()
		if s.AnyOf = papi.Folded(s.AnyOf); len(s.AnyOf) == 1 {
			description := s.Description
			*s = *s.AnyOf[0].Clone()
			s.Description = description
		}
		s.EnumDescriptions, s.DraftOptional = nil, false
		s.Format, s.Description = standardFormat(name, s.Format, s.Description)
	})
}

// standardFormat returns the format of JSON Schema for one of the contract's, ""
// where there is none, and the description with the hint that gets lost.
func standardFormat(name, format, description string) (string, string) {
	switch {
	case format == "email":
		return format, description
	case format == "url" && !papi.MayContainVariables(name, description): // which "uri" does not allow
		return "uri", description
	}
	return "", withHint(description, formatHints[format])
}

var formatHints = map[string]string{
	"url":                  "URL",
	"hex":                  "#RRGGBB",
	"timestamp":            "milliseconds since 1970-01-01 UTC",
	"e.164 phone number":   "E.164, such as +15550100001",
	"numeric phone number": "digits only",
	"country code":         "digits only",
	"digits":               "digits only",
	"phone number":         "phone number",
}

// withHint ends a description with a hint that it does not hold already.
func withHint(description, hint string) string {
	switch {
	case description == "":
		return hint
	case strings.Contains(strings.ToLower(description), strings.ToLower(hint)):
		return description
	}
	return description + "; " + hint
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
