package tools

import (
	"context"
	"time"

	"papi-mcp/internal/audit"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// auditReady refuses a write that could not be recorded afterwards, before a
// person is asked about it.
func (s *Set) auditReady(ctx context.Context, row *catalog.Row) *Error {
	if s.opts.Audit == nil || !row.Writes() {
		return nil
	}
	if err := s.opts.Audit.Ready(ctx); err != nil {
		return unaudited(err)
	}
	return nil
}

func unaudited(err error) *Error {
	return &Error{
		Code:    errorcode.AuditUnavailable,
		Message: "no line can be written to the audit log, so nothing was sent: " + err.Error(),
	}
}

// intend leaves the audit's line about a write that is going to be sent. It
// returns what becomes the line about its outcome, nil where there is none to
// leave, and an error where the line can't be written: then nothing is sent.
func (s *Set) intend(ctx context.Context, c *guard.Call, own callOptions) (*audit.Entry, *Error) {
	if s.opts.Audit == nil || !c.Row.Writes() {
		return nil, nil
	}
	e := s.callEntry(c, own, guard.Verdict{})
	e.Confirmed = string(c.Confirmed)
	e.Phase, e.Call = audit.Intent, audit.NewCall()
	if err := s.write(ctx, e); err != nil {
		return nil, unaudited(err)
	}
	e.Phase = audit.Outcome
	return &e, nil
}

// conclude leaves the line about how a write ended: end is its result or its
// error, and status that of the API's answer to one that went well.
func (s *Set) conclude(ctx context.Context, warnings *[]string, e *audit.Entry, status int, end any) {
	if e == nil {
		return
	}
	e.Time = s.opts.Now()
	switch end := end.(type) {
	case *Result:
		e.Status, e.IDs = status, end.IDs
	case *Error:
		e.Status, e.ErrorCode = end.Status, papi.Echo(end.Code) // the API's own may be any text
		e.IDs = pathIDs(catalog.Lookup(e.Tool), e.Arguments)
	}
	s.record(ctx, warnings, *e, "about how this call ended")
}

func (s *Set) callEntry(c *guard.Call, own callOptions, v guard.Verdict) audit.Entry {
	e := s.entry(Caller{Principal: c.Principal, Client: c.Client}, c.ProjectID, c.Row.Tool, v)
	e.Arguments = own.with(c.Args)
	if c.Planned != nil {
		e.Plan = c.Planned.Hash
	}
	return e
}

func (s *Set) entry(caller Caller, project, tool string, v guard.Verdict) audit.Entry {
	e := audit.Entry{Time: s.opts.Now(), Principal: caller.Principal, Client: caller.Client, Project: project, Tool: tool, Verdict: "allow"}
	switch {
	case v.Ask != nil:
		e.Verdict = "confirm"
	case v.Refuse != nil && v.Refuse.Confirmation != nil:
		e.Verdict, e.Rule = "confirm", v.Refuse.Code
	case v.Refuse != nil:
		e.Verdict, e.Rule = "refuse", v.Refuse.Code
	}
	return e
}

// lineTimeout bounds the writing of a line after which nothing is sent.
const lineTimeout = 10 * time.Second

// record writes a line that nothing depends on any more; it warns where it can't.
func (s *Set) record(ctx context.Context, warnings *[]string, e audit.Entry, about string) {
	if s.opts.Audit == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lineTimeout)
	defer cancel()
	if err := s.write(ctx, e); err != nil {
		*warnings = append(*warnings, "the audit log has no line "+about+": "+err.Error())
	}
}

// write writes a line: exactly what was given, but for the secrets of the call
// and the passwords and tokens of URLs.
func (s *Set) write(ctx context.Context, e audit.Entry) error {
	e.Arguments, _ = jsonvalue.Map(papi.RequestSecrets.Mask(e.Arguments), func(_ string, value any) (any, bool) {
		text, ok := value.(string)
		return papi.MaskURLSecrets(text), ok
	}).(map[string]any)
	return s.opts.Audit.Add(ctx, e)
}
