package cli

import (
	"errors"
	"os"
	"papi-mcp/internal/private"
	"path/filepath"
	"testing"
)

// TestWritePrivate replaces a file that others can read by one that they can't, and leaves
// nothing else in its folder.
func TestWritePrivate(t *testing.T) {
	name := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(name, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := writePrivate(name, []byte("new")); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(name)
	if err := errors.Join(err, private.Inspect(name, othersAccess)); err != nil || string(content) != "new" {
		t.Errorf("%q, %v", content, err)
	}
	if all, _ := os.ReadDir(filepath.Dir(name)); len(all) != 1 {
		t.Errorf("%v are left", all)
	}
	if err := writePrivate(filepath.Join(t.TempDir(), "missing", "plan.json"), nil); err == nil {
		t.Error("a folder that does not exist is not an error")
	}
}
