package skills

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"papi-mcp/guides"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/tokentest"
)

var update = flag.Bool("update", false, "write the references of the skill again")

// The folder has the files of the skill, and no others.
// `go test ./skills -run Fresh -update` writes the references again.
func TestSkillIsFresh(t *testing.T) {
	stale, err := filepath.Glob(filepath.FromSlash(Name + "/references/*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range Files() {
		path := filepath.Join(Name, filepath.FromSlash(file.Path))
		stale = slices.DeleteFunc(stale, func(other string) bool { return other == path })
		raw, err := os.ReadFile(path)
		switch {
		case string(raw) == file.Text:
		case !*update:
			t.Errorf("%s is not up to date (%v): run go test ./skills -run Fresh -update", path, err)
		default:
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(file.Text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, path := range stale {
		if !*update {
			t.Errorf("no guide has %s: run go test ./skills -run Fresh -update", path)
		} else if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if others, err := filepath.Glob(Name + "/*"); err != nil || len(others) != 2 {
		t.Errorf("%s has %v (%v), want %s and references", Name, others, err, Manifest)
	}
}

// The rules of the Agent Skills specification (agentskills.io/specification) for front
// matter, and of the Skills extension of MCP for its metadata.
func TestFrontmatterFollowsTheSpecification(t *testing.T) {
	fields := Frontmatter()
	allowed := []string{"allowed-tools", "compatibility", "description", "license", "metadata", "name"}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(allowed, field) {
			t.Errorf("the specification has no field %s", field)
		}
	}
	if name, _ := fields["name"].(string); name != Name || !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(name) || len(name) > 64 {
		t.Errorf("name: %q", name)
	}
	for field, limit := range map[string]int{"description": 1024, "compatibility": 500, "license": 100} {
		text, _ := fields[field].(string)
		if n := utf8.RuneCountInString(text); n == 0 || n > limit {
			t.Errorf("%s has %d characters, want 1 to %d", field, n, limit)
		}
	}
	if description, _ := fields["description"].(string); !strings.Contains(description, "Use it to ") {
		t.Error("the description does not say when to use the skill")
	}
	metadata, _ := fields["metadata"].(map[string]any)
	for key, value := range metadata {
		if _, isText := value.(string); !isText || strings.HasPrefix(key, "io.modelcontextprotocol/") {
			t.Errorf("metadata %s: %v", key, value)
		}
	}
}

// What an agent reads is short: SKILL.md when a task needs the skill, a reference when a
// step does.
func TestPagesAreShort(t *testing.T) {
	for _, file := range Files() {
		text, limit := file.Text, 900 // as a page of a guide
		if file.Path == Manifest {
			_, body, _ := strings.Cut(file.Text, "\n---\n") // agents have the front matter already
			text, limit = body, 1500
		}
		if n := tokentest.Count(text); n > limit {
			t.Errorf("%s has %d tokens, want at most %d", file.Path, n, limit)
		}
		if strings.Contains(file.Text, "\r") || !strings.HasSuffix(file.Text, "\n") {
			t.Errorf("%s has other line ends than \\n", file.Path)
		}
	}
}

var path = regexp.MustCompile(`references/[\w./-]+\.md`)

// SKILL.md links to each reference, and all paths that a page names are files of the
// skill.
func TestLinks(t *testing.T) {
	linked := map[string]bool{}
	for _, file := range Files() {
		for _, named := range path.FindAllString(file.Text, -1) {
			if !slices.ContainsFunc(Files(), func(f File) bool { return f.Path == named }) {
				t.Errorf("%s names %s, which does not exist", file.Path, named)
			}
			linked[named] = linked[named] || file.Path == Manifest && strings.Contains(file.Text, "]("+named+")")
		}
	}
	for _, file := range Files()[1:] {
		if !linked[file.Path] {
			t.Errorf("%s does not link to %s: add it to release/templates/skills", Manifest, file.Path)
		}
	}
}

// The references name commands where the guides name what a client of the server has.
func TestReferencesAreForShells(t *testing.T) {
	waits := map[string]bool{}
	for _, row := range catalog.Rows() {
		waits[row.Tool] = row.Follows()
	}
	shown := 0
	for _, file := range Files() {
		for _, word := range []string{"papi://", "`wait` for", "with `state`"} {
			if strings.Contains(file.Text, word) && file.Path != Manifest {
				t.Errorf("%s has %q", file.Path, word)
			}
		}
		for _, command := range regexp.MustCompile("`papi-mcp wait (\\w+)`").FindAllStringSubmatch(file.Text, -1) {
			shown++
			if !waits[command[1]] {
				t.Errorf("%s: papi-mcp wait can't follow %s", file.Path, command[1])
			}
		}
	}
	if shown < 8 {
		t.Errorf("%d commands that wait", shown)
	}
	for before, want := range map[string]string{
		"see papi://guides/rcs/test_numbers":                        "see references/rcs-test_numbers.md",
		"see papi://guides/sms.":                                    "see references/sms.md.",
		"then `wait` for `sms_app_get` until `ACTIVE`":              "then wait with `papi-mcp wait sms_app_get` until `ACTIVE`",
		"- `wait` for `rcs_sender_get` with `state` LAUNCHED, once": "- Wait with `papi-mcp wait rcs_sender_get` with `--state LAUNCHED`, once",
	} {
		if got := forShell(before); got != want {
			t.Errorf("%s: %s, want %s", before, got, want)
		}
	}
}

// Each guide and each of its sections is a reference.
func TestEachGuideIsThere(t *testing.T) {
	want := 1
	for _, g := range guides.All() {
		want += 1 + len(g.Sections)
	}
	if got := len(Files()); got != want {
		t.Errorf("%d files, want %d", got, want)
	}
}
