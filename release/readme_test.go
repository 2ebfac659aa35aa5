package release

import (
	"os"
	"strings"
	"testing"

	"papi-mcp/internal/clientconfig"
	"papi-mcp/internal/docstest"
)

// installation returns the part of the README on the installation.
func installation(t *testing.T, home Home) string {
	t.Helper()
	const path = "readme/install.tmpl"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	part, err := render(path, string(text), struct {
		Home
		VSCode, Cursor string
	}{home, clientconfig.Lookup("vscode").SandboxLink(home.NPMPackage()), clientconfig.Lookup("cursor").SandboxLink(home.NPMPackage())})
	if err != nil {
		t.Fatal(err)
	}
	return string(part)
}

func TestReadmeIsFresh(t *testing.T) {
	home, err := ReadHome()
	if err != nil {
		t.Fatal(err)
	}
	docstest.Fresh(t, "../README.md", "go test ./release -run Readme -update", *update, map[string]string{"install": installation(t, home)})
}

// The README has no value of home.yaml but by that part.
func TestReadmeFollowsHome(t *testing.T) {
	raw, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(raw), "<!-- install:begin")
	_, after, _ := strings.Cut(rest, "<!-- install:end -->")
	for _, text := range []string{before, after, installation(t, published)} {
		for _, literal := range []string{"example/example", "@example", "example:", "0.1.0"} {
			if strings.Contains(text, literal) {
				t.Errorf("the README has %q whatever home.yaml says", literal)
			}
		}
	}
}

// As long as a value is a placeholder, the README says that nothing is published: what has
// that name elsewhere may be anything.
func TestReadmeSaysWhatIsPublished(t *testing.T) {
	placeholder := published
	placeholder.NPMScope = "example"
	for _, home := range []Home{published, placeholder} {
		if text := installation(t, home); strings.Contains(text, "Nothing is published yet") == home.Published() {
			t.Errorf("%+v:\n%s", home, text)
		}
	}
}
