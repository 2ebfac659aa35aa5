package cli

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A process that is killed between a write and its answer leaves an intent without
// an outcome, which verify reports.
func TestKilledProcessLeavesAnIntent(t *testing.T) {
	sent, gone := make(chan string), make(chan struct{})
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"webhooks":[],"totalSize":0,"pageSize":15}`)
			return
		}
		body, _ := io.ReadAll(r.Body)
		sent <- string(body)
		select {
		case <-r.Context().Done():
		case <-gone:
		}
	}))
	defer api.Close()
	defer close(gone)
	for name, args := range map[string]struct{ call, verify []string }{
		"in a file":  {[]string{"--audit", "audit.jsonl"}, []string{"audit.jsonl"}},
		"in a store": {[]string{"--audit", "store", "--store", "state.db"}, []string{"--store", "state.db"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			papiMCP := func(args ...string) *exec.Cmd {
				cmd := exec.CommandContext(t.Context(), "papi-mcp", args...)
				cmd.Dir, cmd.Stderr = dir, os.Stderr
				cmd.Env = append(os.Environ(), "PAPI_BASE_URL="+api.URL, "SINCH_ACCESS_TOKEN=token", "SINCH_PROJECT_ID=p")
				return cmd
			}
			call := papiMCP(append([]string{"call", "webhook_create", `{"projectId":"p","target":"https://example.com/hook","secret":"canary-5c1f-canary"}`}, args.call...)...)
			if err := call.Start(); err != nil {
				t.Fatal(err)
			}
			if body := <-sent; !strings.Contains(body, "canary") {
				t.Errorf("sent %s", body)
			}
			if err := call.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = call.Wait() // it was killed
			out, err := papiMCP(append([]string{"audit", "verify"}, args.verify...)...).Output()
			want := regexp.MustCompile(`^1 lines, last [0-9a-f]{64}\nline 1: an intent without an outcome: webhook_create in project "p" by "stdio" at \S+, call [A-Z2-7]{26}\n$`)
			if err != nil || !want.Match(out) {
				t.Errorf("%v:\n%s", err, out)
			}
			if text, _ := os.ReadFile(filepath.Join(dir, "audit.jsonl")); strings.Contains(string(text), "canary") {
				t.Error("a secret is in the log")
			}
		})
	}
}
