package plan

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
)

// work is one run at work: its steps at the same time, each after those that it needs.
type work struct {
	*Run
	steps []*Step
	slots chan struct{} // one for each call that is on its way

	mu      sync.Mutex
	results []Result
	states  []progress
	// again are the steps of which a call was begun whose outcome is not known.
	again    map[int]bool
	done     int
	gate     time.Time // before which no call is begun: the API asked for that
	wait     time.Duration
	stopped  *papi.Error
	failure  error // of the store
	reported map[int]bool
}

func newWork(r *Run) *work {
	steps := slices.Clone(r.record.Plan.Steps)
	w := &work{
		Run: r, steps: steps, slots: make(chan struct{}, parallel), results: make([]Result, len(steps)), states: make([]progress, len(steps)),
		again: map[int]bool{}, reported: map[int]bool{},
	}
	for i, step := range steps {
		w.results[i] = Result{Step: step, Status: Open}
	}
	return w
}

// load reads how far the steps are, and compares them with a plan that was made now.
func (w *work) load(ctx context.Context, now *Plan) error {
	for i := range w.steps {
		state, err := w.record.readStep(ctx, w.Store, i)
		if err != nil {
			return err
		}
		w.states[i] = state
	}
	return w.compare(ctx, now)
}

// compare takes the steps that a plan which was made now lacks for done.
func (w *work) compare(ctx context.Context, now *Plan) error {
	needed := make(map[string]*Step, len(now.Steps))
	for _, step := range now.Steps {
		needed[step.ID] = step
	}
	for i, was := range w.steps {
		state, still := &w.states[i], needed[was.ID]
		if still != nil { // the same, with numbers as they were written
			w.steps[i], w.results[i].Step = still, still
		}
		if !state.Done && still == nil {
			state.Done, state.Sent = true, time.Time{}
			if err := w.save(ctx, i); err != nil {
				return err
			}
		}
		if state.Done {
			w.finish(i, Done, nil)
		}
	}
	clear(w.again)
	return nil
}

// do begins the steps that are left, and returns when none is at work.
func (w *work) do(ctx context.Context) {
	ended := make(map[string]chan struct{}, len(w.steps))
	for _, step := range w.steps {
		ended[step.ID] = make(chan struct{})
	}
	var all sync.WaitGroup
	for i, step := range w.steps {
		all.Go(func() {
			defer close(ended[step.ID])
			if w.results[i].Status != Open {
				return
			}
			for _, before := range step.After {
				if c := ended[before]; c != nil {
					<-c
				}
			}
			if e := w.missing(step); e != nil {
				w.finish(i, Open, e)
				return
			}
			w.step(ctx, i)
		})
	}
	all.Wait()
}

// missing is the error of a step that needs another one which is not done.
func (w *work) missing(step *Step) *papi.Error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, other := range w.steps {
		if w.results[i].Status != Done && slices.Contains(step.After, other.ID) {
			return &papi.Error{Code: errorcode.Cancelled, Message: "not begun: " + other.ID + " comes before it and is not done"}
		}
	}
	return nil
}

// step makes the calls of a step that are left.
func (w *work) step(ctx context.Context, i int) {
	step, state := w.steps[i], &w.states[i]
	for tries := 1; state.Calls < len(step.Calls); tries++ {
		wait, status, e := w.call(ctx, i)
		if e == nil && wait == 0 {
			tries = 0
			continue
		}
		if e != nil && (status != Open || wait == 0 || tries == maxTries) {
			w.finish(i, status, e)
			return
		}
		if !w.begins(wait) {
			w.later(wait)
			w.finish(i, Open, e)
			return
		}
		w.waits(wait, step.ID+": "+e.Message)
		if w.Sleep(ctx, wait) != nil {
			w.finish(i, Open, e)
			return
		}
	}
	w.finish(i, Done, nil)
}

// call makes the next call of a step. It returns how long to wait before it is made again,
// with the error where there was one; and how the step has ended where there is an error
// and nothing to wait for.
func (w *work) call(ctx context.Context, i int) (wait time.Duration, status Status, _ *papi.Error) {
	w.slots <- struct{}{}
	defer func() { <-w.slots }()
	if e := w.free(ctx); e != nil { // after the wait for the slot, in which a call may have ended the run
		return 0, Open, e
	}
	step, state := w.steps[i], &w.states[i]
	call := step.Calls[state.Calls]
	row := catalog.Lookup(call.Tool)
	once := row.Effect == catalog.Create && (row.Reconcile == nil || !row.Reconcile.Resend)
	if once {
		ids, wait, status, e := w.claim(ctx, step)
		switch {
		case ids != nil:
			return 0, "", w.made(ctx, i, Written{IDs: ids})
		case e != nil || wait > 0:
			return wait, status, e
		}
	}
	begunBefore := !state.Sent.IsZero()
	state.Sent = w.Target.Now()
	if err := w.save(ctx, i); err != nil {
		w.fail(err)
		return 0, Open, storeError(err)
	}
	written, err := w.Target.Write(ctx, w.record.Approval, call)
	if err == nil {
		return 0, "", w.made(ctx, i, written)
	}
	e, ok := errors.AsType[*papi.Error](err)
	if !ok {
		e = &papi.Error{Code: errorcode.InternalError, Message: err.Error()}
	}
	open := e.Info["reason"] == guard.ReasonOpen
	if e.Unknown || open || ctx.Err() != nil {
		w.setAgain(i)
		return 0, Open, e
	}
	state.Sent = time.Time{}
	if err := w.save(ctx, i); err != nil {
		w.fail(err)
		return 0, Open, storeError(err)
	}
	if once {
		if err := w.Store.Delete(context.WithoutCancel(ctx), w.owner.sentKey(step)); err != nil {
			w.fail(err)
		}
	}
	switch {
	case stops(e):
		w.stop(e)
		return 0, Open, e
	case e.Temporary():
		return w.slowDown(e), Open, e
	case begunBefore: // the first may have taken effect since the project was read
		w.setAgain(i)
		return 0, Open, e
	}
	return 0, Failed, e
}

// made records that a call of a step was made.
func (w *work) made(ctx context.Context, i int, written Written) *papi.Error {
	step, state := w.steps[i], &w.states[i]
	create := catalog.Lookup(step.Calls[state.Calls].Tool).Effect == catalog.Create
	state.Calls++
	state.Sent, state.Done = time.Time{}, state.Calls == len(step.Calls)
	state.IDs, state.State = written.IDs, written.State
	if err := w.save(ctx, i); err != nil {
		w.fail(err)
		return storeError(err)
	}
	w.mu.Lock()
	w.results[i].Warnings = append(w.results[i].Warnings, written.Warnings...)
	w.mu.Unlock()
	if create {
		if err := w.Store.Delete(context.WithoutCancel(ctx), w.owner.sentKey(step)); err != nil {
			w.fail(err)
		}
	}
	return nil
}

// claim records that a create which must not be repeated is going to be sent. Where an
// earlier one has no outcome, it looks for what that made: it returns the ids of the one
// thing, or how long to wait until it is certain that there is none.
func (w *work) claim(ctx context.Context, step *Step) (ids map[string]string, wait time.Duration, _ Status, _ *papi.Error) {
	lasting, key := context.WithoutCancel(ctx), w.owner.sentKey(step)
	now := w.Target.Now().UTC()
	stamp := []byte(now.Format(time.RFC3339Nano))
	first, failure := w.Store.Add(lasting, key, stamp, recordTTL)
	before := stamp
	if failure == nil && !first {
		before, _, failure = w.Store.Get(lasting, key)
	}
	switch {
	case failure != nil:
		w.fail(failure)
		return nil, 0, Open, storeError(failure)
	case first:
		return nil, 0, "", nil
	}
	found, err := w.find(ctx, step)
	if err != nil {
		return nil, 0, Open, err
	}
	switch len(found) {
	case 0:
	case 1:
		return found[0], 0, "", nil
	default:
		return nil, 0, Waiting, &papi.Error{
			Code:    errorcode.OutcomeUnknown,
			Message: fmt.Sprintf("%d things have this name, and one of them may be the one that the plan made: remove those that are not needed, or write the id of the right one in the file", len(found)),
			Info:    map[string]any{"candidates": found},
		}
	}
	sent, badTime := time.Parse(time.RFC3339Nano, string(before))
	if left := sent.Add(settles).Sub(now); badTime == nil && left > 0 {
		return nil, left, Open, &papi.Error{Code: errorcode.OutcomeUnknown, Message: "it was sent, and the project does not have it yet: two minutes after the attempt it is looked for again, and sent again if it is still not there"}
	}
	switch swapped, failure := w.Store.Swap(lasting, key, before, stamp, recordTTL); {
	case failure != nil:
		w.fail(failure)
		return nil, 0, Open, storeError(failure)
	case !swapped:
		return nil, settles, Open, &papi.Error{Code: errorcode.OutcomeUnknown, Message: "another process is sending it"}
	}
	return nil, 0, "", nil
}

// find returns the ids of each thing that has the identity of a step's item.
func (w *work) find(ctx context.Context, step *Step) ([]map[string]string, *papi.Error) {
	kind := LookupKind(step.Kind)
	items, err := ReadProject(ctx, w.Target, []*Kind{kind})
	if err != nil {
		e, ok := errors.AsType[*papi.Error](err)
		if !ok {
			e = &papi.Error{Code: errorcode.ReadFailed, Message: err.Error()}
		}
		return nil, e
	}
	var found []map[string]string
	for _, item := range items {
		identity := maps.Clone(item.Identity)
		delete(identity, fieldID)
		if item.Kind == kind && kind.key(identity) == step.Key {
			ids := map[string]string{}
			for name, id := range item.Target() {
				ids[name] = fmt.Sprint(id)
			}
			found = append(found, ids)
		}
	}
	return found, nil
}

// stops reports whether no other call would fare better after an error.
func stops(e *papi.Error) bool {
	switch e.Code {
	case errorcode.PlanChanged, errorcode.PlanExpired, errorcode.ConfirmationInvalid, errorcode.ReadOnly, errorcode.ProjectNotAllowed,
		errorcode.StoreUnavailable, errorcode.AuditUnavailable:
		return true
	}
	return errorcode.ExitFor(e.Code, e.Status) == errorcode.Credentials && !catalog.NoneHere(e.Code)
}

// slowDown returns how long to wait after an error that passes. Where the API limits the
// rate, no other call is begun before either.
func (w *work) slowDown(e *papi.Error) time.Duration {
	wait := max(e.RetryAfter, 5*time.Second)
	if e.Status == http.StatusTooManyRequests || e.RetryAfter > 0 {
		w.mu.Lock()
		defer w.mu.Unlock()
		if until := w.Target.Now().Add(wait); until.After(w.gate) {
			w.gate = until
		}
	}
	return wait
}

// free waits until a call may be begun, and returns an error where none may be any more.
func (w *work) free(ctx context.Context) *papi.Error {
	for {
		w.mu.Lock()
		wait, stopped := w.gate.Sub(w.Target.Now()), w.stopped != nil || w.failure != nil
		w.mu.Unlock()
		notBegun := &papi.Error{Code: errorcode.Cancelled, Message: "not begun: apply ended before it"}
		switch {
		case stopped || ctx.Err() != nil:
			return notBegun
		case !w.begins(max(wait, 0)):
			w.later(wait)
			return notBegun
		case wait <= 0:
			return nil
		}
		if w.Sleep(ctx, wait) != nil {
			return notBegun
		}
	}
}

func (w *work) save(ctx context.Context, i int) error {
	return w.record.writeStep(ctx, w.Store, i, w.states[i])
}

func (w *work) finish(i int, status Status, e *papi.Error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := &w.results[i]
	r.Status, r.Err, r.IDs, r.State = status, e, w.states[i].IDs, w.states[i].State
	if status == Open || w.reported[i] {
		return
	}
	w.reported[i] = true
	w.done++
	if w.Progress != nil {
		w.Progress(w.done, len(w.steps), *r)
	}
}

func (w *work) setAgain(i int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.again[i] = true
}

// unknown returns how long to wait until the outcome of all calls can be seen, and whether
// there are calls without one.
func (w *work) unknown() (wait time.Duration, any bool) {
	now := w.Target.Now()
	for i := range w.again {
		step := w.steps[i]
		if sent := w.states[i].Sent; !sent.IsZero() && step.Calls[w.states[i].Calls].Confirm != "" {
			wait = max(wait, sent.Add(settles+time.Second).Sub(now))
		}
	}
	if len(w.again) > 0 {
		w.later(wait)
	}
	return wait, len(w.again) > 0
}

// waits reports a wait that a person notices, one at a time.
func (w *work) waits(wait time.Duration, why string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.Waits != nil && wait >= time.Second {
		w.Waits(wait, why)
	}
}

func (w *work) later(wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wait = max(w.wait, wait)
}

func (w *work) stop(e *papi.Error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped == nil {
		w.stopped = e
	}
}

func (w *work) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failure == nil {
		w.failure = err
	}
}

func storeError(err error) *papi.Error {
	return &papi.Error{Code: errorcode.StoreUnavailable, Message: "the store can't be read or written: " + err.Error(), Err: err}
}

func (w *work) report() *Report {
	r := &Report{Hash: w.record.Hash, Results: w.results, Stopped: w.stopped, Blocked: w.now.Blocked}
	if r.Count(Open) > 0 {
		r.Again = w.wait
	}
	return r
}
