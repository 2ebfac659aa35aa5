package callback

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/mcpevents"
	"papi-mcp/internal/store"
	"papi-mcp/internal/store/pgtest"
)

// Several replicas on one store send each event once.
func TestReplicasSendOnce(t *testing.T) {
	for name, open := range map[string]func(*fixture) []store.Store{
		"memory": func(f *fixture) []store.Store { return []store.Store{f.store, f.store, f.store} },
		"PostgreSQL": func(f *fixture) []store.Store {
			url := pgtest.URL(f.T)
			var all []store.Store
			for range 3 {
				s, err := store.NewPostgres(url)
				if err != nil {
					f.Fatal(err)
				}
				f.Cleanup(func() { s.Close() })
				all = append(all, s)
			}
			return all
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, func(o *Options) { o.now = time.Now })
			for _, s := range open(f) {
				options := f.options
				options.Store = s
				f.subs = New(options)
				f.run(f.subs)
			}
			f.subscribe("key:a", f.request(""))
			f.subscribe("key:b", f.request(""))
			const events = 30
			for n := range events {
				f.occur("evt_" + strconv.Itoa(n))
			}
			f.until("all are delivered", func() bool { return f.metrics.of("delivered") == 2*events })
			seen := map[string]int{}
			for len(f.hook.bodies) > 0 {
				got := f.hook.next(t)
				seen[got.header.Get("X-MCP-Subscription-Id")+got.text("eventId")]++
			}
			for id, n := range seen {
				if n != 1 {
					t.Errorf("%s was sent %d times", id, n)
				}
			}
			if len(seen) != 2*events {
				t.Errorf("%d deliveries", len(seen))
			}
		})
	}
}

// What a replica had when it was killed is sent by another, with the same eventId: before
// the tasks were made, before it was sent, and before that was noted.
func TestAReplicaIsKilled(t *testing.T) {
	f := newFixture(t, nil)
	f.subscribe("key:a", f.request(""))

	f.log.mu.Lock() // before the tasks were made
	f.log.events = append(f.log.events, occurrence("evt_1"))
	f.log.mu.Unlock()
	if err := New(f.options).sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	tasks, err := f.store.Lease(t.Context(), queue, 10, leaseTTL) // before it was sent
	if err != nil || len(tasks) != 1 {
		t.Fatal(tasks, err)
	}
	stop := f.run(New(f.options))
	f.clock.advance(leaseTTL)
	if got := f.hook.next(t); got.text("eventId") != "evt_1" {
		t.Errorf("%s", got.raw)
	}
	f.until("it is settled", func() bool { return f.metrics.of("delivered") == 1 })
	stop()

	// It was sent, and that was not noted: another one sends it again.
	f.occur("evt_2")
	if _, err := f.store.Lease(t.Context(), queue, 10, leaseTTL); err != nil {
		t.Fatal(err)
	}
	f.clock.advance(leaseTTL)
	f.run(New(f.options))
	if got := f.hook.next(t); got.text("eventId") != "evt_2" {
		t.Errorf("%s", got.raw)
	}
}

func occurrence(id string) mcpevents.Occurrence {
	return mcpevents.Occurrence{EventID: id, Name: "changed", Data: []byte("{}")}
}

// A server that stops ends what it is sending, or returns it: another one has it immediately.
func TestStopReturnsLeases(t *testing.T) {
	f := newFixture(t, nil)
	entered, release := make(chan struct{}), make(chan struct{})
	first := true
	f.hook.answers(func(received) int {
		if first {
			first = false
			close(entered)
			<-release
		}
		return http.StatusOK
	})
	stop := f.run(f.subs)
	f.subscribe("key:a", f.request(""))
	f.occur("evt_1", "evt_2")
	<-entered
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	f.hook.next(t)
	select {
	case <-stopped:
		t.Fatal("it did not wait for what it was sending")
	case <-time.After(10 * time.Millisecond):
	}
	close(release)
	<-stopped
	if f.metrics.of("delivered") != 1 {
		t.Errorf("what was being sent: %v", f.metrics.n)
	}
	f.run(New(f.options)) // no time has passed
	if got := f.hook.next(t); got.text("eventId") != "evt_2" {
		t.Errorf("%s", got.raw)
	}
	f.hook.none(t)
}

// A slow host does not hold up the others.
func TestAHostThatHangs(t *testing.T) {
	f := newFixture(t, nil)
	hang := make(chan struct{})
	slow := newReceiver(t, httptest.NewServer)
	slow.answers(func(received) int { <-hang; return http.StatusOK })
	defer close(hang)
	f.run(f.subs)
	fast := f.hook
	f.hook = slow
	for n := range 2 * maxPerHost {
		f.subscribe("key:"+strconv.Itoa(n), f.request(""))
	}
	f.hook = fast
	fast.URL = strings.Replace(fast.URL, "127.0.0.1", "localhost", 1) // another host
	f.subscribe("key:fast", f.request(""))
	f.occur("evt_1")
	_ = fast.next(t)
	for range maxPerHost {
		_ = slow.next(t)
	}
	slow.none(t)
}
