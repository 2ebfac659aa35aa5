package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"papi-mcp/internal/guard"
	"papi-mcp/tools"
)

// On stdio, each call that is refused or fails is logged as one line of bounded
// length; a call that succeeds, or is put to a person, is not.
func TestFailedCallsAreLogged(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	for name, test := range map[string]struct {
		outcome tools.Outcome
		call    string // the parameters of tools/call
		want    string
	}{
		"well":    {tools.Outcome{Structured: map[string]any{}, Project: "p"}, `"name":"do"`, ""},
		"asked":   {tools.Outcome{Question: &guard.Question{Summary: "Sure?", State: "s"}, Project: "p"}, `"name":"do"`, ""},
		"refused": {tools.Outcome{Structured: &tools.Error{Code: "guard_read_only"}, IsError: true, Project: "p"}, `"name":"do"`, "tool=do principal=stdio project=p errorCode=guard_read_only ms="},
		"no project": {tools.Outcome{Structured: &tools.Error{Code: "guard_project_missing"}, IsError: true}, `"name":"do"`,
			`tool=do principal=stdio project="" errorCode=guard_project_missing ms=`},
		"long and odd": {tools.Outcome{Structured: &tools.Error{Code: long}, IsError: true, Project: "a b\n\u202e" + long}, `"name":"do"`,
			`project="a b\n\u202exxx`},
		"no such tool":  {tools.Outcome{}, `"name":"` + long + `"`, `principal=stdio errorCode=-32602`},
		"no parameters": {tools.Outcome{}, `"name":7`, `principal=stdio errorCode=-32`},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			s := New(Options{
				Toolbox: &fakeToolbox{names: []string{"do"}, do: func(context.Context, tools.Caller, string, json.RawMessage) tools.Outcome { return test.outcome }},
				Logger:  slog.New(slog.NewTextHandler(&log, nil)),
			})
			p := dial(t, s)
			p.send(modern(1, "tools/call", `{"elicitation":{}}`, fmt.Sprintf(`,%s,"arguments":{"secret":"canary"}`, test.call)))
			p.next()
			if _, err := p.closeInput(); err != nil {
				t.Fatal(err)
			}
			lines := strings.Count(log.String(), "\n")
			if (test.want == "") != (lines == 0) || lines > 1 || !strings.Contains(log.String(), test.want) || log.Len() > 600 || strings.Contains(log.String(), "canary") {
				t.Errorf("logged:\n%.900s", log.String())
			}
		})
	}
}

// Over stdio a call has the name of its client, in each protocol version; a client
// without a name gets a unique one. Over HTTP only the principal counts.
func TestClientNames(t *testing.T) {
	got := make(chan string, 10)
	s := newServer(t, func(_ context.Context, caller tools.Caller, _ string, _ json.RawMessage) tools.Outcome {
		got <- caller.Client
		return tools.Outcome{Structured: map[string]any{}}
	})
	call := func(lines ...string) string {
		t.Helper()
		p := dial(t, s)
		p.send(lines...)
		if _, err := p.closeInput(); err != nil {
			t.Fatal(err)
		}
		return <-got
	}
	const legacy = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"do"}}`
	greet := func(info string) string {
		return `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","clientInfo":` + info + `,"capabilities":{}}}`
	}
	if name := call(greet(`{"name":"example","version":"1"}`), legacy); name != "example" {
		t.Errorf("with initialize: %q", name)
	}
	if name := call(modern(1, "tools/call", `{}`, `,"name":"do"`)); name != "peer" {
		t.Errorf("in each request: %q", name)
	}
	nameless := strings.Replace(modern(1, "tools/call", `{}`, `,"name":"do"`), `"io.modelcontextprotocol/clientInfo":{"name":"peer","version":"1"},`, "", 1)
	seen := map[string]bool{}
	for range 2 {
		for _, lines := range [][]string{{legacy}, {greet(`{"name":"","version":"1"}`), legacy}, {nameless}} {
			name := call(lines...)
			if !strings.HasPrefix(name, "unnamed ") || seen[name] {
				t.Errorf("without a name: %q", name)
			}
			seen[name] = true
		}
	}
	if name := clientOf(withPrincipal(t.Context(), "http")); name != "" {
		t.Errorf("over HTTP: %q", name)
	}
}
