package tools

import (
	"context"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
)

// ReadAll makes a call of a tool that lists, for the server itself: it passes the guard
// as a caller's does, and returns the API's answer as it is, with the items of all pages.
// Where the project has none yet, the answer is empty. projectID is "" for the default
// one. What is returned is for comparing, and not fit to be read.
func (s *Set) ReadAll(ctx context.Context, caller Caller, projectID, tool string, args map[string]any) (map[string]any, *Error) {
	row := catalog.Lookup(tool)
	var items []any
	for {
		gc := &guard.Call{Row: row, Principal: caller.Principal, Client: caller.Client, CommandLine: caller.CommandLine, ProjectID: projectID, Args: args, All: true}
		if v := s.opts.Guard.Check(ctx, gc); v.Refuse != nil {
			return nil, refused(v.Refuse)
		}
		sent, err := dispatch.SendAll(ctx, s.opts.API, row, gc.ProjectID, args, func([]any) bool { return false })
		if noneYet(row, err) != nil {
			return map[string]any{}, nil
		}
		if err != nil {
			return nil, failed(row, args, err)
		}
		items = append(items, jsonvalue.List(sent.Answer, row.List())...)
		next := jsonvalue.Text(sent.Answer, "nextPageToken")
		if next == "" { // SendAll stops after a number of items
			return map[string]any{row.List(): items}, nil
		}
		args = jsonvalue.With(args, "pageToken", next)
	}
}
