package tools

import (
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

// concise is what a result shows of one thing: without its bulky parts and those
// that say nothing (null, an empty text or list), with summaries of others, with
// times to the second, and without the project of the call. Unknown fields stay, in
// those parts too.
func concise(row *catalog.Row, project string, answer any) any {
	unknown := unknownIn(answer, answerPart(row))
	short := answer
	if row.Resource != nil {
		for _, path := range row.Resource.Bulky {
			short = jsonvalue.Without(short, path)
		}
		for path, show := range row.Resource.Summaries {
			short = summarised(short, strings.Split(path, "."), unknown, show)
		}
	}
	short = withoutEmpty(wholeSeconds("", short), project)
	if short == nil {
		short = map[string]any{}
	}
	if unknown != nil {
		short = jsonvalue.Union(short, unknown)
	}
	return short
}

// summarised is a value with a summary of what is at a path, unless something there
// is unknown: that would be lost.
func summarised(value any, path []string, unknown any, show func(any) any) any {
	object, isObject := value.(map[string]any)
	inner, has := object[path[0]]
	unknownInner := jsonvalue.Field(unknown, path[0])
	switch {
	case !isObject || !has || len(path) == 1 && unknownInner != nil:
		return value
	case len(path) == 1:
		return jsonvalue.With(object, path[0], show(inner))
	}
	return jsonvalue.With(object, path[0], summarised(inner, path[1:], unknownInner, show))
}

// withoutEmpty returns a value without the fields that say nothing, and without the
// id of the project: nil where nothing is left. The items of a list stay.
func withoutEmpty(value any, project string) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, field := range v {
			if field = withoutEmpty(field, project); field == nil || name == argProject && field == project {
				continue
			}
			out[name] = field
		}
		if len(out) > 0 {
			return out
		}
		return nil
	case []any:
		if len(v) == 0 {
			return nil
		}
		out := make([]any, len(v))
		for i, item := range v {
			if out[i] = withoutEmpty(item, project); out[i] == nil {
				out[i] = item
			}
		}
		return out
	case string:
		if v == "" {
			return nil
		}
	}
	return value
}
