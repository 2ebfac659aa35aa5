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
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// program returns a command that runs the program, as testscript.Main put it
// on the path, in front of an API.
func program(ctx context.Context, api string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, detected, append([]string{"serve"}, args...)...)
	cmd.Env = append(os.Environ(), "PAPI_BASE_URL="+api, "SINCH_ACCESS_TOKEN=token", "SINCH_PROJECT_ID=p")
	cmd.Stderr = os.Stderr
	return cmd
}

// slowAPI answers every read after a while, or when it is released.
type slowAPI struct {
	*httptest.Server
	running atomic.Int32
	gone    chan struct{} // a token for each request whose caller went away
	release chan struct{}
}

func newSlowAPI(t *testing.T) *slowAPI {
	a := &slowAPI{gone: make(chan struct{}, 1000), release: make(chan struct{})}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.running.Add(1)
		defer a.running.Add(-1)
		select {
		case <-a.release:
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"webhooks":[],"totalSize":0,"pageSize":15}`)
		case <-r.Context().Done():
			a.gone <- struct{}{}
		}
	}))
	t.Cleanup(a.Close)
	return a
}

// start starts the program in front of an API.
func start(ctx context.Context, t *testing.T, api string, args ...string) (in io.WriteCloser, out *bufio.Reader, wait func() error) {
	t.Helper()
	cmd := program(ctx, api, args...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return stdin, bufio.NewReaderSize(stdout, 1<<20), cmd.Wait
}

const hello = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"script","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
`

func toolCall(id int, tool string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":{}}}`+"\n", id, tool)
}

type rpcAnswer struct {
	ID     *int `json:"id"`
	Result json.RawMessage
	Error  json.RawMessage
}

// A script pipes a thousand requests and closes the input: all are answered. A short run has ten rounds, CI has a hundred
// (PAPI_TEST_ROUNDS).
func TestAThousandPipedRequests(t *testing.T) {
	rounds := 10
	if given := os.Getenv("PAPI_TEST_ROUNDS"); given != "" {
		if _, err := fmt.Sscan(given, &rounds); err != nil {
			t.Fatal(err)
		}
	}
	api := newSlowAPI(t)
	close(api.release)
	const requests = 1000
	var script bytes.Buffer
	script.WriteString(hello)
	for id := 1; id <= requests; id++ {
		switch id % 4 {
		case 0:
			script.WriteString(toolCall(id, "webhook_list"))
		case 1:
			fmt.Fprintf(&script, `{"jsonrpc":"2.0","id":%d,"method":"ping"}`+"\n", id)
		case 2:
			script.WriteString(toolCall(id, "project_confirm"))
		case 3:
			script.WriteString(toolCall(id, "webhook_create")) // refused
		}
	}
	for round := range rounds {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		cmd := program(ctx, api.URL)
		cmd.Stderr = nil // a line for each call that is refused
		cmd.Stdin = bytes.NewReader(script.Bytes())
		out, err := cmd.Output()
		cancel()
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		answered := map[int]int{}
		for line := range bytes.Lines(out) {
			var a rpcAnswer
			if err := json.Unmarshal(line, &a); err != nil {
				t.Fatalf("round %d: no JSON-RPC: %s", round, line)
			}
			if a.ID == nil || a.Error != nil {
				t.Fatalf("round %d: %s", round, line)
			}
			answered[*a.ID]++
		}
		for id := 0; id <= requests; id++ {
			if answered[id] != 1 {
				t.Fatalf("round %d: request %d was answered %d times", round, id, answered[id])
			}
		}
	}
}

// A client that never reads the server's standard error gets all answers, although
// each of its calls logs a line.
func TestClientThatDoesNotReadStderr(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	unread, log, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer unread.Close()
	const calls = 3000
	script := bytes.NewBufferString(hello)
	for id := 1; id <= calls; id++ {
		script.WriteString(toolCall(id, "webhook_get")) // without its id: refused
	}
	cmd := program(ctx, "http://127.0.0.1:9")
	cmd.Stdin, cmd.Stderr = script, log
	out, err := cmd.Output()
	log.Close()
	if err != nil || bytes.Count(out, []byte(`"isError":true`)) != calls {
		t.Errorf("%v, %d answers", err, bytes.Count(out, []byte(`"isError":true`)))
	}
}

// A call that is too long is answered under its own id.
func TestCallOf20MB(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), detected, "serve", "--sandbox")
	cmd.Stdin = strings.NewReader(`{"jsonrpc":"2.0","id":42,"method":"tools/call","params":{"name":"webhook_get","arguments":{"webhookId":"` + strings.Repeat("x", 20<<20) + `"}}}`)
	out, err := cmd.Output()
	if err != nil || !strings.Contains(string(out), `"id":42,"error"`) || strings.Count(string(out), "\n") != 1 {
		t.Errorf("%v: %.300s", err, out)
	}
}

// A script can pipe a confirmation of the project and a write after it.
func TestWritePipedAfterConfirmation(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), detected, "serve", "--sandbox")
	cmd.Stdin = strings.NewReader(strings.Join([]string{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"project_confirm","arguments":{"projectId":"00000000-0000-0000-0000-000000000000"}}}`,
		`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"webhook_create","arguments":{"target":"https://example.com/hook","secret":"sixteen-or-more-signs"}}}`,
	}, "\n"))
	out, err := cmd.Output()
	if err != nil || strings.Contains(string(out), `"isError":true`) || !strings.Contains(string(out), "webhookId") {
		t.Errorf("%v:\n%s", err, out)
	}
}

// Two hundred slow calls do not block the server: later requests are answered, and
// the calls end when the API answers.
func TestTwoHundredSlowCalls(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	api := newSlowAPI(t)
	in, out, wait := start(ctx, t, api.URL)
	var script strings.Builder
	script.WriteString(hello)
	const slow = 200
	for id := 1; id <= slow; id++ {
		script.WriteString(toolCall(id, "webhook_list"))
	}
	fmt.Fprintf(&script, `{"jsonrpc":"2.0","id":%d,"method":"ping"}`+"\n", slow+1)
	if _, err := io.WriteString(in, script.String()); err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	next := func() int {
		line, err := out.ReadBytes('\n')
		if err != nil {
			t.Fatal(err)
		}
		var a rpcAnswer
		if err := json.Unmarshal(line, &a); err != nil || a.ID == nil {
			t.Fatalf("got %s", line)
		}
		seen[*a.ID] = true
		return *a.ID
	}
	for !seen[slow+1] {
		if id := next(); id != 0 && id != slow+1 {
			t.Fatalf("call %d ended though the API has not answered", id)
		}
	}
	close(api.release)
	for len(seen) < slow+2 {
		next()
	}
	in.Close()
	if err := wait(); err != nil {
		t.Fatal(err)
	}
}

// A cancelled call stops: its request to the API is cancelled, and it is not answered.
func TestCancelledCallStops(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	api := newSlowAPI(t)
	in, out, wait := start(ctx, t, api.URL)
	if _, err := io.WriteString(in, hello+toolCall(1, "webhook_list")); err != nil {
		t.Fatal(err)
	}
	for api.running.Load() == 0 {
		if ctx.Err() != nil {
			t.Fatal("the call never reached the API")
		}
	}
	if _, err := io.WriteString(in, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`+"\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-api.gone:
	case <-ctx.Done():
		t.Fatal("the API's request continues")
	}
	in.Close()
	rest, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(rest, []byte(`"id":1,`)) || bytes.Contains(rest, []byte(`"id":1}`)) {
		t.Errorf("a cancelled call was answered: %s", rest)
	}
	if err := wait(); err != nil {
		t.Fatal(err)
	}
}
