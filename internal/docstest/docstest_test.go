package docstest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recorder is a test that remembers how it failed.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, _ ...any) { r.failures = append(r.failures, format) }

func (r *recorder) Fatalf(format string, _ ...any) {
	r.failures = append(r.failures, format)
	panic(r)
}

func fresh(t *testing.T, path string, update bool, parts map[string]string) (failures []string) {
	t.Helper()
	r := &recorder{TB: t}
	defer func() {
		if p := recover(); p != nil && p != any(r) {
			panic(p)
		}
		failures = r.failures
	}()
	Fresh(r, path, "the command", update, parts)
	return r.failures
}

// A page that differs fails, is written where that is asked for, and is then fresh; what
// is outside the marks stays.
func TestFresh(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	page := func(a, b string) string {
		return "# Page\n<!-- a:begin (the command) -->\n" + a + "<!-- a:end -->\nbetween\n<!-- b:begin -->\n" + b + "<!-- b:end -->\nend\n"
	}
	if err := os.WriteFile(path, []byte(page("old\n", "")), 0o600); err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{"a": "new\n", "b": "too\n"}
	if f := fresh(t, path, false, parts); len(f) != 1 || !strings.Contains(f[0], "not up to date") {
		t.Errorf("a page that differs: %q", f)
	}
	if f := fresh(t, path, true, parts); f != nil {
		t.Errorf("an update: %q", f)
	}
	if raw, err := os.ReadFile(path); err != nil || string(raw) != page("new\n", "too\n") {
		t.Errorf("%v: %s", err, raw)
	}
	if f := fresh(t, path, false, parts); f != nil {
		t.Errorf("a fresh page: %q", f)
	}
	if f := fresh(t, path, true, map[string]string{"c": ""}); len(f) != 1 || !strings.Contains(f[0], "no marks") {
		t.Errorf("a part that the page does not have: %q", f)
	}
}
