package cli

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/sandbox"
)

// Callbacks on this machine are for tests: a server that others reach does not start.
func TestCallbacksOnThisMachine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "papi-mcp.yaml")
	_, hash := auth.NewKey()
	writeKeys(t, file, `bot: {hashes: [`+hash+`], projects: all, toolsets: all, read-only: false}`)
	code, _, errOut := run(t, nil, "serve", "--sandbox", "--http", "0.0.0.0:0", "--config", file, "--callbacks", "test-loopback")
	if code != int(errorcode.Usage) || !strings.Contains(errOut, "--callbacks test-loopback with --http 0.0.0.0:0") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
}

func writeKeys(t *testing.T, file, keys string) {
	t.Helper()
	if err := os.WriteFile(file, []byte("auth: token\nlog-format: json\nverbose: true\nkeys:\n  "+keys+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// callbackSecret is that of a client in tests.
const callbackSecret = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// events makes a request for events, and returns its answer.
func (w *httpProcess) events(method, params string, fields ...string) any {
	w.t.Helper()
	_, raw, _ := strings.Cut(w.request("events/"+method, "", params, fields...), " ")
	answer, err := jsonvalue.Decode([]byte(raw))
	if err != nil {
		w.t.Fatalf("%s: %v", raw, err)
	}
	return answer
}

// ends has the server end, and returns its output.
func (w *httpProcess) ends() string {
	w.t.Helper()
	if err := terminate(w.cmd); err != nil {
		w.t.Fatal(err)
	}
	if err := w.cmd.Wait(); err != nil {
		w.t.Fatalf("the server ended with %v:\n%s", err, w.output.String())
	}
	return w.output.String()
}

// newCallback is an endpoint that echoes challenges, and what it is sent.
func newCallback(t *testing.T) (url string, bodies <-chan map[string]any) {
	sent := make(chan map[string]any, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		raw, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(raw, &body)
		if body["type"] == "verification" {
			_ = json.NewEncoder(w).Encode(map[string]any{"challenge": body["challenge"]})
			return
		}
		sent <- body
	}))
	t.Cleanup(server.Close)
	return server.URL + "/secret-path", sent
}

// subscribeTo is the params of a subscription to templates.
func subscribeTo(url string) string {
	return fmt.Sprintf(`,"name":"whatsapp.template.status_changed","arguments":{"projectId":%q},"cursor":null,"ttlMs":null,"delivery":{"mode":"webhook","url":%q,"secret":%q}`, sandbox.DefaultProject, url, callbackSecret)
}

func nextBody(t *testing.T, bodies <-chan map[string]any) map[string]any {
	t.Helper()
	select {
	case got := <-bodies:
		return got
	case <-time.After(time.Minute):
		t.Fatal("nothing was sent")
		return nil
	}
}

// Who is not authenticated, or brings credentials, has no webhook; it is not offered one.
func TestNoCallbacks(t *testing.T) {
	t.Parallel()
	key, hash := auth.NewKey()
	file := filepath.Join(t.TempDir(), "papi-mcp.yaml")
	writeKeys(t, file, `bot: {hashes: [`+hash+`], projects: all, toolsets: all, read-only: false}`)
	for name, tt := range map[string]struct{ args, fields []string }{
		"without authentication":   {[]string{"--callbacks", "test-loopback"}, nil},
		"turned off":               {[]string{"--config", file, "--callbacks", "off"}, []string{"Authorization: Bearer " + key}},
		"credentials of a request": {[]string{"--config", file, "--tenant", "header"}, []string{"Authorization: Bearer " + key, "X-Sinch-Credentials: " + base64.StdEncoding.EncodeToString([]byte(sandbox.DefaultProject+":key:secret"))}},
	} {
		w := startHTTP(t, nil, append([]string{"--sandbox"}, tt.args...)...)
		if got := string(jsonvalue.Encode(w.events("list", "", tt.fields...))); !strings.Contains(got, `"poll"`) || strings.Contains(got, `"webhook"`) {
			t.Errorf("%s: %s", name, got)
		}
		got := w.events("subscribe", subscribeTo("https://example.com/hook"), tt.fields...)
		if code, _ := jsonvalue.Number(got, "error.code"); code != -32026 && code != -32024 {
			t.Errorf("%s: %v", name, got)
		}
	}
}
