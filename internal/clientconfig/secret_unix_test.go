//go:build !windows

package clientconfig

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// inGit runs git in a folder, with no configuration but the folder's own.
func inGit(t *testing.T, folder string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", folder}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func withoutGitConfig(t *testing.T) {
	t.Helper()
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
}

// The matrix of files that may hold a secret, and those that must not.
func TestSecretProblem(t *testing.T) {
	withoutGitConfig(t)
	for _, test := range []struct {
		name    string
		prepare func(t *testing.T, root string)
		file    string // a.json unless given
		want    string // "" for none
	}{
		{name: "no file", prepare: func(*testing.T, string) {}},
		{name: "no folder", file: "new/folder/a.json", prepare: func(*testing.T, string) {}},
		{name: "a private file", prepare: func(t *testing.T, root string) { write(t, root+"/a.json", "{}", 0o600) }},
		{name: "readable by all", want: "others can read", prepare: func(t *testing.T, root string) { write(t, root+"/a.json", "{}", 0o644) }},
		{name: "readable by the group", want: "others can read", prepare: func(t *testing.T, root string) { write(t, root+"/a.json", "{}", 0o640) }},
		{name: "writable by others", want: "others can read", prepare: func(t *testing.T, root string) { write(t, root+"/a.json", "{}", 0o602) }},
		{name: "a folder that others can write to", want: "others can write to the folder", prepare: func(t *testing.T, root string) { mode(t, root, 0o777) }},
		{name: "a folder that the group can write to", want: "others can write to the folder", prepare: func(t *testing.T, root string) { mode(t, root, 0o770) }},
		{name: "below a folder that others can write to", file: "new/a.json", want: "others can write to the folder", prepare: func(t *testing.T, root string) { mode(t, root, 0o777) }},
		{name: "below a folder with the sticky bit", file: "new/a.json", prepare: func(t *testing.T, root string) { mode(t, root, 0o777|fs.ModeSticky) }},
		{name: "in a work tree", want: "git tracks", prepare: func(t *testing.T, root string) { inGit(t, root, "init", "-q") }},
		{name: "in a folder of a work tree", file: "new/folder/a.json", want: "git tracks", prepare: func(t *testing.T, root string) { inGit(t, root, "init", "-q") }},
		{name: "private, in a work tree", want: "git tracks", prepare: func(t *testing.T, root string) {
			inGit(t, root, "init", "-q")
			write(t, root+"/a.json", "{}", 0o600)
		}},
		{name: "ignored", prepare: func(t *testing.T, root string) {
			inGit(t, root, "init", "-q")
			write(t, root+"/.gitignore", "a.json*\n", 0o644)
		}},
		{name: "in an ignored folder that does not exist", file: "new/a.json", prepare: func(t *testing.T, root string) {
			inGit(t, root, "init", "-q")
			write(t, root+"/.gitignore", "/new/\n", 0o644)
		}},
		{name: "ignored, its backup not", want: "git tracks", prepare: func(t *testing.T, root string) {
			inGit(t, root, "init", "-q")
			write(t, root+"/.gitignore", "a.json\n", 0o644)
		}},
		{name: "ignored, and tracked", want: "git tracks", prepare: func(t *testing.T, root string) {
			inGit(t, root, "init", "-q")
			write(t, root+"/.gitignore", "a.json*\n", 0o644)
			write(t, root+"/a.json", "{}", 0o600)
			inGit(t, root, "add", "-f", "a.json")
		}},
		{name: "ignored, and readable by all", want: "others can read", prepare: func(t *testing.T, root string) {
			inGit(t, root, "init", "-q")
			write(t, root+"/.gitignore", "a.json*\n", 0o644)
			write(t, root+"/a.json", "{}", 0o644)
		}},
		{name: "a link into a work tree", want: "git tracks", prepare: func(t *testing.T, root string) {
			write(t, root+"/dotfiles/b.json", "{}", 0o600)
			inGit(t, root+"/dotfiles", "init", "-q")
			if err := os.Symlink("dotfiles/b.json", root+"/a.json"); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "a link of a folder into a work tree", file: "link/a.json", want: "git tracks", prepare: func(t *testing.T, root string) {
			write(t, root+"/dotfiles/folder/b.json", "{}", 0o600)
			inGit(t, root+"/dotfiles", "init", "-q")
			if err := os.Symlink("dotfiles/folder", root+"/link"); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "a .git that git can't read", want: "git tracks", prepare: func(t *testing.T, root string) { write(t, root+"/.git", "gitdir: /nowhere\n", 0o644) }},
		{name: "no git to ask, in a work tree", want: "git tracks", prepare: func(t *testing.T, root string) {
			inGit(t, root, "init", "-q")
			write(t, root+"/.gitignore", "a.json*\n", 0o644)
			t.Setenv("PATH", root)
		}},
		{name: "no git to ask, outside", prepare: func(t *testing.T, root string) { t.Setenv("PATH", root) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			mode(t, root, 0o700)
			test.prepare(t, root)
			if test.file == "" {
				test.file = "a.json"
			}
			problem := open(t, filepath.Join(root, test.file)).SecretProblem(System{})
			switch {
			case test.want == "":
				if problem != nil {
					t.Errorf("%+v", problem)
				}
			case problem == nil || !strings.Contains(problem.Reason, test.want) || problem.Fix == "":
				t.Errorf("%+v, want %s", problem, test.want)
			case problem.Permissions != (test.want == "others can read"):
				t.Errorf("%+v", problem)
			}
		})
	}
}

func mode(t *testing.T, path string, m fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, m); err != nil {
		t.Fatal(err)
	}
}

// A program that a repository names in its configuration is not started.
func TestGitStartsNoProgramOfTheRepository(t *testing.T) {
	withoutGitConfig(t)
	root := t.TempDir()
	inGit(t, root, "init", "-q")
	write(t, root+"/monitor", "#!/bin/sh\ntouch "+root+"/started\n", 0o700)
	inGit(t, root, "config", "core.fsmonitor", root+"/monitor")
	if !open(t, root+"/a.json").Tracked() {
		t.Error("the file is not tracked")
	}
	if _, err := os.Stat(root + "/started"); err == nil {
		t.Error("git started the program")
	}
}

// The variables of a hook of git do not hide the repository that a file is in.
func TestGitLooksAtTheFolder(t *testing.T) {
	withoutGitConfig(t)
	root, other := t.TempDir(), t.TempDir()
	inGit(t, root, "init", "-q")
	inGit(t, other, "init", "-q", "--bare")
	t.Setenv("GIT_DIR", other)
	if !open(t, root+"/a.json").Tracked() {
		t.Error("git looked at the repository of GIT_DIR")
	}
}

// A backup has the secrets of the file: git must not track it where it ignores the file.
func TestBackupProblem(t *testing.T) {
	withoutGitConfig(t)
	root := t.TempDir()
	inGit(t, root, "init", "-q")
	write(t, root+"/a.json", "{}", 0o600)
	if err := open(t, root+"/a.json").BackupProblem(); err != nil {
		t.Errorf("the file would be tracked: %v", err)
	}
	write(t, root+"/.gitignore", "a.json\n", 0o600)
	if err := open(t, root+"/a.json").BackupProblem(); err == nil || !strings.Contains(err.Error(), "a.json.bak*") {
		t.Errorf("the file is ignored, its backup is not: %v", err)
	}
	write(t, root+"/.gitignore", "a.json\na.json.bak\n", 0o600)
	if err := open(t, root+"/a.json").BackupProblem(); err != nil {
		t.Errorf("both are ignored: %v", err)
	}
	write(t, root+"/a.json.bak", "{}", 0o600)
	file := open(t, root+"/a.json")
	if err := file.BackupProblem(); err == nil || !file.Tracked() {
		t.Errorf("the first backup is ignored, the second is not: %v", err)
	}
	write(t, root+"/.gitignore", "a.json*\n", 0o600)
	if file := open(t, root+"/a.json"); file.BackupProblem() != nil || file.Tracked() {
		t.Errorf("all are ignored: %v", file.BackupProblem())
	}
}

// Permissions are kept, and a new file is the user's alone unless it is shared.
func TestWriteKeepsPermissions(t *testing.T) {
	root := t.TempDir()
	for _, test := range []struct {
		before, after fs.FileMode // before is 0 for no file
		options       WriteOptions
	}{
		{0, 0o600, WriteOptions{}},
		{0, 0o600, WriteOptions{Secret: true}},
		{0, 0o644, WriteOptions{Shared: true}},
		{0o600, 0o600, WriteOptions{Shared: true}},
		{0o640, 0o640, WriteOptions{}},
		{0o664, 0o664, WriteOptions{}},
		{0o664, 0o600, WriteOptions{Private: true}},
		{0o755, 0o700, WriteOptions{Private: true, Secret: true}},
	} {
		path := filepath.Join(root, "a.json")
		os.Remove(path)
		if test.before != 0 {
			write(t, path, "old", test.before)
		}
		w, err := open(t, path).Write([]byte("new"), test.options)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{path, w.Backup} {
			if name == "" {
				continue
			}
			info, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Mode().Perm(); got != test.after && !(test.options.Shared && got == test.after&^0o077) {
				t.Errorf("%s of mode %o with %+v has mode %o, want %o", name, test.before, test.options, got, test.after)
			}
		}
		os.Remove(w.Backup)
	}
}
