package tools

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/tokentest"
)

// A dynamic set lists seven tools of at most 950 tokens, by what a model sees of them.
// They are annotated by what can be called through them, and are open for arguments
// that they don't list.
func TestADynamicSetListsFewTools(t *testing.T) {
	s := newDynamicSet(t, catalog.Filter{})
	total, listed := 0, map[string]bool{}
	for _, tool := range s.Tools() {
		listed[tool.Name] = true
		total += tokentest.Count(tool.Name) + tokentest.Count(tool.Description) + tokentest.Count(string(tool.RawInputSchema))
		reads := tool.Name != ToolCallWrite && tool.Name != "project_confirm"
		if *tool.Annotations.ReadOnlyHint != reads || *tool.Annotations.DestructiveHint != (tool.Name == ToolCallWrite) {
			t.Errorf("%s is annotated with %+v", tool.Name, tool.Annotations)
		}
		if strings.HasPrefix(tool.Name, "tool_call_") {
			var schema struct {
				AdditionalProperties any
				Properties           map[string]struct {
					Properties           map[string]any
					AdditionalProperties any
				}
			}
			if err := json.Unmarshal(tool.RawInputSchema, &schema); err != nil {
				t.Fatal(err)
			}
			arguments := schema.Properties["arguments"]
			if schema.AdditionalProperties != true || arguments.AdditionalProperties != true || len(arguments.Properties) == 0 {
				t.Errorf("%s is closed: %s", tool.Name, tool.RawInputSchema)
			}
		}
	}
	if total > 950 {
		t.Errorf("%d tokens, want at most 950", total)
	}
	for _, name := range []string{toolFind, "schema_get", toolCallRead, ToolCallWrite, "project_confirm", "project_overview", toolWait} {
		if !listed[name] {
			t.Errorf("%s is not listed", name)
		}
	}
	if len(listed) != 7 || s.Count() != 7 || s.Tools()[0].Name != toolFind {
		t.Errorf("%d tools: %v", len(listed), listed)
	}
	index := s.coreTool(toolFind).about
	for _, toolset := range catalog.Toolsets() {
		if strings.Contains(index, toolset) == (toolset == catalog.DeprecatedToolset) {
			t.Errorf("the index of families has %s: %s", toolset, index)
		}
	}
	plain, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	for _, tool := range plain.Tools() {
		if tool.Name == toolFind || strings.HasPrefix(tool.Name, "tool_call_") {
			t.Errorf("a set that is not dynamic lists %s", tool.Name)
		}
	}
}

// Each tool that is offered and not listed is called through one that is: reads through
// tool_call_read, writes through tool_call_write and through no other.
func TestEachToolIsCalledThroughOne(t *testing.T) {
	plain, a := newSet(t, answerJSON(http.StatusOK, map[string]any{}), nil)
	opts := plain.opts
	opts.Dynamic = true
	s := New(opts)
	for _, row := range s.opts.Rows {
		want := toolCallRead
		if row.Writes() {
			want = ToolCallWrite
		}
		if via := s.Via(row.Tool); via != want || plain.Via(row.Tool) != "" {
			t.Errorf("%s is called through %q", row.Tool, via)
		}
		before := a.count()
		args := example(s.tools[row.Tool].arguments())
		out := do(t, s, want, map[string]any{"tool": row.Tool, "arguments": args})
		if out.IsError || out.Tool != row.Tool || a.count() == before {
			t.Errorf("%s: %d requests, %s", row.Tool, a.count()-before, encode(out))
		}
		before = a.count()
		if !row.Writes() {
			out = do(t, s, ToolCallWrite, map[string]any{"tool": row.Tool, "arguments": args})
			if out.IsError || out.Tool != row.Tool || !strings.Contains(string(encode(out.Structured)), "call it through tool_call_read") {
				t.Errorf("%s through tool_call_write: %s", row.Tool, encode(out))
			}
			continue
		}
		e := failure(t, do(t, s, toolCallRead, map[string]any{"tool": row.Tool, "arguments": args}))
		if a.count() != before || e["errorCode"] != "invalid_arguments" || !strings.Contains(string(encode(e["next"])), `"via":"tool_call_write"`) {
			t.Errorf("%s through tool_call_read: %d requests, %v", row.Tool, a.count()-before, e)
		}
	}
	for _, tool := range s.Tools() {
		if via := s.Via(tool.Name); via != "" {
			t.Errorf("%s is called through %s", tool.Name, via)
		}
	}
	if via := s.Via("no_such_tool"); via != "" {
		t.Errorf("a tool that does not exist is called through %s", via)
	}
}

// A call through another tool is validated and checked as the inner call, and a
// mistake about the two levels is corrected where it can be, with a warning.
func TestCallsThroughAnotherTool(t *testing.T) {
	hook := map[string]any{"webhookId": "w1"}
	for name, c := range map[string]struct {
		via     string
		given   any
		code    string // of the error; "" for none
		says    string // in the result or error
		request string
	}{
		"plain":                   {toolCallRead, map[string]any{"tool": "webhook_get", "arguments": hook}, "", "", "GET /v1/projects/" + project + "/webhooks/w1"},
		"a project of its own":    {toolCallRead, map[string]any{"tool": "webhook_list", "arguments": map[string]any{"projectId": "other"}}, "", "", "GET /v1/projects/other/webhooks"},
		"no arguments":            {toolCallRead, map[string]any{"tool": "webhook_list"}, "", "", "GET /v1/projects/" + project + "/webhooks"},
		"null":                    {toolCallRead, map[string]any{"tool": "webhook_list", "arguments": nil}, "", "", "GET /v1/projects/" + project + "/webhooks"},
		"a text of JSON":          {toolCallRead, map[string]any{"tool": "webhook_get", "arguments": `{"webhookId":"w1"}`}, "", "read from a text", "GET /v1/projects/" + project + "/webhooks/w1"},
		"next to arguments":       {toolCallRead, map[string]any{"tool": "webhook_get", "webhookId": "w1"}, "", "webhookId: moved into arguments", "GET /v1/projects/" + project + "/webhooks/w1"},
		"partly inside":           {toolCallRead, map[string]any{"tool": "webhook_get", "arguments": hook, "projectId": "other"}, "", "projectId: moved into arguments", "GET /v1/projects/other/webhooks/w1"},
		"a core tool":             {toolCallRead, map[string]any{"tool": "schema_get", "arguments": map[string]any{"tool": "webhook_get"}}, "", "inputSchema", ""},
		"at both levels":          {toolCallRead, map[string]any{"tool": "webhook_get", "arguments": hook, "webhookId": "w2"}, "invalid_arguments", "webhookId", ""},
		"a list":                  {toolCallRead, map[string]any{"tool": "webhook_get", "arguments": []any{1}}, "invalid_arguments", `"path":"arguments"`, ""},
		"a text that is no JSON":  {toolCallRead, map[string]any{"tool": "webhook_get", "arguments": "w1"}, "invalid_arguments", "", ""},
		"no tool":                 {toolCallRead, map[string]any{"arguments": hook}, "invalid_arguments", `"path":"tool"`, ""},
		"a number as the tool":    {toolCallRead, map[string]any{"tool": 7}, "invalid_arguments", `"path":"tool"`, ""},
		"nothing":                 {toolCallRead, map[string]any{}, "invalid_arguments", "tool_find finds it", ""},
		"itself":                  {toolCallRead, map[string]any{"tool": toolCallRead, "arguments": map[string]any{"tool": "webhook_list"}}, "unknown_tool", "", ""},
		"an unknown tool":         {ToolCallWrite, map[string]any{"tool": "webhook_remove"}, "unknown_tool", `"tool":"tool_find"`, ""},
		"a violation of the tool": {ToolCallWrite, map[string]any{"tool": "webhook_create", "arguments": map[string]any{"target": 7}}, "invalid_arguments", `"path":"target"`, ""},
		"too deep":                {toolCallRead, json.RawMessage(`{"tool":"webhook_get","arguments":` + strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 41)), "invalid_arguments", "nested", ""},
		"a huge number":           {toolCallRead, json.RawMessage(`{"tool":"webhook_get","arguments":{"webhookId":1` + strings.Repeat("0", 100) + `}}`), "invalid_arguments", "digits", ""},
	} {
		t.Run(name, func(t *testing.T) {
			plain, a := newSet(t, answerJSON(http.StatusOK, map[string]any{"id": "w1"}), nil)
			opts := plain.opts
			opts.Dynamic = true
			out := do(t, New(opts), c.via, c.given)
			text := string(encode(out.Structured))
			if e, _ := out.Structured.(*Error); (e != nil) != (c.code != "") || e != nil && e.Code != c.code || !strings.Contains(text, c.says) {
				t.Errorf("want %q and %q: %s", c.code, c.says, text)
			}
			request := ""
			if a.count() > 0 {
				request = a.last().method + " " + a.last().path
			}
			if request != c.request || a.count() > 1 {
				t.Errorf("sent %q, want %q", request, c.request)
			}
			if n := tokentest.Count(text); c.code != "" && n > 300 {
				t.Errorf("%d tokens: %s", n, text)
			}
		})
	}
}

// Every step that leads to a tool which is not listed says through which it is called,
// in at most 60 tokens; elsewhere no step does.
func TestStepsSayThroughWhatATool(t *testing.T) {
	plain, _ := newSet(t, answerJSON(http.StatusOK, map[string]any{"webhooks": []any{}, "senderId": "s1", "state": "PENDING_VERIFICATION"}), nil)
	opts := plain.opts
	opts.Dynamic = true
	dynamic := New(opts)
	for _, c := range []struct {
		tool string
		args map[string]any
		want string
	}{
		{"webhook_list", nil, `"tool":"webhook_create","via":"tool_call_write"`},
		{"whatsapp_sender_get", map[string]any{"senderId": "s1"}, `"tool":"whatsapp_sender_register","via":"tool_call_write"`},
		{"whatsapp_sender_get", map[string]any{"senderId": "s1"}, `"tool":"whatsapp_sender_get","via":"tool_call_read"`},
	} {
		out := do(t, dynamic, toolCallRead, map[string]any{"tool": c.tool, "arguments": c.args})
		if text := string(encode(out.Structured)); !strings.Contains(text, c.want) {
			t.Errorf("%s: no %s in %s", c.tool, c.want, text)
		}
		for _, step := range out.Structured.(*Result).Next {
			if n := tokentest.Count(string(encode(step))); n > 60 {
				t.Errorf("%d tokens: %s", n, encode(step))
			}
		}
		if text := string(encode(do(t, plain, c.tool, c.args).Structured)); strings.Contains(text, `"via"`) {
			t.Errorf("%s, not dynamic: %s", c.tool, text)
		}
	}
	// A dry run that is refused has steps of its own.
	for _, s := range []*Set{plain, dynamic} {
		data, _ := json.Marshal(dryRunData{Refusal: &Error{Next: []catalog.Next{{Tool: "webhook_list"}}}})
		out := Outcome{Structured: &Result{Data: dryRunData{Refusal: &Error{Next: []catalog.Next{{Tool: "webhook_list"}}}}}}
		s.route(&out, nil)
		if got := string(encode(out.Structured.(*Result).Data)); (got == string(data)) != (s == plain) {
			t.Errorf("dynamic %v: %s", s == dynamic, got)
		}
	}
}

// BenchmarkToolFind measures a search, once the index is made.
func BenchmarkToolFind(b *testing.B) {
	s := newDynamicSet(b, catalog.Filter{})
	for b.Loop() {
		if len(s.find("the code never arrived, send it to +44 7700 900123 again")) == 0 {
			b.Fatal("nothing")
		}
	}
}

// BenchmarkToolIndex measures the making of the index.
func BenchmarkToolIndex(b *testing.B) {
	for b.Loop() {
		if newToolIndex(func(string) bool { return false }) == nil {
			b.Fatal("nothing")
		}
	}
}
