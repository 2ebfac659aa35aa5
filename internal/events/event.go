// Package events receives the events that the API sends to webhooks, and keeps them.
// A delivery is one request of the API, which carries an event and may be repeated.
//
// A [Registration] is a webhook of a project whose target is this server: its id is the
// end of the target, and the store has the secret that its deliveries are signed with.
// The receiver accepts a delivery by its signature, stores it in the [Inbox] of the
// registration's tenant, and only then acknowledges it. What an event says is a hint:
// a caller that is woken by one reads the state from the API.
package events

import (
	"encoding/json"
	"time"
)

// Event is a delivery of the API that was accepted.
type Event struct {
	// ID is the same for every repetition of the delivery: it is derived from the nonce,
	// since the API gives a delivery no id.
	ID string `json:"id"`
	// Number is the event's place in the inbox, from 1.
	Number int64 `json:"-"`
	// Received is when it was accepted, by the clock of the store.
	Received time.Time `json:"-"`
	// Registration is the id of the registration that it came by, ProjectID its project.
	Registration string `json:"registration"`
	ProjectID    string `json:"projectId"`
	// Type is the trigger, as the API writes it; a newer API may have others than the
	// contract. "" where the delivery has none.
	Type string `json:"type,omitempty"`
	// Payload is the thing that the API reports on, in its form of an answer; nil where the
	// delivery has none. Secrets are masked and texts are sanitized.
	Payload json.RawMessage `json:"payload,omitempty"`
	// More is a JSON object with the other fields of the delivery, such as comment; nil for
	// none. It is masked and sanitized as the payload is.
	More json.RawMessage `json:"more,omitempty"`
}
