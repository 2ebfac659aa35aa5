//go:build linux || darwin

package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"papi-mcp/internal/papi"
)

// shell is a shell without line editing, which would write cursor codes: it shows a
// prompt, reads a line (one that ends in \ is continued in the next) and runs it.
const shell = `trap echo INT
while printf '$ ' && IFS= read line; do (exit $code); eval "$line"; code=$?; done`

// home is the home folder that the transcript shows. The real one has a name of the
// same length, so that lines end in the same place.
const home = "/home/alice"

// newHome creates a home folder with the program, and a client that init finds.
func newHome(t *testing.T) string {
	t.Helper()
	for n := range 100000 {
		dir := fmt.Sprintf("/tmp/p%05d", (os.Getpid()+n)%100000)
		if os.Mkdir(dir, 0o700) != nil {
			continue
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		program, err := exec.LookPath("papi-mcp")
		if err != nil {
			t.Fatal(err)
		}
		for _, folder := range []string{"bin", "tmp", ".cursor"} {
			if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(program, filepath.Join(dir, "bin", "papi-mcp")); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	t.Fatal("no folder is free")
	return ""
}

// typed is a line that is typed, and what its command asks: a question, the keys that
// answer it, the next question and so on.
type typed struct {
	line    string
	answers []string
}

// The first hour of a new user, in one terminal. testdata/first_hour.txt is what the
// terminal shows: read it as a newcomer. `go test ./internal/cli -run FirstHour -update`
// writes it. What differs from run to run is replaced: the home folder, versions, the
// real time, and a token.
func TestFirstHour(t *testing.T) {
	const golden = "../../testdata/first_hour.txt"
	screen := firstHour(t, "TERM=xterm-256color")
	for line := range strings.Lines(screen) {
		line = strings.TrimSuffix(line, "\n")
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' }) {
			t.Errorf("a control character: %q", line)
		}
		// A string in JSON can't be wrapped.
		if textWidth(line) > terminalColumns && !inJSON.MatchString(line) {
			t.Errorf("%d columns: %s", textWidth(line), line)
		}
	}
	if *update {
		if err := os.WriteFile(golden, []byte(screen), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if screen != string(want) {
		t.Errorf("testdata/first_hour.txt differs; with -update it is written. The terminal shows:\n%s", screen)
	}
	if plain := firstHour(t, "TERM=dumb", "NO_COLOR=1"); plain != screen {
		t.Errorf("a terminal without colors shows something else:\n%s", plain)
	}
}

var inJSON = regexp.MustCompile(`^ +"`)

// firstHour types the commands of the first hour, and returns what the terminal shows.
func firstHour(t *testing.T, env ...string) string {
	t.Helper()
	dir := newHome(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", shell)
	cmd.Dir = dir
	cmd.Env = append(env, "HOME="+dir, "TMPDIR="+dir+"/tmp", "PATH="+dir+"/bin:/usr/bin:/bin")
	screen, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: terminalColumns})
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	x := &terminal{t: t, pty: screen, cmd: cmd}
	seen := x.seeAfter(0, "$ ")
	for _, step := range firstSteps {
		x.enter(step.line + "\n")
		for i := 0; i < len(step.answers); i += 2 {
			seen = x.seeAfter(seen, step.answers[i])
			x.enter(step.answers[i+1])
		}
		seen = x.seeAfter(seen, "\n$ ")
	}
	x.enter(ctrlD)
	_, _, shown := x.end()
	for _, r := range []struct{ from, to string }{{dir, home}, {"papi-mcp " + Version() + ", API " + papi.ContractVersion, "papi-mcp 0.0.0, API 0.0.0"}} {
		shown = strings.ReplaceAll(shown, r.from, r.to)
	}
	for _, r := range []struct{ pattern, to string }{
		{`answered in \d+ ms`, "answered in 1 ms"}, {`valid until \S+`, "valid until 2026-01-01T00:00:00Z"},
		{`"token": ".*"`, `"token": "TOKEN"`}, {`"expiresAt": ".*"`, `"expiresAt": "2026-01-01T00:00:00Z"`},
	} {
		shown = regexp.MustCompile(r.pattern).ReplaceAllString(shown, r.to)
	}
	return shown
}

// seeAfter waits until what the screen has after the first seen bytes ends with a text,
// and returns how many bytes it has by then.
func (x *terminal) seeAfter(seen int, text string) int {
	x.t.Helper()
	for !bytes.HasSuffix(x.screen[seen:], []byte(text)) {
		if !x.read() {
			x.t.Fatalf("the shell ended before %q; the screen:\n%s", text, x.screen)
		}
	}
	return len(x.screen)
}

// firstSteps are what a person types.
var firstSteps = []typed{
	{line: "papi-mcp --help"},
	{line: "papi-mcp init", answers: []string{"Number [4]: ", "\n", "Number [1]: ", "\n"}},
	{line: "cat .cursor/mcp.json"},
	{line: "papi-mcp doctor --sandbox --start 2026-03-01T09:00:00Z"},
	{line: "echo $?"},
	{line: "export SINCH_PROJECT_ID=00000000-0000-0000-0000-000000000000"},
	{line: "export SINCH_KEY_ID=00000000-0000-0000-0000-000000000001"},
	{line: "papi-mcp doctor"},
	{line: "echo $?"},
	{line: "export SINCH_KEY_SECRET=not-a-real-secret"},
	{line: "export HTTPS_PROXY=http://127.0.0.1:9   # where nothing listens"},
	{line: "papi-mcp doctor"},
	{line: "echo $?"},
	{line: "unset SINCH_PROJECT_ID SINCH_KEY_ID SINCH_KEY_SECRET HTTPS_PROXY"},
	{line: "papi-mcp serve --sandbox", answers: []string{"Ctrl-C stops it.\r\n", ctrlC}},
	{line: "echo $?"},

	{line: "papi-mcp sandbox list"},
	{line: "papi-mcp call project_overview --sandbox-name trial \\\n    --seed 1 --start 2026-03-01T09:00:00Z"},
	{line: "papi-mcp call whatsapp_sender_list --sandbox-name trial"},
	{line: "papi-mcp call whatsapp_account_get --sandbox-name trial"},
	{line: "echo $?"},

	{line: "export PAPI_MCP_SANDBOX_NAME=shop"},
	{line: "papi-mcp call webhook_list \\\n    --seed-data shop --seed 1 --start 2026-03-01T09:00:00Z"},
	{line: "papi-mcp call webhook_delete webhookId=01Z327Q8JAP1FQ40QXJMEXRE1J", answers: []string{"[y/N] ", "n\n"}},
	{line: "echo $?"},
	{line: "papi-mcp call webhook_delete webhookId=01Z327Q8JAP1FQ40QXJMEXRE1J", answers: []string{"[y/N] ", "y\n"}},
	{line: "echo $?"},
	{line: "papi-mcp call webhook_delete webhookId=01E1NJPXTSYAK8WVDYWEMBZ5BQ </dev/null"},
	{line: "echo $?"},

	{line: "papi-mcp call whatsapp_sender_list"},
	{line: "s=senderId=1f8c8dc5-4a76-4f7e-b602-b4eb9195c4ec"},
	{line: "papi-mcp call whatsapp_sender_register $s method=SMS"},
	{line: "papi-mcp call whatsapp_sender_verify $s code=857071"},
	{line: "papi-mcp call sandbox_advance until=change"},
	{line: "papi-mcp call sandbox_advance until=change"},
	{line: "papi-mcp call whatsapp_sender_get $s fields=state,details.displayName"},
	{line: "unset PAPI_MCP_SANDBOX_NAME"},

	{line: "papi-mcp docter"},
	{line: "echo $?"},
	{line: "papi-mcp call webhok_list --sandbox"},
	{line: "papi-mcp serve --sandbox --confirm humn"},
	{line: "papi-mcp call webhook_list --sandbox pageSise=5"},
	{line: "echo $?"},
	{line: "papi-mcp tools --toolsets webhooks"},
	{line: "papi-mcp sandbox remove trial"},
}
