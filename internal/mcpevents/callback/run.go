package callback

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/mcpevents"
	"papi-mcp/internal/store"
)

// The queues, and the topic that wakes those who send, by the name of theirs.
const (
	queue      = "mcpevents/deliveries"
	sweepQueue = "mcpevents/subscriptions"
)

const (
	// leaseTTL is how long a replica has to send a message: longer than it waits for
	// those before it, and for the answer.
	leaseTTL    = 30 * time.Second
	maxWaitTime = 15 * time.Second
	// maxTasks is how many messages a replica has leased, and maxSenders how many it sends
	// at the same time.
	maxTasks   = 128
	maxSenders = 32
	// pollInterval is how often a replica looks for tasks without being woken: for those
	// of one that was killed.
	pollInterval = 5 * time.Second
	// sweepInterval is how often one of the replicas looks at all subscriptions.
	sweepInterval = 20 * time.Second
	// stopGrace is how long deliveries may continue when the server is stopping.
	stopGrace = 3 * time.Second
	// jitter is by which part of it a pause may be longer.
	jitter = 0.2
)

// leased is a task that this replica may send.
type leased struct {
	store.Task
	task task
	at   time.Time
}

// poke has Run look for tasks.
func (s *Subscriptions) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends. Then it waits for what is being sent, for a short time, and
// returns the tasks that are left to the other replicas.
func (s *Subscriptions) Run(ctx context.Context) {
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var all sync.WaitGroup
	defer all.Wait()
	context.AfterFunc(ctx, func() { time.AfterFunc(stopGrace, cancel) })
	all.Go(func() { s.sweeps(ctx) })

	slots := make(chan struct{}, maxSenders)
	woken, unwatch := s.o.Store.Watch(queue)
	defer unwatch()
	poll := time.NewTicker(s.o.poll)
	defer poll.Stop()
	for ctx.Err() == nil {
		for s.lease(ctx, sending, slots, &all) {
		}
		select {
		case <-ctx.Done():
		case <-woken:
		case <-s.wake:
		case <-poll.C:
		}
	}
}

// lease leases what is due, and has it sent. It reports whether there may be more.
func (s *Subscriptions) lease(ctx, sending context.Context, slots chan struct{}, all *sync.WaitGroup) (more bool) {
	s.mu.Lock()
	free := maxTasks - s.tasks
	s.mu.Unlock()
	if free <= 0 || ctx.Err() != nil {
		return false // woken by the next one that ends
	}
	tasks, err := s.o.Store.Lease(ctx, queue, free, leaseTTL)
	if err != nil {
		s.log.WarnContext(ctx, "no deliveries can be leased", "error", err)
		return false
	}
	var due []leased
	for _, t := range tasks {
		one := leased{Task: t, at: time.Now()}
		_ = json.Unmarshal(t.Value, &one.task) // of another release: there is no such subscription
		due = append(due, one)
	}
	slices.SortStableFunc(due, func(a, b leased) int { return cmp.Compare(a.task.Number, b.task.Number) })
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range due {
		s.tasks++
		sub, _, _ := strings.Cut(t.ID, "/")
		before, running := s.waiting[sub]
		s.waiting[sub] = append(before, t)
		if !running {
			all.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				s.sendAll(sending, ctx.Done(), sub)
			})
		}
	}
	return len(tasks) == free
}

// next returns the first task of a subscription that waits, and removes it.
func (s *Subscriptions) next(sub string) (t leased, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting[sub]) == 0 {
		delete(s.waiting, sub)
		return t, false
	}
	t, s.waiting[sub] = s.waiting[sub][0], s.waiting[sub][1:]
	return t, true
}

// sendAll sends the messages of a subscription one after the other, in their order.
// Once stopping is closed, it returns them to the other replicas.
func (s *Subscriptions) sendAll(ctx context.Context, stopping <-chan struct{}, sub string) {
	for t, ok := s.next(sub); ok; t, ok = s.next(sub) {
		giveBack := time.Since(t.at) > maxWaitTime
		select {
		case <-stopping:
			giveBack = true
		default:
		}
		s.sendOne(ctx, t, giveBack)
		s.mu.Lock()
		s.tasks--
		s.mu.Unlock()
	}
	s.poke()
}

// sendOne sends a message, or gives it back, and ends its lease.
func (s *Subscriptions) sendOne(ctx context.Context, leased leased, giveBack bool) {
	again, done := time.Duration(0), false
	var err error
	if !giveBack {
		if again, done, err = s.deliver(ctx, &leased.task); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "a delivery could not be made", "error", err)
			again = unknownDelay
		}
	}
	// What was sent is noted though the server is stopping.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	if done {
		_, err = s.o.Store.Finish(ending, queue, leased.Task)
	} else {
		again += time.Duration(rand.Float64() * jitter * float64(again))
		_, err = s.o.Store.Retry(ending, queue, leased.Task, encode(leased.task), again)
		time.AfterFunc(again, s.poke)
	}
	if err != nil { // its lease ends
		s.log.WarnContext(ctx, "a delivery could not be noted: it may be sent again", "error", err)
	}
}

// Appended has what was added to the log of a tenant delivered.
func (s *Subscriptions) Appended(ctx context.Context, tenant string) error {
	keys, err := s.o.Store.Keys(ctx, tenantPrefix(tenant))
	if err != nil {
		return err
	}
	for _, key := range keys {
		sub, err := s.load(ctx, key)
		if err != nil || sub == nil {
			if err != nil {
				return err
			}
			continue
		}
		if err := s.look(ctx, sub); err != nil {
			return err
		}
	}
	return nil
}

// sweeps looks at all subscriptions from time to time, on one of the replicas, until ctx
// ends.
func (s *Subscriptions) sweeps(ctx context.Context) {
	poll := time.NewTicker(s.o.poll)
	defer poll.Stop()
	for ctx.Err() == nil {
		if err := s.sweepIfDue(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "subscriptions could not be looked at", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-poll.C:
		}
	}
}

// sweepIfDue looks at all subscriptions, if it is time and no other replica does.
func (s *Subscriptions) sweepIfDue(ctx context.Context) error {
	if _, err := s.o.Store.Push(ctx, sweepQueue, "sweep", nil, 0); err != nil {
		return err
	}
	tasks, err := s.o.Store.Lease(ctx, sweepQueue, 1, leaseTTL)
	if err != nil || len(tasks) == 0 {
		return err
	}
	swept := s.sweep(ctx)
	_, err = s.o.Store.Retry(ctx, sweepQueue, tasks[0], nil, s.o.sweep)
	return errors.Join(swept, err)
}

// sweep removes what has expired, ends what is not allowed any more, and makes the tasks
// that a replica was killed before it made them.
func (s *Subscriptions) sweep(ctx context.Context) error {
	keys, err := s.o.Store.Keys(ctx, subscriptionsPrefix)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := s.sweepOne(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

func (s *Subscriptions) sweepOne(ctx context.Context, key string) error {
	sub, err := s.load(ctx, key)
	if err != nil {
		return err
	}
	if sub == nil {
		return s.removeExpired(ctx, key)
	}
	if wrong := s.o.Events.Access(ctx, sub.Owner, sub.Interest); wrong != nil && wrong.Code != mcp.INTERNAL_ERROR {
		return s.end(ctx, sub, wrong)
	}
	if ended, err := s.endAbandoned(ctx, sub); err != nil || ended {
		return err
	}
	if now := s.o.now(); sub.Expires.IsZero() && now.After(sub.Watched.Add(-maxTTL/2)) {
		sub.Watched = now.Add(maxTTL)
		if err := s.o.Events.Keep(ctx, sub.Owner, sub.Interest, sub.Watched); err != nil {
			return err
		}
		if err := s.noteWatched(ctx, key, sub.Watched); err != nil {
			return err
		}
	}
	return s.resume(ctx, sub)
}

// abandonAfter is how long an endpoint may fail before a subscription without expiry ends,
// which its client need not refresh.
const abandonAfter = 30 * 24 * time.Hour

// endAbandoned ends a subscription without expiry whose endpoint has failed for long.
func (s *Subscriptions) endAbandoned(ctx context.Context, sub *subscription) (ended bool, err error) {
	if !sub.Expires.IsZero() {
		return false, nil
	}
	p, _, err := s.progressOf(ctx, sub.key())
	if err != nil || p == nil || !p.Suspended || s.o.now().Sub(p.FailedSince) < abandonAfter {
		return false, err
	}
	return true, s.end(ctx, sub, &mcpevents.Error{
		Code: mcpevents.CallbackEndpointError, Message: "the callback endpoint has failed for 30 days", Data: map[string]any{"reason": p.LastError},
	})
}

// removeExpired removes a subscription that has expired, unless it was refreshed meanwhile.
func (s *Subscriptions) removeExpired(ctx context.Context, key string) error {
	raw, ok, err := s.o.Store.Get(ctx, key)
	if err != nil || !ok {
		return err
	}
	var sub subscription
	if json.Unmarshal(raw, &sub) != nil || !sub.expired(s.o.now()) {
		return nil
	}
	removed, err := s.o.Store.Swap(ctx, key, raw, nil, 0)
	if err != nil || !removed {
		return err
	}
	return s.o.Store.Delete(ctx, progressKey(key))
}

// noteWatched stores until when the things of a subscription are watched, unless it was
// changed meanwhile.
func (s *Subscriptions) noteWatched(ctx context.Context, key string, until time.Time) error {
	raw, ok, err := s.o.Store.Get(ctx, key)
	if err != nil || !ok {
		return err
	}
	var sub subscription
	if json.Unmarshal(raw, &sub) != nil {
		return nil
	}
	sub.Watched = until
	_, err = s.o.Store.Swap(ctx, key, slices.Clone(raw), encode(sub), 0)
	return err
}
