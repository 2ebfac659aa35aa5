package cli

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"papi-mcp/internal/auth"
)

// The instructions of a server that does not list its tools say how they are found and
// called, and fit the clients that cut them; those of one that does don't mention it.
func TestInstructionsOfADynamicServer(t *testing.T) {
	listed, dynamic := instructionsFor(spoken{}), instructionsFor(spoken{dynamic: true})
	if n := utf8.RuneCountInString(dynamic); n > 1900 {
		t.Errorf("%d characters", n)
	}
	for _, named := range []string{"tool_find", "tool_call_read", "tool_call_write", " via "} {
		if !strings.Contains(dynamic, named) || strings.Contains(listed, named) {
			t.Errorf("%s: in the one %v, in the other %v", named, strings.Contains(dynamic, named), strings.Contains(listed, named))
		}
	}
	if strings.Replace(dynamic, dynamicTools, listedTools, 1) != listed {
		t.Error("they differ in something else")
	}
}

// A call through another tool is counted and logged as one of the operation's tool, and
// the audit log has its arguments; a call that names the operation's tool itself is the
// same call. What a caller may not use is neither in its index nor found nor called.
func TestDynamicServerOverHTTP(t *testing.T) {
	t.Parallel()
	audit := filepath.Join(t.TempDir(), "audit.jsonl")
	w := startHTTP(t, nil, "--sandbox", "--dynamic", "--confirm", "off", "--audit", audit)
	if names := strings.Split(strings.Trim(w.tools(), " "), " "); len(names) != 7 {
		t.Errorf("lists %v", names)
	}
	made := w.call("tool_call_write", `{"tool":"webhook_create","arguments":{"target":"https://example.com/1","secret":"sixteen-or-more-signs"}}`)
	if made["errorCode"] != nil {
		t.Fatal(made)
	}
	if got := w.call("webhook_create", `{"target":"https://example.com/2","secret":"sixteen-or-more-signs"}`); got["errorCode"] != nil {
		t.Errorf("by its own name: %v", got)
	}
	if got := w.call("tool_call_read", `{"tool":"webhook_list","arguments":{}}`); got["errorCode"] != nil {
		t.Error(got)
	}
	if got := w.call("tool_call_write", `{"tool":"webhook_create","arguments":{"target":"https://example.com/1","secret":"sixteen-or-more-signs"}}`); got["errorCode"] != "guard_webhook_target" {
		t.Error(got)
	}
	_, _, numbers := w.send(http.MethodGet, "/metrics", "")
	for _, want := range []string{
		`papi_mcp_calls_total{outcome="ok",tool="webhook_create"} 2`,
		`papi_mcp_calls_total{outcome="guard_webhook_target",tool="webhook_create"} 1`,
		`papi_mcp_calls_total{outcome="ok",tool="webhook_list"} 1`,
		`papi_mcp_call_duration_seconds_count{tool="webhook_create"} 3`,
	} {
		if !strings.Contains(numbers, want+"\n") {
			t.Errorf("no %s in the metrics", want)
		}
	}
	if strings.Contains(numbers, `tool="tool_call`) {
		t.Error("the metrics have a tool that only calls others")
	}
	if log := w.output.String(); !strings.Contains(log, "tool=webhook_create ") || strings.Contains(log, "tool=tool_call") {
		t.Errorf("the log does not name the tool: %s", log)
	}
	lines, err := os.ReadFile(audit)
	if err != nil || strings.Count(string(lines), `"tool":"webhook_create"`) != 5 || !strings.Contains(string(lines), `"target":"https://example.com/2"`) {
		t.Errorf("%v: the audit log has\n%s", err, lines)
	}
}

func TestDynamicServerRespectsGrants(t *testing.T) {
	t.Parallel()
	key, hash := auth.NewKey()
	w := startHTTP(t, []string{"PAPI_KEYS={keys: {reader: {hashes: [" + hash + "], projects: all, toolsets: [webhooks], read-only: true}}}"},
		"--sandbox", "--dynamic", "--auth", "token", "--config", "env:PAPI_KEYS")
	bearer := "Authorization: Bearer " + key
	if names := w.tools(bearer); strings.Contains(names, "webhook") || !strings.Contains(names, "tool_find") {
		t.Errorf("lists %s", names)
	}
	if status, _, list := w.send(http.MethodPost, "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}`, bearer, w.session(bearer)); status != http.StatusOK || !strings.Contains(list, "Families: webhooks.") {
		t.Errorf("%d %s", status, list)
	}
	if got := fmt.Sprint(w.call("tool_find", `{"query":"create a template"}`, bearer)); strings.Contains(got, "whatsapp") || strings.Contains(got, "webhook_create") {
		t.Errorf("finds %s", got)
	}
	for call, want := range map[string]any{
		`{"tool":"webhook_list"}`:     nil,
		`{"tool":"sms_app_list"}`:     "unknown_tool",
		`{"tool":"webhook_create"}`:   "unknown_tool",
		`{"tool":"project_overview"}`: nil,
	} {
		if got := w.call("tool_call_write", call, bearer); got["errorCode"] != want {
			t.Errorf("%s: %v", call, got)
		}
	}
}
