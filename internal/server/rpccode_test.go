package server

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"papi-mcp/prompts"
	"papi-mcp/tools"
)

// A request for something that does not exist has the code of the client's protocol
// version; an internal error has another.
func TestErrorCodes(t *testing.T) {
	refusing := func(_ context.Context, _ tools.Caller, name string, arguments json.RawMessage) tools.Outcome {
		code := map[string]string{"schema_get": "unknown_tool", "project_overview": "guard_project_not_allowed"}[name]
		if strings.Contains(string(arguments), "away") {
			code = "network_error"
		}
		return tools.Outcome{Structured: &tools.Error{Code: code}}
	}
	s := New(Options{Toolbox: &fakeToolbox{do: refusing}, Prompts: prompts.All})
	read := func(uri string) string { return fmt.Sprintf(`"uri":%q`, uri) }
	for name, test := range map[string]struct {
		method, params  string
		legacy, current int
	}{
		"no such guide":        {"resources/read", read("papi://guides/fax"), -32002, -32602},
		"no such error code":   {"resources/read", read("papi://errors/no_such"), -32002, -32602},
		"no such tool":         {"resources/read", read("papi://schemas/no_such"), -32002, -32602},
		"no such resource":     {"resources/read", read("papi://weather"), -32002, -32602},
		"a variable left out":  {"resources/read", read("papi://project//overview"), -32002, -32602},
		"a foreign project":    {"resources/read", read("papi://project/x/overview"), -32602, -32602},
		"the API is away":      {"resources/read", read("papi://project/away/overview"), -32603, -32603},
		"no such prompt":       {"prompts/get", `"name":"none"`, -32602, -32602},
		"an argument left out": {"prompts/get", `"name":"create_bundle","arguments":{"name":"x"}`, -32602, -32602},
		"an unknown argument":  {"prompts/get", `"name":"audit_project","arguments":{"x":"y"}`, -32602, -32602},
	} {
		t.Run(name, func(t *testing.T) {
			var legacy, current int
			for _, m := range scripted(t, s, []string{
				`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}`,
				fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%s}}`, test.method, test.params),
			}) {
				if string(m.ID) == "1" {
					legacy, _ = errorOf(t, m)
				}
			}
			for _, m := range scripted(t, s, []string{modern(2, test.method, `{}`, ","+test.params)}) {
				current, _ = errorOf(t, m)
			}
			equal(t, "codes", []int{legacy, current}, []int{test.legacy, test.current})
		})
	}
}

// The error for a resource that can't be read names its URI, and not one that is too
// long or has hidden characters.
func TestErrorNamesURI(t *testing.T) {
	s := New(Options{Toolbox: &fakeToolbox{}, Prompts: prompts.All})
	for uri, want := range map[string]any{
		"papi://weather":                      map[string]any{"uri": "papi://weather"},
		"papi://guides/fax":                   map[string]any{"uri": "papi://guides/fax"},
		"papi://a\u202eb":                     nil,
		"papi://" + strings.Repeat("a", 1000): nil,
	} {
		for _, m := range scripted(t, s, []string{modern(1, "resources/read", `{}`, fmt.Sprintf(`,"uri":%s`, mustEncode(uri)))}) {
			var e struct{ Data any }
			if err := json.Unmarshal(m.Error, &e); err != nil {
				t.Fatalf("%.40q: %v in %s", uri, err, show(m))
			}
			equal(t, fmt.Sprintf("the data for %.40q", uri), []string{fmt.Sprint(e.Data)}, []string{fmt.Sprint(want)})
		}
	}
}
