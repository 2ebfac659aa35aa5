package sandbox

import (
	"maps"
	"slices"
)

// clone copies a JSON value, so that two places never share a part.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return copied(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = clone(item)
		}
		return out
	}
	return v
}

func copied(m map[string]any) map[string]any {
	if m == nil {
		return nil
	}
	out := make(map[string]any, len(m))
	for name, value := range m {
		out[name] = clone(value)
	}
	return out
}

// text is the string at the end of a path of names, or "".
func text(m map[string]any, path ...string) string {
	last := len(path) - 1
	s, _ := object(m, path[:last]...)[path[last]].(string)
	return s
}

// object is the object at the end of a path of names, or nil.
func object(m map[string]any, path ...string) map[string]any {
	for _, name := range path {
		m, _ = m[name].(map[string]any)
	}
	return m
}

// made is the object of a name in m, which is made where there is none.
func made(m map[string]any, name string) map[string]any {
	inner, ok := m[name].(map[string]any)
	if !ok {
		inner = map[string]any{}
		m[name] = inner
	}
	return inner
}

// merge lays the fields of changes over m; null takes a field away.
func merge(m, changes map[string]any) {
	for name, value := range changes {
		if value == nil {
			delete(m, name)
		} else {
			m[name] = clone(value)
		}
	}
}

// with returns a copy of m with the fields of more.
func with(m, more map[string]any) map[string]any {
	out := copied(m)
	if out == nil {
		out = map[string]any{}
	}
	maps.Copy(out, more)
	return out
}

// only returns the fields of m with the names.
func only(m map[string]any, names ...string) map[string]any {
	out := map[string]any{}
	for name, value := range m {
		if slices.Contains(names, name) {
			out[name] = clone(value)
		}
	}
	return out
}

// texts are the strings of a JSON list.
func texts(v any) []string {
	list, _ := v.([]any)
	out := make([]string, 0, len(list))
	for _, item := range list {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
