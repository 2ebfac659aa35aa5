package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/sandbox"
)

// hookSecret is that of the webhooks of the file.
const hookSecret = "canary-Horse-9-battery"

// killedApply is a file of 48 steps, a sandbox that serves HTTP, and the state folder of
// the commands.
type killedApply struct {
	t    *testing.T
	url  string
	dir  string
	said bytes.Buffer // what all commands printed
}

func newKilledApply(t *testing.T) *killedApply {
	server, url, _ := aSandbox(t.Context(), t, nil)
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	k := &killedApply{t: t, url: url, dir: t.TempDir()}
	file := "webhooks:\n"
	for i := range 12 {
		file += fmt.Sprintf("  - {target: https://example.com/new/%d, triggers: [ALL], secret: \"${env:PAPI_VAR_HOOK}\"}\n", i)
	}
	file += "smsApps:\n"
	for i := range 17 {
		file += fmt.Sprintf("  - {name: Texts %d, region: EU}\n", i)
	}
	file += "rcsSenders:\n"
	for i := range 16 {
		file += fmt.Sprintf("  - {region: EU, billingCategory: CONVERSATIONAL, useCase: TRANSACTIONAL, details: {brand: {name: Example %d}}}\n", i)
	}
	file += "delete:\n  webhooks:\n"
	for i := range 3 {
		target := fmt.Sprintf("https://example.com/old/%d", i)
		file += "    - {target: " + target + "}\n"
		k.run("call", "webhook_create", "--confirm", "off", fmt.Sprintf(`{"target":%q,"triggers":["ALL"],"secret":"correct-Horse-9-battery"}`, target))
	}
	if err := os.WriteFile(filepath.Join(k.dir, "shop.yaml"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	return k
}

func (k *killedApply) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(k.t.Context(), "papi-mcp", args...)
	cmd.Dir = k.dir
	cmd.Env = append(os.Environ(),
		"PAPI_BASE_URL="+k.url, "PAPI_TOKEN_URL="+k.url+"/oauth2/token", "SINCH_KEY_ID=any", "SINCH_KEY_SECRET=any",
		"SINCH_PROJECT_ID="+sandbox.DefaultProject, "PAPI_VAR_HOOK="+hookSecret, "XDG_STATE_HOME="+filepath.Join(k.dir, "state"))
	return cmd
}

// run runs a command to its end, which must be valid, and returns its standard output.
func (k *killedApply) run(args ...string) string {
	k.t.Helper()
	cmd := k.command(args...)
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	err := cmd.Run()
	k.said.Write(out.Bytes())
	k.said.Write(log.Bytes())
	if err != nil {
		k.t.Fatalf("%v: %v\n%s\n%s", args, err, out.Bytes(), log.Bytes())
	}
	return out.String()
}

// killedAfter applies the file, and kills the process a moment after it has printed so many
// lines, or that it waits. It reports whether it ended before, or waited.
func (k *killedApply) killedAfter(lines int, moment time.Duration, hash string) (over bool) {
	k.t.Helper()
	cmd := k.command("apply", "shop.yaml", "--approve", hash)
	log, err := cmd.StderrPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	var out bytes.Buffer // not k.said, to which this goroutine writes meanwhile
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	scanner := bufio.NewScanner(log)
	for lines > 0 && !over {
		if over = !scanner.Scan(); !over {
			k.said.WriteString(scanner.Text() + "\n")
			over = strings.HasPrefix(scanner.Text(), "waiting until ")
			lines--
		}
	}
	select {
	case <-time.After(moment):
	case <-k.t.Context().Done():
	}
	_ = cmd.Process.Kill() // SIGKILL; it may have ended
	for scanner.Scan() {
		k.said.WriteString(scanner.Text() + "\n")
	}
	_ = cmd.Wait()
	k.said.Write(out.Bytes())
	return over
}

var planHash = regexp.MustCompile(`Hash: ([0-9a-f]{64})`)

// A process that applies a file is killed at random moments, and the command is repeated:
// in the end all is there, and nothing twice; no person was asked again. No secret is in
// what the commands printed, or left in files.
func TestApplyThatIsKilled(t *testing.T) {
	rounds := 1
	if given := os.Getenv("PAPI_TEST_ROUNDS"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil {
			t.Fatal(err)
		}
		rounds = max(1, n/10)
	}
	for seed := range rounds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(seed), 20))
			k := newKilledApply(t)
			hash := planHash.FindStringSubmatch(k.run("plan", "shop.yaml"))[1]
			kills := 0
			for kills < 12 && !k.killedAfter(1+random.IntN(12), time.Duration(random.IntN(20))*time.Millisecond, hash) {
				kills++
			}
			t.Logf("killed %d times", kills)
			moved, err := http.Post(k.url+"/_sandbox/clock", "application/json", strings.NewReader(`{"advance":"3m"}`))
			if err != nil || moved.StatusCode != http.StatusOK {
				t.Fatalf("%v %v", moved, err)
			}
			moved.Body.Close()
			k.run("apply", "shop.yaml", "--approve", hash)
			if out := k.run("plan", "shop.yaml", "--detailed-exitcode"); !strings.Contains(out, "45 unchanged") {
				t.Errorf("the end is not that of the file:\n%s", out)
			}
			for list, want := range map[string]int{"webhook_list": 12, "sms_app_list": 17, "rcs_sender_list": 16} {
				out := k.run("call", list, `{"all":true}`)
				if got := strings.Count(out, `"https://example.com/new/`) + strings.Count(out, `"Texts `) + strings.Count(out, `"Example `); got != want || strings.Contains(out, "/old/") {
					t.Errorf("%s: %d, and %d are in the file:\n%s", list, got, want, out)
				}
			}
			if bytes.Contains(k.said.Bytes(), []byte(hookSecret)) {
				t.Error("a secret was printed")
			}
			err = filepath.WalkDir(k.dir, func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return err
				}
				content, err := os.ReadFile(path)
				if bytes.Contains(content, []byte(hookSecret)) {
					t.Errorf("%s has a secret", path)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}
