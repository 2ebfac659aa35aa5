package callback

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/mcpevents"
)

// progress is how far a subscription is: what was read from the log, and what of that is
// settled: acknowledged, or given up.
type progress struct {
	// Watermark is the position in the log up to which all is settled, and Read that up
	// to which it was read. Open are the messages between, in their order.
	Watermark string    `json:"watermark,omitempty"`
	Read      string    `json:"read,omitempty"`
	NotBefore time.Time `json:"notBefore,omitzero"`
	Open      []pending `json:"open,omitempty"`
	// Number is that of the last message that was opened.
	Number int64 `json:"number,omitempty"`
	// More means that the log had more than what is open.
	More bool `json:"more,omitempty"`

	// Suspended means that nothing is sent until the client refreshes.
	Suspended    bool      `json:"suspended,omitempty"`
	LastDelivery time.Time `json:"lastDelivery,omitzero"`
	LastError    string    `json:"lastError,omitempty"` // of the last try, if that failed
	FailedSince  time.Time `json:"failedSince,omitzero"`
	Failures     int       `json:"failures,omitempty"` // since then

	// Ended is why the subscription ends once the client knows, nil while it lasts.
	Ended *mcpevents.Error `json:"ended,omitempty"`
}

// pending is a message that was not settled, or follows one.
type pending struct {
	// ID is the webhook-id: the eventId, or that of a control body.
	ID string `json:"id"`
	// Number is its place among all of the subscription.
	Number int64 `json:"number"`
	// Type is that of a control body, "" for an occurrence.
	Type string `json:"type,omitempty"`
	// After is the position in the log before it, and Cursor that after it.
	After   string `json:"after,omitempty"`
	Cursor  string `json:"cursor,omitempty"`
	Settled bool   `json:"settled,omitempty"`
}

// The types of control bodies that are open for a while.
const (
	gap        = "gap"
	terminated = "terminated"
)

// maxOpen is how many messages of a subscription are open; the rest waits in the log.
const maxOpen = 200

// When a subscription is suspended: each try has failed for so long, and so often.
const (
	suspendAfter    = time.Hour
	suspendFailures = 20
)

// find returns the message with an id that is open, -1 where there is none.
func (p *progress) find(id string) int {
	return slices.IndexFunc(p.Open, func(m pending) bool { return m.ID == id && !m.Settled })
}

// cursorFor is the position that a delivery has: its own where all before it is settled,
// so that a client which continues there misses nothing.
func (p *progress) cursorFor(index int) string {
	if index == 0 {
		return p.Open[0].Cursor
	}
	return p.Watermark
}

// open adds a message that is to be sent.
func (p *progress) open(m pending) {
	p.Number++
	m.Number = p.Number
	p.Open = append(p.Open, m)
}

// add adds a page of the log that was read after p.Read.
func (p *progress) add(page mcpevents.Page) {
	after := page.Start
	if page.Truncated {
		p.open(pending{ID: controlID(gap), Type: gap, Cursor: page.Start})
	}
	p.addOccurrences(page, after)
}

// addOccurrences adds those of a page, the first of which follows a cursor.
func (p *progress) addOccurrences(page mcpevents.Page, after string) {
	for _, o := range page.Occurrences {
		p.open(pending{ID: o.EventID, After: after, Cursor: o.Cursor})
		after = o.Cursor
	}
	p.Read, p.More = page.Cursor, page.More
	p.advance()
}

// settle settles a message, if it is open.
func (p *progress) settle(id string) {
	index := p.find(id)
	if index < 0 {
		return
	}
	p.Open[index].Settled = true
	for len(p.Open) > 0 && p.Open[0].Settled {
		p.Watermark = p.Open[0].Cursor
		p.Open = p.Open[1:]
	}
	p.advance()
}

// advance moves the watermark to the end of what was read, if nothing is open.
func (p *progress) advance() {
	if len(p.Open) == 0 {
		p.Watermark = p.Read
	}
}

// succeeded notes that the endpoint acknowledged something.
func (p *progress) succeeded(now time.Time) {
	p.LastDelivery, p.LastError, p.FailedSince, p.Failures = now, "", time.Time{}, 0
}

// failed notes that a try failed, and suspends the subscription if that has gone on for
// long. It reports whether it did.
func (p *progress) failed(reason string, now time.Time) (suspended bool) {
	if p.Failures == 0 {
		p.FailedSince = now
	}
	p.LastError = reason
	p.Failures++
	if p.Suspended || p.Failures < suspendFailures || now.Sub(p.FailedSince) < suspendAfter {
		return false
	}
	p.Suspended = true
	return true
}

// resume begins again what was suspended, after the client has refreshed.
func (p *progress) resume() {
	if p.Suspended {
		p.Suspended, p.FailedSince, p.Failures = false, time.Time{}, 0
	}
}

// end makes the message that says why the subscription ends the only one that is open.
func (p *progress) end(why *mcpevents.Error) {
	if p.Ended != nil {
		return
	}
	p.Ended, p.Suspended = why, false
	p.Open = nil
	p.open(pending{ID: controlID(terminated), Type: terminated, Cursor: p.Watermark})
}

// controlID returns the id of a control body.
func controlID(kind string) string { return "msg_" + kind + "_" + rand.Text() }

// status is deliveryStatus, as a client gets it when it refreshes.
func (p *progress) status() map[string]any {
	status := map[string]any{"active": !p.Suspended, "lastError": nil}
	if !p.LastDelivery.IsZero() {
		status["lastDeliveryAt"] = timestamp(p.LastDelivery)
	}
	if p.LastError != "" {
		status["lastError"] = p.LastError
	}
	if !p.FailedSince.IsZero() {
		status["failedSince"] = timestamp(p.FailedSince)
	}
	return status
}

// timestamp is a time as clients get it.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// progressOf returns the progress of a subscription, and how it is stored; nil where there
// is none.
func (s *Subscriptions) progressOf(ctx context.Context, key string) (*progress, []byte, error) {
	raw, ok, err := s.o.Store.Get(ctx, progressKey(key))
	if err != nil || !ok {
		return nil, nil, err
	}
	var p progress
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, nil, fmt.Errorf("callback: the progress of a subscription: %w", err)
	}
	return &p, raw, nil
}

// change changes the progress of a subscription. edit may be called several times, where
// others change it at the same time; where it returns false nothing is stored. It returns
// the progress afterwards, nil where there is none.
func (s *Subscriptions) change(ctx context.Context, key string, edit func(*progress) bool) (*progress, error) {
	for {
		p, raw, err := s.progressOf(ctx, key)
		if err != nil || p == nil {
			return nil, err
		}
		if !edit(p) {
			return p, nil
		}
		changed := jsonvalue.Encode(p)
		if bytes.Equal(raw, changed) {
			return p, nil
		}
		swapped, err := s.o.Store.Swap(ctx, progressKey(key), raw, changed, 0)
		if err != nil || swapped {
			return p, err
		}
	}
}
