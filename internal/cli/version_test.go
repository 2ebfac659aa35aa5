package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
)

// Without the data of a release a build is dev, with what Go records of the work tree.
func TestBuildFrom(t *testing.T) {
	recorded := &debug.BuildInfo{Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}, {Key: "vcs.time", Value: "2026-01-02T15:04:05Z"}, {Key: "vcs.modified", Value: "false"},
	}}
	modified := &debug.BuildInfo{Settings: append([]debug.BuildSetting{{Key: "vcs.modified", Value: "true"}}, recorded.Settings[:2]...)}
	for want, info := range map[string]*debug.BuildInfo{
		"dev (commit 0123456789ab, 2026-01-02T15:04:05Z, API " + papi.ContractVersion + ")":           recorded,
		"dev (commit 0123456789ab, modified, 2026-01-02T15:04:05Z, API " + papi.ContractVersion + ")": modified,
		"dev (API " + papi.ContractVersion + ")":                                                      {},
	} {
		if got := buildFrom(info).String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := buildFrom(nil); got.Commit != "" || got.Version != "dev" {
		t.Errorf("nothing is recorded: %+v", got)
	}
}

func TestVersionCommand(t *testing.T) {
	line := "papi-mcp " + thisBuild().String() + "\n"
	for _, args := range [][]string{{"version"}, {"--version"}} {
		if code, out, errOut := run(t, nil, args...); code != int(errorcode.Done) || out != line || errOut != "" {
			t.Errorf("%v: exit %d, %q, %q; want %q", args, code, out, errOut, line)
		}
	}
	code, out, _ := run(t, nil, "version", "--json")
	var b build
	if err := json.Unmarshal([]byte(out), &b); err != nil || code != int(errorcode.Done) || b != thisBuild() || b.API != papi.ContractVersion || b.OS != runtime.GOOS {
		t.Errorf("exit %d, %v: %s", code, err, out)
	}
	if code, _, errOut := run(t, nil, "version", "now"); code != int(errorcode.Usage) || !strings.Contains(errOut, "now") {
		t.Errorf("an argument: exit %d, %s", code, errOut)
	}
}

// The build of a release sets the version, the commit and the date.
func TestVersionOfARelease(t *testing.T) {
	program := filepath.Join(t.TempDir(), "papi-mcp.exe")
	set := "-X papi-mcp/internal/cli.release=1.2.3 -X papi-mcp/internal/cli.commit=fedcba9876543210 -X papi-mcp/internal/cli.date=2026-02-03T04:05:06Z"
	build := exec.Command("go", "build", "-ldflags", set, "-o", program, "../..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as the other builds: only links again
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(program, "--version").Output()
	if want := "papi-mcp 1.2.3 (commit fedcba987654, 2026-02-03T04:05:06Z, API " + papi.ContractVersion + ")\n"; err != nil || string(out) != want {
		t.Errorf("%v: got %s, want %s", err, out, want)
	}
}

// The workflows are YAML and run what CI is, and a release names the variables of a build as
// they are.
func TestWorkflows(t *testing.T) {
	files, err := filepath.Glob("../../.github/*/*.yml")
	if err != nil || len(files) < 4 {
		t.Fatalf("%v: %v", files, err)
	}
	texts := map[string]string{}
	for _, file := range append(files, "../../.goreleaser.yaml") {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var document map[string]any
		if err := yaml.Load(raw, &document); err != nil || len(document) == 0 {
			t.Errorf("%s: %v", file, err)
		}
		texts[filepath.Base(file)] = string(raw)
	}
	for file, wants := range map[string][]string{
		".goreleaser.yaml": {"papi-mcp/internal/cli.release=", "papi-mcp/internal/cli.commit=", "papi-mcp/internal/cli.date="},
		"ci.yml":           {"bash .ci/run", "go vet ./...", "go test -timeout 30m ./...", "macos-", "windows-"},
		"release.yml":      {"release/check --tag", "uses: ./.github/workflows/ci.yml", "goreleaser release", "release/pack", "buildah manifest push", "npm publish --provenance", "publisher publish"},
	} {
		for _, want := range wants {
			if !strings.Contains(texts[file], want) {
				t.Errorf("%s does not have %s", file, want)
			}
		}
	}
}
