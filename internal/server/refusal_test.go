package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
	"papi-mcp/tools"
)

// sink is an API that counts what is sent to change something.
type sink struct{ sent atomic.Int32 }

func (s *sink) Do(_ context.Context, r *papi.Request) (*papi.Response, error) {
	if !r.Read {
		s.sent.Add(1)
	}
	return &papi.Response{Status: http.StatusOK, Body: json.RawMessage(`{"id":"w","target":"https://example.com","triggers":["ALL"]}`)}, nil
}

func (s *sink) All(ctx context.Context, r *papi.Request, _ string, _ int) (*papi.Response, error) {
	return s.Do(ctx, r)
}

// asked is the real guard and the real tools, and who asks a person about them.
type asked struct {
	t         *testing.T
	api       sink
	set       *tools.Set
	principal string
	client    string // its name, where that counts
	calls     int
}

func newAsked(t *testing.T, principal string) *asked {
	t.Helper()
	a := &asked{t: t, principal: principal}
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

func (a *asked) options(o *Options) { o.Toolbox = a.set }

// remove is the next call that a person must agree to: its id and its params.
func (a *asked) remove(more string) (id int, params string) {
	return a.calls, fmt.Sprintf(`"name":"webhook_delete","arguments":{"webhookId":"w%d"}%s`, a.calls, more)
}

// elsewhere makes the same call by another connection of the principal, whose
// client can't ask: its errorCode and its token.
func (a *asked) elsewhere(token string) (code, fresh string) {
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

// ended checks how the last call ended: what was sent, what it answered, and
// that a refusal is final.
func (a *asked) ended(name, want string, before int32, token string, m message) {
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

// wire is a connection on one of the transports.
type wire struct {
	call  func(id int, params string) // sends a tools/call
	reply func(line string)
	next  func() message
	end   func() // by its client, in good order
}

// wires are the transports of the older protocols.
var wires = map[string]func(t *testing.T, a *asked, version string) wire{
	"stdio": func(t *testing.T, a *asked, version string) wire {
		p := dial(t, New(Options{Toolbox: a.set, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}))
		p.initialize(version, `{"elicitation":{}}`)
		return wire{
			call:  func(id int, params string) { p.send(toolsCall(id, params)) },
			reply: func(line string) { p.send(line) },
			next:  p.next, end: p.close,
		}
	},
	"SSE": func(t *testing.T, a *asked, version string) wire {
		w := serveWeb(t, nil, HTTPOptions{}, a.options)
		stream, post := openSSE(w, version)
		return wire{
			call:  func(id int, params string) { post(toolsCall(id, params)) },
			reply: post, next: stream.next, end: func() { stream.body.Close() },
		}
	},
	"HTTP": func(t *testing.T, a *asked, version string) wire {
		w := serveWeb(t, nil, HTTPOptions{}, a.options)
		r := w.send(t.Context(), http.MethodPost, "/mcp", strings.Replace(openSession, "2025-11-25", version, 1), nil)
		read(t, r)
		session := "Mcp-Session-Id: " + r.Header.Get("Mcp-Session-Id")
		var stream *events
		return wire{
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

// Nothing but a well-formed accept is a yes, in every era and on every
// transport; and after any other answer the same call gets no token elsewhere.
func TestARefusalIsFinal(t *testing.T) {
	for name, open := range wires {
		for _, version := range olderVersions {
			t.Run(version+" "+name, func(t *testing.T) {
				a := newAsked(t, map[bool]string{true: StdioPrincipal, false: "alice"}[name == "stdio"])
				w := open(t, a, version)
				try := func(shape, line, want string) {
					a.calls++
					_, token := a.elsewhere("")
					before := a.api.sent.Load()
					w.call(a.remove(""))
					question := w.next()
					if question.Method != mcp.MethodElicitationCreate {
						t.Fatalf("%s: not asked: %s", shape, show(question))
					}
					w.reply(fmt.Sprintf(line, question.ID))
					a.ended(shape, want, before, token, w.next())
				}
				for _, shape := range slices.Sorted(maps.Keys(answers)) {
					try(shape, `{"jsonrpc":"2.0","id":%s,"result":`+strings.ReplaceAll(answers[shape].result, "%", "%%")+`}`, answers[shape].want)
				}
				for _, shape := range slices.Sorted(maps.Keys(otherAnswers)) {
					try(shape, otherAnswers[shape].line, otherAnswers[shape].want)
				}
				w.end()
			})
		}
	}
	const can = `{"elicitation":{"form":{}}}`
	for name, open := range map[string]func(t *testing.T, a *asked) func(id int, params string) message{
		"stdio": func(t *testing.T, a *asked) func(int, string) message {
			p := dial(t, New(Options{Toolbox: a.set, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}))
			t.Cleanup(p.close)
			return func(id int, params string) message {
				p.send(modern(id, "tools/call", can, ","+params))
				return p.next()
			}
		},
		"HTTP": func(t *testing.T, a *asked) func(int, string) message {
			w := serveWeb(t, nil, HTTPOptions{}, a.options)
			return func(id int, params string) message {
				_, body := w.answerTo(modern(id, "tools/call", can, ","+params), modernHeaders("tools/call", "webhook_delete")...)
				var m message
				if err := json.Unmarshal([]byte(body), &m); err != nil {
					t.Fatalf("%s: %v", body, err)
				}
				return m
			}
		},
	} {
		t.Run("2026-07-28 "+name, func(t *testing.T) {
			a := newAsked(t, map[bool]string{true: StdioPrincipal, false: "alice"}[name == "stdio"])
			do := open(t, a)
			try := func(shape, brought, want string) {
				a.calls++
				_, token := a.elsewhere("")
				before := a.api.sent.Load()
				asked := toolAnswer(t, do(a.remove("")))
				if !asked.NeedsInput() {
					t.Fatalf("%s: not asked", shape)
				}
				if !strings.Contains(brought, "%") {
					brought = `,"requestState":"%s"` + brought
				}
				brought = strings.Replace(brought, "%s", asked.RequestState, 1)
				a.ended(shape, want, before, token, do(a.remove(brought)))
				if want == "accepted" {
					return
				}
				// The question has ended: a yes to it comes too late.
				late := fmt.Sprintf(`,"requestState":%q,"inputResponses":{"confirmation":{"action":"accept"}}`, asked.RequestState)
				if r := toolAnswer(t, do(a.remove(late))); !r.IsError || a.api.sent.Load() != before {
					t.Errorf("%s: a late yes: %+v", shape, r.StructuredContent)
				}
			}
			for _, shape := range slices.Sorted(maps.Keys(answers)) {
				try(shape, `,"inputResponses":{"confirmation":`+answers[shape].result+`}`, answers[shape].want)
			}
			for shape, brought := range map[string]string{
				"no answers":              ``,
				"empty answers":           `,"inputResponses":{}`,
				"answers that are null":   `,"inputResponses":null`,
				"answers in a list":       `,"inputResponses":[{"action":"accept"}]`,
				"answers in a text":       `,"inputResponses":"accept"`,
				"answers that are true":   `,"inputResponses":true`,
				"an answer to another":    `,"inputResponses":{"other":{"action":"accept"}}`,
				"another spelling":        `,"inputResponses":{"Confirmation":{"action":"accept"}}`,
				"a decline and an accept": `,"inputResponses":{"confirmation":{"action":"decline"},"confirmation":{"action":"accept"}}`,
				"answers twice":           `,"inputResponses":{"confirmation":{"action":"decline"}},"inputResponses":{"confirmation":{"action":"accept"}}`,
				"no answer, escaped":      `,"request\u0053tate":"%s"`,
				"a decline, escaped":      `,"request\u0053tate":"%s","input\u0052esponses":{"confirmation":{"action":"decline"}}`,
				"a member twice":          `,"requestState":"%s","inputResponses":{"confirmation":{"action":"accept"}}},"x":1,"x":{"y":1`,
			} {
				try(shape, brought, "cancelled")
			}
		})
	}
}

// A project that a question got no yes for is not confirmed by naming it.
func TestARefusedProjectIsNotConfirmedByNaming(t *testing.T) {
	const can = `{"elicitation":{"form":{}}}`
	for _, version := range append(slices.Clone(olderVersions), "2026-07-28") {
		t.Run(version, func(t *testing.T) {
			a := newAsked(t, StdioPrincipal)
			p := dial(t, New(Options{Toolbox: a.set, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}))
			defer p.close()
			older := version != "2026-07-28"
			if older {
				p.initialize(version, can)
			}
			confirm := func(more string) message {
				params := fmt.Sprintf(`"name":"project_confirm","arguments":{"projectId":"p%d"}%s`, a.calls, more)
				if older {
					p.send(toolsCall(a.calls, params))
				} else {
					p.send(modern(a.calls, "tools/call", can, ","+params))
				}
				return p.next()
			}
			check := func(shape, want string, m message) {
				content, _ := toolAnswer(t, m).StructuredContent.(map[string]any)
				code, _ := content["errorCode"].(string)
				expected := "confirmation_declined"
				if want == "accepted" || want == "unavailable" {
					expected = ""
				}
				if code != expected {
					t.Errorf("%s: %q, want %q", shape, code, expected)
				}
				raw, err := json.Marshal(map[string]any{"projectId": fmt.Sprintf("p%d", a.calls)})
				if err != nil {
					t.Fatal(err)
				}
				named := a.set.Call(t.Context(), tools.Caller{Principal: StdioPrincipal}, "project_confirm", raw)
				if named.IsError != (expected != "") {
					t.Errorf("%s: named elsewhere: %+v", shape, named.Structured)
				}
			}
			for _, shape := range slices.Sorted(maps.Keys(answers)) {
				a.calls++
				m := confirm("")
				if older {
					p.send(result(m.ID, answers[shape].result))
					m = p.next()
				} else {
					m = confirm(fmt.Sprintf(`,"requestState":%q,"inputResponses":{"confirmation":%s}`, toolAnswer(t, m).RequestState, answers[shape].result))
				}
				check(shape, answers[shape].want, m)
			}
			if !older {
				return
			}
			for _, shape := range slices.Sorted(maps.Keys(otherAnswers)) {
				a.calls++
				p.send(fmt.Sprintf(otherAnswers[shape].line, confirm("").ID))
				check(shape, otherAnswers[shape].want, p.next())
			}
		})
	}
}

// The connection's end is a cancel, at whatever moment of a question it comes.
func TestTheConnectionsEndIsNoYes(t *testing.T) {
	const accept = `{"jsonrpc":"2.0","id":%s,"result":{"action":"accept"}}`
	check := func(t *testing.T, a *asked, token string) {
		t.Helper()
		for _, given := range []string{"", token} {
			code, fresh := a.elsewhere(given)
			if code != "confirmation_declined" && code != "confirmation_timeout" || fresh != "" || a.api.sent.Load() != 0 {
				t.Errorf("elsewhere, with the token %q: %s, a fresh token %q, %d sent", given, code, fresh, a.api.sent.Load())
			}
		}
	}
	for _, version := range olderVersions {
		for name, end := range map[string]func(p *peer, question message){
			"the input ends":              func(p *peer, _ message) { p.in.Close() },
			"the input ends in an answer": func(p *peer, q message) { _, _ = io.WriteString(p.in, fmt.Sprintf(accept, q.ID)[:50]); p.in.Close() },
			"the call is cancelled":       func(p *peer, _ message) { p.send(cancelled(1)); p.in.Close() },
			"the call is cancelled, then a yes": func(p *peer, q message) {
				p.send(cancelled(1))
				p.next() // the question is taken back
				p.send(fmt.Sprintf(accept, q.ID))
				p.in.Close()
			},
			"the server is told to stop": func(p *peer, _ message) { p.stop(errTold); p.rest(); p.in.Close() },
		} {
			t.Run(version+" stdio, "+name, func(t *testing.T) {
				a := newAsked(t, StdioPrincipal)
				_, token := a.elsewhere("")
				p := dial(t, New(Options{Toolbox: a.set, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}))
				p.initialize(version, `{"elicitation":{}}`)
				_, params := a.remove("")
				p.send(toolsCall(1, params))
				end(p, p.next())
				p.rest()
				<-p.ended
				check(t, a, token)
			})
		}
		t.Run(version+" stdio, the input ends behind the call", func(t *testing.T) {
			a := newAsked(t, StdioPrincipal)
			_, token := a.elsewhere("")
			p := dial(t, New(Options{Toolbox: a.set, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}))
			p.initialize(version, `{"elicitation":{}}`)
			_, params := a.remove("")
			p.send(toolsCall(1, params))
			p.hangUp()
			check(t, a, token)
		})
		t.Run(version+" stdio, the output breaks", func(t *testing.T) {
			a := newAsked(t, StdioPrincipal)
			_, token := a.elsewhere("")
			s := New(Options{Toolbox: a.set, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
			in, lines := io.Pipe()
			ended := make(chan error, 1)
			go func() { ended <- s.ServeStdio(context.Background(), in, &breaksAfter{lines: 1}) }()
			_, params := a.remove("")
			fmt.Fprintln(lines, strings.Replace(openSession, "2025-11-25", version, 1))
			fmt.Fprintln(lines, toolsCall(1, params))
			if err := <-ended; err == nil {
				t.Error("the connection ended well")
			}
			lines.Close()
			check(t, a, token)
		})
		for name, end := range map[string]func(w *web, stream *events, post func(string)){
			"its client hangs up":        func(_ *web, stream *events, _ func(string)) { stream.body.Close() },
			"the call is cancelled":      func(_ *web, _ *events, post func(string)) { post(cancelled(1)) },
			"the server is told to stop": func(w *web, _ *events, _ func(string)) {},
		} {
			t.Run(version+" SSE, "+name, func(t *testing.T) {
				a := newAsked(t, "alice")
				_, token := a.elsewhere("")
				w := serveWeb(t, nil, HTTPOptions{}, a.options)
				stream, post := openSSE(w, version)
				_, params := a.remove("")
				post(toolsCall(1, params))
				stream.next()
				end(w, stream, post)
				if err := w.shutDown(); err != nil {
					t.Error(err)
				}
				check(t, a, token)
			})
		}
		for name, end := range map[string]func(w *web, stream *events, session string){
			"its client hangs up": func(_ *web, stream *events, _ string) { stream.body.Close() },
			"the session is ended": func(w *web, _ *events, session string) {
				read(w.t, w.send(w.t.Context(), http.MethodDelete, "/mcp", "", headers{session}))
			},
			"the server is stopped": func(w *web, _ *events, _ string) {},
		} {
			t.Run(version+" HTTP, "+name, func(t *testing.T) {
				a := newAsked(t, "alice")
				_, token := a.elsewhere("")
				stopped := name == "the server is stopped"
				w := serveWeb(t, nil, HTTPOptions{}, a.options, func(o *Options) {
					if stopped { // the question is open until the grace is over
						o.grace = time.Millisecond
					}
				})
				session := w.open("alice")
				_, params := a.remove("")
				stream := eventsOf(t, w.send(soon(t), http.MethodPost, "/mcp", toolsCall(1, params), headers{session}))
				stream.next()
				end(w, stream, session)
				if err := w.shutDown(); err != nil && !stopped {
					t.Error(err)
				}
				check(t, a, token)
			})
		}
	}
	t.Run("2026-07-28, no answer comes", func(t *testing.T) {
		a := newAsked(t, StdioPrincipal)
		_, token := a.elsewhere("")
		p := dial(t, New(Options{Toolbox: a.set, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}))
		_, params := a.remove("")
		p.send(modern(1, "tools/call", `{"elicitation":{}}`, ","+params))
		if !toolAnswer(t, p.next()).NeedsInput() {
			t.Error("not asked")
		}
		p.close()
		check(t, a, token)
	})
}

// breaksAfter takes so many lines, and then no more.
type breaksAfter struct{ lines int }

func (b *breaksAfter) Write(line []byte) (int, error) {
	if b.lines--; b.lines < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(line), nil
}

// A client that takes no stream can't be asked on its call, and gets a token as
// any that can't ask; once it was asked, it gets none.
func TestAClientThatTakesNoStream(t *testing.T) {
	a := newAsked(t, "alice")
	w := serveWeb(t, nil, HTTPOptions{}, a.options)
	session := w.open("alice")
	_, params := a.remove("")
	code := func(body string) string {
		var m message
		if err := json.Unmarshal([]byte(body), &m); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		content, _ := toolAnswer(t, m).StructuredContent.(map[string]any)
		return fmt.Sprint(content["errorCode"])
	}
	if _, body := w.answerTo(toolsCall(1, params), session, "Accept: application/json"); code(body) != "confirmation_required" {
		t.Errorf("got %s", body)
	}
	stream := eventsOf(t, w.send(soon(t), http.MethodPost, "/mcp", toolsCall(2, params), headers{session}))
	w.answerTo(result(stream.next().ID, `{"action":"decline"}`), session)
	stream.next()
	if _, body := w.answerTo(toolsCall(3, params), session, "Accept: application/json"); code(body) != "confirmation_declined" {
		t.Errorf("got %s", body)
	}
}
