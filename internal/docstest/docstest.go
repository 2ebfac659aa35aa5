// Package docstest reads documentation pages, and keeps their generated parts up to date,
// for tests.
package docstest

import (
	"os"
	"strings"
	"testing"
)

// Fresh fails the test where a generated part of a page differs from what it should be,
// and names command, which writes the page again. A part begins after a line
// "<!-- NAME:begin ... -->" and ends before "<!-- NAME:end -->"; parts has the content of
// each by its name. If update is set, Fresh writes the page instead.
func Fresh(t testing.TB, path, command string, update bool, parts map[string]string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := string(raw)
	for name, content := range parts {
		before, rest, found := strings.Cut(want, "<!-- "+name+":begin")
		note, rest, closed := strings.Cut(rest, "-->\n")
		_, after, ended := strings.Cut(rest, "<!-- "+name+":end -->")
		if !found || !closed || !ended {
			t.Fatalf("%s has no marks for its generated part %s", path, name)
		}
		want = before + "<!-- " + name + ":begin" + note + "-->\n" + content + "<!-- " + name + ":end -->" + after
	}
	switch {
	case want == string(raw):
	case !update:
		t.Errorf("%s is not up to date: run %s", path, command)
	default:
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Blocks returns the code blocks of a page in a language, as their opening line names it.
func Blocks(t testing.TB, path, language string) []string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, rest := range strings.Split(string(raw), "\n```"+language+"\n")[1:] {
		block, _, closed := strings.Cut(rest, "```")
		if !closed {
			t.Fatalf("%s: a block of %s is not closed", path, language)
		}
		blocks = append(blocks, block)
	}
	return blocks
}
