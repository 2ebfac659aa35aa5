package cli

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/events"
	"papi-mcp/internal/events/eventstest"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
)

const publicURL = "https://papi.example.com"

// registered returns the path of a store with a registration, and that with its secret.
func registered(t *testing.T) (path string, reg events.Registration, secret string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "state.db")
	encrypted, err := store.WithKeys(store.NewFile(path), nil)
	if err != nil {
		t.Fatal(err)
	}
	reg, secret, err = events.NewRegistrations(encrypted, publicURL, 0).Add(t.Context(), events.Registration{ProjectID: sandbox.DefaultProject})
	if err != nil {
		t.Fatal(err)
	}
	return path, reg, secret
}

// inboxOf returns the events in a file that no server holds.
func inboxOf(t *testing.T, path string) []events.Event {
	t.Helper()
	got, _, err := events.NewInboxes(store.NewFile(path), 0).Of("").After(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// The sandbox sends its events to a server, as the API does, and they are in the store
// when they are acknowledged. The receiver needs no key of a caller.
func TestEventsOfTheSandboxOverHTTP(t *testing.T) {
	t.Parallel()
	api := newUpstream(t)
	path, reg, secret := registered(t)
	config := filepath.Join(t.TempDir(), "papi-mcp.yaml")
	if err := os.WriteFile(config, []byte("keys: {bot: {hashes: [\"sha256:"+strings.Repeat("0", 64)+"\"], projects: all, toolsets: all, read-only: false}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := startHTTP(t, []string{"PAPI_BASE_URL=" + api.URL, "PAPI_TOKEN_URL=" + api.URL + "/oauth2/token", "SINCH_KEY_ID=k", "SINCH_KEY_SECRET=s"},
		"--public-url", publicURL, "--store", path, "--auth", "token", "--config", config)
	post := func(path, body string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("k", "s")
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode/100 != 2 {
			t.Fatalf("POST %s: %s", path, resp.Status)
		}
	}
	project := "/v1/projects/" + sandbox.DefaultProject
	post(project+"/webhooks", fmt.Sprintf(`{"target":%q,"secret":%q,"triggers":["ALL"]}`, w.url+events.Path+reg.ID, secret))
	post(project+"/kakaotalk/senders", `{"plusFriendId":"exampleshop","details":{"adminPhoneNo":"+15550120","name":"Example Shop","topLevelCategoryCode":"019","midLevelCategoryCode":"0006","subLevelCategoryCode":"0001"}}`)
	post("/_sandbox/clock", `{"advance":"48h"}`)

	if status, _, err := eventstest.Send(t.Context(), w.client, w.url+events.Path+reg.ID, secret, "n1", `{"type":"BY_HAND"}`); status != http.StatusOK || err != nil {
		t.Errorf("%d, %v", status, err)
	}
	for _, target := range []string{reg.ID, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"} {
		if status, _, err := eventstest.Send(t.Context(), w.client, w.url+events.Path+target, "another secret", "n2", `{}`); status != http.StatusUnauthorized || err != nil {
			t.Errorf("%d, %v", status, err)
		}
	}
	if status, _, _ := w.send(http.MethodGet, events.Path+reg.ID, ""); status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", status)
	}
	if status, _, _ := w.send(http.MethodPost, "/mcp", older); status != http.StatusUnauthorized {
		t.Errorf("MCP without a key: %d", status)
	}
	if err := interrupt(w.cmd); err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	got := inboxOf(t, path)
	if len(got) < 2 {
		t.Fatalf("%d events: %+v\n%s", len(got), got, w.output.String())
	}
	if last := got[len(got)-1]; last.Type != "BY_HAND" || last.ProjectID != sandbox.DefaultProject {
		t.Errorf("%+v", last)
	}
	if first := got[0]; !strings.HasPrefix(first.Type, "KAKAOTALK_SENDER_") || !strings.Contains(string(first.Payload), "exampleshop") {
		t.Errorf("%+v: %s", first, first.Payload)
	}
	if strings.Contains(w.output.String(), secret) {
		t.Error("the log has the secret")
	}
}

// The outcomes of events are counted.
func TestEventsAreCounted(t *testing.T) {
	t.Parallel()
	path, reg, secret := registered(t)
	w := startHTTP(t, nil, "--sandbox", "--public-url", publicURL, "--store", path)
	send := func(secret, nonce, body string) {
		t.Helper()
		if _, _, err := eventstest.Send(t.Context(), w.client, w.url+events.Path+reg.ID, secret, nonce, body); err != nil {
			t.Fatal(err)
		}
	}
	send(secret, "n1", `{}`)
	send(secret, "n1", `{}`)
	send(secret, "n2", `no JSON`)
	send("another secret", "n3", `{}`)
	_, _, numbers := w.send(http.MethodGet, "/metrics", "")
	for _, outcome := range []string{events.OutcomeStored, events.OutcomeRepeated, events.OutcomeMalformed, events.OutcomeUnauthorized} {
		if want := fmt.Sprintf("papi_mcp_events_total{outcome=%q} 1\n", outcome); !strings.Contains(numbers, want) {
			t.Errorf("without %s", want)
		}
	}
}

// Without --public-url there is no receiver, and with it and a store in memory the log says
// what is lost.
func TestNoReceiver(t *testing.T) {
	t.Parallel()
	w := startHTTP(t, nil, "--sandbox")
	if status, _, _ := w.send(http.MethodPost, events.Path+"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "{}"); status != http.StatusNotFound {
		t.Errorf("status %d", status)
	}
	w = startHTTP(t, []string{"SINCH_KEY_ID=k", "SINCH_KEY_SECRET=s"}, "--public-url", publicURL)
	if status, _, _ := w.send(http.MethodPost, events.Path+"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "{}"); status != http.StatusUnauthorized {
		t.Errorf("status %d", status)
	}
	if log := w.output.String(); !strings.Contains(log, "events are stored in memory") {
		t.Error(log)
	}
}

func TestMaxEventAgeIsChecked(t *testing.T) {
	for _, age := range []string{"0s", "-1h", "721h"} {
		for _, command := range [][]string{{"serve", "--http", "127.0.0.1:0", "--sandbox"}, {"listen"}} {
			code, _, log := run(t, nil, append(command, "--max-event-age", age)...)
			if code != int(errorcode.Usage) || !strings.Contains(log, "--max-event-age") {
				t.Errorf("%v %s: %d, %s", command, age, code, log)
			}
		}
	}
	if code, _, log := run(t, nil, "serve", "--http", "127.0.0.1:0", "--sandbox", "--max-event-age", "1h"); code != int(errorcode.Usage) || !strings.Contains(log, "--public-url") {
		t.Errorf("without a receiver: %d, %s", code, log)
	}
	path, reg, secret := registered(t)
	w := startHTTP(t, nil, "--sandbox", "--public-url", publicURL, "--store", path, "--max-event-age", "1h")
	late := eventstest.RequestAt(t.Context(), w.url+events.Path+reg.ID, secret, "n1", `{}`, time.Now().Add(-61*time.Minute))
	resp, err := w.client.Do(late)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Error(resp.Status)
	}
}
