package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"

	"papi-mcp/internal/loopback"
	"papi-mcp/internal/mcpevents"
	"papi-mcp/internal/mcpevents/callback"
)

// The values of --callbacks.
const (
	callbacksPublic   = "public"
	callbacksOff      = "off"
	callbacksLoopback = "test-loopback"
)

const callbacksHelp = "where events may be sent to the endpoints of MCP clients, with --auth token or oidc: public (https URLs on the public internet), off (nowhere), test-loopback (for tests: also http URLs on this machine)"

// callbackFaults returns where --callbacks is unsafe.
func (f *httpFlags) callbackFaults() []fault {
	host, _, err := net.SplitHostPort(f.addr)
	if f.callbacks != callbacksLoopback || err == nil && loopback.IsHost(host) {
		return nil
	}
	return []fault{faultf("callbacks", "--callbacks %s with --http %s: callers could have this server send requests to programs on this machine; it is for tests, on 127.0.0.1", callbacksLoopback, f.addr)}
}

// serveCallbacks has events sent to the endpoints of MCP clients, where callers are
// authenticated and the server has credentials for them in the background. run delivers
// until stop; it must be called before the first request.
func (f *httpFlags) serveCallbacks(c *config, p *prepared, logger *slog.Logger) (run func(context.Context) (stop func())) {
	if f.callbacks == callbacksOff || f.auth.mode == authNone || f.auth.tenant == tenantHeader {
		return func(context.Context) func() { return func() {} }
	}
	subscriptions := callback.New(callback.Options{
		Store: p.app.store, Events: p.app.events, Logger: logger, Metrics: p.metrics,
		UserAgent: fmt.Sprintf("papi-mcp/%s", release), Loopback: f.callbacks == callbacksLoopback,
		// A token can't be checked again when it has expired: its bearer must refresh.
		Unlimited: func(owner mcpevents.Owner) bool {
			return c.store != memory && strings.HasPrefix(owner.Principal, "key:")
		},
	})
	p.app.events.ServeWebhooks(subscriptions)
	return func(ctx context.Context) func() { return inBackground(ctx, subscriptions.Run) }
}

// inBackground runs a function until stop, which waits for its end.
func inBackground(ctx context.Context, run func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		run(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}
