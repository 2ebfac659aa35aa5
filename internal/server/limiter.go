package server

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

var errBusy = errors.New("the server is busy: try again in a few seconds")

// limiter bounds how many requests of all clients run at the same time, how many
// wait in the queue, and for how long. Any other request is refused: its client
// would have timed out before the answer.
type limiter struct {
	running chan struct{}
	queue   chan struct{}
	maxWait time.Duration
}

func newLimiter(running, waiting int, maxWait time.Duration) *limiter {
	return &limiter{make(chan struct{}, running), make(chan struct{}, waiting), maxWait}
}

// acquire takes a slot, which its holder must leave; ok is false where none is free in
// time.
func (l *limiter) acquire(ctx context.Context) (_ *slot, ok bool) {
	select {
	case l.running <- struct{}{}:
		return l.newSlot(), true
	default:
	}
	select {
	case l.queue <- struct{}{}:
	default:
		return nil, false
	}
	defer func() { <-l.queue }()
	ctx, cancel := context.WithTimeout(ctx, l.maxWait)
	defer cancel()
	select {
	case l.running <- struct{}{}:
		return l.newSlot(), true
	case <-ctx.Done():
		return nil, false
	}
}

// slot is a place among the requests that run at the same time.
type slot struct {
	take func() // takes it again; nil where it is kept while a person is asked
	free func()
	left atomic.Bool
}

// newSlot returns a slot of l that has been acquired.
func (l *limiter) newSlot() *slot {
	return &slot{take: func() { l.running <- struct{}{} }, free: func() { <-l.running }}
}

// leave releases the slot for good, if that was not done before.
func (s *slot) leave() {
	if s.left.CompareAndSwap(false, true) {
		s.free()
	}
}

type slotsKey struct{}

// withSlot returns the context of a request that has one more slot.
func withSlot(ctx context.Context, s *slot) context.Context {
	held, _ := ctx.Value(slotsKey{}).([]*slot)
	return context.WithValue(ctx, slotsKey{}, append(held[:len(held):len(held)], s))
}

// leaveSlots releases the slots of a request that will wait for long. It may finish
// without one: it has been admitted, and has little left to do.
func leaveSlots(ctx context.Context) {
	held, _ := ctx.Value(slotsKey{}).([]*slot)
	for _, s := range held {
		s.leave()
	}
}

// yieldSlots releases the slots of a request while it waits for a person. The
// function it returns takes them again, and waits for them without limit: the
// request has already been admitted once.
func yieldSlots(ctx context.Context) (resume func()) {
	held, _ := ctx.Value(slotsKey{}).([]*slot)
	var yielded []*slot
	for _, s := range held {
		if s.take != nil {
			s.free()
			yielded = append(yielded, s)
		}
	}
	return func() {
		for _, s := range yielded {
			s.take()
		}
	}
}
