package tools

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/jsonvalue"
)

// lasted is how long f took by the clock of the bubble, in seconds.
func lasted(f func()) float64 {
	began := time.Now()
	f()
	return time.Since(began).Seconds()
}

// A wait ends when all have settled, with a row for each.
func TestAWaitEndsWhenAllHaveSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, api := newChangingSet(t, func(at time.Duration, path string) apiAnswer {
			state := "IN_PROGRESS"
			if strings.HasSuffix(path, "/A") && at > 5*time.Second || strings.HasSuffix(path, "/B") && at > 30*time.Second {
				state = "ACTIVE"
			}
			return apiAnswer{thing: map[string]any{"id": path[strings.LastIndex(path, "/")+1:], "state": state}}
		}, nil)
		var r map[string]any
		took := lasted(func() { r = waitOn(t, set, nil, aSender("A"), aSender("B")) })
		if took < 30 || took > 45 || r["settled"] != true {
			t.Errorf("after %v s: %s", took, encode(r))
		}
		for i, id := range []string{"A", "B"} {
			row := records(t, r)[i]
			if row["tool"] != "whatsapp_sender_get" || jsonvalue.Text(row, "ids.senderId") != id || row["before"] != "IN_PROGRESS" || row["state"] != "ACTIVE" || row["class"] != "Success" {
				t.Errorf("row %d: %s", i, encode(row))
			}
		}
		if n := api.count(); n > 12 {
			t.Errorf("%d reads", n)
		}
	})
}

// How things end: by their state, by what is pending, and by their parts.
func TestHowAWaitEnds(t *testing.T) {
	operators := func(state string, refusing int) map[string]any {
		var all []any
		for i := range 9 {
			status := "LAUNCHED"
			if i < refusing {
				status = "REJECTED"
			}
			all = append(all, map[string]any{"name": "Operator " + string(rune('A'+i)), "status": status, "remark": "the logo is unreadable"})
		}
		return map[string]any{"id": "S", "state": state, "countryStatus": []any{map[string]any{"country": "DE", "status": "LAUNCHED", "operators": all}}}
	}
	rcs := func(states ...string) map[string]any {
		return waitItem("rcs_sender_get", map[string]any{"senderId": "S"}, states...)
	}
	named := func(status string) map[string]any {
		return map[string]any{"id": "S", "state": "ACTIVE", "metadata": map[string]any{"displayName": map[string]any{"status": status, "value": "Example", "rejectionReason": "not the brand's name"}}}
	}
	template := waitItem("whatsapp_template_get", map[string]any{"templateName": "a_b", "languageCode": "DE"})
	for name, tt := range map[string]struct {
		item, thing map[string]any
		settled     bool
		class       string
		reason      string // part of it
	}{
		"active":                     {aSender("S"), inState("ACTIVE"), true, "Success", ""},
		"a code is needed":           {aSender("S"), inState("PENDING_VERIFICATION"), true, "ActionRequired", ""},
		"rejected":                   {template, map[string]any{"name": "a_b", "language": "DE", "state": "REJECTED", "rejectionCode": "INVALID_FORMAT"}, true, "Failure", "INVALID_FORMAT"},
		"a pending change first":     {aSender("S"), map[string]any{"id": "S", "state": "ACTIVE", "changes": map[string]any{"status": "IN_PROGRESS"}}, false, "Pending", ""},
		"a refused change first":     {template, map[string]any{"name": "a_b", "language": "DE", "state": "APPROVED", "changes": map[string]any{"status": "DRAFT"}}, true, "ActionRequired", ""},
		"an unknown change":          {aSender("S"), map[string]any{"id": "S", "state": "ACTIVE", "changes": map[string]any{"status": "NEW_STATUS"}}, false, "Unknown", ""},
		"a name under review":        {aSender("S"), named("PENDING"), false, "Pending", ""},
		"a name rejected":            {aSender("S"), named("REJECTED"), true, "Failure", "not the brand's name"},
		"one of nine refuses":        {rcs(), operators("LAUNCHED", 1), true, "Success", "REJECTED DE Operator A: the logo is unreadable"},
		"launching, and one refuses": {rcs(), operators("LAUNCHING", 1), false, "Pending", "the logo is unreadable"},
		"created":                    {rcs(), inState("IN_TEST"), true, "Success", ""},
		"not yet launched":           {rcs("LAUNCHED"), inState("IN_TEST"), false, "Pending", ""},
		"launched":                   {rcs("LAUNCHED"), inState("LAUNCHED"), true, "Success", ""},
		"taken down":                 {rcs("LAUNCHED"), inState("UNLAUNCHED"), true, "Failure", ""},
		"a state on the way":         {rcs("LAUNCHING"), inState("LAUNCHING"), true, "Success", ""},
		"not the state that counts":  {aSender("S", "ACTIVE"), inState("PENDING_VERIFICATION"), false, "Pending", ""},
		"unknown to the API":         {rcs(), inState("UNKNOWN"), false, "Unknown", ""},
		"unknown here":               {rcs(), inState("NEW_STATE"), false, "Unknown", ""},
		"a test number":              {waitItem("rcs_test_number_get", map[string]any{"senderId": "S", "testNumber": "+15550100001"}), map[string]any{"number": "+15550100001", "state": "DECLINED"}, true, "Failure", ""},
		"an SMS app":                 {waitItem("sms_app_get", map[string]any{"smsAppId": "S"}), map[string]any{"id": "S", "status": "ACTIVE"}, true, "Success", ""},
		"a bundle":                   {waitItem("bundle_get", map[string]any{"bundleId": "S"}), inState("DONE"), true, "Success", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				set, _ := newChangingSet(t, became(tt.thing, 0, tt.thing), nil)
				var r map[string]any
				took := lasted(func() { r = waitOn(t, set, map[string]any{"timeoutSeconds": 20}, tt.item) })
				row := records(t, r)[0]
				reason, _ := row["reason"].(string)
				if r["settled"] != tt.settled || row["class"] != tt.class || !strings.Contains(reason, tt.reason) || (took < 20) != tt.settled {
					t.Errorf("after %v s: %s", took, encode(r))
				}
			})
		})
	}
}

// What changed since the last answer counts immediately; without a cursor a wait for a
// change begins with what it finds.
func TestAChangeBetweenTwoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, api := newChangingSet(t, became(inState("IN_PROGRESS"), 60*time.Second, inState("PENDING_VERIFICATION")), nil)
		changed := map[string]any{"until": "changed", "timeoutSeconds": 10}
		first := waitOn(t, set, changed, aSender("S"))
		cursor, _ := first["cursor"].(string)
		if first["settled"] != false || cursor == "" || records(t, first)[0]["before"] != "IN_PROGRESS" {
			t.Fatalf("first %s", encode(first))
		}
		time.Sleep(2 * time.Minute)
		var second map[string]any
		if took := lasted(func() {
			second = waitOn(t, set, map[string]any{"until": "changed", "cursor": cursor}, aSender("S"))
		}); took > 1 {
			t.Errorf("it took %v s", took)
		}
		if row := records(t, second)[0]; row["before"] != "IN_PROGRESS" || row["state"] != "PENDING_VERIFICATION" || second["settled"] != true {
			t.Errorf("second %s", encode(second))
		}
		// A person may still move it on: a wait for a change continues.
		if took := lasted(func() { waitOn(t, set, changed, aSender("S")) }); took != 10 {
			t.Errorf("without a cursor a settled thing that does not change ends the wait after %v s", took)
		}
		time.Sleep(time.Minute)
		before := api.count()
		if took := lasted(func() { waitOn(t, set, nil, aSender("S")) }); api.count() != before+1 || took > 1 {
			t.Errorf("%d reads of what had settled before the wait began", api.count()-before)
		}
	})
}

func TestTheFirstChangeOfSeveralThings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, _ := newChangingSet(t, func(at time.Duration, path string) apiAnswer {
			switch {
			case strings.HasSuffix(path, "/A") && at > 12*time.Second:
				return apiAnswer{thing: inState("ACTIVE")}
			case strings.HasSuffix(path, "/C"):
				return apiAnswer{hangs: true}
			}
			return apiAnswer{thing: inState("IN_PROGRESS")}
		}, nil)
		var r map[string]any
		took := lasted(func() {
			r = waitOn(t, set, map[string]any{"until": "changed", "timeoutSeconds": 40}, aSender("A"), aSender("B"), aSender("C"))
		})
		rows := records(t, r)
		if took < 12 || took > 30 || r["settled"] != false || rows[0]["class"] != "Success" || rows[1]["class"] != "Pending" || rows[2]["class"] != "Unknown" || rows[2]["reason"] != "not read in time" {
			t.Errorf("after %v s: %s", took, encode(r))
		}
		next := string(encode(r["next"]))
		if !strings.Contains(next, "wait again for the 2 that still wait, with this cursor") {
			t.Errorf("next %s", next)
		}
		// The cursor serves for the two.
		cursor := r["cursor"]
		if r := waitOn(t, set, map[string]any{"cursor": cursor, "timeoutSeconds": 1}, aSender("B"), aSender("C")); r["settled"] != false {
			t.Errorf("then %s", encode(r))
		}
	})
}

// Errors that time alone resolves do not end a wait, and the result says them; others end
// it for their thing.
func TestErrorsWhileItWaits(t *testing.T) {
	for name, tt := range map[string]struct {
		answer apiAnswer
		ends   bool
		reason string
	}{
		"503":     {apiAnswer{status: http.StatusServiceUnavailable}, false, "the last read failed: 503"},
		"429":     {apiAnswer{status: http.StatusTooManyRequests, retryAfter: "15"}, false, "the last read failed: 429"},
		"timeout": {apiAnswer{hangs: true}, false, ""},
		"404":     {apiAnswer{status: http.StatusNotFound, thing: map[string]any{"errorCode": "sender_not_found", "message": "There is no such sender."}}, true, "404 sender_not_found: There is no such sender."},
		"401":     {apiAnswer{status: http.StatusUnauthorized}, true, "401"},
		"403":     {apiAnswer{status: http.StatusForbidden}, true, "403"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				set, api := newChangingSet(t, func(at time.Duration, _ string) apiAnswer {
					if at < time.Second || at > 100*time.Second {
						return apiAnswer{thing: inState("IN_PROGRESS")}
					}
					return tt.answer
				}, nil)
				var r map[string]any
				took := lasted(func() { r = waitOn(t, set, map[string]any{"timeoutSeconds": 90}, aSender("S")) })
				row := records(t, r)[0]
				reason, _ := row["reason"].(string)
				if r["settled"] != tt.ends || !strings.Contains(reason, tt.reason) || (row["class"] == "Failure") != tt.ends || tt.ends != (took < 10) {
					t.Errorf("after %v s: %s", took, encode(r))
				}
				for i := 2; i < len(api.reads) && tt.answer.retryAfter != ""; i++ {
					if pause := api.reads[i] - api.reads[i-1]; pause < 15*time.Second {
						t.Errorf("read again %v after Retry-After: 15", pause)
					}
				}
				// Once it can be read again, the reason is gone.
				if time.Sleep(time.Minute); !tt.ends {
					if r := waitOn(t, set, map[string]any{"timeoutSeconds": 1, "cursor": r["cursor"]}, aSender("S")); records(t, r)[0]["reason"] != nil {
						t.Errorf("then %s", encode(r))
					}
				}
			})
		})
	}
}

// A wait that begins while the API has asked for a pause reads nothing, and says until
// when the pause lasts and when to come back; what it knew by its cursor is not lost.
func TestAWaitDuringAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, api := newChangingSet(t, func(at time.Duration, _ string) apiAnswer {
			if at < time.Second || at > time.Hour {
				return apiAnswer{thing: inState("IN_PROGRESS")}
			}
			return apiAnswer{status: http.StatusTooManyRequests, retryAfter: "600"}
		}, nil)
		short := map[string]any{"timeoutSeconds": 1}
		cursor := waitOn(t, set, short, aSender("S"))["cursor"]
		time.Sleep(time.Second)
		ends := stamp(time.Now().Add(10 * time.Minute))
		first := waitOn(t, set, short, aSender("S"))
		if do, _ := dos(first); do[0] != "come back at "+ends+": the API asked for a pause; then wait again: nothing could be read" {
			t.Errorf("the one that was refused: %s", encode(first))
		}
		before := api.count()
		for _, tt := range []struct {
			more object
			then string
		}{
			{object{}, "wait again: nothing could be read"},
			{object{"cursor": cursor}, "wait again, with this cursor"},
		} {
			r := waitOn(t, set, tt.more, aSender("S"))
			row := records(t, r)[0]
			if row["reason"] != "not read: the API asked for a pause until "+ends || row["class"] != "Unknown" || r["settled"] != false || r["now"] != stamp(time.Now()) {
				t.Errorf("got %s", encode(r))
			}
			if do, _ := dos(r); do[0] != "come back at "+ends+": the API asked for a pause; then "+tt.then || (r["cursor"] != nil) != (tt.more["cursor"] != nil) {
				t.Errorf("got %s", encode(r))
			}
		}
		if api.count() != before {
			t.Errorf("%d reads during the pause", api.count()-before)
		}
		time.Sleep(time.Hour)
		if r := waitOn(t, set, object{"timeoutSeconds": 1, "cursor": cursor}, aSender("S")); records(t, r)[0]["state"] != "IN_PROGRESS" {
			t.Errorf("after it: %s", encode(r))
		}
	})
}

// A wait ends when its caller goes away, and so do its reads.
func TestAWaitEndsWithItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, api := newChangingSet(t, became(inState("IN_PROGRESS"), time.Hour, nil), nil)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(15*time.Second, cancel)
		if took := lasted(func() {
			waitAs(ctx, t, set, Caller{Principal: "test"}, map[string]any{"timeoutSeconds": 300}, aSender("S"))
		}); took != 15 {
			t.Errorf("it ended after %v s", took)
		}
		n := api.count()
		if time.Sleep(10 * time.Minute); api.count() != n {
			t.Errorf("%d reads after it ended", api.count()-n)
		}
	})
}

// When the server stops, a wait ends immediately with what it has seen.
func TestAWaitEndsWithTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, _ := newChangingSet(t, became(inState("IN_PROGRESS"), time.Hour, nil), nil)
		stopping := make(chan struct{})
		time.AfterFunc(15*time.Second, func() { close(stopping) })
		var r map[string]any
		took := lasted(func() {
			r = result(t, waitAs(t.Context(), t, set, Caller{Principal: "test", Stopping: stopping}, map[string]any{"timeoutSeconds": 300}, aSender("S")))
		})
		if took != 15 || r["settled"] != false || r["cursor"] == nil || records(t, r)[0]["state"] != "IN_PROGRESS" {
			t.Errorf("after %v s: %s", took, encode(r))
		}
	})
}

// A wait lasts 45 s unless it says otherwise, however long a call may take.
func TestHowLongAWaitLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, _ := newChangingSet(t, became(inState("IN_PROGRESS"), time.Hour, nil), nil)
		for given, want := range map[any]float64{nil: 45, 1: 1, 300: 300} {
			more := map[string]any{}
			if given != nil {
				more["timeoutSeconds"] = given
			}
			if took := lasted(func() { waitOn(t, set, more, aSender("S")) }); took != want {
				t.Errorf("timeoutSeconds %v: %v s", given, took)
			}
		}
	})
}

// Progress is sent every ten seconds: how long it has lasted, and what it waits for.
func TestProgressOfAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, _ := newChangingSet(t, became(inState("IN_PROGRESS"), time.Hour, nil), nil)
		var got []Progress
		caller := Caller{Principal: "test", Progress: func(p Progress) { got = append(got, p) }}
		waitAs(t.Context(), t, set, caller, nil, aSender("A"), aSender("B"))
		want := "0 of 2 settled; WhatsApp sender IN_PROGRESS, WhatsApp sender IN_PROGRESS"
		if len(got) != 4 || got[0] != (Progress{10, 45, want}) || got[3] != (Progress{40, 45, want}) {
			t.Errorf("got %+v", got)
		}
	})
}

// Those who wait for the same thing with the same credentials share its reads.
func TestManyWaitsForOneThing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, api := newChangingSet(t, became(inState("IN_PROGRESS"), 30*time.Second, inState("ACTIVE")), nil)
		outs := make(chan Outcome)
		const callers = 100
		for i := range callers {
			go func() {
				outs <- waitAs(t.Context(), t, set, Caller{Principal: "p" + string(rune('a'+i%26))}, nil, aSender("S"))
			}()
		}
		for range callers {
			if r := result(t, <-outs); r["settled"] != true {
				t.Errorf("got %s", encode(r))
			}
		}
		if n := api.count(); n > 8 {
			t.Errorf("%d reads", n)
		}
	})
}

func TestTooManyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, _ := newChangingSet(t, became(inState("IN_PROGRESS"), time.Hour, nil), nil)
		ctx, cancel := context.WithCancel(t.Context())
		for range 20 {
			go waitAs(ctx, t, set, Caller{Principal: "test"}, map[string]any{"timeoutSeconds": 300}, aSender("S"))
		}
		synctest.Wait()
		e := failure(t, waitAs(ctx, t, set, Caller{Principal: "test"}, nil, aSender("S")))
		if e["errorCode"] != "too_many_waits" || !strings.Contains(e["message"].(string), "at most 20 of each caller") || e["resolution"] == nil {
			t.Errorf("got %s", encode(e))
		}
		if out := waitAs(ctx, t, set, Caller{Principal: "another"}, map[string]any{"timeoutSeconds": 1}, aSender("S")); out.IsError {
			t.Errorf("another caller: %s", encode(out.Structured))
		}
		cancel()
		synctest.Wait()
		if out := waitAs(t.Context(), t, set, Caller{Principal: "test"}, map[string]any{"timeoutSeconds": 1}, aSender("S")); out.IsError {
			t.Errorf("after they ended: %s", encode(out.Structured))
		}
	})
}

// The text says what the structured content says.
func TestTheTextOfAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, _ := newChangingSet(t, became(inState("IN_PROGRESS"), time.Hour, nil), nil)
		out := waitAs(t.Context(), t, set, Caller{Principal: "test"}, map[string]any{"timeoutSeconds": 1}, aSender("S"))
		r := result(t, out)
		text := out.Text()
		first, _, _ := strings.Cut(text, "\n")
		if first != "1 item; settled: false; reads: polling every 2 s to 1 min; cursor: "+r["cursor"].(string) {
			t.Errorf("the text begins with %q", first)
		}
		for _, want := range []string{"\ntool\tids\tbefore\tstate\tclass\tusually\n", "\tIN_PROGRESS\tIN_PROGRESS\tPending\tminutes (after 1 day ask Sinch support)\n", "\nnow: ", "\nnext: "} {
			if !strings.Contains(text, want) {
				t.Errorf("the text lacks %q: %s", want, text)
			}
		}
		if keys := slices.Sorted(maps.Keys(r)); !slices.Equal(keys, []string{"cursor", "data", "next", "now", "reads", "settled"}) {
			t.Errorf("it has %v", keys)
		}
	})
}
