package server

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"papi-mcp/prompts"
	"papi-mcp/tools"
)

// Errors repeat a client's texts only up to a limit, and without hidden characters.
func TestErrorsAreBounded(t *testing.T) {
	s := New(Options{Toolbox: &fakeToolbox{}, Prompts: prompts.All})
	long := "\u202e\u200b\U000e0041" + strings.Repeat("y", 2<<20)
	short := "\u202e\u200b\U000e0041" + strings.Repeat("y", 2000)
	for name, test := range map[string]struct{ method, params string }{
		"a tool":                 {"tools/call", `"name":%q,"arguments":{}`},
		"a prompt":               {"prompts/get", `"name":%q`},
		"an argument's name":     {"prompts/get", `"name":"create_bundle","arguments":{%q:"x"}`},
		"an argument":            {"prompts/get", `"name":"provision_channel","arguments":{"family":%q}`},
		"a URI":                  {"resources/read", `"uri":%q`},
		"a guide":                {"resources/read", `"uri":"papi://guides/%s"`},
		"an error code":          {"resources/read", `"uri":"papi://errors/%s"`},
		"a completion":           {"completion/complete", `"ref":{"type":"ref/prompt","name":"create_bundle"},"argument":{"name":"region","value":%q}`},
		"what is completed":      {"completion/complete", `"ref":{"type":%q,"name":"x"},"argument":{"name":"region","value":""}`},
		"a level":                {"logging/setLevel", `"level":%q`},
		"a method":               {"\u202e" + strings.Repeat("y", 2000), `"x":%q`},
		"arguments of no prompt": {"prompts/get", `"name":"create_bundle","arguments":%q`},
	} {
		for size, given := range map[string]string{"long": long, "short": short} {
			t.Run(name+", "+size, func(t *testing.T) {
				started := time.Now()
				params := fmt.Sprintf(test.params, given)
				if !json.Valid([]byte("{" + params + "}")) { // %q is Go's
					params = strings.ReplaceAll(params, `\U000e0041`, "\U000e0041")
				}
				for _, m := range scripted(t, s, []string{
					`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}`,
					fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%s,"params":{%s}}`, string(mustEncode(test.method)), params),
				}) {
					raw := string(mustEncode(m))
					if len(raw) > 2000 || strings.Contains(raw, strings.Repeat("y", 161)) {
						t.Errorf("%d bytes: %.300s", len(raw), raw)
					}
					if strings.ContainsAny(raw, "\u202e\u200b\U000e0041") || strings.Contains(raw, `\u202e`) {
						t.Errorf("hidden characters: %.300s", raw)
					}
				}
				if took := time.Since(started); took > time.Minute { // what grows with the square takes hours
					t.Errorf("it took %s", took)
				}
			})
		}
	}
}

// mcp-go can't decode a number that is out of range; the tool answers nevertheless, in
// each protocol version. Of a call that mcp-go decodes, it is given a text.
func TestNumberOutOfRange(t *testing.T) {
	var mu sync.Mutex
	var given []string
	s := New(Options{Toolbox: &fakeToolbox{names: []string{"schema_get"}, do: func(_ context.Context, _ tools.Caller, _ string, arguments json.RawMessage) tools.Outcome {
		mu.Lock()
		defer mu.Unlock()
		given = append(given, string(arguments))
		return tools.Outcome{IsError: true, Structured: &tools.Error{Code: "invalid_arguments"}}
	}}})
	params := `"name":"schema_get","arguments":{"x":1e400}`
	lines := scripted(t, s, []string{
		`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}`,
		fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{%s}}`, params),
	})
	lines = append(lines, scripted(t, s, []string{modern(2, "tools/call", `{}`, ","+params)})...)
	lines = append(lines, scripted(t, s, []string{fmt.Sprintf(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2025-11-25"},%s}}`, params)})...)
	answered := 0
	for _, m := range lines {
		if id := string(m.ID); id == "1" || id == "2" || id == "3" {
			answered++
			if !strings.Contains(string(m.Result), `"isError":true`) || !strings.Contains(string(m.Result), "invalid_arguments") {
				t.Errorf("request %s: %s %s", id, m.Result, m.Error)
			}
		}
	}
	if want := []string{`{"x":1e400}`, `{"x":1e400}`, `"{\"x\":1e400}"`}; answered != 3 || !slices.Equal(given, want) {
		t.Errorf("%d answers; the tool was given %q", answered, given)
	}
}
