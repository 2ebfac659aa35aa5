//go:build linux || darwin

package cli

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/sandbox"
)

// runningWait is a papi-mcp wait that has reported the first state.
type runningWait struct {
	t      *testing.T
	cmd    *exec.Cmd
	out    bytes.Buffer
	stderr *bufio.Reader
	first  string // line on standard error
}

// startWait starts a wait in the named sandbox shop, and returns when it has read the
// thing once.
func startWait(n *named, args ...string) *runningWait {
	n.t.Helper()
	w := &runningWait{t: n.t, cmd: n.command(append(append([]string{"wait"}, args...), "--sandbox-name", "shop")...)}
	w.cmd.Stdout = &w.out
	stderr, err := w.cmd.StderrPipe()
	if err == nil {
		err = w.cmd.Start()
	}
	if err != nil {
		n.t.Fatal(err)
	}
	w.stderr = bufio.NewReader(stderr)
	w.first, _ = w.stderr.ReadString('\n')
	return w
}

// end waits for its end, and returns what it has reported since the first line.
func (w *runningWait) end(want errorcode.Exit) (answer map[string]any, lines string) {
	w.t.Helper()
	rest, err := io.ReadAll(w.stderr)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = w.cmd.Wait() // its exit code is compared
	if exit := errorcode.Exit(w.cmd.ProcessState.ExitCode()); exit != want {
		w.t.Fatalf("exit code %d: %s%s%s", exit, w.first, rest, w.out.String())
	}
	return decodeOne(w.t, w.out.String()), string(rest)
}

// Other calls can use a named sandbox, and move its clock, while one waits in it.
func TestANamedSandboxIsFreeDuringAWait(t *testing.T) {
	n := newNamed(t)
	n.call(errorcode.Done, "webhook_list", "--clock", "manual")
	w := startWait(n, "whatsapp_template_get", "templateName=gift_card", "languageCode=EN", "--timeout", "30s")
	if !strings.HasSuffix(w.first, "whatsapp_template gift_card EN: changes.status=IN_PROGRESS\n") {
		t.Errorf("first %q", w.first)
	}
	n.call(errorcode.Done, "sandbox_advance", "seconds=3600")
	n.call(errorcode.Done, "whatsapp_template_comment_add", "templateName=gift_card", "languageCode=EN", "comment=meanwhile")
	answer, lines := w.end(errorcode.Done)
	if answer["state"] != "APPROVED" || !strings.HasSuffix(lines, ": changes.status=IN_PROGRESS -> APPROVED\n") {
		t.Errorf("%q, %v", lines, answer)
	}
	if _, printed := n.call(errorcode.Done, "whatsapp_template_activity_list", "templateName=gift_card", "languageCode=EN"); !strings.Contains(printed, "meanwhile") {
		t.Errorf("what another call wrote is lost: %s", printed)
	}
	if _, errOut, exit := n.run("wait", "bundle_get", "bundleId=x", "--sandbox-name", "shop", "--clock", "real"); exit != errorcode.Usage || !strings.Contains(errOut, `began with --clock "manual"`) {
		t.Errorf("exit code %d: %s", exit, errOut)
	}
}

// Ctrl-C ends a wait with the last state.
func TestAnInterruptedWaitHasTheLastState(t *testing.T) {
	n := newNamed(t)
	n.call(errorcode.Done, "webhook_list", "--clock", "manual")
	w := startWait(n, "whatsapp_template_get", "templateName=gift_card", "languageCode=EN", "--timeout", "30s")
	if err := w.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	answer, lines := w.end(errorcode.TimedOut)
	if answer["pending"] != "IN_PROGRESS" || answer["settled"] != false || lines != "papi-mcp: interrupted: whatsapp_template gift_card EN: changes.status=IN_PROGRESS\n" {
		t.Errorf("%q, %v", lines, answer)
	}
}

// A wait uses the token that earlier calls have kept.
func TestAWaitUsesTheKeptToken(t *testing.T) {
	api := newUpstream(t)
	env := append(os.Environ(), "XDG_STATE_HOME="+t.TempDir(), "PAPI_BASE_URL="+api.URL, "PAPI_TOKEN_URL="+api.URL+"/oauth2/token",
		"SINCH_KEY_ID=any", "SINCH_KEY_SECRET=any", "SINCH_PROJECT_ID="+sandbox.DefaultProject)
	for _, args := range [][]string{{"call", "webhook_list"}, {"wait", "whatsapp_account_get"}} {
		cmd := exec.CommandContext(t.Context(), "papi-mcp", args...)
		cmd.Env = env
		out, _ := cmd.CombinedOutput() // there is no account to wait for
		if cmd.ProcessState == nil || strings.Contains(string(out), "token") {
			t.Errorf("%v: %s", args, out)
		}
	}
	if got := len(api.keysAsked()); got != 1 {
		t.Errorf("%d tokens were fetched, want 1", got)
	}
}
