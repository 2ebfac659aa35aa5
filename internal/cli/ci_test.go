package cli

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// .ci/run runs each fuzz target.
func TestEachFuzzTargetRuns(t *testing.T) {
	texts := projectTexts(t)
	target := regexp.MustCompile(`(?m)^func (Fuzz\w+)`)
	found := 0
	for name, text := range texts {
		if !strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, m := range target.FindAllStringSubmatch(text, -1) {
			found++
			if !regexp.MustCompile(`(?m)^fuzz ` + path.Dir(name) + `( .*)? ` + m[1] + `=\d`).MatchString(texts[".ci/run"]) {
				t.Errorf("%s of %s does not run", m[1], name)
			}
		}
	}
	if found == 0 {
		t.Error("no target was found")
	}
}

// Dependabot watches each folder whose dependencies have versions.
func TestDependabotWatchesEachFolder(t *testing.T) {
	raw, err := os.ReadFile("../../.github/dependabot.yml")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Updates []struct {
			Ecosystem   string `yaml:"package-ecosystem"`
			Directories []string
		}
	}
	if err := yaml.Unmarshal(raw, &config); err != nil {
		t.Fatal(err)
	}
	watched := map[string][]string{}
	for _, update := range config.Updates {
		watched[update.Ecosystem] = update.Directories
	}
	err = filepath.WalkDir("../..", func(file string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "dist") {
			return fs.SkipDir
		}
		ecosystem := map[string]string{"go.mod": "gomod", "package-lock.json": "npm"}[filepath.Base(file)]
		if err != nil || ecosystem == "" {
			return err
		}
		folder := path.Join("/", filepath.ToSlash(filepath.Dir(strings.TrimPrefix(file, filepath.FromSlash("../..")))))
		if !slices.ContainsFunc(watched[ecosystem], func(pattern string) bool {
			matches, err := path.Match(pattern, folder)
			return err == nil && matches
		}) {
			t.Errorf("Dependabot does not watch %s (%s)", folder, ecosystem)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
