package cli

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"papi-mcp/internal/jsonvalue"
)

// The way of an event through the program: a caller subscribes, the API sends, the caller's
// list has it; and the list of no other caller has, not even of one that names its project
// and key.
func TestEventsOfACaller(t *testing.T) {
	t.Parallel()
	api := newUpstream(t)
	var server atomic.Pointer[url.URL]
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(server.Load())
		r.Out.Host = r.In.Host
	}})
	defer proxy.Close()
	w := startHTTP(t, []string{"PAPI_BASE_URL=" + api.URL, "PAPI_TOKEN_URL=" + api.URL + "/oauth2/token"}, "--tenant", "header", "--public-url", proxy.URL, "--verbose")
	at, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	server.Store(at)
	with := func(text string) string {
		return "X-Sinch-Credentials: " + base64.StdEncoding.EncodeToString([]byte(text))
	}
	alice, bob, thief := with(projectA+":key-of-a:canary-a"), with(projectB+":key-of-b:canary-b"), with(projectA+":key-of-a:guessed")

	if got := w.call("event_subscribe", `{}`, alice); got["errorCode"] != "guard_project_unconfirmed" {
		t.Errorf("before the project is confirmed: %v", got)
	}
	w.call("project_confirm", `{"projectId":"`+projectA+`"}`, alice)
	subscribed := w.call("event_subscribe", `{"triggers":["kakaotalk"]}`, alice)
	if target := jsonvalue.Text(subscribed, "data.target"); !strings.HasPrefix(target, proxy.URL+"/events/") {
		t.Fatalf("%v", subscribed)
	}
	w.call("kakaotalk_sender_create", `{"plusFriendId":"exampleshop","details":{"adminPhoneNo":"+15550120","name":"Example Shop","topLevelCategoryCode":"019","midLevelCategoryCode":"0006","subLevelCategoryCode":"0001"}}`, alice)
	advance, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.URL+"/_sandbox/clock", strings.NewReader(`{"advance":"48h"}`)) // after the deliveries
	if err != nil {
		t.Fatal(err)
	}
	advance.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(advance)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
	rows := jsonvalue.List(w.call("event_list", `{"ids":["exampleshop"]}`, alice), "data.rows")
	if len(rows) == 0 {
		t.Fatalf("no events:\n%s", w.output.String())
	}
	for name, caller := range map[string]string{"bob": bob, "the thief": thief} {
		if got := w.call("event_list", `{}`, caller); len(jsonvalue.List(got, "data.rows")) > 0 || got["errorCode"] != nil {
			t.Errorf("%s gets %v", name, got)
		}
	}
	if text := w.request("resources/read", "papi://events", `,"uri":"papi://events"`, bob); strings.Contains(text, "exampleshop") {
		t.Errorf("bob reads %s", text)
	}
	if strings.Contains(w.output.String(), "canary") {
		t.Error("the log has a secret")
	}
}

// The list of tools has those of events where events are received.
func TestTheToolsCommandHasThoseOfEvents(t *testing.T) {
	for args, want := range map[string]string{
		"":                                      "",
		"--public-url https://papi.example.com": "event_subscribe event_list",
		"--public-url https://papi.example.com --read-only":       "event_list",
		"--public-url https://papi.example.com --toolsets sms":    "event_list",
		"--public-url https://papi.example.com --tools no_such_x": "",
	} {
		_, out, _ := run(t, nil, append([]string{"tools", "--sandbox"}, strings.Fields(args)...)...)
		var got []string
		for line := range strings.Lines(out) {
			if strings.HasPrefix(line, "event_") {
				got = append(got, strings.Fields(line)[0])
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", args, got, want)
		}
	}
}
