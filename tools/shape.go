package tools

import (
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

// shape prepares an answer for an agent: secrets are masked unless revealed, and
// only the named fields are kept where some are named; else known bulky parts are
// left out unless detail is full. Unknown fields always stay: nothing of a newer
// API is lost here.
func shape(answer any, own callOptions, bulky []string) (shaped any, warnings []string) {
	if answer == nil {
		return nil, nil
	}
	if !own.reveal {
		answer = papi.AnswerSecrets.Mask(answer)
	}
	if !own.full && len(own.fields) == 0 {
		for _, path := range bulky {
			answer = without(answer, strings.Split(path, "."))
		}
	}
	if len(own.fields) > 0 {
		kept := any(map[string]any{})
		for _, path := range own.fields {
			part, found := only(answer, strings.Split(path, "."))
			if !found {
				warnings = append(warnings, "fields: the answer has no "+papi.Quoted(path, papi.MaxEcho))
				continue
			}
			kept = union(kept, part)
		}
		answer = kept
	}
	return answer, warnings
}

// without returns the value without what is at the path; * matches any name, and a
// list is its items.
func without(value any, path []string) any {
	switch v := value.(type) {
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = without(item, path)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, field := range v {
			if path[0] != "*" && path[0] != name {
				out[name] = field
			} else if len(path) > 1 {
				out[name] = without(field, path[1:])
			}
		}
		return out
	}
	return value
}

// only returns the value with nothing but what is at the path, and false where
// nothing is there.
func only(value any, path []string) (any, bool) {
	if len(path) == 0 {
		return value, true
	}
	switch v := value.(type) {
	case []any:
		out := make([]any, len(v))
		found := len(v) == 0
		for i, item := range v {
			part, ok := only(item, path)
			if found = found || ok; !ok {
				part = map[string]any{}
			}
			out[i] = part
		}
		return out, found
	case map[string]any:
		field, ok := v[path[0]]
		if !ok {
			return nil, false
		}
		part, ok := only(field, path[1:])
		return map[string]any{path[0]: part}, ok
	}
	return nil, false
}

// union joins two parts of one value.
func union(a, b any) any {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			return b
		}
		for name, field := range y {
			if old, both := x[name]; both {
				field = union(old, field)
			}
			x[name] = field
		}
		return x
	case []any:
		y, ok := b.([]any)
		if !ok || len(y) != len(x) {
			return b
		}
		for i := range x {
			x[i] = union(x[i], y[i])
		}
		return x
	}
	return b
}

// bulky are the parts of an answer that detail concise leaves out, as paths
// with * for any name.
func bulky(row *catalog.Row) []string {
	if row.Resource == nil || len(row.Resource.Bulky) == 0 {
		return nil
	}
	paths, list := slices.Clone(row.Resource.Bulky), row.List()
	for i := range paths {
		if list != "" {
			paths[i] = list + "." + paths[i]
		}
	}
	return paths
}
