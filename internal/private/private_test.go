package private

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
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
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if files, err := os.ReadDir(path); err != nil || len(files) != 1 {
		t.Errorf("it has %v, %v", files, err)
	}
}

// What others can write, or read where it is a file, is refused.
func TestPermissions(t *testing.T) {
	for mode, ok := range map[fs.FileMode]bool{0o700: true, 0o755: true, 0o500: true, 0o720: false, 0o702: false, 0o777: false} {
		path := t.TempDir()
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if (err == nil) != ok {
			t.Errorf("a folder with %o: %v", mode, err)
		}
		if err == nil {
			f.Close()
		}
	}
	f := open(t, t.TempDir())
	for mode, ok := range map[fs.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false, 0o620: false, 0o602: false, 0o666: false} {
		if err := f.Write("x", []byte("x")); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(f.Path("x"), mode); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Read("x"); (err == nil) != ok {
			t.Errorf("a file with %o: %v", mode, err)
		}
	}
}

// What belongs to another user is refused.
func TestOwner(t *testing.T) {
	f := open(t, t.TempDir())
	if err := f.Write("x", []byte("x")); err != nil {
		t.Fatal(err)
	}
	folder, file := t.TempDir(), "x"
	if os.Chown(folder, 12345, -1) != nil || os.Chown(f.Path(file), 12345, -1) != nil { // as root only
		folder, file = "/", ""
	}
	if _, err := Open(folder); err == nil || !strings.Contains(err.Error(), "belongs to another user") {
		t.Errorf("a folder of another user: %v", err)
	}
	if _, err := f.Read("x"); (err == nil) != (file == "") {
		t.Errorf("a file of another user: %v", err)
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
