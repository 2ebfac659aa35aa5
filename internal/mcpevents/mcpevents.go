// Package mcpevents serves MCP Events (io.modelcontextprotocol/events, SEP-3415): the
// types of events that a client can ask for, what has occurred, and webhooks of clients
// to which it is sent.
//
// A watch reads the things that clients ask about, when the inbox reports them or
// from time to time, and adds each change of their state once to the log of their
// tenant. Poll, stream and webhooks are three ways to read that log, so that an
// occurrence has the same id and the same content in all of them.
//
// An [Interest] is what a client asks for, an [Occurrence] an MCP event: one change that was
// noticed. The API's own events, in the inbox of package events, only cause a reading;
// their webhooks are other ones than those of clients, which package callback serves.
package mcpevents

import (
	"context"
	"encoding/json"
	"time"

	"papi-mcp/internal/auth"
)

// Owner is a caller who asks for events: what it may see is decided by its grant,
// again each time.
type Owner struct {
	// Principal is the authenticated caller; "" where there is none.
	Principal string `json:"principal,omitempty"`
	// Tenant is whose credentials read the things, and whose log has what occurred.
	Tenant string `json:"tenant,omitempty"`
	// Grant is what the caller was allowed when it asked. Where the configuration says
	// what a principal may do, that counts instead, as it is now.
	Grant auth.Grant `json:"grant,omitzero"`
}

// Interest is what a client asks for: a type of event, and its arguments, validated,
// with defaults, in their canonical form (see encoding/json: sorted keys).
type Interest struct {
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"`
}

// Occurrence is an event as a client gets it.
type Occurrence struct {
	EventID   string          `json:"eventId"`
	Name      string          `json:"name"`
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
	// Cursor continues after it.
	Cursor string `json:"cursor,omitempty"`
}

// Page is a part of the log.
type Page struct {
	Occurrences []Occurrence
	// Start is where it begins: the cursor asked for, unless that was of no use.
	Start string
	// Cursor continues after what was looked at, whether it matched or not.
	Cursor string
	// Truncated reports that what followed the cursor asked for is no longer kept, or
	// that the cursor is none of this log.
	Truncated bool
	// More reports that there is more to read now.
	More bool
}

// Log is what has occurred, of all tenants.
type Log interface {
	// After returns the occurrences of an interest after a cursor, at most limit, in
	// their order; "" is the end of the log, and notBefore leaves out what is older.
	After(ctx context.Context, owner Owner, in Interest, cursor string, notBefore time.Time, limit int) (Page, error)
	// Watch returns a channel that receives after each new occurrence of a tenant, and
	// now and then without one; see store.Topics.
	Watch(tenant string) (woken <-chan struct{}, stop func())
}

// Watches decide which things are read, and how often.
type Watches interface {
	// Keep has the things of an interest watched until a time, at least, over restarts
	// too, by one replica. It is called again to continue. When it returns, changes from now
	// on get into the log: a client's first cursor is read afterwards. An error is an
	// *Error where the client has to know it: there is no such thing, or it may not be
	// read.
	Keep(ctx context.Context, owner Owner, in Interest, until time.Time) error
}

// Error is a failure as JSON-RPC reports it.
type Error struct {
	Code    int
	Message string
	Data    map[string]any
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// The codes of the extension, besides those of JSON-RPC.
const (
	InvalidParams         = -32602
	NotFound              = -32023
	Forbidden             = -32024
	ResourceExhausted     = -32025
	Unsupported           = -32026
	CallbackEndpointError = -32027
)
