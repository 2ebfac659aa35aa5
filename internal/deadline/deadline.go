// Package deadline gives each tool call one deadline, which covers the guard's
// reads, the call itself and what is read after it. The clock stops while a
// person is asked.
package deadline

import (
	"context"
	"sync"
	"time"
)

// Timeout is the timeout of a call, unless its caller sets another one: MCP clients
// cancel a request after 60 s.
const Timeout = 50 * time.Second

// clock is the time that remains for a call.
type clock struct {
	mu        sync.Mutex
	deadline  time.Time     // while the clock runs
	remaining time.Duration // while it is stopped
	stops     int           // calls of Stop without resume
}

type key struct{}

// Start returns a context for a call that starts now and has the timeout.
func Start(ctx context.Context, timeout time.Duration) context.Context {
	return context.WithValue(ctx, key{}, &clock{deadline: time.Now().Add(timeout)})
}

// Stop stops the clock of the call; resume starts it again.
func Stop(ctx context.Context) (resume func()) {
	c, ok := ctx.Value(key{}).(*clock)
	if !ok {
		return func() {}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stops == 0 {
		c.remaining = time.Until(c.deadline)
	}
	c.stops++
	return sync.OnceFunc(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.stops--; c.stops == 0 {
			c.deadline = time.Now().Add(c.remaining)
		}
	})
}

// Bound returns a context with the call's deadline. The clock must not be stopped
// while that context is in use. If ctx belongs to no call, the timeout starts now.
func Bound(ctx context.Context) (context.Context, context.CancelFunc) {
	c, ok := ctx.Value(key{}).(*clock)
	if !ok {
		return context.WithTimeout(ctx, Timeout)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return context.WithDeadline(ctx, c.deadline)
}
