package callback

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/mcpevents"
)

func TestAnEventIsDelivered(t *testing.T) {
	f := newFixture(t, nil)
	f.run(f.subs)
	sub := f.subscribe("key:a", f.request(""))
	f.occur("evt_1")
	got := f.hook.next(t)
	if got.text("eventId") != "evt_1" || got.text("name") != "changed" || got.text("cursor") != "1" || got.body["data"].(map[string]any)["state"] != "APPROVED" {
		t.Errorf("the body: %s", got.raw)
	}
	if _, err := time.Parse(time.RFC3339Nano, got.text("timestamp")); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{
		"Webhook-Id": "evt_1", "X-Mcp-Subscription-Id": sub.ID, "Content-Type": "application/json", "User-Agent": "papi-mcp/test",
		"Webhook-Timestamp": strconv.FormatInt(f.clock.now().Unix(), 10),
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
		}
	}
	if !verifies(t, got, secretA) || verifies(t, got, secretB) || signatures(got) != 1 {
		t.Errorf("the signature: %s", got.header.Get("webhook-signature"))
	}
	f.until("nothing is left to send", func() bool { return f.metrics.of("delivered") == 1 })
	if refreshed := f.subscribe("key:a", f.request("")); refreshed.Cursor != "1" || refreshed.ID != sub.ID || refreshed.DeliveryStatus["active"] != true || refreshed.DeliveryStatus["lastDeliveryAt"] == nil {
		t.Errorf("the refresh: %+v", refreshed)
	}
	f.hook.none(t)
}

// The cursor in a delivery is the position up to which all is settled: a client that
// continues there misses no event that it has not acknowledged.
func TestTheCursorIsAWatermark(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.delays = []time.Duration{time.Minute, time.Minute} })
	f.run(f.subs)
	f.subscribe("key:a", f.request(""))
	f.hook.answers(func(r received) int {
		if r.text("eventId") == "evt_1" {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	})
	f.occur("evt_1")
	f.hook.next(t)
	f.until("the first try has failed", func() bool { return f.metrics.of("failed") == 1 })
	f.occur("evt_2", "evt_3")
	for _, id := range []string{"evt_2", "evt_3"} { // they don't wait for the first one
		if got := f.hook.next(t); got.text("eventId") != id || got.text("cursor") != "0" {
			t.Errorf("while the first is not acknowledged: %s", got.raw)
		}
	}
	f.until("both are settled", func() bool { return f.metrics.of("delivered") == 2 })
	if refreshed := f.subscribe("key:a", f.request("")); refreshed.Cursor != "0" {
		t.Errorf("the cursor of a refresh: %s", refreshed.Cursor)
	}
	f.hook.answers(nil)
	f.clock.advance(2 * time.Minute)
	if got := f.hook.next(t); got.text("eventId") != "evt_1" || got.text("cursor") != "1" {
		t.Errorf("the first again: %s", got.raw)
	}
	f.until("all are settled", func() bool { return f.metrics.of("delivered") == 3 })
	if refreshed := f.subscribe("key:a", f.request("")); refreshed.Cursor != "3" {
		t.Errorf("the cursor of a refresh: %s", refreshed.Cursor)
	}
}

func TestRetriesAreSignedAnewAndBounded(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.delays = []time.Duration{time.Minute, 2 * time.Minute} })
	f.run(f.subs)
	f.subscribe("key:a", f.request(""))
	f.hook.answers(func(received) int { return http.StatusInternalServerError })
	f.occur("evt_1")
	seen := map[string]bool{}
	for n := range 3 {
		got := f.hook.next(t)
		if got.header.Get("webhook-id") != "evt_1" || !verifies(t, got, secretA) || seen[got.header.Get("webhook-signature")] {
			t.Errorf("try %d: %v", n, got.header)
		}
		seen[got.header.Get("webhook-signature")] = true
		f.until("it has failed", func() bool { return f.metrics.of("failed")+f.metrics.of("abandoned") == n+1 })
		f.clock.advance(3 * time.Minute)
	}
	if f.metrics.of("abandoned") != 1 {
		t.Errorf("it was not given up: %v", f.metrics.n)
	}
	refreshed := f.subscribe("key:a", f.request(""))
	if refreshed.Cursor != "1" || refreshed.DeliveryStatus["lastError"] != http5xx || refreshed.DeliveryStatus["failedSince"] == nil {
		t.Errorf("after it was given up: %+v", refreshed)
	}
	f.hook.answers(nil)
	f.occur("evt_2") // the subscription continues
	if got := f.hook.next(t); got.text("eventId") != "evt_2" || got.text("cursor") != "2" {
		t.Errorf("the next: %s", got.raw)
	}
}

// An endpoint that answers 410 or 413 does not want the event again.
func TestRejectedEventsAreNotRetried(t *testing.T) {
	for _, status := range []int{http.StatusGone, http.StatusRequestEntityTooLarge} {
		f := newFixture(t, nil)
		f.run(f.subs)
		f.subscribe("key:a", f.request(""))
		f.hook.answers(func(received) int { return status })
		f.occur("evt_1")
		f.hook.next(t)
		f.until("it is settled", func() bool { return f.metrics.of("rejected") == 1 })
		f.hook.answers(nil)
		f.occur("evt_2")
		if got := f.hook.next(t); got.text("eventId") != "evt_2" {
			t.Errorf("after %d: %s", status, got.raw)
		}
	}
}

// An endpoint that has failed for an hour is sent nothing until the client refreshes.
func TestSuspendedUntilRefreshed(t *testing.T) {
	f := newFixture(t, nil)
	f.run(f.subs)
	f.subscribe("key:a", f.request(`,"ttlMs":86400000`))
	f.hook.answers(func(received) int { return http.StatusNotFound })
	n := 0
	for ; f.metrics.of("suspended") == 0; n++ {
		if n > 20 {
			t.Fatal("it is never suspended")
		}
		before := f.metrics.of("abandoned")
		f.occur("evt_" + strconv.Itoa(n))
		f.until("it is given up, or all are suspended", func() bool { return f.metrics.of("abandoned") > before || f.metrics.of("suspended") > 0 })
		f.clock.advance(15 * time.Minute)
	}
	if tries := f.metrics.of("failed") + f.metrics.of("abandoned"); tries < suspendFailures-1 {
		t.Errorf("suspended after %d tries", tries)
	}
	for len(f.hook.bodies) > 0 {
		<-f.hook.bodies
	}
	f.occur("evt_more")
	f.hook.answers(nil)
	if err := f.subs.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	refreshed := f.subscribe("key:a", f.request(`,"ttlMs":86400000`))
	if refreshed.DeliveryStatus["active"] != false || refreshed.DeliveryStatus["lastError"] != http4xx {
		t.Errorf("the status: %v", refreshed.DeliveryStatus)
	}
	// What was not given up yet, and what came later: they are sent at the same time.
	got := []string{f.hook.next(t).text("eventId"), f.hook.next(t).text("eventId")}
	slices.Sort(got)
	if want := []string{"evt_" + strconv.Itoa(n-1), "evt_more"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	f.until("both are settled", func() bool { return f.metrics.of("delivered") == 2 })
	if again := f.subscribe("key:a", f.request("")); again.DeliveryStatus["active"] != true || again.DeliveryStatus["lastError"] != nil {
		t.Errorf("the status after it: %v", again.DeliveryStatus)
	}
}

// A subscription without expiry, which its client need not refresh, ends when its endpoint
// has failed for a month.
func TestAbandonedWithoutExpiry(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.Unlimited = func(mcpevents.Owner) bool { return true } })
	f.subscribe("key:a", f.request(`,"ttlMs":null`))
	key := ownerPrefix(mcpevents.Owner{Principal: "key:a"})
	keys, err := f.store.Keys(t.Context(), key)
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	if _, err := f.subs.change(t.Context(), keys[0], func(p *progress) bool {
		p.Suspended, p.LastError, p.FailedSince = true, timedOut, f.clock.now()
		return true
	}); err != nil {
		t.Fatal(err)
	}
	f.clock.advance(abandonAfter - time.Hour)
	for range 2 { // after the first one it is as before
		if err := f.subs.sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.hook.none(t)
		f.clock.advance(time.Hour)
	}
	f.run(f.subs)
	if got := f.hook.next(t); got.text("type") != "terminated" {
		t.Errorf("%s", got.raw)
	}
	f.until("it is gone", func() bool { keys, _ := f.store.Keys(t.Context(), "secret/"); return len(keys) == 0 })
}

// Access is checked at each delivery: who has lost it is sent that, and nothing else.
func TestTerminatedWithoutAccess(t *testing.T) {
	revoked := &mcpevents.Error{Code: mcpevents.Forbidden, Message: "Access revoked", Data: map[string]any{"reason": "project"}}
	for name, notice := range map[string]func(*fixture){
		"at an event":  func(f *fixture) { f.occur("evt_1") },
		"at the sweep": func(f *fixture) { _ = f.subs.sweep(f.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, nil)
			f.run(f.subs)
			f.subscribe("key:a", f.request(""))
			f.log.refuse("key:a", revoked)
			notice(f)
			got := f.hook.next(t)
			why, _ := got.body["error"].(map[string]any)
			if got.text("type") != "terminated" || why["code"] != float64(mcpevents.Forbidden) || why["message"] != "Access revoked" || !verifies(t, got, secretA) {
				t.Errorf("%s", got.raw)
			}
			if !strings.HasPrefix(got.header.Get("webhook-id"), "msg_terminated_") {
				t.Errorf("webhook-id: %s", got.header.Get("webhook-id"))
			}
			f.until("it is gone", func() bool { keys, _ := f.store.Keys(t.Context(), "secret/"); return len(keys) == 0 })
			if _, wrong := f.subs.Subscribe(t.Context(), caller("key:a"), f.request("")); wrong != revoked {
				t.Errorf("a refresh: %v", wrong)
			}
			f.log.refuse("key:a", nil)
			if again := f.subscribe("key:a", f.request("")); again.DeliveryStatus != nil {
				t.Errorf("it is a new subscription: %+v", again)
			}
			f.occur("evt_2")
			if got := f.hook.next(t); got.text("eventId") != "evt_2" {
				t.Errorf("after the access is back: %s", got.raw)
			}
		})
	}
}

// Where it is not known whether an owner may hear of it, the event waits.
func TestAccessThatIsNotKnown(t *testing.T) {
	f := newFixture(t, nil)
	f.run(f.subs)
	f.subscribe("key:a", f.request(""))
	f.log.refuse("key:a", &mcpevents.Error{Code: -32603, Message: "the store is away"})
	f.occur("evt_1")
	f.log.refuse("key:a", nil)
	f.clock.advance(time.Minute)
	if got := f.hook.next(t); got.text("eventId") != "evt_1" {
		t.Errorf("%s", got.raw)
	}
}

func TestAGapIsTold(t *testing.T) {
	f := newFixture(t, nil)
	f.occur("evt_1")
	f.subscribe("key:a", f.request(""))
	f.log.mu.Lock()
	f.log.events = append(f.log.events, f.log.events[0], f.log.events[0])
	f.log.dropped = 3
	f.log.mu.Unlock()
	f.run(f.subs)
	f.occur("evt_4")
	got := f.hook.next(t)
	if got.text("type") != "gap" || got.text("cursor") != "3" || !strings.HasPrefix(got.header.Get("webhook-id"), "msg_gap_") || !verifies(t, got, secretA) {
		t.Errorf("%s %v", got.raw, got.header)
	}
	if got := f.hook.next(t); got.text("eventId") != "evt_4" || got.text("cursor") != "4" {
		t.Errorf("after the gap: %s", got.raw)
	}
}

func TestALargeEventIsNotSent(t *testing.T) {
	f := newFixture(t, nil)
	f.run(f.subs)
	f.subscribe("key:a", f.request(""))
	f.log.mu.Lock()
	f.log.events = append(f.log.events, mcpevents.Occurrence{EventID: "large", Name: "changed", Data: encode(map[string]any{"text": strings.Repeat("x", maxBody)})})
	f.log.mu.Unlock()
	f.occur("evt_2")
	if got := f.hook.next(t); got.text("eventId") != "evt_2" || got.text("cursor") != "2" {
		t.Errorf("%.200s", got.raw)
	}
}

// More events than may be open at the same time are all delivered, once and in order.
func TestManyEvents(t *testing.T) {
	f := newFixture(t, nil)
	f.run(f.subs)
	f.subscribe("key:a", f.request(""))
	var ids []string
	for n := range maxOpen + 50 {
		ids = append(ids, "evt_"+strconv.Itoa(n))
	}
	f.occur(ids...)
	seen := map[string]int{}
	for range ids {
		seen[f.hook.next(t).text("eventId")]++
	}
	for _, id := range ids {
		if seen[id] != 1 {
			t.Errorf("%s came %d times", id, seen[id])
		}
	}
	f.until("all are settled", func() bool { return f.metrics.of("delivered") == len(ids) })
	if refreshed := f.subscribe("key:a", f.request("")); refreshed.Cursor != strconv.Itoa(len(ids)) {
		t.Errorf("the cursor: %s", refreshed.Cursor)
	}
}
