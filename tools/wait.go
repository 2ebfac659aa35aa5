package tools

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/deadline"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/wait"
)

// toolWait is the tool that waits for the end of changes.
const toolWait = "wait"

// defaultWait is how long a wait lasts unless it says otherwise: several clients end a
// call after 60 s.
const defaultWait = 45 * time.Second

// progressInterval is the time between two notifications of progress.
const progressInterval = 10 * time.Second

// firstReads is how long a wait that has seen a change continues until it has read the
// other things too.
const firstReads = 2 * time.Second

// lastReadsBefore is how long before its end a wait has everything read once more: the
// pauses between the reads grow, and a result should not be older than need be.
const lastReadsBefore = 3 * time.Second

// untilChanged is the value of until for a wait that ends with the first change.
const untilChanged = "changed"

// wait follows things until all have settled, or one has changed, or the time is over. It
// always ends with a result.
func (s *Set) wait(ctx context.Context, caller *Caller, args *waitArgs) Outcome {
	things, refused := s.mayFollow(ctx, caller, args)
	if refused != nil {
		return *refused
	}
	leave, ok := s.opts.Waits.Enter(caller.Principal)
	if !ok {
		return tooManyWaits().outcome()
	}
	defer leave()
	caller.waits()

	timeout := cmp.Or(time.Duration(args.Timeout)*time.Second, defaultWait)
	began := time.Now()
	on := observer{stopping: caller.Stopping}
	if caller.Progress != nil {
		on.progress = func() { caller.Progress(progressOf(things, time.Since(began), timeout)) }
	}
	s.follow(ctx, things, args.Until == untilChanged, began.Add(timeout), on)
	select {
	case <-caller.Stopping: // no time for more reads
	default:
		s.findSince(ctx, things)
	}
	return s.waited(ctx, caller.Principal, things)
}

// mayFollow returns the things of a wait, or the outcome of one that is refused.
func (s *Set) mayFollow(ctx context.Context, caller *Caller, args *waitArgs) ([]*followed, *Outcome) {
	things, violations := s.toFollow(args.For, args.ProjectID)
	if len(violations) > 0 {
		return nil, new(invalidArguments(violations).outcome())
	}
	for _, f := range things {
		if refusal := s.mayRead(ctx, caller, f); refusal != nil {
			return nil, new(s.refuseProject(ctx, *caller, toolWait, f.call.own.project, refusal))
		}
	}
	if e := s.readCursor(ctx, caller.Principal, args.Cursor, things); e != nil {
		return nil, new(e.outcome())
	}
	return things, nil
}

func tooManyWaits() *Error {
	return &Error{
		Code:       errorcode.TooManyWaits,
		Message:    fmt.Sprintf("too many calls of wait are open: at most %d of each caller, and %d of all", wait.MaxWaitsPerPrincipal, wait.MaxWaits),
		Resolution: errorcode.Do(errorcode.TooManyWaits),
	}
}

// mayRead settles the project of a thing, and reports why the caller may not read it.
// The guard does not look at each of the reads that follow: its answer would be the same.
func (s *Set) mayRead(ctx context.Context, caller *Caller, f *followed) *guard.Refusal {
	gc := &guard.Call{Row: f.row, Principal: caller.Principal, Client: caller.Client, CommandLine: caller.CommandLine, ProjectID: f.call.own.project, Args: f.call.args}
	if v := s.opts.Guard.Check(ctx, gc); v.Refuse != nil {
		return v.Refuse
	}
	f.project = gc.ProjectID
	return nil
}

// read reads a thing once. It is a call of its own, with its own deadline; the poller
// decides when to try again.
func (s *Set) read(ctx context.Context, f *followed) (any, error) {
	ctx, cancel := deadline.Bound(papi.Once(deadline.Start(ctx, deadline.Timeout)))
	defer cancel()
	sent, err := dispatch.Send(ctx, s.opts.API, f.row, f.project, f.call.args)
	if err != nil {
		return nil, err
	}
	condition := conditionOf(f.row.Resource, sent.Answer)
	condition.speed = s.opts.Speed
	return closed(condition, s.now(sent)), nil
}

// observer is informed while things are followed. Each of its fields may be nil.
type observer struct {
	saw      func(f *followed, r wait.Reading, changed bool) // each reading of a thing
	progress func()                                          // every progressInterval
	stopping <-chan struct{}                                 // closed when the server stops
}

// follow reads the things until it is over: all have settled, or one has changed where
// that is what the caller waits for; the time ends has come, if it is not zero; ctx ends,
// or the server stops. It reports whether one has changed.
func (s *Set) follow(ctx context.Context, things []*followed, untilChange bool, ends time.Time, on observer) (changed bool) {
	ready := make(chan struct{}, 1)
	queue, unqueue := s.queueEvents(ctx) // before the first reads, so that no event is missed between
	defer unqueue()
	followers := s.followAll(ctx, things, ready)
	defer closeAll(followers)
	var due, progress, seenChange <-chan time.Time // of the last reads, then of the end; some time after the first change
	if !ends.IsZero() {
		due = time.After(time.Until(ends) - lastReadsBefore)
	}
	if on.progress != nil {
		ticker := time.NewTicker(progressInterval)
		defer ticker.Stop()
		progress = ticker.C
	}
	readLast := false
	for {
		select {
		case <-ready:
			if takeNew(things, followers, on.saw) && !changed {
				changed, seenChange = true, time.After(firstReads)
			}
			if isOver(things, untilChange, changed) {
				return changed
			}
		case <-queue.woken:
			wake(queue, things, followers)
		case <-seenChange:
			if untilChange {
				return changed
			}
		case <-due:
			if readLast {
				return changed
			}
			readLast, due = true, time.After(time.Until(ends))
			refreshAll(followers)
		case <-progress:
			on.progress()
		case <-ctx.Done():
			return changed
		case <-on.stopping:
			return changed
		}
	}
}

// followAll begins to follow the things. Those who share credentials share the reads.
func (s *Set) followAll(ctx context.Context, things []*followed, ready chan<- struct{}) []*wait.Follower {
	all := make([]*wait.Follower, len(things))
	for i, f := range things {
		key := wait.Key{Source: s.opts.API, Thing: f.key()}
		f.reported = s.opts.Events.reports(ctx, s.opts.Tenant, f.project, f.row.Resource)
		all[i] = s.opts.Poller.Follow(key, func(ctx context.Context) (any, error) { return s.read(ctx, f) }, ready, f.reported)
	}
	return all
}

func refreshAll(followers []*wait.Follower) {
	for _, follower := range followers {
		follower.Refresh()
	}
}

func closeAll(followers []*wait.Follower) {
	for _, follower := range followers {
		follower.Close()
	}
}

// takeNew notes the new readings, and reports whether one shows a change.
func takeNew(things []*followed, followers []*wait.Follower, saw func(*followed, wait.Reading, bool)) (changed bool) {
	for i, f := range things {
		r, ok := followers[i].New()
		if !ok {
			continue
		}
		isChange := f.take(r)
		changed = changed || isChange
		if saw != nil {
			saw(f, r, isChange)
		}
	}
	return changed
}

// isOver reports whether there is nothing to wait for any more.
func isOver(things []*followed, untilChange, changed bool) bool {
	switch {
	case every(things, func(f *followed) bool { return f.gone }):
		return true
	case untilChange:
		return changed && every(things, (*followed).read)
	}
	return every(things, (*followed).settled)
}

func every(things []*followed, is func(*followed) bool) bool {
	return !slices.ContainsFunc(things, func(f *followed) bool { return !is(f) })
}

// waited is the result of a wait that is over.
func (s *Set) waited(ctx context.Context, principal string, things []*followed) Outcome {
	settled := every(things, (*followed).settled)
	r := &Result{Tool: toolWait, Settled: &settled}
	var now time.Time
	for _, f := range things {
		f.last = f.last.opened()
		r.Warnings = append(r.Warnings, f.call.warnings...)
		if f.last != nil && f.last.now.After(now) {
			now = f.last.now
		}
	}
	if now.IsZero() { // nothing was read
		now = s.opts.Now()
	}
	r.Now = stamp(now)
	if pause := s.opts.Poller.Pause(s.opts.API); pause > 0 {
		for _, f := range things {
			f.paused = now.Add(pause)
		}
	}
	r.Data, r.Next = tableOf(things), s.nextOfWait(things)
	if !settled {
		r.Reads = readsOf(things)
	}
	cursor, err := s.cursor(context.WithoutCancel(ctx), principal, things)
	if err != nil {
		r.Warnings = append(r.Warnings, "there is no cursor: "+err.Error())
	}
	r.Cursor = cursor
	return Outcome{Structured: r}
}

// findSince asks the histories of the things since when they are as they are, where their
// own answers do not say: of all that wait, and of some that have settled.
func (s *Set) findSince(ctx context.Context, things []*followed) {
	ctx = deadline.Start(ctx, historyTimeout) // the call's own may be over
	var reads sync.WaitGroup
	settled := 0
	for _, f := range things {
		if f.last == nil || f.gone || !f.last.since.IsZero() || f.row.Resource.History == "" {
			continue
		}
		if !f.last.waits() {
			if settled++; settled > maxHistories {
				continue
			}
		}
		own := *f.last // which is shared with others who wait
		f.last = &own
		reads.Go(func() {
			own.since = s.sinceInHistory(ctx, &own.condition, f.project, pathIDs(f.row, f.call.args))
		})
	}
	reads.Wait()
}

// nextClass orders the steps after a wait: first what a person must do.
var nextClass = []catalog.Class{catalog.ActionRequired, catalog.Failure, catalog.Success}
