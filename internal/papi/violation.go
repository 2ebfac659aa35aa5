package papi

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
)

// Violation is one point in which a value does not match its schema.
type Violation struct {
	// Path is that of the value, such as details.components[0].text; "" for the
	// value that is checked.
	Path string `json:"path"`
	// Given is the value, a long one truncated and a secret one masked; nil where
	// there is none.
	Given any `json:"given,omitempty"`
	// Allowed says which values are allowed: a sentence, or the list of them.
	Allowed any `json:"allowed"`
	// Nearest is the allowed name or value that is most likely meant; several,
	// joined by commas, where it may be any of them; "" where none is known.
	Nearest string `json:"nearest,omitempty"`
	// Limit says that the value is too long or too short, or a number too high or too
	// low.
	Limit bool `json:"-"`

	unknown string  // the name, where the schema has no such property
	known   []any   // the names that it has, unless Allowed says more
	missing bool    // a name that is required
	form    *Schema // of what is missing, has the wrong form, or has no such name
}

// Sentence says what is wrong at the path, for a person.
func (v Violation) Sentence() string {
	if v.unknown != "" && v.Nearest != "" && strings.HasPrefix(fmt.Sprint(v.Allowed), "no such name; known") {
		return fmt.Sprintf("no such name (did you mean %s?)", v.Nearest)
	}
	text := ""
	switch given := v.Given.(type) {
	case nil:
	case string: // in quotes, since "true" is not true
		text = fmt.Sprintf("%q is given; ", given)
	default:
		text = fmt.Sprintf("%v is given; ", given)
	}
	allowed := fmt.Sprint(v.Allowed)
	if values, ok := v.Allowed.([]any); ok { // of an enum
		allowed = jsonvalue.Join(values, "", ", ")
	}
	text += "allowed: " + allowed
	if v.Nearest != "" {
		text += fmt.Sprintf(" (did you mean %s?)", v.Nearest)
	}
	return text
}

// MaxViolations is how many violations an error lists: a call may have any number.
const MaxViolations = 50

// unknownName is the violation of a name that the schema does not have. If it holds
// an object with names that the schema does have, they may belong one level up.
func unknownName(name string, value any, at string, known []string) Violation {
	v := Violation{Path: at, Given: echoValue(name, value), Allowed: "no such name; known: " + strings.Join(known, ", "), Nearest: Nearest(name, known), unknown: name, known: anys(known)}
	fields, _ := value.(map[string]any)
	var held []string
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if slices.Contains(known, field) {
			held = append(held, field)
		}
	}
	if v.Nearest == "" && len(held) > 0 {
		v.Allowed = fmt.Sprintf("no such name; give what it holds one level up: %s", strings.Join(held, ", "))
		v.known = nil
	}
	return v
}

// allowed says what a schema allows: the values that it lists, or the JSON types.
func (s *Schema) allowed() any {
	switch s = s.Resolve(); {
	case s.fixed() != nil:
		return s.fixed()
	case s.Format == "timestamp":
		return "number: " + timestampForm
	}
	return strings.Join(s.types(), " or ")
}

// MaxEcho is how many characters of an argument an error repeats.
const MaxEcho = 100

// Echo truncates an argument to MaxEcho, as an error repeats it.
func Echo(text string) string { return Truncate(text, MaxEcho) }

// echoValue returns a given value as a violation may repeat it.
func echoValue(name string, value any) any {
	if value != nil && IsSecretName(name) {
		return Masked
	}
	switch v := value.(type) {
	case string:
		return Echo(v)
	case json.Number:
		if len(v) > MaxEcho {
			return Echo(v.String())
		}
	case map[string]any, []any:
		raw, err := json.Marshal(MaskSecrets(v))
		if err != nil || len(raw) > MaxEcho {
			return fmt.Sprintf("%s of %d bytes", TypeName(v), len(raw))
		}
		return MaskSecrets(v)
	}
	return value
}

// TypeName names the type of a JSON value for a message.
func TypeName(value any) string {
	switch value.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case string:
		return "a string"
	case bool:
		return "true or false"
	case nil:
		return "null"
	}
	return "a number"
}

func anys(texts []string) []any {
	all := make([]any, len(texts))
	for i, text := range texts {
		all[i] = text
	}
	return all
}

func toStrings(values []any) []string {
	var all []string
	for _, v := range values {
		all = append(all, fmt.Sprint(v))
	}
	return all
}

// Count is a number with its noun: "1 country", "2 countries".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %s", n, Plural(noun))
}

// Plural is the plural of a noun.
func Plural(noun string) string {
	if stem, ok := strings.CutSuffix(noun, "y"); ok && !strings.HasSuffix(stem, "a") {
		return stem + "ies"
	}
	return noun + "s"
}
