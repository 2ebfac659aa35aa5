package tools

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"papi-mcp/internal/papi"
)

// coercer corrects the harmless slips of models in a call's arguments, each with
// a warning: "50" for 50, a bare value for a list of one, en_us for EN_US, null
// for an optional argument that is not nullable, an object written as a string.
// What it can't correct stays, for the validation to refuse.
type coercer struct {
	warnings []string
	values   int // parsed out of texts, for maxValues
}

func (c *coercer) warn(path, format string, args ...any) {
	c.warnings = append(c.warnings, path+": "+fmt.Sprintf(format, args...))
}

// object coerces the properties of an object.
func (c *coercer) object(s *papi.Schema, given map[string]any, path string) map[string]any {
	out := make(map[string]any, len(given))
	for name, value := range given {
		at := papi.JoinPath(path, name)
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
			c.warn(at, "null removed: the field is not nullable")
			continue
		}
		if p.Deprecated {
			c.warn(at, "deprecated by the API")
		}
		out[name] = c.value(p, value, at)
	}
	return out
}

// value coerces one value.
func (c *coercer) value(s *papi.Schema, given any, path string) any {
	s = s.Resolve()
	if len(s.AnyOf) > 0 {
		if text, ok := given.(string); ok {
			given = c.unquoted(s, text, path)
		}
		s = c.variant(s, given, path)
	}
	given = c.kind(s, given, path)
	switch v := given.(type) {
	case map[string]any:
		return c.object(s, v, path)
	case []any:
		if s.Items == nil {
			return v
		}
		v = c.separated(s.Items, v, path)
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = c.value(s.Items, item, fmt.Sprintf("%s[%d]", path, i))
		}
		return out
	case string:
		return c.enum(s, v, path)
	}
	return given
}

// kind coerces a value of the wrong JSON type.
func (c *coercer) kind(s *papi.Schema, given any, path string) any {
	switch v := given.(type) {
	case string:
		given = c.unquoted(s, v, path)
	case json.Number:
		if s.Type.Has("string") && !s.Type.Has("number") {
			c.warn(path, "the number converted to a string")
			return v.String()
		}
		return integer(v)
	}
	if _, isList := given.([]any); s.Type.Has("array") && !isList && given != nil {
		c.warn(path, "converted to a list with one item")
		return []any{given}
	}
	return given
}

// integer writes an integer without a point and an exponent, which a query
// does not accept: 50.0 and 5e1 are 50.
func integer(n json.Number) json.Number {
	if !strings.ContainsAny(n.String(), ".eE") {
		return n
	}
	const exact = 1 << 53 // beyond it a float is not exact
	if f, err := n.Float64(); err == nil && f == math.Trunc(f) && math.Abs(f) < exact {
		return json.Number(strconv.FormatFloat(f, 'f', 0, 64))
	}
	return n
}

// parse reads a text as JSON; nil where it is not JSON, or exceeds the limits.
func (c *coercer) parse(text string) any {
	r := newReader([]byte(text))
	r.values = c.values
	value, err := r.read()
	if err != nil {
		return nil
	}
	c.values = r.values
	return value
}

// withoutZeros drops leading zeros, which a JSON number does not have.
func withoutZeros(text string) string {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return text
	}
	last := len(text) - 1 // which may be a zero
	return strings.TrimLeft(text[:last], "0") + text[last:]
}

// enum corrects the spelling of a fixed value.
func (c *coercer) enum(s *papi.Schema, given, path string) string {
	values := s.EnumTexts()
	if slices.Contains(values, given) {
		return given
	}
	if meant := papi.CanonicalValue(given, values); meant != "" {
		c.warn(path, "%q converted to %q", papi.Echo(given), meant)
		return meant
	}
	return given
}

// separated returns a list of fixed values with a text that names several as those: with
// blanks or commas between them, as the table of webhooks shows triggers.
func (c *coercer) separated(items *papi.Schema, given []any, path string) []any {
	values := items.Resolve().EnumTexts()
	if len(values) == 0 {
		return given
	}
	var all []any
	for i, item := range given {
		text, _ := item.(string)
		meant := separateValues(text, values)
		if len(meant) < 2 { // enum corrects a single one
			all = append(all, item)
			continue
		}
		c.warn(fmt.Sprintf("%s[%d]", path, i), "%q read as %s", papi.Echo(text), strings.Join(meant, ", "))
		for _, value := range meant {
			all = append(all, value)
		}
	}
	return all
}

// separateValues reads several values of an enum out of a text with blanks or commas
// between them. A part that is none of the values stays as it is, for the error to name;
// it returns nil where all parts are such, and where the text is one value.
func separateValues(text string, values []string) []string {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	if len(parts) > len(values) || papi.CanonicalValue(text, values) != "" {
		return nil
	}
	found := false
	for i, part := range parts {
		if value := papi.CanonicalValue(part, values); value != "" {
			parts[i], found = value, true
		}
	}
	if !found {
		return nil
	}
	return parts
}

// variant chooses the schema of a union that a value most likely means.
func (c *coercer) variant(s *papi.Schema, given any, path string) *papi.Schema {
	chosen := s.Variant(given)
	if chosen.IsDeprecated() {
		at := path
		if at == "" {
			at = "the body"
		}
		c.warn(at, "this form is deprecated by the API (%s)", strings.TrimLeft(strings.TrimPrefix(chosen.Description, "deprecated"), ", "))
	}
	return chosen
}

// unquoted parses a text where the schema accepts what it holds, and no text:
// "true" for a boolean or an object.
func (c *coercer) unquoted(s *papi.Schema, text, path string) any {
	if takes(s, "string") {
		return text
	}
	switch held := c.parse(text).(type) {
	case map[string]any:
		if takes(s, "object") {
			c.warn(path, "the string parsed as the object in it")
			return held
		}
	case []any:
		if takes(s, "array") {
			c.warn(path, "the string parsed as the list in it")
			return held
		}
	}
	switch held := c.parse(strings.ToLower(withoutZeros(text))).(type) {
	case json.Number:
		if takes(s, "number") || takes(s, "integer") {
			c.warn(path, "the string converted to a number")
			return integer(held)
		}
	case bool:
		if takes(s, "boolean") {
			c.warn(path, "the string converted to %v", held)
			return held
		}
	}
	return text
}

// takes reports whether a schema, or a variant of a union, has the JSON type.
func takes(s *papi.Schema, kind string) bool {
	return s.Type.Has(kind) || slices.ContainsFunc(s.AnyOf, func(v *papi.Schema) bool { return takes(v.Resolve(), kind) })
}

// takesNull reports whether null means something, such as "delete".
func takesNull(s *papi.Schema) bool {
	return takes(s, "null") || len(s.Type) == 0 && len(s.AnyOf) == 0 && s.EnumTexts() == nil
}
