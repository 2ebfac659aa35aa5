package clientconfig

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Problem is a reason why a file must not hold a secret.
type Problem struct {
	Reason string
	Fix    string // what a person can do about it
	// Permissions is set where Write with Private removes the reason.
	Permissions bool
}

// SecretProblem returns why the file must not hold a secret, nil where it may: git does
// not track it and would not, and the user alone can read and write it.
func (f *File) SecretProblem(s System) *Problem {
	if f.Tracked() {
		return &Problem{Reason: "git tracks " + f.Path + ", or would with the next git add", Fix: "have git ignore it and its backup, or use a file outside the project"}
	}
	return f.permissions(s)
}

// Tracked reports whether git tracks the file, or would: it is in a work tree and not
// ignored. The same goes for its backup, which has the same secret.
func (f *File) Tracked() bool {
	return tracks(f.target) || tracks(f.nextBackup())
}

// BackupProblem returns why the file can't have a backup, nil where it can: git ignores
// the file, which may hold a secret, and would track the backup.
func (f *File) BackupProblem() error {
	if f.Exists && tracks(f.nextBackup()) && !tracks(f.target) {
		return errors.New("git ignores " + f.Path + ", and would track its backup: have git ignore " + filepath.Base(f.backupPath(0)) + "* too")
	}
	return nil
}

// gitTimeout bounds a question to git.
const gitTimeout = 10 * time.Second

// tracks reports whether git tracks a file or would. Without git, or where it does not
// answer, every file below a folder with a .git counts as tracked.
func tracks(path string) bool {
	folder, missing := split(filepath.Dir(path))
	if folder, err := filepath.EvalSymlinks(folder); err == nil {
		name := filepath.Join(missing, filepath.Base(path))
		if inside, code := git(folder, "rev-parse", "--is-inside-work-tree"); code == 0 {
			if inside != "true" {
				return false
			}
			// A tracked file that a pattern matches is not ignored.
			_, code := git(folder, "check-ignore", "--quiet", "--", name)
			return code != 0
		}
	}
	for ; ; folder = filepath.Dir(folder) {
		if _, err := os.Lstat(filepath.Join(folder, ".git")); err == nil {
			return true
		}
		if folder == filepath.Dir(folder) {
			return false
		}
	}
}

// repositoryVariables have git look at another repository than that of the folder, as a
// program that a hook of git starts does.
var repositoryVariables = []string{"GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_CEILING_DIRECTORIES"}

// git runs git in a folder, and returns its output and exit code, -1 where it did not
// run. A program that the repository configures is not started.
func git(folder string, args ...string) (out string, code int) {
	ctx, cancel := context.WithTimeout(context.Background(), gitTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", folder, "-c", "core.fsmonitor=false"}, args...)...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(repositoryVariables, name)
	})
	raw, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "", exit.ExitCode()
	}
	if err != nil {
		return "", -1
	}
	return string(bytes.TrimSpace(raw)), 0
}
