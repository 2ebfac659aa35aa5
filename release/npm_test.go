package release

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

var published = Home{Version: "1.2.3", Owner: "the-owner", Repository: "the-repository", NPMScope: "the-scope", Image: "registry.test/the-image"}

// writePackages writes the npm packages of a release with a program for some platforms, and
// returns their folders with the package.json of each by its name.
func writePackages(t *testing.T, platforms ...Platform) ([]string, map[string]npmPackage) {
	t.Helper()
	binaries := Binaries{}
	for _, platform := range platforms {
		binaries[platform] = filepath.Join(t.TempDir(), "built")
		if err := os.WriteFile(binaries[platform], []byte(platform.OS+platform.Arch), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folders, err := WriteNPMPackages(published, "..", binaries, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	manifests := map[string]npmPackage{}
	for _, folder := range folders {
		raw, err := os.ReadFile(filepath.Join(folder, "package.json"))
		if err != nil {
			t.Fatal(err)
		}
		var manifest npmPackage
		if err := json.Unmarshal(raw, &manifest); err != nil {
			t.Fatal(err)
		}
		manifests[manifest.Name] = manifest
	}
	return folders, manifests
}

// There is a package for each platform, and one that depends on exactly those.
func TestNPMPackages(t *testing.T) {
	var all []Platform
	for platform := range NPMPlatforms {
		all = append(all, platform)
	}
	folders, manifests := writePackages(t, all...)
	main := manifests["@the-scope/papi-mcp"]
	if filepath.Base(folders[len(folders)-1]) != "papi-mcp" {
		t.Errorf("the package that depends on the others is not published last: %q", folders)
	}
	if len(folders) != 7 || len(manifests) != 7 || len(main.OptionalDependencies) != 6 {
		t.Errorf("%d packages, %d optional dependencies", len(manifests), len(main.OptionalDependencies))
	}
	if main.MCPName != "io.github.the-owner/papi-mcp" {
		t.Errorf("mcpName %q", main.MCPName)
	}
	for name, m := range manifests {
		folder := folders[slices.IndexFunc(folders, func(f string) bool { return filepath.Base(f) == filepath.Base(name) })]
		if m.Version != "1.2.3" || m.License != "Apache-2.0" || m.Author != "the papi-mcp authors" || m.PublishConfig["access"] != "public" ||
			m.Repository["url"] != "git+https://github.com/the-owner/the-repository.git" || m.Engines["node"] == "" || m.Description == "" {
			t.Errorf("%+v", m)
		}
		for _, file := range []string{"LICENSE", "README.md"} {
			if info, err := os.Stat(filepath.Join(folder, file)); err != nil || info.Size() == 0 {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, file := range m.Files {
			if _, err := os.Stat(filepath.Join(folder, file)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if name == main.Name {
			continue
		}
		if main.OptionalDependencies[name] != "1.2.3" || len(m.OptionalDependencies) > 0 || len(m.Bin) > 0 || m.MCPName != "" {
			t.Errorf("%s: %q, %+v", name, main.OptionalDependencies[name], m)
		}
		// The launcher finds the package by this name, and the program in it by this path.
		if len(m.OS) != 1 || len(m.CPU) != 1 || name != main.Name+"-"+m.OS[0]+"-"+m.CPU[0] {
			t.Fatalf("%s is for %s on %s", name, m.OS, m.CPU)
		}
		program := filepath.Join(folder, "bin", "papi-mcp")
		if m.OS[0] == "win32" {
			program += ".exe"
		}
		content, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		for platform, node := range NPMPlatforms {
			if isThis := (node == Platform{m.OS[0], m.CPU[0]}); isThis != (string(content) == platform.OS+platform.Arch) {
				t.Errorf("%s has the program %s", name, content)
			}
		}
		if info, err := os.Stat(program); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != 0o755) {
			t.Errorf("%s: %v, %v", program, info.Mode(), err)
		}
	}
}

// With a few platforms, as in a quick check, only those are optional dependencies.
func TestNPMPackagesOfSomePlatforms(t *testing.T) {
	_, manifests := writePackages(t, Platform{"linux", "arm64"}, Platform{"darwin", "all"})
	if got := manifests["@the-scope/papi-mcp"].OptionalDependencies; len(got) != 1 || got["@the-scope/papi-mcp-linux-arm64"] == "" {
		t.Errorf("%v", got)
	}
	if _, err := WriteNPMPackages(published, "..", Binaries{{"plan9", "amd64"}: "papi-mcp"}, t.TempDir()); err == nil || !strings.Contains(err.Error(), "build it first") {
		t.Errorf("without a program: %v", err)
	}
}

// The README of the npm package has an entry for a client, with the values of home.yaml.
func TestNPMReadme(t *testing.T) {
	folders, _ := writePackages(t, Platform{"linux", "amd64"})
	raw, err := os.ReadFile(filepath.Join(folders[len(folders)-1], "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), "npx -y @the-scope/papi-mcp init") || strings.Contains(string(raw), "<%") {
		t.Errorf("%s", raw)
	}
	block := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(raw)
	if block == nil {
		t.Fatalf("it has no entry:\n%s", raw)
	}
	var document struct {
		MCPServers map[string]struct {
			Command string
			Args    []string
		}
	}
	if err := json.Unmarshal(block[1], &document); err != nil {
		t.Fatal(err)
	}
	if entry := document.MCPServers["papi"]; entry.Command != "npx" || !slices.Contains(entry.Args, "@the-scope/papi-mcp@1.2.3") {
		t.Errorf("%+v", entry)
	}
}

func TestDescriptionFitsTheRegistry(t *testing.T) {
	if n := len(published.Description()); n == 0 || n > 100 {
		t.Errorf("%d characters", n)
	}
}
