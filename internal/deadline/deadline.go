// Package deadline gives a tool call its one deadline: the reads of the guard,
// the call itself and what is read after it all end with it, however many they
// are. The clock stands still while a person is asked, since nobody thinks
// faster for it.
package deadline

import (
	"context"
	"sync"
	"time"
)

// Lasts is how long a call may take: clients of MCP give up on a request after
// 60 s.
const Lasts = 50 * time.Second

// clock is the time that a call has left.
type clock struct {
	mu      sync.Mutex
	ends    time.Time     // while it runs
	left    time.Duration // while it stands
	stopped int           // by how many
}

type key struct{}

// Start returns a context for a call that begins now.
func Start(ctx context.Context) context.Context {
	return context.WithValue(ctx, key{}, &clock{ends: time.Now().Add(Lasts)})
}

// Stop stops the clock of the call; resume lets it go on.
func Stop(ctx context.Context) (resume func()) {
	c, ok := ctx.Value(key{}).(*clock)
	if !ok {
		return func() {}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped == 0 {
		c.left = time.Until(c.ends)
	}
	c.stopped++
	return sync.OnceFunc(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.stopped--; c.stopped == 0 {
			c.ends = time.Now().Add(c.left)
		}
	})
}

// Bound returns a context that ends when the call's time is up, for what is
// done in one go: the clock must not be stopped meanwhile. Where ctx belongs to
// no call, the time begins now.
func Bound(ctx context.Context) (context.Context, context.CancelFunc) {
	c, ok := ctx.Value(key{}).(*clock)
	if !ok {
		return context.WithTimeout(ctx, Lasts)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return context.WithDeadline(ctx, c.ends)
}
