package cli

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/sandbox"
)

// tenantsAPI answers each tenant's reads of a sender in its own way, and notes with which
// key and of which path each was.
type tenantsAPI struct {
	*httptest.Server
	mu    sync.Mutex
	reads []string
	began chan struct{} // gets a value for each read with the key slow
	free  chan struct{} // closed when those may be answered
}

func newTenantsAPI(t *testing.T) *tenantsAPI {
	a := &tenantsAPI{began: make(chan struct{}, 16), free: make(chan struct{})}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if key, _, ok := r.BasicAuth(); ok {
			fmt.Fprintf(w, `{"access_token":%q,"token_type":"bearer","expires_in":3600}`, key)
			return
		}
		key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		a.mu.Lock()
		a.reads = append(a.reads, key+" "+r.URL.Path)
		a.mu.Unlock()
		state := "ACTIVE"
		if key == "slow" {
			state = "PENDING_VERIFICATION"
			a.began <- struct{}{}
			select {
			case <-a.free:
			case <-r.Context().Done():
			}
		}
		fmt.Fprintf(w, `{"id":"S","state":%q}`, state)
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *tenantsAPI) count(key, projectID string) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, read := range a.reads {
		if strings.HasPrefix(read, key+" ") && strings.Contains(read, projectID) {
			n++
		}
	}
	return n
}

const waitForS = `"for":[{"tool":"whatsapp_sender_get","args":{"senderId":"S"}}]`

// Two tenants that wait for the same ids in the same project share no reads: each sees
// what its own credentials show. The cursor of another tenant or project is refused, and
// nothing is read.
func TestTenantsShareNoReadsOfAWait(t *testing.T) {
	t.Parallel()
	api := newTenantsAPI(t)
	w := startHTTP(t, []string{"PAPI_BASE_URL=" + api.URL, "PAPI_TOKEN_URL=" + api.URL + "/oauth2/token"}, "--tenant", "header")
	with := func(text string) string {
		return "X-Sinch-Credentials: " + base64.StdEncoding.EncodeToString([]byte(text))
	}
	slow, quick, elsewhere := with(projectA+":slow:x"), with(projectA+":quick:x"), with(projectB+":quick:x")

	first := make(chan map[string]any)
	go func() { first <- w.call("wait", `{`+waitForS+`}`, slow) }()
	<-api.began
	ofQuick := w.call("wait", `{`+waitForS+`}`, quick) // while the read of the other is open
	ofElsewhere := w.call("wait", `{`+waitForS+`}`, elsewhere)
	close(api.free)
	ofSlow := <-first
	for key, got := range map[string]map[string]any{`"ACTIVE"`: ofQuick, `"PENDING_VERIFICATION"`: ofSlow, `"Success"`: ofElsewhere} {
		if raw, _ := json.Marshal(got); got["settled"] != true || !strings.Contains(string(raw), key) {
			t.Errorf("want %s: %s", key, raw)
		}
	}
	for _, of := range [][2]string{{"slow", projectA}, {"quick", projectA}, {"quick", projectB}} {
		if n := api.count(of[0], of[1]); n != 1 {
			t.Errorf("%v: %d reads", of, n)
		}
	}

	cursor := jsonvalue.Text(ofSlow, "cursor")
	args := `{` + waitForS + `,"cursor":"` + cursor + `"}`
	if got := w.call("wait", args, elsewhere); got["errorCode"] != "invalid_arguments" || api.count("quick", projectB) != 1 {
		t.Errorf("the cursor of another project: %v", got)
	}
	got := w.call("wait", args, quick)
	if raw, _ := json.Marshal(got); !strings.Contains(string(raw), "another caller or call") || api.count("quick", projectA) != 1 {
		t.Errorf("the cursor of another tenant: %s", raw)
	}
	if got := w.call("wait", `{"for":[{"tool":"whatsapp_sender_get","args":{"senderId":"S","projectId":"`+projectB+`"}}],"cursor":"`+cursor+`"}`, quick); got["errorCode"] != "guard_project_not_allowed" {
		t.Errorf("the cursor opens another project: %v", got)
	}
}

// A server that is asked to end ends an open wait with its result and a cursor, and itself with code 0, on
// both transports.
func TestTerminationEndsAnOpenWait(t *testing.T) {
	const project = sandbox.DefaultProject
	began := make(chan struct{}, 16)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"id":"S","state":"IN_PROGRESS"}`)
		began <- struct{}{}
	}))
	defer api.Close()
	env := []string{"PAPI_BASE_URL=" + api.URL, "SINCH_ACCESS_TOKEN=token", "SINCH_PROJECT_ID=" + project}
	check := func(t *testing.T, cmd *exec.Cmd, answer func() string) {
		t.Helper()
		// The second read shows that the server has seen the first.
		for range 2 {
			<-began
		}
		if err := terminate(cmd); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Result struct {
				StructuredContent map[string]any
				IsError           bool
			}
		}
		text := answer()
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if r := got.Result.StructuredContent; got.Result.IsError || r["settled"] != false || jsonvalue.Text(r, "cursor") == "" || !strings.Contains(text, "IN_PROGRESS") {
			t.Errorf("got %s", text)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	}
	const params = `"name":"wait","arguments":{` + waitForS + `,"timeoutSeconds":300}`
	t.Run("stdio", func(t *testing.T) {
		cmd := exec.CommandContext(t.Context(), detected, "serve")
		cmd.Env = append(os.Environ(), env...)
		interruptible(cmd)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(in, hello, `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{`+params+`}}`, "\n")
		lines := json.NewDecoder(out)
		var line json.RawMessage
		if err := lines.Decode(&line); err != nil { // of initialize
			t.Fatal(err)
		}
		check(t, cmd, func() string {
			if err := lines.Decode(&line); err != nil {
				t.Error(err)
			}
			return string(line)
		})
	})
	t.Run("HTTP", func(t *testing.T) {
		w := startHTTP(t, env)
		answer := make(chan string)
		go func() {
			_, text, _ := strings.Cut(w.request("tools/call", "wait", ","+params), " ")
			answer <- text
		}()
		check(t, w.cmd, func() string {
			select {
			case text := <-answer:
				return text
			case <-time.After(20 * time.Second):
				return "no answer"
			}
		})
	})
}
