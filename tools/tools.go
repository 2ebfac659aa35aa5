// Package tools is what an agent sees: each operation of the API as a tool,
// and a few tools of the server's own.
//
// A tool is a row of package catalog. Its arguments are derived from the
// contract: an operation's parameters and its body's fields in one object, by
// the API's own names, and the few of ours that mean something for it. The path
// of a call ([Set.Call]): its deadline begins; the arguments are read within
// limits, coerced and checked; package guard says whether it is sent; a write
// leaves its intent in package audit, package catalog sends it, and its outcome
// is left too; the answer becomes a [Result] with ids, state and what to do
// next, or an [Error] in the API's own form. Every text in either is made plain
// on its way out.
//
// What is known of a tool or a resource is in package catalog. No tool talks to the API past the
// guard.
package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/audit"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/deadline"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// Options configure a set of tools.
type Options struct {
	// Rows are the operations to offer.
	Rows []*catalog.Row
	// Guard says which calls are sent.
	Guard *guard.Guard
	// API is where they go.
	API dispatch.API
	// Audit takes a line for each write, and for each verdict other than
	// allow; nil keeps none.
	Audit *audit.Log
	// Now is the clock of the audit; nil means time.Now.
	Now func() time.Time
	// Unfilled are the settings of the server that still hold a placeholder.
	// Where there are some, each call is refused with them.
	Unfilled []string
	// About is a line about where the calls go that project_confirm shows,
	// such as that it is the sandbox; "" for the API itself.
	About string
}

// Set is the tools that a server offers. It is safe for use by many
// goroutines.
type Set struct {
	opts  Options
	tools map[string]*tool
	core  []*coreTool
	all   func() []mcp.Tool

	completions completions
}

// tool is one operation's tool. Its arguments are derived when they are first
// needed: a start-up reads nothing of the contract.
type tool struct {
	row       *catalog.Row
	arguments func() *arguments
}

// derived are the arguments of tools, once for all sets: a server has a set for
// each of its tenants, and they differ in nothing but the default project.
var derived sync.Map // derivedKey to func() *arguments

type derivedKey struct {
	row        *catalog.Row
	hasDefault bool
}

func argumentsOf(row *catalog.Row, hasDefault bool) func() *arguments {
	key := derivedKey{row, hasDefault}
	if found, ok := derived.Load(key); ok {
		return found.(func() *arguments)
	}
	found, _ := derived.LoadOrStore(key, sync.OnceValue(func() *arguments { return newArguments(row, hasDefault) }))
	return found.(func() *arguments)
}

// New returns the tools of the rows, and the core tools.
func New(opts Options) *Set {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Set{opts: opts, tools: make(map[string]*tool, len(opts.Rows))}
	hasDefault := opts.Guard.Default() != ""
	for _, row := range opts.Rows {
		s.tools[row.Tool] = &tool{row: row, arguments: argumentsOf(row, hasDefault)}
	}
	s.core = s.coreTools()
	s.all = sync.OnceValue(s.advertise)
	return s
}

// Tools returns the tools as clients see them: the core tools first, then
// the operations'. The first call reads the contract.
func (s *Set) Tools() []mcp.Tool { return s.all() }

func (s *Set) advertise() []mcp.Tool {
	var all []mcp.Tool
	for _, c := range s.core {
		t := mcp.NewToolWithRawSchema(c.name, c.about, jsonvalue.Encode(c.schema()))
		t.Annotations = c.annotations
		t.Title = t.Annotations.Title
		all = append(all, t)
	}
	for _, row := range s.opts.Rows {
		t := mcp.NewToolWithRawSchema(row.Tool, row.About, s.tools[row.Tool].arguments().raw())
		t.Annotations = annotations(row)
		t.Title = t.Annotations.Title
		all = append(all, t)
	}
	return all
}

// annotations say what only reads, what destroys, and what gives the same end
// when repeated.
func annotations(row *catalog.Row) mcp.ToolAnnotation {
	replaces := row.Effect == catalog.Update || row.Effect == catalog.Delete
	return mcp.ToolAnnotation{
		Title:           row.Title,
		ReadOnlyHint:    mcp.ToBoolPtr(row.Effect == catalog.Read),
		DestructiveHint: mcp.ToBoolPtr(replaces || row.Effect == catalog.Action && row.Confirm != ""),
		IdempotentHint:  mcp.ToBoolPtr(replaces || row.Effect == catalog.Read || row.Idempotent),
		OpenWorldHint:   mcp.ToBoolPtr(true),
	}
}

// Call makes a tool call. It never panics on what comes from outside, and
// sends nothing that the guard does not let through. All its requests to the
// API have one deadline; the time that a person takes to answer does not count.
// Its outcome is fit to be read, whatever the API and the caller wrote.
func (s *Set) Call(ctx context.Context, caller Caller, name string, raw json.RawMessage) Outcome {
	var out Outcome
	given, e := parseObject(raw)
	switch {
	case len(s.opts.Unfilled) > 0:
		out = unfilled(s.opts.Unfilled).outcome()
	case e != nil:
		out = e.outcome()
	default:
		out = s.call(ctx, caller, name, given)
	}
	if e, failed := out.Structured.(*Error); failed && e.Code == errorcode.InvalidArguments && len(e.Next) == 0 && s.Offers(name) {
		e.Next = []catalog.Next{seeSchema(name)}
	}
	project, _ := given[argProject].(string)
	out.Project = cmp.Or(project, s.opts.Guard.Default())
	return sanitize(out)
}

func (s *Set) call(ctx context.Context, caller Caller, name string, given map[string]any) Outcome {
	ctx = deadline.Start(ctx)
	if caller.Elicitor != nil {
		caller.Elicitor = patient{caller.Elicitor}
	}
	for _, c := range s.core {
		if c.name == name {
			return c.run(ctx, caller, given)
		}
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

// patient stops the clock of a call while a person is asked.
type patient struct{ guard.Elicitor }

// Ask implements guard.Elicitor.
func (p patient) Ask(ctx context.Context, q guard.Question) guard.Answer {
	defer deadline.Stop(ctx)()
	return p.Elicitor.Ask(ctx, q)
}

// send takes a checked call past the guard to the API.
func (s *Set) send(ctx context.Context, caller Caller, row *catalog.Row, c *call) Outcome {
	gc := &guard.Call{
		Row: row, Principal: caller.Principal, Client: caller.Client, Elicitor: caller.Elicitor, CommandLine: caller.CommandLine,
		ProjectID: c.own.project, Args: c.args, Confirm: c.own.confirm, Reveal: c.own.reveal, All: c.own.all,
		RegisteredElsewhere: c.own.registeredElsewhere,
	}
	if c.own.dryRun {
		return s.dryRun(ctx, gc, c)
	}
	if e := s.auditReady(ctx, row); e != nil {
		return e.outcome()
	}
	v := s.opts.Guard.Check(ctx, gc)
	c.warnings = append(c.warnings, gc.Warnings...)
	switch {
	case v.Ask != nil:
		s.note(ctx, &c.warnings, gc, c.own, v)
		return Outcome{Question: v.Ask}
	case v.Refuse != nil:
		e := refused(v.Refuse)
		s.note(ctx, &c.warnings, gc, c.own, v)
		e.Warnings = c.warnings
		if e.Confirmation != nil {
			e.Next = []catalog.Next{afterApproval(row, c)}
		}
		if len(e.Next) == 0 {
			e.Next = nextAfterRefusal(row, gc.Args, e.Code)
		}
		if !slices.Contains(aboutProject, e.Code) { // else the project has to be settled first
			e.Next = s.offered(e.Next, c.own.project)
		}
		return e.outcome()
	}
	line, e := s.intend(ctx, gc, c.own)
	if e != nil {
		e.Warnings = c.warnings
		return e.outcome()
	}
	send := dispatch.Send
	if c.own.all {
		send = dispatch.SendAll
	}
	sent, err := send(ctx, s.opts.API, row, gc.ProjectID, c.args)
	answer, _ := sent.Answer.(map[string]any)
	if err != nil {
		if err := s.opts.Guard.Failed(ctx, gc, err); err != nil {
			c.warnings = append(c.warnings, "the error could not be recorded: "+err.Error())
		}
	}
	if err == nil || isUnknown(err) {
		if err := s.opts.Guard.Done(ctx, gc, answer); err != nil {
			c.warnings = append(c.warnings, "the completed call could not be recorded: "+err.Error())
		}
	}
	c.warnings = append(c.warnings, sent.Warnings...)
	if err != nil {
		e = failed(row, c.args, err)
	} else {
		var warnings []string
		warnings, e = partly(sent.Answer)
		c.warnings = append(c.warnings, warnings...)
	}
	if e != nil {
		s.conclude(ctx, &c.warnings, line, 0, e)
		e.Warnings = append(c.warnings, e.Warnings...)
		e.Next = s.offered(e.Next, c.own.project)
		for i := range e.Next {
			if e.Next[i].Tool == row.Tool && c.own.registeredElsewhere { // which still holds
				e.Next[i].Args = jsonvalue.With(e.Next[i].Args, argRegisteredElsewhere, true)
			}
		}
		return e.outcome()
	}
	c.now = s.now(sent)
	c.since = s.historySince(ctx, row, gc.ProjectID, c, sent.Answer)
	r := resultOf(row, gc.ProjectID, c, sent.Answer)
	s.conclude(ctx, &r.Warnings, line, sent.Status, r)
	r.Next = s.offered(r.Next, c.own.project)
	return Outcome{Structured: r}
}

// aboutProject are the refusals whose steps name the project themselves.
var aboutProject = []string{errorcode.ProjectMissing, errorcode.ProjectNotAllowed, errorcode.ProjectUnconfirmed}

// now is the API's time of an answer, by which its own times are measured:
// the clock here may be wrong, and the sandbox's may have been moved.
func (s *Set) now(sent dispatch.Result) time.Time {
	if sent.Date.IsZero() {
		return s.opts.Now()
	}
	return sent.Date
}

func isUnknown(err error) bool {
	var e *papi.Error
	return errors.As(err, &e) && e.Unknown
}

// offered keeps the next actions that this server offers, with the project
// where the call named one.
func (s *Set) offered(next []catalog.Next, project string) []catalog.Next {
	kept := []catalog.Next{}
	for _, n := range next {
		if _, ok := s.tools[n.Tool]; !ok && n.Tool != "" && !s.isCore(n.Tool) {
			continue
		}
		if _, given := n.Args[argProject]; project != "" && n.Tool != "" && !given {
			n.Args = jsonvalue.With(n.Args, argProject, project)
		}
		kept = append(kept, n)
	}
	return kept
}

// DefaultProject is the project of calls that name none, or "".
func (s *Set) DefaultProject() string { return s.opts.Guard.Default() }

// Offers reports whether there is a tool of this name.
func (s *Set) Offers(name string) bool { return s.tools[name] != nil || s.isCore(name) }

func (s *Set) isCore(name string) bool {
	for _, c := range s.core {
		if c.name == name {
			return true
		}
	}
	return false
}

func (s *Set) unknownTool(name string) *Error {
	names := s.names()
	e := &Error{
		Code:    errorcode.UnknownTool,
		Message: "this server offers no tool " + papi.Echo(name),
		Info:    map[string]any{"known": names},
	}
	if near := papi.Nearest(name, names); near != "" {
		e.Info["nearest"] = near
	}
	return e
}
