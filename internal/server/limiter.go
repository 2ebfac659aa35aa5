package server

import (
	"context"
	"errors"
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

// acquire takes a slot, which release gives back; ok is false where none is free in
// time.
func (l *limiter) acquire(ctx context.Context) (ok bool) {
	select {
	case l.running <- struct{}{}:
		return true
	default:
	}
	select {
	case l.queue <- struct{}{}:
	default:
		return false
	}
	defer func() { <-l.queue }()
	ctx, cancel := context.WithTimeout(ctx, l.maxWait)
	defer cancel()
	select {
	case l.running <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (l *limiter) release() { <-l.running }

type limiterKey struct{}

// withSlot returns the context of a request that has a slot of l.
func withSlot(ctx context.Context, l *limiter) context.Context {
	return context.WithValue(ctx, limiterKey{}, l)
}

// yieldSlot releases the slot of a request while it waits for a person. The
// function it returns takes a slot again, and waits for it without limit: the
// request has already been admitted once.
func yieldSlot(ctx context.Context) (resume func()) {
	l, ok := ctx.Value(limiterKey{}).(*limiter)
	if !ok {
		return func() {}
	}
	l.release()
	return func() { l.running <- struct{}{} }
}
