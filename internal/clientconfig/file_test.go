package clientconfig

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, path string) *File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// content returns what a file contains, "" where there is none.
func content(path string) string {
	raw, _ := os.ReadFile(path)
	return string(raw)
}

func names(t *testing.T, folder string) string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return strings.Join(list, " ")
}

func TestWriteMakesABackupEachTime(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.json")
	write(t, path, "0", 0o600)
	for i, want := range []string{"a.json.bak", "a.json.bak.1", "a.json.bak.2"} {
		before := content(path)
		w, err := open(t, path).Write([]byte{byte('1' + i)}, WriteOptions{})
		if err != nil || filepath.Base(w.Backup) != want || content(w.Backup) != before || w.Folder != "" {
			t.Errorf("%+v, %v; want %s", w, err, want)
		}
	}
	if content(path) != "3" || content(path+".bak") != "0" || names(t, folder) != "a.json a.json.bak a.json.bak.1 a.json.bak.2" {
		t.Errorf("%s: %q, %q", names(t, folder), content(path), content(path+".bak"))
	}
}

func TestWriteCreatesFolderAndFile(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "client", "settings", "a.json")
	f := open(t, path)
	w, err := f.Write([]byte("new"), WriteOptions{})
	if err != nil || f.Exists || w.Backup != "" || w.Folder != filepath.Dir(f.target) || content(path) != "new" {
		t.Errorf("%+v, %v: %q", w, err, content(path))
	}
}

func TestWriteFollowsLinks(t *testing.T) {
	root := t.TempDir()
	target, link := filepath.Join(root, "dotfiles", "a.json"), filepath.Join(root, "a.json")
	write(t, target, "old", 0o600)
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	w, err := open(t, link).Write([]byte("new"), WriteOptions{})
	if err != nil || w.Backup != link+".bak" || content(target) != "new" || content(w.Backup) != "old" {
		t.Errorf("%+v, %v: %q", w, err, content(target))
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
	nowhere := filepath.Join(root, "nowhere.json")
	if err := os.Symlink(filepath.Join(root, "missing"), nowhere); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(nowhere); err == nil || !strings.Contains(err.Error(), "leads nowhere") {
		t.Errorf("%v", err)
	}
	if _, err := Open(filepath.Join(root, "dotfiles")); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("%v", err)
	}
}

// What fails changes nothing, and leaves nothing.
func TestWriteThatFails(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.json")
	write(t, path, "old", 0o400)
	if _, err := open(t, path).Write([]byte("new"), WriteOptions{}); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("a read-only file: %v", err)
	}
	write(t, filepath.Join(folder, "b.json"), "old", 0o600)
	f := open(t, filepath.Join(folder, "b.json"))
	write(t, f.Path, "other", 0o600)
	if _, err := f.Write([]byte("new"), WriteOptions{}); err == nil || !strings.Contains(err.Error(), "changed by another program") {
		t.Errorf("a file that was changed: %v", err)
	}
	f = open(t, f.Path)
	f.target = filepath.Join(folder, "missing", "b.json") // can't be written
	f.Content = nil
	if err := f.replace([]byte("new"), 0o600, false); err == nil {
		t.Error("it was written")
	}
	if content(path) != "old" || content(filepath.Join(folder, "b.json")) != "other" || names(t, folder) != "a.json b.json" {
		t.Errorf("%s: %q, %q", names(t, folder), content(path), content(filepath.Join(folder, "b.json")))
	}
	// A folder whose parent is a file.
	if _, err := Open(filepath.Join(path, "x", "c.json")); err == nil {
		t.Error("a folder below a file was opened")
	}
}
