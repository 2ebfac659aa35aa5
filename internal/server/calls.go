package server

import (
	"context"
	"sync/atomic"
)

// openCalls counts the calls that have begun and not ended, and what becomes of them
// when the server stops.
type openCalls struct {
	open, atStop, cancelled atomic.Int64
	stopping                atomic.Bool
}

// begin counts a call until end is called. ctx is that of the call.
func (c *openCalls) begin(ctx context.Context) (end func()) {
	c.open.Add(1)
	return func() {
		c.open.Add(-1)
		if c.stopping.Load() && ctx.Err() != nil {
			c.cancelled.Add(1)
		}
	}
}

// stop notes the calls that are open when no more are accepted.
func (c *openCalls) stop() {
	c.atStop.Store(c.open.Load())
	c.stopping.Store(true)
}

// CallsAtStop returns how many calls were open when the server began to stop, and how
// many of them were cancelled; the others have ended by themselves. It is for when
// [Server.ServeStdio] or [HTTP.Serve] has returned.
func (s *Server) CallsAtStop() (open, cancelled int) {
	return int(s.calls.atStop.Load()), int(s.calls.cancelled.Load() + s.calls.open.Load())
}
