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
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/tools"
)

// Only a well-formed accept is a yes, in every protocol version and on every
// transport. After any other answer the same call gets no token elsewhere.
func TestDeclineIsFinal(t *testing.T) {
	for name, open := range testConns {
		for _, version := range olderVersions {
			t.Run(version+" "+name, func(t *testing.T) {
				a := newElicitFixture(t, map[bool]string{true: StdioPrincipal, false: "alice"}[name == "stdio"])
				w := open(t, a, version)
				try := func(shape, line, want string) {
					a.calls++
					_, token := a.elsewhere("")
					before := a.api.sent.Load()
					w.call(a.deleteCall(""))
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
	for name, open := range map[string]func(t *testing.T, a *elicitFixture) func(id int, params string) message{
		"stdio": func(t *testing.T, a *elicitFixture) func(int, string) message {
			p := dial(t, New(Options{Toolbox: a.set, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}))
			t.Cleanup(p.close)
			return func(id int, params string) message {
				p.send(modern(id, "tools/call", can, ","+params))
				return p.next()
			}
		},
		"HTTP": func(t *testing.T, a *elicitFixture) func(int, string) message {
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
			a := newElicitFixture(t, map[bool]string{true: StdioPrincipal, false: "alice"}[name == "stdio"])
			do := open(t, a)
			try := func(shape, supplied, want string) {
				a.calls++
				_, token := a.elsewhere("")
				before := a.api.sent.Load()
				asked := toolAnswer(t, do(a.deleteCall("")))
				if !asked.NeedsInput() {
					t.Fatalf("%s: not asked", shape)
				}
				if !strings.Contains(supplied, "%") {
					supplied = `,"requestState":"%s"` + supplied
				}
				supplied = strings.Replace(supplied, "%s", asked.RequestState, 1)
				a.ended(shape, want, before, token, do(a.deleteCall(supplied)))
				if want == "accepted" {
					return
				}
				// The question has ended: a yes to it comes too late.
				late := fmt.Sprintf(`,"requestState":%q,"inputResponses":{"confirmation":{"action":"accept"}}`, asked.RequestState)
				if r := toolAnswer(t, do(a.deleteCall(late))); !r.IsError || a.api.sent.Load() != before {
					t.Errorf("%s: a late yes: %+v", shape, r.StructuredContent)
				}
			}
			for _, shape := range slices.Sorted(maps.Keys(answers)) {
				try(shape, `,"inputResponses":{"confirmation":`+answers[shape].result+`}`, answers[shape].want)
			}
			for shape, supplied := range map[string]string{
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
				try(shape, supplied, "cancelled")
			}
		})
	}
}

// Naming a project does not confirm it after the question about it was declined.
func TestADeclinedProjectIsNotConfirmedByNaming(t *testing.T) {
	const can = `{"elicitation":{"form":{}}}`
	for _, version := range append(slices.Clone(olderVersions), "2026-07-28") {
		t.Run(version, func(t *testing.T) {
			a := newElicitFixture(t, StdioPrincipal)
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

// The end of the connection is a cancel, at any moment of a question.
func TestTheConnectionsEndIsACancel(t *testing.T) {
	const accept = `{"jsonrpc":"2.0","id":%s,"result":{"action":"accept"}}`
	check := func(t *testing.T, a *elicitFixture, token string) {
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
			"the server stops": func(p *peer, _ message) { p.stop(errStopped); p.rest(); p.in.Close() },
		} {
			t.Run(version+" stdio, "+name, func(t *testing.T) {
				a := newElicitFixture(t, StdioPrincipal)
				_, token := a.elsewhere("")
				p := dial(t, New(Options{Toolbox: a.set, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}))
				p.initialize(version, `{"elicitation":{}}`)
				_, params := a.deleteCall("")
				p.send(toolsCall(1, params))
				end(p, p.next())
				p.rest()
				<-p.ended
				check(t, a, token)
			})
		}
		t.Run(version+" stdio, the input ends behind the call", func(t *testing.T) {
			a := newElicitFixture(t, StdioPrincipal)
			_, token := a.elsewhere("")
			p := dial(t, New(Options{Toolbox: a.set, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}))
			p.initialize(version, `{"elicitation":{}}`)
			_, params := a.deleteCall("")
			p.send(toolsCall(1, params))
			p.closeInput()
			check(t, a, token)
		})
		t.Run(version+" stdio, the output breaks", func(t *testing.T) {
			a := newElicitFixture(t, StdioPrincipal)
			_, token := a.elsewhere("")
			s := New(Options{Toolbox: a.set, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
			in, lines := io.Pipe()
			ended := make(chan error, 1)
			go func() { ended <- s.ServeStdio(context.Background(), in, &breaksAfter{lines: 1}) }()
			_, params := a.deleteCall("")
			fmt.Fprintln(lines, strings.Replace(openSession, "2025-11-25", version, 1))
			fmt.Fprintln(lines, toolsCall(1, params))
			if err := <-ended; err == nil {
				t.Error("the connection ended well")
			}
			lines.Close()
			check(t, a, token)
		})
		for name, end := range map[string]func(w *web, stream *events, post func(string)){
			"its client hangs up":   func(_ *web, stream *events, _ func(string)) { stream.body.Close() },
			"the call is cancelled": func(_ *web, _ *events, post func(string)) { post(cancelled(1)) },
			"the server stops":      func(w *web, _ *events, _ func(string)) {},
		} {
			t.Run(version+" SSE, "+name, func(t *testing.T) {
				a := newElicitFixture(t, "alice")
				_, token := a.elsewhere("")
				w := serveWeb(t, nil, HTTPOptions{}, a.options)
				stream, post := openSSE(w, version)
				_, params := a.deleteCall("")
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
				a := newElicitFixture(t, "alice")
				_, token := a.elsewhere("")
				stopped := name == "the server is stopped"
				w := serveWeb(t, nil, HTTPOptions{}, a.options, func(o *Options) {
					if stopped { // the question is open until the grace is over
						o.grace = time.Millisecond
					}
				})
				session := w.open("alice")
				_, params := a.deleteCall("")
				stream := eventsOf(t, w.send(withTimeout(t), http.MethodPost, "/mcp", toolsCall(1, params), headers{session}))
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
		a := newElicitFixture(t, StdioPrincipal)
		_, token := a.elsewhere("")
		p := dial(t, New(Options{Toolbox: a.set, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}))
		_, params := a.deleteCall("")
		p.send(modern(1, "tools/call", `{"elicitation":{}}`, ","+params))
		if !toolAnswer(t, p.next()).NeedsInput() {
			t.Error("not asked")
		}
		p.close()
		check(t, a, token)
	})
}

// breaksAfter fails after a number of lines.
type breaksAfter struct{ lines int }

func (b *breaksAfter) Write(line []byte) (int, error) {
	if b.lines--; b.lines < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(line), nil
}

// A client that accepts no stream can't be asked on its call, and gets a token like
// any client without elicitation; once it was asked, it gets none.
func TestAClientWithoutStreams(t *testing.T) {
	a := newElicitFixture(t, "alice")
	w := serveWeb(t, nil, HTTPOptions{}, a.options)
	session := w.open("alice")
	_, params := a.deleteCall("")
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
	stream := eventsOf(t, w.send(withTimeout(t), http.MethodPost, "/mcp", toolsCall(2, params), headers{session}))
	w.answerTo(result(stream.next().ID, `{"action":"decline"}`), session)
	stream.next()
	if _, body := w.answerTo(toolsCall(3, params), session, "Accept: application/json"); code(body) != "confirmation_declined" {
		t.Errorf("got %s", body)
	}
}
