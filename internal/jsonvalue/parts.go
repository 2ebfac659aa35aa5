package jsonvalue

import "strings"

// The paths of the functions in this file have at least one name: "" is the field whose
// name is empty.

// Without returns a copy of a value without what is at a path, in which * matches any
// name, and a list is each of its items.
func Without(value any, path string) any {
	switch v := value.(type) {
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = Without(item, path)
		}
		return out
	case map[string]any:
		first, rest, deeper := strings.Cut(path, ".")
		out := make(map[string]any, len(v))
		for name, field := range v {
			if first != "*" && first != name {
				out[name] = field
			} else if deeper {
				out[name] = Without(field, rest)
			}
		}
		return out
	}
	return value
}

// Only returns a copy of a value with nothing but what is at a path, in which a list is
// each of its items, and false where nothing is there.
func Only(value any, path string) (any, bool) {
	switch v := value.(type) {
	case []any:
		out, found := make([]any, len(v)), len(v) == 0
		for i, item := range v {
			part, ok := Only(item, path)
			if found = found || ok; !ok {
				part = map[string]any{}
			}
			out[i] = part
		}
		return out, found
	case map[string]any:
		name, rest, deeper := strings.Cut(path, ".")
		part, ok := v[name]
		if !ok {
			return nil, false
		}
		if deeper {
			part, ok = Only(part, rest)
		}
		return map[string]any{name: part}, ok
	}
	return nil, false
}

// Union joins two parts of one value, as Only returns them, and may change the first.
func Union(a, b any) any {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			return b
		}
		for name, field := range y {
			if old, both := x[name]; both {
				field = Union(old, field)
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
			x[i] = Union(x[i], y[i])
		}
		return x
	}
	return b
}

// FieldOfEach returns what Field does, but of a list in the value, the list of what each
// of its items has; nil where none has anything.
func FieldOfEach(value any, path string) any {
	switch v := value.(type) {
	case map[string]any:
		name, rest, deeper := strings.Cut(path, ".")
		if !deeper {
			return v[name]
		}
		return FieldOfEach(v[name], rest)
	case []any:
		values, found := make([]any, len(v)), false
		for i, item := range v {
			values[i] = FieldOfEach(item, path)
			found = found || values[i] != nil
		}
		if found {
			return values
		}
	}
	return nil
}
