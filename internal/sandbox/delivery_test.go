package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/jsonvalue"
)

// receiver keeps the webhook calls that it got.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	got      []received
	refusing bool
}

type received struct {
	header http.Header
	raw    []byte
	body   map[string]any
}

func receive(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		raw, err := io.ReadAll(req.Body)
		one := received{header: req.Header, raw: raw}
		if err == nil {
			err = json.Unmarshal(raw, &one.body)
		}
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, one)
		if r.refusing {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) refuse(yes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refusing = yes
}

func (r *receiver) types() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var types []string
	for _, one := range r.got {
		types = append(types, jsonvalue.Text(one.body, "type"))
	}
	return types
}

func (w *harness) hook(target string, triggers ...any) string {
	w.t.Helper()
	return w.post("/webhooks", obj{"target": target, "secret": "hush", "triggers": triggers}).ok().str("id")
}

func TestWebhooksAreDelivered(t *testing.T) {
	r := receive(t)
	w := manual(t)
	w.hook(r.URL, "ALL")
	w.onboarded()
	id := w.activeSender("5550130")
	w.s.Advance(accountLimitRaise)
	w.post("/whatsapp/senders/"+id+"/comments", obj{"comment": "Hello"}).ok()
	w.delete("/whatsapp/senders/" + id).ok()
	w.post("/whatsapp/templates", clone(template("recategorize_pause", "EN"), obj{"allowCategoryChange": true})).ok()
	w.s.Advance(senderRemoval)
	w.delete("/whatsapp/templates/recategorize_pause").ok()
	w.s.Settle()

	types := r.types()
	for _, want := range []string{
		"WHATSAPP_ACCOUNT_ONBOARDED", "WHATSAPP_SENDER_PENDING_VERIFICATION", "WHATSAPP_SENDER_ACTIVE",
		"WHATSAPP_SENDER_DISPLAY_NAME_UPDATED", "WHATSAPP_SENDER_QUALITY_RATING_CHANGED", "WHATSAPP_ACCOUNT_DAILY_LIMIT_CHANGED",
		"WHATSAPP_SENDER_DAILY_LIMIT_CHANGED", "WHATSAPP_SENDER_COMMENT_ADDED", "WHATSAPP_SENDER_DELETED",
		"WHATSAPP_TEMPLATE_APPROVED", "WHATSAPP_TEMPLATE_CATEGORY_UPDATED", "WHATSAPP_TEMPLATE_STATUS_UPDATED",
		"WHATSAPP_TEMPLATE_QUALITY_SCORE_UPDATED", "WHATSAPP_TEMPLATE_DELETED",
	} {
		if !slices.Contains(types, want) {
			t.Errorf("no %s in %v", want, types)
		}
	}
	for _, one := range r.got {
		h := one.header
		signed := signature("hush", one.raw, h.Get("x-sinch-webhook-signature-nonce"), h.Get("x-sinch-webhook-signature-timestamp"))
		if h.Get("x-sinch-webhook-signature") != signed || h.Get("x-sinch-webhook-signature-algorithm") != "HmacSHA256" {
			t.Errorf("%v: the signature is wrong", one.body["type"])
		}
	}
}

// The example of the signature in the contract's form, computed apart.
func TestSignature(t *testing.T) {
	const want = "sDU0CZBzYjBwlKmCpjZlAkdnBtnJ9PME/Jtkip4nJaE="
	if got := signature("secret", []byte(`{"type":"X"}`), "01EAW2BNWCG9DC13RS582V0ZQ3", "1592227387"); got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
}

func TestOnlyTheTriggersOfAWebhook(t *testing.T) {
	r := receive(t)
	w := manual(t)
	w.hook(r.URL, "WHATSAPP_TEMPLATE_APPROVED")
	w.onboarded()
	w.approved("quiet", "EN")
	if got := r.types(); !slices.Equal(got, []string{"WHATSAPP_TEMPLATE_APPROVED"}) {
		t.Errorf("delivered %v", got)
	}
}

// BUNDLE_DONE of a bundle with a subproject is sent to the webhooks of both projects.
func TestBundleDoneReachesParentAndSubproject(t *testing.T) {
	parent, sub := receive(t), receive(t)
	w := manual(t)
	w.hook(parent.URL, "BUNDLE_DONE")
	w.post("/bundles", obj{"name": "Outlet", "region": "EU", "subproject": true, "smsApp": true, "webhooks": []any{
		obj{"target": sub.URL, "secret": "hush", "triggers": []any{"BUNDLE_DONE"}},
	}}).ok()
	w.s.Advance(bundleTime)
	for name, r := range map[string]*receiver{"parent": parent, "subproject": sub} {
		if got := r.types(); !slices.Equal(got, []string{"BUNDLE_DONE"}) {
			t.Errorf("the %s gets %v", name, got)
		}
	}
}

func TestFailedDeliveryIsRetriedInOrder(t *testing.T) {
	r := receive(t)
	r.refuse(true)
	w := manual(t)
	w.hook(r.URL, "ALL")
	w.post("/whatsapp", obj{"companyLegalName": "Pending Ltd", "clientBusinessManagerId": "1"}).ok()
	w.s.Advance(accountReview + accountVerification)
	w.get("/whatsapp").ok().is("state", "ONBOARDED")
	for _, got := range r.types() {
		if got != "WHATSAPP_ACCOUNT_PENDING_VERIFICATION" {
			t.Fatalf("%s overtook the event before it", got)
		}
	}
	r.refuse(false)
	w.s.Advance(time.Hour)
	if got := r.types(); got[len(got)-1] != "WHATSAPP_ACCOUNT_ONBOARDED" {
		t.Errorf("delivered %v", got)
	}
	deliveries := w.get("/_sandbox/deliveries").items("deliveries")
	if len(deliveries) != 2 || jsonvalue.Text(deliveries[0], "state") != deliveryDelivered || deliveries[0]["tries"].(float64) < 3 {
		t.Errorf("deliveries %v", deliveries)
	}
}

func TestDeliveryFailsAfterTheLastRetry(t *testing.T) {
	r := receive(t)
	r.refuse(true)
	w := manual(t)
	hook := w.hook(r.URL, "ALL")
	w.post("/whatsapp", obj{"companyLegalName": "Example Ltd", "clientBusinessManagerId": "1"}).ok()
	w.s.Advance(48 * time.Hour)
	deliveries := w.get("/_sandbox/deliveries").items("deliveries")
	if len(deliveries) != 1 || jsonvalue.Text(deliveries[0], "state") != deliveryFailed || len(r.types()) != len(backoffs)+1 {
		t.Errorf("%d tries, deliveries %v", len(r.types()), deliveries)
	}
	w.post("/whatsapp/comments", obj{"comment": "Hello"}).ok()
	w.s.Settle()
	w.delete("/webhooks/" + hook).ok()
	deliveries = w.get("/_sandbox/deliveries").items("deliveries")
	if jsonvalue.Text(deliveries[1], "state") != deliveryCancelled {
		t.Errorf("deliveries %v", deliveries)
	}
}

// A webhook that is deleted while it is called is not called again.
func TestWebhookDeletedDuringDelivery(t *testing.T) {
	w := manual(t)
	var hook string
	calls := 0
	target := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		calls++
		w.delete("/webhooks/" + hook).ok()
		rw.WriteHeader(http.StatusInternalServerError)
	}))
	defer target.Close()
	hook = w.hook(target.URL, "ALL")
	w.onboarded()
	w.s.Advance(day)
	deliveries := w.get("/_sandbox/deliveries").items("deliveries")
	if calls != 1 || jsonvalue.Text(deliveries[0], "state") != deliveryCancelled {
		t.Errorf("%d calls, deliveries %v", calls, deliveries)
	}
}

func TestOnlyLoopbackIsContacted(t *testing.T) {
	w := manual(t)
	w.hook("https://example.com/hook", "ALL")
	w.post("/whatsapp", obj{"companyLegalName": "Example Ltd", "clientBusinessManagerId": "1"}).ok()
	w.s.Advance(accountReview)
	deliveries := w.get("/_sandbox/deliveries").items("deliveries")
	if len(deliveries) != 1 || jsonvalue.Text(deliveries[0], "state") != deliveryNotSent {
		t.Errorf("deliveries %v", deliveries)
	}
	if _, err := loopbackClient().Get("http://192.0.2.1/"); err == nil || !strings.Contains(err.Error(), "not a loopback address") {
		t.Errorf("the client of the deliveries would go to 192.0.2.1: %v", err)
	}
}

// In real time events happen by themselves, at the speed.
// A sandbox that others can reach delivers nothing: they could make it call
// services of this machine.
func TestReachableSandboxDeliversNothing(t *testing.T) {
	w := newHarness(t, Options{Seed: 1, Manual: true, Reachable: true})
	r := receive(t)
	w.hook(r.URL, "ALL")
	w.onboarded()
	w.s.Settle()
	if len(r.types()) != 0 {
		t.Errorf("delivered %v", r.types())
	}
}

func TestRealTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Speed: 60})
		defer s.Close()
		w := &harness{t: t, s: s, client: &http.Client{Transport: s.Transport()}, project: DefaultProject}
		w.post("/whatsapp", obj{"companyLegalName": "Example Ltd", "clientBusinessManagerId": "1"}).ok()
		<-time.After(accountReview/60 - 100*time.Millisecond)
		w.get("/whatsapp").ok().is("changes.status", "IN_PROGRESS")
		<-time.After(200 * time.Millisecond)
		s.mu.Lock() // as it is, without a request that would let time pass
		state := s.project(DefaultProject).Account.state()
		s.mu.Unlock()
		if state != "ONBOARDED" {
			t.Errorf("state %q", state)
		}
		before := s.Now()
		s.Advance(time.Hour)
		if passed := s.Now().Sub(before); passed != time.Hour {
			t.Errorf("%s passed, want an hour", passed)
		}
	})
}

func TestSameSeedSameState(t *testing.T) {
	run := func(seed uint64) string {
		w := newHarness(t, Options{Seed: seed, Manual: true})
		w.hook("https://example.com/", "ALL")
		w.onboarded()
		w.activeSender("5550140")
		w.approved("same", "EN")
		w.s.mu.Lock()
		defer w.s.mu.Unlock()
		raw, err := json.Marshal(w.s.state)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	first, second, third := run(7), run(7), run(8)
	if first != second {
		t.Error("the same seed came to another state")
	}
	if first == third {
		t.Error("another seed came to the same state")
	}
}

func TestManyClients(t *testing.T) {
	r := receive(t)
	w := manual(t)
	w.hook(r.URL, "ALL")
	w.onboarded()
	const clients, each = 50, 4
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			for n := range each {
				name := fmt.Sprintf("client_%d_%d", i, n)
				w.post("/whatsapp/templates", template(name, "EN")).ok()
				w.get("/whatsapp/templates?pageSize=10").ok()
				w.post("/_sandbox/clock", obj{"advance": "1s"}).ok()
			}
		})
	}
	all.Wait()
	w.s.Advance(templateSubmission + templateReview)
	if got := w.get("/whatsapp/templates?filterStates=APPROVED&pageSize=1").ok().body["totalSize"]; got != float64(clients*each) {
		t.Errorf("%v templates are approved, want %d", got, clients*each)
	}
	approved := 0
	for _, kind := range r.types() {
		if kind == "WHATSAPP_TEMPLATE_APPROVED" {
			approved++
		}
	}
	if approved != clients*each {
		t.Errorf("%d approvals were delivered, want %d", approved, clients*each)
	}
}
