//go:build unix

package private

import (
	"io/fs"
	"os"
	"strings"
	"testing"
)

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
