// Package callback delivers events to the webhooks of MCP clients (the webhook mode of
// SEP-3415): it keeps their subscriptions, verifies that an endpoint wants what it is
// sent, and sends each occurrence of the log to each subscription that asked for it.
//
// A subscription survives restarts, and replicas share it. What is read from the log
// becomes a task in a queue of the store, which one replica at a time may send; it stays
// until the endpoint has acknowledged it or the tries are used up. An occurrence may be
// sent again after a crash, with the same eventId. The progress of a subscription says
// what is settled, and the cursor in each delivery is the position up to which all is.
//
// A client chooses the URL, so nothing is sent before the endpoint has echoed a
// challenge, and only to https and public addresses; an answer is reported as one of six
// words, and no more.
package callback

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"log/slog"
	"net"
	"sync"
	"time"

	"papi-mcp/internal/mcpevents"
	"papi-mcp/internal/store"
)

// Events is what there is to subscribe to; *mcpevents.Service implements it.
type Events interface {
	// After and Keep are those of mcpevents.Log and mcpevents.Watches.
	After(ctx context.Context, owner mcpevents.Owner, in mcpevents.Interest, cursor string, notBefore time.Time, limit int) (mcpevents.Page, error)
	Keep(ctx context.Context, owner mcpevents.Owner, in mcpevents.Interest, until time.Time) error
	// Check validates the name of a type of event, and arguments as a request has them.
	Check(ctx context.Context, caller mcpevents.Caller, name string, raw json.RawMessage) (mcpevents.Interest, *mcpevents.Error)
	// Access reports why an owner may not hear of an interest now; nil where it may.
	// The code is that of an internal error where it is not known now.
	Access(ctx context.Context, owner mcpevents.Owner, in mcpevents.Interest) *mcpevents.Error
}

// Metrics counts what is sent.
type Metrics interface {
	// Delivered counts an attempt to send an event: delivered, failed (it is tried again),
	// abandoned (the last try failed), rejected (the endpoint does not want it), suspended.
	Delivered(outcome string)
	// Challenged counts a challenge: verified, or the reason why it failed.
	Challenged(outcome string)
}

// Options are what subscriptions need. All but those that say so must be set.
type Options struct {
	// Store keeps the subscriptions, their progress and the tasks.
	Store store.Store
	// Events are what is subscribed to.
	Events Events
	// Unlimited reports whether a subscription may have no expiry: its owner's access can
	// be checked as long as it lasts, and the store is persistent. nil: none may.
	Unlimited func(owner mcpevents.Owner) bool
	// Logger logs errors; nil logs nothing. No line holds a URL or a secret.
	Logger *slog.Logger
	// Metrics may be nil.
	Metrics Metrics
	// UserAgent is sent with each delivery.
	UserAgent string
	// Loopback allows callbacks on this machine, by http too. It is for tests.
	Loopback bool

	// For tests: the time, how names are resolved, which authorities are trusted, how long
	// an endpoint has to answer, how soon a delivery is tried again, and how often the
	// store and all subscriptions are looked at.
	now         func() time.Time
	resolver    *net.Resolver
	authorities *x509.CertPool
	timeout     time.Duration
	delays      []time.Duration
	poll, sweep time.Duration
}

// Subscriptions are those of all clients. They are safe for concurrent use.
type Subscriptions struct {
	o        Options
	endpoint *endpoint
	hosts    *hostLimits
	log      *slog.Logger
	wake     chan struct{} // a task may be due

	mu      sync.Mutex
	waiting map[string][]leased // tasks that wait for one of the same subscription
	tasks   int                 // leased here
}

// New returns the subscriptions in a store. Run delivers to them.
func New(o Options) *Subscriptions {
	if o.now == nil {
		o.now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Unlimited == nil {
		o.Unlimited = func(mcpevents.Owner) bool { return false }
	}
	if o.Metrics == nil {
		o.Metrics = uncounted{}
	}
	if o.delays == nil {
		o.delays = delays
	}
	o.timeout = cmp.Or(o.timeout, answerTimeout)
	o.poll, o.sweep = cmp.Or(o.poll, pollInterval), cmp.Or(o.sweep, sweepInterval)
	return &Subscriptions{
		o: o, endpoint: newEndpoint(o), hosts: newHostLimits(), log: o.Logger,
		wake: make(chan struct{}, 1), waiting: map[string][]leased{},
	}
}

type uncounted struct{}

func (uncounted) Delivered(string)  {}
func (uncounted) Challenged(string) {}
