//go:build linux || darwin

package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/term"

	"papi-mcp/internal/clientconfig"
	"papi-mcp/internal/errorcode"
)

// initOnTerminal starts init on a terminal, with a home folder of its own.
func initOnTerminal(t *testing.T, home string, env []string, args ...string) *terminal {
	t.Helper()
	return onTerminalWithOutput(t, true, append([]string{"HOME=" + home, "TERM=dumb"}, env...), append([]string{"init"}, args...)...)
}

// answer waits for a question at the end of the screen, and types an answer.
func (x *terminal) answer(question, keys string) {
	x.t.Helper()
	for !bytes.HasSuffix(x.screen, []byte(question+" ")) {
		if !x.read() {
			x.t.Fatalf("the program ended before %q; the screen:\n%s", question, x.screen)
		}
	}
	x.enter(keys)
}

// endOfInit waits for the program, and returns what the terminal has shown.
func endOfInit(x *terminal, home string, want errorcode.Exit) string {
	x.t.Helper()
	code, _, shown := x.end()
	if code != int(want) {
		x.t.Errorf("exit code %d, want %d\n%s", code, want, shown)
	}
	if strings.Contains(shown, testSecret) {
		x.t.Errorf("the secret is shown:\n%s", shown)
	}
	for line := range strings.Lines(shown) {
		line = strings.TrimRight(line, "\n")
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' }) {
			x.t.Errorf("control characters: %q", line)
		}
		if textWidth(line) > terminalColumns && !strings.Contains(line, home) {
			x.t.Errorf("wider than %d columns: %s", terminalColumns, line)
		}
	}
	return shown
}

// A person answers the questions. Enter takes the default, a wrong answer is asked again.
func TestInitAsksOnATerminal(t *testing.T) {
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".cursor"), 0o700); err != nil {
		t.Fatal(err)
	}
	w := initOnTerminal(t, home, nil)
	w.answer("Number [4]:", "9\n")
	w.answer("Number [4]:", "\n")
	w.answer("Number [1]:", "2\n")
	w.answer("Project id (several: with commas):", "\n")
	w.answer("Project id (several: with commas):", "project\n")
	w.answer("Id of the access key:", "key\n")
	w.answer("Secret of the key (not shown; empty: not written):", "x\x7f"+testSecret+"\n")
	shown := endOfInit(w, home, errorcode.Done)
	for _, want := range []string{"Cursor (found)", "Type a number from 1 to 7.", `Added the server "papi" to `, "Next: restart Cursor"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not shown:\n%s", want, shown)
		}
	}
	path := filepath.Join(home, ".cursor", "mcp.json")
	if written := files(t, home)[path]; !strings.Contains(written, `"`+testSecret+`"`) || !strings.Contains(written, `"SINCH_PROJECT_ID": "project"`) {
		t.Errorf("written: %s", written)
	}

	// What a flag or the environment says is not asked, or is the default.
	w = initOnTerminal(t, home, []string{"SINCH_PROJECT_ID=other", "SINCH_KEY_ID=id", "SINCH_KEY_SECRET=" + testSecret}, "--client", "cursor", "--account")
	w.answer("Project id (several: with commas) [other]:", "\n")
	w.answer("Id of the access key [id]:", "\n")
	w.answer(`[y/N]`, "n\n")
	shown = endOfInit(w, home, errorcode.Failed)
	if !strings.Contains(shown, "nothing was written") || !strings.Contains(shown, "taken from SINCH_KEY_SECRET") {
		t.Errorf("%s", shown)
	}
	w = initOnTerminal(t, home, nil, "--client", "cursor", "--sandbox")
	w.answer(`[y/N]`, "y\n")
	if shown := endOfInit(w, home, errorcode.Done); !strings.Contains(shown, "Backup: ") {
		t.Errorf("%s", shown)
	}
	if written := files(t, home)[path]; strings.Contains(written, "SINCH") {
		t.Errorf("the sandbox has an account: %s", written)
	}

	// A file that others can read is made private when the person agrees.
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	w = initOnTerminal(t, home, nil, "--client", "cursor", "--account", "--project", "p", "--key-id", "k", "--replace")
	w.answer("hold the secret?\r\n[y/N]", "y\n")
	w.answer("Secret of the key (not shown; empty: not written):", testSecret+"\n")
	endOfInit(w, home, errorcode.Done)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || !strings.Contains(files(t, home)[path], testSecret) {
		t.Errorf("%v, %v", info, err)
	}
}

// Ctrl-C and the end of the input stop it at each question: nothing is written, and the
// terminal shows again what is typed.
func TestInitIsStopped(t *testing.T) {
	for name, stop := range map[string]string{"Ctrl-C": ctrlC, "the end of the input": ctrlD} {
		for _, question := range []string{"Number [1]:", "Project id (several: with commas):", "Secret of the key (not shown; empty: not written):"} {
			t.Run(name+" at "+question, func(t *testing.T) {
				home := t.TempDir()
				args := map[string][]string{"N": nil, "P": {"--client", "gemini", "--account"}, "S": {"--client", "gemini", "--account", "--project", "p", "--key-id", "k"}}[question[:1]]
				w := initOnTerminal(t, home, nil, args...)
				w.answer(question, stop)
				if shown := endOfInit(w, home, errorcode.Failed); !strings.Contains(strings.ReplaceAll(shown, "^C", ""), "stopped: nothing was written") {
					t.Errorf("%s", shown)
				}
				if written := files(t, home); len(written) > 0 {
					t.Errorf("%v", written)
				}
			})
		}
	}
}

// onPrompt runs when a prompt is written to it.
type onPrompt func()

func (f onPrompt) Write(text []byte) (int, error) {
	if bytes.Contains(text, []byte("Secret: ")) {
		f()
	}
	return len(text), nil
}

// Whatever ends a hidden question, the terminal is as it was.
func TestHiddenRestoresTheTerminal(t *testing.T) {
	for name, keys := range map[string]string{"an answer": "secret\r", "Ctrl-C": ctrlC, "Ctrl-D": ctrlD, "a signal": ""} {
		t.Run(name, func(t *testing.T) {
			keyboard, screen, err := pty.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer screen.Close()
			defer keyboard.Close()
			before, err := term.GetState(int(screen.Fd()))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			typing := onPrompt(func() { // the terminal is raw by now
				if keys == "" {
					cancel()
				} else if _, err := io.WriteString(keyboard, keys); err != nil {
					t.Error(err)
				}
			})
			q := &questions{ctx, &streams{in: screen, err: typing}}
			answer, err := q.raw("Secret: ")
			if (err == nil) != (name == "an answer") || err == nil && answer != "secret" {
				t.Errorf("%q, %v", answer, err)
			}
			if after, err := term.GetState(int(screen.Fd())); err != nil || !reflect.DeepEqual(after, before) {
				t.Errorf("the terminal was left changed: %v", err)
			}
		})
	}
}

// The command is the link on the PATH that leads to the program, which stays when the
// program is upgraded.
func TestInitKeepsALinkToTheProgram(t *testing.T) {
	self, err := exec.LookPath("papi-mcp")
	if err != nil {
		t.Fatal(err)
	}
	home, folder := t.TempDir(), t.TempDir()
	link := filepath.Join(folder, "papi-mcp")
	if err := os.Symlink(self, link); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, errOut, code := runInit(t, home, home, nil, "--client", "codex", "--sandbox")
	if entry, _ := readEntry(t, clientconfig.Lookup("codex"), out); code != errorcode.Done || entry.Command != link {
		t.Errorf("the command is %s, want %s\n%s", entry.Command, link, errOut)
	}
}
