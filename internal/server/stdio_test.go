package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/tools"
)

const initialize = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","clientInfo":{"name":"peer","version":"1"},"capabilities":{}}}`

// An id is returned with all its digits.
func TestIDsAreReturnedUnchanged(t *testing.T) {
	for _, id := range []string{`0`, `-1`, `9007199254740993`, `1.5`, `"a b"`, `""`} {
		for method, want := range map[string]bool{"ping": true, "nothing": false} {
			answers := scripted(t, newServer(t, echo), []string{`{"jsonrpc":"2.0","id":` + id + `,"method":"` + method + `"}`})
			if len(answers) != 1 || string(answers[0].ID) != id || (answers[0].Error == nil) != want {
				t.Errorf("%s %s: got %v", method, id, answers)
			}
		}
	}
}

// The end of the input cancels neither running nor waiting requests.
func TestCallsContinueAfterTheEndOfTheInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := dial(t, newServer(t, func(ctx context.Context, _ tools.Caller, _ string, _ json.RawMessage) tools.Outcome {
			select {
			case <-ctx.Done():
				return tools.Outcome{Structured: map[string]any{"cancelled": true}}
			case <-time.After(50 * time.Second):
				return tools.Outcome{Structured: map[string]any{"done": true}}
			}
		}))
		const calls = 150 // more than run at the same time
		for id := range calls {
			p.send(call(id, `{}`))
		}
		answers, err := p.closeInput()
		if err != nil {
			t.Fatal(err)
		}
		if len(answers) != calls {
			t.Errorf("%d answers, want %d", len(answers), calls)
		}
		for _, m := range answers {
			if structured(t, toolAnswer(t, m))["done"] != true {
				t.Errorf("got %s", show(m))
			}
		}
	})
}

// A subscription ends with the input, and does not count for the limit of calls.
func TestSubscriptionsEndWithTheInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, echo)
		s.mcp.GetHooks().AddBeforeSubscriptionsListen(func(ctx context.Context, _ any, _ *mcp.SubscriptionsListenRequest) {
			<-ctx.Done()
		})
		p := dial(t, s)
		subscriptions := int(defaultConnectionLimits.concurrent) + 1
		for id := range subscriptions {
			p.send(modern(id, "subscriptions/listen", `{}`, `,"notifications":{}`))
		}
		p.send(call(1000, `{}`))
		if m := p.next(); string(m.ID) != "1000" {
			t.Errorf("got %s", show(m))
		}
		rest, err := p.closeInput()
		if err != nil {
			t.Fatal(err)
		}
		if n := len(ids(rest)); n != subscriptions {
			t.Errorf("%d answers, want %d", n, subscriptions)
		}
	})
}

func TestInvalidLines(t *testing.T) {
	const limit = 8 << 20
	padded := func(size int) string {
		line := `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":""}}`
		return strings.Replace(line, `""`, `"`+strings.Repeat("x", size-len(line))+`"`, 1)
	}
	for name, test := range map[string]struct {
		line string
		id   string
		code int
	}{
		"the longest line":              {padded(limit), `1`, 0},
		"a longer one":                  {padded(limit + 1), `1`, mcp.INVALID_REQUEST},
		"one over many buffers":         {strings.Repeat("x", 3*limit), `null`, mcp.INVALID_REQUEST},
		"no JSON":                       {`{"jsonrpc":`, `null`, mcp.PARSE_ERROR},
		"no object":                     {`"ping"`, `null`, mcp.INVALID_REQUEST},
		"a batch":                       {`[{"jsonrpc":"2.0","id":1,"method":"ping"}]`, `null`, mcp.INVALID_REQUEST},
		"another version":               {`{"jsonrpc":"1.0","id":1,"method":"ping"}`, `1`, mcp.INVALID_REQUEST},
		"a method that is not a string": {`{"jsonrpc":"2.0","id":1,"method":7}`, `null`, mcp.INVALID_REQUEST},
		"no method, no result":          {`{"jsonrpc":"2.0","id":1}`, `1`, mcp.INVALID_REQUEST},
		"a method and a result":         {`{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}`, `1`, mcp.INVALID_REQUEST},
		"id null":                       {`{"jsonrpc":"2.0","id":null,"method":"ping"}`, `null`, mcp.INVALID_REQUEST},
		"id of an object":               {`{"jsonrpc":"2.0","id":{},"method":"ping"}`, `null`, mcp.INVALID_REQUEST},
		"id true":                       {`{"jsonrpc":"2.0","id":true,"method":"ping"}`, `null`, mcp.INVALID_REQUEST},
		"an unknown method":             {`{"jsonrpc":"2.0","id":1,"method":"nothing"}`, `1`, mcp.METHOD_NOT_FOUND},
		"an unknown notification":       {`{"jsonrpc":"2.0","method":"nothing"}`, ``, 0},
		"an answer to nothing":          {`{"jsonrpc":"2.0","id":1,"result":{}}`, ``, 0},
		"an error about our line":       {`{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"?"}}`, ``, 0},
		"nothing":                       {" \t", ``, 0},
		"a line of windows":             {`{"jsonrpc":"2.0","id":1,"method":"ping"}` + "\r", `1`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			// The loop continues after it, here with a line that has no end.
			answers := scripted(t, newServer(t, echo), []string{test.line, call(9, `{}`)})
			want := []string{"9"}
			if test.id != "" {
				want = append(want, test.id)
			}
			got := ids(answers)
			slices.Sort(got)
			slices.Sort(want)
			equal(t, "answers", got, want)
			for _, m := range answers {
				if string(m.ID) == "9" || m.Error == nil {
					continue
				}
				if code, text := errorOf(t, m); code != test.code || text == "" {
					t.Errorf("error %d %q, want %d", code, text, test.code)
				}
			}
		})
	}
}

// While it stops, the server completes short calls, cancels the others, and starts no
// more.
func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var started atomic.Int32
		s := newServer(t, func(ctx context.Context, _ tools.Caller, _ string, arguments json.RawMessage) tools.Outcome {
			started.Add(1)
			var seconds int
			if err := json.Unmarshal(arguments, &seconds); err != nil {
				t.Error(err)
			}
			select {
			case <-ctx.Done():
				return tools.Outcome{Structured: map[string]any{"ended": "cancelled"}}
			case <-time.After(time.Duration(seconds) * time.Second):
				return tools.Outcome{Structured: map[string]any{"ended": "done"}}
			}
		})
		s.limits.concurrent = 2
		var log bytes.Buffer
		s.log = slog.New(slog.NewTextHandler(&log, nil))
		p := dial(t, s)
		p.send(call(1, `4`), call(2, `40`), call(3, `1`))
		synctest.Wait()
		start := time.Now()
		p.stop(errStopped)
		answers := p.rest()
		if err := <-p.ended; !errors.Is(err, errStopped) {
			t.Errorf("ended with %v", err)
		}
		if took := time.Since(start); took != s.grace {
			t.Errorf("took %v, want the grace, %v", took, s.grace)
		}
		if n := started.Load(); n != 2 {
			t.Errorf("%d calls began, want 2", n)
		}
		for _, m := range answers {
			switch string(m.ID) {
			case "1":
				if got := structured(t, toolAnswer(t, m))["ended"]; got != "done" {
					t.Errorf("the short call: %v", got)
				}
			case "2":
				if got := structured(t, toolAnswer(t, m))["ended"]; got != "cancelled" {
					t.Errorf("the long call: %v", got)
				}
			case "3":
				if code, text := errorOf(t, m); code != mcp.INTERNAL_ERROR || !strings.Contains(text, "stopping") {
					t.Errorf("the waiting call: %s", show(m))
				}
			}
		}
		if len(answers) != 3 {
			t.Errorf("%d answers, want 3", len(answers))
		}
		if lines := log.String(); !strings.Contains(lines, "principal=stdio errorCode=-32603") {
			t.Errorf("the waiting call leaves no line: %s", lines)
		}
	})
}

// A call that ignores its cancellation is abandoned.
func TestShutdownWithABlockedCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		s := newServer(t, func(context.Context, tools.Caller, string, json.RawMessage) tools.Outcome {
			<-stuck
			return tools.Outcome{Structured: map[string]any{}}
		})
		p := dial(t, s)
		p.send(call(1, `{}`))
		p.in.Close()
		synctest.Wait()
		start := time.Now()
		p.stop(errStopped)
		if err := <-p.ended; !errors.Is(err, errStopped) {
			t.Errorf("ended with %v", err)
		}
		if took := time.Since(start); took != 2*s.grace {
			t.Errorf("took %v, want twice the grace, %v", took, s.grace)
		}
		close(stuck)
	})
}

// When the client is gone, its calls are cancelled immediately.
func TestOutputError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped := false
		s := newServer(t, func(ctx context.Context, _ tools.Caller, _ string, arguments json.RawMessage) tools.Outcome {
			if string(arguments) == `"slow"` {
				<-ctx.Done()
				stopped = true
			}
			return tools.Outcome{Structured: map[string]any{}}
		})
		in, client := io.Pipe()
		defer client.Close()
		ended := make(chan error)
		go func() { ended <- s.ServeStdio(t.Context(), in, brokenWriter{}) }()
		fmt.Fprintf(client, "%s\n%s\n", call(1, `"slow"`), call(2, `"fast"`))
		start := time.Now()
		if err := <-ended; !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("ended with %v", err)
		}
		if !stopped {
			t.Error("the other call was not cancelled")
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("took %v", took)
		}
	})
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestInputError(t *testing.T) {
	broken := errors.New("broken")
	in := io.MultiReader(strings.NewReader(call(1, `{}`)+"\n"), failingReader{broken})
	var out strings.Builder
	if err := newServer(t, echo).ServeStdio(t.Context(), in, &out); !errors.Is(err, broken) {
		t.Errorf("ended with %v", err)
	}
	if !strings.Contains(out.String(), `"echo"`) {
		t.Errorf("the call before was not answered: %s", out.String())
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// Notifications of a call are written before its answer.
func TestNotificationsComeBeforeTheAnswer(t *testing.T) {
	var s *Server
	s = newServer(t, func(ctx context.Context, _ tools.Caller, _ string, _ json.RawMessage) tools.Outcome {
		for i := range 50 {
			if err := s.mcp.SendNotificationToClient(ctx, "notifications/progress", map[string]any{"progressToken": "t", "progress": i}); err != nil {
				t.Error(err)
			}
		}
		return tools.Outcome{Structured: map[string]any{}}
	})
	for range 20 {
		messages := scripted(t, s, []string{initialize, call(1, `{}`)})
		if len(messages) != 52 || string(messages[51].ID) != "1" {
			t.Fatalf("%d messages, the last one %s", len(messages), show(messages[len(messages)-1]))
		}
	}
}

// A panic outside of a tool fails only its request.
func TestPanicOutsideOfATool(t *testing.T) {
	s := newServer(t, echo)
	s.mcp.GetHooks().AddBeforePing(func(context.Context, any, *mcp.PingRequest) { panic("hunter2") })
	s.mcp.AddNotificationHandler("notifications/x", func(context.Context, mcp.JSONRPCNotification) { panic("hunter2") })
	answers := scripted(t, s, []string{
		`{"jsonrpc":"2.0","id":1,"method":"ping"}`,
		`{"jsonrpc":"2.0","method":"notifications/x"}`,
		call(2, `{}`),
	})
	if len(answers) != 2 {
		t.Fatalf("%d answers, want 2", len(answers))
	}
	for _, m := range answers {
		if string(m.ID) == "2" {
			continue
		}
		if code, text := errorOf(t, m); code != mcp.INTERNAL_ERROR || strings.Contains(text, "hunter2") {
			t.Errorf("got %s", show(m))
		}
	}
}

// Two connections of a server share nothing.
func TestConnectionsAreSeparate(t *testing.T) {
	s := newServer(t, asking)
	asks, plain := dial(t, s), dial(t, s)
	asks.initialize("2025-11-25", `{"elicitation":{}}`)
	plain.initialize("2025-11-25", `{}`)
	asks.send(call(1, `{}`))
	question := asks.next()
	plain.send(call(1, `{}`), cancelled(1), `{"jsonrpc":"2.0","id":`+string(question.ID)+`,"result":{"action":"decline"}}`)
	rest, err := plain.closeInput()
	if err != nil || len(rest) > 1 {
		t.Errorf("%d messages, %v", len(rest), err)
	}
	asks.send(`{"jsonrpc":"2.0","id":` + string(question.ID) + `,"result":{"action":"accept"}}`)
	if content := structured(t, toolAnswer(t, asks.next())); content["answer"] != "accepted" {
		t.Errorf("content %v", content)
	}
	asks.close()
}
