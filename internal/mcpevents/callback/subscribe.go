package callback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/mcpevents"
)

// The lifetime of a subscription: at least, if the client does not say, and at most. A
// client that asks for none may get no expiry.
const (
	minTTL     = time.Minute
	defaultTTL = time.Hour
	maxTTL     = 24 * time.Hour
)

// maxAge is the longest maxAgeMs that counts: nothing is kept for so long.
const maxAge = 365 * 24 * time.Hour

// maxSubscriptions is how many subscriptions a principal has.
const maxSubscriptions = 100

// Subscribed is the result of events/subscribe.
type Subscribed struct {
	ID string `json:"id"`
	// RefreshBefore is when the subscription expires; nil for never.
	RefreshBefore *string `json:"refreshBefore"`
	// Cursor is the position up to which everything is settled.
	Cursor    string `json:"cursor"`
	Truncated bool   `json:"truncated"`
	// DeliveryStatus is how deliveries went before this refresh.
	DeliveryStatus map[string]any `json:"deliveryStatus,omitempty"`
}

// params are those of events/subscribe and events/unsubscribe.
type params struct {
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"`
	Delivery  struct {
		Mode   *string `json:"mode"`
		URL    string  `json:"url"`
		Secret string  `json:"secret"`
	} `json:"delivery"`
	Cursor   string          `json:"cursor"` // null, and none, is ""
	TTL      json.RawMessage `json:"ttlMs"`
	MaxAgeMs *int64          `json:"maxAgeMs"`
}

// invalid is the error of params that are wrong.
func invalid(format string, args ...any) *mcpevents.Error {
	return &mcpevents.Error{Code: mcpevents.InvalidParams, Message: fmt.Sprintf(format, args...)}
}

// readParams reads the params of a caller, and what they subscribe to.
func (s *Subscriptions) readParams(ctx context.Context, caller mcpevents.Caller, raw []byte) (*params, mcpevents.Interest, error) {
	var p params
	var in mcpevents.Interest
	switch {
	case caller.Principal == "":
		return nil, in, &mcpevents.Error{
			Code: mcpevents.Forbidden, Message: "webhook subscriptions need an authenticated caller, and this server has none: use events/poll or events/stream, or have its operator serve with --auth token or oidc",
			Data: map[string]any{"reason": "unauthenticated"},
		}
	case caller.Own:
		return nil, in, &mcpevents.Error{
			Code: mcpevents.Forbidden, Message: "webhook subscriptions need credentials that the server has, and these came with the request: use events/poll or events/stream",
			Data: map[string]any{"reason": "credentials_of_request"},
		}
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, in, invalid("the params are not those of this method: {name, arguments, delivery: {mode: \"webhook\", url, secret}, cursor, ttlMs, maxAgeMs}")
	}
	if mode := p.Delivery.Mode; mode != nil && *mode != "webhook" {
		return nil, in, &mcpevents.Error{
			Code: mcpevents.Unsupported, Message: "delivery.mode must be webhook: use events/poll or events/stream for the other modes",
			Data: map[string]any{"feature": "deliveryMode", "value": *mode},
		}
	}
	if wrong := s.endpoint.checkURL(p.Delivery.URL); wrong != "" {
		return nil, in, invalid("%s", wrong)
	}
	in, wrong := s.o.Events.Check(ctx, caller, p.Name, p.Arguments)
	if wrong != nil {
		return nil, in, wrong
	}
	return &p, in, nil
}

// grant returns when a subscription expires that asks for a TTL: no later than it asks,
// save for the shortest one; zero for never.
func (s *Subscriptions) grant(owner mcpevents.Owner, ttl json.RawMessage, now time.Time) (time.Time, error) {
	granted := defaultTTL
	switch {
	case len(ttl) == 0:
	case string(ttl) == "null":
		if s.o.Unlimited(owner) {
			return time.Time{}, nil
		}
		granted = maxTTL
	default:
		ms, ok := new(big.Int).SetString(string(ttl), 10)
		if !ok {
			return time.Time{}, invalid("ttlMs must be an integer, or null for no expiry")
		}
		// No integer is refused: the client schedules by what it was granted.
		granted = minTTL
		if ms.Cmp(big.NewInt(maxTTL.Milliseconds())) > 0 {
			granted = maxTTL
		} else if asked := time.Duration(ms.Int64()) * time.Millisecond; ms.IsInt64() && asked > minTTL {
			granted = asked
		}
	}
	return now.Add(granted), nil
}

// Subscribe implements mcpevents.Webhooks: it creates a subscription, or refreshes the one
// with the same key, which is the caller, the URL, the type of event and its arguments. The
// result is a *Subscribed.
func (s *Subscriptions) Subscribe(ctx context.Context, caller mcpevents.Caller, raw json.RawMessage) (any, *mcpevents.Error) {
	result, err := s.subscribe(ctx, caller, raw)
	if err != nil {
		return nil, s.reported(ctx, err)
	}
	return result, nil
}

// reported is an error as the caller gets it: without details, where it is not its own.
func (s *Subscriptions) reported(ctx context.Context, err error) *mcpevents.Error {
	if own, ok := errors.AsType[*mcpevents.Error](err); ok {
		return own
	}
	s.log.ErrorContext(ctx, "a subscription failed", "error", err)
	return &mcpevents.Error{Code: mcp.INTERNAL_ERROR, Message: "the subscription could not be stored: try again in a few seconds"}
}

func (s *Subscriptions) subscribe(ctx context.Context, caller mcpevents.Caller, raw []byte) (*Subscribed, error) {
	owner := caller.Owner
	p, in, err := s.readParams(ctx, caller, raw)
	if err != nil {
		return nil, err
	}
	now := s.o.now()
	expires, err := s.grant(owner, p.TTL, now)
	if err != nil {
		return nil, err
	}
	if _, ok := decodeSecret(p.Delivery.Secret); !ok {
		return nil, invalid("delivery.secret must be whsec_ and the base64 of %d to %d random bytes", minSecret, maxSecret)
	}
	if p.MaxAgeMs != nil && *p.MaxAgeMs < 0 {
		return nil, invalid("maxAgeMs must be 0 or a positive integer")
	}
	if wrong := s.o.Events.Access(ctx, owner, in); wrong != nil {
		return nil, wrong
	}
	sub := &subscription{ID: newID(owner, in, p.Delivery.URL), Owner: owner, Interest: in, URL: p.Delivery.URL, Secret: p.Delivery.Secret, Expires: expires}
	existing, err := s.load(ctx, sub.key())
	if err != nil {
		return nil, err
	}
	if existing == nil {
		if err := s.checkCount(ctx, owner, sub.key()); err != nil {
			return nil, err
		}
		if err := s.verify(ctx, sub); err != nil {
			return nil, err
		}
	} else {
		existing.Owner, existing.Expires = owner, expires
		existing.replaceSecret(sub.Secret, now)
		sub = existing
	}
	if sub.Watched = expires; expires.IsZero() {
		sub.Watched = now.Add(maxTTL)
	}
	if err := s.o.Events.Keep(ctx, owner, in, sub.Watched); err != nil {
		return nil, err
	}
	result := &Subscribed{ID: sub.ID}
	if !expires.IsZero() {
		text := timestamp(expires)
		result.RefreshBefore = &text
	}
	if err := s.begin(ctx, sub, existing != nil, p, result); err != nil {
		return nil, err
	}
	if err := s.save(ctx, sub); err != nil {
		return nil, err
	}
	if existing == nil {
		if err := s.checkRace(ctx, sub); err != nil {
			return nil, err
		}
	}
	return result, s.resume(ctx, sub)
}

// begin begins the progress of a subscription at the cursor that the client gave, unless
// it is live, and completes the result.
func (s *Subscriptions) begin(ctx context.Context, sub *subscription, refreshed bool, p *params, result *Subscribed) error {
	if refreshed {
		live := false
		now, err := s.change(ctx, sub.key(), func(before *progress) bool {
			if live = before.Ended == nil; live {
				result.DeliveryStatus = before.status()
				before.resume()
			}
			return live
		})
		if err != nil {
			return err
		}
		if now != nil && live {
			result.Cursor = now.Watermark
			return nil
		}
	}
	var notBefore time.Time
	if p.Cursor != "" && p.MaxAgeMs != nil {
		notBefore = s.o.now().Add(-time.Duration(min(*p.MaxAgeMs, maxAge.Milliseconds())) * time.Millisecond)
	}
	page, err := s.o.Events.After(ctx, sub.Owner, sub.Interest, p.Cursor, notBefore, maxOpen)
	if err != nil {
		return err
	}
	result.Cursor, result.Truncated = page.Start, page.Truncated
	begun := progress{Watermark: page.Start, NotBefore: notBefore}
	begun.addOccurrences(page, page.Start) // the result reports a gap
	return s.o.Store.Put(ctx, progressKey(sub.key()), encode(begun), 0)
}

// exhausted is the error of a principal that has too many subscriptions.
func exhausted() *mcpevents.Error {
	return &mcpevents.Error{
		Code: mcpevents.ResourceExhausted, Message: fmt.Sprintf("this caller has %d subscriptions, the maximum: unsubscribe from one, or let it expire", maxSubscriptions),
		Data: map[string]any{"limit": "subscriptions", "max": maxSubscriptions},
	}
}

// checkCount returns an error where a principal can't have another subscription.
func (s *Subscriptions) checkCount(ctx context.Context, owner mcpevents.Owner, key string) error {
	keys, err := s.o.Store.Keys(ctx, ownerPrefix(owner))
	if err != nil || len(keys) < maxSubscriptions || slices.Contains(keys, key) {
		return err
	}
	live := 0
	for _, key := range keys {
		sub, err := s.load(ctx, key)
		if err != nil {
			return err
		}
		if sub != nil {
			live++
		}
	}
	if live >= maxSubscriptions {
		return exhausted()
	}
	return nil
}

// checkRace removes a new subscription where others were made at the same time, and there
// are too many now.
func (s *Subscriptions) checkRace(ctx context.Context, sub *subscription) error {
	keys, err := s.o.Store.Keys(ctx, ownerPrefix(sub.Owner))
	if err != nil || len(keys) <= maxSubscriptions {
		return err
	}
	if err := s.checkCount(ctx, sub.Owner, ""); err != nil {
		if removing := s.remove(ctx, sub.key()); removing != nil {
			return removing
		}
		return err
	}
	return nil
}

// Unsubscribe implements mcpevents.Webhooks: it ends a subscription. The result is empty.
func (s *Subscriptions) Unsubscribe(ctx context.Context, caller mcpevents.Caller, raw json.RawMessage) (any, *mcpevents.Error) {
	if err := s.unsubscribe(ctx, caller, raw); err != nil {
		return nil, s.reported(ctx, err)
	}
	return struct{}{}, nil
}

func (s *Subscriptions) unsubscribe(ctx context.Context, caller mcpevents.Caller, raw []byte) error {
	p, in, err := s.readParams(ctx, caller, raw)
	if err != nil {
		return err
	}
	sub := &subscription{ID: newID(caller.Owner, in, p.Delivery.URL), Owner: caller.Owner}
	existing, err := s.load(ctx, sub.key())
	if err != nil {
		return err
	}
	if existing == nil {
		return &mcpevents.Error{
			Code: mcpevents.NotFound, Message: "there is no such subscription of this caller: it may have expired or ended",
			Data: map[string]any{"kind": "subscription"},
		}
	}
	return s.remove(ctx, sub.key())
}
