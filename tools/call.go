package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/deadline"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// call is a tool call with its arguments coerced and validated.
type call struct {
	args     map[string]any // the operation's own
	own      callOptions
	warnings []string
	now      time.Time // the API's time when it answered; zero: unknown
	since    time.Time // from the history of the resource; zero: unknown
	code     string    // that the phone of the sandbox received; "" for none
	speed    float64   // of the API's clock; 0: that of this one
	// none is the error by which the API said that a list is empty; nil: no error.
	none *papi.Error
	// complete returns the arguments that only the request has, such as a secret of ours:
	// no rule, question or line of the audit sees them. It is called when the call is sent.
	// Its errors are *papi.Error. nil: there are none.
	complete func(ctx context.Context) (map[string]any, error)
}

// callOptions are the values of our own arguments.
type callOptions struct {
	project             string
	confirm             string
	reveal              bool
	full                bool
	fields              []string
	all                 bool
	registeredElsewhere bool
	ignoreLint          []string
	dryRun              bool
	// planned says which plan the call belongs to; nil for none.
	planned *guard.PlannedCall
}

// ofPage returns the arguments of ours that a request for the next page repeats.
func (o callOptions) ofPage() map[string]any {
	args := map[string]any{}
	if o.full {
		args[argDetail] = "full"
	}
	if len(o.fields) > 0 {
		args[argFields] = o.fields
	}
	if o.all {
		args[argAll] = true
	}
	return args
}

// with returns the arguments as they were given, ours among them that say what was
// asked for. A confirmation's token is used, and left out.
func (o callOptions) with(args map[string]any) map[string]any {
	all := make(map[string]any, len(args)+2)
	maps.Copy(all, args)
	if o.reveal {
		all[argReveal] = true
	}
	if o.registeredElsewhere {
		all[argRegisteredElsewhere] = true
	}
	if len(o.ignoreLint) > 0 {
		all[argIgnoreLint] = o.ignoreLint
	}
	return all
}

// Call makes a tool call. It never panics on what comes from outside, and
// sends nothing that the guard does not let through. All its requests to the
// API have one deadline; the time that a person takes to answer does not count.
// Its outcome is fit to be read, whatever the API and the caller wrote.
func (s *Set) Call(ctx context.Context, caller Caller, name string, raw json.RawMessage) Outcome {
	var out Outcome
	given, e := parseObject(raw)
	var moved []string
	if e == nil && s.routes(name) {
		name, given, moved, e = s.unwrap(name, given)
	}
	project, _ := given[argProject].(string)
	switch {
	case len(s.opts.Unfilled) > 0:
		out = unfilled(s.opts.Unfilled).outcome()
	case e != nil:
		out = e.outcome()
	default:
		out = s.call(ctx, caller, name, given)
	}
	return s.finished(out, name, project, moved) // a call that waits does not keep its arguments
}

// finished makes an outcome of a tool fit to be read. project is the one that the call
// named, and moved are the arguments that were given next to those of an inner tool.
func (s *Set) finished(out Outcome, name, project string, moved []string) Outcome {
	if e, failed := out.Structured.(*Error); failed && e.Code == errorcode.InvalidArguments && len(e.Next) == 0 && s.Offers(name) {
		e.Next = []catalog.Next{s.seeSchema(name, e)}
	}
	if s.Offers(name) {
		out.Tool = name
	}
	s.route(&out, moved)
	out = sanitize(out)
	bound(out)
	out.Project = cmp.Or(project, s.opts.Guard.Default())
	return out
}

func (s *Set) call(ctx context.Context, caller Caller, name string, given map[string]any) Outcome {
	ctx = deadline.Start(ctx, cmp.Or(caller.Timeout, deadline.Timeout))
	if caller.Elicitor != nil {
		caller.Elicitor = pausingElicitor{caller.Elicitor}
	}
	if core := s.coreTool(name); core != nil {
		return core.run(ctx, caller, given)
	}
	t, ok := s.tools[name]
	if !ok {
		return s.unknownTool(name).outcome()
	}
	c, e := t.arguments().check(given)
	if e != nil {
		return e.outcome()
	}
	out := s.send(ctx, caller, t.row, c)
	out.Link = linkFor(t.row, out.Structured)
	return out
}

// pausingElicitor stops the clock of a call while a person is asked.
type pausingElicitor struct{ guard.Elicitor }

// Ask implements guard.Elicitor.
func (p pausingElicitor) Ask(ctx context.Context, q guard.Question) guard.Answer {
	defer deadline.Stop(ctx)()
	return p.Elicitor.Ask(ctx, q)
}

// send takes a validated call past the guard to the API: the audit log must be ready,
// the guard decides, the intent is recorded, the request is sent, and the outcome is
// recorded.
func (s *Set) send(ctx context.Context, caller Caller, row *catalog.Row, c *call) Outcome {
	gc := guardCall(caller, row, c)
	if c.own.dryRun {
		return s.dryRun(ctx, gc, c)
	}
	if e := s.auditReady(ctx, row); e != nil {
		return e.outcome()
	}
	v := s.opts.Guard.Check(ctx, gc)
	c.warnings = append(c.warnings, gc.Warnings...)
	if v.Ask != nil || v.Refuse != nil {
		s.record(ctx, &c.warnings, s.callEntry(gc, c.own, v), "about this call")
		return s.notSent(row, c, v)
	}
	intent, e := s.intend(ctx, gc, c.own)
	if e != nil {
		e.Warnings = c.warnings
		return e.outcome()
	}
	sent, err := s.dispatch(ctx, gc, c)
	if c.none = noneYet(row, err); c.none != nil {
		sent.Answer, err = map[string]any{row.List(): []any{}}, nil
	}
	if e := errorOf(row, c, sent.Answer, err); e != nil {
		s.conclude(ctx, &c.warnings, intent, 0, e)
		e.Warnings = c.warnings
		e.Next = s.offered(e.Next, c.own.project)
		return e.outcome()
	}
	c.now, c.speed = s.now(sent), s.opts.Speed
	c.since = s.historySince(ctx, row, gc.ProjectID, c, sent.Answer)
	r := resultOf(row, gc.ProjectID, c, sent.Answer)
	s.conclude(ctx, &r.Warnings, intent, sent.Status, r)
	r.Next = s.offered(r.Next, c.own.project)
	if c.none != nil {
		r.Next = firstStep(row, c.none, r.Next)
	}
	if len(row.Columns) > 0 {
		r.answer, r.isWhole = sent.Body, func() bool { return isWhole(row, sent.Answer) }
	}
	return Outcome{Structured: r}
}

// guardCall is a call as the guard checks it.
func guardCall(caller Caller, row *catalog.Row, c *call) *guard.Call {
	return &guard.Call{
		Row: row, Principal: caller.Principal, Client: caller.Client, Elicitor: caller.Elicitor, CommandLine: caller.CommandLine,
		ProjectID: c.own.project, Args: c.args, Confirm: c.own.confirm, Reveal: c.own.reveal, All: c.own.all,
		RegisteredElsewhere: c.own.registeredElsewhere, IgnoreLint: c.own.ignoreLint, Planned: c.own.planned,
	}
}

// notSent is the outcome of a call that the guard does not let through.
func (s *Set) notSent(row *catalog.Row, c *call, v guard.Verdict) Outcome {
	if v.Ask != nil {
		return Outcome{Question: v.Ask}
	}
	e := refused(v.Refuse)
	e.Warnings = c.warnings
	if e.Code == errorcode.ProjectUnconfirmed {
		e.Warnings = append(s.about(), c.warnings...)
	}
	if e.Confirmation != nil {
		e.Next = []catalog.Next{afterApproval(row, c, e.Confirmation.Summary)}
	}
	if len(e.Next) == 0 {
		e.Next = nextAfterRefusal(row, c.args, e.Code)
	}
	e.Next = shortened(e.Next, row, c.args)
	if !slices.Contains(aboutProject, e.Code) { // else the project has to be settled first
		e.Next = s.offered(e.Next, c.own.project)
	}
	return e.outcome()
}

// aboutProject are the refusals whose steps name the project themselves.
var aboutProject = []string{errorcode.ProjectMissing, errorcode.ProjectNotAllowed, errorcode.ProjectUnconfirmed}

// dispatch sends the call to the API, and has the guard remember how it ended.
func (s *Set) dispatch(ctx context.Context, gc *guard.Call, c *call) (dispatch.Result, error) {
	args := c.args
	if mask := fieldMask(gc.Row, c.own.fields); mask != nil && args[argFieldMask] == nil {
		args = jsonvalue.With(args, argFieldMask, mask)
	}
	if c.complete != nil {
		more, err := c.complete(ctx)
		if err != nil {
			return dispatch.Result{}, err
		}
		args = maps.Clone(args)
		maps.Copy(args, more)
	}
	ctx, received := s.withPhone(ctx)
	var sent dispatch.Result
	var err error
	if c.own.all {
		sent, err = dispatch.SendAll(ctx, s.opts.API, gc.Row, gc.ProjectID, args, s.enough(gc.Row, c.own))
	} else {
		sent, err = dispatch.Send(ctx, s.opts.API, gc.Row, gc.ProjectID, args)
	}
	if err != nil {
		if err := s.opts.Guard.Failed(ctx, gc, err); err != nil {
			c.warnings = append(c.warnings, "the error could not be recorded: "+err.Error())
		}
	}
	if e, ok := errors.AsType[*papi.Error](err); err == nil || ok && e.Unknown {
		if err := s.opts.Guard.Done(ctx, gc, jsonvalue.Object(sent.Answer, "")); err != nil {
			c.warnings = append(c.warnings, "the completed call could not be recorded: "+err.Error())
		}
	}
	c.warnings = append(c.warnings, sent.Warnings...)
	if err == nil || isGone(gc.Row, err) {
		c.warnings = append(c.warnings, s.followWebhook(ctx, gc, jsonvalue.Object(sent.Answer, ""))...)
	}
	c.code = received()
	return sent, err
}

// DefaultMaxTokens is about how many tokens of a list are read before all stops.
const DefaultMaxTokens = 8000

// enough returns a function that is given the items of each page of a list, and reports
// whether one more page of their size would be more than a result should hold.
func (s *Set) enough(row *catalog.Row, own callOptions) func(items []any) bool {
	tokens, pages := 0, 0
	return func(items []any) bool {
		page := resultOf(row, "", &call{own: own}, map[string]any{row.List(): items})
		page.Next, page.Warnings = nil, nil // which do not grow with the list
		tokens += estimateTokens(jsonvalue.Encode(page))
		pages++
		return tokens+tokens/pages > cmp.Or(s.opts.MaxResultTokens, DefaultMaxTokens)
	}
}

// errorOf is the error of a call that was sent, nil where it went well.
func errorOf(row *catalog.Row, c *call, answer any, err error) *Error {
	if err == nil {
		warnings, e := failedSolutions(answer)
		c.warnings = append(c.warnings, warnings...)
		return e
	}
	e := failed(row, c.args, err)
	for i, next := range e.Next {
		if next.Tool == row.Tool && c.own.registeredElsewhere { // which still holds
			e.Next[i].Args = jsonvalue.With(next.Args, argRegisteredElsewhere, true)
		}
	}
	return e
}

// now is the API's time of an answer, by which its own times are measured:
// the clock here may be wrong, and the sandbox's may have been moved.
func (s *Set) now(sent dispatch.Result) time.Time {
	if sent.Date.IsZero() {
		return s.opts.Now()
	}
	return sent.Date
}

// offered keeps the next actions that this server offers, with the project where the
// call named one.
func (s *Set) offered(next []catalog.Next, project string) []catalog.Next {
	var kept []catalog.Next
	for _, n := range next {
		if n.Tool != "" && !s.Offers(n.Tool) {
			continue
		}
		if project != "" && n.Tool != "" && n.Args[argProject] == nil && !slices.Contains(n.Needs, argProject) {
			n.Args = jsonvalue.With(n.Args, argProject, project)
		}
		kept = append(kept, n)
	}
	return kept
}
