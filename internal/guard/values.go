package guard

import (
	"encoding/json"
	"fmt"

	"papi-mcp/internal/catalog"
)

// object returns the object at the end of the names, nil where there is none.
func object(fields map[string]any, names ...string) map[string]any {
	for _, name := range names {
		fields, _ = fields[name].(map[string]any)
	}
	return fields
}

// text returns a field that is text, "" where it is none.
func text(fields map[string]any, name string) string {
	s, _ := fields[name].(string)
	return s
}

// texts returns the texts of a list.
func texts(value any) []string {
	list, _ := value.([]any)
	var all []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// objects returns the objects of a list.
func objects(value any) []map[string]any {
	list, _ := value.([]any)
	var all []map[string]any
	for _, v := range list {
		if o, ok := v.(map[string]any); ok {
			all = append(all, o)
		}
	}
	return all
}

// answered tells whether a value says anything: false and 0 do, an empty text
// or list does not.
func answered(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	}
	return true
}

// or is the text, and the other where it is empty.
func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// pending is the status of a thing's pending changes, "" where none pend.
func pending(thing map[string]any) string {
	s, _ := catalog.Field(thing, "changes.status").(string)
	return s
}

// count is a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// total is how many things a list tells of, beyond the page that it shows.
func total(answer map[string]any, list string) int {
	n := len(objects(answer[list]))
	if size, ok := number(answer["totalSize"]); ok && int(size) > n {
		return int(size)
	}
	return n
}

// number reads a number; ok is false where the value is none.
func number(value any) (n float64, ok bool) {
	switch v := value.(type) {
	case float64:
		return v, true
	case json.Number:
		n, err := v.Float64()
		return n, err == nil
	}
	return 0, false
}
