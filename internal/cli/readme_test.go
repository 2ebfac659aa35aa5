package cli

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/prompts"
)

var update = flag.Bool("update", false, "rewrite the README's table of tools")

// The README's table is generated from the rows. `go test ./internal/cli -run Readme
// -update` rewrites it.
func TestReadmeTableIsFresh(t *testing.T) {
	const path = "../../README.md"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(raw), "<!-- tools:begin")
	marker, rest, closed := strings.Cut(rest, "-->\n")
	_, after, ended := strings.Cut(rest, "<!-- tools:end -->")
	if !found || !closed || !ended {
		t.Fatal("the markers of the README's table are missing")
	}
	want := before + "<!-- tools:begin" + marker + "-->\n" + toolTable() + "<!-- tools:end -->" + after
	if want == string(raw) {
		return
	}
	if !*update {
		t.Fatal("the README's table of tools is stale: run go test ./internal/cli -run Readme -update")
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// toolTable returns the table of toolsets and tools in Markdown.
func toolTable() string {
	var b strings.Builder
	b.WriteString("Core tools are always on: `project_confirm`, `project_overview`, `schema_get`. A **!** marks what a person must confirm.\n")
	toolset := ""
	for _, row := range catalog.Rows() {
		if row.Toolset != toolset {
			toolset = row.Toolset
			note := ""
			if toolset == catalog.DeprecatedToolset {
				note = " (with `--deprecated`)"
			}
			fmt.Fprintf(&b, "\n**%s**%s\n\n| tool | effect | what it does |\n|---|---|---|\n", toolset, note)
		}
		mark := ""
		if row.Confirm != "" {
			mark = " **!**"
		}
		fmt.Fprintf(&b, "| `%s` | %s%s | %s |\n", row.Tool, row.Effect, mark, strings.ReplaceAll(row.About, "|", `\|`))
	}
	return b.String()
}

// The instructions, which every agent gets, are short enough to be read.
func TestInstructionsAreUnder400Words(t *testing.T) {
	if n := len(strings.Fields(instructions(false))); n >= 400 {
		t.Errorf("%d words", n)
	}
	for _, named := range []string{"project_confirm", "project_overview", "schema_get", "confirmation_required", "outcome_unknown", "deleteSubmitted"} {
		if !strings.Contains(instructions(false), named) {
			t.Errorf("%s is not named", named)
		}
	}
}

// The README names every flag, variable and prompt.
func TestReadmeNamesEveryFlagAndVariable(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(raw)
	for _, p := range prompts.All() {
		if !strings.Contains(readme, "`"+p.Name+"`") {
			t.Errorf("the README does not name the prompt %s", p.Name)
		}
	}
	serve := newServe(&streams{}, &config{})
	for _, f := range strings.Fields(serve.Flags().FlagUsages()) {
		if name := strings.TrimRight(f, ",;)"); strings.HasPrefix(name, "--") && !strings.Contains(readme, "`"+name) {
			t.Errorf("the README does not name %s", name)
		}
	}
	for _, line := range strings.Split(environmentHelp, "\n") {
		if name, _, _ := strings.Cut(strings.TrimSpace(line), " "); strings.HasPrefix(name, "SINCH_") || strings.HasPrefix(name, "PAPI_") {
			if !strings.Contains(readme, "`"+name+"`") {
				t.Errorf("the README does not name %s", name)
			}
		}
	}
}

// The README's configurations of clients are JSON with the client's own keys, and
// start this program with arguments and variables that it knows.
func TestReadmeBlocksForClients(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	type start struct {
		Type, Command string
		Args          []string
		Env           map[string]string
	}
	for client, key := range map[string]string{
		"**Claude Desktop** (`claude_desktop_config.json`)": "mcpServers",
		"**Claude Code** (`.mcp.json` ":                     "mcpServers",
		"**VS Code** (`.vscode/mcp.json`":                   "servers",
		"**Cursor** (`.cursor/mcp.json`)":                   "mcpServers",
		"**Any other client** ":                             "",
	} {
		_, rest, found := strings.Cut(string(raw), client)
		_, rest, opened := strings.Cut(rest, "```json\n")
		block, _, closed := strings.Cut(rest, "```")
		if !found || !opened || !closed {
			t.Errorf("%s has no block", client)
			continue
		}
		servers := map[string]start{}
		if key == "" {
			block = `{"": {"": ` + block + `}}`
		}
		var parts map[string]json.RawMessage
		if err := json.Unmarshal([]byte(block), &parts); err != nil {
			t.Errorf("%s: %v", client, err)
			continue
		}
		if err := json.Unmarshal(parts[key], &servers); err != nil || len(servers) != 1 {
			t.Errorf("%s: %q holds %s (%v)", client, key, parts[key], err)
		}
		for _, s := range servers {
			if !strings.HasSuffix(s.Command, "/papi-mcp") || len(s.Args) == 0 || s.Args[0] != "serve" || s.Type != "" && s.Type != "stdio" {
				t.Errorf("%s starts %+v", client, s)
				continue
			}
			if err := newServe(&streams{}, &config{}).ParseFlags(s.Args[1:]); err != nil {
				t.Errorf("%s: %v", client, err)
			}
			for name := range s.Env {
				if !strings.Contains(environmentHelp, name+" ") {
					t.Errorf("%s: no variable %s", client, name)
				}
			}
		}
		for _, input := range strings.Split(block, "${input:")[1:] { // VS Code's
			if id, _, _ := strings.Cut(input, "}"); !strings.Contains(string(parts["inputs"]), `"id": "`+id+`"`) {
				t.Errorf("%s asks for no input %s", client, id)
			}
		}
	}
}
