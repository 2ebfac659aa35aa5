package catalog

import (
	"encoding/json"
	"fmt"
	"net/url"

	"papi-mcp/internal/papi"
)

// Request makes the API's request of a call: each argument goes where the
// contract has a parameter or a field of its name, and what it has not is left
// out. projectID fills the path's project.
func (r *Row) Request(projectID string, args map[string]any) *papi.Request {
	op := r.Op()
	req := &papi.Request{
		Operation: op,
		Path:      map[string]string{"projectId": projectID},
		Query:     url.Values{},
		Repeat:    r.repeat(),
		Read:      !r.Writes(),
	}
	for _, p := range op.Parameters {
		value, given := args[p.Name]
		switch {
		case !given || p.Name == "projectId":
		case p.In == "path":
			req.Path[p.Name] = Text(value)
		default:
			for _, v := range list(value) {
				req.Query.Add(p.Name, Text(v))
			}
		}
	}
	if variants := op.Variants(); len(variants) > 0 {
		req.Body = map[string]any{}
		for _, variant := range variants {
			for name := range variant.Properties {
				if value, given := args[name]; given {
					req.Body[name] = value
				}
			}
		}
	}
	return req
}

// repeat tells how far a request of this row may be sent again: reads and
// updates give the same end twice; a second create, code or launch does not.
func (r *Row) repeat() papi.Repeat {
	switch {
	case r.Effect == Read, r.Effect == Update, r.Effect == Action && r.Idempotent:
		return papi.RepeatAlways
	case r.Effect == Delete:
		return papi.RepeatDelete
	}
	return papi.RepeatNever
}

// Text writes a scalar argument as paths and queries have it.
func Text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return fmt.Sprint(value)
}

func list(value any) []any {
	if l, ok := value.([]any); ok {
		return l
	}
	return []any{value}
}
