package cli

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/sandbox"
)

// openStream opens a stream of events, and returns the params of those that come.
func (w *httpProcess) openStream(params string, fields ...string) <-chan any {
	w.t.Helper()
	body := `{"jsonrpc":"2.0","id":"s","method":"events/stream","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}` + params + `}}`
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url+"/mcp", strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, field := range append([]string{"Content-Type: application/json", "Accept: application/json, text/event-stream", "Mcp-Protocol-Version: 2026-07-28", "Mcp-Method: events/stream"}, fields...) {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Set(name, value)
	}
	resp, err := w.client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { resp.Body.Close() })
	active, occurred := make(chan any, 1), make(chan any, 16)
	go func() {
		lines := bufio.NewScanner(resp.Body)
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			message, err := jsonvalue.Decode([]byte(data))
			if err != nil {
				continue
			}
			switch jsonvalue.Text(message, "method") {
			case "notifications/events/active":
				active <- jsonvalue.Field(message, "params")
			case "notifications/events/event":
				occurred <- jsonvalue.Field(message, "params")
			}
		}
	}()
	select {
	case <-active:
	case <-time.After(30 * time.Second):
		w.t.Fatal("the stream does not begin")
	}
	return occurred
}

// A signed webhook of the API, to the URL that event_subscribe registered, has the thing
// read at once, where the next poll is 10 s away; a poll, a stream and the webhook of the
// client have the same occurrence.
func TestAWebhookOfTheAPIWakes(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Options{Manual: true})
	if err := box.Seed("shop"); err != nil {
		t.Fatal(err)
	}
	var reads atomic.Int64
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/templates/order_sent/") {
			reads.Add(1)
		}
		box.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { upstream.Close(); box.Close() })
	var server atomic.Pointer[url.URL]
	var received atomic.Int64
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(server.Load())
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(r *http.Response) error {
			if r.StatusCode == http.StatusOK {
				received.Add(1)
			}
			return nil
		},
	})
	t.Cleanup(proxy.Close)

	dir := t.TempDir()
	key, hash := auth.NewKey()
	file := filepath.Join(dir, "papi-mcp.yaml")
	writeKeys(t, file, `bot: {hashes: [`+hash+`], projects: all, toolsets: all, read-only: false}`)
	env := []string{"PAPI_BASE_URL=" + upstream.URL, "PAPI_TOKEN_URL=" + upstream.URL + "/oauth2/token", "SINCH_KEY_ID=any", "SINCH_KEY_SECRET=any", "SINCH_PROJECT_ID=" + sandbox.DefaultProject}
	as := "Authorization: Bearer " + key
	w := startHTTP(t, env, "--config", file, "--store", filepath.Join(dir, "state.db"), "--public-url", proxy.URL, "--callbacks", "test-loopback")
	at, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	server.Store(at)
	if list := string(jsonvalue.Encode(w.events("list", "", as))); !strings.Contains(list, "event_subscribe") {
		t.Errorf("events/list does not name event_subscribe: %s", list)
	}
	for _, call := range [][2]string{
		{"project_confirm", `{"projectId":"` + sandbox.DefaultProject + `"}`},
		{"event_subscribe", `{"triggers":["whatsapp_template"]}`},
		{"whatsapp_template_create", `{"name":"order_sent","language":"EN_US","category":"UTILITY","details":{"components":[{"type":"BODY","text":"Order {{1}} is on its way.","examples":["1001"]}]}}`},
	} {
		if got := w.call(call[0], call[1], as); got["errorCode"] != nil {
			t.Fatalf("%s: %v", call[0], got)
		}
	}
	const settled = `,"name":"whatsapp.template.status_changed","arguments":{"templateName":"order_sent","languageCode":"EN_US","settled":true},"cursor":`
	reads.Store(0)
	start := jsonvalue.Text(w.events("poll", settled+"null", as), "result.cursor")
	stream := w.openStream(settled+"null", as)
	hook, bodies := newCallback(t)
	subscribed := w.events("subscribe", settled+fmt.Sprintf(`null,"delivery":{"mode":"webhook","url":%q,"secret":%q}`, hook, callbackSecret), as)
	if jsonvalue.Text(subscribed, "result.id") == "" {
		t.Fatalf("subscribed: %v", subscribed)
	}
	eventually(t, time.Minute, func() bool { return reads.Load() >= 3 }) // at 0, 2 and 7 s

	before := received.Load()
	if resp, err := http.Post(upstream.URL+"/_sandbox/clock", "application/json", strings.NewReader(`{"advance":"24h"}`)); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	approved := time.Now()
	var occurrence any
	select {
	case occurrence = <-stream:
	case <-time.After(30 * time.Second):
		t.Fatalf("nothing occurred:\n%s", w.output.String())
	}
	if took := time.Since(approved); took > 5*time.Second {
		t.Errorf("it took %v: a poll comes after 10 s", took)
	}
	if received.Load() == before {
		t.Error("the API's webhook was not received")
	}
	id := jsonvalue.Text(occurrence, "eventId")
	if jsonvalue.Text(occurrence, "data.state") != "APPROVED" || id == "" {
		t.Errorf("the stream has %v", occurrence)
	}
	if got := nextBody(t, bodies); jsonvalue.Text(got, "eventId") != id || jsonvalue.Text(got, "data.state") != "APPROVED" {
		t.Errorf("the webhook has %v, want %s", got, id)
	}
	poll := w.events("poll", settled+`"`+start+`"`, as)
	if all := jsonvalue.List(poll, "result.events"); len(all) != 1 || jsonvalue.Text(all[0], "eventId") != id {
		t.Errorf("the poll has %v, want %s", poll, id)
	}
	_, _, metrics := w.send(http.MethodGet, "/metrics", "", as)
	for _, line := range []string{`papi_mcp_occurrences_total{event="whatsapp.template.status_changed"} 1`, "papi_mcp_event_streams 1"} {
		if !strings.Contains(metrics, "\n"+line+"\n") {
			t.Errorf("%s is not in the metrics:\n%s", line, metrics)
		}
	}
}
