package sandbox

import (
	"container/heap"
	"time"
)

// clock tells the API's time.
type clock struct {
	manual bool
	speed  float64
	base   time.Time // the API's time when ...
	since  time.Time // ... it was this, really
}

func newClock(o Options) clock {
	c := clock{manual: o.Manual, speed: o.Speed, base: o.Start, since: time.Now()}
	if c.speed <= 0 || c.manual {
		c.speed = 1
	}
	switch {
	case !c.base.IsZero():
	case c.manual:
		c.base = ManualStart
	default:
		c.base = c.since
	}
	c.base = c.base.UTC().Truncate(time.Millisecond)
	return c
}

func (c *clock) now() time.Time {
	if c.manual {
		return c.base
	}
	return c.base.Add(time.Duration(float64(time.Since(c.since)) * c.speed)).Truncate(time.Millisecond)
}

// event is something that happens at a time. It is data, so that a state can
// be written down and read again.
type event struct {
	At      time.Time `json:"at"`
	Seq     int       `json:"seq"` // the order of events of the same time
	Kind    string    `json:"event"`
	Project string    `json:"project"`
	ID      string    `json:"id"`              // of the resource
	Value   string    `json:"value,omitempty"` // the outcome; "" is the usual one
	Turn    int       `json:"turn,omitempty"`  // the resource's turn that it belongs to; 0 is any
}

// happening carries out one kind of event. It reports whether there was a
// resource that it could happen to.
type happening func(s *Sandbox, p *project, e event) bool

type eventQueue []event

func (q eventQueue) Len() int { return len(q) }
func (q eventQueue) Less(i, j int) bool {
	if !q[i].At.Equal(q[j].At) {
		return q[i].At.Before(q[j].At)
	}
	return q[i].Seq < q[j].Seq
}
func (q eventQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *eventQueue) Push(e any)   { *q = append(*q, e.(event)) }
func (q *eventQueue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	*q = (*q)[:last]
	return e
}

// after lets e happen when d has passed.
func (s *Sandbox) after(d time.Duration, e event) {
	s.state.Events++
	e.At, e.Seq = s.at.Add(d), s.state.Events
	heap.Push(&s.state.Queue, e)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// step lets the first event happen if it is due by until.
func (s *Sandbox) step(until time.Time) bool {
	if len(s.state.Queue) == 0 || s.state.Queue[0].At.After(until) {
		return false
	}
	e := heap.Pop(&s.state.Queue).(event)
	if e.At.After(s.at) {
		s.at = e.At
		if s.clock.manual {
			s.clock.base = e.At
		}
	}
	s.happenings[e.Kind](s, s.project(e.Project), e)
	return true
}

// catchUp lets all happen that is due.
func (s *Sandbox) catchUp() {
	now := s.clock.now()
	for s.step(now) {
	}
	if now.After(s.at) {
		s.at = now
	}
}

// Now returns the API's time.
func (s *Sandbox) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	return s.at
}

// Advance moves the API's time on by d, and all happens that is due by then,
// in its order. It returns when the webhooks of that time have been delivered
// or have failed: their retries are events as well.
func (s *Sandbox) Advance(d time.Duration) {
	s.moving.Lock() // one after the other, so that each moves the time by its own
	defer s.moving.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	until := s.clock.now().Add(d)
	for {
		for s.inFlight > 0 {
			s.settled.Wait()
		}
		if !s.step(until) {
			break
		}
	}
	if s.clock.manual {
		s.clock.base = until
	} else {
		s.clock.base = s.clock.base.Add(d)
	}
	s.catchUp()
}

// Settle returns when no webhook is on its way.
func (s *Sandbox) Settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	for s.inFlight > 0 {
		s.settled.Wait()
	}
}

// run lets events happen in real time, while no request comes.
func (s *Sandbox) run() {
	const longest = time.Hour
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-s.stopped.Done():
			return
		case <-s.wake:
		case <-timer.C:
		}
		s.mu.Lock()
		s.catchUp()
		wait := longest
		if len(s.state.Queue) > 0 {
			wait = time.Duration(float64(s.state.Queue[0].At.Sub(s.clock.now()))/s.clock.speed) + time.Millisecond
		}
		s.mu.Unlock()
		timer.Reset(min(max(wait, 0), longest))
	}
}
