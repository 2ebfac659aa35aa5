package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/settings"
)

// serveOnce runs serve on standard input and output with one tool call, and
// returns its result and standard error.
func serveOnce(t *testing.T, env map[string]string, tool string, args ...string) (result map[string]any, errOut string) {
	t.Helper()
	for _, name := range accountVariables {
		t.Setenv(name, env[name])
	}
	in := strings.Join([]string{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`,
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"` + tool + `","arguments":{}}}`,
	}, "\n") + "\n"
	var out, e bytes.Buffer
	if code := Main(append([]string{"serve", "--store", "memory"}, args...), strings.NewReader(in), &out, &e); code != int(errorcode.Done) {
		t.Fatalf("exit code %d: %s", code, e.String())
	}
	dec := json.NewDecoder(&out)
	for dec.More() {
		var m struct {
			ID     any
			Result struct{ StructuredContent map[string]any }
		}
		if err := dec.Decode(&m); err != nil {
			t.Fatal(err)
		}
		if m.ID == 2.0 {
			return m.Result.StructuredContent, e.String()
		}
	}
	t.Fatalf("no answer: %s", e.String())
	return nil, ""
}

// A client with a switch for the sandbox sets --sandbox to true or false, and its other
// flags always. Values that a person left empty are as unset.
func TestSandboxSwitch(t *testing.T) {
	for _, c := range []struct {
		on, errorCode string
		webhooks      bool
	}{
		{on: "true", webhooks: true},
		{on: "false", errorCode: "credentials_missing"},
	} {
		t.Setenv("PAPI_MCP_SANDBOX", c.on)
		t.Setenv("PAPI_MCP_SEED_DATA", "shop")
		got, _ := serveOnce(t, map[string]string{"SINCH_PROJECT_ID": "00000000-0000-0000-0000-000000000000"}, "webhook_list")
		if code, _ := got["errorCode"].(string); code != c.errorCode || (got["data"] != nil) != c.webhooks {
			t.Errorf("--sandbox=%s: %v", c.on, got)
		}
	}
}

// A server whose settings are placeholders starts, reports them, and refuses each
// call with their names; other commands fail.
func TestPlaceholders(t *testing.T) {
	filled := map[string]string{
		"SINCH_PROJECT_ID": "00000000-0000-0000-0000-000000000000", "SINCH_KEY_ID": "key", "SINCH_KEY_SECRET": "secret",
		"PAPI_BASE_URL": "http://127.0.0.1:1", "PAPI_TOKEN_URL": "http://127.0.0.1:1/token",
	}
	for name, placeholder := range map[string]string{
		"SINCH_PROJECT_ID":   "${SINCH_PROJECT_ID}",
		"SINCH_KEY_ID":       "your-key-id",
		"SINCH_KEY_SECRET":   "${input:sinch-secret}",
		"SINCH_ACCESS_TOKEN": "<token>",
		"PAPI_BASE_URL":      "https://<host>",
		"PAPI_TOKEN_URL":     "${PAPI_TOKEN_URL}",
		"PAPI_AUTH":          "${PAPI_AUTH}",
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{name: placeholder}
			for variable, value := range filled {
				if variable != name {
					env[variable] = value
				}
			}
			for _, tool := range []string{"webhook_list", "project_overview", "schema_get"} {
				got, errOut := serveOnce(t, env, tool)
				if got["errorCode"] != "configuration_unfilled" || !strings.Contains(got["message"].(string), name) {
					t.Errorf("%s: %v", tool, got)
				}
				if !strings.Contains(errOut, name+" was not filled in") {
					t.Errorf("standard error: %s", errOut)
				}
			}
			if code, out, errOut := run(t, env, "call", "webhook_list", "--store", "memory"); code != int(errorcode.Usage) || !strings.Contains(errOut, name+" was not filled in") {
				t.Errorf("call: %d, %s%s", code, out, errOut)
			}
			if code, out, errOut := run(t, env, "doctor"); code != int(errorcode.Failed) || !strings.Contains(out, "FAIL  environment  "+name+" was not filled in") || !strings.Contains(out, "to fix: replace it by the value") {
				t.Errorf("doctor: %d, %s%s", code, out, errOut)
			}
			if code, out, _ := run(t, env, "tools"); code != int(errorcode.Done) || !strings.Contains(out, "webhook_list") {
				t.Errorf("tools: %d", code)
			}
		})
	}
	env := map[string]string{"SINCH_PROJECT_ID": "{{project}}", "SINCH_KEY_ID": "${SINCH_KEY_ID}"}
	if code, _, errOut := run(t, env, "sandbox", "--addr", "127.0.0.1:0"); code != int(errorcode.Usage) || !strings.Contains(errOut, "SINCH_PROJECT_ID was not filled in") {
		t.Errorf("sandbox: %d, %s", code, errOut)
	}
	env["SINCH_PROJECT_ID"] = sandbox.DefaultProject
	if got, errOut := serveOnce(t, env, "webhook_list", "--sandbox"); got["data"] == nil || strings.Contains(errOut, "filled") {
		t.Errorf("a sandbox needs no key: %v, %s", got, errOut)
	}
}

// A flag or its variable that is a placeholder is reported as well. It has no
// effect: it is not used as a path or an address.
func TestPlaceholdersInFlags(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if got, _ := serveOnce(t, nil, "webhook_list", "--sandbox", "--audit", "${LOGS}/audit.jsonl", "--toolsets", "${TOOLSETS}"); got["errorCode"] != "configuration_unfilled" || !strings.Contains(got["message"].(string), "--audit, --toolsets") {
		t.Errorf("%v", got)
	}
	t.Setenv("PAPI_MCP_READ_ONLY", "${READ_ONLY}")
	t.Setenv("PAPI_MCP_AUDIT_FILE", "<path>")
	if got, errOut := serveOnce(t, nil, "webhook_list", "--sandbox"); got["errorCode"] != "configuration_unfilled" || !strings.Contains(got["message"].(string), "PAPI_MCP_READ_ONLY") || !strings.Contains(errOut, "PAPI_MCP_AUDIT_FILE") {
		t.Errorf("%v, %s", got, errOut)
	}
	if code, _, errOut := run(t, nil, "call", "webhook_list", "--sandbox"); code != int(errorcode.Usage) || !strings.Contains(errOut, "PAPI_MCP_READ_ONLY") {
		t.Errorf("call: %d, %s", code, errOut)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// A variable that begins like a flag's and is not one is an error.
func TestUnknownVariables(t *testing.T) {
	for _, tt := range []struct{ name, nearest string }{
		{"PAPI_MCP_READONLY", "PAPI_MCP_READ_ONLY"},
		{"PAPI_MCP_READ_ONLYY", "PAPI_MCP_READ_ONLY"},
		{"PAPI_MCP_READ-ONLY", "PAPI_MCP_READ_ONLY"},
		{"papi_mcp_read_only", "PAPI_MCP_READ_ONLY"},
		{"PAPI_MCP_TOOLSET", "PAPI_MCP_TOOLSETS"},
		{"PAPI_MCP_REED_ONLY_FILE", "PAPI_MCP_READ_ONLY"},
		{"PAPI_MCP_QQQQQQQQQQQQ", ""},
	} {
		err := refuse(unknownVariables(newRoot(&streams{}), []string{"HOME=/", tt.name + "=true"}))
		if err == nil || !strings.Contains(err.Error(), "variable "+tt.name) {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if hint := "did you mean " + tt.nearest + "?"; strings.Contains(err.Error(), "did you mean") != (tt.nearest != "") || tt.nearest != "" && !strings.Contains(err.Error(), hint) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	known := []string{
		"PAPI_MCP_READ_ONLY=1", "PAPI_MCP_READ_ONLY_FILE=/x", "PAPI_MCP_NOTED=1", "PAPI_MCP_ADDR=1", "PAPI_MCP_JSON=1",
		"PAPI_MCP_SERVICE_HOST=10.0.0.1", "PAPI_MCP_SERVICE_PORT=80", "PAPI_MCP_SERVICE_PORT_HTTP=80", "PAPI_MCP_PORT=tcp://10.0.0.1:80",
		"PAPI_MCP_PORT_80_TCP_ADDR=10.0.0.1", "PAPI_TEST_ROUNDS=1", "PAPI_EVENTS=x",
	}
	if err := refuse(unknownVariables(newRoot(&streams{}), known)); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"PAPI_MCP_SANDBOX_SERVICE_HOST", "PAPI_MCP_SANDBOX_SERVICE_PORT_HTTP", "PAPI_MCP_STORE_PORT", "PAPI_MCP_TOOLS_PORT_80_TCP", "PAPI_MCP_TOOLS_PORT_80_TCP_PROTO"} {
		if err := refuse(unknownVariables(newRoot(&streams{}), []string{name + "=x"})); err == nil || !strings.Contains(err.Error(), "enableServiceLinks") || strings.Contains(err.Error(), "did you mean") {
			t.Errorf("%s, of another service: %v", name, err)
		}
	}
	t.Setenv("PAPI_MCP_READONLY", "true")
	for _, args := range [][]string{{"serve", "--sandbox"}, {"--sandbox"}, {"call", "webhook_list", "--sandbox"}, {"tools"}, {"config", "schema"}} {
		if code, _, errOut := run(t, nil, args...); code != int(errorcode.Usage) || !strings.Contains(errOut, "did you mean PAPI_MCP_READ_ONLY?") {
			t.Errorf("%v: %d, %s", args, code, errOut)
		}
	}
}

// A variable may name a file with the value of a flag.
func TestFlagValueFromAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "toolsets")
	t.Setenv("PAPI_MCP_TOOLSETS_FILE", path)
	for _, text := range []string{"sms,webhooks", "sms,webhooks\n", "\ufeffsms,webhooks\r\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out, errOut := run(t, nil, "tools"); code != int(errorcode.Done) || !strings.Contains(out, "sms_app_list") || strings.Contains(out, "rcs_sender_list") {
			t.Errorf("%q: %d, %s%s", text, code, out, errOut)
		}
	}
	t.Setenv("PAPI_MCP_TOOLSETS", "rcs")
	if code, _, errOut := run(t, nil, "tools"); code != int(errorcode.Usage) || !strings.Contains(errOut, "PAPI_MCP_TOOLSETS and PAPI_MCP_TOOLSETS_FILE are both set") {
		t.Errorf("%d, %s", code, errOut)
	}
	if code, out, errOut := run(t, nil, "tools", "--toolsets", "sms"); code != int(errorcode.Done) || strings.Contains(out, "webhook_list") {
		t.Errorf("%d, %s", code, errOut)
	}
	os.Unsetenv("PAPI_MCP_TOOLSETS")
	t.Setenv("PAPI_MCP_TOOLSETS_FILE", path+"-is-none")
	if code, _, errOut := run(t, nil, "tools"); code != int(errorcode.Usage) || !strings.Contains(errOut, "PAPI_MCP_TOOLSETS_FILE: open") {
		t.Errorf("%d, %s", code, errOut)
	}
	newRoot(&streams{}).Flags().VisitAll(func(f *pflag.Flag) {
		if strings.HasSuffix(envName(f.Name), settings.FileSuffix) {
			t.Errorf("--%s: its variable would be that of another flag's file", f.Name)
		}
	})
}

// A typo in the name of the variable that limits the projects is reported: without
// it, any project is allowed.
func TestMisspelledVariables(t *testing.T) {
	messages := misspelledVariables([]string{"SINCH_PROJECT_IDS=x", "SINCH_PROJECTID=x", "SINCH_APP_KEY=x", "SINCH_REGION=eu", "SINCH_KEY_ID=x", "PAPI_EVENTS=x", "PAPI_BASE_URI=x", "HOME=/"})
	want := []string{"SINCH_PROJECT_IDS", "SINCH_PROJECTID", "PAPI_BASE_URI"}
	for i, name := range want {
		if len(messages) != len(want) || !strings.Contains(messages[i], name+" is not read") {
			t.Fatalf("%q", messages)
		}
	}
	t.Setenv("SINCH_PROJECT_IDS", sandbox.DefaultProject)
	if _, out, _ := run(t, nil, "doctor"); !strings.Contains(out, "SINCH_PROJECT_IDS is not read; did you mean SINCH_PROJECT_ID?") {
		t.Error(out)
	}
}

// An empty switch is not off: what a form or a compose file left empty is corrected by a person.
func TestEmptySwitch(t *testing.T) {
	for _, value := range []string{"", "yes"} {
		t.Setenv("PAPI_MCP_READ_ONLY", value)
		if code, _, errOut := run(t, nil, "tools", "--sandbox"); code != int(errorcode.Usage) || !strings.Contains(errOut, fmt.Sprintf("PAPI_MCP_READ_ONLY=%q: set it to true or false, or unset it", value)) {
			t.Errorf("%q: %d, %s", value, code, errOut)
		}
	}
}
