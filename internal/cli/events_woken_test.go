package cli

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
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

// eventsWorld is the sandbox as the API, and servers one after the other, which the API and a
// caller with a key reach at the same URL.
type eventsWorld struct {
	t               *testing.T
	api, proxy      string
	env, args       []string
	as              string // header field of the caller
	server          atomic.Pointer[url.URL]
	received, reads atomic.Int64 // webhooks of the API that were acknowledged; reads of a template
}

func newEventsWorld(t *testing.T) *eventsWorld {
	w := &eventsWorld{t: t}
	box := sandbox.New(sandbox.Options{Manual: true})
	if err := box.Seed("shop"); err != nil {
		t.Fatal(err)
	}
	upstream := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/templates/order_sent/") {
			w.reads.Add(1)
		}
		box.ServeHTTP(rw, r)
	}))
	t.Cleanup(func() { upstream.Close(); box.Close() })
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		ErrorLog: log.New(io.Discard, "", 0), // a server that was killed
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(w.server.Load())
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(r *http.Response) error {
			if r.StatusCode == http.StatusOK {
				w.received.Add(1)
			}
			return nil
		},
	})
	t.Cleanup(proxy.Close)
	dir := t.TempDir()
	key, hash := auth.NewKey()
	file := filepath.Join(dir, "papi-mcp.yaml")
	writeKeys(t, file, `bot: {hashes: [`+hash+`], projects: all, toolsets: all, read-only: false}`)
	w.api, w.proxy, w.as = upstream.URL, proxy.URL, "Authorization: Bearer "+key
	w.env = []string{"PAPI_BASE_URL=" + w.api, "PAPI_TOKEN_URL=" + w.api + "/oauth2/token", "SINCH_KEY_ID=any", "SINCH_KEY_SECRET=any", "SINCH_PROJECT_ID=" + sandbox.DefaultProject}
	w.args = []string{"--config", file, "--store", filepath.Join(dir, "state.db"), "--public-url", w.proxy, "--callbacks", "test-loopback"}
	return w
}

// start starts a server.
func (w *eventsWorld) start() *httpProcess {
	w.t.Helper()
	s := startHTTP(w.t, w.env, w.args...)
	at, err := url.Parse(s.url)
	if err != nil {
		w.t.Fatal(err)
	}
	w.server.Store(at)
	return s
}

// post makes a request of the API.
func (w *eventsWorld) post(path, body string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.api+path, strings.NewReader(body))
	if err != nil {
		w.t.Error(err)
		return
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+sandbox.StaticToken)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Error(err)
		return
	}
	resp.Body.Close()
	if resp.StatusCode >= http.StatusBadRequest {
		w.t.Errorf("%s: %s", path, resp.Status)
	}
}

// subscribe has the events of the API sent to a server.
func (w *eventsWorld) subscribe(s *httpProcess) {
	w.t.Helper()
	for _, call := range [][2]string{{"project_confirm", `{"projectId":"` + sandbox.DefaultProject + `"}`}, {"event_subscribe", `{"triggers":["whatsapp_template"]}`}} {
		if got := s.call(call[0], call[1], w.as); got["errorCode"] != nil {
			w.t.Fatalf("%s: %v", call[0], got)
		}
	}
}

// template creates one, which is approved within a day.
func (w *eventsWorld) template(name string) {
	w.t.Helper()
	w.post("/v1/projects/"+sandbox.DefaultProject+"/whatsapp/templates", fmt.Sprintf(`{"name":%q,"language":"EN_US","category":"UTILITY","details":{"components":[{"type":"BODY","text":"This is %[1]s."}]}}`, name))
}

// A signed webhook of the API, to the URL that event_subscribe registered, has the thing
// read immediately, where the next poll is 10 s away; a poll, a stream and the webhook of the
// client have the same occurrence.
func TestAWebhookOfTheAPIWakes(t *testing.T) {
	t.Parallel()
	world := newEventsWorld(t)
	w, as := world.start(), world.as
	if list := string(jsonvalue.Encode(w.events("list", "", as))); !strings.Contains(list, "event_subscribe") {
		t.Errorf("events/list does not name event_subscribe: %s", list)
	}
	world.subscribe(w)
	world.template("order_sent")
	const settled = `,"name":"whatsapp.template.status_changed","arguments":{"templateName":"order_sent","languageCode":"EN_US","settled":true},"cursor":`
	world.reads.Store(0)
	start := jsonvalue.Text(w.events("poll", settled+"null", as), "result.cursor")
	stream := w.openStream(settled+"null", as)
	hook, bodies := newCallback(t)
	subscribed := w.events("subscribe", settled+fmt.Sprintf(`null,"delivery":{"mode":"webhook","url":%q,"secret":%q}`, hook, callbackSecret), as)
	if jsonvalue.Text(subscribed, "result.id") == "" {
		t.Fatalf("subscribed: %v", subscribed)
	}
	eventually(t, time.Minute, func() bool { return world.reads.Load() >= 3 }) // at 0, 2 and 7 s

	before := world.received.Load()
	world.post("/_sandbox/clock", `{"advance":"24h"}`)
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
	if world.received.Load() == before {
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

// Servers are killed at random moments while templates are made and approved. In the end
// each approval is once in the log, and the webhook of the client has got each, with the same
// id where it came again.
func TestEachChangeIsOnceInTheLogOfServersThatAreKilled(t *testing.T) {
	t.Parallel()
	const templates = 12
	world := newEventsWorld(t)
	w := world.start()
	world.subscribe(w)
	const approved = `,"name":"whatsapp.template.status_changed","arguments":{"states":["APPROVED"]},"cursor":`
	start := jsonvalue.Text(w.events("poll", approved+"null", world.as), "result.cursor")
	hook, bodies := newCallback(t)
	if got := w.events("subscribe", approved+fmt.Sprintf(`null,"delivery":{"mode":"webhook","url":%q,"secret":%q}`, hook, callbackSecret), world.as); jsonvalue.Text(got, "result.id") == "" {
		t.Fatalf("subscribed: %v", got)
	}
	for i := range templates {
		world.template(fmt.Sprintf("killed_%d", i))
		changed := make(chan struct{})
		go func() {
			defer close(changed)
			world.post("/_sandbox/clock", `{"advance":"24h"}`)
		}()
		select { // the moment at which it is killed
		case <-time.After(time.Duration(rand.N(1800)) * time.Millisecond):
		case <-t.Context().Done():
		}
		if err := w.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = w.cmd.Wait() // it was killed
		w = world.start()
		<-changed
	}
	world.template("last") // whose event has all of them read
	world.post("/_sandbox/clock", `{"advance":"24h"}`)

	inHook, inLog := map[string]string{}, map[string]string{}
	note := func(where map[string]string, again bool, occurrence any) {
		name, id := jsonvalue.Text(occurrence, "data.ids.templateName"), jsonvalue.Text(occurrence, "eventId")
		if before, had := where[name]; had && (!again || before != id) {
			t.Errorf("%s occurred as %s, and as %s", name, before, id)
		}
		where[name] = id
	}
	for inHook["last"] == "" || len(inHook) < templates+1 {
		note(inHook, true, nextBody(t, bodies))
	}
	for _, occurrence := range jsonvalue.List(w.events("poll", approved+`"`+start+`"`, world.as), "result.events") {
		note(inLog, false, occurrence)
	}
	for len(inHook) < len(inLog) { // of the shop's own template too, whenever that comes
		note(inHook, true, nextBody(t, bodies))
	}
	for name, id := range inHook {
		if inLog[name] != id {
			t.Errorf("%s is %s in the log, and %s at the webhook", name, inLog[name], id)
		}
	}
	if len(inLog) != len(inHook) {
		t.Errorf("the log has %v, the webhook %v", inLog, inHook)
	}
}
