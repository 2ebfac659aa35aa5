package cli

import (
	"os"
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
	info, statErr := os.Stat(name)
	if err != nil || statErr != nil || string(content) != "new" || info.Mode().Perm() != 0o600 {
		t.Errorf("%q, %v, %v, %v", content, info.Mode(), err, statErr)
	}
	if all, _ := os.ReadDir(filepath.Dir(name)); len(all) != 1 {
		t.Errorf("%v are left", all)
	}
	if err := writePrivate(filepath.Join(t.TempDir(), "missing", "plan.json"), nil); err == nil {
		t.Error("a folder that does not exist is not an error")
	}
}
