package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
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

// A call that does not pass through mcp-go is answered as mcp-go answers it.
func TestCallsAreAnsweredAsByMCPGo(t *testing.T) {
	s := newServer(t, echo)
	s.loadTools()
	ctx := withPrincipal(t.Context(), StdioPrincipal)
	for _, params := range []string{
		`{"name":"do","arguments":{"a":[1,"<b>"]}}`, `{"name":"do"}`, `{"name":"do","arguments":null}`, `{"name":"do","arguments":[1]}`,
		`{"name":"do","arguments":{"a":1,"a":2}}`, `{"name":"no","name":"do","arguments":{}}`, `{"NAME":"do","Arguments":{}}`,
		`{"name":"do","_meta":{"progressToken":1,"traceparent":7}}`, `{"name":"do","_meta":null,"task":null,"more":{}}`, `{"name":"do","task":{"ttl":1}}`,
		`{"name":"do","_meta":[]}`, `{"name":"do","task":"x"}`, `{"name":1}`, `{"name":"other"}`, `{"name":""}`, `{}`, `[]`, `null`, `"do"`,
	} {
		raw := []byte(`{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/call","params":` + params + `}`)
		m, refusal := parseMessage(raw)
		if refusal != nil {
			t.Fatal(params)
		}
		ours, err := encodeLine(s.handle(ctx, m, raw))
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := encodeLine(withID(s.mcp.HandleMessage(ctx, raw), m.ID))
		if err != nil {
			t.Fatal(err)
		}
		if string(ours) != string(theirs) {
			t.Errorf("%s: %s, not %s", params, ours, theirs)
		}
		if _, direct := s.callListed(ctx, m); direct != strings.Contains(string(ours), `"result"`) {
			t.Errorf("%s: answered without mcp-go: %v", params, direct)
		}
	}
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
	for name, outcome := range map[string]tools.Outcome{"a result": succeeded, "an error": failed, "with a link": linked, "a list": list} {
		for _, kind := range []mcp.ResultType{"", mcp.ResultTypeComplete} {
			for _, form := range ResultForms {
				result, err := toolResult(outcome, form)
				if err != nil {
					t.Fatal(err)
				}
				result.ResultType = kind
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
