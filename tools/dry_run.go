package tools

import (
	"context"

	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
)

// dryRun shows what a write would do, and sends nothing but the guard's reads.
func (s *Set) dryRun(ctx context.Context, gc *guard.Call, c *call) Outcome {
	p := s.opts.Guard.Preview(ctx, gc)
	r := &Result{Tool: gc.Row.Tool, ProjectID: gc.ProjectID}
	r.Warnings = append(append(r.Warnings, c.warnings...), gc.Warnings...)
	shown := dryRunData{DryRun: true, Verdict: "allow"}
	switch {
	case p.Refusal != nil:
		shown.Verdict, shown.Refusal = "refuse", refused(p.Refusal)
		shown.Refusal.outcome() // fills in what every error has
		shown.Refusal.Next = nil
		r.Next = s.offered(p.Refusal.Next, c.own.project)
	case p.Confirm:
		shown.Verdict, shown.Summary = "confirm", p.Summary
	}
	request := dispatch.NewRequest(gc.Row, gc.ProjectID, gc.Args)
	path, err := request.URLPath()
	if err != nil {
		return failed(gc.Row, gc.Args, err).outcome()
	}
	shown.Request = requestShown{Method: request.Operation.Method, Path: path, Query: request.Query}
	if request.Body != nil {
		shown.Request.Body = papi.RequestSecrets.Mask(request.Body)
	}
	r.Data = shown
	return Outcome{Structured: r}
}

// dryRunData is the data of a dry run.
type dryRunData struct {
	DryRun bool `json:"dryRun"`
	// Verdict is allow, refuse or confirm.
	Verdict string `json:"verdict"`
	// Refusal is the error that the call would be answered with, without its next
	// steps: the result has them.
	Refusal *Error `json:"refusal,omitempty"`
	// Summary is what a person would be asked.
	Summary string       `json:"summary,omitempty"`
	Request requestShown `json:"request"`
}

// requestShown is a request as it would be sent, secrets masked.
type requestShown struct {
	Method string              `json:"method"`
	Path   string              `json:"path"`
	Query  map[string][]string `json:"query,omitempty"`
	Body   any                 `json:"body,omitempty"`
}
