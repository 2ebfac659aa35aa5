package guard

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
)

// Confirmation is what an agent needs to go on where the client can't ask: the
// summary to show to the person, and the token to repeat the call with.
type Confirmation struct {
	Token     string    `json:"token"`
	Summary   string    `json:"summary"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// Confirmed is by what a person's word came.
type Confirmed string

// The ways of a person's word.
const (
	ByElicitation Confirmed = "elicitation"
	ByToken       Confirmed = "token"
	// ByNaming: the project, named in project_confirm where the client can't ask.
	ByNaming Confirmed = "named"
	// ByCommandLine: the project, written in the command; for nothing else.
	ByCommandLine Confirmed = "command_line"
	// ByNobody: --confirm off.
	ByNobody Confirmed = "off"
)

// confirmCall asks for the person's word on a call, and on its project where
// that is not confirmed yet: one question for both.
func (g *Guard) confirmCall(ctx context.Context, c *Call, project bool) Verdict {
	m := g.matterOf(c, project)
	if g.opts.Mode == Off {
		c.Confirmed = ByNobody
		if g.opts.Logger != nil {
			g.opts.Logger.Warn("not confirmed by anybody: --confirm off", "tool", m.tool, "project", m.project, "principal", m.principal)
		}
		return Verdict{}
	}
	look := func(project bool) { m.summary, m.facts = g.summarise(ctx, c, project) }
	look(project)
	m.again = func() *Refusal {
		confirmed, r := g.judge(ctx, c)
		if r == nil {
			// A project whose confirmation has ended meanwhile is a fact that
			// the person was not told.
			look(project || !confirmed)
		}
		return r
	}
	c.Confirmed = ByElicitation
	v := g.ask(ctx, c.Elicitor, m)
	if v.Refuse != nil && v.Refuse.Code == errorcode.ConfirmationUnavailable && g.opts.Mode != Human {
		if project {
			return refuse(g.projectUnconfirmed(ctx, c))
		}
		c.Confirmed = ByToken
		v = g.takeToken(ctx, c.Confirm, m)
	}
	if v.Allowed() && project {
		if err := g.rememberProject(ctx, c.Principal, c.Client, c.ProjectID); err != nil {
			return refuse(storeFailed(err))
		}
	}
	return v
}

// matterOf is what a person agrees to with a call, and with its project where
// that is not confirmed yet.
func (g *Guard) matterOf(c *Call, project bool) *matter {
	args := canonical(c.Row.Op(), c.Args)
	if c.Row.Tool == "bundle_create" {
		sameBundle(args)
	}
	return &matter{
		realm: g.opts.Realm, principal: c.Principal, project: c.ProjectID, tool: c.Row.Tool, args: args,
		own:             ownArgs{Reveal: c.Reveal, All: c.All, RegisteredElsewhere: c.RegisteredElsewhere},
		confirmsProject: project,
	}
}

// ask puts the matter to the person, or takes the answer that the request
// brought. It refuses with errorcode.ConfirmationUnavailable where nobody can be asked.
func (g *Guard) ask(ctx context.Context, elicitor Elicitor, m *matter) Verdict {
	unavailable := refuse(&Refusal{
		Code:    errorcode.ConfirmationUnavailable,
		Message: "a person must confirm this, and the client can't ask one",
		Info:    map[string]any{"summary": m.summary},
		Next:    []catalog.Next{doNext("the person uses a client that can ask them, or has whoever runs the server start it with --confirm auto; then make the same call again")},
	})
	if elicitor == nil {
		return unavailable
	}
	// What is asked and answered is remembered though the caller goes away.
	kept := context.WithoutCancel(ctx)
	state, answer, brought := elicitor.Answered()
	var stale *Refusal
	if !brought {
		if ctx.Err() != nil { // nobody is asked for a caller who is gone
			return refuse(unasked())
		}
		var err error
		if state, _, err = g.sign(ctx, asked, m); err != nil {
			return refuse(storeFailed(err))
		}
		left, err := g.mark(kept, m, state)
		if err != nil {
			return refuse(storeFailed(err))
		}
		q := &Question{Summary: m.summary, State: state}
		switch answer = elicitor.Ask(ctx, *q); answer {
		case Pending:
			return Verdict{Ask: q}
		case Unavailable:
			if err := g.unmark(kept, left); err != nil {
				return refuse(storeFailed(err))
			}
			return unavailable
		case Accepted:
			if m.again != nil {
				stale = m.again() // while the person thought, things may have changed
			}
		}
	}
	o, reason, err := g.open(kept, asked, state, m)
	if err == nil && reason == "" {
		// A yes is only good while what the person was told is so; any other
		// answer ends the question, whatever has become of that.
		if answer == Accepted && stale == nil {
			reason, err = g.use(kept, o, m)
		} else {
			reason, err = g.burn(kept, o, m)
		}
	}
	if err == nil && (reason == "" || reason == reasonChanged) {
		err = g.answered(kept, m, state, o.end.Add(-tokenTTL), answer)
	}
	switch {
	case err != nil && answer != Accepted && !brought: // its mark stands as an open question's
		return refuse(unagreed(answer, m))
	case err != nil:
		return refuse(storeFailed(err))
	case reason != "" && reason != reasonChanged:
		return refuse(notOpen(reason))
	case answer != Accepted:
		return refuse(unagreed(answer, m))
	case stale != nil:
		return refuse(stale)
	case reason != "":
		return refuse(notOpen(reason))
	}
	return Verdict{}
}

// notOpen refuses an answer that belongs to no open question, or to one about
// something that has changed since.
func notOpen(reason string) *Refusal {
	r := &Refusal{
		Code:       errorcode.ConfirmationInvalid,
		Message:    "the answer does not belong to an open question about this call: " + reasonText[reason],
		Resolution: "repeat the call without an answer, to be asked anew",
		Info:       map[string]any{"reason": reason},
		Next:       []catalog.Next{doNext("make the same call again, without an answer: the person is asked anew")},
	}
	if reason == reasonChanged {
		r.Message = "what the person was told has changed since they were asked; nothing was sent"
		r.Resolution = "repeat the call: the person is asked about how things are now"
		r.Next = []catalog.Next{doNext("make the same call again: the person is asked about how things are now")}
	}
	return r
}

// unagreed refuses because the question just put got no yes.
func unagreed(answer Answer, m *matter) *Refusal {
	if answer == TimedOut {
		return &Refusal{
			Code:    errorcode.ConfirmationTimeout,
			Message: "nobody answered the question in time; nothing was sent",
			Info:    map[string]any{"summary": m.summary},
			Next:    []catalog.Next{doNext("ask the person whether to go on; when they are there, make the same call again")},
		}
	}
	return &Refusal{
		Code:    errorcode.ConfirmationDeclined,
		Message: fmt.Sprintf("the person did not agree (%s); nothing was sent", answer),
		Info:    map[string]any{"answer": string(answer)},
		Next:    []catalog.Next{doNext("tell the person that nothing was sent, and go on with what they ask for")},
	}
}

// unasked refuses because the call ended before its question went out.
func unasked() *Refusal {
	return &Refusal{
		Code:       errorcode.ConfirmationTimeout,
		Message:    "the call ended before the person was asked; nothing was sent",
		Resolution: "make the same call again: the person is asked then",
		Next:       []catalog.Next{doNext("make the same call again: the person is asked then")},
	}
}

// doNext is something to do next that no tool does.
func doNext(do string) catalog.Next {
	return catalog.Next{Do: do, Args: map[string]any{}, Needs: []string{}}
}

// takeToken takes the agent's token for the matter, or gives it one to show to
// the person; neither while a question about it stands without a yes.
func (g *Guard) takeToken(ctx context.Context, token string, m *matter) Verdict {
	reason := reasonNone
	if token != "" {
		var err error
		if reason, err = g.spend(ctx, given, token, m); err != nil {
			return refuse(storeFailed(err))
		}
	}
	// Looked at after the token was spent: it ends before the mark does.
	if r := g.refusedBefore(ctx, m); r != nil {
		return refuse(r)
	}
	r := &Refusal{
		Code:    errorcode.ConfirmationRequired,
		Message: "a person must confirm this call; nothing was sent",
	}
	switch reason {
	case "":
		return Verdict{}
	case reasonNone:
	default:
		r.Code = errorcode.ConfirmationInvalid
		r.Message = "the confirmation token is not good for this call: " + reasonText[reason]
		r.Info = map[string]any{"reason": reason}
	}
	fresh, end, err := g.sign(ctx, given, m)
	if err != nil {
		return refuse(storeFailed(err))
	}
	r.Confirmation = &Confirmation{Token: fresh, Summary: m.summary, ExpiresAt: end.UTC()}
	return refuse(r)
}

var reasonText = map[string]string{
	reasonExpired: "it has expired",
	reasonSpent:   "it was used before",
	reasonOther:   "it was given for another call, or by somebody else",
	reasonChanged: "what the person was told has changed since",
}

// summarise words the question about a call, and returns the facts in it that
// may change until the answer.
func (g *Guard) summarise(ctx context.Context, c *Call, project bool) (summary string, facts []string) {
	var lines []string
	if project {
		lines = append(lines, fmt.Sprintf("Work in project %s? It has not been confirmed here yet; a yes counts for 12 hours, for %s.", Name(c.ProjectID), CountsFor(c.Client)))
		facts = append(facts, "the project is not confirmed")
	}
	ids, last := []string{c.Row.Tool}, ""
	for _, p := range c.Row.Op().Parameters {
		if p.In == "path" && p.Name != "projectId" {
			last = Name(fmt.Sprint(c.Args[p.Name]))
			ids = append(ids, p.Name+" "+last)
		}
	}
	var text sentences
	switch s := summaries[c.Row.Tool]; {
	case s != nil:
		text = s.sentences(ctx, c)
		facts = append(facts, text.ask, text.name, text.effect, text.facts)
	case !c.Reveal:
		return strings.Join(append(lines, "The first change in it is "+strings.Join(ids, ", ")+"."), "\n"), facts
	case last == "":
		text.ask = "Show secrets to the agent"
	default:
		text.ask = "Show the agent the secrets of"
	}
	lines = append(lines, strings.TrimSpace(text.ask+" "+or(text.name, last))+"?", text.effect)
	if c.Reveal {
		pages := ""
		if c.All {
			pages = ", on all pages of the list"
		}
		lines = append(lines, "The answer will show its secrets (tokens, keys) in clear text to the agent"+pages+".")
	}
	lines = append(lines, text.facts, fmt.Sprintf("(%s, project %s)", strings.Join(ids, ", "), Name(c.ProjectID)))
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == "" }), "\n"), facts
}
