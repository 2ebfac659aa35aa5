package server

import (
	"context"
	"errors"
	"time"
)

// codeBusy is the JSON-RPC error of a request that there is no room for.
const codeBusy = -32000

var errBusy = errors.New("the server is busy: try again in a few seconds")

// places bound how many requests of all clients run at the same time, and how
// many wait for how long. Beyond that a request is refused: it would only be
// answered when its client has given up.
type places struct {
	running  chan struct{}
	waiting  chan struct{}
	patience time.Duration
}

func newPlaces(running, waiting int, patience time.Duration) *places {
	return &places{make(chan struct{}, running), make(chan struct{}, waiting), patience}
}

// place is one of the places, held.
type place struct{ of *places }

// enter takes a place; ok is false when there is none in time.
func (p *places) enter(ctx context.Context) (held *place, ok bool) {
	held = &place{p}
	select {
	case p.running <- struct{}{}:
		return held, true
	default:
	}
	select {
	case p.waiting <- struct{}{}:
	default:
		return nil, false
	}
	defer func() { <-p.waiting }()
	ctx, cancel := context.WithTimeout(ctx, p.patience)
	defer cancel()
	select {
	case p.running <- struct{}{}:
		return held, true
	case <-ctx.Done():
		return nil, false
	}
}

// leave gives the place back.
func (p *place) leave() { <-p.of.running }

type placeKey struct{}

func withPlace(ctx context.Context, p *place) context.Context {
	return context.WithValue(ctx, placeKey{}, p)
}

// yield gives the place of a request to others while it waits for a person.
// The function it returns takes it again, and waits for that without limit: the
// call has been let in once.
func yield(ctx context.Context) (resume func()) {
	p, ok := ctx.Value(placeKey{}).(*place)
	if !ok {
		return func() {}
	}
	p.leave()
	return func() { p.of.running <- struct{}{} }
}
