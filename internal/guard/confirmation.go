package guard

import (
	"context"
	"fmt"
	"slices"
	"time"

	"papi-mcp/internal/errorcode"
)

// Confirmation is what an agent needs to continue where the client can't ask: the
// summary to show to the person, and the token to repeat the call with.
type Confirmation struct {
	Token     string    `json:"token"`
	Summary   string    `json:"summary"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// Confirmed says how a confirmation came.
type Confirmed string

// The ways of a confirmation.
const (
	ByElicitation Confirmed = "elicitation"
	ByToken       Confirmed = "token"
	// ByNaming: the project, named in project_confirm where the client can't ask.
	ByNaming Confirmed = "named"
	// ByCommandLine: the project, written in the command; for nothing else.
	ByCommandLine Confirmed = "command_line"
	// ByConfirmOff: --confirm off; no person was asked.
	ByConfirmOff Confirmed = "off"
	// ByApproving: a plan, whose hash a person wrote in the command.
	ByApproving Confirmed = "approve"
	// ByPlan: a call of a plan that a person has agreed to.
	ByPlan Confirmed = "plan"
)

// confirmCall has the person confirm a call, and its project where that is not
// confirmed yet: one question for both.
func (g *Guard) confirmCall(ctx context.Context, c *Call, project bool) Verdict {
	s := g.subjectOf(c, project)
	if g.opts.Mode == Off {
		c.Confirmed = ByConfirmOff
		if g.opts.Logger != nil {
			g.opts.Logger.Warn("not confirmed by a person: --confirm off", "tool", s.tool, "project", s.project, "principal", s.principal)
		}
		return Verdict{}
	}
	s.question, s.facts = g.summarise(ctx, c, project)
	s.recheck = func() *Refusal {
		confirmed, r := g.checkCall(ctx, c)
		if r == nil {
			// A project whose confirmation has ended meanwhile is a fact that
			// the person was not shown.
			s.question, s.facts = g.summarise(ctx, c, project || !confirmed)
		}
		return r
	}
	c.Confirmed = ByElicitation
	v := g.ask(ctx, c.Elicitor, s)
	if v.Refuse != nil && v.Refuse.Code == errorcode.ConfirmationUnavailable && g.opts.Mode != Human {
		if project {
			return refuse(g.projectUnconfirmed(ctx, c.Principal, c.ProjectID, c.Row.Tool))
		}
		c.Confirmed = ByToken
		v = g.takeToken(ctx, c.Confirm, s)
	}
	if v.Allowed() && project {
		if err := g.rememberProject(ctx, c.Principal, c.Client, c.ProjectID); err != nil {
			return refuse(storeFailed(err))
		}
	}
	return v
}

// subjectOf is what a person agrees to with a call, and with its project where
// that is not confirmed yet.
func (g *Guard) subjectOf(c *Call, project bool) *subject {
	args := canonical(c.Row.Op(), c.Args)
	if c.Row.Tool == "bundle_create" {
		sameBundle(args)
	}
	return &subject{
		realm: g.opts.Realm, principal: c.Principal, project: c.ProjectID, tool: c.Row.Tool, args: args,
		own:             ownArgs{Reveal: c.Reveal, All: c.All, RegisteredElsewhere: c.RegisteredElsewhere, IgnoreLint: slices.Sorted(slices.Values(c.IgnoreLint))},
		confirmsProject: project,
	}
}

// ask puts the question about the subject to the person, or takes the answer
// that came with the request. It refuses with
// [errorcode.ConfirmationUnavailable] where the client can't ask.
func (g *Guard) ask(ctx context.Context, elicitor Elicitor, s *subject) Verdict {
	unavailable := refuse(&Refusal{
		Code:    errorcode.ConfirmationUnavailable,
		Message: "a person must confirm this, and the client can't ask one",
		Info:    map[string]any{"summary": s.question.brief},
		Next:    nextDo("then make the same call again"),
	})
	if elicitor == nil {
		return unavailable
	}
	// What is asked and answered is recorded though the caller goes away.
	lasting := context.WithoutCancel(ctx)
	state, answer, answered := elicitor.Answered()
	var stale *Refusal
	if !answered {
		if ctx.Err() != nil { // the caller is gone: the person is not asked
			return refuse(notAsked())
		}
		var err error
		if state, _, err = g.sign(ctx, questionState, s); err != nil {
			return refuse(storeFailed(err))
		}
		record, err := g.recordQuestion(lasting, s, state)
		if err != nil {
			return refuse(storeFailed(err))
		}
		q := &Question{Summary: s.question.full, State: state}
		switch answer = elicitor.Ask(ctx, *q); answer {
		case Pending:
			return Verdict{Ask: q}
		case Unavailable:
			if err := g.withdrawQuestion(lasting, record); err != nil {
				return refuse(storeFailed(err))
			}
			return unavailable
		case Accepted:
			if s.recheck != nil {
				stale = s.recheck() // while the person thought, things may have changed
			}
		}
	}
	token, reason, err := g.open(lasting, questionState, state, s)
	if err == nil && reason == "" {
		// A yes is valid only while what the person was shown is so; any other
		// answer ends the question, whatever has changed.
		if answer == Accepted && stale == nil {
			reason, err = g.use(lasting, token, s)
		} else {
			reason, err = g.markUsed(lasting, token, s)
		}
	}
	if err == nil && (reason == "" || reason == reasonChanged) {
		err = g.recordAnswer(lasting, s, state, token.end.Add(-tokenTTL), answer)
	}
	switch {
	case err != nil && answer != Accepted && !answered: // it stays recorded as an open question
		return refuse(notAgreed(answer, s))
	case err != nil:
		return refuse(storeFailed(err))
	case reason != "" && reason != reasonChanged:
		return refuse(notOpen(reason))
	case answer != Accepted:
		return refuse(notAgreed(answer, s))
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
		Resolution: "make the same call again, without an answer: the person is asked again",
		Info:       map[string]any{"reason": reason},
	}
	if reason == reasonChanged {
		r.Message = "what the person was shown has changed since they were asked; nothing was sent"
		r.Resolution = "make the same call again: the person is then asked about the current state"
	}
	r.Next = nextDo(asResolved)
	return r
}

// Next steps that no tool does.
const (
	sayNothingSent = "continue with what the person asks for"
	asResolved     = "follow the resolution"
)

// notAgreed refuses because the question that was just asked got no yes.
func notAgreed(answer Answer, s *subject) *Refusal {
	if answer == TimedOut {
		return &Refusal{
			Code:    errorcode.ConfirmationTimeout,
			Message: "the question was not answered in time; nothing was sent",
			Info:    map[string]any{"summary": s.question.brief},
			Next:    nextDo(asResolved),
		}
	}
	return &Refusal{
		Code:    errorcode.ConfirmationDeclined,
		Message: fmt.Sprintf("the person did not agree (%s); nothing was sent", answer),
		Info:    map[string]any{"answer": string(answer)},
		Next:    nextDo(sayNothingSent),
	}
}

// notAsked refuses because the call ended before its question was sent.
func notAsked() *Refusal {
	return &Refusal{
		Code:       errorcode.ConfirmationTimeout,
		Message:    "the call ended before the person was asked; nothing was sent",
		Resolution: "make the same call again: the person is then asked",
		Next:       nextDo(asResolved),
	}
}

// takeToken takes the agent's token for the subject, or returns one to show to
// the person; it does neither while a question about it is recorded without a
// yes.
func (g *Guard) takeToken(ctx context.Context, token string, s *subject) Verdict {
	reason := ""
	if token != "" {
		opened, why, err := g.open(ctx, agentToken, token, s)
		if err == nil && why == "" {
			why, err = g.use(ctx, opened, s)
		}
		if err != nil {
			return refuse(storeFailed(err))
		}
		reason = why
	}
	// After the token is marked as used: it ends before the record does.
	if r := g.refuseUnapproved(ctx, s); r != nil {
		return refuse(r)
	}
	r := &Refusal{
		Code:    errorcode.ConfirmationRequired,
		Message: "a person must confirm this call; nothing was sent",
	}
	switch {
	case reason != "":
		r.Code = errorcode.ConfirmationInvalid
		r.Message = "the token is not valid: " + reasonText[reason]
		r.Info = map[string]any{"reason": reason}
	case token != "":
		return Verdict{}
	}
	fresh, end, err := g.sign(ctx, agentToken, s)
	if err != nil {
		return refuse(storeFailed(err))
	}
	r.Confirmation = &Confirmation{Token: fresh, Summary: s.question.brief, ExpiresAt: end.UTC()}
	return refuse(r)
}

var reasonText = map[string]string{
	reasonExpired: "it has expired",
	reasonUsed:    "it was used before",
	reasonOther:   "it was issued for another call, or for another caller",
	reasonChanged: "what was shown has changed since",
}
