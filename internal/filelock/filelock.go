// Package filelock shares a file between the goroutines of this process and
// between processes: one holder at a time, with a bounded wait.
package filelock

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// ErrHeld is the error of a wait that has timed out.
var ErrHeld = errors.New("held by another process, or another call")

// Lock admits one holder at a time.
type Lock struct {
	Timeout time.Duration // bounds the wait of each caller
	held    chan struct{} // has room for one: the holder in this process
}

// New returns a lock that nothing holds.
func New(timeout time.Duration) *Lock { return &Lock{timeout, make(chan struct{}, 1)} }

// Acquire waits until no other goroutine holds the lock and try succeeds, and
// returns a function that releases it for other goroutines. try makes one
// attempt at the advisory lock, and returns false where another process has it;
// giving that lock back is the caller's part. The error is ErrHeld after
// Timeout, the cause of ctx when that ends first, or the error of try.
func (l *Lock) Acquire(ctx context.Context, try func() (bool, error)) (release func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, l.Timeout, ErrHeld)
	defer cancel()
	select {
	case l.held <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() {
		if release == nil { // try failed, or panicked
			<-l.held
		}
	}()
	for ctx.Err() == nil {
		if ok, err := try(); err != nil {
			return nil, err
		} else if ok {
			return func() { <-l.held }, nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Millisecond + rand.N(4*time.Millisecond)): // at random, so that no process starves
		}
	}
	return nil, context.Cause(ctx)
}
