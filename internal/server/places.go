package server

import (
	"context"
	"errors"
	"time"
)

// codeBusy is the JSON-RPC error of a request that there is no room for.
const codeBusy = -32000

var errBusy = errors.New("the server is busy: try again in a few seconds")

// limiter bound how many requests of all clients run at the same time, and how
// many wait for how long. Beyond that a request is refused: it would only be
// answered when its client has given up.
type limiter struct {
	running chan struct{}
	queue   chan struct{}
	maxWait time.Duration
}

func newLimiter(running, waiting int, patience time.Duration) *limiter {
	return &limiter{make(chan struct{}, running), make(chan struct{}, waiting), patience}
}

// slot is one of the places, held.
type slot struct{ of *limiter }

// acquire takes a place; ok is false when there is none in time.
func (p *limiter) acquire(ctx context.Context) (held *slot, ok bool) {
	held = &slot{p}
	select {
	case p.running <- struct{}{}:
		return held, true
	default:
	}
	select {
	case p.queue <- struct{}{}:
	default:
		return nil, false
	}
	defer func() { <-p.queue }()
	ctx, cancel := context.WithTimeout(ctx, p.maxWait)
	defer cancel()
	select {
	case p.running <- struct{}{}:
		return held, true
	case <-ctx.Done():
		return nil, false
	}
}

// release gives the place back.
func (p *slot) release() { <-p.of.running }

type slotKey struct{}

func withSlot(ctx context.Context, p *slot) context.Context {
	return context.WithValue(ctx, slotKey{}, p)
}

// yieldSlot gives the place of a request to others while it waits for a person.
// The function it returns takes it again, and waits for that without limit: the
// call has been let in once.
func yieldSlot(ctx context.Context) (resume func()) {
	p, ok := ctx.Value(slotKey{}).(*slot)
	if !ok {
		return func() {}
	}
	p.release()
	return func() { p.of.running <- struct{}{} }
}
