package release

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the manifests again")

// The committed manifests are those that home.yaml and the templates give.
func TestManifestsAreFresh(t *testing.T) {
	home, err := ReadHome()
	if err != nil {
		t.Fatal(err)
	}
	manifests, err := Render(home)
	if err != nil {
		t.Fatal(err)
	}
	if len(manifests) == 0 {
		t.Fatal("there are no templates")
	}
	for path, want := range manifests {
		file := filepath.Join("..", filepath.FromSlash(path))
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not up to date (%v): run go test ./release -run Manifests -update", path, err)
		}
	}
}

// A manifest has no value of home.yaml but by its template: another home is another text.
func TestManifestsFollowHome(t *testing.T) {
	home := Home{Version: "9.8.7", Owner: "the-owner", Repository: "the-repository", NPMScope: "the-scope", Image: "the-registry/the-image"}
	manifests, err := Render(home)
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range manifests {
		for _, literal := range []string{"example/example", "@example", "example:", "0.1.0"} {
			if strings.Contains(string(content), literal) {
				t.Errorf("%s has %q whatever home.yaml says", path, literal)
			}
		}
	}
}

// The command of docs/release.md renders everything that says where the program is published.
func TestOneCommandRendersAll(t *testing.T) {
	page, err := os.ReadFile("../docs/release.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`go test (.+) -run '(.+)' -update`).FindSubmatch(page)
	if command == nil {
		t.Fatal("docs/release.md has no command that renders")
	}
	packages, names := strings.Fields(string(command[1])), strings.Split(string(command[2]), "|")
	found := 0
	err = filepath.WalkDir("..", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(text, []byte("ReadHome()")) {
			return err
		}
		for _, own := range regexp.MustCompile(`go test (\./\S+) -run (\w+) -update`).FindAllSubmatch(text, -1) {
			found++
			if !slices.Contains(packages, string(own[1])) || !slices.Contains(names, string(own[2])) {
				t.Errorf("it does not do what %s does: %s", file, own[0])
			}
		}
		return nil
	})
	if err != nil || found < 4 {
		t.Errorf("%d tests that render, %v", found, err)
	}
}

func TestATagIsChecked(t *testing.T) {
	published := Home{Version: "1.2.3", Owner: "o", Repository: "r", NPMScope: "s", Image: "registry.test/o/r"}
	placeholder := Home{Version: "0.1.0", Owner: "example", Repository: "example", NPMScope: "example", Image: "example"}
	withoutImage := published
	withoutImage.Image = "example"
	for name, c := range map[string]struct {
		home Home
		tag  string
		want string
	}{
		"published":       {published, "v1.2.3", ""},
		"another version": {published, "v1.2.4", "version 1.2.3"},
		"no v":            {published, "1.2.3", "tag v1.2.3"},
		"nothing is set":  {placeholder, "v0.1.0", `owner is still "example"`},
		"one is not set":  {withoutImage, "v1.2.3", `image is still "example"`},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.home.CheckTag(c.tag)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
