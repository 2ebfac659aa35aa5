// Package guard stands between a tool call and the API, and enforces in code
// the workflow that the API's documentation asks of an agent: the project
// confirmed before the first write, ALL alone, register before verify, and a
// person's word before what can't be undone.
//
// A call comes with its arguments checked and mended. [Guard.Check] looks at
// it in this order: read-only and allowlist, then the project, then the
// refusals of the rules, then the confirmation. So nobody is asked about a call
// that would be refused, and no token is given for one. A question leaves a mark
// in the store before it goes out, which a yes removes: while it stands, no token
// and no naming of the project gets round it. After a yes the call is judged
// again, by new reads. What it lets through is sent by the caller, who reports
// the end with [Guard.Done] or [Guard.Failed].
//
// The guard reads from the API where a rule must know a state, and never writes
// to it. A read is made once for all rules of a call and for the summary that a
// person is shown; those of one call are made side by side. Rules that need none
// come first.
package guard

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/store"
)

// Mode says whose word counts as a confirmation.
type Mode string

// The modes of --confirm.
const (
	// Auto asks the person where the client can, and gives a token where it
	// can't.
	Auto Mode = "auto"
	// Human takes only the answer of a person whom the client asked.
	Human Mode = "human"
	// Off asks nobody: for scripts. It never covers the allowlist.
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
	// Realm names the API that calls go to: what is confirmed and remembered
	// for one counts for no other, though they share a store.
	Realm string
	// LocalTargets lets webhooks have targets on this machine: the API is on it
	// too.
	LocalTargets bool
	// Store keeps confirmed projects, remembered registers, spent tokens and
	// the signing key.
	Store store.Store
	// Reader reads from the API for the rules.
	Reader Reader
	Logger *slog.Logger
	// Rules look at each call; nil stands for all of them.
	Rules []Rule
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Reader reads from the API.
type Reader interface {
	// Read calls the reading tool with the arguments and returns the API's
	// answer. Its errors are *papi.Error.
	Read(ctx context.Context, projectID, tool string, args map[string]any) (map[string]any, error)
}

// Guard is safe for use by many goroutines.
type Guard struct {
	opts Options
	key  signingKey
}

// New returns a guard. It touches the store only when a call asks for it.
func New(opts Options) *Guard {
	if opts.Now == nil {
		opts.Now = time.Now
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
	// a project counts for it. "" where the principal alone counts.
	Client   string
	Elicitor Elicitor // nil where the client can't ask
	// ProjectID is the project that the call names, or "".
	ProjectID string
	// CommandLine tells that a person wrote this one call, so that naming the
	// project confirms it for the call.
	CommandLine bool
	// Args are the operation's arguments, checked and mended.
	Args map[string]any
	// Confirm is the token that the call brought, or "".
	Confirm string
	// Reveal asks for secrets unmasked, All for what stands on further pages.
	Reveal, All bool
	// RegisteredElsewhere is the person's word that a code was asked for
	// outside.
	RegisteredElsewhere bool
	// Warnings collects what the caller should know though the call goes on.
	Warnings []string
	// Confirmed is set by Check: by what a person's word came for a call that
	// goes out.
	Confirmed Confirmed

	named bool // ProjectID was written in the call
	reads reads
}

// Warn adds a warning to the call.
func (c *Call) Warn(text string) { c.Warnings = append(c.Warnings, text) }

// Verdict is what the guard says of a call; the zero value lets it through.
type Verdict struct {
	// Refuse tells why the call does not go out, or what it needs first.
	Refuse *Refusal
	// Ask must be put to the person, and the call repeated with the answer.
	Ask *Question
}

// Allowed reports whether the call goes out.
func (v Verdict) Allowed() bool { return v.Refuse == nil && v.Ask == nil }

// Refusal is why a call does not go out.
type Refusal struct {
	Code    string // stable: of a rule, or of package errorcode
	Message string
	// Resolution is what to do; "" stands for what package errorcode says of the
	// code.
	Resolution string
	Info       map[string]any
	Next       []catalog.Next
	// Confirmation is what the agent needs to go on after asking the person.
	Confirmation *Confirmation
}

// Check looks at a call. It sets ProjectID to the default project where the
// call names none, may add warnings, and asks the person where it must.
func (g *Guard) Check(ctx context.Context, c *Call) Verdict {
	c.named = c.ProjectID != ""
	confirmed, r := g.judge(ctx, c)
	if r != nil {
		return refuse(r)
	}
	if !g.asks(c, confirmed) {
		return Verdict{}
	}
	return g.confirmCall(ctx, c, !confirmed)
}

// Preview is what Check would say of a call.
type Preview struct {
	// Refusal tells why it would not go out; nil where it would, if a person
	// agrees.
	Refusal *Refusal
	// Confirm tells that a person would be asked, with the Summary.
	Confirm bool
	Summary string
}

// Preview looks at a call as Check does, and asks nobody: it makes the same
// reads, and leaves nothing behind.
func (g *Guard) Preview(ctx context.Context, c *Call) Preview {
	c.named = c.ProjectID != ""
	confirmed, r := g.judge(ctx, c)
	if r != nil {
		return Preview{Refusal: r}
	}
	if !g.asks(c, confirmed) || g.opts.Mode == Off {
		return Preview{}
	}
	if c.Elicitor == nil && g.opts.Mode == Auto {
		if r := g.refusedBefore(ctx, g.matterOf(c, !confirmed)); r != nil {
			return Preview{Refusal: r}
		}
	}
	summary, _ := g.summarise(ctx, c, !confirmed)
	return Preview{Confirm: true, Summary: summary}
}

// asks reports whether a call that nothing stands against needs a person's word.
func (g *Guard) asks(c *Call, confirmed bool) bool {
	return !confirmed || c.Row.Confirm != "" || c.Reveal
}

// judge tells what stands against a call, by reads of its own, and whether its
// project is confirmed.
func (g *Guard) judge(ctx context.Context, c *Call) (confirmed bool, _ *Refusal) {
	c.reads = reads{reader: g.opts.Reader}
	c.Warnings = nil
	if c.Row.Writes() && g.opts.ReadOnly {
		return false, &Refusal{
			Code:    errorcode.ReadOnly,
			Message: "this server only reads; " + c.Row.Tool + " would change something",
		}
	}
	var r *Refusal
	if c.ProjectID, r = g.Project(ctx, c.Principal, c.ProjectID); r != nil {
		return false, r
	}
	confirmed = true
	if c.Row.Writes() {
		var err error
		if confirmed, err = g.projectConfirmed(ctx, c); err != nil {
			return false, storeFailed(err)
		}
		if !confirmed && c.Elicitor == nil {
			return false, g.projectUnconfirmed(ctx, c)
		}
	}
	return confirmed, g.checkRules(ctx, c)
}

func refuse(r *Refusal) Verdict { return Verdict{Refuse: r} }

// storeFailed refuses because the guard can't know what it must: it fails
// closed.
func storeFailed(err error) *Refusal {
	return &Refusal{
		Code:    errorcode.StoreUnavailable,
		Message: "what the guard remembers can't be read or written: " + err.Error(),
	}
}

// Done tells the guard how a call that it let through ended: what it must
// remember is remembered. answer is the API's, nil where there is none.
func (g *Guard) Done(ctx context.Context, c *Call, answer map[string]any) error {
	ctx = context.WithoutCancel(ctx)
	switch {
	case slices.Contains(registers, c.Row.Tool):
		return g.rememberRegister(ctx, c)
	case c.Row.Tool == "whatsapp_sender_delete":
		return g.rememberDelete(ctx, c)
	case c.Row.Tool == "bundle_create", c.Row.Tool == "bundle_get":
		return g.rememberSubproject(ctx, c, answer)
	}
	return nil
}
