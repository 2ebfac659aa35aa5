package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The file has each module that is linked here, with its version, its license and its
// text.
func TestLicensesAreFresh(t *testing.T) {
	raw, err := os.ReadFile("../../THIRD_PARTY_LICENSES")
	if err != nil {
		t.Fatal(err)
	}
	linked, err := modules("../..", runtime.GOOS)
	if err != nil {
		t.Fatal(err)
	}
	if len(linked) < 20 {
		t.Errorf("only %d modules are linked", len(linked))
	}
	for _, m := range linked {
		if !strings.Contains(string(raw), "\n"+m.line()+"\n") {
			t.Errorf("%s is missing: go run ./scripts/licenses > THIRD_PARTY_LICENSES", m.line())
		}
		for _, text := range m.texts {
			if !strings.Contains(string(raw), "\n"+text+"\n") {
				t.Errorf("a text of %s is missing: go run ./scripts/licenses > THIRD_PARTY_LICENSES", m.Path)
			}
		}
	}
	versions, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	table, _, _ := strings.Cut(string(raw), "\n---")
	for line := range strings.Lines(table) {
		if fields := strings.Fields(line); len(fields) > 2 && strings.HasPrefix(fields[1], "v") && !strings.Contains(string(versions), fields[0]+" "+fields[1]) {
			t.Errorf("%s %s is not in go.mod: go run ./scripts/licenses > THIRD_PARTY_LICENSES", fields[0], fields[1])
		}
	}
}

// A module without a license, or with one that is not allowed, is refused.
func TestRead(t *testing.T) {
	apache, err := os.ReadFile("../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ file, text, says string }{
		"none":        {"README.md", "MIT", "has no license"},
		"unknown":     {"LICENSE", "Do with it what you want, but ask first.", "has no license"},
		"not allowed": {"LICENSE.txt", "This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.", "MPL-2.0"},
		"Apache":      {"LICENSE", string(apache), ""},
	} {
		m := module{Path: "example.com/" + name, Version: "v1.0.0", Dir: t.TempDir()}
		if err := os.WriteFile(filepath.Join(m.Dir, test.file), []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		switch err := m.read(); {
		case test.says == "" && (err != nil || m.line() != "example.com/Apache v1.0.0 Apache-2.0"):
			t.Errorf("%s: %v, %s", name, err, m.line())
		case test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)):
			t.Errorf("%s: %v", name, err)
		}
	}
}
