// Package guard checks each tool call before it is sent, and enforces in code
// the workflow that the API's documentation asks of an agent: the project
// confirmed before the first write, ALL without other triggers, register before
// verify, and a person's confirmation before what can't be undone.
//
// A call comes with its arguments validated and coerced. [Guard.Check] checks it
// in this order: read-only and allowlist, then the project, then the rules, then
// the confirmation. So a person is not asked about a call that would be refused,
// and no token is issued for one. A question is recorded in the store before it
// is sent, and a yes removes the record: while it is there, neither a token nor
// naming the project takes the place of the answer. After a yes the call is
// checked again, by new reads. The caller sends what the guard lets through, and
// reports how it ended with [Guard.Done] or [Guard.Failed].
//
// The guard reads from the API where a rule must know a state, and never writes
// to it. A read is made once for all rules of a call and for the summary that a
// person is shown; those of one call are made in parallel. Rules that need none
// come first.
package guard

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/store"
)

// Mode says what counts as a confirmation.
type Mode string

// The modes of --confirm.
const (
	// Auto asks the person where the client can, and issues a token where it
	// can't.
	Auto Mode = "auto"
	// Human accepts only the answer of a person whom the client asked.
	Human Mode = "human"
	// Off confirms every call, for scripts. The allowlist still applies.
	Off Mode = "off"
)

// Options configure a guard.
type Options struct {
	// Projects is the allowlist; empty means any project.
	Projects []string
	// Default is the project of calls that name none; "" means that each call
	// must name one.
	Default  string
	Mode     Mode
	ReadOnly bool
	// Realm names the API that calls are sent to: what is confirmed and
	// remembered for one is not valid for another that shares the store.
	Realm string
	// LocalTargets allows webhook targets on this machine: the API is on it
	// too.
	LocalTargets bool
	// Store keeps confirmed projects, remembered registrations, used tokens and
	// the signing key.
	Store store.Entries
	// Reader reads from the API for the rules.
	Reader Reader
	Logger *slog.Logger
	// Rules check each call; nil means all of them.
	Rules []Rule
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// APINow is the clock of the API, by which it counts days: that of a sandbox can be
	// moved. Nil means that of the Reader where it has a Now, and else Now.
	APINow func() time.Time
	// About says to a person where calls go, in a question about a project; "" for
	// the API itself.
	About string
	// Random is where the signing key and the tokens come from, safe for concurrent
	// use; nil means crypto/rand. Another one is for a sandbox whose answers are the
	// same each time.
	Random io.Reader
}

// Reader reads from the API.
type Reader interface {
	// Read calls the reading tool with the arguments and returns the API's
	// answer. Its errors are *papi.Error.
	Read(ctx context.Context, projectID, tool string, args map[string]any) (map[string]any, error)
}

// Guard is safe for concurrent use.
type Guard struct {
	opts Options
	key  signingKey
}

// New returns a guard. The store is first used by a call that needs it.
func New(opts Options) *Guard {
	if opts.Random == nil {
		opts.Random = rand.Reader
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if clock, ok := opts.Reader.(interface{ Now() time.Time }); ok && opts.APINow == nil {
		opts.APINow = clock.Now
	}
	if opts.APINow == nil {
		opts.APINow = opts.Now
	}
	if opts.Rules == nil {
		opts.Rules = Rules
	}
	if opts.Mode == "" {
		opts.Mode = Auto
	}
	opts.Store = bounded{opts.Store}
	return &Guard{opts: opts}
}

// Call is one tool call on its way to the API.
type Call struct {
	Row       *catalog.Row
	Principal string
	// Client is the program that the principal calls with: the confirmation of
	// a project is valid for it alone. "" makes it valid for the principal.
	Client   string
	Elicitor Elicitor // nil where the client can't ask
	// ProjectID is the project that the call names, or "".
	ProjectID string
	// CommandLine is set where a person wrote this one call, so that naming the
	// project confirms it for the call.
	CommandLine bool
	// Args are the operation's arguments, validated and coerced.
	Args map[string]any
	// Confirm is the token that came with the call, or "".
	Confirm string
	// Reveal asks for secrets unmasked, All for all pages of a list.
	Reveal, All bool
	// RegisteredElsewhere states that a code was requested outside this server.
	RegisteredElsewhere bool
	// IgnoreLint names rules of Meta's that don't keep the template from being
	// submitted.
	IgnoreLint []string
	// Planned says which plan the call belongs to, whose grant takes the place of a
	// confirmation; nil for none. In a preview it has no grant: the plan is being made.
	Planned *PlannedCall
	// Warnings collects what the caller should know though the call is sent.
	Warnings []string
	// Confirmed is set by Check: how the confirmation of an allowed call came.
	Confirmed Confirmed

	named   bool // ProjectID was written in the call
	reads   reads
	reader  Reader // in place of the guard's, of a preview alone; nil: the guard's
	grant   *grant // of Planned, where it is valid for the call
	taken   string // the hash of the call, where it was taken from the grant
	unknown bool   // it is not known how the call ended
}

// Warn adds a warning to the call.
func (c *Call) Warn(text string) { c.Warnings = append(c.Warnings, text) }

// Verdict is the result of checking a call; the zero value lets it through.
type Verdict struct {
	// Refuse is why the call is not sent, or what it needs first.
	Refuse *Refusal
	// Ask must be put to the person, and the call repeated with the answer.
	Ask *Question
}

// Allowed reports whether the call may be sent.
func (v Verdict) Allowed() bool { return v.Refuse == nil && v.Ask == nil }

// Check decides whether a call may be sent, and asks the person where it must.
// It sets ProjectID to the default project where the call names none, and may
// add warnings.
func (g *Guard) Check(ctx context.Context, c *Call) Verdict {
	c.named = c.ProjectID != ""
	if c.Planned != nil {
		if r := g.openGrant(ctx, c); r != nil {
			return refuse(r)
		}
		if !needsConfirmation(c, true) {
			c.reader, _ = ctx.Value(readingKey{}).(Reader)
			defer func() { c.reader = nil }()
		}
	}
	confirmed, r := g.checkCall(ctx, c)
	switch {
	case r != nil:
		return refuse(r)
	case !needsConfirmation(c, confirmed):
		return Verdict{}
	case c.grant != nil:
		return Verdict{Refuse: g.takeGrant(ctx, c)}
	}
	return g.confirmCall(ctx, c, !confirmed)
}

// Preview is what Check would decide about a call.
type Preview struct {
	// Refusal is why it would not be sent; nil where it would, if a person
	// agrees.
	Refusal *Refusal
	// Confirm is set where a person would be asked, with the Summary.
	Confirm bool
	Summary string
	// Facts are what the question is about besides the arguments, also where no person is
	// asked: a call of a plan is not made once they differ. "" where the row has none.
	Facts string
}

// Preview checks a call as Check does, by the same reads, or by the Reader of
// [Reading]. It does not ask, and changes nothing.
func (g *Guard) Preview(ctx context.Context, c *Call) Preview {
	c.named = c.ProjectID != ""
	c.reader, _ = ctx.Value(readingKey{}).(Reader)
	defer func() { c.reader = nil }()
	confirmed, r := g.checkCall(ctx, c)
	if r != nil {
		return Preview{Refusal: r}
	}
	facts := g.factsOf(ctx, c)
	if !needsConfirmation(c, confirmed) || g.opts.Mode == Off {
		return Preview{Facts: facts}
	}
	if c.Elicitor == nil && g.opts.Mode == Auto && c.Planned == nil {
		if r := g.refuseUnapproved(ctx, g.subjectOf(c, !confirmed)); r != nil {
			return Preview{Refusal: r}
		}
	}
	question, _ := g.summarise(ctx, c, !confirmed)
	summary := question.full
	if c.Elicitor == nil {
		summary = question.brief
	}
	return Preview{Confirm: true, Summary: summary, Facts: facts}
}

// needsConfirmation reports whether a person must confirm a call, whose project
// is confirmed or not.
func needsConfirmation(c *Call, confirmed bool) bool {
	return !confirmed || c.Row.Confirm != "" || c.Reveal
}

// checkCall checks a call by new reads. It returns why the call is refused, and
// whether its project is confirmed.
func (g *Guard) checkCall(ctx context.Context, c *Call) (confirmed bool, _ *Refusal) {
	c.reads = g.newReads()
	if c.reader != nil {
		c.reads.reader = c.reader
	}
	c.Warnings = nil
	isPlanned := c.Planned != nil && c.Planned.Grant == "" // to be approved, project included, before it is sent
	if c.Row.Writes() && g.opts.ReadOnly && !isPlanned {
		return false, &Refusal{
			Code:    errorcode.ReadOnly,
			Message: "this server is read-only, and " + c.Row.Tool + " would change something",
		}
	}
	var r *Refusal
	if c.ProjectID, r = g.Project(ctx, c.Principal, c.ProjectID); r != nil {
		return false, r
	}
	confirmed = true
	if c.Row.Writes() && c.grant == nil && !isPlanned { // else the question is about the project too
		var err error
		if confirmed, err = g.projectConfirmed(ctx, c); err != nil {
			return false, storeFailed(err)
		}
		if !confirmed && c.Elicitor == nil {
			return false, g.projectUnconfirmed(ctx, c.Principal, c.ProjectID, c.Row.Tool)
		}
	}
	return confirmed, g.checkRules(ctx, c)
}

// newReads are the reads of one check.
func (g *Guard) newReads() reads {
	return reads{g.opts.Reader, map[string]func() (map[string]any, error){}}
}

func refuse(r *Refusal) Verdict { return Verdict{Refuse: r} }
