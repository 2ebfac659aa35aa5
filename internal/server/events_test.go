package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/mcpevents"
	"papi-mcp/internal/store"
	"papi-mcp/tools"
)

// accounts is a toolbox that reads a WhatsApp account too, whose state a test sets.
type accounts struct {
	fakeToolbox
	mu    sync.Mutex
	state string
}

func (a *accounts) set(state string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.state = state
}

func (a *accounts) DefaultProject() string { return "p" }

func (a *accounts) Query(_ context.Context, _, tool string, args map[string]any, project string) (tools.Query, *tools.Error) {
	return tools.Query{Tool: tool, Project: "p" + project, Args: args}, nil
}

func (a *accounts) Observe(context.Context, tools.Query) (tools.Observed, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return tools.Observed{Things: []tools.Seen{{IDs: map[string]string{}, State: a.state, Name: a.state, Print: a.state, Line: a.state}}}, nil
}

// eventsServer is a server with events, and how its watches are run.
func eventsServer(t *testing.T) (*Server, *accounts, func()) {
	t.Helper()
	things := &accounts{state: "PENDING", fakeToolbox: fakeToolbox{names: []string{"do", "whatsapp_account_get"}, do: echo}}
	service := mcpevents.New(mcpevents.Options{
		Store: store.NewMemory(), Things: func(context.Context, mcpevents.Owner) (mcpevents.Things, error) { return things, nil },
	})
	ctx, cancel := context.WithCancel(context.Background())
	var watches sync.WaitGroup
	watches.Go(func() { service.Run(ctx, false) })
	s := New(Options{Name: "papi-mcp", Version: "1", Toolbox: things, Events: service, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	return s, things, func() { cancel(); watches.Wait() }
}

const accountEvent = `"name":"whatsapp.account.status_changed"`

// fieldsOf decodes a JSON object.
func fieldsOf(t *testing.T, raw json.RawMessage) map[string]any {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return fields
}

// Events are declared in both forms, and served, in protocol 2026-07-28 alone.
func TestEventsAreOfTheNewProtocol(t *testing.T) {
	s, _, end := eventsServer(t)
	defer end()
	for _, line := range scripted(t, s, []string{modern(1, "server/discover", `{}`, ``)}) {
		capabilities := fieldsOf(t, line.Result)["capabilities"].(map[string]any)
		extensions, _ := capabilities["extensions"].(map[string]any)
		if fmt.Sprint(capabilities["events"], extensions["io.modelcontextprotocol/events"]) != "map[] map[]" || len(extensions) != 2 || capabilities["tools"] == nil {
			t.Errorf("declared %v", capabilities)
		}
	}
	p := dial(t, s)
	if answer := p.initialize("2025-11-25", `{}`); strings.Contains(string(answer.Result), "events") {
		t.Errorf("events are declared to an older client: %s", answer.Result)
	}
	for _, method := range []string{"list", "poll", "stream", "subscribe", "unsubscribe"} {
		p.send(`{"jsonrpc":"2.0","id":3,"method":"events/` + method + `","params":{` + accountEvent + `}}`)
		if code, _ := errorOf(t, p.next()); code != -32601 {
			t.Errorf("%s of an older client: %d", method, code)
		}
	}
	p.close()

	p = dial(t, s)
	for _, tt := range []struct {
		method, params string
		code           int
		data           string
	}{
		{"list", `,"cursor":null`, 0, ""},
		{"list", `,"cursor":"x"`, -32602, ""},
		{"poll", "," + accountEvent, 0, ""},
		{"poll", `,"name":"none"`, -32023, `map[kind:event]`},
		{"poll", "," + accountEvent + `,"arguments":{"states":["NONE"]}`, -32602, ""},
		{"poll", "," + accountEvent + `,"arguments":{"` + strings.Repeat("x", 40<<10) + `":1}`, -32602, ""},
		{"stream", `,"name":"none"`, -32023, `map[kind:event]`},
		{"subscribe", "," + accountEvent, -32026, `map[feature:deliveryMode value:webhook]`},
		{"unsubscribe", "," + accountEvent, -32026, `map[feature:deliveryMode value:webhook]`},
		{"other", "", -32601, ""},
	} {
		p.send(modern(5, "events/"+tt.method, `{"extensions":{"io.modelcontextprotocol/events":{}}}`, tt.params))
		m := p.next()
		if tt.code == 0 {
			if m.Error != nil || fieldsOf(t, m.Result)["resultType"] != "complete" {
				t.Errorf("%s %s: %s", tt.method, tt.params, show(m))
			}
			continue
		}
		code, text := errorOf(t, m)
		if code != tt.code || tt.data != "" && fmt.Sprint(fieldsOf(t, m.Error)["data"]) != tt.data || len(text) > maxErrorText {
			t.Errorf("%s %s: %s", tt.method, tt.params, show(m))
		}
	}
	p.close()

	without := newServer(t, echo)
	for _, m := range scripted(t, without, []string{modern(1, "server/discover", `{}`, ``), modern(2, "events/list", `{}`, ``)}) {
		if string(m.ID) == "1" && strings.Contains(string(m.Result), "events") || string(m.ID) == "2" && m.Error == nil {
			t.Errorf("a server without events: %s", show(m))
		}
	}
}

// Many streams on one connection leave room for calls; each message names its request,
// what is cancelled is not answered, and at the end of the input the others are.
func TestStreamsOnStdio(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, things, end := eventsServer(t)
		defer end()
		s.limits.concurrent = 1
		p := dial(t, s)
		for id := 1; id <= 3; id++ {
			p.send(modern(id, "events/stream", `{}`, ","+accountEvent+`,"arguments":{}`))
			m := p.next()
			params := fieldsOf(t, m.Params)
			if m.Method != "notifications/events/active" || params["truncated"] != false || params["cursor"] == "" || subscriptionOf(params) != float64(id) {
				t.Fatalf("it begins with %s", show(m))
			}
		}
		p.send(modern(4, "tools/call", `{}`, `,"name":"do","arguments":{}`))
		if m := p.next(); string(m.ID) != "4" || m.Error != nil {
			t.Fatalf("a call meanwhile: %s", show(m))
		}
		p.send(cancelled(2))
		things.set("ONBOARDED")
		var got []string
		for len(got) < 2 {
			m := p.next()
			params := fieldsOf(t, m.Params)
			if m.Method == "notifications/events/heartbeat" {
				continue
			}
			data, _ := params["data"].(map[string]any)
			if m.Method != "notifications/events/event" || data["state"] != "ONBOARDED" || params["eventId"] == "" || params["cursor"] == "" || params["name"] != "whatsapp.account.status_changed" {
				t.Fatalf("then %s", show(m))
			}
			got = append(got, fmt.Sprint(subscriptionOf(params)))
		}
		if slices.Sort(got); !slices.Equal(got, []string{"1", "3"}) {
			t.Errorf("streams %q got it", got)
		}
		rest, err := p.closeInput()
		for _, m := range rest {
			result := fieldsOf(t, m.Result)
			if result["resultType"] != "complete" || fmt.Sprint(subscriptionOf(result)) != string(m.ID) || len(result) != 2 {
				t.Errorf("at the end: %s", show(m))
			}
		}
		if got := ids(rest); err != nil || len(got) != 2 || slices.Contains(got, "2") {
			t.Errorf("%q are answered, %v", got, err)
		}
	})
}

func subscriptionOf(params map[string]any) any {
	meta, _ := params["_meta"].(map[string]any)
	return meta["io.modelcontextprotocol/subscriptionId"]
}

// When the server is stopped, its streams end as they do at the end of the input.
func TestStreamsEndWithTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, end := eventsServer(t)
		defer end()
		p := dial(t, s)
		p.send(modern(1, "events/stream", `{}`, ","+accountEvent))
		p.next()
		began := time.Now()
		p.stop(errStopped)
		rest := p.rest()
		if <-p.ended; len(rest) != 1 || string(rest[0].ID) != "1" || rest[0].Result == nil || time.Since(began) > time.Second {
			t.Errorf("after %v: %v", time.Since(began), rest)
		}
	})
}

// Over HTTP a stream is that of its request, takes no place of a call, and ends with an
// empty result when the server stops.
func TestStreamsOverHTTP(t *testing.T) {
	s, things, end := eventsServer(t)
	defer end()
	w := serveWeb(t, echo, HTTPOptions{Limits: HTTPLimits{Running: 1, Waiting: 1, MaxWait: time.Second}}, func(o *Options) { o.Toolbox, o.Events = things, s.events })
	stream := modern(7, "events/stream", `{}`, ","+accountEvent)
	ctx, hangUp := context.WithCancel(withTimeout(t))
	first := eventsOf(t, w.send(withTimeout(t), http.MethodPost, "/mcp", stream, modernHeaders("events/stream", "")))
	second := eventsOf(t, w.send(ctx, http.MethodPost, "/mcp", stream, modernHeaders("events/stream", "")))
	for _, one := range []*events{first, second} {
		if m := one.next(); m.Method != "notifications/events/active" || subscriptionOf(fieldsOf(t, m.Params)) != 7.0 {
			t.Fatalf("it begins with %s", show(m))
		}
	}
	if n := metricValues(t, w.http.server.metrics)["papi_mcp_event_streams"]; n != 2 {
		t.Errorf("%v streams are counted", n)
	}
	if status, body := w.answerTo(modernCall(8), modernHeaders("tools/call", "do")...); status != http.StatusOK {
		t.Errorf("a call meanwhile: %d %s", status, body)
	}
	hangUp()
	things.set("ONBOARDED")
	if m := first.next(); m.Method != "notifications/events/event" {
		t.Errorf("then %s", show(m))
	}
	for _, tt := range []struct {
		name, body string
		fields     headers
		status     int
		want       string
	}{
		{"no such event", modern(9, "events/stream", `{}`, `,"name":"none"`), modernHeaders("events/stream", ""), http.StatusOK, `"code":-32023`},
		{"no arguments", modern(9, "events/poll", `{}`, `,"name":1`), modernHeaders("events/poll", ""), http.StatusBadRequest, `"code":-32602`},
		{"no stream", stream, append(modernHeaders("events/stream", ""), "Accept: application/json"), http.StatusOK, `"code":-32026`},
		{"a poll", modern(9, "events/poll", `{}`, ","+accountEvent), modernHeaders("events/poll", ""), http.StatusOK, `"hasMore":false`},
	} {
		if status, body := w.answerTo(tt.body, tt.fields...); status != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("%s: %d %s", tt.name, status, body)
		}
	}
	if err := w.shutDown(); err != nil {
		t.Error(err)
	}
	last := first.next()
	if result := fieldsOf(t, last.Result); string(last.ID) != "7" || result["resultType"] != "complete" || subscriptionOf(result) != 7.0 {
		t.Errorf("it ends with %s", show(last))
	}
	if data, more := first.data(); more {
		t.Errorf("then %s", data)
	}
	if n := metricValues(t, w.http.server.metrics)["papi_mcp_event_streams"]; n != 0 {
		t.Errorf("%v streams are counted at the end", n)
	}
}

// Who calls decides whose log it is, and whether webhooks can be had.
func TestEventsCaller(t *testing.T) {
	for _, tt := range []struct {
		name string
		id   *auth.Identity
		want string
	}{
		{"stdio", nil, "principal  tenant  as stdio own false"},
		{"anyone", &auth.Identity{Principal: "http", Anonymous: true}, "principal  tenant  as http own false"},
		{"a key", &auth.Identity{Principal: "key:a@t", Grant: auth.Grant{Tenant: "t"}}, "principal key:a@t tenant t as key:a@t own false"},
		{"credentials", &auth.Identity{Principal: "http@1234", Anonymous: true, Credentials: &auth.Credentials{}}, "principal  tenant http@1234 as http@1234 own true"},
	} {
		ctx := withPrincipal(t.Context(), StdioPrincipal)
		if tt.id != nil {
			ctx = withIdentity(withPrincipal(t.Context(), tt.id.Principal), *tt.id)
		}
		c := eventsCaller(ctx, nil)
		if got := fmt.Sprintf("principal %s tenant %s as %s own %v", c.Principal, c.Tenant, c.As, c.Own); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
