package cli

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"papi-mcp/internal/errorcode"
)

// eachCommand calls do with the arguments of each command that a user can call.
func eachCommand(t *testing.T, do func(args []string)) {
	t.Helper()
	commands := 0
	var visit func(cmd *cobra.Command, args []string)
	visit = func(cmd *cobra.Command, args []string) {
		commands++
		do(args)
		for _, sub := range cmd.Commands() {
			if !sub.Hidden {
				visit(sub, append(args[:len(args):len(args)], sub.Name()))
			}
		}
	}
	root := newRoot(&streams{strings.NewReader(""), io.Discard, io.Discard})
	root.InitDefaultHelpCmd()
	visit(root, nil)
	if commands < 15 {
		t.Errorf("only %d commands were found", commands)
	}
}

// Help fits into a terminal of 80 columns, has nothing but text, and says of each
// flag what it is for.
func TestHelpFitsInATerminal(t *testing.T) {
	eachCommand(t, func(args []string) {
		var out, errOut bytes.Buffer
		if code := Main(append(args, "--help"), strings.NewReader(""), &out, &errOut); code != int(errorcode.Done) || errOut.Len() > 0 {
			t.Errorf("%v: exit %d, %s", args, code, errOut.String())
		}
		for line := range strings.Lines(out.String()) {
			line = strings.TrimSuffix(line, "\n")
			if utf8.RuneCountInString(line) > terminalColumns || strings.ContainsAny(line, "\t\x1b") || strings.TrimRight(line, " ") != line {
				t.Errorf("%v: %q", args, line)
			}
		}
		refers := "\nExit codes: see papi-mcp --help.\n"
		if len(args) == 0 {
			refers = "\nExit codes of all commands:\n"
		}
		if strings.Count(out.String(), refers) != 1 || strings.Count(out.String(), "Exit codes") != 1 {
			t.Errorf("%v: it has exit codes of its own, or none:\n%s", args, out.String())
		}
	})
}

// A command that is an example can be copied: it fits in a line.
func TestExamplesFitInALine(t *testing.T) {
	root := newRoot(&streams{strings.NewReader(""), io.Discard, io.Discard})
	for _, cmd := range root.Commands() {
		for line := range strings.Lines(cmd.Example) {
			if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > terminalColumns {
				t.Errorf("%s: %s", cmd.Name(), line)
			}
		}
	}
}

// The help of the program has the table of exit codes, and each command.
func TestHelpHasTheExitCodes(t *testing.T) {
	root := newRoot(&streams{strings.NewReader(""), io.Discard, io.Discard})
	for _, args := range [][]string{{"--help"}, {"help"}} {
		var out bytes.Buffer
		if code := Main(args, strings.NewReader(""), &out, io.Discard); code != int(errorcode.Done) {
			t.Errorf("%v: exit %d", args, code)
		}
		for _, e := range errorcode.Exits {
			if line := fmt.Sprintf("\n  %-4d%s\n", e.Exit, e.Meaning); !strings.Contains(out.String(), line) {
				t.Errorf("%v: no %q in\n%s", args, line, out.String())
			}
		}
		eachCommand(t, func(path []string) {
			if len(path) != 1 || path[0] == "help" {
				return
			}
			cmd, _, err := root.Find(path)
			if line := fmt.Sprintf("\n  %-11s %s\n", path[0], cmd.Short); err != nil || !strings.Contains(out.String(), line) {
				t.Errorf("%v: no line %q in\n%s", args, line, out.String())
			}
		})
	}
}

// The usage of a command with subcommands says whether it can be called without one.
func TestUsageOfGroups(t *testing.T) {
	for group, want := range map[string]string{
		"config": "Usage:\n  papi-mcp config COMMAND\n\n", "audit": "Usage:\n  papi-mcp audit COMMAND\n\n",
		"sandbox": "Usage:\n  papi-mcp sandbox [flags]\n  papi-mcp sandbox COMMAND\n\n",
	} {
		var out bytes.Buffer
		if Main([]string{group, "--help"}, strings.NewReader(""), &out, io.Discard); !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

// A group of commands without a command shows its help.
func TestGroupsShowTheirHelp(t *testing.T) {
	for _, group := range []string{"config", "audit", "completion"} {
		var out bytes.Buffer
		if code := Main([]string{group}, strings.NewReader(""), &out, io.Discard); code != int(errorcode.Done) || !strings.Contains(out.String(), "\nCommands:\n") {
			t.Errorf("%s: exit %d\n%s", group, code, out.String())
		}
	}
}

func TestReflow(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "",
		"one\ntwo\n\nthree\n":                "one two\n\nthree\n",
		"list:\none\ntwo":                    "list:\none two",
		"list:\n  a\n  b\nthen\nmore":        "list:\n  a\n  b\nthen more",
		"list:\n\ta\n\n#### Linux:\n\n\tb\n": "list:\n\ta\n\n#### Linux:\n\n\tb\n",
	} {
		if got := reflow(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
