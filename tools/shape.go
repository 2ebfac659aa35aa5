package tools

import (
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// shape is what a result shows of an answer, whose secrets are masked unless revealed:
// the named fields where some are named, all of it where detail is full; else the table
// of a list, what a write keeps, or a concise form of one thing. Unknown fields always
// stay: nothing of a newer API is lost here.
func shape(row *catalog.Row, own callOptions, r *Result, answer any) (data any, warnings []string) {
	if answer == nil {
		return nil, nil
	}
	if !own.reveal {
		answer = papi.AnswerSecrets.Mask(answer)
	}
	switch {
	case len(row.Columns) > 0 && (!own.full || len(own.fields) > 0):
		table, warnings := listTable(row, jsonvalue.List(answer, row.List()), own.fields)
		table.Other, _ = unknownIn(without(answer, []string{row.List()}), answerSchemas(row)).(map[string]any)
		return &table, warnings
	case len(own.fields) > 0:
		return picked(row, answer, own.fields)
	case own.full:
		return answer, nil
	case row.Writes():
		data = kept(answer, row.Keep)
		if unknown := unknownIn(answer, answerSchemas(row)); unknown != nil {
			data = union(data, unknown)
		}
		data = withoutEmpty(data, r.ProjectID)
	default:
		data = concise(row, r.ProjectID, answer)
	}
	return unrepeated(row, r, data), nil
}

// picked is what is at the paths, of which one that neither the answer nor the contract
// has is warned of.
func picked(row *catalog.Row, answer any, fields []string) (any, []string) {
	var warnings []string
	for _, path := range fields {
		steps := strings.Split(path, ".")
		if _, found := only(answer, steps); !found && !inContract(answerSchemas(row), steps) {
			warnings = append(warnings, unknownField("the answer has no ", path, answerSchemas(row), len(warnings)))
		}
	}
	return kept(answer, fields), warnings
}

// kept is an answer with nothing but what is at the paths.
func kept(answer any, paths []string) any {
	all := any(map[string]any{})
	for _, path := range paths {
		if part, found := only(answer, strings.Split(path, ".")); found {
			all = union(all, part)
		}
	}
	return all
}

// unrepeated is the data of one thing without what the result says of it: its ids, its
// state and what is pending. It is nil where nothing else is left.
func unrepeated(row *catalog.Row, r *Result, data any) any {
	says := func(path, value string) {
		if path != "" && value != "" && jsonvalue.Text(data, path) == value {
			data = without(data, strings.Split(path, "."))
		}
	}
	if resource := row.Resource; resource != nil && row.List() == "" {
		for arg, field := range resource.IDs {
			says(field, r.IDs[arg])
		}
		says(resource.State, r.State)
		says(resource.Pending, r.Pending)
		for _, path := range []string{resource.State, resource.Pending} {
			if parent, _, nested := strings.Cut(path, "."); nested && len(jsonvalue.Object(data, parent)) == 0 {
				data = without(data, []string{parent})
			}
		}
	}
	if object, isObject := data.(map[string]any); isObject && len(object) == 0 {
		return nil
	}
	return data
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
