package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"papi-mcp/internal/sandbox"
)

// Several servers and commands of one user run concurrently on one state file and
// one audit log: none blocks another or makes it fail, a token is valid once for all
// of them, and the log is intact.
func TestProcessesOfOneUserShareTheirState(t *testing.T) {
	box := sandbox.New(sandbox.Options{Seed: 1, Manual: true})
	api := httptest.NewServer(box)
	defer func() { api.Close(); box.Close() }()
	dir := t.TempDir()
	log := filepath.Join(dir, "audit.jsonl")
	run := func(stdin string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "papi-mcp", args...)
		cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+dir, "PAPI_BASE_URL="+api.URL, "PAPI_TOKEN_URL="+api.URL+"/oauth2/token",
			"SINCH_KEY_ID=any", "SINCH_KEY_SECRET=any", "SINCH_PROJECT_ID="+sandbox.DefaultProject, "PAPI_MCP_AUDIT="+log)
		cmd.Stdin = strings.NewReader(stdin)
		var out bytes.Buffer
		cmd.Stdout = &out
		err := cmd.Run()
		return out.String(), err
	}
	call := func(tool, args string) (answer map[string]any) {
		out, _ := run("", "call", tool, args)
		if err := json.Unmarshal([]byte(out), &answer); err != nil {
			t.Errorf("%s: %v: %s", tool, err, out)
		}
		return answer
	}
	call("project_confirm", `{"projectId":"`+sandbox.DefaultProject+`"}`)
	hook := at(call("webhook_create", `{"target":"https://example.com/first","secret":"sixteen-or-more-signs"}`), "ids.webhookId")
	token := at(call("webhook_delete", fmt.Sprintf(`{"webhookId":%q}`, hook)), "confirmation.token")
	if hook == nil || token == nil {
		t.Fatal("no webhook, or no token")
	}

	var all sync.WaitGroup
	var deleted atomic.Int32
	for n := range 5 {
		all.Go(func() {
			switch a := call("webhook_delete", fmt.Sprintf(`{"webhookId":%q,"confirm":%q}`, hook, token)); {
			case a["errorCode"] == nil:
				deleted.Add(1)
			case a["errorCode"] != "confirmation_invalid":
				t.Errorf("the token: %v", a)
			}
		})
		all.Go(func() {
			out, err := run(strings.Join([]string{
				fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"client %d","version":"1"}}}`, n),
				`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"project_confirm","arguments":{"projectId":"` + sandbox.DefaultProject + `"}}}`,
				fmt.Sprintf(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"webhook_create","arguments":{"target":"https://example.com/%d","secret":"sixteen-or-more-signs"}}}`, n),
			}, "\n"), "serve")
			if err != nil || strings.Contains(out, `"isError":true`) || !strings.Contains(out, "webhookId") {
				t.Errorf("client %d: %v\n%s", n, err, out)
			}
		})
	}
	all.Wait()
	if deleted.Load() != 1 {
		t.Errorf("the token was valid %d times", deleted.Load())
	}
	if out, err := run("", "audit", "verify", log); err != nil || strings.Count(out, "\n") != 1 {
		t.Errorf("%v: %s", err, out)
	}
}
