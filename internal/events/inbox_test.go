package events

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"papi-mcp/internal/store"
	"papi-mcp/internal/store/pgtest"
)

func TestAfter(t *testing.T) {
	f := newFixture(t)
	for n := range 5 {
		f.send(f.delivery(fmt.Sprint(n), fmt.Sprintf(`{"type":"T%d"}`, n+1)), http.StatusOK, OutcomeStored)
	}
	inbox := f.inboxes.Of("")
	got, last, err := inbox.After(t.Context(), 2, 2)
	if err != nil || last != 5 || len(got) != 2 || got[0].Number != 3 || got[0].Type != "T3" || got[1].Number != 4 {
		t.Errorf("%+v, %d, %v", got, last, err)
	}
	if got, last, err := inbox.After(t.Context(), 5, 2); len(got) != 0 || last != 5 || err != nil {
		t.Errorf("%+v, %d, %v", got, last, err)
	}
	if got, last, err := f.inboxes.Of("unknown").After(t.Context(), 0, 2); len(got) != 0 || last != 0 || err != nil {
		t.Errorf("%+v, %d, %v", got, last, err)
	}
}

// Events are kept for 30 days, and at most 100,000 of a tenant.
func TestRetention(t *testing.T) {
	f := newFixture(t)
	f.send(f.delivery("n1", approved), http.StatusOK, OutcomeStored)
	f.now = f.now.Add(30*24*time.Hour - time.Second)
	f.send(f.delivery("n2", approved), http.StatusOK, OutcomeStored)
	if got := f.events(""); len(got) != 2 {
		t.Errorf("%d events", len(got))
	}
	f.now = f.now.Add(time.Second)
	got, last, err := f.inboxes.Of("").After(t.Context(), 0, 10)
	if err != nil || len(got) != 1 || got[0].Number != 2 || last != 2 {
		t.Errorf("%+v, %d, %v", got, last, err)
	}
	counted := &counting{Store: store.NewMemory()}
	if _, err := NewInboxes(counted, time.Hour).Of("").add(t.Context(), Event{ID: "1"}); err != nil {
		t.Fatal(err)
	}
	if want := (store.Keep{Count: 100_000, Age: 720 * time.Hour, ID: time.Hour + 10*time.Minute}); counted.keep != want {
		t.Errorf("%+v, want %+v", counted.keep, want)
	}
}

// counting is a store that remembers how much it was asked to keep.
type counting struct {
	store.Store
	keep store.Keep
}

func (c *counting) Append(ctx context.Context, stream, id string, value []byte, keep store.Keep) (bool, error) {
	c.keep = keep
	return c.Store.Append(ctx, stream, id, value, keep)
}

// Replicas share their registrations and their events: a webhook that was registered at one
// is known to all at once, and a delivery that two of them get at the same time is stored
// once.
func TestReplicas(t *testing.T) {
	url := pgtest.URL(t)
	replicas := make([]*fixture, 3)
	for i := range replicas {
		s, end, err := openStore(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := end(); err != nil {
				t.Error(err)
			}
		})
		replicas[i] = newFixtureOn(t, s)
	}
	first := replicas[0]
	reg, secret, err := first.registrations.Add(t.Context(), Registration{ProjectID: projectID})
	if err != nil {
		t.Fatal(err)
	}
	first.reg, first.secret = reg, secret
	woken, stop := replicas[2].inboxes.Of("").Watch()
	defer stop()
	const deliveries = 30
	var all sync.WaitGroup
	for n := range deliveries {
		request := first.delivery(fmt.Sprint(n), approved)
		for _, replica := range replicas {
			all.Go(func() {
				w := httptest.NewRecorder()
				replica.handler.ServeHTTP(w, request.request())
				if w.Code != http.StatusOK {
					t.Errorf("status %d", w.Code)
				}
			})
		}
	}
	all.Wait()
	select {
	case <-woken:
	case <-t.Context().Done():
	}
	if got := replicas[2].events(""); len(got) != deliveries {
		t.Errorf("%d events", len(got))
	}
	next, err := replicas[1].registrations.Rotate(t.Context(), reg.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range []string{secret, next} {
		d := first.delivery("by "+by, approved)
		d.secret = by
		replicas[2].send(d, http.StatusOK, OutcomeStored)
	}
	if err := replicas[1].registrations.Remove(t.Context(), reg.ID); err != nil {
		t.Fatal(err)
	}
	replicas[2].send(first.delivery("later", approved), http.StatusUnauthorized, OutcomeUnauthorized)
}
