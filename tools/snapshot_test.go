package tools

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/tools/listed"
)

var update = flag.Bool("update", false, "write the snapshots again")

// derivedSchema is the source of the generated files.
func derivedSchema(_ string, _ bool, derive func() json.RawMessage) json.RawMessage { return derive() }

// Each tool as clients see it, from which the list is served, and which shows a
// change of the interface in review. `go generate ./tools` writes them again.
func TestSnapshots(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	dir := "listed"
	seen := map[string]bool{}
	for _, tool := range slices.Concat(set.listBy(derivedSchema), newDynamicSet(t, catalog.Filter{}).listBy(derivedSchema), newSandboxSet(t, nil).listBy(derivedSchema), newReceiving(t, nil).set.listBy(derivedSchema)) {
		name := tool.Name + ".json"
		if seen[name] {
			continue
		}
		seen[name] = true
		got := snapshot(tool)
		path := filepath.Join(dir, name)
		if *update {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not as its snapshot has it: look at the change, and run go generate ./tools", tool.Name)
		}
	}
	for _, name := range listed.Names() {
		if !seen[name+".json"] {
			t.Errorf("%s is the snapshot of no tool", name)
		}
	}
}

// The list is that of the contract, although it is read from the generated files
// alone, with a default project and without.
func TestTheListIsServedFromTheGeneratedFiles(t *testing.T) {
	for _, byDefault := range []string{project, ""} {
		set := newSandboxSet(t, func(o *Options, g *guard.Options) { g.Default, o.Events = byDefault, new(Events) }).Set
		derived := set.listBy(derivedSchema)
		for i, tool := range set.Tools() {
			if listed.Tool(tool.Name) == nil {
				t.Errorf("%s has no file: run go generate ./tools", tool.Name)
			}
			if want := derived[i]; !reflect.DeepEqual(decodeJSON(t, encode(want)), decodeJSON(t, encode(tool))) {
				t.Errorf("%s (default project %q) is listed as\n%s\nand not as the contract has it:\n%s", tool.Name, byDefault, encode(tool), encode(want))
			}
			if raw := string(tool.RawInputSchema); strings.ContainsAny(raw, "\n") || byDefault == "" && !strings.Contains(raw, `"projectId"`) && set.tools[tool.Name] != nil {
				t.Errorf("%s (default project %q): %s", tool.Name, byDefault, raw)
			}
		}
	}
}

// snapshot is the generated file of a tool: JSON without spaces, broken into indented
// lines.
func snapshot(tool mcp.Tool) []byte {
	raw := encode(struct {
		Name        string             `json:"name"`
		Title       string             `json:"title"`
		Description string             `json:"description"`
		Annotations mcp.ToolAnnotation `json:"annotations"`
		Meta        *mcp.Meta          `json:"_meta,omitempty"`
		InputSchema json.RawMessage    `json:"inputSchema"`
	}{tool.Name, tool.Title, tool.Description, tool.Annotations, tool.Meta, tool.RawInputSchema})
	var file bytes.Buffer
	depth, inString := 0, false
	newLine := func() { file.WriteString("\n" + strings.Repeat(" ", depth)) }
	for i, c := range raw {
		switch {
		case c == '"' && (i == 0 || raw[i-1] != '\\'):
			inString = !inString
		case inString:
		case c == '}' || c == ']':
			if depth--; raw[i-1] != '{' && raw[i-1] != '[' {
				newLine()
			}
		}
		file.WriteByte(c)
		switch {
		case inString:
		case c == '{' || c == '[':
			if depth++; raw[i+1] != '}' && raw[i+1] != ']' {
				newLine()
			}
		case c == ',':
			newLine()
		}
	}
	return append(file.Bytes(), '\n')
}

func decodeJSON(t *testing.T, raw []byte) (value any) {
	t.Helper()
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Fatal(err)
	}
	return value
}
