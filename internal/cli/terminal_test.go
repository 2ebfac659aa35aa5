//go:build linux || darwin

package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminal is a pseudo-terminal on which a program runs. Its standard output is not on
// it, as in a pipe.
type terminal struct {
	t      *testing.T
	pty    *os.File
	cmd    *exec.Cmd
	out    bytes.Buffer
	screen []byte // what the program has written to the terminal, and the echo of what was typed
}

// onTerminal starts papi-mcp with standard input and standard error on a terminal, in a
// state folder of its own.
func onTerminal(t *testing.T, env []string, args ...string) *terminal {
	t.Helper()
	return onTerminalWithOutput(t, false, env, args...)
}

// onTerminalWithOutput does the same, with standard output on the terminal too or not.
func onTerminalWithOutput(t *testing.T, output bool, env []string, args ...string) *terminal {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	x := &terminal{t: t, cmd: exec.CommandContext(ctx, "papi-mcp", args...)}
	x.cmd.Env = append(os.Environ(), env...)
	if !output {
		x.cmd.Stdout = &x.out
	}
	var err error
	if x.pty, err = pty.StartWithSize(x.cmd, &pty.Winsize{Rows: 24, Cols: terminalColumns}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.pty.Close() })
	return x
}

// expect reads the screen until it has a text.
func (x *terminal) expect(text string) {
	x.t.Helper()
	for !bytes.Contains(x.screen, []byte(text)) {
		if !x.read() {
			x.t.Fatalf("the program ended before %q; the screen:\n%s", text, x.screen)
		}
	}
}

// read reads more of the screen; false at its end.
func (x *terminal) read() bool {
	part := make([]byte, 4096)
	n, err := x.pty.Read(part)
	x.screen = append(x.screen, part[:n]...)
	return err == nil
}

// enter types keys.
func (x *terminal) enter(keys string) {
	x.t.Helper()
	if _, err := io.WriteString(x.pty, keys); err != nil {
		x.t.Fatal(err)
	}
}

// The keys that a terminal interprets.
const (
	ctrlC = "\x03"
	ctrlD = "\x04"
)

// end waits for the program, and returns its exit code, its standard output and the
// screen with plain line ends.
func (x *terminal) end() (code int, out, screen string) {
	x.t.Helper()
	for x.read() {
	}
	err := x.cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() >= 0 {
		err = nil
	}
	if err != nil {
		x.t.Fatal(err)
	}
	return x.cmd.ProcessState.ExitCode(), x.out.String(), strings.ReplaceAll(string(x.screen), "\r\n", "\n")
}

func TestInteractiveNeedsBothStreams(t *testing.T) {
	keyboard, screen, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer keyboard.Close()
	defer screen.Close()
	pipe, other, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	defer other.Close()
	for name, tt := range map[string]struct {
		s    streams
		want bool
	}{
		"both":                      {streams{in: screen, out: other, err: screen}, true},
		"arguments from a pipe":     {streams{in: pipe, out: screen, err: screen}, false},
		"errors into a file":        {streams{in: screen, out: screen, err: other}, false},
		"streams that are no files": {streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard}, false},
	} {
		if got := interactive(&tt.s); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Only y and yes are a yes. A line that has no end is not an answer.
func TestAskYesNo(t *testing.T) {
	for typed, want := range map[string]struct {
		yes bool
		err error
	}{
		"y\n":                             {yes: true},
		"Y\n":                             {yes: true},
		" yes \r\n":                       {yes: true},
		"YES\n":                           {yes: true},
		"\n":                              {},
		"n\n":                             {},
		"no\n":                            {},
		"yes please\n":                    {},
		"ye\n":                            {},
		"":                                {err: io.EOF},
		"y":                               {err: io.EOF},
		strings.Repeat("y", 5000) + "\ny": {err: errLineTooLong},
	} {
		var screen strings.Builder
		yes, err := askYesNo(t.Context(), &streams{in: strings.NewReader(typed), err: &screen}, "Delete it?")
		if yes != want.yes || !errors.Is(err, want.err) {
			t.Errorf("%.20q: %v, %v", typed, yes, err)
		}
		if !strings.HasPrefix(screen.String(), "Delete it?\n[y/N] ") {
			t.Errorf("%.20q: the screen has %q", typed, screen.String())
		}
	}
}

// What follows the line of an answer is left for the next question.
func TestReadLineReadsOneLine(t *testing.T) {
	in := strings.NewReader("one\ntwo\n")
	for _, want := range []string{"one", "two"} {
		if line, err := readLine(t.Context(), in); line != want || err != nil {
			t.Errorf("%q, %v", line, err)
		}
	}
}

// endless returns streams on whose input nothing comes.
func endless(t *testing.T) *streams {
	in, out := io.Pipe()
	t.Cleanup(func() { out.Close() })
	return &streams{in, io.Discard, io.Discard}
}

func TestReadLineEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := readLine(ctx, endless(t).in); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestWrap(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "",
		"short":                            "short",
		"one two three":                    "one two\nthree",
		"one two\nthree":                   "one two\nthree",
		"\none\n\n":                        "\none\n\n",
		"  one two three":                  "  one two\n  three",
		"https://example.com/ is long":     "https://example.com/\nis long",
		"\"a  b\" c":                       "\"a  b\" c",
		"카카오톡 카카오":                         "카카오톡\n카카오",
		"e\u0301e\u0301e\u0301 e\u0301 ab": "e\u0301e\u0301e\u0301 e\u0301 ab",
	} {
		if got := wrap(text, 9); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
