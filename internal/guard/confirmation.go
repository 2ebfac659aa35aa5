package guard

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Confirmation is what an agent needs to go on where the client can't ask: the
// summary to show to the person, and the token to repeat the call with.
type Confirmation struct {
	Token     string    `json:"token"`
	Summary   string    `json:"summary"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// The codes of refusals that are about a confirmation.
const (
	codeRequired    = "confirmation_required"
	codeInvalid     = "confirmation_invalid"
	codeDeclined    = "confirmation_declined"
	codeTimeout     = "confirmation_timeout"
	codeUnavailable = "confirmation_unavailable"
)

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
	m := matter{realm: g.opts.Realm, principal: c.Principal, project: c.ProjectID, tool: c.Row.Tool, args: c.Args, reveal: c.Reveal}
	if g.opts.Mode == Off {
		c.Confirmed = ByNobody
		if g.opts.Logger != nil {
			g.opts.Logger.Warn("not confirmed by anybody: --confirm off", "tool", m.tool, "project", m.project, "principal", m.principal)
		}
		return Verdict{}
	}
	look := func() { m.summary, m.facts = g.summarise(ctx, c, project) }
	look()
	if len(m.facts) > 0 {
		m.again = func() {
			c.reads.done = nil
			look()
		}
	}
	c.Confirmed = ByElicitation
	v := g.ask(ctx, c.Asker, &m)
	if v.Refuse != nil && v.Refuse.Code == codeUnavailable && g.opts.Mode != Human {
		if project {
			return refuse(g.projectUnconfirmed(c))
		}
		c.Confirmed = ByToken
		v = g.takeToken(ctx, c.Confirm, &m)
	}
	if v.Allowed() && project {
		if err := g.rememberProject(ctx, c.Principal, c.Client, c.ProjectID); err != nil {
			return refuse(storeFailed(err))
		}
	}
	return v
}

// ask puts the matter to the person, or takes the answer that the request
// brought. It refuses with codeUnavailable where nobody can be asked.
func (g *Guard) ask(ctx context.Context, asker Asker, m *matter) Verdict {
	unavailable := refuse(&Refusal{
		Code:       codeUnavailable,
		Message:    "a person must confirm this, and the client can't ask one",
		Resolution: "use a client that supports elicitation, or ask whoever runs the server to start it with --confirm auto",
		Info:       map[string]any{"summary": m.summary},
	})
	if asker == nil {
		return unavailable
	}
	state, answer, brought := asker.Answered()
	if !brought {
		var err error
		if state, _, err = g.sign(ctx, asked, m); err != nil {
			return refuse(storeFailed(err))
		}
		q := &Question{Summary: m.summary, State: state}
		if answer = asker.Ask(ctx, *q); answer == Pending {
			return Verdict{Ask: q}
		}
		if answer == Accepted && m.again != nil {
			m.again() // while the person thought, things may have changed
		}
	}
	if answer == Unavailable {
		return unavailable
	}
	reason, err := g.spend(ctx, asked, state, m)
	if err != nil {
		return refuse(storeFailed(err))
	}
	if reason != "" {
		return refuse(&Refusal{
			Code:       codeInvalid,
			Message:    "the answer does not belong to an open question about this call: " + reasonText[reason],
			Resolution: "repeat the call without an answer, to be asked anew",
			Info:       map[string]any{"reason": reason},
		})
	}
	switch answer {
	case Accepted:
		return Verdict{}
	case TimedOut:
		return refuse(&Refusal{
			Code:       codeTimeout,
			Message:    "nobody answered the question in time; nothing was sent",
			Resolution: "ask the person whether to go on, and repeat the call when they are there",
			Info:       map[string]any{"summary": m.summary},
		})
	}
	return refuse(&Refusal{
		Code:       codeDeclined,
		Message:    fmt.Sprintf("the person did not agree (%s); nothing was sent", answer),
		Resolution: "do not repeat the call unless the person asks for it",
		Info:       map[string]any{"answer": string(answer)},
	})
}

// takeToken takes the agent's token for the matter, or gives it one to show to
// the person.
func (g *Guard) takeToken(ctx context.Context, token string, m *matter) Verdict {
	r := &Refusal{
		Code:       codeRequired,
		Message:    "a person must confirm this call; nothing was sent",
		Resolution: "show confirmation.summary to the person; when they agree, repeat exactly the same call with confirm set to confirmation.token",
	}
	if token != "" {
		reason, err := g.spend(ctx, given, token, m)
		if err != nil {
			return refuse(storeFailed(err))
		}
		if reason == "" {
			return Verdict{}
		}
		r.Code = codeInvalid
		r.Message = "the confirmation token is not good for this call: " + reasonText[reason]
		r.Resolution = "show the new confirmation.summary to the person; when they agree, repeat the call with the new token"
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

// summarise says in plain words what will happen, and which facts it told that
// may change until then.
func (g *Guard) summarise(ctx context.Context, c *Call, project bool) (string, []string) {
	var s strings.Builder
	var facts []string
	if project {
		fmt.Fprintf(&s, "Work in project %s? Nobody has confirmed it yet; a yes counts %s.\n", c.ProjectID, ConfirmationCounts(c.Client))
		facts = append(facts, "the project is not confirmed")
	}
	fmt.Fprintf(&s, "%s in project %s", c.Row.Tool, c.ProjectID)
	if subject := subject(c); subject != "" {
		fmt.Fprintf(&s, ", %s", subject)
	}
	if c.Row.Confirm != "" {
		fmt.Fprintf(&s, ": %s.", c.Row.Confirm)
	}
	if more := summaries[c.Row.Tool]; c.Row.Confirm != "" && (more.tell != nil || more.show != nil) {
		told := more.text(ctx, c)
		s.WriteString("\n" + told)
		facts = append(facts, told)
	}
	if c.Reveal {
		s.WriteString("\nThe answer will show its secrets (tokens, keys) in clear text to the agent.")
	}
	return s.String(), facts
}

// subject names the thing that the call is about by its path parameters.
func subject(c *Call) string {
	var parts []string
	for _, p := range c.Row.Op().Parameters {
		if p.In == "path" && p.Name != "projectId" {
			parts = append(parts, fmt.Sprintf("%s %q", p.Name, c.Args[p.Name]))
		}
	}
	return strings.Join(parts, ", ")
}
