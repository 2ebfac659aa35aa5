package sandbox

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"
)

// Advanced is how far the time was moved, and what changed by then.
type Advanced struct {
	By      time.Duration
	Changes []Change
}

// Advance moves the API's time forward by d. The events that are due by then
// happen in their order, retries of webhooks among them. It returns when the
// webhooks of that time have been delivered or have failed.
func (s *Sandbox) Advance(d time.Duration) {
	s.advancing.Lock() // one at a time, so that each moves the time by its own d
	defer s.advancing.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.move(context.Background(), d)
}

// AdvanceBy is Advance, and returns what changed. It stops early where ctx ends, and
// then returns its error and what was done until then.
func (s *Sandbox) AdvanceBy(ctx context.Context, d time.Duration) (Advanced, error) {
	return s.advance(ctx, func() time.Duration { return d })
}

// AdvanceToChange moves the API's time forward to the next change of a resource's
// state, as AdvanceBy does. Where no change is pending it does not move the time, and
// returns no changes.
func (s *Sandbox) AdvanceToChange(ctx context.Context) (Advanced, error) {
	return s.advance(ctx, func() time.Duration {
		at, found := s.nextChange()
		if !found {
			return 0
		}
		return max(0, at.Sub(s.clock.now()))
	})
}

// advance moves the time by what far returns, which is called under the lock.
func (s *Sandbox) advance(ctx context.Context, far func() time.Duration) (Advanced, error) {
	s.advancing.Lock()
	defer s.advancing.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return Advanced{}, err
	}
	s.catchUp()
	before := s.state.conditions()
	moved := s.move(ctx, far())
	return Advanced{moved, changesOf(before, s.state.conditions())}, ctx.Err()
}

// move moves the time forward by d, or, where ctx ends, to the last event before that.
// It returns by how much.
func (s *Sandbox) move(ctx context.Context, d time.Duration) time.Duration {
	defer context.AfterFunc(ctx, func() {
		s.mu.Lock() // not between the check and the wait below
		defer s.mu.Unlock()
		s.idle.Broadcast()
	})()
	from := s.clock.now()
	until := from.Add(d)
	for {
		for s.inFlight > 0 && ctx.Err() == nil {
			s.idle.Wait()
		}
		if ctx.Err() != nil {
			d = max(0, s.now.Sub(from))
			break
		}
		if !s.step(until) {
			break
		}
	}
	if s.clock.manual {
		s.clock.base = from.Add(d)
	} else {
		s.clock.base = s.clock.base.Add(d)
	}
	s.catchUp()
	return d
}

// nextChange returns the time of the next event that changes a state. It lets the
// events happen in a copy, whose webhooks are not sent, since only that shows what an
// event changes.
func (s *Sandbox) nextChange() (at time.Time, found bool) {
	raw, err := json.Marshal(s.state)
	if err != nil {
		panic("sandbox: copy the state: " + err.Error())
	}
	stopped, stop := context.WithCancel(context.Background())
	stop()
	future := &Sandbox{
		log: slog.New(slog.DiscardHandler), events: s.events, noDelivery: true, stopped: stopped,
		clock: clock{manual: true, speed: 1, base: s.now}, now: s.now, state: newState(),
	}
	if err := json.Unmarshal(raw, future.state); err != nil {
		panic("sandbox: copy the state: " + err.Error())
	}
	for _, p := range future.state.Projects {
		p.complete()
	}
	before := future.state.conditions()
	for len(future.state.Queue) > 0 {
		next := future.state.Queue[0]
		future.step(next.At)
		if next.Kind != kindDeliver && len(changesOf(before, future.state.conditions())) > 0 {
			return next.At, true
		}
	}
	return time.Time{}, false
}
