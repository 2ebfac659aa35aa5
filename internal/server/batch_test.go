package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/tools"
)

const ping = `{"jsonrpc":"2.0","id":%v,"method":"ping"}`

func pings(ids ...any) string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = fmt.Sprintf(ping, id)
	}
	return "[" + strings.Join(all, ",") + "]"
}

func openSessionOf(version string) string {
	return strings.Replace(openSession, "2025-11-25", version, 1)
}

// batchOf reads the answer to a batch.
func batchOf(t *testing.T, text string) []message {
	t.Helper()
	if _, data, ok := strings.Cut(text, "data: "); ok {
		text, _, _ = strings.Cut(data, "\n")
	}
	var all []message
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatalf("%q is not a batch: %v", text, err)
	}
	return all
}

// Batches and their answers: one for each request, in their order, and none for
// other messages.
var batches = map[string]struct {
	sent string
	want string // ids of the answers, with the codes of errors; "" for no answer
}{
	"requests":                {pings(6, 7), "6 7"},
	"one request":             {pings(`"a"`), `"a"`},
	"with notifications":      {`[{"jsonrpc":"2.0","method":"notifications/initialized"},` + fmt.Sprintf(ping, 1) + `,{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}]`, "1"},
	"notifications alone":     {`[{"jsonrpc":"2.0","method":"notifications/initialized"}]`, ""},
	"answers to nothing":      {`[{"jsonrpc":"2.0","id":99,"result":{}}]`, ""},
	"a call that is not":      {"[" + strings.Replace(call(1, `{}`), `"do"`, `"no"`, 1) + "," + call(2, `{}`) + "]", "1:-32602 2"},
	"unknown methods":         {`[{"jsonrpc":"2.0","id":1,"method":"no/such"},` + fmt.Sprintf(ping, 2) + `]`, "1:-32601 2"},
	"no messages":             {`[1,"x",null,{}]`, "null:-32600 null:-32600 null:-32600 null:-32600"},
	"one of them no message":  {`[` + fmt.Sprintf(ping, 1) + `,{"jsonrpc":"1.0","id":2,"method":"ping"},{"jsonrpc":"2.0","id":[],"method":"ping"}]`, "1 2:-32600 null:-32600"},
	"a batch in it":           {`[` + pings(1) + `,` + fmt.Sprintf(ping, 2) + `]`, "null:-32600 2"},
	"initialize in it":        {`[` + openSessionOf("2025-03-26") + `,` + fmt.Sprintf(ping, 2) + `]`, "0:-32600 2"},
	"one of 2026-07-28 in it": {`[` + modernCall(1) + `,` + fmt.Sprintf(ping, 2) + `]`, "1:-32600 2"},
	"an id twice":             {pings(1, 1), "1 1"},
}

// refusedBatches are answered with one error.
var refusedBatches = map[string]struct {
	sent string
	code int
}{
	"nothing":       {`[]`, mcp.INVALID_REQUEST},
	"not JSON":      {`[{"jsonrpc":"2.0","id":1,"method":"ping"},`, mcp.PARSE_ERROR},
	"too many":      {`[` + strings.Repeat(`1,`, maxBatch) + `1]`, mcp.INVALID_REQUEST},
	"more than one": {pings(1) + pings(2), mcp.PARSE_ERROR},
}

// summary is what a batch was answered with, as in batches.
func summary(t *testing.T, all []message) string {
	t.Helper()
	var parts []string
	for _, m := range all {
		part := string(m.ID)
		if part == "" {
			part = "null"
		}
		if m.Error != nil {
			code, _ := errorOf(t, m)
			part += fmt.Sprintf(":%d", code)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}

func (p *peer) nextLine() string {
	p.t.Helper()
	line, ok := <-p.lines
	if !ok {
		p.t.Fatal("the server sent nothing more")
	}
	return line
}

func TestBatches(t *testing.T) {
	w := serveWeb(t, echo, HTTPOptions{})
	r := w.send(withTimeout(t), http.MethodPost, "/mcp", openSessionOf(batchVersion), nil)
	read(t, r)
	session := "Mcp-Session-Id: " + r.Header.Get("Mcp-Session-Id")
	p := dial(t, newServer(t, echo))
	defer p.close()
	p.initialize(batchVersion, `{}`)
	events := eventsOf(t, w.send(withTimeout(t), http.MethodGet, "/sse", "", nil))
	at, _ := events.data()
	over := func(body string) {
		t.Helper()
		if status, text := read(t, w.send(withTimeout(t), http.MethodPost, at, body, nil)); status != http.StatusAccepted {
			t.Errorf("HTTP+SSE: %d %s", status, text)
		}
	}
	event := func() string {
		t.Helper()
		data, ok := events.data()
		if !ok {
			t.Fatal("the stream ended")
		}
		return data
	}
	over(openSessionOf(batchVersion))
	event()
	for name, test := range batches {
		t.Run(name, func(t *testing.T) {
			status, text := w.answerTo(test.sent, session)
			if test.want == "" {
				if status != http.StatusAccepted || text != "" {
					t.Errorf("HTTP: %d %s", status, text)
				}
			} else if got := summary(t, batchOf(t, text)); status != http.StatusOK || got != test.want {
				t.Errorf("HTTP: %d %s", status, text)
			}
			// A ping behind it is answered too, in whatever order.
			p.send(test.sent, fmt.Sprintf(ping, 1000))
			over(test.sent)
			over(fmt.Sprintf(ping, 1000))
			for transport, next := range map[string]func() string{"stdio": p.nextLine, "HTTP+SSE": event} {
				lines := []string{next()}
				if test.want != "" {
					lines = append(lines, next())
				}
				for _, line := range lines {
					if strings.HasPrefix(line, "[") {
						if got := summary(t, batchOf(t, line)); got != test.want {
							t.Errorf("%s: %s", transport, line)
						}
					} else if !strings.Contains(line, `"id":1000`) {
						t.Errorf("%s: %s", transport, line)
					}
				}
			}
		})
	}
	for name, test := range refusedBatches {
		t.Run(name, func(t *testing.T) {
			status, text := w.answerTo(test.sent, session)
			if code, _ := errorOf(t, decode(t, text)); status != http.StatusBadRequest || code != test.code {
				t.Errorf("HTTP: %d %s", status, text)
			}
			p.send(test.sent)
			if m := p.next(); string(m.ID) != "null" && m.ID != nil {
				t.Errorf("stdio: %s", show(m))
			} else if code, _ := errorOf(t, m); code != test.code {
				t.Errorf("stdio: %s", show(m))
			}
		})
	}
}

// Versions after 2025-03-26 have no batches, and neither has a client before
// initialize.
func TestNoBatchesInOtherVersions(t *testing.T) {
	w := serveWeb(t, echo, HTTPOptions{})
	refuses := func(t *testing.T, m message) {
		t.Helper()
		if code, text := errorOf(t, m); code != mcp.INVALID_REQUEST || !strings.Contains(text, "batches are served only in sessions of protocol 2025-03-26") {
			t.Errorf("got %s", show(m))
		}
	}
	for _, version := range []string{"2024-11-05", "2025-06-18", "2025-11-25"} {
		t.Run(version, func(t *testing.T) {
			r := w.send(withTimeout(t), http.MethodPost, "/mcp", openSessionOf(version), nil)
			read(t, r)
			status, text := w.answerTo(pings(1), "Mcp-Session-Id: "+r.Header.Get("Mcp-Session-Id"))
			if refuses(t, decode(t, text)); status != http.StatusBadRequest {
				t.Errorf("HTTP: %d", status)
			}
			p := dial(t, newServer(t, echo))
			defer p.close()
			p.initialize(version, `{}`)
			p.send(`[` + call(1, `{}`) + `]`)
			refuses(t, p.next())
		})
	}
	t.Run("before initialize", func(t *testing.T) {
		status, text := w.answerTo(pings(1))
		if refuses(t, decode(t, text)); status != http.StatusBadRequest {
			t.Errorf("HTTP: %d", status)
		}
		p := dial(t, newServer(t, echo))
		defer p.close()
		p.send(pings(1))
		refuses(t, p.next())
	})
	t.Run("2026-07-28", func(t *testing.T) {
		status, text := w.answerTo(`[`+modernCall(1)+`]`, modernHeaders("tools/call", "do")...)
		if refuses(t, decode(t, text)); status != http.StatusBadRequest {
			t.Errorf("HTTP: %d", status)
		}
	})
	t.Run("another's session", func(t *testing.T) {
		r := w.send(withTimeout(t), http.MethodPost, "/mcp", openSessionOf(batchVersion), nil)
		read(t, r)
		if status, text := w.answerTo(pings(1), "Mcp-Session-Id: "+r.Header.Get("Mcp-Session-Id"), "Authorization: Bearer bob"); status != http.StatusNotFound {
			t.Errorf("%d %s", status, text)
		}
	})
}

// A batch may follow initialize directly, through a pipe. Its requests start in
// order with the requests around it.
func TestBatchOrder(t *testing.T) {
	var order []string
	s := newServer(t, func(_ context.Context, _ tools.Caller, _ string, arguments json.RawMessage) tools.Outcome {
		order = append(order, string(arguments))
		return tools.Outcome{Structured: map[string]any{}}
	})
	s.limits.concurrent = 1
	var lines []string
	lines = append(lines, openSessionOf(batchVersion), call(1, `{"n":1}`), `[`+call(2, `{"n":2}`)+`,`+call(3, `{"n":3}`)+`]`, call(4, `{"n":4}`))
	var out bytes.Buffer
	if err := s.ServeStdio(t.Context(), strings.NewReader(strings.Join(lines, "\n")), &out); err != nil {
		t.Fatal(err)
	}
	equal(t, "started", order, []string{`{"n":1}`, `{"n":2}`, `{"n":3}`, `{"n":4}`})
	if !strings.Contains(out.String(), "\n[{") || strings.Count(out.String(), "\n") != 4 {
		t.Errorf("out came %s", out.String())
	}
}

// While the server stops, the requests of a batch that have not started are refused
// in the answer to the batch.
func TestBatchWhileTheServerStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, func(ctx context.Context, _ tools.Caller, _ string, _ json.RawMessage) tools.Outcome {
			<-ctx.Done()
			return tools.Outcome{Structured: map[string]any{}}
		})
		s.limits.concurrent = 1
		p := dial(t, s)
		p.initialize(batchVersion, `{}`)
		p.send(`[` + call(1, `{}`) + `,` + call(2, `{}`) + `,` + fmt.Sprintf(ping, 3) + `]`)
		synctest.Wait()
		p.stop(errStopped)
		line := p.nextLine()
		if err := <-p.ended; !errors.Is(err, errStopped) {
			t.Errorf("ended with %v", err)
		}
		if got := summary(t, batchOf(t, line)); got != "1 2:-32603 3:-32603" {
			t.Errorf("answered %s", line)
		}
	})
}

// A call in a batch may ask a person; the answer may come in a batch too, and a
// call that was cancelled is not answered.
func TestElicitationInABatch(t *testing.T) {
	t.Run("stdio", func(t *testing.T) {
		p := dial(t, newServer(t, asking))
		defer p.close()
		p.initialize(batchVersion, `{"elicitation":{}}`)
		p.send(`[` + call(1, `{}`) + `,` + fmt.Sprintf(ping, 2) + `,` + call(3, `{}`) + `]`)
		first, second := p.next(), p.next()
		p.send(`[` + cancelled(3) + `]`)
		taken := p.next()
		if taken.Method != mcp.MethodNotificationCancelled {
			t.Fatalf("got %s", show(taken))
		}
		var of struct{ RequestID json.RawMessage }
		if err := json.Unmarshal(taken.Params, &of); err != nil {
			t.Fatal(err)
		}
		if string(of.RequestID) == string(first.ID) {
			first = second
		}
		p.send(`[` + result(first.ID, `{"action":"accept"}`) + `]`)
		answers := batchOf(t, p.nextLine())
		if got := summary(t, answers); got != "1 2" {
			t.Fatalf("answered %s", got)
		}
		if content := structured(t, toolAnswer(t, answers[0])); content["answer"] != "accepted" {
			t.Errorf("answer %v", content["answer"])
		}
	})
	t.Run("HTTP", func(t *testing.T) {
		w := serveWeb(t, asking, HTTPOptions{})
		r := w.send(withTimeout(t), http.MethodPost, "/mcp", openSessionOf(batchVersion), nil)
		read(t, r)
		session := "Mcp-Session-Id: " + r.Header.Get("Mcp-Session-Id")
		stream := eventsOf(t, w.send(withTimeout(t), http.MethodPost, "/mcp", `[`+call(1, `{}`)+`,`+call(2, `{}`)+`]`, headers{session}))
		for range 2 {
			question := stream.next()
			if status, text := w.answerTo(`[`+result(question.ID, `{"action":"decline"}`)+`]`, session); status != http.StatusAccepted {
				t.Errorf("%d %s", status, text)
			}
		}
		data, _ := stream.data()
		answers := batchOf(t, data)
		if got := summary(t, answers); got != "1 2" {
			t.Fatalf("answered %s", got)
		}
		for _, m := range answers {
			if content := structured(t, toolAnswer(t, m)); content["answer"] != "declined" {
				t.Errorf("answer %v", content["answer"])
			}
		}
	})
}

// Each message of a batch counts for the rate limit, and the answers together have
// the limit of one answer.
func TestBatchLimits(t *testing.T) {
	t.Run("rate", func(t *testing.T) {
		w := serveWeb(t, echo, HTTPOptions{Limits: HTTPLimits{Rate: 1. / 60, Burst: 6}})
		r := w.send(withTimeout(t), http.MethodPost, "/mcp", openSessionOf(batchVersion), nil)
		read(t, r)
		session := "Mcp-Session-Id: " + r.Header.Get("Mcp-Session-Id")
		var got []int
		for range 3 {
			status, _ := w.answerTo(pings(1, 2), session)
			got = append(got, status)
		}
		if !slices.Equal(got, []int{200, 200, 429}) {
			t.Errorf("statuses %v", got)
		}
		w = serveWeb(t, echo, HTTPOptions{Limits: HTTPLimits{Rate: 1. / 60, Burst: 4}})
		events := eventsOf(t, w.send(withTimeout(t), http.MethodGet, "/sse", "", nil))
		at, _ := events.data()
		if status, text := read(t, w.send(withTimeout(t), http.MethodPost, at, pings(1, 2, 3, 4, 5), nil)); status != http.StatusBadRequest || !strings.Contains(text, "may hold at most 4 messages") {
			t.Errorf("HTTP+SSE: %d %s", status, text)
		}
	})
	t.Run("answers", func(t *testing.T) {
		w := serveWeb(t, func(context.Context, tools.Caller, string, json.RawMessage) tools.Outcome {
			return tools.Outcome{Structured: map[string]any{"text": strings.Repeat("a", 1000)}}
		}, HTTPOptions{Limits: HTTPLimits{Answer: 6000}})
		r := w.send(withTimeout(t), http.MethodPost, "/mcp", openSessionOf(batchVersion), nil)
		read(t, r)
		calls := make([]string, 10)
		for i := range calls {
			calls[i] = call(i, `{}`)
		}
		_, text := w.answerTo(`[`+strings.Join(calls, ",")+`]`, "Mcp-Session-Id: "+r.Header.Get("Mcp-Session-Id"))
		answers, served := batchOf(t, text), 0
		for i, m := range answers {
			if m.Error == nil {
				served++
			} else if !strings.Contains(string(m.Error), "send this request on its own") || string(m.ID) != fmt.Sprint(i) {
				t.Errorf("got %s", show(m))
			}
		}
		if len(answers) != 10 || served == 0 || served > 3 || len(text) > 10_000 {
			t.Errorf("%d answers, %d served, %d bytes", len(answers), served, len(text))
		}
	})
}
