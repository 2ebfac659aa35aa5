// Package events receives the webhooks of the API and keeps what they report.
//
// A delivery is accepted by its signature, stored, and only then acknowledged. What it
// says is a hint: whoever is woken by an event reads the state from the API.
package events

import (
	"context"
	"encoding/json"
	"time"
)

// Event is a delivery of the API that was accepted.
type Event struct {
	// ID is the same for every repetition of the delivery: it is derived from the nonce,
	// since the API gives a delivery no id.
	ID string
	// Number is the event's place in the inbox, from 1.
	Number int64
	// Received is when it was accepted, by the clock of the store.
	Received time.Time
	// Webhook is the id of the registration that it came by, ProjectID its project.
	Webhook, ProjectID string
	// Type is the trigger, as the API writes it; a newer API may have others than the
	// contract.
	Type string
	// Payload is what the API reports, with secrets masked and texts sanitized.
	Payload json.RawMessage
}

// Inbox is the events of one tenant.
type Inbox interface {
	// After returns the first events after a number, at most limit, in their order, and
	// the number of the last event, 0 before the first. A first event that does not
	// follow after shows that what was between them is no longer kept.
	After(ctx context.Context, after int64, limit int) (events []Event, last int64, err error)
	// Watch returns a channel that receives after each new event, and now and then
	// without one; see store.Topics.
	Watch() (woken <-chan struct{}, stop func())
}
