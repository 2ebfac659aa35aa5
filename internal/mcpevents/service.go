package mcpevents

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"papi-mcp/internal/events"
	"papi-mcp/internal/store"
	"papi-mcp/internal/wait"
	"papi-mcp/tools"
)

// Things reads the things of the API with the credentials of a tenant, as far as a grant
// allows; *tools.Set does.
type Things interface {
	// Offers reports whether a tool is offered.
	Offers(tool string) bool
	// DefaultProject is the project of a client's interest that names none, or "".
	DefaultProject() string
	// Query validates what is to be read, and settles its project; see [tools.Set.Query].
	Query(ctx context.Context, principal, tool string, args map[string]any, project string) (tools.Query, *tools.Error)
	// Observe reads it; see [tools.Set.Observe].
	Observe(ctx context.Context, query tools.Query) (tools.Observed, error)
}

// Caller is the caller of a request.
type Caller struct {
	Owner
	// As is the principal by which calls are checked and limits counted; it is never
	// empty, unlike that of Owner, which is authenticated.
	As string
	// Things are what the caller may see.
	Things Things
	// Own reports that the request itself brings the credentials for the API: there are
	// none in the background.
	Own bool
}

// Webhooks serve the delivery mode webhook: they keep the subscriptions of clients and send
// events to their endpoints; package callback implements it. The params of both
// methods are those of the request.
type Webhooks interface {
	Subscribe(ctx context.Context, caller Caller, params json.RawMessage) (any, *Error)
	Unsubscribe(ctx context.Context, caller Caller, params json.RawMessage) (any, *Error)
	// Appended has what was added to the log of a tenant delivered. It is called after
	// the occurrences of a reading, and returns before they are sent.
	Appended(ctx context.Context, tenant string) error
}

// Options configure a service.
type Options struct {
	// Store keeps the log, what was last seen, and what is watched.
	Store store.Store
	// Things returns what an owner may see now, without a request of its own. The error
	// is an *auth.Failure where it may see nothing any more. An owner without a principal
	// is its complete tenant.
	Things func(ctx context.Context, owner Owner) (Things, error)
	// Inbox returns the inbox of a tenant, nil for none. Nil: there is none.
	Inbox func(tenant string) Inbox
	// Logger logs what fails in the background; nil logs nothing.
	Logger *slog.Logger
	// Occurred counts an occurrence, by its type, when it gets into the log; nil counts
	// none.
	Occurred func(name string)
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	// interval is the pause after so many readings that showed nothing new: that of
	// worker.go, save in tests.
	interval func(reads int) time.Duration
}

// Inbox has the events of the API that a tenant has received; see [events.Inbox].
type Inbox interface {
	After(ctx context.Context, after int64, limit int) ([]events.Event, int64, error)
	Watch() (woken <-chan struct{}, stop func())
}

// Service serves the methods of the extension, and is the log and the watches that
// Webhooks build on. It is safe for concurrent use.
type Service struct {
	opts    Options
	log     *slog.Logger
	hooks   Webhooks
	streams wait.Limit
	// lookedAt has what was just read with the credentials of a request.
	lookedAt *ttlcache.Cache[string, struct{}]

	// watching is closed by begun when something is watched.
	watching chan struct{}
	begun    func()
}

// New returns a service. It uses the store when it is first asked for something.
func New(opts Options) *Service {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Occurred == nil {
		opts.Occurred = func(string) {}
	}
	if opts.interval == nil {
		opts.interval = interval
	}
	watching := make(chan struct{})
	return &Service{
		opts: opts, log: cmp.Or(opts.Logger, slog.New(slog.DiscardHandler)),
		lookedAt: ttlcache.New(ttlcache.WithCapacity[string, struct{}](10_000)),
		watching: watching, begun: sync.OnceFunc(func() { close(watching) }),
	}
}

// ServeWebhooks has webhooks offered. It must be called before the first request.
func (s *Service) ServeWebhooks(w Webhooks) { s.hooks = w }

// Subscribe answers events/subscribe.
func (s *Service) Subscribe(ctx context.Context, caller Caller, params json.RawMessage) (any, *Error) {
	if s.hooks == nil {
		return nil, unsupported("deliveryMode", "webhook", "this server delivers no events by webhook: use events/poll or events/stream")
	}
	return s.hooks.Subscribe(ctx, caller, params)
}

// Unsubscribe answers events/unsubscribe.
func (s *Service) Unsubscribe(ctx context.Context, caller Caller, params json.RawMessage) (any, *Error) {
	if s.hooks == nil {
		return nil, unsupported("deliveryMode", "webhook", "this server delivers no events by webhook: there is no subscription to end")
	}
	return s.hooks.Unsubscribe(ctx, caller, params)
}

var (
	_ Log     = (*Service)(nil)
	_ Watches = (*Service)(nil)
)

func unsupported(feature, value, message string) *Error {
	return &Error{Code: Unsupported, Message: message, Data: map[string]any{"feature": feature, "value": value}}
}
