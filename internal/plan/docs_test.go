package plan

import (
	"strings"
	"testing"

	"papi-mcp/internal/docstest"
)

// TestDocsShowAValidFile reads the file that the page shows: it has every kind, and is
// valid for Read, lint and the schema.
func TestDocsShowAValidFile(t *testing.T) {
	const page = "../../docs/plan.md"
	file := docstest.Blocks(t, page, "yaml")[0]
	d := readFile(t, file, Options{Vars: map[string]string{"PROJECT": "p", "BRAND": "Example"}})
	for _, note := range Check(d) {
		t.Errorf("%s: %s", note.At, note.Text)
	}
	if err := checkBySchema(t, fileSchema(t), file); err != nil {
		t.Error(err)
	}
	has := map[string]bool{}
	for _, item := range d.Items {
		has[item.Kind.Name] = true
	}
	for _, kind := range Kinds {
		if !has[kind.Name] {
			t.Errorf("%s is not in the file that the page shows", kind.Name)
		}
	}
	if !strings.Contains(file, SchemaFile) {
		t.Error("its first line does not name the schema")
	}
}
