//go:build linux || darwin

package cli

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"

	"papi-mcp/internal/errorcode"
)

// terminal is a program in a terminal of 80 columns.
type terminal struct {
	t    *testing.T
	cmd  *exec.Cmd
	file *os.File

	mu     sync.Mutex
	screen bytes.Buffer
	more   chan struct{} // has a token when the screen has changed
	ended  chan struct{}
}

// onTerminal starts init in a terminal, with a home folder of its own.
func onTerminal(t *testing.T, home string, env []string, args ...string) *terminal {
	t.Helper()
	// The shell shows whether the terminal still shows what is typed.
	cmd := exec.Command("sh", append([]string{"-c", `trap : INT; papi-mcp init "$@"; code=$?; stty -a | grep -c -e ' -echo ' >&2; exit $code`, "sh"}, args...)...)
	cmd.Dir = home
	cmd.Env = append([]string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TERM=dumb"}, env...)
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	w := &terminal{t: t, cmd: cmd, file: file, more: make(chan struct{}, 1), ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		buffer := make([]byte, 4096)
		for {
			n, err := file.Read(buffer)
			w.mu.Lock()
			w.screen.Write(buffer[:n])
			w.mu.Unlock()
			select {
			case w.more <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { cmd.Process.Kill(); file.Close(); <-w.ended })
	return w
}

func (w *terminal) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.ReplaceAll(w.screen.String(), "\r\n", "\n")
}

// answer waits for a question at the end of the screen, and types an answer.
func (w *terminal) answer(question, answer string) {
	w.t.Helper()
	timeout := time.After(30 * time.Second)
	for !strings.HasSuffix(w.text(), question+" ") {
		select {
		case <-w.more:
		case <-timeout:
			w.t.Fatalf("no question %q:\n%s", question, w.text())
		}
	}
	if _, err := io.WriteString(w.file, answer); err != nil {
		w.t.Fatal(err)
	}
}

// end waits for the program, and returns what the terminal has shown.
func (w *terminal) end(want errorcode.Exit) string {
	w.t.Helper()
	err := w.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	<-w.ended
	shown := w.text()
	if code := errorcode.Exit(w.cmd.ProcessState.ExitCode()); code != want {
		w.t.Errorf("exit code %d, want %d\n%s", code, want, shown)
	}
	if strings.Contains(shown, testSecret) {
		w.t.Errorf("the secret is shown:\n%s", shown)
	}
	shown, isRestored := strings.CutSuffix(shown, "\n0\n")
	if !isRestored {
		w.t.Errorf("the terminal does not show what is typed:\n%s", shown)
	}
	for line := range strings.Lines(shown) {
		line = strings.TrimRight(line, "\n")
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' }) {
			w.t.Errorf("control characters: %q", line)
		}
		if utf8.RuneCountInString(line) > 80 && !strings.Contains(line, w.cmd.Dir) {
			w.t.Errorf("a line has more than 80 columns: %s", line)
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
	w := onTerminal(t, home, nil)
	w.answer("Number [4]:", "9\n")
	w.answer("Number [4]:", "\n")
	w.answer("Number [1]:", "2\n")
	w.answer("Project id (several: with commas):", "\n")
	w.answer("Project id (several: with commas):", "project\n")
	w.answer("Id of the access key:", "key\n")
	w.answer("Secret of the key (not shown; empty: not written):", testSecret+"\n")
	shown := w.end(errorcode.Done)
	for _, want := range []string{"Cursor (found)", "Type a number from 1 to 7.", `Added the server "papi" to `, "Next: restart Cursor"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not shown:\n%s", want, shown)
		}
	}
	path := filepath.Join(home, ".cursor", "mcp.json")
	if written := files(t, home)[path]; !strings.Contains(written, testSecret) || !strings.Contains(written, `"SINCH_PROJECT_ID": "project"`) {
		t.Errorf("written: %s", written)
	}

	// What a flag or the environment says is not asked, or is the default.
	w = onTerminal(t, home, []string{"SINCH_PROJECT_ID=other", "SINCH_KEY_ID=id", "SINCH_KEY_SECRET=" + testSecret}, "--client", "cursor", "--account")
	w.answer("Project id (several: with commas) [other]:", "\n")
	w.answer("Id of the access key [id]:", "\n")
	w.answer(`Replace it? [y/N]:`, "n\n")
	shown = w.end(errorcode.Failed)
	if !strings.Contains(shown, "nothing was written") || !strings.Contains(shown, "taken from SINCH_KEY_SECRET") {
		t.Errorf("%s", shown)
	}
	w = onTerminal(t, home, nil, "--client", "cursor", "--sandbox")
	w.answer(`Replace it? [y/N]:`, "y\n")
	if shown := w.end(errorcode.Done); !strings.Contains(shown, "Backup: ") {
		t.Errorf("%s", shown)
	}
	if written := files(t, home)[path]; strings.Contains(written, "SINCH") {
		t.Errorf("the sandbox has an account: %s", written)
	}

	// A file that others can read is made private when the person agrees.
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	w = onTerminal(t, home, nil, "--client", "cursor", "--account", "--project", "p", "--key-id", "k", "--replace")
	w.answer("Make it readable by you alone, so that it can hold the secret? [y/N]:", "y\n")
	w.answer("Secret of the key (not shown; empty: not written):", testSecret+"\n")
	w.end(errorcode.Done)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || !strings.Contains(files(t, home)[path], testSecret) {
		t.Errorf("%v, %v", info, err)
	}
}

// Ctrl-C and the end of the input stop it at each question: nothing is written, and the
// terminal shows again what is typed.
func TestInitIsStopped(t *testing.T) {
	const ctrlC, ctrlD = "\x03", "\x04"
	for name, stop := range map[string]string{"Ctrl-C": ctrlC, "the end of the input": ctrlD} {
		for _, question := range []string{"Number [1]:", "Project id (several: with commas):", "Secret of the key (not shown; empty: not written):"} {
			t.Run(name+" at "+question, func(t *testing.T) {
				home := t.TempDir()
				args := map[string][]string{"N": nil, "P": {"--client", "gemini", "--account"}, "S": {"--client", "gemini", "--account", "--project", "p", "--key-id", "k"}}[question[:1]]
				w := onTerminal(t, home, nil, args...)
				w.answer(question, stop)
				if shown := w.end(errorcode.Failed); !strings.Contains(strings.ReplaceAll(shown, "^C", ""), "stopped: nothing was written") {
					t.Errorf("%s", shown)
				}
				if written := files(t, home); len(written) > 0 {
					t.Errorf("%v", written)
				}
			})
		}
	}
}
