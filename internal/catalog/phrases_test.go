package catalog

import (
	"os"
	"strings"
	"testing"
)

// Each row has three to five phrases, and none is one of the tasks that measure the
// search: it would only find what it knows already.
func TestPhrases(t *testing.T) {
	tasks := map[string]bool{}
	for _, file := range []string{"tasks.tsv", "tasks_later.tsv"} {
		raw, err := os.ReadFile("../../testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(raw)) {
			task, _, _ := strings.Cut(line, "\t")
			tasks[plain(task)] = true
		}
	}
	used := map[string]string{}
	for _, row := range Rows() {
		if n := len(row.Phrases); n < 3 || n > 5 {
			t.Errorf("%s has %d phrases", row.Tool, n)
		}
		for _, phrase := range row.Phrases {
			if tasks[plain(phrase)] {
				t.Errorf("%s: the phrase %q is a task", row.Tool, phrase)
			}
			if other := used[plain(phrase)]; other != "" {
				t.Errorf("%s and %s have the phrase %q", other, row.Tool, phrase)
			}
			used[plain(phrase)] = row.Tool
		}
	}
}

// plain is a sentence without case and punctuation.
func plain(sentence string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(sentence), func(r rune) bool {
		return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r > 127)
	}), " ")
}
