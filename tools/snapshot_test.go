package tools

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"papi-mcp/internal/catalog"
)

var update = flag.Bool("update", false, "write the snapshots again")

// Each tool as clients see it, so that a change of the interface shows in
// review. `go test ./tools -update` writes them again.
func TestSnapshots(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	dir := filepath.Join("..", "testdata", "tools")
	seen := map[string]bool{}
	for _, tool := range slices.Concat(set.Tools(), newDynamicSet(t, catalog.Filter{}).Tools()) {
		name := tool.Name + ".json"
		if seen[name] {
			continue
		}
		seen[name] = true
		var got bytes.Buffer
		if err := json.Indent(&got, encode(tool), "", " "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
		path := filepath.Join(dir, name)
		if *update {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s is not as its snapshot has it: look at the change, and run go test ./tools -update", tool.Name)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !seen[f.Name()] {
			t.Errorf("%s is the snapshot of no tool", f.Name())
		}
	}
}
