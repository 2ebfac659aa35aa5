// Package tools is what an agent sees: each operation of the API as a tool,
// and a few tools of the server's own.
//
// A tool is a row of package catalog, which has what is known of it and of its
// resource. Its arguments are derived from the contract: an operation's parameters
// and its body's fields in one object, by the API's own names, and a few of ours. The
// list of tools ([Set.Tools]) shows of them what a first call needs. The path of a call ([Set.Call]): its deadline begins;
// the arguments are read within limits, coerced and validated; package guard decides
// whether it is sent; a write leaves its intent in package audit, package dispatch
// sends it, and its outcome is recorded too; the answer becomes a [Result] with ids,
// state and what to do next, or an [Error] in the API's own form. Every text in
// either is sanitized on its way out. No tool talks to the API past the guard.
package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/audit"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/plan"
	"papi-mcp/internal/store"
	"papi-mcp/internal/wait"
)

// Options configure a set of tools.
type Options struct {
	// Rows are the operations to offer.
	Rows []*catalog.Row
	// Own are the tools of the server's own to offer, of those that belong to a toolset;
	// nil means those of the toolsets of Rows.
	Own []string
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
	// MaxResultTokens is about how many tokens of a list are read before all stops at
	// the end of a page; 0 means DefaultMaxTokens.
	MaxResultTokens int
	// Dynamic lists only the few tools through which the others are found and called.
	Dynamic bool
	// Sandbox is the clock of the sandbox where API is one of this process; nil means that
	// the API is another.
	Sandbox Clock
	// ReadOnly leaves out what changes something and is no operation.
	ReadOnly bool
	// Store keeps documents and plans, and how far the runs of plans are. Realm names the
	// API: what is kept for one is not for another that shares the store.
	Store store.Entries
	Realm string
	// PlanRows are the operations that plans may call; nil means Rows. What a plan would do
	// is shown of all operations of their toolsets.
	PlanRows []*catalog.Row
	// PlanSecrets are the names of secrets, without plan.SecretPrefix, that a document which
	// comes with a call may refer to. The environment has their values.
	PlanSecrets []string
	// Poller reads the things that calls wait for, and Waits bounds those calls: both are
	// shared by all sets of a server. Nil: a set has its own.
	Poller *wait.Poller
	Waits  *wait.Limit
	// Speed is that of the API's clock; 0 means that of this one.
	Speed float64
	// Events is the receiver of the API's webhooks, which all sets of a server share; nil
	// where none runs. Tenant names the credentials of API: whose events this set sees. "" is
	// the server's own.
	Events *Events
	Tenant string
}

// Set is the tools that a server offers. It is safe for use by many
// goroutines.
type Set struct {
	opts  Options
	tools map[string]*tool
	core  []*coreTool
	all   func() []mcp.Tool
	// planRows are the tools that plans may call, planToolsets their toolsets.
	planRows     map[string]*tool
	planToolsets map[string]bool

	completions completions
	// sleep waits, in tests; nil: for real.
	sleep func(ctx context.Context, d time.Duration) error
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
	opts.Poller, opts.Waits = cmp.Or(opts.Poller, new(wait.Poller)), cmp.Or(opts.Waits, new(wait.Limit))
	if opts.Store == nil {
		opts.Store = store.NewMemory()
	}
	opts.Rows = catalog.ByUse(opts.Rows)
	s := &Set{opts: opts, tools: make(map[string]*tool, len(opts.Rows))}
	hasDefault := opts.Guard.Default() != ""
	for _, row := range opts.Rows {
		s.tools[row.Tool] = &tool{row: row, arguments: argumentsOf(row, hasDefault)}
	}
	s.planRows, s.planToolsets = map[string]*tool{}, map[string]bool{}
	rows := opts.PlanRows
	if rows == nil {
		rows = opts.Rows
	}
	for _, row := range rows {
		s.planRows[row.Tool], s.planToolsets[row.Toolset] = &tool{row: row, arguments: argumentsOf(row, hasDefault)}, true
	}
	activities := slices.ContainsFunc(opts.Rows, func(row *catalog.Row) bool { return row.Activities })
	s.core = slices.DeleteFunc(s.coreTools(), func(c *coreTool) bool {
		switch c.name {
		case SandboxAdvance:
			return opts.Sandbox == nil || opts.ReadOnly
		case toolActivity:
			return !activities
		case EventList:
			return opts.Events == nil
		case toolEventSubscribe: // which makes a call of one or the other
			return opts.Events == nil || opts.ReadOnly || s.tools[webhookCreate] == nil || s.tools[webhookUpdate] == nil
		case catalog.ProjectApply:
			return opts.ReadOnly || !opts.offersOwn(c.name)
		}
		return !opts.offersOwn(c.name)
	})
	s.all = sync.OnceValue(s.advertise)
	return s
}

// offersOwn reports whether a tool of the server's own is offered, as far as toolsets
// decide that.
func (o *Options) offersOwn(tool string) bool {
	toolset := catalog.OwnToolset(tool)
	switch {
	case toolset == "":
		return true
	case o.Own == nil && toolset == catalog.PlanToolset: // which has no rows of its own
		return !slices.ContainsFunc(plan.Kinds, func(k *plan.Kind) bool {
			return !slices.ContainsFunc(o.Rows, func(row *catalog.Row) bool { return row.Tool == k.Resource.List })
		})
	case o.Own != nil:
		return slices.Contains(o.Own, tool)
	}
	return slices.ContainsFunc(o.Rows, func(row *catalog.Row) bool { return row.Toolset == toolset })
}

// Tools returns the tools as clients see them, in the order in which a model should:
// the core tools first, then the operations' by their use. It does not read the
// contract.
func (s *Set) Tools() []mcp.Tool { return s.all() }

func (s *Set) advertise() []mcp.Tool { return s.listBy(listSchema) }

// listBy lists the tools, with the schemas that schema returns.
func (s *Set) listBy(schema schemaSource) []mcp.Tool {
	all := make([]mcp.Tool, 0, len(s.core)+len(s.opts.Rows))
	for _, c := range s.core {
		if s.lists(c.name) {
			derive := func() json.RawMessage { return advertisedCore(c) }
			t := advertisedTool(c.name, c.about, c.annotations, schema(c.name, false, derive))
			if c.page != "" {
				t.Meta = mcp.NewMetaFromMap(map[string]any{"ui": map[string]any{"resourceUri": c.page}})
			}
			all = append(all, t)
		}
	}
	if s.opts.Dynamic {
		return all
	}
	for _, row := range s.opts.Rows {
		hasDefault := s.DefaultProject() != ""
		derive := func() json.RawMessage { return argumentsOf(row, hasDefault)().raw() }
		all = append(all, advertisedTool(row.Tool, row.Description(), annotations(row), schema(row.Tool, !hasDefault, derive)))
	}
	return all
}

func advertisedTool(name, about string, annotations mcp.ToolAnnotation, schema json.RawMessage) mcp.Tool {
	t := mcp.NewToolWithRawSchema(name, about, schema)
	t.Annotations, t.Title = annotations, annotations.Title
	return t
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

// Count is how many tools Tools returns. It reads nothing of the contract.
func (s *Set) Count() int {
	n := 0
	for _, c := range s.core {
		if s.lists(c.name) {
			n++
		}
	}
	if s.opts.Dynamic {
		return n
	}
	return n + len(s.opts.Rows)
}

// DefaultProject is the project of calls that name none, or "".
func (s *Set) DefaultProject() string { return s.opts.Guard.Default() }

// Offers reports whether there is a tool of this name.
func (s *Set) Offers(name string) bool { return s.tools[name] != nil || s.coreTool(name) != nil }

// Lists reports whether Tools has a tool of this name.
func (s *Set) Lists(name string) bool {
	return s.lists(name) && s.Offers(name)
}

// coreTool returns the core tool of this name, or nil.
func (s *Set) coreTool(name string) *coreTool {
	for _, c := range s.core {
		if c.name == name {
			return c
		}
	}
	return nil
}

// names are the names of all tools that are offered.
func (s *Set) names() []string {
	names := make([]string, 0, len(s.tools)+len(s.core))
	for _, c := range s.core {
		if s.opts.Dynamic || s.lists(c.name) {
			names = append(names, c.name)
		}
	}
	for _, row := range s.opts.Rows {
		names = append(names, row.Tool)
	}
	return names
}

func (s *Set) unknownTool(name string) *Error {
	e := &Error{
		Code:    errorcode.UnknownTool,
		Message: "this server offers no tool " + papi.Echo(name),
		Info:    map[string]any{},
	}
	if s.opts.Dynamic {
		e.Resolution = "call a tool that tool_find finds; --toolsets, --tools, --read-only and --deprecated decide which are offered"
	}
	if near := papi.Nearest(name, s.names()); near != "" {
		e.Info["nearest"] = near
	}
	words := strings.NewReplacer("_", " ", "-", " ").Replace(name)
	if similar := s.find(papi.Truncate(words, maxQuery)); len(similar) > 0 {
		e.Info["similar"] = similar[:min(len(similar), maxFound)]
	}
	return e
}
