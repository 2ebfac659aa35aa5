// Command licenses writes THIRD_PARTY_LICENSES: the modules that are linked into
// papi-mcp, the license of each, and its text, which archives must contain. It reads the
// module cache, after `go mod download`, and no network.
//
//	go run ./scripts/licenses > THIRD_PARTY_LICENSES
//
// It fails where a module has no license, or one that does not allow what Apache-2.0
// allows. A test compares the file with the modules of a build for this system.
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// systems are those for which papi-mcp is built. Some modules are linked on one alone.
var systems = []string{"linux", "darwin", "windows"}

// allowed are the SPDX ids of the licenses that a module may have.
var allowed = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}

// module is a linked module.
type module struct {
	Path, Version, Dir string
	licenses           []string // SPDX ids
	texts              []string // of its files: license, notice
}

func main() {
	if err := write(os.Stdout, "."); err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

// write writes the file for the program in a folder.
func write(w io.Writer, folder string) error {
	all := map[string]module{}
	for _, system := range systems {
		linked, err := modules(folder, system)
		if err != nil {
			return err
		}
		for _, m := range linked {
			all[m.Path] = m
		}
	}
	var sorted []module
	for _, m := range all {
		sorted = append(sorted, m)
	}
	slices.SortFunc(sorted, func(a, b module) int { return cmp.Compare(a.Path, b.Path) })
	var b bytes.Buffer
	b.WriteString("papi-mcp contains the standard library of Go (BSD-3-Clause, with the text of golang.org/x/sys) and\nthese Go modules. Their licenses follow, each text once.\n\n")
	users := map[string][]string{} // of each text
	var texts []string
	for _, m := range sorted {
		fmt.Fprintln(&b, m.line())
		for _, text := range m.texts {
			if users[text] == nil {
				texts = append(texts, text)
			}
			users[text] = append(users[text], m.Path)
		}
	}
	for _, text := range texts {
		fmt.Fprintf(&b, "\n%s\n%s\n\n%s\n", strings.Repeat("-", 80), strings.Join(users[text], "\n"), text)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// line is the module's line in the file.
func (m module) line() string {
	return m.Path + " " + m.Version + " " + strings.Join(m.licenses, ", ")
}

// modules returns the modules that are linked into the program on a system, with their
// licenses.
func modules(folder, system string) ([]module, error) {
	list := exec.Command("go", "list", "-mod=readonly", "-deps", "-json=Module", ".")
	list.Dir = folder
	list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0", "GOPROXY=off", "GOFLAGS=")
	out, err := list.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("go list for %s: %w: %s(run go mod download first)", system, err, exit.Stderr)
	} else if err != nil {
		return nil, err
	}
	found := map[string]module{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var linked struct {
			Module *struct {
				module
				Main bool
			}
		}
		if err := decoder.Decode(&linked); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if m := linked.Module; m != nil && !m.Main {
			found[m.Path] = m.module
		}
	}
	var all []module
	for _, m := range found {
		if err := m.read(); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// read reads the license of a module. The error says that there is none, or one that is
// not allowed.
func (m *module) read() error {
	entries, err := os.ReadDir(m.Dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name, _, _ := strings.Cut(strings.ToUpper(entry.Name()), ".")
		if entry.IsDir() || !slices.Contains([]string{"LICENSE", "LICENCE", "COPYING", "NOTICE"}, name) {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(m.Dir, entry.Name()))
		if err != nil {
			return err
		}
		m.texts = append(m.texts, normal(raw))
		if name == "NOTICE" {
			continue
		}
		coverage := licensecheck.Scan(raw)
		for _, match := range coverage.Match {
			if !match.IsURL && !slices.Contains(m.licenses, match.ID) {
				m.licenses = append(m.licenses, match.ID)
			}
		}
	}
	if len(m.licenses) == 0 {
		return fmt.Errorf("%s %s has no license that is known: read its files, and use another module if there is none", m.Path, m.Version)
	}
	for _, id := range m.licenses {
		if !slices.Contains(allowed, id) {
			return fmt.Errorf("%s %s has the license %s: allowed are %s", m.Path, m.Version, id, strings.Join(allowed, ", "))
		}
	}
	return nil
}

// normal returns a text without spaces at the ends of its lines.
func normal(raw []byte) string {
	lines := strings.Split(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\f")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
