package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/tools"
)

// waitingTool is a tool whose calls wait until they are let go, cancelled, or the server
// stops; with other arguments they end immediately.
type waitingTool struct {
	began chan struct{}
	free  chan struct{}
	ended chan string // gets why each ended
}

func newWaitingTool() *waitingTool {
	return &waitingTool{make(chan struct{}, 256), make(chan struct{}), make(chan string, 256)}
}

// waits are the arguments of a call that waits.
const waits = `{"wait":true}`

func (w *waitingTool) do(ctx context.Context, caller tools.Caller, _ string, arguments json.RawMessage) tools.Outcome {
	if string(arguments) != waits {
		return tools.Outcome{Structured: map[string]any{"done": true}}
	}
	caller.Waits()
	if caller.Progress != nil {
		caller.Progress(tools.Progress{Done: 10, Total: 45, Message: "0 of 1 settled"})
		caller.Progress(tools.Progress{Done: 20, Total: 45, Message: "0 of 1 settled"})
	}
	w.began <- struct{}{}
	why := "freed"
	select {
	case <-w.free:
	case <-ctx.Done():
		why = "cancelled"
	case <-caller.Stopping:
		why = "stopping"
	}
	w.ended <- why
	return tools.Outcome{Structured: map[string]any{"ended": why}}
}

// release lets calls go, and expects that all end by that.
func (w *waitingTool) release(t *testing.T, calls int) {
	t.Helper()
	for range calls {
		w.free <- struct{}{}
	}
	for range calls {
		if why := <-w.ended; why != "freed" {
			t.Errorf("a call was %s", why)
		}
	}
}

// Calls that wait hold no place among those that run: many more of them than places, and
// an ordinary call continues.
func TestCallsThatWaitHoldNoPlace(t *testing.T) {
	const many = 40
	narrow := HTTPLimits{Running: 1, Waiting: 1, MaxWait: 5 * time.Second}
	t.Run("stdio", func(t *testing.T) {
		tool := newWaitingTool()
		s := newServer(t, tool.do)
		s.limits.concurrent = 1
		p := dial(t, s)
		p.initialize("2025-11-25", `{}`)
		for i := range many {
			p.send(call(i+1, waits))
			<-tool.began
		}
		p.send(call(many+1, `{}`))
		if m := p.next(); string(m.ID) != fmt.Sprint(many+1) {
			t.Errorf("got %s", show(m))
		}
		go tool.release(t, many)
		for range many {
			p.next()
		}
		p.send(call(many+2, `{}`))
		p.next()
		p.close()
	})
	for name, send := range map[string]func(*web) func(body string) string{
		"HTTP": func(w *web) func(string) string {
			session := w.open("alice")
			return func(body string) string { _, text := w.answerTo(body, session); return text }
		},
		"HTTP, 2026-07-28": func(w *web) func(string) string {
			return func(body string) string {
				arguments := `{}`
				if strings.Contains(body, waits) {
					arguments = waits
				}
				_, text := w.answerTo(modern(1, "tools/call", `{}`, `,"name":"do","arguments":`+arguments), modernHeaders("tools/call", "do")...)
				return text
			}
		},
		"a batch": func(w *web) func(string) string {
			r := w.send(withTimeout(t), http.MethodPost, "/mcp", openSessionOf(batchVersion), nil)
			read(t, r)
			session := headerSession + ": " + r.Header.Get(headerSession)
			return func(body string) string { _, text := w.answerTo("["+body+"]", session); return text }
		},
	} {
		t.Run(name, func(t *testing.T) {
			tool := newWaitingTool()
			w := serveWeb(t, tool.do, HTTPOptions{Limits: narrow})
			post := send(w)
			answers := make(chan string, many)
			for i := range many {
				go func() { answers <- post(call(i+1, waits)) }()
				<-tool.began
			}
			if text := post(call(many+1, `{}`)); !strings.Contains(text, `"done":true`) {
				t.Errorf("an ordinary call: %s", text)
			}
			if n := len(w.http.limiter.running); n != 0 {
				t.Errorf("%d places are taken", n)
			}
			if n := metricValues(t, w.http.server.metrics)["papi_mcp_waits"]; n != many {
				t.Errorf("the metric has %g open waits", n)
			}
			tool.release(t, many)
			for range many {
				if text := <-answers; !strings.Contains(text, `"ended":"freed"`) {
					t.Errorf("a call that waited: %s", text)
				}
			}
			if text := post(call(1, `{}`)); !strings.Contains(text, `"done":true`) || len(w.http.limiter.running) != 0 {
				t.Errorf("then %s, and %d places are taken", text, len(w.http.limiter.running))
			}
			if n := metricValues(t, w.http.server.metrics)["papi_mcp_waits"]; n != 0 {
				t.Errorf("at the end the metric has %g open waits", n)
			}
		})
	}
	t.Run("SSE", func(t *testing.T) {
		tool := newWaitingTool()
		w := serveWeb(t, tool.do, HTTPOptions{Limits: narrow})
		stream, post := openSSE(w, "2025-11-25")
		for i := range many {
			post(call(i+10, waits))
			<-tool.began
		}
		post(call(9, `{}`))
		if m := stream.next(); string(m.ID) != "9" {
			t.Errorf("got %s", show(m))
		}
		tool.release(t, many)
		for range many {
			stream.next()
		}
	})
}

// withToken is a call that waits, and asks for progress.
func withToken(id int) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"do","arguments":%s,"_meta":{"progressToken":"t%d"}}}`, id, waits, id)
}

func modernWithToken(id int) string {
	line := modern(id, "tools/call", `{}`, `,"name":"do","arguments":`+waits)
	return strings.Replace(line, `"_meta":{`, fmt.Sprintf(`"_meta":{"progressToken":"t%d",`, id), 1)
}

// Progress comes before the answer of its call, with its token, on every transport and in
// every protocol version; a call without a token has none.
func TestProgressOfACallThatWaits(t *testing.T) {
	check := func(t *testing.T, next func() message, id int) {
		t.Helper()
		for _, seconds := range []string{"10", "20"} {
			m := next()
			var params map[string]any
			if m.Method != methodProgress || json.Unmarshal(m.Params, &params) != nil {
				t.Fatalf("got %s", show(m))
			}
			if fmt.Sprint(params["progress"]) != seconds || fmt.Sprint(params["total"]) != "45" || params["progressToken"] != fmt.Sprintf("t%d", id) || params["message"] != "0 of 1 settled" {
				t.Errorf("got %s", show(m))
			}
		}
		if m := next(); string(m.ID) != fmt.Sprint(id) {
			t.Errorf("got %s", show(m))
		}
	}
	letGo := func(tool *waitingTool) { <-tool.began; tool.free <- struct{}{}; <-tool.ended }
	for name, line := range map[string]func(int) string{"older": withToken, "2026-07-28": modernWithToken} {
		t.Run("stdio, "+name, func(t *testing.T) {
			tool := newWaitingTool()
			p := dial(t, newServer(t, tool.do))
			if name == "older" {
				p.initialize("2025-11-25", `{}`)
			}
			p.send(line(7))
			letGo(tool)
			check(t, p.next, 7)
			p.close()
		})
	}
	t.Run("stdio, without a token", func(t *testing.T) {
		tool := newWaitingTool()
		p := dial(t, newServer(t, tool.do))
		p.initialize("2025-11-25", `{}`)
		p.send(call(7, waits))
		letGo(tool)
		if m := p.next(); string(m.ID) != "7" {
			t.Errorf("got %s", show(m))
		}
		p.close()
	})
	t.Run("HTTP", func(t *testing.T) {
		tool := newWaitingTool()
		w := serveWeb(t, tool.do, HTTPOptions{})
		session := w.open("alice")
		stream := eventsOf(t, w.send(withTimeout(t), http.MethodPost, "/mcp", withToken(7), headers{session}))
		letGo(tool)
		check(t, stream.next, 7)
		stream = eventsOf(t, w.send(withTimeout(t), http.MethodPost, "/mcp", modernWithToken(8), modernHeaders("tools/call", "do")))
		letGo(tool)
		check(t, stream.next, 8)
		go letGo(tool) // a client that accepts no stream gets the answer
		if status, text := w.answerTo(withToken(9), session, "Accept: application/json"); status != http.StatusOK || !strings.Contains(text, `"ended":"freed"`) {
			t.Errorf("%d %s", status, text)
		}
	})
	t.Run("SSE", func(t *testing.T) {
		tool := newWaitingTool()
		w := serveWeb(t, tool.do, HTTPOptions{})
		stream, post := openSSE(w, "2025-11-25")
		post(withToken(7))
		letGo(tool)
		check(t, stream.next, 7)
	})
}

// A client that cancels a call that waits, or closes its connection, ends it.
func TestACallThatWaitsIsCancelled(t *testing.T) {
	ended := func(t *testing.T, tool *waitingTool) {
		t.Helper()
		if why := <-tool.ended; why != "cancelled" {
			t.Errorf("it was %s", why)
		}
	}
	t.Run("stdio", func(t *testing.T) {
		tool := newWaitingTool()
		p := dial(t, newServer(t, tool.do))
		p.initialize("2025-11-25", `{}`)
		p.send(call(1, waits))
		<-tool.began
		p.send(cancelled(1))
		ended(t, tool)
		p.close() // without an answer
	})
	t.Run("HTTP", func(t *testing.T) {
		tool := newWaitingTool()
		w := serveWeb(t, tool.do, HTTPOptions{Limits: HTTPLimits{Running: 1}})
		session := w.open("alice")
		ctx, hangUp := context.WithCancel(withTimeout(t))
		go func() { w.send(ctx, http.MethodPost, "/mcp", call(1, waits), headers{session}) }()
		<-tool.began
		hangUp()
		ended(t, tool)
		go func() { w.send(withTimeout(t), http.MethodPost, "/mcp", call(2, waits), headers{session}) }()
		<-tool.began
		w.answerTo(cancelled(2), session)
		ended(t, tool)
	})
	t.Run("SSE", func(t *testing.T) {
		tool := newWaitingTool()
		w := serveWeb(t, tool.do, HTTPOptions{})
		stream, post := openSSE(w, "2025-11-25")
		post(call(1, waits))
		<-tool.began
		stream.body.Close()
		ended(t, tool)
	})
}

// A server that stops ends the calls that wait, and answers them; the end of the input
// alone ends none, since their answers can still be read.
func TestCallsThatWaitEndWithTheServer(t *testing.T) {
	t.Run("stdio", func(t *testing.T) {
		tool := newWaitingTool()
		p := dial(t, newServer(t, tool.do))
		p.initialize("2025-11-25", `{}`)
		p.send(call(1, waits))
		<-tool.began
		p.stop(errStopped)
		if m := p.next(); jsonvalue.Text(structured(t, toolAnswer(t, m)), "ended") != "stopping" {
			t.Errorf("got %s", show(m))
		}
		<-p.ended
	})
	t.Run("stdio, the end of the input", func(t *testing.T) {
		tool := newWaitingTool()
		p := dial(t, newServer(t, tool.do))
		p.initialize("2025-11-25", `{}`)
		p.send(call(1, waits))
		<-tool.began
		p.in.Close()
		tool.release(t, 1)
		if m := p.next(); string(m.ID) != "1" {
			t.Errorf("got %s", show(m))
		}
		<-p.ended
	})
	t.Run("HTTP", func(t *testing.T) {
		tool := newWaitingTool()
		w := serveWeb(t, tool.do, HTTPOptions{})
		session := w.open("alice")
		r := w.send(withTimeout(t), http.MethodPost, "/mcp", openSessionOf(batchVersion), nil)
		read(t, r)
		old := headerSession + ": " + r.Header.Get(headerSession)
		answers := make(chan string, 3)
		go func() { _, text := w.answerTo(call(1, waits), session); answers <- text }()
		go func() { _, text := w.answerTo("["+call(1, waits)+"]", old); answers <- text }()
		go func() {
			_, text := w.answerTo(modern(1, "tools/call", `{}`, `,"name":"do","arguments":`+waits), modernHeaders("tools/call", "do")...)
			answers <- text
		}()
		for range cap(answers) {
			<-tool.began
		}
		if err := w.shutDown(); err != nil {
			t.Errorf("ended with %v", err)
		}
		for range cap(answers) {
			if text := <-answers; !strings.Contains(text, `"ended":"stopping"`) {
				t.Errorf("got %s", text)
			}
		}
	})
	t.Run("SSE", func(t *testing.T) {
		tool := newWaitingTool()
		w := serveWeb(t, tool.do, HTTPOptions{})
		stream, post := openSSE(w, "2025-11-25")
		post(call(1, waits))
		<-tool.began
		w.stop()
		if m := stream.next(); jsonvalue.Text(structured(t, toolAnswer(t, m)), "ended") != "stopping" {
			t.Errorf("got %s", show(m))
		}
	})
}

// A session does not expire while a call in it waits.
func TestASessionLastsWhileACallWaits(t *testing.T) {
	tool := newWaitingTool()
	w := serveWeb(t, tool.do, HTTPOptions{Limits: HTTPLimits{SessionIdleTimeout: time.Minute}})
	session := w.open("alice")
	answer := make(chan string)
	go func() { _, text := w.answerTo(call(1, waits), session); answer <- text }()
	<-tool.began
	w.http.sessions.mu.Lock()
	w.http.sessions.now = func() time.Time { return time.Now().Add(time.Hour) }
	w.http.sessions.mu.Unlock()
	w.open("bob") // ends the sessions that are idle
	tool.release(t, 1)
	if text := <-answer; !strings.Contains(text, `"ended":"freed"`) {
		t.Errorf("got %s", text)
	}
	if status, text := w.answerTo(call(2, `{}`), session); status != http.StatusOK {
		t.Errorf("then %d %s", status, text)
	}
}
