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
		table.Other = unknownFields(jsonvalue.Object(answer, ""), answerPart(row), row.List())
		return &table, warnings
	case len(own.fields) > 0:
		return namedFields(row, answer, own.fields)
	case own.full:
		return answer, nil
	case row.Writes():
		data = onlyPaths(answer, row.Keep)
		if unknown := unknownIn(answer, answerPart(row)); unknown != nil {
			data = jsonvalue.Union(data, unknown)
		}
		data = withoutEmpty(data, r.ProjectID)
	default:
		data = concise(row, r.ProjectID, answer)
	}
	return withoutLifted(row, r, data), nil
}

// namedFields is what is at the paths, of which one that neither the answer nor the contract
// has is warned of.
func namedFields(row *catalog.Row, answer any, fields []string) (any, []string) {
	var warnings []string
	for _, path := range fields {
		if _, found := jsonvalue.Only(answer, path); !found && !answerPart(row).has(path) {
			warnings = append(warnings, unknownField("the answer has no ", path, answerPart(row), len(warnings)))
		}
	}
	return onlyPaths(answer, fields), warnings
}

// onlyPaths is an answer with nothing but what is at the paths.
func onlyPaths(answer any, paths []string) any {
	all := any(map[string]any{})
	for _, path := range paths {
		if part, found := jsonvalue.Only(answer, path); found {
			all = jsonvalue.Union(all, part)
		}
	}
	return all
}

// withoutLifted is the data of one thing without what the result says of it: its ids, its
// state and what is pending. It is nil where nothing else is left.
func withoutLifted(row *catalog.Row, r *Result, data any) any {
	drop := func(path, value string) {
		if path != "" && value != "" && jsonvalue.Text(data, path) == value {
			data = jsonvalue.Without(data, path)
		}
	}
	if resource := row.Resource; resource != nil && row.List() == "" {
		for arg, field := range resource.IDs {
			drop(field, r.IDs[arg])
		}
		drop(resource.State, r.State)
		drop(resource.Pending, r.Pending)
		for _, path := range []string{resource.State, resource.Pending} {
			if parent, _, nested := strings.Cut(path, "."); nested && len(jsonvalue.Object(data, parent)) == 0 {
				data = jsonvalue.Without(data, parent)
			}
		}
	}
	if object, isObject := data.(map[string]any); isObject && len(object) == 0 {
		return nil
	}
	return data
}
