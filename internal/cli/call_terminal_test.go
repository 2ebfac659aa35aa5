//go:build linux || darwin

package cli

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/sandbox"
)

// atTerminal is a sandbox, and a person at a terminal who uses it.
type atTerminal struct {
	t       *testing.T
	env     []string
	webhook string // one that can be deleted
}

func newAtTerminal(t *testing.T) *atTerminal {
	t.Helper()
	box := sandbox.New(sandbox.Options{Seed: 1, Manual: true})
	api := httptest.NewServer(box)
	t.Cleanup(func() { api.Close(); box.Close() })
	x := &atTerminal{t: t, env: []string{
		"XDG_STATE_HOME=" + t.TempDir(), "PAPI_BASE_URL=" + api.URL, "SINCH_ACCESS_TOKEN=sandbox", "SINCH_PROJECT_ID=" + sandbox.DefaultProject,
	}}
	x.webhook = x.create("https://example.com/hook")
	return x
}

// create registers a webhook, and returns its id.
func (x *atTerminal) create(target string) string {
	x.t.Helper()
	_, answer := x.piped("call", "webhook_create", "projectId="+sandbox.DefaultProject, "target="+target, "secret=sixteen-or-more-signs", "triggers=ALL")
	ids, _ := answer["ids"].(map[string]any)
	id, _ := ids["webhookId"].(string)
	if id == "" {
		x.t.Fatalf("no webhook was created: %v", answer)
	}
	return id
}

// piped runs the program without a terminal.
func (x *atTerminal) piped(args ...string) (code int, answer map[string]any) {
	x.t.Helper()
	cmd := exec.CommandContext(x.t.Context(), "papi-mcp", args...)
	cmd.Env = append(os.Environ(), x.env...)
	out, err := cmd.Output()
	if cmd.ProcessState == nil {
		x.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), decodeOne(x.t, string(out))
}

// decodeOne decodes an output that has one JSON object, and nothing else.
func decodeOne(t *testing.T, out string) map[string]any {
	t.Helper()
	var answer map[string]any
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		t.Fatalf("%v: %q", err, out)
	}
	return answer
}

// The question at a terminal is the guard's own, with the project and the write in one;
// standard output has only the JSON.
func TestCallAsksAtATerminal(t *testing.T) {
	x := newAtTerminal(t)
	run := onTerminal(t, x.env, "call", "webhook_delete", "webhookId="+x.webhook)
	run.expect("[y/N] ")
	run.enter("y\n")
	code, out, screen := run.end()
	if code != int(errorcode.Done) || decodeOne(t, out)["done"] == nil {
		t.Errorf("exit code %d: %s", code, out)
	}
	for _, want := range []string{`Delete the webhook to "https://example.com/hook"?`, "for the next 12 hours"} {
		if strings.Count(screen, want) != 1 {
			t.Errorf("%q is not once on the screen:\n%s", want, screen)
		}
	}
	if strings.Count(screen, "[y/N]") != 1 {
		t.Errorf("not one question:\n%s", screen)
	}
	for line := range strings.Lines(screen) {
		if textWidth(strings.TrimSuffix(line, "\n")) > terminalColumns {
			t.Errorf("wider than %d columns: %q", terminalColumns, line)
		}
	}
	if strings.ContainsRune(screen, '\x1b') {
		t.Errorf("control sequences: %q", screen)
	}

	// The project is confirmed for later calls, which are asked about alone.
	run = onTerminal(t, x.env, "call", "webhook_create", "target=https://example.com/hook2", "secret=sixteen-or-more-signs", "triggers=ALL")
	code, out, screen = run.end()
	if code != int(errorcode.Done) || strings.Contains(screen, "[y/N]") {
		t.Errorf("exit code %d: %s%s", code, out, screen)
	}
	run = onTerminal(t, x.env, "call", "webhook_delete", "webhookId="+x.create("https://example.com/hook3"))
	run.expect("[y/N] ")
	run.enter("YES\n")
	code, out, screen = run.end()
	if code != int(errorcode.Done) || strings.Contains(screen, "12 hours") {
		t.Errorf("exit code %d: %s%s", code, out, screen)
	}
}

// Anything but yes is a refusal, which holds for ten minutes where no person can be
// asked; on the terminal the person may be asked again.
func TestCallIsDeclinedAtATerminal(t *testing.T) {
	for keys, answer := range map[string]string{
		"\n": "declined", "n\n": "declined", "maybe\n": "declined", "yy\n": "declined",
		ctrlD: "cancelled", "y" + ctrlD + ctrlD: "cancelled", ctrlC: "cancelled", "y" + ctrlC: "cancelled",
	} {
		t.Run(keys, func(t *testing.T) {
			t.Parallel()
			x := newAtTerminal(t)
			args := []string{"call", "webhook_delete", "webhookId=" + x.webhook, "projectId=" + sandbox.DefaultProject}
			run := onTerminal(t, x.env, args...)
			run.expect("[y/N] ")
			run.enter(keys)
			code, out, _ := run.end()
			got := decodeOne(t, out)
			info, _ := got["additionalInformation"].(map[string]any)
			if code != int(errorcode.Failed) || got["errorCode"] != errorcode.ConfirmationDeclined || info["answer"] != answer {
				t.Errorf("exit code %d: %s", code, out)
			}
			if code, got := x.piped(args...); code != int(errorcode.Failed) || got["errorCode"] != errorcode.ConfirmationDeclined {
				t.Errorf("without a terminal: exit code %d: %v", code, got)
			}
			run = onTerminal(t, x.env, args...)
			run.expect("[y/N] ")
			run.enter("y\n")
			if code, out, _ := run.end(); code != int(errorcode.Done) {
				t.Errorf("asked again: exit code %d: %s", code, out)
			}
		})
	}
}

// --confirm human is satisfied at a terminal and nowhere else; --confirm off does not
// ask; without a terminal auto returns a token, as it does where the arguments come
// from standard input.
func TestCallConfirmModes(t *testing.T) {
	x := newAtTerminal(t)
	args := []string{"call", "webhook_delete", "webhookId=" + x.webhook, "projectId=" + sandbox.DefaultProject}
	if code, got := x.piped(append(args, "--confirm", "human")...); code != int(errorcode.PersonNeeded) || got["errorCode"] != errorcode.ConfirmationUnavailable {
		t.Errorf("human without a terminal: exit code %d: %v", code, got)
	}
	code, got := x.piped(args...)
	if confirmation, _ := got["confirmation"].(map[string]any); code != int(errorcode.PersonNeeded) || confirmation["token"] == nil {
		t.Errorf("auto without a terminal: exit code %d: %v", code, got)
	}

	run := onTerminal(t, x.env, "call", "webhook_delete", "-")
	run.enter(`{"webhookId":"` + x.webhook + `","projectId":"` + sandbox.DefaultProject + "\"}\n" + ctrlD)
	code, out, screen := run.end()
	if code != int(errorcode.PersonNeeded) || decodeOne(t, out)["errorCode"] != errorcode.ConfirmationRequired || strings.Contains(screen, "[y/N]") {
		t.Errorf("arguments from standard input: exit code %d: %s%s", code, out, screen)
	}

	run = onTerminal(t, x.env, append(args, "--confirm", "human")...)
	run.expect("[y/N] ")
	run.enter("y\n")
	if code, out, _ := run.end(); code != int(errorcode.Done) {
		t.Errorf("human at a terminal: exit code %d: %s", code, out)
	}

	run = onTerminal(t, x.env, "call", "webhook_delete", "webhookId="+x.create("https://example.com/other"), "--confirm", "off")
	if code, out, screen := run.end(); code != int(errorcode.Done) || strings.Contains(screen, "[y/N]") {
		t.Errorf("off: exit code %d: %s%s", code, out, screen)
	}
}

// Without a folder for state a refusal could not be remembered, so nothing is asked.
// --store memory says that it need not be.
func TestCallWithoutHomeAtATerminal(t *testing.T) {
	x := newAtTerminal(t)
	args := []string{"call", "webhook_delete", "webhookId=" + x.webhook, "projectId=" + sandbox.DefaultProject}
	x.env = append(x.env, "HOME=", "XDG_STATE_HOME=")
	run := onTerminal(t, x.env, args...)
	code, out, screen := run.end()
	if code != int(errorcode.Failed) || decodeOne(t, out)["errorCode"] != errorcode.StoreUnavailable || screen != "" {
		t.Errorf("exit code %d: %s%s", code, out, screen)
	}
	run = onTerminal(t, x.env, append(args, "--store", "memory")...)
	run.expect("[y/N] ")
	run.enter("y\n")
	if code, out, _ := run.end(); code != int(errorcode.Done) {
		t.Errorf("in memory: exit code %d: %s", code, out)
	}
}

// project_confirm is asked about at a terminal, and a dry run asks nothing.
func TestCallConfirmsAProjectAtATerminal(t *testing.T) {
	x := newAtTerminal(t)
	run := onTerminal(t, x.env, "call", "webhook_delete", "webhookId="+x.webhook, "--dry-run")
	if code, out, screen := run.end(); code != int(errorcode.Done) || strings.Contains(screen, "[y/N]") || !strings.Contains(out, "for the next 12 hours") {
		t.Errorf("dry run: exit code %d: %s%s", code, out, screen)
	}
	run = onTerminal(t, x.env, "call", "project_confirm", "projectId="+sandbox.DefaultProject)
	run.expect("for the next 12 hours?")
	run.expect("[y/N] ")
	run.enter("y\n")
	if code, out, _ := run.end(); code != int(errorcode.Done) {
		t.Errorf("exit code %d: %s", code, out)
	}
	run = onTerminal(t, x.env, "call", "project_confirm", "--dry-run")
	if code, _, screen := run.end(); code != int(errorcode.Usage) || !strings.Contains(screen, "project_confirm has no dry run") {
		t.Errorf("exit code %d: %s", code, screen)
	}
}

// JSON is indented on a terminal alone, unless --pretty says otherwise.
func TestCallPretty(t *testing.T) {
	x := newAtTerminal(t)
	for _, tt := range []struct {
		onTerminal bool
		flag       string
		pretty     bool
	}{{false, "", false}, {false, "--pretty", true}, {true, "", true}, {true, "--pretty=false", false}} {
		args := []string{"call", "webhook_list"}
		if tt.flag != "" {
			args = append(args, tt.flag)
		}
		run := onTerminalWithOutput(t, tt.onTerminal, x.env, args...)
		_, out, screen := run.end()
		if tt.onTerminal {
			out = screen
		}
		if decodeOne(t, out); strings.HasPrefix(out, "{\n  \"") != tt.pretty {
			t.Errorf("terminal %v, %q: %s", tt.onTerminal, tt.flag, out)
		}
	}
}

// A question that is not answered ends before its state expires, as a timeout.
func TestQuestionAtATerminalEnds(t *testing.T) {
	if answer := (terminalElicitor{endless(t), time.Nanosecond}).Ask(t.Context(), guard.Question{Summary: "Delete it?"}); answer != guard.TimedOut {
		t.Error(answer)
	}
}
