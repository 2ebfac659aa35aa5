//go:build linux || darwin

package cli

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/sandbox"
)

// templateTerminal is a person at a terminal with two projects: the shop, and an empty
// one that has an account.
func templateTerminal(t *testing.T) (env []string, from, to string) {
	t.Helper()
	box := sandbox.New(sandbox.Options{Seed: 1, Manual: true})
	if err := box.Seed("shop"); err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(box)
	t.Cleanup(func() { api.Close(); box.Close() })
	from, to = sandbox.DefaultProject, "11111111-1111-1111-1111-111111111111"
	env = []string{
		"XDG_STATE_HOME=" + t.TempDir(), "PAPI_BASE_URL=" + api.URL, "SINCH_ACCESS_TOKEN=sandbox", "SINCH_PROJECT_ID=" + from + "," + to,
	}
	cmd := exec.CommandContext(t.Context(), "papi-mcp", "call", "whatsapp_sender_create", "projectId="+to, "wabaId=100000000005679", "phoneNumberId=200000000005679",
		"authenticationCode=from-another-signup", "region=EU", "businessManager=SINCH_UK")
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return env, from, to
}

// A copy asks once, before anything is created; only yes confirms.
func TestTemplateCopyAsksAtATerminal(t *testing.T) {
	env, from, to := templateTerminal(t)
	args := []string{"template", "copy", "--from", from, "--to", to, "gift_card"}

	run := onTerminal(t, env, args...)
	run.expect("[y/N] ")
	run.enter("n\n")
	code, out, screen := run.end()
	if code != int(errorcode.Failed) || out != "" || !strings.Contains(screen, "nothing was created") {
		t.Errorf("exit code %d: %s%s", code, out, screen)
	}

	run = onTerminal(t, env, append(args, "--dry-run")...)
	code, _, screen = run.end()
	if code != int(errorcode.Done) || strings.Contains(screen, "[y/N]") {
		t.Errorf("a dry run: exit code %d: %s", code, screen)
	}

	run = onTerminal(t, env, args...)
	run.expect("[y/N] ")
	run.enter("y\n")
	code, out, screen = run.end()
	if code != int(errorcode.Done) || strings.Count(screen, "[y/N]") != 1 || !strings.Contains(out, `"name":"gift_card"`) || !strings.Contains(out, `"pending":"IN_PROGRESS"`) {
		t.Errorf("exit code %d: %s%s", code, out, screen)
	}
}

// An import into the default project asks for it once; a no ends it.
func TestTemplateImportAsksForTheProject(t *testing.T) {
	env, _, _ := templateTerminal(t)
	dir := t.TempDir()
	for _, name := range []string{"first", "second"} {
		text := `{"name":"` + name + `_one","language":"en","category":"UTILITY","components":[{"type":"BODY","text":"The ` + name + ` text of ours."}]}`
		if err := os.WriteFile(filepath.Join(dir, name+".json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := onTerminal(t, env, "template", "import", dir)
	run.expect("[y/N] ")
	run.enter("n\n")
	code, out, screen := run.end()
	if code != int(errorcode.Failed) || strings.Count(screen, "[y/N]") != 1 || !strings.Contains(out, `"result":"not tried"`) {
		t.Errorf("exit code %d: %s%s", code, out, screen)
	}
	run = onTerminal(t, env, "template", "import", dir)
	run.expect("[y/N] ")
	run.enter("y\n")
	code, out, screen = run.end()
	if code != int(errorcode.Done) || strings.Count(screen, "[y/N]") != 1 || strings.Count(out, `"result":"created"`) != 2 {
		t.Errorf("exit code %d: %s%s", code, out, screen)
	}
}
