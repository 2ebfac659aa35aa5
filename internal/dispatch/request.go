package dispatch

import (
	"fmt"
	"net/url"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

// NewRequest makes the API request of a call: each argument goes where the
// contract has a parameter or a field of its name, and other arguments are left
// out. projectID fills the path's project.
func NewRequest(row *catalog.Row, projectID string, args map[string]any) *papi.Request {
	op := row.Op()
	req := &papi.Request{
		Operation: op,
		Path:      map[string]string{"projectId": projectID},
		Query:     url.Values{},
		Retry:     row.Retry(),
		Read:      !row.Writes(),
	}
	for _, p := range op.Parameters {
		value, given := args[p.Name]
		switch {
		case !given || p.Name == "projectId":
		case p.In == "path":
			req.Path[p.Name] = fmt.Sprint(value)
		default:
			list, ok := value.([]any)
			if !ok {
				list = []any{value}
			}
			for _, v := range list {
				req.Query.Add(p.Name, fmt.Sprint(v))
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
