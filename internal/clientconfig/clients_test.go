package clientconfig

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestLookup(t *testing.T) {
	for name, want := range map[string]string{
		"Claude Desktop": "claude-desktop", "claude-code": "claude-code", "VS Code": "vscode", "vs-code": "vscode",
		"CURSOR": "cursor", "codex": "codex", "Gemini CLI": "gemini", "gemini": "gemini", "other": "other",
	} {
		if c := Lookup(name); c == nil || c.ID != want {
			t.Errorf("%s is %v, want %s", name, c, want)
		}
	}
	for _, name := range []string{"", "zed", "claude"} {
		if c := Lookup(name); c != nil {
			t.Errorf("%q is %s", name, c.ID)
		}
	}
}

// The user's files by system and environment. Paths are those of this system, and only
// the folders differ.
func TestUserFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("the paths below are those of other systems")
	}
	home := t.TempDir()
	other := filepath.Join(home, "other")
	set := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	appData := set("APPDATA", home+"/AppData/Roaming", "LOCALAPPDATA", home+"/AppData/Local")
	for _, test := range []struct {
		client, os string
		getenv     func(string) string
		want       string // below home
	}{
		{"claude-desktop", "darwin", set(), "Library/Application Support/Claude/claude_desktop_config.json"},
		{"claude-desktop", "linux", set(), ".config/Claude/claude_desktop_config.json"},
		{"claude-desktop", "linux", set("XDG_CONFIG_HOME", other), "other/Claude/claude_desktop_config.json"},
		{"claude-desktop", "linux", set("XDG_CONFIG_HOME", "relative"), ".config/Claude/claude_desktop_config.json"},
		{"claude-desktop", "windows", appData, "AppData/Roaming/Claude/claude_desktop_config.json"},
		{"claude-code", "darwin", set(), ".claude.json"},
		{"claude-code", "windows", appData, ".claude.json"},
		{"claude-code", "linux", set("CLAUDE_CONFIG_DIR", other), "other/.claude.json"},
		{"vscode", "darwin", set(), "Library/Application Support/Code/User/mcp.json"},
		{"vscode", "windows", appData, "AppData/Roaming/Code/User/mcp.json"},
		{"vscode", "linux", set(), ".config/Code/User/mcp.json"},
		{"cursor", "linux", set(), ".cursor/mcp.json"},
		{"codex", "linux", set(), ".codex/config.toml"},
		{"codex", "darwin", set("CODEX_HOME", other), "other/config.toml"},
		{"gemini", "linux", set(), ".gemini/settings.json"},
		{"gemini", "linux", set("GEMINI_CLI_HOME", other), "other/.gemini/settings.json"},
	} {
		path, err := Lookup(test.client).UserFile(System{test.os, home, test.getenv})
		if err != nil || path != filepath.Join(home, filepath.FromSlash(test.want)) {
			t.Errorf("%s on %s: %s, %v; want %s", test.client, test.os, path, err, test.want)
		}
	}

	// Claude Desktop as a package of Windows reads a file of its own.
	packaged := filepath.Join(home, "AppData", "Local", "Packages", "Claude_0123456789abc", "LocalCache", "Roaming", "Claude")
	if err := os.MkdirAll(packaged, 0o700); err != nil {
		t.Fatal(err)
	}
	path, err := Lookup("claude-desktop").UserFile(System{"windows", home, appData})
	if want := filepath.Join(packaged, "claude_desktop_config.json"); err != nil || path != want {
		t.Errorf("%s, %v; want %s", path, err, want)
	}

	for _, c := range Clients {
		if c.ID == Other {
			continue
		}
		if path, err := c.UserFile(System{"linux", "", set()}); err == nil || !strings.Contains(err.Error(), "set HOME") {
			t.Errorf("%s without a home folder: %s, %v", c.ID, path, err)
		}
	}
}

func TestIsFound(t *testing.T) {
	home := t.TempDir()
	system := System{"linux", home, func(string) string { return "" }}
	found := func() (ids []string) {
		for _, c := range Clients {
			if c.ID != Other && c.IsFound(system) {
				ids = append(ids, c.ID)
			}
		}
		return ids
	}
	if ids := found(); len(ids) != 0 {
		t.Errorf("found in an empty folder: %v", ids)
	}
	if err := os.Mkdir(filepath.Join(home, ".cursor"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".claude.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if ids := strings.Join(found(), " "); ids != "claude-code cursor" {
		t.Errorf("found %s", ids)
	}
}

// Each way of referring to a secret, and what a person pastes where there is none.
func TestDocuments(t *testing.T) {
	s := &Server{Name: "papi", Command: `C:\bin\papi "x".exe`, Args: []string{"serve"}, Env: map[string]string{"SINCH_KEY_ID": "id"},
		Refer: []string{"SINCH_KEY_SECRET"}, Own: []string{"SINCH_KEY_ID", "SINCH_KEY_SECRET"}}
	for id, want := range map[string]string{
		"claude-desktop": `"SINCH_KEY_SECRET": "your-key-secret"`,
		"other":          `"SINCH_KEY_SECRET": "your-key-secret"`,
		"claude-code":    `"SINCH_KEY_SECRET": "${SINCH_KEY_SECRET}"`,
		"cursor":         `"SINCH_KEY_SECRET": "${env:SINCH_KEY_SECRET}"`,
		"gemini":         `"SINCH_KEY_SECRET": "${SINCH_KEY_SECRET}"`,
		"vscode":         `"SINCH_KEY_SECRET": "${input:papi-key-secret}"`,
		"codex":          `env_vars = ["SINCH_KEY_SECRET"]`,
	} {
		c := Lookup(id)
		document := c.Document(s)
		if !strings.Contains(document, want) || !strings.Contains(document, `C:\\bin\\papi \"x\".exe`) {
			t.Errorf("%s:\n%s", id, document)
		}
		if asks := strings.Contains(document, `"id": "papi-key-secret"`); asks != c.AsksForSecret() {
			t.Errorf("%s asks for the secret: %v\n%s", id, asks, document)
		}
	}
	// A file is not given a placeholder: the variable is left out.
	merged, _, err := Lookup("claude-desktop").Merge(nil, s)
	if err != nil || strings.Contains(string(merged), "SINCH_KEY_SECRET") {
		t.Errorf("%v\n%s", err, merged)
	}
}
