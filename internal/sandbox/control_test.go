package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/jsonvalue"
)

func newRequest(t testing.TB, path string) *http.Request {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://sandbox/v1/projects/"+DefaultProject+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+StaticToken)
	return r
}

const (
	listWebhooksID  = "WebhookWebhookController_listWebhooks_v1"
	createWebhookID = "WebhookWebhookController_createWebhook_v1"
)

func TestFaults(t *testing.T) {
	w := manual(t)
	w.post("/_sandbox/faults", obj{"operation": listWebhooksID, "kind": "status", "status": 429, "retryAfter": 3, "count": 1}).ok()
	if got := w.get("/webhooks").fails("sandbox_fault"); got.status != 429 || got.header.Get("Retry-After") != "3" {
		t.Errorf("%d %v", got.status, got.header)
	}
	w.get("/webhooks").ok() // its count is over

	w.post("/_sandbox/faults", obj{"kind": "status", "after": true, "count": 1}).ok()
	w.post("/webhooks", webhookBody).fails("sandbox_fault")
	w.post("/webhooks", webhookBody).fails("webhook_exists") // it took effect

	w.post("/_sandbox/faults", obj{"kind": "html", "operation": listWebhooksID, "count": 1}).ok()
	resp, err := w.s.Transport().RoundTrip(newRequest(t, "/webhooks"))
	if err != nil || resp.StatusCode != http.StatusBadGateway || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		t.Errorf("%v %v", resp, err)
	}

	w.post("/_sandbox/faults", obj{"kind": "cut", "operation": listWebhooksID}).ok()
	if _, err := w.s.Transport().RoundTrip(newRequest(t, "/webhooks")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("in process, a cut connection is %v", err)
	}
	w.post("/_sandbox/faults", obj{"kind": "cut", "operation": createWebhookID, "count": 1}).ok()
	create := func() error {
		r := newRequest(t, "/webhooks")
		r.Method, r.Body = http.MethodPost, io.NopCloser(strings.NewReader(strings.Replace(webhookBody, "/a", "/cut", 1)))
		_, err := w.s.Transport().RoundTrip(r)
		return err
	}
	if err := create(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut before the effect: %v", err)
	}
	if n := len(w.s.project(DefaultProject).Webhooks); n != 1 {
		t.Errorf("%d webhooks: the cut request took effect", n)
	}
	w.post("/_sandbox/faults", obj{"kind": "cut", "operation": createWebhookID, "after": true, "count": 1}).ok()
	if err := create(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut after the effect: %v", err)
	}
	if n := len(w.s.project(DefaultProject).Webhooks); n != 2 {
		t.Errorf("%d webhooks: the request that was cut afterwards took no effect", n)
	}
	server := httptest.NewServer(w.s)
	defer server.Close()
	r := newRequest(t, "/webhooks")
	r.URL.Host = strings.TrimPrefix(server.URL, "http://")
	if _, err := server.Client().Do(r); err == nil {
		t.Error("over HTTP, a cut connection answers")
	}
	w.post("/_sandbox/reset", nil).ok()
	if got := w.get("/webhooks").ok().items("webhooks"); len(got) != 0 {
		t.Errorf("after the reset there are %v", got)
	}
}

func TestFaultRate(t *testing.T) {
	w := manual(t)
	w.post("/_sandbox/faults", obj{"kind": "status", "rate": 0.25}).ok()
	broken := 0
	for range 200 {
		if w.get("/webhooks").status == 500 {
			broken++
		}
	}
	if broken < 30 || broken > 70 {
		t.Errorf("%d of 200 are broken at a rate of 0.25", broken)
	}
}

func TestLatencyEndsWithTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Manual: true})
		defer s.Close()
		w := &harness{t: t, s: s, client: &http.Client{Transport: s.Transport()}, project: DefaultProject}
		w.post("/_sandbox/faults", obj{"kind": "latency", "latency": "3s", "count": 2}).ok()
		began := time.Now()
		w.get("/webhooks").ok()
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("took %s", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.Transport().RoundTrip(newRequest(t, "/webhooks").WithContext(ctx)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the client went away, and got %v", err)
		}
	})
}

func TestControlRejectsInvalidRequests(t *testing.T) {
	w := manual(t)
	for _, c := range []struct {
		path string
		body any
	}{
		{"/_sandbox/faults", obj{"kind": "flood"}},
		{"/_sandbox/faults", obj{"kind": "latency", "latency": "soon"}},
		{"/_sandbox/faults", obj{"kind": "cut", "rate": 2}},
		{"/_sandbox/faults", obj{"kind": "cut", "operation": "nothing"}},
		{"/_sandbox/clock", obj{"advance": "-1h"}},
		{"/_sandbox/clock", "x"},
		{"/_sandbox/next", obj{"operation": "nothing", "code": "internal_error"}},
		{"/_sandbox/happen", obj{"event": "_deliver"}},
		{"/_sandbox/happen", obj{"event": kindSenderQuality, "id": "none", "value": "RED"}},
	} {
		w.post(c.path, c.body).fails("sandbox_invalid_control")
	}
}

func TestOutcomesCanBeSet(t *testing.T) {
	w := manual(t)
	w.onboarded()
	id := w.activeSender("5550150")
	happen := func(kind, id, value string) result {
		return w.post("/_sandbox/happen", obj{"event": kind, "id": id, "value": value})
	}
	sender, tpl := "/whatsapp/senders/"+id, templatePath("steered", "EN")
	happen(kindSenderQuality, id, "RED").ok()
	w.get(sender).ok().is("qualityRating", "RED")
	happen(kindSenderState, id, "SUSPENDED").ok()
	w.get(sender).ok().is("state", "SUSPENDED")
	happen(kindSenderDisplayName, id, "REJECTED").ok()
	w.get(sender).ok().is("metadata.displayName.status", "REJECTED")

	w.post("/whatsapp/templates", template("steered", "EN")).ok()
	happen(kindTemplateReview, "steered/EN", "ABUSIVE_CONTENT").ok()
	w.s.Advance(templateSubmission + templateReview) // the review that was on its way is over
	w.get(tpl).ok().is("state", "REJECTED", "rejectionCode", "ABUSIVE_CONTENT")
	w.patch(tpl, obj{"status": "SUBMIT"}).ok()
	happen(kindTemplateReview, "steered/EN", "APPROVED").ok()
	w.get(tpl).ok().is("state", "APPROVED")
	happen(kindTemplateQuality, "steered/EN", "QUALITY_SCORE_RED").ok()
	happen(kindTemplateQuality, "steered/EN", "QUALITY_SCORE_PURPLE").fails("sandbox_invalid_control")
	w.get(tpl).ok().is("qualityScore", "QUALITY_SCORE_RED")
	happen(kindTemplateStatus, "steered/EN", "DISABLED").ok()
	w.get(tpl).ok().is("state", "DISABLED")
	happen(kindTemplateFutureCategory, "steered/EN", "MARKETING").ok()
	w.s.Advance(day)
	w.get(tpl).ok().is("category", "MARKETING")

	happen(kindAccountLimit, "", "TIER_UNLIMITED").ok()
	happen(kindAccountChange, "", "SCHEDULE_FOR_DISABLE").ok()
	w.get("/whatsapp").ok().is("businessDailyLimit", "TIER_UNLIMITED", "wabaBanState", "SCHEDULE_FOR_DISABLE")
}

func TestTokens(t *testing.T) {
	w := manual(t)
	grant := func(form url.Values, key, secret string) (int, map[string]any) {
		r, err := http.NewRequest("POST", "http://sandbox/oauth2/token", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if key != "" {
			r.SetBasicAuth(key, secret)
		}
		resp, err := w.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var body map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, body
	}
	asks := url.Values{"grant_type": {"client_credentials"}}
	status, body := grant(asks, "key", "secret")
	if status != 200 || body["expires_in"] != float64(3600) || body["token_type"] != "bearer" {
		t.Fatalf("%d %v", status, body)
	}
	if status, body := grant(asks, InvalidKey, "secret"); status != 401 || body["error"] != "invalid_client" {
		t.Errorf("%d %v", status, body)
	}
	if status, _ := grant(url.Values{"grant_type": {"client_credentials"}, "client_id": {"key"}, "client_secret": {"secret"}}, "", ""); status != 200 {
		t.Errorf("credentials in the body: %d", status)
	}
	if status, body := grant(url.Values{"grant_type": {"password"}}, "key", "secret"); status != 400 || body["error"] != "unsupported_grant_type" {
		t.Errorf("%d %v", status, body)
	}
	as := func(authorization string) int {
		r := newRequest(t, "/webhooks")
		r.Header.Set("Authorization", authorization)
		resp, err := w.client.Transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode
	}
	token := "Bearer " + jsonvalue.Text(body, "access_token")
	for authorization, want := range map[string]int{
		token: 200, "Bearer " + StaticToken: 200, "Basic a2V5OnNlY3JldA==": 200,
		"": 401, "Bearer other": 401, "Basic aW52YWxpZDpzZWNyZXQ=": 401,
	} {
		if got := as(authorization); got != want {
			t.Errorf("%q: %d, want %d", authorization, got, want)
		}
	}
	w.s.Advance(tokenTTL)
	if got := as(token); got != 401 {
		t.Errorf("an expired token: %d", got)
	}
}

func TestProjectsAreSeparate(t *testing.T) {
	w := manual(t)
	w.onboarded()
	other := w.in("11111111-1111-1111-1111-111111111111")
	other.get("/whatsapp").fails("account_not_found")
	other.post("/webhooks", webhookBody).ok()
	w.post("/webhooks", webhookBody).ok() // a target is taken in its project only

	// A phone number is taken in all of them.
	other.onboarded()
	w.post("/whatsapp/senders", partnerSender("5550180")).ok()
	other.post("/whatsapp/senders", partnerSender("5550180")).fails("used_phone_number_id")
}

func TestUnknownPathsAndOperations(t *testing.T) {
	w := manual(t)
	w.get("/pigeons").fails("sandbox_no_such_path")
	for id := range w.s.handlers {
		delete(w.s.handlers, id)
	}
	if got := w.get("/webhooks").fails("sandbox_not_implemented"); got.status != http.StatusNotImplemented {
		t.Errorf("status %d", got.status)
	}
}
