package tools

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/papi"
)

// mender puts right the harmless slips of models in a call's arguments, and
// tells each as a warning: "50" for 50, a bare value for a list of one, en_us
// for EN_US, null for an optional argument that takes none, an object written
// as a string. What it can't put right stays, for the check to refuse.
type mender struct {
	warnings []string
	values   int // that were read out of texts
}

func (m *mender) warn(path, format string, args ...any) {
	m.warnings = append(m.warnings, path+": "+fmt.Sprintf(format, args...))
}

// object mends the properties of an object.
func (m *mender) object(s *papi.Schema, given map[string]any, path string) map[string]any {
	out := make(map[string]any, len(given))
	for name, value := range given {
		at := strings.TrimPrefix(path+"."+name, ".")
		p, known := s.Properties[name]
		switch {
		case known:
			p = p.Resolve()
		case s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil:
			p = s.AdditionalProperties.Schema.Resolve()
		default:
			out[name] = value
			continue
		}
		if value == nil && !takesNull(p) && !slices.Contains(s.Required, name) {
			m.warn(at, "null left out; it takes no null")
			continue
		}
		if p.Deprecated {
			m.warn(at, "deprecated by the API")
		}
		out[name] = m.value(p, value, at)
	}
	return out
}

// value mends one value.
func (m *mender) value(s *papi.Schema, given any, path string) any {
	s = s.Resolve()
	if len(s.AnyOf) > 0 {
		s = m.variant(s, given, path)
	}
	given = m.kind(s, given, path)
	switch v := given.(type) {
	case map[string]any:
		return m.object(s, v, path)
	case []any:
		if s.Items == nil {
			return v
		}
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = m.value(s.Items, item, fmt.Sprintf("%s[%d]", path, i))
		}
		return out
	case string:
		return m.enum(s, v, path)
	}
	return given
}

// kind mends a value of the wrong JSON type.
func (m *mender) kind(s *papi.Schema, given any, path string) any {
	switch v := given.(type) {
	case string:
		switch {
		case s.Type.Has("string"):
			return v
		case s.Type.Has("number"), s.Type.Has("integer"):
			if n, ok := m.parse(withoutZeros(v)).(json.Number); ok {
				m.warn(path, "the text taken as a number")
				return n
			}
		case s.Type.Has("boolean"):
			if b, ok := m.parse(strings.ToLower(v)).(bool); ok {
				m.warn(path, "the text taken as %v", b)
				return b
			}
		case s.Type.Has("object"):
			if o, ok := m.parse(v).(map[string]any); ok {
				m.warn(path, "the text taken as the object that it holds")
				return o
			}
		case s.Type.Has("array"):
			if l, ok := m.parse(v).([]any); ok {
				m.warn(path, "the text taken as the list that it holds")
				return l
			}
		}
	case json.Number:
		if s.Type.Has("string") && !s.Type.Has("number") {
			m.warn(path, "the number taken as a text")
			return v.String()
		}
	}
	if _, isList := given.([]any); s.Type.Has("array") && !isList && given != nil {
		m.warn(path, "taken as a list of one")
		return []any{given}
	}
	return given
}

// parse reads a text as JSON, nil where it is none or passes the limits.
func (m *mender) parse(text string) any {
	r := newReader([]byte(text))
	r.values = m.values
	value, err := r.read()
	if err != nil {
		return nil
	}
	m.values = r.values
	return value
}

// withoutZeros drops the zeros that a code of digits begins with: as a number
// it has none.
func withoutZeros(text string) string {
	if strings.Trim(text, "0123456789") != "" || len(text) < 2 {
		return text
	}
	if rest := strings.TrimLeft(text, "0"); rest != "" {
		return rest
	}
	return "0"
}

// enum mends the spelling of a fixed value.
func (m *mender) enum(s *papi.Schema, given, path string) string {
	for _, value := range fixed(s) {
		if value == given {
			return given
		}
	}
	for _, value := range fixed(s) {
		if text, ok := value.(string); ok && spelling(text) == spelling(given) {
			m.warn(path, "%q taken as %q", given, text)
			return text
		}
	}
	return given
}

// spelling folds case, and blanks and hyphens into underscores.
func spelling(text string) string {
	if len(text) > mostName { // no fixed value is as long
		return text
	}
	return strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToUpper(text))
}

// fixed are the values that a schema allows, nil where it does not list them.
func fixed(s *papi.Schema) []any {
	if s.Const != nil {
		return []any{s.Const}
	}
	return s.Enum
}

// variant chooses of a union the schema that a value most likely means.
func (m *mender) variant(s *papi.Schema, given any, path string) *papi.Schema {
	var best *papi.Schema
	most := 0
	for _, v := range s.AnyOf {
		v = v.Resolve()
		if score := likeness(v, given); best == nil || score > most {
			best, most = v, score
		}
	}
	if best.Outdated() && len(s.AnyOf) > 1 {
		at := path
		if at == "" {
			at = "the body"
		}
		m.warn(at, "this form is deprecated by the API (%s)", strings.TrimPrefix(best.Description, "deprecated "))
	}
	return best
}

// likeness tells how much a value looks like a schema: its fixed values decide,
// then the names that it has and lacks; what is deprecated comes last.
func likeness(s *papi.Schema, given any) int {
	score := 0
	if s.Outdated() {
		score--
	}
	fields, isObject := given.(map[string]any)
	if !isObject {
		if matchesType(s, given) {
			return score + 1000
		}
		return score
	}
	if !s.Type.Has("object") {
		return score - 1000
	}
	for name, value := range fields {
		p, known := s.Properties[name]
		if !known {
			score -= 20
			continue
		}
		score += 10
		if p = p.Resolve(); p.Const != nil || len(p.Enum) == 1 {
			text, _ := value.(string)
			if spelling(text) == spelling(fmt.Sprint(fixed(p)[0])) {
				score += 1000
			} else {
				score -= 1000
			}
		}
	}
	for _, name := range s.Required {
		if _, given := fields[name]; !given {
			score -= 10
		}
	}
	return score
}

func matchesType(s *papi.Schema, given any) bool {
	switch given.(type) {
	case string:
		return s.Type.Has("string")
	case bool:
		return s.Type.Has("boolean")
	case json.Number:
		return s.Type.Has("number")
	case []any:
		return s.Type.Has("array")
	}
	return takesNull(s)
}

// takesNull tells whether null means something, such as "delete".
func takesNull(s *papi.Schema) bool {
	if s.Type.Has("null") {
		return true
	}
	for _, v := range s.AnyOf {
		if takesNull(v.Resolve()) {
			return true
		}
	}
	return len(s.Type) == 0 && len(s.AnyOf) == 0 && s.Const == nil && s.Enum == nil
}
