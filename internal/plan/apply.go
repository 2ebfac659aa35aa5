package plan

import (
	"context"
	"fmt"
	"slices"
	"time"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
)

// Target is a project that a plan changes.
type Target interface {
	Project
	// Write makes a call of a plan. Its confirmation is the grant of the plan. Errors are
	// *papi.Error: one of code plan_changed where a fact is no longer what the plan says.
	Write(ctx context.Context, approval Approval, call Call) (Written, error)
	// Now is the clock of the API.
	Now() time.Time
}

// Approval is what a person has agreed to: a plan, by its hash, with the grant for it.
type Approval struct {
	Grant string `json:"grant"`
	Hash  string `json:"hash"`
}

// Written is the result of a call.
type Written struct {
	IDs      map[string]string
	State    string
	Warnings []string
}

// Status is how a step ended.
type Status string

// The statuses of a step.
const (
	Done Status = "done"
	// Failed: the API or the guard refused it.
	Failed Status = "failed"
	// Waiting: a person has to decide or to do something first.
	Waiting Status = "waiting"
	// Open: it was not begun, or its outcome is not known yet; the plan can be continued.
	Open Status = "open"
)

// Result is how a step ended.
type Result struct {
	*Step
	Status Status
	// IDs are those of the thing, by the arguments that name it in calls; nil where no call
	// returned them.
	IDs      map[string]string
	State    string
	Warnings []string
	// Err is why a step failed, and why one is open that was begun; nil for none. What a
	// person has to do about one that waits is in its message.
	Err *papi.Error
}

// Report is how the run of a plan ended.
type Report struct {
	Hash string
	// Results are those of the steps, in their order.
	Results []Result
	// Blocked are the differences that no call of the plan removes.
	Blocked []Blocked
	// Stopped is the error after which no more steps were begun; nil where none was.
	Stopped *papi.Error
	// Again is after which time it makes sense to continue; 0 for immediately.
	Again time.Duration
}

// Count is how many steps ended with a status.
func (r *Report) Count(status Status) int {
	n := 0
	for _, result := range r.Results {
		if result.Status == status {
			n++
		}
	}
	return n
}

// Needs are the things that a person has to do, each with the step that asks for it, or with
// the difference that the plan leaves.
func (r *Report) Needs() []string {
	var needs []string
	for _, result := range r.Results {
		switch {
		case result.Status == Waiting:
			needs = append(needs, fmt.Sprintf("%s %s: %s", result.Kind, result.Key, result.Err.Message))
		case result.Status == Done && result.Person != "":
			needs = append(needs, fmt.Sprintf("%s %s: %s", result.Kind, result.Key, result.Person))
		}
	}
	for _, b := range r.Blocked {
		needs = append(needs, fmt.Sprintf("%s %s: can't %s it now: %s", b.Kind, b.Key, b.Action, b.Reason))
	}
	return needs
}

// Exit is the exit code of the command that applied the plan.
func (r *Report) Exit() errorcode.Exit {
	exit := errorcode.Done
	switch {
	case r.Count(Waiting) > 0:
		exit = errorcode.PersonNeeded
	case r.Count(Open) > 0:
		exit = errorcode.TryAgain
	case len(r.Needs()) > 0:
		exit = errorcode.PersonNeeded
	}
	for _, result := range slices.Backward(r.Results) {
		if result.Status == Failed {
			exit = errorcode.ExitFor(result.Err.Code, result.Err.Status)
		}
	}
	if r.Stopped != nil {
		exit = errorcode.ExitFor(r.Stopped.Code, r.Stopped.Status)
	}
	return exit
}

// Run applies a plan. Several may apply the same one at the same time.
type Run struct {
	Target Target
	Store  store.Entries
	// Replan plans the same file again.
	Replan func(ctx context.Context) (*Plan, error)
	// Progress, if set, is called with each step that has ended, one at a time: done of
	// total have by then.
	Progress func(done, total int, r Result)
	// Waits, if set, is called before each wait, one at a time: how long it takes, and what
	// it is for.
	Waits func(wait time.Duration, why string)
	// Until is when no more calls are begun; the zero value is no limit. What is not done
	// then can be continued.
	Until time.Time
	// Sleep waits; nil means for real. It returns the error of a context that has ended.
	Sleep func(ctx context.Context, d time.Duration) error

	record *record
	owner  Owner
	now    *Plan // the one that was made now: of the recorded one, what is left
}

const (
	// parallel is how many steps are made at the same time.
	parallel = 4
	// maxTries is how often a call is begun that the API asks to repeat later.
	maxTries = 6
	// maxRounds is how often the project is read again for calls whose outcome is not known.
	maxRounds = 3
	// settles is how long after an attempt it is certain that it had no effect where none
	// is seen: longer than a call can be on its way.
	settles = 2 * time.Minute
)

// Apply makes the calls of the plan that are left, and reports on all of its steps. The
// error is one of the store, or of planning again.
func (r *Run) Apply(ctx context.Context) (*Report, error) {
	if r.Sleep == nil {
		r.Sleep = sleep
	}
	w := newWork(r)
	if err := w.load(ctx, r.now); err != nil {
		return nil, err
	}
	for round := 1; ; round++ {
		w.do(ctx)
		if w.failure != nil {
			return nil, w.failure
		}
		again, any := w.unknown()
		if !any || w.stopped != nil || round == maxRounds || !r.begins(again) {
			break
		}
		w.waits(again, papi.Count(len(w.again), "call")+" without an answer, whose effect is looked for then")
		if r.Sleep(ctx, again) != nil {
			break
		}
		now, err := r.Replan(ctx)
		if err != nil {
			break
		}
		if err := w.compare(ctx, now); err != nil {
			return nil, err
		}
	}
	report := w.report()
	if report.Count(Done) == len(report.Results) && report.Stopped == nil {
		return report, r.record.end(context.WithoutCancel(ctx), r.Store, r.owner)
	}
	return report, nil
}

// begins reports whether there is time for a call after a wait.
func (r *Run) begins(wait time.Duration) bool {
	return r.Until.IsZero() || time.Now().Add(wait).Before(r.Until)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
