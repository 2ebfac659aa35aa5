package cli

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A folder gives its files, links to files too, and no other folder whose name looks like
// a file's.
func TestTemplateSourcesOfAFolder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.json")
	for _, err := range []error{
		os.WriteFile(file, []byte("{}"), 0o600), os.Mkdir(filepath.Join(dir, "folder.json"), 0o700),
		os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600), os.Symlink(file, filepath.Join(dir, "link.JSON")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := templateSources([]string{dir, filepath.Join(dir, "notes.txt")})
	want := []string{file, filepath.Join(dir, "link.JSON"), filepath.Join(dir, "notes.txt")}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, want %v (%v)", got, want, err)
	}
}
