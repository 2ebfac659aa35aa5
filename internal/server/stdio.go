package server

import (
	"context"
	"fmt"
	"io"
)

// StdioPrincipal is the principal of calls over stdio and by papi-mcp call:
// the user of the process. Its state is shared by all its clients, except for
// the confirmation of a project: see clientOf.
const StdioPrincipal = "stdio"

// ServeStdio serves one client, with one JSON-RPC message per line, from in to
// out. It returns nil when in has ended and all requests are answered; the
// cause when ctx has ended; or the error of in or out.
//
// When ctx ends, nothing more is read, waiting requests are refused, calls that wait for
// a change end with what they have seen, and running ones are cancelled after the grace
// period; calls that ignore that are abandoned after a second grace period. When out fails, the client is
// gone, and running requests are cancelled immediately. A pending read then
// ends only when in does.
//
// mcp-go's own loop cancels running calls when its input ends, answers out of
// order, stops reading when its queue is full, and has one session for the
// complete process.
func (s *Server) ServeStdio(ctx context.Context, in io.Reader, out io.Writer) error {
	c := s.connect(withStopping(withClientFallback(withPrincipal(ctx, StdioPrincipal)), ctx), s.limits, out)
	defer c.disconnect()
	defer s.introduced("")

	read := make(chan error, 1)
	go func() { read <- c.read(in) }()
	var readErr error
	select {
	case readErr = <-read:
	case <-ctx.Done():
	case <-c.out.broken:
	}

	s.calls.stop()
	c.drain(ctx)
	select {
	case <-c.out.broken:
		return fmt.Errorf("write: %w", c.out.err)
	default:
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return readErr
}
