package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"papi-mcp/internal/errorcode"
	"papi-mcp/skills"
)

// The command prints the page that an agent reads first, or writes all pages, also over
// those of an earlier version; other files stay.
func TestSkillIsWritten(t *testing.T) {
	manifest := skills.Files()[0].Text
	if code, out, errOut := run(t, nil, "skill"); code != 0 || out != manifest || errOut != "" {
		t.Errorf("%d %s %s", code, out, errOut)
	}
	folder := filepath.Join(t.TempDir(), "agent", "skills")
	path := func(name string) string { return filepath.Join(folder, skills.Name, filepath.FromSlash(name)) }
	for range 2 {
		if code, out, errOut := run(t, nil, "skill", "-o", folder); code != 0 || out != "Wrote the skill to "+path("")+"\n" || errOut != "" {
			t.Fatalf("%d %s %s", code, out, errOut)
		}
		for _, file := range skills.Files() {
			if raw, err := os.ReadFile(path(file.Path)); string(raw) != file.Text {
				t.Errorf("%s: %v", file.Path, err)
			}
		}
		for _, name := range []string{"SKILL.md", "mine.md"} {
			if err := os.WriteFile(path(name), []byte("other"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if raw, _ := os.ReadFile(path("mine.md")); string(raw) != "other" {
		t.Error("a file of the user is gone")
	}

	if code, _, errOut := run(t, nil, "skill", "-o", ""); code != int(errorcode.Usage) || !strings.Contains(errOut, "such as ~/.claude/skills") {
		t.Errorf("no folder: %d %s", code, errOut)
	}
	if code, _, errOut := run(t, nil, "skill", "-o", path("mine.md")); code != int(errorcode.Failed) || !strings.Contains(errOut, "mine.md") {
		t.Errorf("a file: %d %s", code, errOut)
	}
	if code, _, _ := run(t, nil, "skill", "all"); code != int(errorcode.Usage) {
		t.Errorf("an argument: %d", code)
	}
}

// The flags that the skill names exist, in the help of the commands that it uses; its
// table has all exit codes.
func TestSkillNamesWhatExists(t *testing.T) {
	var help strings.Builder
	for _, command := range []string{"call", "wait", "doctor", "sandbox"} {
		_, out, _ := run(t, nil, command, "--help")
		help.WriteString(out)
	}
	flags := 0
	for _, file := range skills.Files() {
		for _, flag := range regexp.MustCompile(`--[a-z][a-z-]+`).FindAllString(file.Text, -1) {
			flags++
			if !strings.Contains(help.String(), " "+flag+" ") {
				t.Errorf("%s: there is no flag %s", file.Path, flag)
			}
		}
	}
	if flags < 15 {
		t.Errorf("%d flags", flags)
	}
	var codes []string
	for _, row := range regexp.MustCompile(`(?m)^\| (\d+) \| .+ \|$`).FindAllStringSubmatch(skills.Files()[0].Text, -1) {
		codes = append(codes, row[1])
	}
	var want []string
	for _, exit := range errorcode.Exits {
		want = append(want, strconv.Itoa(int(exit.Exit)))
	}
	if !slices.Equal(codes, want) {
		t.Errorf("exit codes %v, want %v", codes, want)
	}
}
