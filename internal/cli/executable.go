package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"papi-mcp/internal/lazyregexp"
)

// npmPackageVariable has the npm package that started this program, with its version: its
// launcher sets it (release/npm/launcher.js).
const npmPackageVariable = "PAPI_NPM_PACKAGE"

// startCommand returns the command by which a client is to start this program: npx if it
// comes from npm, since the cache of npx does not stay, and otherwise its path.
func startCommand() ([]string, error) {
	pkg := os.Getenv(npmPackageVariable)
	switch {
	case pkg == "":
		path, err := executable()
		return []string{path}, err
	case runtime.GOOS == "windows": // npx is a script of cmd there, which most clients can't start
		return []string{"cmd", "/c", "npx", "-y", pkg}, nil
	}
	return []string{"npx", "-y", pkg}, nil
}

// executable returns the path of this program, as a client is to start it.
func executable() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", failed(err)
	}
	if resolved, err := filepath.EvalSymlinks(path); err == nil && builtForOneRun.MatchString(filepath.ToSlash(resolved)) {
		binary := "./papi-mcp"
		if runtime.GOOS == "windows" {
			binary = `.\papi-mcp.exe`
		}
		return "", usage("this program was built by go run, and its file does not stay: build it, and run init again: go build -o %s . && %s init", filepath.Base(binary), binary)
	}
	// A link on the PATH that leads to this program stays when the program is upgraded.
	if linked, err := exec.LookPath(os.Args[0]); err == nil {
		if linked, err = filepath.Abs(linked); err == nil && isSameFile(linked, path) {
			return linked, nil
		}
	}
	return path, nil
}

// builtForOneRun matches the paths of programs that go run builds: in a temporary folder
// or in Go's build cache.
var builtForOneRun = lazyregexp.New(`/go-build[0-9]*/|/[0-9a-f]{64}-d/`)

// isBelow reports whether a file is in a folder, or in one below it, with links followed.
func isBelow(path, folder string) bool {
	path, errPath := filepath.EvalSymlinks(path)
	folder, errFolder := filepath.EvalSymlinks(folder)
	rel, err := filepath.Rel(folder, path)
	return errPath == nil && errFolder == nil && err == nil && filepath.IsLocal(rel)
}

func isSameFile(a, b string) bool {
	left, errLeft := os.Stat(a)
	right, errRight := os.Stat(b)
	return errLeft == nil && errRight == nil && os.SameFile(left, right)
}
