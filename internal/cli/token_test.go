package cli

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"papi-mcp/internal/private"
	"papi-mcp/internal/sandbox"
)

// The calls of a user fetch one token, those that start together as well. No output
// has the token or the secret.
func TestCallsShareOneToken(t *testing.T) {
	api := newUpstream(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "papi-mcp", "tokens.json")
	var mu sync.Mutex
	var printed strings.Builder
	call := func(args ...string) {
		cmd := exec.CommandContext(t.Context(), "papi-mcp", append(args, "--verbose")...)
		cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+dir, "PAPI_BASE_URL="+api.URL, "PAPI_TOKEN_URL="+api.URL+"/oauth2/token",
			"SINCH_KEY_ID=any", "SINCH_KEY_SECRET=canary-secret", "SINCH_PROJECT_ID="+sandbox.DefaultProject)
		out, err := cmd.CombinedOutput()
		if err != nil && args[0] != "doctor" { // which complains about the sandbox's clock
			t.Errorf("%v: %v: %s", args, err, out)
		}
		mu.Lock()
		defer mu.Unlock()
		printed.Write(out)
	}
	fetched := func(want int, after string) {
		t.Helper()
		if got := len(api.keysAsked()); got != want {
			t.Errorf("%s: %d tokens were fetched, want %d", after, got, want)
		}
	}
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() { call("call", "webhook_list") })
	}
	all.Wait()
	fetched(1, "calls that start together")
	for range 10 {
		call("call", "project_overview")
	}
	fetched(1, "calls one after the other")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), `"token":"`)
	token, _, _ := strings.Cut(rest, `"`)
	if len(token) < 20 {
		t.Errorf("the file has %s", raw)
	}
	for _, name := range []string{file, filepath.Dir(file)} {
		if err := private.Inspect(name, othersAccess); err != nil {
			t.Error(err)
		}
	}

	if resp, err := http.Post(api.URL+"/_sandbox/reset", "", nil); err != nil || resp.Body.Close() != nil {
		t.Fatal(err)
	}
	for range 2 {
		call("call", "webhook_list")
	}
	fetched(2, "a token that the API refuses")
	call("doctor")
	fetched(3, "doctor, which tests the key")
	call("call", "webhook_list", "--store", "memory")
	fetched(4, "a call that keeps nothing")
	if runtime.GOOS != "windows" { // which has no modes
		if err := os.Chmod(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		call("call", "webhook_list")
		fetched(5, "a folder that others can write")
	}
	for _, hidden := range []string{token, "canary-secret"} {
		if strings.Contains(printed.String(), hidden) {
			t.Error("a token or a secret was printed")
		}
	}
}
