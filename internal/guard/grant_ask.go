package guard

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
)

// MaxMarked is how many calls of a plan may need a person's yes: each has its line in the
// question.
const MaxMarked = 20

// maxOfLine bounds a line of the question about a plan, in bytes.
const maxOfLine = 400

// PlanApproval is a plan that a person is asked to agree to.
type PlanApproval struct {
	Principal, Client string
	Elicitor          Elicitor // nil where the client can't ask
	// CommandLine is set where a person wrote the command that applies the plan, and Named
	// where it names the project.
	CommandLine, Named bool
	ProjectID, Hash    string
	// Does says in a line what the plan does: "3 creates, 1 delete".
	Does string
	// Marked are the calls that a person must confirm, in their order.
	Marked []MarkedCall
	// Confirm is the token that came with the call, Approve the hash that a person wrote in
	// the command in place of an answer; "" for none.
	Confirm, Approve string
}

// MarkedCall is a call of a plan that a person must confirm.
type MarkedCall struct {
	Row  *catalog.Row
	Args map[string]any
	// Facts are those of [Preview], with which the plan was made.
	Facts string
}

// Grant is a grant that was given.
type Grant struct {
	ID      string
	Expires time.Time
	// Confirmed is how the confirmation came.
	Confirmed Confirmed
}

// toolPlanApply is the tool that asks for the approval of a plan.
const toolPlanApply = "project_apply"

// ApprovePlan asks a person to agree to a plan, or takes the token or the hash that stands
// for that, and returns the grant for it. Nothing is granted for a plan whose marked calls
// are not about what they were when it was made.
func (g *Guard) ApprovePlan(ctx context.Context, p *PlanApproval) (Grant, Verdict) {
	if g.opts.ReadOnly {
		return Grant{}, refuse(&Refusal{Code: errorcode.ReadOnly, Message: "this server is read-only, and the plan would change something"})
	}
	var r *Refusal
	p.Named = p.Named && p.ProjectID != ""
	if p.ProjectID, r = g.Project(ctx, p.Principal, p.ProjectID); r != nil {
		return Grant{}, refuse(r)
	}
	if len(p.Marked) > MaxMarked {
		return Grant{}, refuse(&Refusal{
			Code:    errorcode.PlanTooLarge,
			Message: fmt.Sprintf("the plan has %d operations that a person must confirm, each on its own line; at most %d fit in a question", len(p.Marked), MaxMarked),
		})
	}
	project := &Call{Principal: p.Principal, Client: p.Client, ProjectID: p.ProjectID, CommandLine: p.CommandLine, named: p.Named}
	confirmed, err := g.projectConfirmed(ctx, project)
	if err != nil {
		return Grant{}, refuse(storeFailed(err))
	}
	byHash := p.Approve != "" && p.Approve == p.Hash
	if !confirmed {
		if r := g.refuseUnapproved(ctx, g.projectSubject(p.Principal, p.ProjectID)); r != nil && (p.Elicitor == nil || byHash) {
			return Grant{}, refuse(r)
		}
	}
	marked, s, r := g.planSubject(ctx, p, !confirmed)
	if r != nil {
		return Grant{}, refuse(r)
	}
	by, v := g.confirmPlan(ctx, p, s, byHash)
	if !v.Allowed() {
		return Grant{}, v
	}
	lasting := context.WithoutCancel(ctx)
	if s.confirmsProject && by == ByElicitation {
		if err := g.rememberProject(lasting, p.Principal, p.Client, p.ProjectID); err != nil {
			return Grant{}, refuse(storeFailed(err))
		}
	}
	granted, err := g.storeGrant(lasting, p, marked)
	if err != nil {
		return Grant{}, refuse(storeFailed(err))
	}
	granted.Confirmed = by
	return granted, Verdict{}
}

// confirmPlan spends one confirmation of the plan.
func (g *Guard) confirmPlan(ctx context.Context, p *PlanApproval, s *subject, byHash bool) (Confirmed, Verdict) {
	switch {
	case g.opts.Mode == Off:
		if g.opts.Logger != nil {
			g.opts.Logger.Warn("not confirmed by a person: --confirm off", "tool", s.tool, "project", s.project, "principal", s.principal)
		}
		return ByConfirmOff, Verdict{}
	case byHash && g.opts.Mode != Human:
		if r := g.refuseUnapproved(ctx, s); r != nil {
			return "", refuse(r)
		}
		return ByApproving, Verdict{}
	}
	v := g.ask(ctx, p.Elicitor, s)
	if v.Refuse == nil || v.Refuse.Code != errorcode.ConfirmationUnavailable || g.opts.Mode == Human {
		return ByElicitation, v
	}
	return ByToken, g.takeToken(ctx, p.Confirm, s)
}

// planSubject returns the hashes of the marked calls, with what the question says of each,
// and what the person agrees to. It refuses where something has changed since the plan
// was made.
func (g *Guard) planSubject(ctx context.Context, p *PlanApproval, project bool) (map[string]string, *subject, *Refusal) {
	s := &subject{
		realm: g.opts.Realm, principal: p.Principal, project: p.ProjectID, tool: toolPlanApply,
		args: map[string]any{"plan": p.Hash}, confirmsProject: project,
	}
	marked := map[string]string{}
	read := func() *Refusal {
		lines := []string{fmt.Sprintf("Apply the plan %s: %s?", shortHash(p.Hash), p.Does)}
		s.facts = []string{p.Does}
		if project {
			lines = append([]string{g.ProjectQuestion(p.ProjectID, p.Client) + " This project has not been confirmed yet."}, lines...)
			s.facts = append(s.facts, "the project is not confirmed")
		}
		if len(p.Marked) > 0 {
			lines = append(lines, "If you agree, each of these is done once:")
		}
		for _, m := range p.Marked {
			c := &Call{Row: m.Row, Principal: p.Principal, Client: p.Client, ProjectID: p.ProjectID, Args: m.Args}
			c.reads = g.newReads()
			text := Summaries[c.Row.Tool].sentences(ctx, c)
			facts := text.joined()
			if facts != m.Facts {
				return planChanged(c, m.Facts, facts)
			}
			lines, s.facts = append(lines, "- "+text.line()), append(s.facts, facts)
			marked[hex.EncodeToString(g.subjectOf(c, false).callHash())] = facts
		}
		lines = append(lines, fmt.Sprintf("The answer is valid for 24 hours, for this plan alone. (project %s)", Name(p.ProjectID)))
		text := strings.Join(lines, "\n")
		s.question = worded{text, text}
		return nil
	}
	s.recheck = read
	return marked, s, read()
}

// shortHash is as much of a plan's hash as people compare.
func shortHash(hash string) string { return hash[:min(len(hash), 12)] }

// line has the parts of a question on one line.
func (s sentences) line() string {
	text := strings.TrimSpace(s.ask+" "+s.name) + ". " + s.effect + " " + cmp.Or(s.brief, s.facts)
	return papi.Truncate(strings.Join(strings.Fields(text), " "), maxOfLine)
}

// joined are the parts of a question that must not change until it is sent.
func (s sentences) joined() string {
	return strings.Join([]string{s.ask, s.name, s.effect, s.facts}, "\n")
}

// factsOf is what the question about a call says now.
func (g *Guard) factsOf(ctx context.Context, c *Call) string {
	if s := Summaries[c.Row.Tool]; s != nil {
		return s.sentences(ctx, c).joined()
	}
	return ""
}
