package private

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/filelock"
)

func open(t *testing.T, path string) *Folder {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

func TestFolderAndFileAreCreatedForTheirOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b")
	f := open(t, path)
	if _, err := f.Read("x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that does not exist: %v", err)
	}
	for _, content := range []string{"one", "two, which is longer", ""} {
		if err := f.Write("x", []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := f.Read("x"); err != nil || string(got) != content {
			t.Errorf("read %q, %v; want %q", got, err, content)
		}
	}
	for name, want := range map[string]fs.FileMode{path: 0o700, f.Path("x"): 0o600} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != want && runtime.GOOS != "windows" { // where a mode has no permissions of others
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if files, err := os.ReadDir(path); err != nil || len(files) != 1 {
		t.Errorf("it has %v, %v", files, err)
	}
}

// A link is refused, whatever it leads to; so is what is not a file.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	f := open(t, filepath.Join(dir, "real"))
	if err := f.Write("x", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "real"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("x", f.Path("y")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(f.Path("z"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(dir, "link")); err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("a link to a folder: %v", err)
	}
	for _, name := range []string{"y", "z"} {
		if _, err := f.Read(name); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := f.Read("../real/x"); err == nil {
		t.Error("a path out of the folder")
	}
	if _, err := Open(f.Path("x")); err == nil {
		t.Error("a file as folder")
	}
}

// What a crash left of a write does not disturb the next one.
func TestWriteAfterACrash(t *testing.T) {
	f := open(t, t.TempDir())
	if err := os.WriteFile(f.Path("x.new"), []byte("half"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := f.Write("x", []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got, err := f.Read("x"); err != nil || string(got) != "new" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestLock(t *testing.T) {
	f := open(t, t.TempDir())
	release, err := f.Lock(t.Context(), "x.lock", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Lock(t.Context(), "x.lock", 1); !errors.Is(err, filelock.ErrHeld) {
		t.Errorf("while it is held: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := f.Lock(ended, "x.lock", time.Second); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the context: %v", err)
	}
	release()
	release, err = f.Lock(t.Context(), "x.lock", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	release()
}
