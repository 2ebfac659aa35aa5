package settings

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// readText reads a file with a text.
func readText(t *testing.T, text string) (*File, error) {
	t.Helper()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.Bool("read-only", false, "")
	flags.String("http", "", "")
	path := filepath.Join(t.TempDir(), "papi-mcp.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return NewReader(flags).Read(path)
}

// A field that limits a grant is a list, or explicitly all.
func TestNames(t *testing.T) {
	for _, test := range []struct {
		projects string
		want     []string // nil for all
		says     string   // of what is refused
	}{
		{projects: `all`}, {projects: `"all"`}, {projects: `"*"`}, {projects: `[all]`}, {projects: `["*"]`}, {projects: "\n      - all"},
		{projects: `[a]`, want: []string{"a"}}, {projects: `[a, b]`, want: []string{"a", "b"}}, {projects: "\n      - a\n      - b", want: []string{"a", "b"}},
		{projects: ``, says: "required, the ids"}, {projects: `null`, says: "required, the ids"}, {projects: `~`, says: "required, the ids"},
		{projects: `[]`, says: "the ids of the projects"}, {projects: `""`, says: "the ids of the projects"}, {projects: `a`, says: "the ids of the projects"},
		{projects: `ALL`, says: "the ids of the projects"}, {projects: `7`, says: "the ids of the projects"}, {projects: `true`, says: "the ids of the projects"},
		{projects: `{}`, says: "the ids of the projects"}, {projects: `[""]`, says: "at least 1 character"}, {projects: `[7]`, says: "string"}, {projects: `[null]`, says: "string"},
		{projects: `[a, all]`, says: "either names, or only all"}, {projects: `["*", a]`, says: "either names, or only all"}, {projects: `[all, "*"]`, says: "either names, or only all"},
		{projects: `*`, says: "put * in quotes, or write all"}, {projects: `[*]`, says: "put * in quotes, or write all"}, {projects: "\n      - *", says: "put * in quotes, or write all"},
	} {
		f, err := readText(t, "tenants:\n  emea:\n    access-token: ${PATH}\n    projects: "+test.projects+"\n")
		switch {
		case test.says != "":
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("projects: %s: got %v, want %q", test.projects, err, test.says)
			}
		case err != nil:
			t.Errorf("projects: %s: %v", test.projects, err)
		case f.Tenants["emea"].Projects.All() != (test.want == nil) || !slices.Equal(f.Tenants["emea"].Projects.List(), test.want):
			t.Errorf("projects: %s: got %v", test.projects, f.Tenants["emea"].Projects)
		}
	}
}

// A placeholder that was not filled in is reported as one, in any field.
func TestPlaceholders(t *testing.T) {
	const hash = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	for text, path := range map[string]string{
		"tenants:\n  emea: {access-token: \"${PATH}\", projects: [<your-project-id>]}\n":                                "tenants.emea.projects[0]",
		"tenants:\n  emea: {access-token: \"${PATH}\", projects: [a, your-project-id]}\n":                               "tenants.emea.projects[1]",
		"keys:\n  bot: {hashes: [" + hash + "], projects: [\"{{project}}\"], toolsets: all, read-only: true}\n":         "keys.bot.projects[0]",
		"keys:\n  bot: {hashes: [" + hash + "], tenant: <tenant>, projects: all, toolsets: all, read-only: true}\n":     "keys.bot.tenant",
		"keys:\n  bot: {hashes: [" + hash + "], projects: [\"${PAPI_TEST_NONE}-x\"], toolsets: all, read-only: true}\n": "keys.bot.projects[0]",
		"http: <your-address>\n": "http",
	} {
		if _, err := readText(t, text); err == nil || !strings.Contains(err.Error(), ": "+path+": ") || !strings.Contains(err.Error(), "placeholder") {
			t.Errorf("%s\n%v", text, err)
		}
	}
}

// What limits a grant is required in each key, scope and tenant: a truncated file
// must not grant more.
func TestGrantLimitsAreRequired(t *testing.T) {
	const hash = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	for section, lines := range map[string][]string{
		"keys":    {"projects: all", "toolsets: all", "read-only: true", "hashes: [" + hash + "]"},
		"scopes":  {"toolsets: all", "read-only: true"},
		"tenants": {"projects: all", "access-token: ${PATH}"},
	} {
		whole := func(lines []string) string { return section + ":\n  one:\n    " + strings.Join(lines, "\n    ") + "\n" }
		if _, err := readText(t, whole(lines)); err != nil {
			t.Errorf("%s: %v", section, err)
		}
		for i, line := range lines {
			name, _, _ := strings.Cut(line, ":")
			_, err := readText(t, whole(slices.Delete(slices.Clone(lines), i, i+1)))
			if want := section + ".one." + name + ": allowed: required"; name != "access-token" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s without %s: %v", section, name, err)
			}
		}
	}
}

// A file with grants ends with a line, or a bracket.
func TestTheEndOfAFile(t *testing.T) {
	const tenant = "tenants:\n  emea: {projects: all, access-token: \"${PATH}\"}"
	for text, taken := range map[string]bool{
		tenant: true, tenant + "\n": true, tenant + "\r\n": true, tenant + "\n# a remark": true, tenant + "\n  ": true,
		strings.NewReplacer("{", "\n    ", ", ", "\n    ", "\"${PATH}\"}", "${PATH}").Replace(tenant) + "\n": true,
		"tenants:\n  emea:\n    access-token: ${PATH}\n    projects:\n      - project-a":                     false,
		"tenants:\n  emea:\n    access-token: ${PATH}\n    projects:\n      - project-a\n":                   true,
		"tenants:\n  emea:\n    access-token: ${PATH}\n    projects: [a]   # and":                            false,
		"http: 127.0.0.1:0":    true, // nothing is granted
		tenant + "\n---\n{}\n": false,
	} {
		if _, err := readText(t, text); (err == nil) != taken {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A file warns of what it could lose by truncation.
func TestOrderWarnings(t *testing.T) {
	const hash = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	for text, want := range map[string]string{
		"http: 127.0.0.1:0\nkeys:\n  bot:\n    tenant: emea\n    hashes: [" + hash + "]\n    projects: all\n    toolsets: all\n    read-only: true\ntenants:\n  emea: {projects: all, access-token: \"${PATH}\"}\n": "",
		"keys:\n  bot:\n    hashes: [" + hash + "]\n    projects: all\n    toolsets: all\n    read-only: true\n    tenant: emea\ntenants:\n  emea: {projects: all, access-token: \"${PATH}\"}\n":                    "keys.bot.tenant comes last",
		"keys: {bot: {hashes: [" + hash + "], projects: all, toolsets: all, read-only: true, tenant: emea}}\ntenants: {emea: {projects: all, access-token: \"${PATH}\"}}\n":                                         "",
		"scopes: {papi.read: {toolsets: all, read-only: true}}\nread-only: true\n":                                                                                                                                  "read-only comes after scopes",
		"{scopes: {papi.read: {toolsets: all, read-only: true}}, read-only: true}":                                                                                                                                  "",
		"read-only: true\nscopes: {papi.read: {toolsets: all, read-only: true}}\n":                                                                                                                                  "",
		"\ufeffread-only: true\nscopes: {papi.read: {toolsets: all, read-only: true}}":                                                                                                                              "",
	} {
		f, err := readText(t, text)
		if err != nil {
			t.Errorf("%s\n%v", text, err)
			continue
		}
		if got := strings.Join(f.Warnings, "\n"); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s\nnotes %q, want %q", text, got, want)
		}
	}
}
