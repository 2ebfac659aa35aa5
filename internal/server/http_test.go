package server

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/tools"
)

// A session belongs to its principal: other callers do not find it.
func TestSessionOfAnotherCaller(t *testing.T) {
	w := serveWeb(t, echo, HTTPOptions{})
	session := w.open("alice")
	for name, test := range map[string]struct {
		method, body string
		headers      headers
	}{
		"POST":   {http.MethodPost, call(1, `{}`), headers{session}},
		"GET":    {http.MethodGet, "", headers{session, "Accept: text/event-stream"}},
		"DELETE": {http.MethodDelete, "", headers{session}},
	} {
		status, body := read(t, w.send(withTimeout(t), test.method, "/mcp", test.body, append(test.headers, "Authorization: Bearer bob")))
		if status != http.StatusNotFound || !strings.Contains(body, "no such session") {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if status, body := w.answerTo(call(1, `{"a":1}`), session); status != http.StatusOK || !strings.Contains(body, `"echo":{"a":1}`) {
		t.Errorf("its owner: %d %s", status, body)
	}
	if status, _ := read(t, w.send(withTimeout(t), http.MethodDelete, "/mcp", "", headers{session})); status != http.StatusNoContent {
		t.Errorf("its end: %d", status)
	}
	if status, _ := w.answerTo(call(2, `{}`), session); status != http.StatusNotFound {
		t.Errorf("after its end: %d", status)
	}
}

// Two callers may use the same request id; a cancellation, and a connection
// that ends, end the call of one and not of the other.
func TestCallOfAnotherCallerContinues(t *testing.T) {
	modernHeader := modernHeaders("tools/call", "do")
	for name, test := range map[string]struct {
		call   func(ctx context.Context, w *web, who string) *http.Response
		cancel func(w *web, who string)
	}{
		"protocol 2026-07-28": {
			func(ctx context.Context, w *web, who string) *http.Response {
				return w.send(ctx, http.MethodPost, "/mcp", modernCall(1), slices.Concat(modernHeader, headers{"Authorization: Bearer " + who}))
			},
			func(w *web, who string) {
				w.send(withTimeout(w.t), http.MethodPost, "/mcp", cancelled(1), headers{"Mcp-Protocol-Version: 2026-07-28", "Mcp-Method: notifications/cancelled", "Authorization: Bearer " + who}).Body.Close()
			},
		},
		"the older protocols": {
			func(ctx context.Context, w *web, who string) *http.Response {
				return w.send(ctx, http.MethodPost, "/mcp", call(1, `{}`), headers{w.open(who), "Authorization: Bearer " + who})
			},
			func(w *web, who string) {
				w.send(withTimeout(w.t), http.MethodPost, "/mcp", cancelled(1), headers{w.open(who), "Authorization: Bearer " + who}).Body.Close()
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newBlockingTool()
			w := serveWeb(t, h.do, HTTPOptions{})
			answers := make(chan string, 2)
			aliceGone, leave := context.WithCancel(withTimeout(t))
			for who, ctx := range map[string]context.Context{"alice": aliceGone, "bob": withTimeout(t)} {
				go func() {
					_, body := read(t, test.call(ctx, w, who))
					answers <- body
				}()
			}
			<-h.began
			<-h.began
			test.cancel(w, "mallory")
			select {
			case err := <-h.ended:
				t.Fatalf("a stranger's cancellation ended a call: %v", err)
			default: // it has been answered, and had its effect
			}
			leave()
			if err := <-h.ended; err == nil {
				t.Error("the call of who left went on to its end")
			}
			h.free <- struct{}{}
			if err := <-h.ended; err != nil {
				t.Errorf("the other's call ended with %v", err)
			}
			for range 2 {
				if body := <-answers; body != "" && !strings.Contains(body, `"done":true`) {
					t.Errorf("answer %s", body)
				}
			}
		})
	}
}

// A client of the older protocols cancels its own call in a request of its own, whether
// the call or the notification is in a batch or not.
func TestACallIsCancelledOverHTTP(t *testing.T) {
	batch := func(message string) string { return "[" + message + "]" }
	alone := func(message string) string { return message }
	for name, test := range map[string]struct{ call, notification func(string) string }{
		"alone":                         {alone, alone},
		"the call in a batch":           {batch, alone},
		"the notification in a batch":   {alone, batch},
		"the call and the notification": {batch, batch},
	} {
		t.Run(name, func(t *testing.T) {
			h := newBlockingTool()
			w := serveWeb(t, h.do, HTTPOptions{})
			opened := w.send(withTimeout(t), http.MethodPost, "/mcp", openSessionOf(batchVersion), nil)
			read(t, opened)
			session := headers{headerSession + ": " + opened.Header.Get(headerSession)}
			answered := make(chan string)
			go func() {
				_, body := read(t, w.send(withTimeout(t), http.MethodPost, "/mcp", test.call(call(1, `{}`)), session))
				answered <- body
			}()
			<-h.began
			for _, id := range []int{2, 1} { // of another, and its own
				read(t, w.send(withTimeout(t), http.MethodPost, "/mcp", test.notification(cancelled(id)), session))
			}
			if err := <-h.ended; err == nil {
				t.Error("the call was not cancelled")
			}
			if body := <-answered; !strings.Contains(body, `"done":true`) {
				t.Errorf("answer %s", body)
			}
		})
	}
}

// A question is sent on the stream of its call; its answer is a separate request.
func TestElicitationOverHTTP(t *testing.T) {
	for name, answer := range map[string]struct{ result, want string }{
		"accepted": {`{"action":"accept"}`, `"answer":"accepted"`},
		"declined": {`{"action":"decline"}`, `"answer":"declined"`},
	} {
		t.Run(name, func(t *testing.T) {
			w := serveWeb(t, asking, HTTPOptions{})
			session := w.open("alice")
			stream := eventsOf(t, w.send(withTimeout(t), http.MethodPost, "/mcp", call(1, `{}`), headers{session}))
			question := stream.next()
			if question.Method != mcp.MethodElicitationCreate {
				t.Fatalf("got %s", show(question))
			}
			// Bob can't answer it, though he guesses its id.
			if status, _ := w.answerTo(result(question.ID, `{"action":"accept"}`), w.open("bob"), "Authorization: Bearer bob"); status != http.StatusAccepted {
				t.Errorf("bob's answer: %d", status)
			}
			if status, _ := w.answerTo(result(question.ID, answer.result), session); status != http.StatusAccepted {
				t.Errorf("status %d", status)
			}
			if m := stream.next(); !strings.Contains(string(m.Result), answer.want) {
				t.Errorf("got %s", show(m))
			}
			if _, more := stream.data(); more {
				t.Error("the stream continues after the answer")
			}
		})
	}
}

// While it stops, the server completes running calls, and accepts no more.
func TestHTTPShutdown(t *testing.T) {
	h := newBlockingTool()
	w := serveWeb(t, h.do, HTTPOptions{})
	session := w.open("alice")
	listening := eventsOf(t, w.send(withTimeout(t), http.MethodGet, "/mcp", "", headers{session, "Accept: text/event-stream"}))
	answer := make(chan string)
	go func() {
		_, body := read(t, w.send(withTimeout(t), http.MethodPost, "/mcp", call(1, `{}`), headers{session}))
		answer <- body
	}()
	<-h.began
	w.stop()
	if _, more := listening.data(); more {
		t.Error("something came on a stream that should end")
	}
	h.free <- struct{}{}
	if body := <-answer; !strings.Contains(body, `"done":true`) {
		t.Errorf("the running call: %s", body)
	}
	if err := w.shutDown(); err != nil {
		t.Errorf("ended with %v", err)
	}
}

// A call that is still running after the grace period is cancelled.
func TestHTTPShutdownCancelsCalls(t *testing.T) {
	h := newBlockingTool()
	w := serveWeb(t, h.do, HTTPOptions{}, func(o *Options) { o.grace = 10 * time.Millisecond })
	session := w.open("alice")
	go func() { read(t, w.send(withTimeout(t), http.MethodPost, "/mcp", call(1, `{}`), headers{session})) }()
	<-h.began
	if err := w.shutDown(); err != nil {
		t.Errorf("ended with %v", err)
	}
	if err := <-h.ended; err == nil {
		t.Error("the call was not cancelled")
	}
}

// Sessions over the limit are refused; the limit for one caller is reached first.
func TestSessionsAreBounded(t *testing.T) {
	w := serveWeb(t, echo, HTTPOptions{Limits: HTTPLimits{Sessions: 3, SessionsPerCaller: 2}})
	opened := func(who string) int {
		r := w.send(withTimeout(t), http.MethodPost, "/mcp", openSession, headers{"Authorization: Bearer " + who})
		status, _ := read(t, r)
		if status == http.StatusServiceUnavailable && r.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		return status
	}
	for i, test := range []struct {
		who  string
		want int
	}{{"alice", 200}, {"alice", 200}, {"alice", 503}, {"bob", 200}, {"carol", 503}} {
		if got := opened(test.who); got != test.want {
			t.Errorf("session %d, of %s: %d", i+1, test.who, got)
		}
	}
}

// An answer that is too large is replaced by an error that says how to ask for less.
func TestAnswerLimit(t *testing.T) {
	w := serveWeb(t, func(context.Context, tools.Caller, string, json.RawMessage) tools.Outcome {
		return tools.Outcome{Structured: map[string]any{"text": strings.Repeat("a", 4096)}}
	}, HTTPOptions{Limits: HTTPLimits{Answer: 4096}})
	status, body := w.answerTo(modernCall(7), modernHeaders("tools/call", "do")...)
	if len(body) > 1024 || !strings.Contains(body, `"id":7`) || !strings.Contains(body, "ask for fewer items or fields") {
		t.Errorf("%d %.300s", status, body)
	}
}

// A caller that opens ten thousand sessions gets no more than its limit, and others
// still get theirs; the sessions end after the idle timeout.
func TestTenThousandSessions(t *testing.T) {
	w := serveWeb(t, echo, HTTPOptions{})
	counts := map[int]int{}
	for range 10_000 {
		r := w.send(t.Context(), http.MethodPost, "/mcp", openSession, headers{"Authorization: Bearer mallory"})
		status, _ := read(t, r)
		counts[status]++
	}
	most := DefaultHTTPLimits.SessionsPerCaller
	if counts[http.StatusOK] != most || counts[http.StatusServiceUnavailable] != 10_000-most || w.http.sessions.count() != most {
		t.Errorf("answers %v, %d sessions are open", counts, w.http.sessions.count())
	}
	w.open("alice")
	later := time.Now().Add(DefaultHTTPLimits.SessionIdleTimeout)
	w.http.sessions.mu.Lock()
	w.http.sessions.now = func() time.Time { return later }
	w.http.sessions.mu.Unlock()
	w.open("alice")
	if n := w.http.sessions.count(); n != 1 {
		t.Errorf("%d sessions are left", n)
	}
}

// Calls over the limits of running and waiting calls are refused.
func TestTooManyCallsAreRefused(t *testing.T) {
	h := newBlockingTool()
	w := serveWeb(t, h.do, HTTPOptions{Limits: HTTPLimits{Running: 1, Waiting: 1, MaxWait: 10 * time.Millisecond}})
	statuses := make(chan int, 1)
	post := func() int {
		status, _ := read(t, w.send(withTimeout(t), http.MethodPost, "/mcp", modernCall(1), modernHeaders("tools/call", "do")))
		return status
	}
	go func() { statuses <- post() }()
	<-h.began
	if status := post(); status != http.StatusServiceUnavailable {
		t.Errorf("a call too many: %d", status)
	}
	h.free <- struct{}{}
	if status := <-statuses; status != http.StatusOK {
		t.Errorf("the running one: %d", status)
	}
}
