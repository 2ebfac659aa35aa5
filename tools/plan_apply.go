package tools

import (
	"context"
	"errors"
	"time"

	"papi-mcp/internal/audit"
	"papi-mcp/internal/deadline"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/plan"
)

// Apply says which plan is applied, and how it is approved.
type Apply struct {
	ProjectID string
	// Refs resolve the references to secrets.
	Refs plan.Options
	// Make makes the plan, of a file that does not change meanwhile.
	Make func(ctx context.Context, p plan.Project) (*plan.Plan, error)
	// Hash is that of the plan that was asked for, and Was that plan where it is known: any
	// other one is refused. "" applies the plan as it is now.
	Hash string
	Was  *plan.Plan
	// Confirm is the token that came with the call, Approve the hash that a person wrote in
	// the command; "" for none. Named is set where the command names the project.
	Confirm, Approve string
	Named            bool
	// Bounded ends the run in time for the answer of a call: it can be continued.
	Bounded bool
	// Show, if set, is called with the plan before a person is asked, and with that of an
	// interrupted run which continues, with the time at which it was approved.
	Show func(p *plan.Plan, approved time.Time)
	// Progress, if set, is called with each step that has ended.
	Progress func(done, total int, r plan.Result)
	// Waits, if set, is called before a wait: how long it takes, and what it is for.
	Waits func(wait time.Duration, why string)
	// Arguments are those of the call, for the audit log.
	Arguments map[string]any
}

// Applied is how a plan was applied.
type Applied struct {
	Plan *plan.Plan
	// Report is nil where the plan was not begun: a person has to be asked, or an error.
	Report *plan.Report
	// Question must be put to the person, and the call repeated with the answer.
	Question *guard.Question
	Warnings []string
}

// timeToEnd is how long before the deadline of a call no more calls of a plan are begun.
const timeToEnd = 15 * time.Second

// Apply applies a plan: it is made, approved as one, and then its calls are made by
// the guard. A run of it that was interrupted continues without another approval.
func (s *Set) Apply(ctx context.Context, caller Caller, a Apply) (Applied, *Error) {
	var done Applied
	projectID, r := s.opts.Guard.Project(ctx, caller.Principal, a.ProjectID)
	if r != nil {
		return done, refused(r)
	}
	if s.opts.Audit != nil {
		if err := s.opts.Audit.Ready(ctx); err != nil {
			return done, unaudited(err)
		}
	}
	target := s.newTarget(caller, projectID, a.Refs)
	replan := func(ctx context.Context) (*plan.Plan, error) { return a.Make(ctx, target) }
	p, err := replan(ctx)
	if err != nil {
		return done, planError(err)
	}
	done.Plan = p
	owner := plan.Owner{Realm: s.opts.Realm, Principal: caller.Principal, ProjectID: projectID}
	run, differs, err := plan.Continue(ctx, s.opts.Store, owner, p, a.Hash, s.isApproved(ctx, owner))
	switch {
	case err != nil:
		return done, storeUnavailable(err)
	case run != nil:
		done.Plan = run.Plan()
		a.show(run.Plan(), run.Begun())
	case len(p.Steps) == 0:
		a.show(p, time.Time{})
		done.Report = &plan.Report{Hash: p.Hash, Blocked: p.Blocked}
		return done, nil
	case a.Hash != "" && a.Hash != p.Hash:
		if differs == nil && a.Was != nil {
			differs = a.Was.Differences(p)
		}
		return done, otherPlan(p, differs)
	default:
		a.show(p, time.Time{})
		approval, question, e := s.approve(ctx, caller, target, &a, &done)
		if e != nil || question != nil {
			done.Question = question
			return done, e
		}
		if run, err = plan.Begin(ctx, s.opts.Store, owner, p, approval, s.opts.Now()); err != nil {
			return done, storeUnavailable(err)
		}
	}
	run.Target, run.Replan, run.Progress, run.Waits, run.Sleep = target, replan, a.Progress, a.Waits, s.sleep
	if a.Bounded {
		bound, cancel := deadline.Bound(ctx)
		ends, _ := bound.Deadline()
		cancel()
		run.Until = ends.Add(-timeToEnd)
	}
	if done.Report, err = run.Apply(ctx); err != nil {
		return done, storeUnavailable(err)
	}
	return done, nil
}

func (a *Apply) show(p *plan.Plan, approved time.Time) {
	if a.Show != nil {
		a.Show(p, approved)
	}
}

// isApproved returns a function that reports whether an approval is still valid.
func (s *Set) isApproved(ctx context.Context, owner plan.Owner) func(plan.Approval) (bool, error) {
	return func(approval plan.Approval) (bool, error) {
		valid, r := s.opts.Guard.Granted(ctx, owner.Principal, owner.ProjectID, guard.PlannedCall{Grant: approval.Grant, Hash: approval.Hash})
		if r != nil {
			return false, errors.New(r.Message)
		}
		return valid, nil
	}
}

// approve has a person agree to the plan, and leaves a line in the audit log.
func (s *Set) approve(ctx context.Context, caller Caller, target *planTarget, a *Apply, done *Applied) (plan.Approval, *guard.Question, *Error) {
	p := done.Plan
	marked, err := target.marked(p)
	if err != nil {
		return plan.Approval{}, nil, planError(err)
	}
	grant, v := s.opts.Guard.ApprovePlan(ctx, &guard.PlanApproval{
		Principal: caller.Principal, Client: caller.Client, Elicitor: caller.Elicitor, CommandLine: caller.CommandLine, Named: a.Named,
		ProjectID: target.project, Hash: p.Hash, Does: p.Summary(), Marked: marked, Confirm: a.Confirm, Approve: a.Approve,
	})
	line := s.entry(caller, target.project, toolPlanApply, v)
	line.Arguments, line.Confirmed, line.Plan = a.Arguments, string(grant.Confirmed), p.Hash
	if e := s.recordApproval(ctx, done, line, v); e != nil {
		return plan.Approval{}, nil, e
	}
	if v.Ask != nil || v.Refuse == nil {
		return plan.Approval{Grant: grant.ID, Hash: p.Hash}, v.Ask, nil
	}
	return plan.Approval{}, nil, refused(v.Refuse)
}

// recordApproval leaves the line about an approval, or its refusal. Without the line of an
// approval nothing is sent.
func (s *Set) recordApproval(ctx context.Context, done *Applied, line audit.Entry, v guard.Verdict) *Error {
	if !v.Allowed() || s.opts.Audit == nil {
		s.record(ctx, &done.Warnings, line, "about this call")
		return nil
	}
	if err := s.write(ctx, line); err != nil {
		return unaudited(err)
	}
	return nil
}

// otherPlan refuses to apply another plan than the one that was asked for.
func otherPlan(p *plan.Plan, differs []string) *Error {
	const shown = 10
	info := map[string]any{"hash": p.Hash}
	if more := len(differs) - shown; more > 0 {
		differs, info["more"] = differs[:shown], more
	}
	if len(differs) > 0 {
		info["differs"] = differs
	}
	return &Error{
		Code: errorcode.PlanChanged, Message: "the plan that is made now differs from the plan to apply; nothing was sent", Info: info,
	}
}

func storeUnavailable(err error) *Error {
	if e, ok := errors.AsType[*papi.Error](err); ok {
		return planError(e)
	}
	return &Error{Code: errorcode.StoreUnavailable, Message: "the store of plans can't be read or written: " + err.Error()}
}
