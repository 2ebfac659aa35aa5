//go:build linux || darwin

package cli

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A named pipe in a folder is not read: it could block for ever.
func TestTemplateSourcesLeavesPipes(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.json")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := templateSources([]string{dir}); err == nil {
		t.Errorf("%v", got)
	}
	if got, err := templateSources([]string{pipe}); err != nil || len(got) != 1 { // as the shell gives it for <(COMMAND)
		t.Errorf("%v (%v)", got, err)
	}
}
