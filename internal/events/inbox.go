package events

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/store"
)

// How long and how many events are kept for each tenant.
const (
	Retention = 30 * 24 * time.Hour
	MaxEvents = 100_000
)

// Inboxes are the inboxes of all tenants in a store.
type Inboxes struct {
	store  store.Store
	maxAge time.Duration
}

// NewInboxes returns the inboxes in a store. maxAge is how old a delivery may be, and so
// how long its nonce is known; 0 is DefaultMaxAge.
func NewInboxes(s store.Store, maxAge time.Duration) *Inboxes {
	return &Inboxes{s, cmp.Or(maxAge, DefaultMaxAge)}
}

// Of returns the inbox of a tenant; "" is the server's own.
func (i *Inboxes) Of(tenant string) *Inbox {
	return &Inbox{inboxes: i, stream: "events/inbox/" + tenant}
}

// Inbox is the events of one tenant, those of the last 30 days, at most 100,000. It is
// safe for concurrent use.
type Inbox struct {
	inboxes *Inboxes
	stream  string // and its topic
}

// After returns the first events after a number, at most limit, in their order, and
// the number of the last event, 0 before the first. Numbers have no gaps: a first event
// that does not follow after shows that what was between them is no longer kept.
func (i *Inbox) After(ctx context.Context, after int64, limit int) (events []Event, last int64, err error) {
	records, last, err := i.inboxes.store.Read(ctx, i.stream, after, limit)
	if err != nil {
		return nil, 0, err
	}
	for _, record := range records {
		var e Event
		if err := json.Unmarshal(record.Value, &e); err != nil {
			return nil, 0, fmt.Errorf("event %d in the store is damaged, or of a newer release: %w", record.Number, err)
		}
		e.Number, e.Received = record.Number, record.Time.UTC()
		events = append(events, e)
	}
	return events, last, nil
}

// Watch returns a channel that receives after each new event, and now and then
// without one; see store.Topics.
func (i *Inbox) Watch() (woken <-chan struct{}, stop func()) {
	return i.inboxes.store.Watch(i.stream)
}

// add adds an event, unless the inbox has had one with the same ID, and reports whether it
// did. Those who watch are woken after it is stored.
func (i *Inbox) add(ctx context.Context, e Event) (bool, error) {
	// A clock that is ahead signs deliveries that are accepted for longer than maxAge.
	keep := store.Keep{Count: MaxEvents, Age: Retention, ID: i.inboxes.maxAge + 2*clockSkew}
	added, err := i.inboxes.store.Append(ctx, i.stream, e.ID, jsonvalue.Encode(e), keep)
	if added && err == nil {
		_ = i.inboxes.store.Notify(ctx, i.stream) // a notification may be lost: who watches is woken regularly too
	}
	return added, err
}
