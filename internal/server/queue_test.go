package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/tools"
)

// A thousand requests in the input from the start: they start in order, and each is
// answered.
func TestAThousandRequests(t *testing.T) {
	input := initialize + "\n"
	var order, answers []string
	for id := 1; id <= 1000; id++ {
		input += call(id, strconv.Itoa(id)) + "\n"
		order = append(order, strconv.Itoa(id))
		answers = append(answers, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":{"content":[{"type":"text","text":"{\"echo\":%[1]d}"}],"structuredContent":{"echo":%[1]d}}}`, id))
	}
	slices.Sort(answers)

	for round := range 100 {
		var mu sync.Mutex
		var started []string
		s := newServer(t, func(ctx context.Context, caller tools.Caller, name string, arguments json.RawMessage) tools.Outcome {
			mu.Lock()
			defer mu.Unlock()
			started = append(started, string(arguments))
			return echo(ctx, caller, name, arguments)
		})
		oneByOne := round%2 == 0 // so that the tool sees in which order they start
		if oneByOne {
			s.limits.concurrent = 1
		}
		var out strings.Builder
		if err := s.ServeStdio(t.Context(), strings.NewReader(input), &out); err != nil {
			t.Fatal(err)
		}
		if oneByOne && !slices.Equal(started, order) {
			t.Fatalf("started in the order %v", started)
		}
		first, rest, _ := strings.Cut(out.String(), "\n")
		if !strings.HasPrefix(first, `{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":`) {
			t.Fatalf("initialize was not answered first, but %s", first)
		}
		got := strings.Split(strings.TrimSuffix(rest, "\n"), "\n")
		slices.Sort(got)
		equal(t, "answers", got, answers)
	}
}

// Two hundred calls that all wait for a person: they run up to the limit, the others
// wait, and answers, pings and cancellations pass them.
func TestTwoHundredSlowCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls = 200
		var ran sync.Map
		p := dial(t, newServer(t, func(ctx context.Context, caller tools.Caller, name string, arguments json.RawMessage) tools.Outcome {
			ran.Store(string(arguments), true)
			return asking(ctx, caller, name, arguments)
		}))
		p.initialize("2025-11-25", `{"elicitation":{}}`)
		for id := 1; id <= calls; id++ {
			p.send(call(id, strconv.Itoa(id)))
		}
		synctest.Wait()
		if n := len(p.lines); n != int(defaultConnectionLimits.concurrent) {
			t.Fatalf("%d questions are out, want %d", n, defaultConnectionLimits.concurrent)
		}

		p.send(cancelled(calls), `{"jsonrpc":"2.0","id":"ping","method":"ping"}`)
		synctest.Wait() // the ping is answered while all the calls still wait
		answers := 0
		pinged := false
		for answers < calls-1 {
			m := p.next()
			switch {
			case m.Method == mcp.MethodElicitationCreate:
				p.send(`{"jsonrpc":"2.0","id":` + string(m.ID) + `,"result":{"action":"accept"}}`)
			case string(m.ID) == `"ping"`:
				pinged = true
				if answers > 0 {
					t.Error("a call was answered before the ping")
				}
			default:
				answers++
				if content := structured(t, toolAnswer(t, m)); content["answer"] != "accepted" {
					t.Errorf("got %s", show(m))
				}
			}
		}
		p.close()
		if !pinged {
			t.Error("the ping was not answered")
		}
		if _, ok := ran.Load(strconv.Itoa(calls)); ok {
			t.Error("a call ran that was cancelled while it waited")
		}
	})
}

// A cancelled call is not answered.
func TestCancelledCall(t *testing.T) {
	for name, id := range map[string]string{"number": `7`, "string": `"7"`, "large": `9007199254740993`} {
		t.Run(name, func(t *testing.T) {
			running, stopped := make(chan struct{}), make(chan error, 1)
			p := dial(t, newServer(t, func(ctx context.Context, _ tools.Caller, _ string, _ json.RawMessage) tools.Outcome {
				close(running)
				<-ctx.Done()
				stopped <- ctx.Err()
				return tools.Outcome{Structured: map[string]any{}}
			}))
			p.send(`{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":{"name":"do"}}`)
			<-running
			p.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"other"}}`,
				`{"jsonrpc":"2.0","method":"notifications/cancelled","params":[]}`,
				`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":`+id+`,"reason":"enough"}}`)
			if err := <-stopped; !errors.Is(err, context.Canceled) {
				t.Errorf("stopped by %v", err)
			}
			p.close()
		})
	}
}

// The protocol forbids cancelling initialize.
func TestInitializeIsNotCancelled(t *testing.T) {
	release := make(chan struct{})
	s := newServer(t, echo)
	s.mcp.GetHooks().AddBeforeInitialize(func(context.Context, any, *mcp.InitializeRequest) { <-release })
	p := dial(t, s)
	defer p.close()
	p.send(initialize, cancelled(0), `{"jsonrpc":"2.0","id":1,"method":"ping"}`)
	if m := p.next(); string(m.ID) != "1" {
		t.Errorf("got %s", show(m))
	}
	close(release)
	if m := p.next(); string(m.ID) != "0" || m.Result == nil {
		t.Errorf("got %s", show(m))
	}
}

// The reader pauses when waiting requests fill the memory limit.
func TestReaderPausesAtTheMemoryLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := newServer(t, func(context.Context, tools.Caller, string, json.RawMessage) tools.Outcome {
			<-release
			return tools.Outcome{Structured: map[string]any{}}
		})
		s.limits.inFlight = 10 * (lineCost + 100)
		p := dial(t, s)
		const calls = 50
		var sent atomic.Int32
		go func() {
			for id := range calls {
				line := call(id, `"`+strings.Repeat("x", 40)+`"`)
				if _, err := io.WriteString(p.in, line+"\n"); err != nil {
					t.Error(err)
				}
				sent.Add(1)
			}
			p.in.Close()
		}()
		synctest.Wait()
		if n := sent.Load(); n >= calls {
			t.Errorf("all %d lines were read", n)
		}
		close(release)
		if n := len(ids(p.rest())); n != calls {
			t.Errorf("%d answers, want %d", n, calls)
		}
		if err := <-p.ended; err != nil {
			t.Error(err)
		}
	})
}
