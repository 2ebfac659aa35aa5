package server

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
	"papi-mcp/tools"
)

// countingAPI counts the writes that are sent.
type countingAPI struct{ sent atomic.Int32 }

func (s *countingAPI) Do(_ context.Context, r *papi.Request) (*papi.Response, error) {
	if !r.Read {
		s.sent.Add(1)
	}
	return &papi.Response{Status: http.StatusOK, Body: json.RawMessage(`{"id":"w","target":"https://example.com","triggers":["ALL"]}`)}, nil
}

func (s *countingAPI) All(ctx context.Context, r *papi.Request, _ string, _ func([]json.RawMessage) bool) (*papi.Response, error) {
	return s.Do(ctx, r)
}

// elicitFixture is the real guard and the real tools, with a client that can elicit.
type elicitFixture struct {
	t         *testing.T
	api       countingAPI
	set       *tools.Set
	principal string
	client    string // its name, where that counts
	calls     int
}

func newElicitFixture(t *testing.T, principal string) *elicitFixture {
	t.Helper()
	a := &elicitFixture{t: t, principal: principal}
	rows, err := catalog.Select(catalog.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	g := guard.New(guard.Options{Default: "p", Store: store.NewMemory(), Reader: dispatch.Reader{API: &a.api}})
	a.set = tools.New(tools.Options{Rows: rows, Guard: g, API: &a.api})
	if principal == StdioPrincipal {
		a.client = "peer"
	}
	if v, _, _ := g.ConfirmProject(t.Context(), principal, a.client, nil, "p", ""); !v.Allowed() {
		t.Fatal("the project is not confirmed")
	}
	return a
}

func (a *elicitFixture) options(o *Options) { o.Toolbox = a.set }

// deleteCall returns the next call that a person must confirm: its id and its params.
func (a *elicitFixture) deleteCall(more string) (id int, params string) {
	return a.calls, fmt.Sprintf(`"name":"webhook_delete","arguments":{"webhookId":"w%d"}%s`, a.calls, more)
}

// elsewhere makes the same call on another connection of the principal, whose client
// can't elicit. It returns the errorCode and the token.
func (a *elicitFixture) elsewhere(token string) (code, fresh string) {
	a.t.Helper()
	args := map[string]any{"webhookId": fmt.Sprintf("w%d", a.calls)}
	if token != "" {
		args["confirm"] = token
	}
	raw, err := json.Marshal(args)
	if err != nil {
		a.t.Fatal(err)
	}
	e, ok := a.set.Call(a.t.Context(), tools.Caller{Principal: a.principal, Client: a.client}, "webhook_delete", raw).Structured.(*tools.Error)
	if !ok {
		return "done", ""
	}
	if e.Confirmation != nil {
		fresh = e.Confirmation.Token
	}
	return e.Code, fresh
}

// ended checks how the last call ended: what was sent, what it answered, and that a
// declined call gets no token.
func (a *elicitFixture) ended(name, want string, before int32, token string, m message) {
	a.t.Helper()
	r := toolAnswer(a.t, m)
	content, _ := r.StructuredContent.(map[string]any)
	code, _ := content["errorCode"].(string)
	sent, _ := a.api.sent.Load()-before, 0
	wantCode, wantSent := "confirmation_declined", int32(0)
	switch want {
	case "accepted":
		wantCode, wantSent = "", 1
	case "unavailable":
		wantCode = "confirmation_required"
	}
	if code != wantCode || sent != wantSent || (content["confirmation"] != nil) != (want == "unavailable") {
		a.t.Errorf("%s: %q, %d sent: %s", name, code, sent, m.Result)
	}
	if want == "accepted" || want == "unavailable" {
		return
	}
	for _, t := range []string{"", token} {
		if code, fresh := a.elsewhere(t); code != "confirmation_declined" || fresh != "" || a.api.sent.Load() != before {
			a.t.Errorf("%s: elsewhere, with the token %q: %s, a fresh token %q", name, t, code, fresh)
		}
	}
}

// testConn is a connection on one of the transports.
type testConn struct {
	call  func(id int, params string) // sends a tools/call
	reply func(line string)
	next  func() message
	end   func() // by its client, in good order
}

// testConns are the transports of the older protocols.
var testConns = map[string]func(t *testing.T, a *elicitFixture, version string) testConn{
	"stdio": func(t *testing.T, a *elicitFixture, version string) testConn {
		p := dial(t, New(Options{Toolbox: a.set, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}))
		p.initialize(version, `{"elicitation":{}}`)
		return testConn{
			call:  func(id int, params string) { p.send(toolsCall(id, params)) },
			reply: func(line string) { p.send(line) },
			next:  p.next, end: p.close,
		}
	},
	"SSE": func(t *testing.T, a *elicitFixture, version string) testConn {
		w := serveWeb(t, nil, HTTPOptions{}, a.options)
		stream, post := openSSE(w, version)
		return testConn{
			call:  func(id int, params string) { post(toolsCall(id, params)) },
			reply: post, next: stream.next, end: func() { stream.body.Close() },
		}
	},
	"HTTP": func(t *testing.T, a *elicitFixture, version string) testConn {
		w := serveWeb(t, nil, HTTPOptions{}, a.options)
		r := w.send(t.Context(), http.MethodPost, "/mcp", strings.Replace(openSession, "2025-11-25", version, 1), nil)
		read(t, r)
		session := "Mcp-Session-Id: " + r.Header.Get("Mcp-Session-Id")
		var stream *events
		return testConn{
			call: func(id int, params string) {
				stream = eventsOf(t, w.send(t.Context(), http.MethodPost, "/mcp", toolsCall(id, params), headers{session}))
			},
			reply: func(line string) { w.answerTo(line, session) },
			next:  func() message { return stream.next() },
			end:   func() {},
		}
	},
}

func toolsCall(id int, params string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{%s}}`, id, params)
}

// openSSE opens a connection of HTTP+SSE, whose client takes forms.
func openSSE(w *web, version string) (stream *events, post func(line string)) {
	w.t.Helper()
	stream = eventsOf(w.t, w.send(w.t.Context(), http.MethodGet, "/sse", "", headers{"Accept: text/event-stream"}))
	path, ok := stream.data()
	if !ok {
		w.t.Fatal("no endpoint")
	}
	post = func(line string) { read(w.t, w.send(w.t.Context(), http.MethodPost, path, line, nil)) }
	post(strings.Replace(openSession, "2025-11-25", version, 1))
	stream.next()
	return stream, post
}
