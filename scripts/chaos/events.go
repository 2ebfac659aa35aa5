//go:build unix

package main

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"papi-mcp/internal/events"
	"papi-mcp/internal/events/eventstest"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
)

// publicURL is that of the replicas: events are sent to it by the proxy.
const publicURL = "https://papi.example.com"

// sender sends events as the API does: each until it is acknowledged.
type sender struct {
	medium *store.Postgres
	shared store.Store // medium, with secrets as the replicas have them
	url    string      // of the proxy
	target string      // path of the webhook
	secret string
	http   *http.Client

	sent atomic.Int64
}

// senders is how many events are sent at the same time.
const senders = 4

// newSender registers a webhook in a database.
func newSender(ctx context.Context, database, url string) (*sender, error) {
	medium, err := store.NewPostgres(database)
	if err != nil {
		return nil, err
	}
	shared, err := store.WithKeys(medium, nil)
	if err != nil {
		return nil, err
	}
	reg, secret, err := events.NewRegistrations(shared, publicURL, 0).Add(ctx, events.Registration{ProjectID: sandbox.DefaultProject})
	return &sender{medium: medium, shared: shared, url: url, target: events.Path + reg.ID, secret: secret, http: newHTTPClient()}, err
}

// send sends events until chaos ends, one after the other, and the last one until it is
// acknowledged or rest ends.
func (s *sender) send(chaos, rest context.Context, r *results) error {
	for chaos.Err() == nil {
		if err := s.sendOne(rest, r); err != nil {
			return err
		}
	}
	return nil
}

// sendOne sends an event until it is acknowledged, or ctx ends.
func (s *sender) sendOne(ctx context.Context, r *results) error {
	n := s.sent.Add(1)
	for {
		status, _, err := eventstest.Send(ctx, s.http, s.url+s.target, s.secret, fmt.Sprint("nonce ", n), fmt.Sprintf(`{"type":"%d"}`, n))
		if err == nil && status == http.StatusOK {
			r.count(&r.events)
			return nil
		}
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("event %d was not acknowledged in time: %d, %w", n, status, ctx.Err())
		case err != nil:
			r.failed("an event: no answer")
		case status == http.StatusServiceUnavailable || status == http.StatusBadGateway:
			r.failed(fmt.Sprint("an event: status ", status))
		default:
			return fmt.Errorf("event %d: status %d", n, status)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// check counts the events that are not in the inbox once.
func (s *sender) check(ctx context.Context, r *results) error {
	found, last, err := events.NewInboxes(s.shared, 0).Of("").After(ctx, 0, 2*int(s.sent.Load()))
	if err != nil {
		return err
	}
	times := map[string]int{}
	for _, e := range found {
		times[e.Type]++
	}
	for n := range s.sent.Load() {
		switch times[fmt.Sprint(n+1)] {
		case 0:
			r.count(&r.eventsLost)
		case 1:
		default:
			r.count(&r.eventsTwice)
		}
	}
	if int(last) != len(found) {
		return fmt.Errorf("the inbox has %d events, and the last one has the number %d", len(found), last)
	}
	return nil
}

func (s *sender) close() {
	s.http.CloseIdleConnections()
	_ = s.medium.Close() // nothing is left to be written
}
