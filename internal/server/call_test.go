package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/guard"
	"papi-mcp/tools"
)

func TestArgumentsReachTheToolboxUnchanged(t *testing.T) {
	for name, test := range map[string]struct{ params, want string }{
		"an object, byte for byte": {`{"name":"do","arguments":{"b": 1,  "a":12345678901234567890.10}}`, `{"b": 1,  "a":12345678901234567890.10}`},
		"none":                     {`{"name":"do"}`, `{}`},
		"null":                     {`{"name":"do","arguments":null}`, `{}`},
		"a list":                   {`{"name":"do","arguments":[1]}`, `[1]`},
		"a string":                 {`{"name":"do","arguments":"x"}`, `"x"`},
	} {
		t.Run(name, func(t *testing.T) {
			var got string
			var caller tools.Caller
			s := newServer(t, func(_ context.Context, c tools.Caller, tool string, arguments json.RawMessage) tools.Outcome {
				got, caller = string(arguments), c
				return tools.Outcome{Structured: map[string]any{"tool": tool}}
			})
			answers := scripted(t, s, []string{`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":` + test.params + `}`})
			if content := structured(t, toolAnswer(t, answers[0])); content["tool"] != "do" {
				t.Errorf("content %v", content)
			}
			if got != test.want {
				t.Errorf("arguments %s, want %s", got, test.want)
			}
			if caller.Principal != StdioPrincipal || caller.CommandLine || caller.Elicitor != nil {
				t.Errorf("caller %+v", caller)
			}
		})
	}
}

func TestOutcomeBecomesAResult(t *testing.T) {
	type data struct {
		Text string `json:"text"`
	}
	outcome := tools.Outcome{Structured: data{"a < b && c > d\u2028"}}
	for _, isError := range []bool{false, true} {
		outcome.IsError = isError
		s := newServer(t, func(context.Context, tools.Caller, string, json.RawMessage) tools.Outcome { return outcome })
		result := toolAnswer(t, scripted(t, s, []string{call(1, `{}`)})[0])
		if result.IsError != isError {
			t.Errorf("isError %v, want %v", result.IsError, isError)
		}
		if content := structured(t, result); content["text"] != "a < b && c > d\u2028" {
			t.Errorf("content %v", content)
		}
		if text := result.Content[0].(mcp.TextContent).Text; text != `{"text":"a < b && c > d\u2028"}` {
			t.Errorf("text %s", text)
		}
	}
}

func TestAnUnknownToolIsAProtocolError(t *testing.T) {
	s := newServer(t, echo)
	answers := scripted(t, s, []string{`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"nothing"}}`})
	if code, text := errorOf(t, answers[0]); code != mcp.INVALID_PARAMS || !strings.Contains(text, "nothing") {
		t.Errorf("error %d %s", code, text)
	}
}

// An internal error of a call is a result in the form of all errors, without
// internal details; the log has the location.
func TestInternalErrors(t *testing.T) {
	for name, test := range map[string]struct {
		do     func(context.Context, tools.Caller, string, json.RawMessage) tools.Outcome
		logged string
	}{
		"panics": {
			func(context.Context, tools.Caller, string, json.RawMessage) tools.Outcome { panic("token hunter2") },
			"call_test.go",
		},
		"breaks a rule of the runtime": {
			func(context.Context, tools.Caller, string, json.RawMessage) tools.Outcome {
				none := []string{}
				return tools.Outcome{Structured: none[len(none)]}
			},
			"index out of range",
		},
		"returns what is no JSON": {
			func(context.Context, tools.Caller, string, json.RawMessage) tools.Outcome {
				return tools.Outcome{Structured: map[string]any{"hunter2": func() {}}}
			},
			"unsupported type",
		},
		"returns nothing": {
			func(context.Context, tools.Caller, string, json.RawMessage) tools.Outcome { return tools.Outcome{} },
			"without a result",
		},
		"puts a question to a client that can't answer": {
			func(context.Context, tools.Caller, string, json.RawMessage) tools.Outcome {
				return tools.Outcome{Question: &guard.Question{Summary: "hunter2?", State: "hunter2"}}
			},
			"older protocol",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			s := New(Options{
				Toolbox: &fakeToolbox{names: []string{"do"}, do: test.do},
				Logger:  slog.New(slog.NewTextHandler(&log, nil)),
			})
			answer := scripted(t, s, []string{call(1, `{}`)})[0]
			result := toolAnswer(t, answer)
			content := structured(t, result)
			if !result.IsError || content["errorCode"] != "internal_error" {
				t.Errorf("result %s", show(answer))
			}
			for _, key := range []string{"message", "resolution"} {
				if content[key] == nil {
					t.Errorf("no %s in %v", key, content)
				}
			}
			if strings.Contains(fmt.Sprint(content), "hunter2") || strings.Contains(log.String(), "hunter2") {
				t.Errorf("internal details are sent: %v, log %s", content, log.String())
			}
			if !strings.Contains(log.String(), test.logged) {
				t.Errorf("log has no %q: %s", test.logged, log.String())
			}
		})
	}
}

// metasOf2026 are values of _meta, well-formed and malformed, of protocol 2026-07-28.
func metasOf2026() []string {
	const version, info, capabilities = `"io.modelcontextprotocol/protocolVersion":"2026-07-28"`, `"io.modelcontextprotocol/clientInfo":`, `"io.modelcontextprotocol/clientCapabilities":`
	metas := []string{
		`{` + version + `}`, `{` + capabilities + `{}}`, `{` + version + `,"io.modelcontextprotocol/clientC\u0061pabilities":{}}`,
		`{"io.modelcontextprotocol/protocolV\u0065rsion":"2026-07-28",` + capabilities + `{}}`,
		`{` + version + `,` + version + `,` + capabilities + `[],` + capabilities + `{}}`,
		`{` + version + `,` + capabilities + `{},"progressToken":"p","traceparent":7,"io.modelcontextprotocol/logLevel":"debug"}`,
		`{` + version + `,` + capabilities + `{},"io.modelcontextprotocol/logLevel":1}`,
		`{` + version + `,` + capabilities + `{},"n":1e999}`,
		`{` + capabilities + `{},"io.modelcontextprotocol/protocolversion":"2026-07-28"}`,
	}
	for _, other := range []string{`"2025-11-25"`, `"2026-07-29"`, `"2099-01-01"`, `"x"`, `""`, `1`, `null`, `["2026-07-28"]`} {
		metas = append(metas, `{"io.modelcontextprotocol/protocolVersion":`+other+`,`+capabilities+`{}}`)
	}
	for declared := range malformedCapabilities() {
		metas = append(metas, `{`+version+`,`+info+validInfo+`,`+capabilities+declared+`}`)
	}
	for _, given := range malformedInfos() {
		metas = append(metas, `{`+version+`,`+info+given+`,`+capabilities+`{}}`)
	}
	return metas
}

// A call that does not pass through mcp-go is answered as mcp-go answers it, and so are
// those that it refuses.
func TestCallsAreAnsweredAsByMCPGo(t *testing.T) {
	all := []string{
		`{"name":"do","arguments":{"a":[1,"<b>"]}}`, `{"name":"do"}`, `{"name":"do","arguments":null}`, `{"name":"do","arguments":[1]}`,
		`{"name":"do","arguments":{"a":1,"a":2}}`, `{"name":"no","name":"do","arguments":{}}`, `{"NAME":"do","Arguments":{}}`,
		`{"name":"do","_meta":{"progressToken":1,"traceparent":7}}`, `{"name":"do","_meta":null,"task":null,"more":{}}`, `{"name":"do","task":{"ttl":1}}`,
		`{"name":"do","_meta":[]}`, `{"name":"do","task":"x"}`, `{"name":1}`, `{"name":"other"}`, `{"name":""}`, `{}`, `[]`, `null`, `"do"`,
	}
	const usual = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}`
	for _, params := range []string{
		`"name":"do","arguments":{"a":"\u0062"}`, `"name":"do","arguments":{"io.modelcontextprotocol/clientCapabilities":1}`, `"name":"do","task":"x"`, `"name":1`, `"name":"other"`,
		`"name":"do","requestState":"s","inputResponses":{"confirmation":{"action":"accept"}}`, `"name":"do","inputResponses":7`, `"name":"do","requestState":7,"inputResponses":{}`,
		`"name":"do","_meta":{}`, `"name":"do","_meta":{"a":1}`, `"name":"do","_meta":null`,
	} {
		all = append(all, `{`+usual+`,`+params+`}`)
	}
	for _, meta := range metasOf2026() {
		all = append(all, `{"name":"do","arguments":{},"_meta":`+meta+`}`)
	}
	for _, params := range all {
		// What reaches the toolbox has to be the same too.
		var ours, theirs []string
		seen := &ours
		s := New(Options{Name: "papi-mcp", Title: "A title", Version: "1", Toolbox: &fakeToolbox{names: []string{"do"}, do: func(ctx context.Context, c tools.Caller, _ string, arguments json.RawMessage) tools.Outcome {
			state, answer, answered := "", guard.Answer(""), false
			if c.Elicitor != nil {
				state, answer, answered = c.Elicitor.Answered()
			}
			*seen = append(*seen, fmt.Sprint(string(arguments), c.Client, c.Elicitor != nil, c.Progress != nil, state, answer, answered))
			return tools.Outcome{Structured: map[string]any{"text": "a <b>"}}
		}}})
		s.loadTools()
		ctx := withClientFallback(withPrincipal(t.Context(), StdioPrincipal))
		raw := []byte(`{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/call","params":` + params + `}`)
		m, refusal := parseMessage(raw)
		if refusal != nil {
			t.Fatal(params)
		}
		answer := s.handle(ctx, m, raw)
		seen = &theirs
		ctx2, m2, raw2 := extractAnswer(ctx, m, raw)
		reference := withID(s.mcp.HandleMessage(ctx2, limitClientInfo(m2, raw2)), m.ID)
		if a, b := decoded(t, answer), decoded(t, reference); !reflect.DeepEqual(a, b) {
			t.Errorf("%s: %v, not %v", params, a, b)
		}
		if !slices.Equal(ours, theirs) {
			t.Errorf("%s: the toolbox sees %q, not %q", params, ours, theirs)
		}
		_, _, direct := s.readListed(ctx, m, raw)
		isUsual := strings.Contains(params, `/protocolVersion":"2026-07-28"`) || !strings.Contains(params, "protocol")
		if direct && len(theirs) == 0 || !direct && len(theirs) > 0 && isUsual && !strings.Contains(params, `C\u0061pabilities`) {
			t.Errorf("%s: answered without mcp-go: %v", params, direct)
		}
	}
}

// decoded is the JSON of a message.
func decoded(t *testing.T, m mcp.JSONRPCMessage) (value any) {
	t.Helper()
	line, err := encodeLine(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(line, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// Clients show their model the content, the structured content, or both.
func TestFormsOfResults(t *testing.T) {
	list := tools.Outcome{
		Structured: &tools.Result{Data: &tools.Table{Cols: []string{"name"}, Rows: [][]any{{"a"}}}},
		Link:       &tools.Link{URI: "papi://triggers", Name: "triggers"},
	}
	failed := tools.Outcome{Structured: &tools.Error{Code: "webhook_exists"}, IsError: true}
	const table, rows, failure = `{"type":"text","text":"1 item\nname\na"}`, `{"data":{"cols":["name"],"rows":[["a"]]}}`, `{"errorCode":"webhook_exists","message":""}`
	for _, test := range []struct {
		form    ResultForm
		outcome tools.Outcome
		want    string
	}{
		{ResultBoth, list, `{"content":[` + table + `],"structuredContent":` + rows + `}`},
		{ResultText, list, `{"content":[` + table + `]}`},
		{ResultStructured, list, `{"content":[],"structuredContent":` + rows + `}`},
		{ResultText, failed, `{"content":[{"type":"text","text":` + strconv.Quote(failure) + `}],"isError":true}`},
		{ResultStructured, failed, `{"content":[],"structuredContent":` + failure + `,"isError":true}`},
	} {
		s := New(Options{Results: test.form, Toolbox: &fakeToolbox{names: []string{"do"}, do: func(context.Context, tools.Caller, string, json.RawMessage) tools.Outcome { return test.outcome }}})
		raw := scripted(t, s, []string{call(1, `{}`)})[0].Result
		var got, want any
		if json.Unmarshal(raw, &got) != nil || json.Unmarshal([]byte(test.want), &want) != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s, want %s", test.form, raw, test.want)
		}
	}
}

// What a tool call answers is rendered as mcp-go renders it.
func TestResultIsRenderedAsByMCPGo(t *testing.T) {
	succeeded := tools.Outcome{Structured: map[string]any{"text": "a <b> & \u2028 \"c\"", "n": 1}}
	list := tools.Outcome{Structured: &tools.Result{Data: &tools.Table{Cols: []string{"a <b>"}, Rows: [][]any{{"\u2028\t"}}}}}
	failed, linked := succeeded, succeeded
	failed.IsError = true
	linked.Link = &tools.Link{URI: "papi://triggers", Name: "triggers"}
	s := New(Options{Name: "papi-mcp <test>", Version: "1", Toolbox: &fakeToolbox{}})
	for name, outcome := range map[string]tools.Outcome{"a result": succeeded, "an error": failed, "with a link": linked, "a list": list} {
		for _, kind := range []mcp.ResultType{"", mcp.ResultTypeComplete} {
			for _, form := range ResultForms {
				result, err := toolResult(outcome, form)
				if err != nil {
					t.Fatal(err)
				}
				if result.ResultType = kind; kind != "" { // in protocol 2026-07-28
					s.complete(result)
				}
				var ours bytes.Buffer
				if err := writeResult(&ours, result); err != nil {
					t.Fatal(err)
				}
				theirs, err := result.MarshalJSON()
				if err != nil {
					t.Fatal(err)
				}
				var a, b any
				if json.Unmarshal(ours.Bytes(), &a) != nil || json.Unmarshal(theirs, &b) != nil || !reflect.DeepEqual(a, b) {
					t.Errorf("%s, %s: %s, not %s", name, form, &ours, theirs)
				}
			}
		}
	}
	asks := &mcp.CallToolResult{MultiRoundTripResult: mcp.MultiRoundTripResult{RequestState: "s"}, StructuredContent: json.RawMessage(`{}`)}
	var question bytes.Buffer
	if err := writeResult(&question, asks); err != nil || !strings.Contains(question.String(), `"requestState":"s"`) {
		t.Errorf("a question: %s, %v", &question, err)
	}
}
