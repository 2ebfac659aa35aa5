package tools

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
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
		given = m.unquoted(s, given, path)
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
				return whole(n)
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
		return whole(v)
	}
	if _, isList := given.([]any); s.Type.Has("array") && !isList && given != nil {
		m.warn(path, "taken as a list of one")
		return []any{given}
	}
	return given
}

// whole writes a whole number without a point and an exponent, which a query
// does not take: 50.0 and 5e1 are 50.
func whole(n json.Number) json.Number {
	if !strings.ContainsAny(n.String(), ".eE") {
		return n
	}
	const exact = 1 << 53 // beyond it a float is not exact
	if f, err := n.Float64(); err == nil && f == math.Trunc(f) && math.Abs(f) < exact {
		return json.Number(strconv.FormatFloat(f, 'f', 0, 64))
	}
	return n
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
	values := fixed(s)
	if slices.Contains(values, given) {
		return given
	}
	if meant := papi.CanonicalValue(given, values); meant != "" {
		m.warn(path, "%q taken as %q", truncate(given), meant)
		return meant
	}
	return given
}

// fixed are the values that a schema allows, nil where it does not list them.
func fixed(s *papi.Schema) []string {
	if s.Const != nil {
		return []string{fmt.Sprint(s.Const)}
	}
	var values []string
	for _, v := range s.Enum {
		values = append(values, fmt.Sprint(v))
	}
	return values
}

// variant chooses of a union the schema that a value most likely means.
func (m *mender) variant(s *papi.Schema, given any, path string) *papi.Schema {
	chosen := s.Variant(given)
	if chosen.IsDeprecated() {
		at := path
		if at == "" {
			at = "the body"
		}
		m.warn(at, "this form is deprecated by the API (%s)", strings.TrimLeft(strings.TrimPrefix(chosen.Description, "deprecated"), ", "))
	}
	return chosen
}

// unquoted takes a text for what it holds, where a union takes that and no
// text: "true" where a boolean or an object may stand.
func (m *mender) unquoted(s *papi.Schema, given any, path string) any {
	text, isText := given.(string)
	if !isText || takes(s, "string") {
		return given
	}
	switch held := m.parse(text).(type) {
	case map[string]any:
		if takes(s, "object") {
			m.warn(path, "the text taken as the object that it holds")
			return held
		}
	case []any:
		if takes(s, "array") {
			m.warn(path, "the text taken as the list that it holds")
			return held
		}
	}
	if b, ok := m.parse(strings.ToLower(text)).(bool); ok && takes(s, "boolean") {
		m.warn(path, "the text taken as %v", b)
		return b
	}
	return given
}

// takes reports whether a variant of a union has the JSON type.
func takes(s *papi.Schema, kind string) bool {
	return slices.ContainsFunc(s.AnyOf, func(v *papi.Schema) bool { return v.Resolve().Type.Has(kind) })
}

// takesNull reports whether null means something, such as "delete".
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
