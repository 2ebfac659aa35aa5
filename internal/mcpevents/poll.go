package mcpevents

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// pollKeeps is how long things are watched after a poll: several times as long as a
// client is asked to wait until the next.
const pollKeeps = 10 * time.Minute

// A client is asked to poll again after nextPoll, and after soonPoll where something has
// just occurred.
const (
	nextPoll = 15 * time.Second
	soonPoll = 5 * time.Second
)

// ownPause is how long a thing is not read again for polls with credentials of their own.
const ownPause = soonPoll

// How many occurrences an answer has.
const (
	defaultEvents = 50
	maxEvents     = 200
)

// request are the params of events/poll and events/stream.
type request struct {
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"`
	Cursor    *string         `json:"cursor"`
	MaxAgeMs  *int64          `json:"maxAgeMs"`
	MaxEvents *int            `json:"maxEvents"`
}

// readRequest reads and checks params.
func (s *Service) readRequest(ctx context.Context, caller Caller, params json.RawMessage) (r request, in Interest, _ *Error) {
	if err := json.Unmarshal(params, &r); err != nil {
		return r, in, invalid("the params must be name (text), arguments (object), cursor (text or null), maxAgeMs and maxEvents (whole numbers)")
	}
	switch {
	case r.MaxAgeMs != nil && *r.MaxAgeMs < 0:
		return r, in, invalid("maxAgeMs must be 0 or more")
	case r.MaxEvents != nil && *r.MaxEvents < 1:
		return r, in, invalid("maxEvents must be 1 or more")
	}
	in, e := s.Check(ctx, caller, r.Name, r.Arguments)
	return r, in, e
}

func (r *request) cursor() string {
	if r.Cursor == nil {
		return ""
	}
	return *r.Cursor
}

// notBefore is the time of the oldest occurrence that the client wants, zero for any.
func (r *request) notBefore(now time.Time) time.Time {
	if r.MaxAgeMs == nil {
		return time.Time{}
	}
	return now.Add(-time.Duration(min(*r.MaxAgeMs, int64(retention/time.Millisecond))) * time.Millisecond)
}

// Page of events/list: all types that the caller is offered.
type listResult struct {
	Events []map[string]any `json:"events"`
}

// List answers events/list. It reads the contract, and nothing of the API.
func (s *Service) List(_ context.Context, caller Caller, params json.RawMessage) (any, *Error) {
	var page struct {
		Cursor *string `json:"cursor"`
	}
	if len(params) > 0 && json.Unmarshal(params, &page) != nil || page.Cursor != nil && *page.Cursor != "" {
		return nil, invalid("cursor: there is one page, so that no cursor is valid")
	}
	delivery := []string{"poll", "push"}
	if s.hooks != nil && !caller.Own {
		delivery = append(delivery, "webhook")
	}
	result := listResult{Events: []map[string]any{}}
	for _, t := range offered(caller.Things) {
		result.Events = append(result.Events, t.definition(caller.Things, delivery))
	}
	return result, nil
}

type pollResult struct {
	Events     []Occurrence `json:"events"`
	Cursor     string       `json:"cursor"`
	Truncated  bool         `json:"truncated"`
	HasMore    bool         `json:"hasMore"`
	NextPollMs int64        `json:"nextPollMs"`
}

// Poll answers events/poll.
func (s *Service) Poll(ctx context.Context, caller Caller, params json.RawMessage) (any, *Error) {
	r, in, e := s.readRequest(ctx, caller, params)
	if e == nil {
		e = s.ensure(ctx, caller, in, pollKeeps)
	}
	if e != nil {
		return nil, e
	}
	limit := defaultEvents
	if r.MaxEvents != nil {
		limit = min(*r.MaxEvents, maxEvents)
	}
	page, err := s.After(ctx, caller.Owner, in, r.cursor(), r.notBefore(s.opts.Now()), limit)
	if err != nil {
		return nil, s.failure(ctx, err)
	}
	result := pollResult{Events: []Occurrence{}, Cursor: page.Cursor, Truncated: page.Truncated, HasMore: page.More, NextPollMs: nextPoll.Milliseconds()}
	for _, o := range page.Occurrences {
		o.Cursor = "" // that of the answer counts
		result.Events = append(result.Events, o)
	}
	if len(result.Events) > 0 {
		result.NextPollMs = soonPoll.Milliseconds()
	}
	return result, nil
}

// ensure has the things of an interest watched for some time: with the credentials of the
// tenant in the background, or with those of the request now.
func (s *Service) ensure(ctx context.Context, caller Caller, in Interest, keeps time.Duration) *Error {
	if !caller.Own {
		if err := s.Keep(ctx, caller.Owner, in, s.opts.Now().Add(keeps)); err != nil {
			return s.failure(ctx, err)
		}
		return nil
	}
	g := groupOf(caller.Tenant, in.query())
	k, _, err := s.readKnown(ctx, g)
	switch {
	case err != nil:
	case !k.has(g):
		err = s.first(ctx, caller.Things, g)
	case s.lookedAt.Get(g.id()) == nil:
		_, _ = s.lookOwn(ctx, caller, g) // else the next one finds it
	}
	if err != nil {
		return s.failure(ctx, err)
	}
	return nil
}

// lookOwn reads with the credentials of a request.
func (s *Service) lookOwn(ctx context.Context, caller Caller, g group) (changed bool, err error) {
	s.lookedAt.Set(g.id(), struct{}{}, ownPause)
	ctx, cancel := context.WithTimeout(ctx, firstRead)
	defer cancel()
	return s.look(ctx, caller.Things, g)
}

// failure is an error for the client. Those of the store are logged.
func (s *Service) failure(ctx context.Context, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if ctx.Err() != nil {
		return &Error{Code: internalError, Message: "the request was ended before it could be answered"}
	}
	s.log.ErrorContext(ctx, "events can't be served", "error", err)
	return &Error{Code: internalError, Message: "the store of this server does not answer: try again"}
}
