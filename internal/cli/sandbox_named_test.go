package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/private"
	"papi-mcp/internal/sandbox"
)

// named makes calls of one user in a named sandbox, each in a process of its own.
type named struct {
	t   *testing.T
	dir string // XDG_STATE_HOME
}

func newNamed(t *testing.T) *named { return &named{t, t.TempDir()} }

func (n *named) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(n.t.Context(), "papi-mcp", args...)
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+n.dir, "SINCH_PROJECT_ID="+sandbox.DefaultProject)
	return cmd
}

// run runs a command and returns its outputs and its exit code.
func (n *named) run(args ...string) (out, errOut string, exit errorcode.Exit) {
	n.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := n.command(args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		exit = errorcode.Exit(failed.ExitCode())
	} else if err != nil {
		n.t.Error(err)
	}
	return stdout.String(), stderr.String(), exit
}

// call makes a tool call in the sandbox "shop", with the project, and wants an exit code.
func (n *named) call(want errorcode.Exit, args ...string) (answer map[string]any, printed string) {
	n.t.Helper()
	args = append(append([]string{"call"}, args...), "projectId="+sandbox.DefaultProject, "--sandbox-name", "shop", "--seed-data", "shop")
	out, errOut, exit := n.run(args...)
	if exit != want {
		n.t.Fatalf("%v: exit code %d: %s%s", args, exit, out, errOut)
	}
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		n.t.Fatalf("%v: %v: %s", args, err, out)
	}
	return answer, out + errOut
}

func (n *named) folder() string { return filepath.Join(n.dir, "papi-mcp", "sandboxes", "shop") }
func (n *named) file() string   { return filepath.Join(n.folder(), sandboxFile) }

// pass lets time pass, by changing the time at which the state was saved.
func (n *named) pass(d time.Duration) {
	n.t.Helper()
	var kept keptSandbox
	raw, err := os.ReadFile(n.file())
	if err == nil {
		err = json.Unmarshal(raw, &kept)
	}
	if err == nil {
		kept.At = kept.At.Add(-d)
		err = os.WriteFile(n.file(), jsonvalue.Encode(kept), 0o600)
	}
	if err != nil {
		n.t.Fatal(err)
	}
}

var printedCode = lazyregexp.New(`(?i)code"?[=:] ?"?([0-9]{6})\b`)

// seededSender waits for a code in the seed data.
const seededSender = "1f8c8dc5-4a76-4f7e-b602-b4eb9195c4ec"

// A registration, a one-time code, a confirmation and a review continue from call to call,
// in the time that passes between them.
func TestANamedSandboxContinues(t *testing.T) {
	n := newNamed(t)
	state := func(tool string, args ...string) string {
		answer, _ := n.call(errorcode.Done, append([]string{tool}, args...)...)
		return jsonvalue.Text(answer, "state")
	}
	_, printed := n.call(errorcode.Done, "whatsapp_sender_register", "senderId="+seededSender, "method=SMS")
	codes := printedCode.FindAllStringSubmatch(printed, -1) // those of the seed data first
	if codes == nil {
		t.Fatalf("no code: %s", printed)
	}
	n.call(errorcode.Done, "whatsapp_sender_verify", "senderId="+seededSender, "code="+codes[len(codes)-1][1])
	if got := state("whatsapp_sender_get", "senderId="+seededSender); got != "PENDING_VERIFICATION" {
		t.Errorf("after the code the sender is %s", got)
	}
	n.call(errorcode.Done, "whatsapp_template_create", `{"name":"order","language":"EN","category":"UTILITY","details":{"components":[{"type":"BODY","text":"Your order is on its way."}]}}`)
	n.pass(20 * time.Second)
	if got := state("whatsapp_template_get", "templateName=order", "languageCode=EN"); got == "APPROVED" {
		t.Errorf("after 20 s the template is %s", got)
	}
	n.pass(3 * time.Minute)
	if got := state("whatsapp_template_get", "templateName=order", "languageCode=EN"); got != "APPROVED" {
		t.Errorf("after 3 min the template is %s", got)
	}
	if got := state("whatsapp_sender_get", "senderId="+seededSender); got != "ACTIVE" {
		t.Errorf("after 3 min the sender is %s", got)
	}
	asked, _ := n.call(errorcode.PersonNeeded, "whatsapp_sender_delete", "senderId="+seededSender)
	token := jsonvalue.Text(asked, "confirmation.token")
	n.call(errorcode.Done, "whatsapp_sender_delete", "senderId="+seededSender, "confirm="+token)
	if again, _ := n.call(errorcode.PersonNeeded, "whatsapp_sender_delete", "senderId="+seededSender, "confirm="+token); again["errorCode"] != "confirmation_invalid" {
		t.Errorf("the token again: %v", again)
	}
	for _, path := range []string{n.folder(), filepath.Dir(n.folder()), n.file(), filepath.Join(n.folder(), "state.db")} {
		if err := private.Inspect(path, othersAccess); err != nil {
			t.Error(err)
		}
	}
}

// Calls that run at the same time wait for each other: none is lost.
func TestCallsOfANamedSandboxWaitForEachOther(t *testing.T) {
	n := newNamed(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if out, errOut, exit := n.run("call", "webhook_create", "projectId="+sandbox.DefaultProject, fmt.Sprint("target=https://example.com/", i), "secret=sixteen-or-more-signs", "triggers=ALL", "--sandbox-name", "shop"); exit != 0 {
				t.Errorf("exit code %d: %s%s", exit, out, errOut)
			}
		})
	}
	all.Wait()
	out, _, _ := n.run("call", "webhook_list", "--sandbox-name", "shop")
	for i := range 8 {
		if !strings.Contains(out, fmt.Sprint("https://example.com/", i)) {
			t.Errorf("webhook %d is lost: %s", i, out)
		}
	}

	unlock, err := lockSandbox(t.Context(), filepath.Dir(n.folder()), "shop", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if _, errOut, exit := n.run("call", "webhook_list", "--sandbox-name", "shop", "--timeout", "1ms"); exit != errorcode.TimedOut || !strings.Contains(errOut, `the sandbox "shop" is used by another call`) {
		t.Errorf("while another call has it: exit code %d: %s", exit, errOut)
	}
	if _, errOut, exit := n.run("call", "webhook_list", "--sandbox-name", "another", "--timeout", "30s"); exit != errorcode.Done {
		t.Errorf("another sandbox: exit code %d: %s", exit, errOut)
	}
}

// A call that is killed has lost nothing that it had printed, and damages nothing.
func TestAKilledCallOfANamedSandbox(t *testing.T) {
	n := newNamed(t)
	arrived := make(chan struct{})
	var answers atomic.Bool
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if !answers.Load() {
			arrived <- struct{}{}
			<-r.Context().Done() // the end of the process, which waits for the answer
		}
	}))
	defer receiver.Close()
	n.call(errorcode.Done, "webhook_create", "target="+receiver.URL, "secret=sixteen-or-more-signs", "triggers=WHATSAPP_SENDER_COMMENT_ADDED")
	for i, afterItsAnswer := range []bool{true, false, true} {
		comment := fmt.Sprintf("comment %d.", i)
		cmd := n.command("call", "whatsapp_sender_comment_add", "projectId="+sandbox.DefaultProject, "senderId="+seededSender, "comment="+comment, "--sandbox-name", "shop")
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		<-arrived
		if afterItsAnswer {
			if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.Contains(line, "comment added") {
				t.Errorf("it printed %q, %v", line, err)
			}
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		answers.Store(true)
		activities, printed := n.call(errorcode.Done, "whatsapp_sender_activity_list", "senderId="+seededSender)
		if afterItsAnswer && !strings.Contains(fmt.Sprint(activities), comment) {
			t.Errorf("%s is lost: %s", comment, printed)
		}
		answers.Store(false)
	}
}

// A state that can't be written is an error, and nothing is printed as if it was kept.
func TestANamedSandboxThatCanNotBeKept(t *testing.T) {
	n := newNamed(t)
	n.call(errorcode.Done, "webhook_list")
	if err := os.MkdirAll(filepath.Join(n.folder(), sandboxFile+".new", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	out, errOut, exit := n.run("call", "webhook_create", "projectId="+sandbox.DefaultProject, "target=https://example.com/", "secret=sixteen-or-more-signs", "--sandbox-name", "shop")
	if exit != errorcode.Failed || out != "" || strings.Count(errOut, `the state of the sandbox "shop" can't be kept in `+n.folder()) != 1 {
		t.Errorf("exit code %d: %s%s", exit, out, errOut)
	}
}

// The time of a sandbox moves at its speed between calls too.
func TestTheSpeedOfANamedSandbox(t *testing.T) {
	n := newNamed(t)
	const body = `{"name":"order","language":"EN","category":"UTILITY","details":{"components":[{"type":"BODY","text":"Your order is on its way."}]}}`
	n.call(errorcode.Done, "whatsapp_template_create", body, "--speed", "600")
	n.pass(time.Second)
	if answer, printed := n.call(errorcode.Done, "whatsapp_template_get", "templateName=order", "languageCode=EN"); answer["state"] != "APPROVED" {
		t.Errorf("after 10 min of the API's time: %s", printed)
	}
}

// What is due while no process runs is delivered by the next call.
func TestWebhooksOfANamedSandbox(t *testing.T) {
	n := newNamed(t)
	var mu sync.Mutex
	received := 0
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if received++; received == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer receiver.Close()
	n.call(errorcode.Done, "webhook_create", "target="+receiver.URL, "secret=sixteen-or-more-signs", "triggers=WHATSAPP_SENDER_COMMENT_ADDED")
	n.call(errorcode.Done, "whatsapp_sender_comment_add", "senderId="+seededSender, "comment=Hello")
	for range 2 {
		n.pass(time.Minute)
		n.call(errorcode.Done, "webhook_list")
	}
	mu.Lock()
	defer mu.Unlock()
	if received != 2 {
		t.Errorf("%d deliveries were tried", received)
	}
}

// What can't be read is an error that says how to begin again, and stays as it is.
func TestADamagedNamedSandbox(t *testing.T) {
	n := newNamed(t)
	n.call(errorcode.Done, "webhook_list")
	whole, err := os.ReadFile(n.file())
	if err != nil {
		t.Fatal(err)
	}
	otherFormat := bytes.Replace(whole, []byte(`"format":1`), []byte(`"format":2`), 1)
	for content, want := range map[string]string{
		"": "unexpected end", "{": "unexpected end", "null": "another version", "[]": "cannot unmarshal", string(whole[:len(whole)/2]): "unexpected end", string(otherFormat): "another version of papi-mcp (format 2",
		`{"format":1}`: "read a state", `{"format":1,"dump":{"now":"2026-01-01T00:00:00Z","state":{"queue":[{"event":"later"}]}}}`: "unknown event", `{"format":1,"flags":{"seed":"x"},"dump":{}}`: "invalid syntax",
	} {
		if err := os.WriteFile(n.file(), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, errOut, exit := n.run("call", "webhook_list", "--sandbox-name", "shop")
		if exit != errorcode.Failed || !strings.Contains(errOut, want) || !strings.Contains(errOut, "to begin again: papi-mcp sandbox remove shop") {
			t.Errorf("%.40q: exit code %d: %s", content, exit, errOut)
		}
		if got, err := os.ReadFile(n.file()); err != nil || string(got) != content {
			t.Errorf("%.40q was changed: %v", content, err)
		}
	}
	if _, errOut, exit := n.run("sandbox", "remove", "shop"); exit != errorcode.Done {
		t.Errorf("exit code %d: %s", exit, errOut)
	}
	if _, err := os.Stat(n.folder()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after its removal: %v", err)
	}
	n.call(errorcode.Done, "webhook_list")
	if runtime.GOOS == "windows" {
		return // it has no modes
	}
	if err := os.Chmod(n.folder(), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, errOut, exit := n.run("call", "webhook_list", "--sandbox-name", "shop"); exit != errorcode.Failed || !strings.Contains(errOut, "set them to 0700") {
		t.Errorf("a folder that others can write: exit code %d: %s", exit, errOut)
	}
}
