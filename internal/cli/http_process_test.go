package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"papi-mcp/internal/sandbox"
)

// upstream is the API of a test: the sandbox over HTTP, and what it received.
type upstream struct {
	*httptest.Server
	mu   sync.Mutex
	keys []string     // ids of the keys that tokens were asked for with, in order
	raw  bytes.Buffer // all headers and bodies
}

func newUpstream(t *testing.T) *upstream {
	box := sandbox.New(sandbox.Options{Seed: 1, Manual: true})
	t.Cleanup(box.Close)
	u := &upstream{}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		u.mu.Lock()
		if id, _, ok := r.BasicAuth(); ok {
			u.keys = append(u.keys, id)
		}
		fmt.Fprint(&u.raw, r.URL, r.Header, string(body))
		u.mu.Unlock()
		box.ServeHTTP(w, r)
	}))
	t.Cleanup(u.Close)
	return u
}

func (u *upstream) keysAsked() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.keys)
}

func (u *upstream) received(secret string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return bytes.Contains(u.raw.Bytes(), []byte(secret))
}

// httpProcess is a server over HTTP in a separate process, and its output.
type httpProcess struct {
	t      *testing.T
	url    string
	client *http.Client
	cmd    *exec.Cmd
	output lockedBuffer // log and answers
}

func startHTTP(t *testing.T, env []string, args ...string) *httpProcess {
	t.Helper()
	w := &httpProcess{t: t, client: &http.Client{Transport: &http.Transport{}}}
	cmd := exec.Command(detected, append([]string{"serve", "--http", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(cmd.Environ(), env...)
	cmd.Stderr = &w.output
	interruptible(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.cmd = cmd
	t.Cleanup(func() {
		w.client.CloseIdleConnections()
		if cmd.ProcessState != nil { // a test has waited for it
			return
		}
		if err := interrupt(cmd); err != nil {
			_ = cmd.Process.Kill() // it may have ended
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server ended with %v:\n%s", err, w.output.String())
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %s", err, w.output.String())
	}
	w.url = strings.TrimSuffix(strings.TrimSpace(line), "/mcp")
	return w
}

// send makes a request, with header fields as "Name: value".
func (w *httpProcess) send(method, path, body string, fields ...string) (int, http.Header, string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Set(name, value)
	}
	resp, err := w.client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	fmt.Fprint(&w.output, resp.Header, string(answer))
	return resp.StatusCode, resp.Header, string(answer)
}

// request makes a request of protocol 2026-07-28 from a client without elicitation,
// and returns its status and answer.
func (w *httpProcess) request(method, name, params string, fields ...string) string {
	w.t.Helper()
	return w.requestAs(`{}`, method, name, params, fields...)
}

// requestAs makes the request from a client with capabilities.
func (w *httpProcess) requestAs(capabilities, method, name, params string, fields ...string) string {
	w.t.Helper()
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":%s}%s}}`, method, capabilities, params)
	fields = append([]string{"Mcp-Protocol-Version: 2026-07-28", "Mcp-Method: " + method}, fields...)
	if name != "" {
		fields = append(fields, "Mcp-Name: "+name)
	}
	status, _, answer := w.send(http.MethodPost, "/mcp", body, fields...)
	return fmt.Sprint(status, " ", answer)
}

// call makes a tool call, and returns its structured result, or the complete answer
// as errorCode where there is none.
func (w *httpProcess) call(tool, args string, fields ...string) map[string]any {
	w.t.Helper()
	answer := w.request("tools/call", tool, fmt.Sprintf(`,"name":%q,"arguments":%s`, tool, args), fields...)
	var got struct {
		Result struct {
			StructuredContent map[string]any `json:"structuredContent"`
		} `json:"result"`
	}
	_, raw, _ := strings.Cut(answer, " ")
	if json.Unmarshal([]byte(raw), &got) != nil || got.Result.StructuredContent == nil {
		return map[string]any{"errorCode": answer}
	}
	return got.Result.StructuredContent
}

// tools returns the names of the listed tools.
func (w *httpProcess) tools(fields ...string) string {
	w.t.Helper()
	answer := w.request("tools/list", "", "", fields...)
	_, raw, _ := strings.Cut(answer, " ")
	var got struct {
		Result struct{ Tools []struct{ Name string } }
	}
	if err := json.Unmarshal([]byte(raw), &got); err != nil {
		w.t.Fatalf("%v: %s", err, answer)
	}
	names := []string{}
	for _, tool := range got.Result.Tools {
		names = append(names, tool.Name)
	}
	return strings.Join(names, " ")
}

const older = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","clientInfo":{"name":"t","version":"1"},"capabilities":{}}}`

// session opens a session of an older protocol, and returns its header field.
func (w *httpProcess) session(fields ...string) string {
	w.t.Helper()
	status, header, answer := w.send(http.MethodPost, "/mcp", older, fields...)
	if status != http.StatusOK {
		w.t.Fatalf("%d %s", status, answer)
	}
	return "Mcp-Session-Id: " + header.Get("Mcp-Session-Id")
}

const (
	projectA = "aaaaaaaa-0000-0000-0000-000000000000"
	projectB = "bbbbbbbb-0000-0000-0000-000000000000"
)

// eventually waits until a condition is true.
func eventually(t *testing.T, max time.Duration, condition func() bool) {
	t.Helper()
	ticks := time.NewTicker(100 * time.Millisecond)
	defer ticks.Stop()
	for end := time.After(max); !condition(); {
		select {
		case <-ticks.C:
		case <-end:
			t.Fatal("the condition did not become true")
		}
	}
}
