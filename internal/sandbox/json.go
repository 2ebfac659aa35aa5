package sandbox

import (
	"maps"
	"slices"
	"strings"
)

// cloneValue returns a deep copy of a JSON value, so that no two places share a
// part of it.
func cloneValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return clone(v, nil)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = cloneValue(item)
		}
		return out
	}
	return v
}

// clone returns a deep copy of an object, never nil, with the fields of
// overrides in place of its own.
func clone(object, overrides map[string]any) map[string]any {
	out := make(map[string]any, len(object)+len(overrides))
	for name, value := range object {
		out[name] = cloneValue(value)
	}
	maps.Copy(out, overrides)
	return out
}

// patch sets the fields of changes in an object; null removes a field.
func patch(object, changes map[string]any) {
	for name, value := range changes {
		if value == nil {
			delete(object, name)
		} else {
			object[name] = cloneValue(value)
		}
	}
}

// mergePatch is patch for nested objects too: a JSON Merge Patch (RFC 7396).
func mergePatch(object, changes map[string]any) {
	for name, value := range changes {
		nested, ok := value.(map[string]any)
		if !ok {
			patch(object, map[string]any{name: value})
			continue
		}
		mergePatch(ensureObject(object, name), nested)
	}
}

// ensureObject returns the object in a field, which it creates where there is
// none.
func ensureObject(object map[string]any, name string) map[string]any {
	inner, ok := object[name].(map[string]any)
	if !ok {
		inner = map[string]any{}
		object[name] = inner
	}
	return inner
}

// only returns the fields of an object that have one of the names.
func only(object map[string]any, names ...string) map[string]any {
	out := map[string]any{}
	for name, value := range object {
		if slices.Contains(names, name) {
			out[name] = cloneValue(value)
		}
	}
	return out
}

// contains reports whether a text has the word in it, in upper or lower case.
func contains(text, word string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(word))
}
