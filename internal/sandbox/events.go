package sandbox

import (
	"container/heap"
	"slices"
	"time"
)

// event is something that happens to a resource at a time. It is data, so that a
// state can be dumped and loaded.
type event struct {
	At         time.Time `json:"at"`
	Seq        int       `json:"seq"` // the order of events of the same time
	Kind       string    `json:"event"`
	Project    string    `json:"project"`
	ID         string    `json:"id"`              // of the resource
	Value      string    `json:"value,omitempty"` // the outcome; "" is the usual one
	Generation int       `json:"turn,omitempty"`  // of the resource's schedule; 0 is any
}

// schedule counts the events that a resource has waited for. Embed it in a
// resource that waits for one at a time.
type schedule struct {
	Generation int `json:"turn"`
}

// isStale reports whether the resource waits for another event by now.
func (s *schedule) isStale(e event) bool { return e.Generation != 0 && e.Generation != s.Generation }

// eventHandler carries out one kind of event. It reports whether there was a
// resource that it could happen to.
type eventHandler func(s *Sandbox, p *project, e event) bool

// onEvent returns the handler of events of one kind. find returns the resource
// that has the event's id. values are the values that an event may have; nil
// leaves that to apply. usual is the outcome of an event without a value, as
// all scheduled ones are; where it is nil, an event must have a value. apply
// changes the resource, and reports whether its state allowed that.
func onEvent[T any](find func(p *project, id string) (T, bool), values []string, usual func(T) string, apply func(s *Sandbox, p *project, resource T, outcome string) bool) eventHandler {
	return func(s *Sandbox, p *project, e event) bool {
		resource, ok := find(p, e.ID)
		if !ok {
			return false
		}
		if scheduled, ok := any(resource).(interface{ isStale(event) bool }); ok && scheduled.isStale(e) {
			return false
		}
		outcome := e.Value
		if outcome == "" && usual != nil {
			outcome = usual(resource)
		}
		if values != nil && !slices.Contains(values, outcome) {
			return false
		}
		return apply(s, p, resource, outcome)
	}
}

// magic returns the outcome of an event without a value: magical where a text of
// the resource contains the word, in upper or lower case, else usual.
func magic[T any](text func(T) string, word, magical, usual string) func(T) string {
	return func(resource T) string {
		if contains(text(resource), word) {
			return magical
		}
		return usual
	}
}

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
	e.At, e.Seq = s.now.Add(d), s.state.Events
	heap.Push(&s.state.Queue, e)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// reschedule lets e happen when d has passed, instead of the event that the
// resource waited for.
func (s *Sandbox) reschedule(resource *schedule, d time.Duration, e event) {
	resource.Generation++
	e.Generation = resource.Generation
	s.after(d, e)
}

// step lets the first event happen if it is due by until.
func (s *Sandbox) step(until time.Time) bool {
	if len(s.state.Queue) == 0 || s.state.Queue[0].At.After(until) {
		return false
	}
	e := heap.Pop(&s.state.Queue).(event)
	if e.At.After(s.now) {
		s.now = e.At
		if s.clock.manual {
			s.clock.base = e.At
		}
	}
	s.events[e.Kind](s, s.project(e.Project), e)
	return true
}

// catchUp lets all events happen that are due.
func (s *Sandbox) catchUp() {
	now := s.clock.now()
	for s.step(now) {
	}
	if now.After(s.now) {
		s.now = now
	}
}
