package guard

import (
	"encoding/json"
	"fmt"

	"papi-mcp/internal/jsonvalue"
)

// merged is a thing as a change leaves it: objects are merged, and null takes
// away.
func merged(thing, change map[string]any) map[string]any {
	out := make(map[string]any, len(thing)+len(change))
	for name, value := range thing {
		out[name] = value
	}
	for name, value := range change {
		inner, isObject := value.(map[string]any)
		switch {
		case value == nil:
			delete(out, name)
		case isObject:
			out[name] = merged(jsonvalue.Object(thing, name), inner)
		default:
			out[name] = value
		}
	}
	return out
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
	return jsonvalue.Text(thing, "changes.status")
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
	n := len(jsonvalue.Objects(answer[list], ""))
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
