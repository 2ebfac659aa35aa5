package tools

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/events"
	"papi-mcp/internal/events/eventstest"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/store"
)

// pipes is a listener of connections in memory, which work in a bubble of synctest.
type pipes struct {
	conns chan net.Conn
	end   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	c, ok := <-p.conns
	if !ok {
		return nil, errors.New("closed")
	}
	return c, nil
}
func (p *pipes) Close() error   { p.end.Do(func() { close(p.conns) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) client() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		p.conns <- there
		return here, nil
	}}}
}

// A delivery that was recorded, and is sent again: within the day that the API may repeat it
// the receiver says that it knows it, and later that it is too old. Neither wakes a wait, and
// the list has the event once.
func TestAnEventThatIsReplayedAfterADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := store.NewMemory()
		registrations, inboxes := events.NewRegistrations(kept, "https://papi.example.com", events.DefaultMaxAge), events.NewInboxes(kept, events.DefaultMaxAge)
		listener := &pipes{conns: make(chan net.Conn)}
		mux := http.NewServeMux()
		mux.Handle(events.Pattern, events.NewReceiver(events.ReceiverOptions{Registrations: registrations, Inboxes: inboxes}))
		server := httptest.NewUnstartedServer(mux)
		_ = server.Listener.Close()
		server.Listener = listener
		server.Start()
		defer server.Close()

		reg, secret, err := registrations.Add(t.Context(), events.Registration{ProjectID: project})
		if err != nil {
			t.Fatal(err)
		}
		if err := registrations.SetWebhook(t.Context(), reg.ID, "w", []string{catalog.EveryTrigger}); err != nil {
			t.Fatal(err)
		}
		var state atomic.Value
		state.Store("IN_PROGRESS")
		set, api := newChangingSet(t, func(time.Duration, string) apiAnswer { return apiAnswer{thing: inState(state.Load().(string))} }, func(o *Options, _ *guard.Options) {
			o.Events = &Events{Registrations: registrations, Feeds: events.NewFeeds(inboxes)}
		})
		recorded := eventstest.RequestAt(t.Context(), registrations.Target(reg.ID), secret, "nonce", `{"type":"WHATSAPP_SENDER_ACTIVE","payload":{"id":"S","state":"ACTIVE"}}`, time.Now())
		send := func() (status int, answer string) {
			again := recorded.Clone(t.Context())
			again.URL.Scheme, again.Body = "http", io.NopCloser(strings.NewReader(`{"type":"WHATSAPP_SENDER_ACTIVE","payload":{"id":"S","state":"ACTIVE"}}`))
			resp, err := listener.client().Do(again)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			return resp.StatusCode, string(body)
		}
		wait := func() (lasted time.Duration, reads int, r map[string]any) {
			began, before := time.Now(), api.count()
			done := make(chan map[string]any, 1)
			go func() { done <- waitOn(t, set, object{"timeoutSeconds": 9}, aSender("S")) }()
			time.Sleep(3 * time.Second) // of the bubble
			status, answer := send()
			t.Logf("%v: %d %s", time.Since(began), status, strings.TrimSpace(answer))
			r = <-done
			return time.Since(began), api.count() - before, r
		}

		time.AfterFunc(2*time.Second, func() { state.Store("ACTIVE") }) // for which the wait's first read is too early
		if lasted, _, r := wait(); r["settled"] != true || lasted != 3*time.Second {
			t.Errorf("by the event: %v, settled %v", lasted, r["settled"])
		}
		state.Store("IN_PROGRESS")
		for _, later := range []time.Duration{23 * time.Hour, 2 * time.Hour, 30 * 24 * time.Hour} {
			time.Sleep(later)
			if lasted, reads, r := wait(); r["settled"] != false || lasted != 9*time.Second || reads != 2 { // at the beginning and the end
				t.Errorf("%v later: it lasted %v, settled %v, %d reads", later, lasted, r["settled"], reads)
			}
			if later > 24*time.Hour { // it was kept for 30 days
				continue
			}
			if rows := records(t, result(t, do(t, set, EventList, nil))); len(rows) != 1 {
				t.Errorf("%v later: %d events", later, len(rows))
			}
		}
		if status, _ := send(); status != http.StatusUnauthorized {
			t.Errorf("after a day: status %d", status)
		}
		synctest.Wait()
	})
}
