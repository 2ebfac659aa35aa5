package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// replacedWords are words and names that nobody in the field uses, with what to
// write instead. Names of a reader's own language cost every reader time.
var replacedWords = []struct {
	pattern string
	instead string
}{
	{`(?i)\b(person's|people's|somebody's|their|nobody's|whose) word\b`, "confirmation, or approval"},
	{`(?i)\bmend(s|ed|ing)?\b`, "fix, correct; of arguments: coerce"},
	{`(?i)(\b|[a-z])judg(e|es|ed|ing|ement|ements)\b`, "check, validate, decide"},
	{`(?i)\b(a|the|no|each|many|every|of|and|such|remembered) registers?\b`, "registration"},
	{`(?i)\bpatience\b`, "max wait"},
	{`\b[mM]axPlaces\b|(?i)\bplaces? in the (queue|line)\b`, "queue limit"},
	{`(?i)\bresting\b|[rR]ests\b`, "backoff"},
	{`(?i)\bhappenings?\b`, "event"},
	{`(?i)\bdeafen|\bhearing\b`, "stop receiving, receiving"},
	{`\b(a|the|one|same|this|that|whose|its|each) matters?\b|\*matter\b|&matter\b|[a-z]Matter\b|matterOf`, "the subject of the confirmation"},
	{`\bs seen\b|\bseen\{|map\[string\]seen|\bseen map\b`, "answers"},
	{`\b(turnRcs|rcsTurn)`, "a name of what it does"},
	{`\b[mM]ost[A-Z]\w*`, "max"},
	{`\b[a-z]\w*(Lasts|Kept|Within)\b`, "TTL, timeout"},
	{`_others(_test)?\.go`, "a file name of what it holds"},
	{`(?i)\banew\b`, "again, recreate"},
	{`(?i)\b(is|are|was|were|be|no longer) good\b|\bgood for\b`, "valid"},
	{`(?i)\bhand(s|ed|ing)? (it |them |a draft |the code )?in\b`, "submit"},
	{`(?i)\b(put|puts|putting) (it )?right\b`, "fix"},
	{`(?i)\bway round\b`, "workaround, bypass"},
	{`(?i)\btwins?\b`, "environment variable"},
	{`(?i)(^|[^"\x60/, ]|[^,] )\bspent\b`, "used"}, // not the reason of confirmation_invalid, nor the store's key
	{`(?i)\bgo(es)? out\b`, "is sent"},
	{`(?i)\btells? whether\b`, "reports whether"},
	{`(?i)\bwhoever runs\b`, "the operator"},
}

// TestNoReplacedWords reads every text of the project that people or agents
// read: code, documentation, guides, prompts, scripts, expected outputs.
func TestNoReplacedWords(t *testing.T) {
	patterns := make([]*regexp.Regexp, len(replacedWords))
	for i, w := range replacedWords {
		patterns[i] = regexp.MustCompile(w.pattern)
	}
	files := 0
	for path, text := range projectTexts(t) {
		files++
		text = strings.ReplaceAll(text, "confirmation_invalid spent", "") // a code and its reason
		for n, line := range strings.Split(text, "\n") {
			for i, p := range patterns {
				if found := p.FindString(line); found != "" {
					t.Errorf("%s:%d: %q: write %s\n\t%s", path, n+1, found, replacedWords[i].instead, strings.TrimSpace(line))
				}
			}
		}
	}
	if files < 300 {
		t.Errorf("only %d files were read", files)
	}
}

// projectTexts are the project's own texts by path. The contract's words are
// the vendor's, inputs of fuzz tests are nobody's, and this file lists the words.
func projectTexts(t *testing.T) map[string]string {
	t.Helper()
	const root = "../.."
	texts := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))
		if entry.IsDir() {
			if slices.Contains([]string{".git", "node_modules", "fuzz"}, entry.Name()) || name == "internal/papi/contract" {
				return fs.SkipDir
			}
			return nil
		}
		if name == "internal/cli/prose_test.go" || !slices.Contains([]string{".go", ".md", ".txtar", ".txt", ".mjs", ".yaml", ".json", ".sh"}, filepath.Ext(name)) && name != ".ci/run" {
			return nil
		}
		raw, err := os.ReadFile(path)
		texts[name] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}
