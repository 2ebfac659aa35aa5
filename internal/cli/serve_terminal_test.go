//go:build linux || darwin

package cli

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/term"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/sandbox"
)

// On a terminal serve says that it waits and how to stop; Ctrl-C ends it as a success,
// and leaves the terminal as it was. A client, which uses a pipe, sees nothing of it.
func TestServeOnATerminal(t *testing.T) {
	for _, tt := range []struct {
		args []string
		says string
		out  string // how standard output begins; it has one line, or none
	}{
		{[]string{"serve", "--sandbox"}, "waiting for an MCP client", ""},
		{[]string{"--sandbox"}, "waiting for an MCP client", ""},
		{[]string{"serve", "--config", "env:SERVE_CONFIG"}, "listening on http://127.0.0.1:", "http://127.0.0.1:"},
		{[]string{"serve", "--sandbox", "--toolsets", "webhooks", "--http", "127.0.0.1:0"}, "listening on http://127.0.0.1:", "http://127.0.0.1:"},
	} {
		x := onTerminal(t, []string{"SERVE_CONFIG={http: '127.0.0.1:0', sandbox: true, toolsets: [webhooks]}"}, tt.args...)
		before, err := term.GetState(int(x.pty.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		x.expect("Ctrl-C stops it.")
		x.enter(ctrlC)
		code, out, screen := x.end()
		if code != int(errorcode.Done) || !strings.HasPrefix(out, tt.out) || (out == "") != (tt.out == "") || strings.Count(out, "\n") > 1 {
			t.Errorf("%v: exit %d, output %q", tt.args, code, out)
		}
		screen = strings.ReplaceAll(screen, "^C", "") // the terminal's echo
		lines := strings.Split(strings.TrimSpace(screen), "\n")
		if tt.out != "" && len(lines) == 3 && strings.Contains(lines[0], "msg=started") && strings.Contains(lines[2], "msg=stopped reason=SIGINT") {
			lines = lines[1:2] // of the log
		}
		if len(lines) != 1 || !strings.Contains(lines[0], tt.says) {
			t.Errorf("%v: the screen has\n%s", tt.args, screen)
		}
		if after, err := term.GetState(int(x.pty.Fd())); err == nil && *after != *before {
			t.Errorf("%v: the terminal is in another mode", tt.args)
		}
	}
	var errOut bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "papi-mcp", "serve", "--sandbox", "--toolsets", "webhooks")
	cmd.Stdin, cmd.Stderr = strings.NewReader(""), &errOut
	if err := cmd.Run(); err != nil || strings.Contains(errOut.String(), "papi-mcp:") {
		t.Errorf("in a pipe: %v, %s", err, errOut.String())
	}
}

// No command writes cursor or color codes, whatever terminal it is on. Texts fit into it.
func TestNoEscapesOnATerminal(t *testing.T) {
	for _, env := range [][]string{{"TERM=xterm-256color"}, {"TERM=dumb"}, {"TERM=xterm-256color", "NO_COLOR=1"}} {
		for _, args := range [][]string{
			{"demo"}, {"--help"}, {"tools"}, {"doctor", "--sandbox"}, {"doctor"}, {"config", "key"}, {"config", "schema"},
			{"config", "check", "none.yaml"}, {"audit", "verify", "none.jsonl"}, {"serv"}, {"serve", "--confirm", "humn"},
			{"call", "webhook_list", "--sandbox"}, {"call", "webhook_list", "--sandbox", "--results", "text"},
		} {
			cmd := exec.CommandContext(t.Context(), "papi-mcp", args...)
			cmd.Env = append(os.Environ(), env...)
			terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: terminalColumns})
			if err != nil {
				t.Fatal(err)
			}
			screen, _ := io.ReadAll(terminal) // Linux ends it with EIO
			_ = cmd.Wait()                    // some of them fail
			terminal.Close()
			if bytes.ContainsRune(screen, '\x1b') || len(screen) == 0 {
				t.Errorf("%v %v: %q", env, args, screen)
			}
			if slices.Contains([]string{"demo", "--help", "tools", "serv"}, args[0]) {
				for line := range strings.Lines(string(screen)) {
					if line = strings.TrimRight(line, "\r\n"); textWidth(line) > terminalColumns {
						t.Errorf("%v: %d columns: %s", args, textWidth(line), line)
					}
				}
			}
		}
	}
}

// Ctrl-C stops the doctor: what it had begun to check is not reported as wrong.
func TestDoctorIsStopped(t *testing.T) {
	asked := make(chan struct{})
	api := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}))
	defer api.Close()
	x := onTerminal(t, []string{"XDG_STATE_HOME=" + t.TempDir(), "PAPI_BASE_URL=" + api.URL, "SINCH_ACCESS_TOKEN=any", "SINCH_PROJECT_ID=" + sandbox.DefaultProject}, "doctor")
	<-asked
	x.enter(ctrlC)
	code, out, screen := x.end()
	if code != int(errorcode.Failed) || strings.Contains(out, "FAIL") || !strings.Contains(screen, "papi-mcp: stopped: not everything was checked") {
		t.Errorf("exit %d\n%s%s", code, out, screen)
	}
}
