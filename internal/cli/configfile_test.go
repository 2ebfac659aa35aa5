package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"papi-mcp/internal/errorcode"
)

// snapshot returns what is below a folder: names, modes, sizes, times and contents.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintln(&b, path, info.Mode(), info.Size(), info.ModTime().UnixNano())
		if !info.Mode().IsRegular() {
			return nil
		}
		content, err := os.ReadFile(path)
		b.Write(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// aHome sets a home folder that is empty, and returns it.
func aHome(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	withoutHome(t)
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	t.Chdir(home)
	return home
}

// withoutHome unsets the variables that give the folder for state, on each system.
func withoutHome(t *testing.T) {
	t.Helper()
	for _, name := range []string{"HOME", "XDG_STATE_HOME", "USERPROFILE", "LOCALAPPDATA"} {
		t.Setenv(name, "")
	}
}

// config check changes nothing on disk, whether the file is valid or not: no state
// folder, no log, no lock.
func TestConfigCheckChangesNothing(t *testing.T) {
	home := aHome(t)
	for name, content := range map[string]string{
		"stdio.yaml":   "read-only: true\n",
		"sandbox.yaml": "sandbox: true\nseed-data: shop\n",
		"store.yaml":   "store: new/state.db\naudit: new.jsonl\n",
		"instore.yaml": "store: new.db\naudit: store\n",
		"http.yaml":    "http: 127.0.0.1:0\n",
		"bad.yaml":     "htttp: a\nstore: new/state.db\naudit: log.jsonl\nconfirm: humn\n",
		"yaml.yaml":    "keys: [\n",
		"trace.yaml":   "trace: true\n",
	} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(home, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, home)
	for _, file := range files {
		code, out, errOut := run(t, nil, "config", "check", file)
		want := errorcode.Done
		if strings.HasPrefix(filepath.Base(file), "bad") || strings.HasPrefix(filepath.Base(file), "yaml") {
			want = errorcode.Failed
		}
		if code != int(want) {
			t.Errorf("%s: exit %d, %s%s", file, code, out, errOut)
		}
		if after := snapshot(t, home); after != before {
			t.Fatalf("%s: the disk has changed, from\n%s\nto\n%s", file, before, after)
		}
	}
}

// Each fault has a line with its position, and none repeats another.
func TestConfigCheckReportsAllTogether(t *testing.T) {
	home := aHome(t)
	const text = `htttp: 127.0.0.1:0
http: 0.0.0.0:8080
max-running: many
session-idle: soon
confirm: humn
read-only: "yes"
toolsets: [webhoks, rcs, sms2]
tools: [webhok_list]
rate: -1
burst: 0
tls-cert: none.pem
tls-key: none.key
public-url: example.com/x
auth: token
seed: 3
audit: none/log.jsonl
keys:
  desk:
    hashes: ["pmk_canary", "${PAPI_TEST_NONE}"]
    tenant: emae
    projects: [a/b]
    toolsets: [webhook]
tenants:
  emea:
    projects: all
    key-id: ${PAPI_TEST_NO_ID}
    key-secret: canary
`
	if err := os.WriteFile(filepath.Join(home, "f.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := run(t, nil, "config", "check", "f.yaml")
	if code != int(errorcode.Failed) || out != "" {
		t.Errorf("exit %d, output %s", code, out)
	}
	wants := []string{
		`f.yaml:1:1: htttp: no such name (did you mean http?)`,
		`f.yaml:3:1: max-running: "many" is given; allowed: integer`,
		`f.yaml:4:1: session-idle: invalid argument "soon"`,
		`f.yaml:5:1: confirm: "humn" is given; allowed: auto, human, off (did you mean human?)`,
		`f.yaml:6:1: read-only: "yes" is given; allowed: boolean`,
		`f.yaml:7:1: --toolsets: there is no toolset "webhoks" (did you mean "webhooks"?)`,
		`f.yaml:7:1: --toolsets: there is no toolset "sms2" (did you mean "sms"?)`,
		`f.yaml:8:1: --tools: `,
		`f.yaml:9:1: --rate must be 0 (no limit) or greater`,
		`f.yaml:10:1: --burst must be greater than 0`,
		`f.yaml:11:1: --tls-cert: open none.pem`,
		`f.yaml:12:1: --tls-key: open none.key`,
		`f.yaml:13:1: --public-url "example.com/x": use only scheme and host`,
		`f.yaml:15:1: --seed needs --sandbox`,
		`f.yaml:16:1: --audit: none/log.jsonl can't be created: there is no folder none`,
		`f.yaml:18:3: keys.desk.read-only: allowed: required`,
		`f.yaml:19:14: keys.desk.hashes[0]: allowed: the hashes of its keys`,
		`f.yaml:19:28: keys.desk.hashes[1]: "${PAPI_TEST_NONE}" is given; allowed: a variable that is set`,
		`f.yaml:20:5: keys.desk.tenant: "emae" is given; allowed: one of the tenants: emea`,
		`f.yaml:21:16: keys.desk.projects[0]: "a/b" is given; allowed: the id of a project: this holds a slash`,
		`f.yaml:22:16: keys.desk.toolsets[0]: "webhook" is given`,
		`f.yaml:26:5: tenants.emea.key-id: "${PAPI_TEST_NO_ID}" is given; allowed: a variable that is set`,
		`f.yaml:27:5: tenants.emea.key-secret: "***" is given; allowed: the variable that holds it`,
	}
	lines := strings.Split(strings.TrimSpace(errOut), "\n")
	previous := 0
	for _, line := range lines {
		n := previous
		if _, err := fmt.Sscanf(line, "f.yaml:%d:", &n); err == nil && n < previous {
			t.Errorf("not in the order of the file: %s", line)
		}
		previous = n
	}
	for _, want := range wants {
		n := 0
		for _, line := range lines {
			if strings.HasPrefix(line, want) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d lines begin with %s", n, want)
		}
	}
	if last := fmt.Sprintf("papi-mcp: f.yaml is not valid: faults: %d", len(wants)); lines[len(lines)-1] != last || len(lines) != len(wants)+1 {
		t.Errorf("%d lines instead of %d:\n%s", len(lines), len(wants)+1, errOut)
	}
	if strings.Contains(errOut, "canary") {
		t.Errorf("a secret is shown:\n%s", errOut)
	}
}

// Variables of flags are reported with the file, each.
func TestConfigCheckReadsTheEnvironment(t *testing.T) {
	home := aHome(t)
	if err := os.WriteFile(filepath.Join(home, "f.yaml"), []byte("read-only: true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PAPI_MCP_MAX_RUNNING", "many")
	t.Setenv("PAPI_MCP_CONFIRM", "humn")
	t.Setenv("PAPI_MCP_REDONLY", "true")
	t.Setenv("PAPI_MCP_AUDITS", "")
	t.Setenv("SINCH_PROJET_ID", "")
	t.Setenv("PAPI_MCP_AUDIT", "${AUDIT}")
	code, _, errOut := run(t, map[string]string{"SINCH_KEY_ID": "<your-key>", "PAPI_BASE_URL": "https://api.example.com/v1"}, "config", "check", "f.yaml")
	for _, want := range []string{`PAPI_MCP_MAX_RUNNING="many"`, "did you mean PAPI_MCP_READ_ONLY?", "did you mean PAPI_MCP_AUDIT?", "did you mean SINCH_PROJECT_ID?", `--confirm "humn"`, "PAPI_MCP_AUDIT was not filled in", "SINCH_KEY_ID was not filled in", "set it to https://api.example.com"} {
		if code != int(errorcode.Failed) || !strings.Contains(errOut, want) {
			t.Errorf("exit %d, no %s in\n%s", code, want, errOut)
		}
	}
}

// A file that is not as YAML, or as a configuration file, must be is not valid.
func TestConfigCheckOfOtherFiles(t *testing.T) {
	home := aHome(t)
	for text, want := range map[string]string{
		"http: a\nhttp: b\nrate: 1\nrate: 2\n": "f.yaml:4:1: not valid YAML: mapping key \"rate\" already defined at line 3",
		"http: a\n  x: [\n":                    "f.yaml:2:4: not valid YAML: ",
		"- a\n":                                "f.yaml: the file does not consist of names and their values",
		"text":                                 "f.yaml: the file does not consist of names and their values",
		"\x00\xff":                             "f.yaml: not valid YAML: control characters",
		"a: 1\n---\nb: 1\n":                    "f.yaml: there is more than one document",
		"rate: *none\n":                        "f.yaml:1:7: not valid YAML: unknown anchor",
		"http: *\n":                            "(put * in quotes, or write all)",
	} {
		if err := os.WriteFile(filepath.Join(home, "f.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, _, errOut := run(t, nil, "config", "check", "f.yaml"); code != int(errorcode.Failed) || !strings.Contains(errOut, want) {
			t.Errorf("%q: exit %d, %s", text, code, errOut)
		}
	}
	for _, text := range []string{"", "# nothing\n", "~\n"} {
		if err := os.WriteFile(filepath.Join(home, "f.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, _, errOut := run(t, nil, "config", "check", "f.yaml"); code != int(errorcode.Done) {
			t.Errorf("%q: exit %d, %s", text, code, errOut)
		}
	}
	if code, _, errOut := run(t, nil, "config", "check", "none.yaml"); code != int(errorcode.Failed) || !strings.Contains(errOut, "none.yaml") {
		t.Errorf("exit %d, %s", code, errOut)
	}
	for _, args := range [][]string{nil, {"a", "b"}} {
		if code, _, errOut := run(t, nil, append([]string{"config", "check"}, args...)...); code != int(errorcode.Usage) || !strings.Contains(errOut, "config check FILE") {
			t.Errorf("%v: exit %d, %s", args, code, errOut)
		}
	}
}
