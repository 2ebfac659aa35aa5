package server

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"papi-mcp/tools"
)

// eventsURI is the resource that has the newest events, and changes with each new one.
const eventsURI = "papi://events"

// subscriber is a session whose client can subscribe to resources.
type subscriber interface {
	// tell sends a notification that belongs to no call. It drops one that the client does
	// not take in time: those that wait say the same.
	tell(n mcp.JSONRPCNotification)
	subscription() *subscription
}

// subscription is that of a session of an older protocol to eventsURI. Its zero value is
// none.
type subscription struct {
	mu    sync.Mutex
	stop  func() // nil: there is none
	ended bool   // the session has ended
}

// begin begins it with watch, which returns how to end it, unless there is one.
func (s *subscription) begin(watch func() (stop func(), ok bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop == nil && !s.ended {
		s.stop, _ = watch()
	}
}

// end ends it; forGood, there will be no other one. It does not wait.
func (s *subscription) end(forGood bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		go s.stop()
	}
	s.stop, s.ended = nil, s.ended || forGood
}

func (s *session) subscription() *subscription    { return &s.subscribed }
func (s *session) tell(n mcp.JSONRPCNotification) { offer(s.notifications, n) }

func (c *connection) subscription() *subscription    { return &c.subscribed }
func (c *connection) tell(n mcp.JSONRPCNotification) { offer(c.NotificationChannel(), n) }

func offer(to chan<- mcp.JSONRPCNotification, n mcp.JSONRPCNotification) {
	select {
	case to <- n:
	default:
	}
}

// addSubscriptions has subscriptions to eventsURI take effect; mcp-go accepts them, and
// delivers nothing. There is one for each session of an older protocol, and one for each
// subscriptions/listen. All others have no effect: texts don't change while the server
// runs, and a project is read on demand.
func (s *Server) addSubscriptions(hooks *mcpserver.Hooks) {
	hooks.AddAfterSubscribe(func(ctx context.Context, _ any, m *mcp.SubscribeRequest, _ *mcp.EmptyResult) {
		if client := subscriberOf(ctx); client != nil && m.Params.URI == eventsURI {
			client.subscription().begin(func() (func(), bool) { return s.watchEvents(ctx, client, nil, 0) })
		}
	})
	hooks.AddAfterUnsubscribe(func(ctx context.Context, _ any, m *mcp.UnsubscribeRequest, _ *mcp.EmptyResult) {
		if client := subscriberOf(ctx); client != nil && m.Params.URI == eventsURI {
			client.subscription().end(false)
		}
	})
	hooks.AddOnUnregisterSession(func(_ context.Context, ended mcpserver.ClientSession) {
		if client, ok := ended.(subscriber); ok {
			client.subscription().end(true)
		}
	})
	hooks.AddBeforeSubscriptionsListen(func(ctx context.Context, id any, m *mcp.SubscriptionsListenRequest) {
		client := subscriberOf(ctx)
		if client == nil || !slices.Contains(m.Params.Notifications.ResourceSubscriptions, eventsURI) {
			return
		}
		if stop, ok := s.watchEvents(ctx, client, map[string]any{mcp.MetaKeySubscriptionID: id}, acknowledged); ok {
			context.AfterFunc(ctx, stop)
		}
	})
}

func subscriberOf(ctx context.Context) subscriber {
	client, _ := mcpserver.ClientSessionFromContext(ctx).(subscriber)
	return client
}

// acknowledged is how long after a subscriptions/listen its first notification may be sent:
// mcp-go sends the acknowledgement, which must come first, just after its hooks.
const acknowledged = 100 * time.Millisecond

// watchEvents sends a client a notification after new events that it may read, the first
// one after a pause, until stop. ok is false where there are no events for it.
func (s *Server) watchEvents(ctx context.Context, client subscriber, meta map[string]any, pause time.Duration) (stop func(), ok bool) {
	first := time.Now().Add(pause)
	updated := mcp.JSONRPCNotification{JSONRPC: mcp.JSONRPC_VERSION, Notification: mcp.Notification{
		Method: mcp.MethodNotificationResourceUpdated,
		Params: mcp.NotificationParams{Meta: meta, AdditionalFields: map[string]any{"uri": eventsURI}},
	}}
	return s.toolboxOf(ctx).WatchEvents(ctx, tools.Caller{Principal: principalOf(ctx)}, func() {
		time.Sleep(time.Until(first))
		client.tell(updated)
	})
}
