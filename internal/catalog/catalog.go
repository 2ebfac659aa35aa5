// Package catalog is the table of the tools that expose the API's operations: a
// [Row] for each operation, with what the contract does not say, and a [Resource]
// for each kind of thing that they show or change, with its states. A row names
// its tool and toolset, what the operation does, what a person must have agreed
// to, what to do next, how the end of an asynchronous change is recognised, and
// how a create whose outcome is unknown is found. All that other packages know of
// a tool or a state derives from here.
//
// Everything else about an operation (parameters, body, answers, error codes)
// comes from the contract, through [Row.Op].
package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"papi-mcp/internal/papi"
)

// Effect is what an operation does to the world.
type Effect string

// The effects. An action starts something (a code sent, a launch); all but
// Read are writes.
const (
	Read   Effect = "read"
	Create Effect = "create"
	Update Effect = "update"
	Delete Effect = "delete"
	Action Effect = "action"
)

// Row is one operation as a tool.
type Row struct {
	Tool      string // family_thing_verb; an interface, so that renaming needs an alias
	Operation string // the contract's operationId
	Effect    Effect
	// About says for agents what the tool does and what to mind, in a sentence or
	// two: what they need to choose it. The schema explains the arguments.
	About string
	// Confirm is what a person must have agreed to before the call; "" where
	// the call needs no confirmation.
	Confirm string
	// Resource is what the operation shows or changes.
	Resource *Resource
	// Wait says how the end of the change is recognised; nil where the answer is
	// the end.
	Wait *Wait
	// Reconcile says how a create whose outcome is unknown is found.
	Reconcile *Reconcile
	// Defaults are sent for arguments that are left out though the contract
	// requires them.
	Defaults map[string]any
	// Idempotent actions give the same end when repeated after an unknown
	// outcome, so that they may be sent again.
	Idempotent bool
	// Toolset is that of the row's slice, and Deprecated reports whether it is
	// the deprecated one: [Rows] fills them in.
	Toolset    string
	Deprecated bool
	// Title is the tool's name for people; where a row gives none, it is derived
	// from the tool's name.
	Title string
	// Example is JSON of arguments that an example needs besides the least that
	// the schema asks for: what makes it valid by the contract's words, and
	// plausible.
	Example string
	// Next is what to do after a call whose answer shows no state.
	Next []Step
	// Activities reports that it lists what happened to a thing, with times.
	Activities bool
	// Columns are those of the table that shows the items of a list.
	Columns []Column
	// Done is what a write that succeeded has done, in a word or a few: "verified".
	Done string
	// Keep are the fields of a write's answer that its result shows besides the
	// ids and the state, as paths.
	Keep []string
	// Phrases are what users say who need the tool, three to five of them, in other
	// words than its name and text: the search for tools reads them.
	Phrases []string
	// RegisteredElsewhere reports that the call takes a code that may have been
	// requested elsewhere, and so the argument of this name.
	RegisteredElsewhere bool
	// Lints reports that the call sends a template, which package lint checks before.
	Lints bool
}

// Resource is a kind of thing that operations make, show and change. Fields
// are named by their path in the answer, with dots.
type Resource struct {
	Name string
	// Get, List and Create are the tools that show the thing as it is now, list
	// all of them and make one; "" where there is none.
	Get, List, Create string
	// Empty is what to do first where List shows none yet.
	Empty Step
	// NoneHere is the error by which the API says that a project has none; ""
	// where the answer is empty instead.
	NoneHere string
	// Complete has, by the name that prompts use, the values that complete an
	// argument.
	Complete map[string]Completion
	// Bulky are the parts of the thing that a concise result leaves out, with *
	// for any name.
	Bulky []string
	// Summaries are the parts of the thing, by their paths, of which a concise result
	// shows what the function returns.
	Summaries map[string]func(part any) any
	// IDs has the field of each id by the argument name that the next call
	// takes.
	IDs map[string]string
	// State is the field of the state, Pending that of the status of a change
	// which is not yet live; "" where there is none.
	State, Pending string
	// States are the states of the live thing, Changes the statuses of its
	// pending change.
	States, Changes []State
	// Parts have statuses of their own, besides the state.
	Parts []Part
	// Reason are the fields, with | between them, that say why the thing was
	// refused or failed; "" where nothing does.
	Reason string
	// Since are the fields, with | between them, of the time since which the
	// thing is as it is, at least: that of its last change; "" where its answer
	// has none.
	Since string
	// History is the tool that lists what happened to the thing, where only
	// that shows since when it waits.
	History string
	// Preconditions are what its state must be for the tools that change it.
	Preconditions []*Precondition
	// More returns the steps that an answer asks for before those of the state; nil
	// for none.
	More func(thing any) []Step
}

// Wait says how the end of an asynchronous change is recognised: by the states of
// the resource, read with Read.
type Wait struct {
	Read string // the tool that shows it
	// Classes has the states whose class is another for this operation than
	// for the resource.
	Classes map[string]Class
	// Triggers are the webhook events that report it.
	Triggers []string
}

// Reconcile says how to find what a create made when its answer was lost.
type Reconcile struct {
	// Read is the tool that shows it; "" where nothing does.
	Read string
	// Args are the arguments of Read by the field of the create's arguments
	// that holds them, besides those that both share.
	Args map[string]string
	// Same has, by the field of the create's arguments, the field of the thing
	// found that must be equal.
	Same map[string]string
	// Since is the field of the time at which the thing was made; only things
	// made since the call count, by the API's clock.
	Since string
	// Unique reports that what is the same is the thing itself, and not another
	// one that looks like it.
	Unique bool
	// Resend reports that the API itself refuses a second one, so that the
	// create may be sent again when nothing was found.
	Resend bool
}

// Description is the tool's description in the list of tools: About, and where a
// person must confirm that the call itself asks for that, so that agents make no dry
// run first.
func (r *Row) Description() string {
	if r.Confirm == "" {
		return r.About
	}
	return r.About + " Asks for confirmation; no dryRun needed."
}

// Op returns the contract's operation of the row.
func (r *Row) Op() *papi.Operation { return papi.Lookup(r.Operation) }

// Writes reports whether the operation changes anything.
func (r *Row) Writes() bool { return r.Effect != Read }

// List is the field of the row's answer that holds a list of things, "" where
// the answer is one thing.
func (r *Row) List() string {
	if list, ok := lists.Load(r); ok {
		return list.(string)
	}
	list := r.list()
	lists.Store(r, list)
	return list
}

// lists caches what List returns, which each call of a tool asks for several times.
var lists sync.Map // *Row to string

func (r *Row) list() string {
	for _, answer := range r.Op().Answers {
		if answer == nil {
			continue
		}
		s := answer.Resolve()
		if len(s.AnyOf) > 0 {
			s = s.AnyOf[0].Resolve()
		}
		if r.Op().Parameter("pageToken") == nil && len(s.Properties) > 1 {
			return ""
		}
		for name, p := range s.Properties {
			if p.Resolve().Type.Has("array") {
				return name
			}
		}
	}
	return ""
}

// Retry says whether a request of this row may be sent again: a read or an update
// has the same effect twice; a second create, code or launch does not.
func (r *Row) Retry() papi.RetryPolicy {
	switch {
	case r.Effect == Read, r.Effect == Update, r.Effect == Action && r.Idempotent:
		return papi.RetryAlways
	case r.Effect == Delete:
		return papi.RetryDelete
	}
	return papi.RetryNever
}

// DeprecatedToolset has the tools of the operations that the API deprecates.
const DeprecatedToolset = "whatsapp_deprecated"

// toolsets are the rows by toolset, in the order in which tools are listed, with what
// a toolset is about where its name leaves that open.
var toolsets = []struct {
	name, about string
	rows        []Row
}{
	{"webhooks", "", webhooks},
	{"whatsapp_accounts", "", whatsappAccounts},
	{"whatsapp_senders", "", whatsappSenders},
	{"whatsapp_templates", "", whatsappTemplates},
	{"whatsapp_flows", "", whatsappFlows},
	{"whatsapp_solutions", "", whatsappSolutions},
	{"rcs", "senders, launch, test numbers", rcs},
	{"kakaotalk", "senders, templates", kakaotalk},
	{"conversation", "Instagram, Messenger, Telegram, Viber", conversation},
	{"sms", "apps", sms},
	{"bundles", "subprojects with apps", bundles},
	{PlanToolset, "projects as documents", nil},
	{DeprecatedToolset, "Meta tokens", whatsappDeprecated},
}

// Rows returns all rows, in the order in which their tools are listed. They
// are shared and must not be changed.
var Rows = sync.OnceValue(func() []*Row {
	var all []*Row
	for _, toolset := range toolsets {
		for i := range toolset.rows {
			row := &toolset.rows[i]
			row.Toolset, row.Deprecated = toolset.name, toolset.name == DeprecatedToolset
			row.Title = cmp.Or(row.Title, title(row.Tool))
			all = append(all, row)
		}
	}
	return all
})

var byTool = sync.OnceValue(func() map[string]*Row {
	index := make(map[string]*Row)
	for _, r := range Rows() {
		index[r.Tool] = r
	}
	return index
})

// Lookup returns the row of a tool, or nil.
func Lookup(tool string) *Row { return byTool()[tool] }

// ownTools are the tools of the server's own that belong to a toolset, by their name:
// they have no operation of their own. Only ProjectApply changes something.
var ownTools = map[string]string{
	WhatsappTemplateLint:    "whatsapp_templates",
	WhatsappTemplateConvert: "whatsapp_templates",
	WhatsappTemplatePreview: "whatsapp_templates",
	RcsReadiness:            "rcs",
	ProjectExport:           PlanToolset,
	ProjectPlan:             PlanToolset,
	ProjectApply:            PlanToolset,
}

// PlanToolset has the tools of plans, and no operation.
const PlanToolset = "plan"

// The tools of plans: they read and change a project by the tools of the operations.
const (
	ProjectExport = "project_export"
	ProjectPlan   = "project_plan"
	ProjectApply  = "project_apply"
)

// ownIDs are the arguments of these tools that are the ids of a thing.
var ownIDs = map[string][]string{
	WhatsappTemplateLint:    {"templateName", "languageCode"},
	WhatsappTemplatePreview: {"templateName", "languageCode"},
	RcsReadiness:            {"senderId"},
}

// WhatsappTemplateConvert is the tool that converts a template of Meta's form.
const WhatsappTemplateConvert = "whatsapp_template_convert"

// WhatsappTemplateLint is the tool that says what a WhatsApp template lacks to be approved.
const WhatsappTemplateLint = "whatsapp_template_lint"

// WhatsappTemplatePreview is the tool that shows a WhatsApp template as a message.
const WhatsappTemplatePreview = "whatsapp_template_preview"

// RcsReadiness is the tool that says what a launch of an RCS sender lacks.
const RcsReadiness = "rcs_sender_readiness"

// OwnToolset returns the toolset of a tool of the server's own, "" where it belongs to
// none: then it is always offered.
func OwnToolset(tool string) string { return ownTools[tool] }

// PathIDs returns the arguments of a tool that are the ids of a thing, in their order:
// those in the path of an operation.
func PathIDs(tool string) []string {
	if row := Lookup(tool); row != nil {
		return row.Op().PathIDs()
	}
	return ownIDs[tool]
}

// Toolsets returns the names of all toolsets, in the order of the rows.
func Toolsets() []string {
	names := make([]string, len(toolsets))
	for i, toolset := range toolsets {
		names[i] = toolset.name
	}
	return names
}

// ToolsetAbout returns what a toolset is about, in a few words; "" where its name says it.
func ToolsetAbout(name string) string {
	for _, toolset := range toolsets {
		if toolset.name == name {
			return toolset.about
		}
	}
	return ""
}

// Filter says which rows a server offers.
type Filter struct {
	// Toolsets are names of toolsets, or "all".
	Toolsets []string
	// Tools are names of tools, added to those of Toolsets: of operations, and of the
	// server's own that belong to a toolset.
	Tools []string
	// ReadOnly leaves only what changes nothing; it is applied last.
	ReadOnly bool
	// Deprecated lets the deprecated toolset and its tools be named.
	Deprecated bool
}

// Select returns the rows that the filter lets through: with neither toolsets
// nor tools all but the deprecated, and those too where Deprecated is set. A
// name that is unknown, or deprecated without Deprecated, is an error that
// lists the known ones.
func Select(f Filter) ([]*Row, error) {
	sets := f.Toolsets
	if len(sets) == 0 && len(f.Tools) == 0 {
		sets = []string{"all"}
	}
	var allowed []*Row
	knownSets, knownTools := []string{"all"}, []string{}
	for _, r := range Rows() {
		if f.Deprecated || !r.Deprecated {
			allowed = append(allowed, r)
			knownTools = append(knownTools, r.Tool)
			knownSets = append(knownSets, r.Toolset)
		}
	}
	knownSets = append(slices.Compact(knownSets), PlanToolset) // which has no rows
	knownTools = slices.AppendSeq(knownTools, maps.Keys(ownTools))
	for _, name := range sets {
		if !slices.Contains(knownSets, name) {
			return nil, unknown("toolset", name, slices.Contains(Toolsets(), name), knownSets)
		}
	}
	for _, name := range f.Tools {
		if !slices.Contains(knownTools, name) {
			return nil, unknown("tool", name, Lookup(name) != nil, knownTools)
		}
	}
	var selected []*Row
	for _, r := range allowed {
		named := slices.Contains(sets, "all") || slices.Contains(sets, r.Toolset) || slices.Contains(f.Tools, r.Tool)
		if named && (!f.ReadOnly || !r.Writes()) {
			selected = append(selected, r)
		}
	}
	return selected, nil
}

// Own returns the tools of the server's own that the filter lets through, of those that
// belong to a toolset.
func (f Filter) Own() []string {
	own := []string{}
	for tool, toolset := range ownTools {
		if len(f.Toolsets)+len(f.Tools) == 0 || slices.Contains(f.Toolsets, "all") || slices.Contains(f.Toolsets, toolset) || slices.Contains(f.Tools, tool) {
			own = append(own, tool)
		}
	}
	slices.Sort(own)
	return own
}

// UnknownError is a name that no toolset or tool has.
type UnknownError struct {
	Kind    string // "tool" or "toolset"
	Name    string
	Nearest string   // the known name most like it, or ""
	Known   []string // what may be named
	// Deprecated reports that the name is known and needs --deprecated.
	Deprecated bool
}

func unknown(kind, name string, deprecated bool, known []string) *UnknownError {
	return &UnknownError{Kind: kind, Name: name, Nearest: papi.Nearest(name, known), Known: known, Deprecated: deprecated}
}

func (e *UnknownError) Error() string {
	if e.Deprecated {
		return fmt.Sprintf("the %s %q is deprecated: give --deprecated too", e.Kind, e.Name)
	}
	hint := ""
	if e.Nearest != "" {
		hint = fmt.Sprintf(" (did you mean %q?)", e.Nearest)
	}
	if e.Kind == "tool" { // there are too many for a line
		return fmt.Sprintf("there is no %s %q%s; papi-mcp tools lists them", e.Kind, e.Name, hint)
	}
	return fmt.Sprintf("there is no %s %q%s; known: %s", e.Kind, e.Name, hint, strings.Join(e.Known, ", "))
}
