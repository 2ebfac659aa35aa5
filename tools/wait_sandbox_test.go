package tools

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/sandbox"
)

// happen makes an event of the sandbox happen now.
func (j *journey) happen(event, id, value string) {
	j.t.Helper()
	happenIn(j.t, j.box, event, id, value)
}

func happenIn(t testing.TB, box *sandbox.Sandbox, event, id, value string) {
	t.Helper()
	body := bytes.NewReader(encode(object{"event": event, "id": id, "value": value}))
	r, err := http.NewRequest(http.MethodPost, "http://sandbox/_sandbox/happen", body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := box.Transport().RoundTrip(r)
	if err != nil || resp.StatusCode >= 300 {
		t.Fatalf("%s: %v %v", event, resp, err)
	}
}

// inReview has a sender, and templates in review.
func (j *journey) inReview(names ...string) {
	j.t.Helper()
	j.call("whatsapp_sender_create", object{"wabaId": "100000000005678", "phoneNumberId": "200000000005678", "authenticationCode": "from-the-signup", "region": "EU", "businessManager": "SINCH_UK"})
	for _, name := range names {
		j.call("whatsapp_template_create", object{"name": name, "language": "EN_US", "category": "MARKETING", "details": templateDetails("Text of " + name + ".")})
	}
}

func aTemplate(name string) object {
	return waitItem("whatsapp_template_get", object{"templateName": name, "languageCode": "EN_US"})
}

// A change that happened before the wait began ends it with its first read.
func TestAChangeBeforeTheWaitBegins(t *testing.T) {
	journeys(t, 1, func(j *journey) {
		j.inReview("offer")
		time.Sleep(time.Hour)
		began, reads := time.Now(), j.reads
		row := j.waits()
		j.isRow(row, object{"tool": "whatsapp_template_get", "before": "APPROVED", "state": "APPROVED", "class": "Success"})
		if lasted := time.Since(began); lasted != 0 || j.reads != reads+2 { // of the template, and of its history
			t.Errorf("it lasted %v, with %d reads", lasted, j.reads-reads)
		}
	})
}

// What changed between two waits counts immediately, by the cursor; the same cursor serves
// more than once.
func TestAChangeBetweenTwoWaitsOfTheSandbox(t *testing.T) {
	journeys(t, 1, func(j *journey) {
		j.inReview("offer")
		args := object{"for": []any{aTemplate("offer")}, "until": "changed", "timeoutSeconds": 5}
		if r := j.call(toolWait, args); r["settled"] != false || j.cursor == "" {
			t.Fatalf("at first: %s", encode(r))
		}
		time.Sleep(time.Hour)
		args["cursor"] = j.cursor
		for range 2 {
			began := time.Now()
			rows := records(t, j.call(toolWait, args))
			j.isRow(rows[0], object{"tool": "whatsapp_template_get", "before": "changes.status=IN_PROGRESS", "state": "APPROVED", "class": "Success"})
			if lasted := time.Since(began); lasted != 0 {
				t.Errorf("it lasted %v", lasted)
			}
		}
		delete(args, "cursor") // without it nothing has changed
		began := time.Now()
		j.call(toolWait, args)
		if lasted := time.Since(began); lasted != 5*time.Second {
			t.Errorf("without the cursor it lasted %v", lasted)
		}
	})
}

// Of several things one settles: the wait continues for the others, and says which.
func TestOneOfSeveralThingsSettles(t *testing.T) {
	journeys(t, 1, func(j *journey) {
		j.inReview("offer", "reject_scam", "news")
		time.Sleep(time.Minute)
		j.happen("whatsapp_template_review", "reject_scam/EN_US", "SCAM")
		things := []any{aTemplate("offer"), aTemplate("reject_scam"), aTemplate("news")}
		r := j.call(toolWait, object{"for": things})
		rows := records(t, r)
		if r["settled"] != false || len(rows) != 3 {
			t.Fatalf("not three rows: %s", encode(r))
		}
		for i, want := range []object{{"state": "PENDING", "class": "Pending"}, {"state": "REJECTED", "class": "Failure"}, {"state": "PENDING", "class": "Pending"}} {
			if rows[i]["state"] != want["state"] || rows[i]["class"] != want["class"] {
				t.Errorf("row %d is %s, want %s", i, encode(rows[i]), encode(want))
			}
		}
		j.says("rejectionCode says why")
		j.says("wait again for the 2")
		for r["settled"] != true {
			r = j.take(toolWait, nil)
		}
		j.says("rejectionCode says why")
	})
}

// Until changed, the first change of any thing ends it.
func TestTheFirstOfSeveralChanges(t *testing.T) {
	journeys(t, 1, func(j *journey) {
		j.inReview("offer", "news")
		began := time.Now()
		r := j.call(toolWait, object{"for": []any{aTemplate("offer"), aTemplate("news")}, "until": "changed"})
		rows := records(t, r)
		isPending := func(row object) bool { return row["state"] == "PENDING" }
		if lasted := time.Since(began); lasted < 30*time.Second || lasted > defaultWait || !slices.ContainsFunc(rows, isPending) {
			t.Errorf("after %v: %s", lasted, encode(r))
		}
	})
}

// Where nothing could be read there is no cursor, and the step does not ask for one.
func TestNothingCouldBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, _ := newChangingSet(t, func(time.Duration, string) apiAnswer {
			return apiAnswer{status: http.StatusTooManyRequests, thing: object{"errorCode": "too_many_requests", "message": "slow down"}}
		}, nil)
		r := waitOn(t, set, nil, aSender("S"))
		// The last read, about 42 s after the beginning, was answered 429 without Retry-After.
		do, tools := dos(r)
		if len(do) != 1 || !strings.HasPrefix(do[0], "come back at 2000-01-01T00:00:") || !strings.HasSuffix(do[0], ": the API asked for a pause; then wait again: nothing could be read") ||
			tools[0] != toolWait || string(encode(jsonvalue.Field(jsonvalue.Objects(r, "next")[0], "needs"))) != `["for"]` || r["cursor"] != nil {
			t.Errorf("cursor %v, next %s", r["cursor"], encode(r["next"]))
		}
	})
}

// A storm of 429 has no more requests than calm, however many wait: the reads of a wait
// are not repeated by the client, and all things of the source are left alone.
func TestAStormOf429DoesNotMultiplyRequests(t *testing.T) {
	count := func(answer apiAnswer) (requests int) {
		synctest.Test(t, func(t *testing.T) {
			set, api := newChangingSet(t, func(time.Duration, string) apiAnswer { return answer }, nil)
			var all sync.WaitGroup
			for i := range 100 {
				all.Go(func() {
					args := object{"for": []any{aSender(fmt.Sprint("S", i%20))}, "timeoutSeconds": 300}
					out := set.Call(context.Background(), Caller{Principal: fmt.Sprint(i)}, toolWait, encode(args))
					if r := decoded(t, out); out.IsError || r["settled"] != false {
						t.Errorf("the wait ends with %s", encode(r))
					}
				})
			}
			all.Wait()
			requests = api.count()
		})
		return requests
	}
	calm := count(apiAnswer{thing: object{"id": "S", "state": "IN_PROGRESS", "changes": object{"status": "IN_PROGRESS"}}})
	for _, retryAfter := range []string{"", "1", "60"} {
		refused := count(apiAnswer{status: http.StatusTooManyRequests, retryAfter: retryAfter, thing: object{"errorCode": "too_many_requests", "message": "slow down"}})
		if refused == 0 || refused > calm {
			t.Errorf("Retry-After %q: %d requests, %d when the API is well", retryAfter, refused, calm)
		}
	}
}
