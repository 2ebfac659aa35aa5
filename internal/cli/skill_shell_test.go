//go:build linux || darwin

package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"papi-mcp/internal/docstest"
	"papi-mcp/skills"
)

// Every command of the skill works as it is written, in its order, in a shell; a comment
// has the exit code where that is not 0. TOKEN is that of the result before.
func TestSkillCommandsWork(t *testing.T) {
	const path = "../../skills/" + skills.Name + "/SKILL.md"
	var commands []string
	for _, block := range docstest.Blocks(t, path, "sh") {
		commands = append(commands, strings.Split(strings.TrimSpace(block), "\n")...)
	}
	if len(commands) < 12 {
		t.Errorf("%d commands", len(commands))
	}
	for _, file := range skills.Files()[1:] {
		for _, inline := range regexp.MustCompile("`(papi-mcp call [^`]+)`").FindAllStringSubmatch(file.Text, -1) {
			commands = append(commands, inline[1])
		}
	}
	home := t.TempDir()
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_STATE_HOME=" + home}
	comment := regexp.MustCompile(`# exit code (\d+): `)
	var results strings.Builder
	token := ""
	for _, command := range commands {
		want := 0
		if code := comment.FindStringSubmatch(command); code != nil {
			want, _ = strconv.Atoi(code[1])
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(command, "confirm=TOKEN", "confirm="+token))
		cmd.Env = env
		var errOut strings.Builder
		cmd.Stderr = &errOut
		out, _ := cmd.Output() // its exit code counts
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Errorf("%s: exit code %d, want %d:\n%s%s", command, got, want, out, &errOut)
		}
		var refused struct {
			Confirmation struct{ Token, Summary string }
		}
		if json.Unmarshal(out, &refused) == nil && refused.Confirmation.Token != "" && refused.Confirmation.Summary != "" {
			token = refused.Confirmation.Token
		}
		results.Write(out)
	}
	for _, want := range []string{
		`"tool":"whatsapp_template_create"`, // tool_find finds it
		`"confirmed":true`,
		`"verdict":"allow"`,
		`"ids":{"languageCode":"EN","templateName":"order_late"},"state":"APPROVED","settled":true`,
		`"done":"deleted"`,
	} {
		if !strings.Contains(results.String(), want) {
			t.Errorf("no result has %s", want)
		}
	}
	if t.Failed() {
		t.Log(results.String())
	}
}
