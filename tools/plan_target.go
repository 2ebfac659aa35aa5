package tools

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/plan"
)

// planTarget is a project as a caller can read and change it with the tools of a set.
type planTarget struct {
	set     *Set
	caller  Caller
	project string
	// reveal returns the arguments of a call with the values of secrets.
	reveal func(tool string, args map[string]any) (map[string]any, error)
	// shared are the reads that the calls of a run share.
	shared *plan.Shared
}

// Target returns a project for package plan, as the caller can read and change it with the
// tools of the set: by the guard, and with lines in the audit log. The references to
// secrets are those of refs.
func (s *Set) Target(caller Caller, projectID string, refs plan.Options) plan.Target {
	return s.newTarget(caller, projectID, refs)
}

func (s *Set) newTarget(caller Caller, projectID string, refs plan.Options) *planTarget {
	caller.Elicitor = nil // a plan is approved as one
	t := &planTarget{set: s, caller: caller, project: projectID, reveal: refs.Reveal}
	t.shared = plan.NewShared(t)
	return t
}

// row is that of a tool that plans may call.
func (t *planTarget) row(name string) (*tool, error) {
	if found := t.set.planRows[name]; found != nil {
		return found, nil
	}
	return nil, notAllowed(name)
}

// shown is the row of a tool whose call is not made, but shown.
func (t *planTarget) shown(name string) (*tool, error) {
	if row := catalog.Lookup(name); row != nil && t.set.planToolsets[row.Toolset] {
		return &tool{row: row, arguments: argumentsOf(row, t.set.DefaultProject() != "")}, nil
	}
	return nil, notAllowed(name)
}

func notAllowed(name string) error {
	return &papi.Error{
		Code: errorcode.UnknownTool, Message: "the plan needs " + name + ", which this caller may not use",
		Resolution: "split the plan with only, or ask the server's operator for its toolset",
	}
}

// Read implements plan.Project.
func (t *planTarget) Read(ctx context.Context, name string, arguments map[string]any) (map[string]any, error) {
	tool, err := t.row(name)
	if err != nil {
		return nil, err
	}
	row, args := tool.row, maps.Clone(arguments)
	if args == nil {
		args = map[string]any{}
	}
	if size := row.Op().Parameter("pageSize"); size != nil && args["pageSize"] == nil {
		args["pageSize"] = int(*size.Schema.Resolve().Maximum) // the fewest requests
	}
	gc := &guard.Call{Row: row, Principal: t.caller.Principal, Client: t.caller.Client, CommandLine: t.caller.CommandLine, ProjectID: t.project, Args: args}
	if v := t.set.opts.Guard.Check(ctx, gc); v.Refuse != nil {
		return nil, refusalError(v.Refuse)
	}
	var all []any
	for {
		answer, err := t.pages(ctx, row, gc.ProjectID, args)
		if noneYet(row, err) != nil {
			return map[string]any{}, nil
		}
		if err != nil {
			return nil, err
		}
		next := jsonvalue.Text(answer, "nextPageToken")
		if next == "" && all == nil {
			return answer, nil
		}
		all = append(all, jsonvalue.List(answer, row.List())...)
		if next == "" {
			return jsonvalue.With(answer, row.List(), all), nil
		}
		args = jsonvalue.With(args, "pageToken", next)
	}
}

// pages reads one thing, or the pages of a list, up to papi.MaxItems.
func (t *planTarget) pages(ctx context.Context, row *catalog.Row, projectID string, args map[string]any) (map[string]any, error) {
	send := dispatch.Send
	if row.Op().Parameter("pageToken") != nil {
		send = func(ctx context.Context, api dispatch.API, row *catalog.Row, projectID string, args map[string]any) (dispatch.Result, error) {
			return dispatch.SendAll(ctx, api, row, projectID, args, func([]any) bool { return false })
		}
	}
	sent, err := send(ctx, t.set.opts.API, row, projectID, args)
	return jsonvalue.Object(sent.Answer, ""), err
}

// Preview implements plan.Project.
func (t *planTarget) Preview(ctx context.Context, name string, arguments map[string]any) (plan.Preview, error) {
	tool, err := t.shown(name)
	if err != nil {
		return plan.Preview{}, err
	}
	c, e := t.checked(tool, arguments)
	if e != nil {
		return plan.Preview{Refused: e.Code, Reason: wrongArguments(e)}, nil
	}
	gc := guardCall(t.caller, tool.row, c)
	gc.Planned = &guard.PlannedCall{}
	p := t.set.opts.Guard.Preview(ctx, gc)
	seen := plan.Preview{Question: p.Summary, Facts: p.Facts, Warnings: gc.Warnings}
	if p.Refusal != nil {
		seen.Refused, seen.Reason = p.Refusal.Code, reasonOf(p.Refusal)
	}
	return seen, nil
}

// checked coerces and validates the arguments of a call of a plan.
func (t *planTarget) checked(tool *tool, arguments map[string]any) (*call, *Error) {
	given := maps.Clone(arguments)
	given[argProject] = t.project
	return tool.arguments().check(given)
}

// Write implements plan.Target.
func (t *planTarget) Write(ctx context.Context, approval plan.Approval, planned plan.Call) (plan.Written, error) {
	tool, err := t.row(planned.Tool)
	if err != nil {
		return plan.Written{}, err
	}
	arguments, err := t.reveal(planned.Tool, planned.Arguments)
	if err != nil {
		return plan.Written{}, &papi.Error{Code: errorcode.PlanInvalid, Message: err.Error()}
	}
	c, e := t.checked(tool, arguments)
	if e != nil {
		return plan.Written{}, asAPIError(e)
	}
	c.own.planned = &guard.PlannedCall{Grant: approval.Grant, Hash: approval.Hash}
	if planned.Facts == "" {
		ctx = guard.Reading(ctx, t.shared)
	}
	switch out := t.set.send(ctx, t.caller, tool.row, c).Structured.(type) {
	case *Result:
		t.shared.Made(planned)
		return plan.Written{IDs: out.IDs, State: out.State, Warnings: out.Warnings}, nil
	case *Error:
		t.shared.Forget()
		return plan.Written{}, asAPIError(out)
	}
	return plan.Written{}, &papi.Error{Code: errorcode.InternalError, Message: planned.Tool + " asked a person, though its plan was approved"}
}

// Now implements plan.Project.
func (t *planTarget) Now() time.Time { return t.set.opts.Guard.APITime() }

// marked are the calls of a plan that a person must confirm. It is an error where the
// caller may not make any one call of the plan: no person is asked in vain.
func (t *planTarget) marked(p *plan.Plan) ([]guard.MarkedCall, error) {
	var marked []guard.MarkedCall
	for _, step := range p.Steps {
		for _, call := range step.Calls {
			tool, err := t.row(call.Tool)
			if err != nil {
				return nil, err
			}
			if call.Confirm == "" {
				continue
			}
			c, e := t.checked(tool, call.Arguments)
			if e != nil {
				return nil, asAPIError(e)
			}
			marked = append(marked, guard.MarkedCall{Row: tool.row, Args: c.args, Facts: call.Facts})
		}
	}
	return marked, nil
}

// asAPIError is the error of a tool in the form in which package plan gets those of the API.
func asAPIError(e *Error) *papi.Error {
	out := &papi.Error{Status: e.Status, Code: e.Code, Message: e.Message, Resolution: e.Resolution, Info: e.Info}
	if e.Code == errorcode.InvalidArguments {
		out.Message = wrongArguments(e)
	}
	if out.Resolution == "" && e.Status == 0 {
		out.Resolution = errorcode.Do(e.Code)
	}
	if seconds, ok := e.Info["retryAfterSeconds"].(int); ok {
		out.RetryAfter = time.Duration(seconds) * time.Second
	}
	out.Unknown = e.Info["outcome"] == "unknown"
	return out
}

// wrongArguments says what is wrong with arguments, in a line.
func wrongArguments(e *Error) string {
	violations, _ := e.Info["violations"].([]papi.Violation)
	texts := make([]string, len(violations))
	for i, v := range violations {
		texts[i] = v.Sentence()
	}
	if len(texts) == 0 {
		return e.Message
	}
	return strings.Join(texts, "; ")
}

// reasonOf is why the guard refuses a call, and what to do.
func reasonOf(r *guard.Refusal) string {
	resolution := r.Resolution
	if resolution == "" {
		resolution = errorcode.Do(r.Code)
	}
	if resolution == "" {
		return r.Message
	}
	return r.Message + ": " + resolution
}

func refusalError(r *guard.Refusal) error {
	return &papi.Error{Status: r.Status, Code: r.Code, Message: r.Message, Resolution: r.Resolution, Info: r.Info}
}

// planError is an error of package plan as that of a tool.
func planError(err error) *Error {
	if e, ok := errors.AsType[*papi.Error](err); ok {
		return &Error{Code: e.Code, Status: e.Status, Message: e.Message, Resolution: e.Resolution, Info: e.Info}
	}
	return &Error{Code: errorcode.InternalError, Message: err.Error()}
}
