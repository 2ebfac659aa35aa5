package cli

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// replacedWords are words and names that nobody in the field uses, with what to
// write instead. Names of a reader's own language cost every reader time.
var replacedWords = []struct {
	parts   []string // one of them is in each match, in lower case: quick to search for
	pattern string
	instead string
}{
	{[]string{"word"}, `(?i)\b(person's|people's|somebody's|their|nobody's|whose) word\b`, "confirmation, or approval"},
	{[]string{"mend"}, `(?i)\bmend(s|ed|ing)?\b`, "fix, correct; of arguments: coerce"},
	{[]string{"judg"}, `(?i)(\b|[a-z])judg(e|es|ed|ing|ement|ements)\b`, "check, validate, decide"},
	{[]string{"register"}, `(?i)\b(a|the|no|each|many|every|of|and|such|remembered) registers?\b`, "registration"},
	{[]string{"patience"}, `(?i)\bpatience\b`, "max wait"},
	{[]string{"place"}, `\b[mM]axPlaces\b|(?i)\bplaces? in the (queue|line)\b`, "queue limit"},
	{[]string{"rest"}, `(?i)\bresting\b|[rR]ests\b`, "backoff"},
	{[]string{"happening"}, `(?i)\bhappenings?\b`, "event"},
	{[]string{"deafen", "hearing"}, `(?i)\bdeafen|\bhearing\b`, "stop receiving, receiving"},
	{[]string{"matter"}, `\b(a|the|one|same|this|that|whose|its|each) matters?\b|\*matter\b|&matter\b|[a-z]Matter\b|matterOf`, "the subject of the confirmation"},
	{[]string{"seen"}, `\bs seen\b|\bseen\{|map\[string\]seen|\bseen map\b`, "answers"},
	{[]string{"turnrcs", "rcsturn"}, `\b(turnRcs|rcsTurn)`, "a name of what it does"},
	{[]string{"most"}, `\b[mM]ost[A-Z]\w*`, "max"},
	{[]string{"lasts", "kept", "within"}, `\b[a-z]\w*(Lasts|Kept|Within)\b`, "TTL, timeout"},
	{[]string{"_others"}, `_others(_test)?\.go`, "a file name of what it holds"},
	{[]string{"anew"}, `(?i)\banew\b`, "again, recreate"},
	{[]string{"good"}, `(?i)\b(is|are|was|were|be|no longer) good\b|\bgood for\b`, "valid"},
	{[]string{"hand"}, `(?i)\bhand(s|ed|ing)? (it |them |a draft |the code )?in\b`, "submit"},
	{[]string{"right"}, `(?i)\b(put|puts|putting) (it )?right\b`, "fix"},
	{[]string{"way round"}, `(?i)\bway round\b`, "workaround, bypass"},
	{[]string{"twin"}, `(?i)\btwins?\b`, "environment variable"},
	{[]string{"spent"}, `(?i)\bspent\b`, "used"},
	{[]string{"go out", "goes out"}, `(?i)\bgo(es)? out\b`, "is sent"},
	{[]string{"tell", "told"}, `(?i)\btells? (whether|that|of|about)\b|\b(told|tells)\b`, "report, say, show, return; distinguish"},
	{[]string{"whoever"}, `(?i)\bwhoever\b`, "the operator, the caller"},
	{[]string{"body"}, `\b([nN]obody|[sS]omebody|[eE]verybody)\b`, "a named actor, or the passive"},
	{[]string{"stand"}, `(?i)\bstands? (in|for|between|under|at|next to|twice|quoted)\b`, "is, appears, means"},
	{[]string{"pend"}, `\bpend(s|ed)?\b`, "is pending"},
	{[]string{"go on", "goes on"}, `(?i)\bgo(es)? on\b`, "continue"},
	{[]string{"by itself"}, `(?i)\bby itself\b`, "automatically, on its own"},
	{[]string{"side by side"}, `(?i)\bside by side\b`, "concurrently"},
	{[]string{"at once"}, `(?i)\bat once\b`, "immediately, together"},
	{[]string{"beside"}, `(?i)\bbeside\b`, "next to; besides"},
	{[]string{"made of"}, `(?i)\bmade of\b`, "generated from, derived from, created from"},
	{[]string{"in the making"}, `(?i)\bin the making\b`, "being created"},
	{[]string{"brought"}, `(?i)\bbrought\b`, "supplied"},
	{[]string{"away"}, `(?i)\btakes? (it |them )?away\b`, "removes"},
	{[]string{"hang"}, `(?i)\bhangs? on\b`, "waits for, depends on"},
	{[]string{"era", "torn", "house"}, `(?i)\b(eras?|torn|house)\b`, "version; truncated; codebase"},
	{[]string{"whole"}, `(?i)\b(a|an|the|one|is|are|checked|of) whole\b`, "complete"},
	{[]string{"is no ", "are no "}, `\b(is|are) no (part|tool|token|object|field|link|text|batch|message|answer|error|change|database|comment|reads|service|yes|state|date|placeholder|URL|regular)\b`, "is not a"},
	{[]string{"person asks"}, `(?i)\ba person asks\b|\bthe person asks Sinch\b`, "ask the person to, a person must ask"},
}

// keptTexts have such a word and stay: stable names, and descriptions of the
// API's contract.
var keptTexts = []string{
	`"spent"`, "confirmation_invalid spent", "guard/spent/", // a reason, a key in the store and in a dump
	"events to be told of", "events to be told about", // descriptions in the contract
}

// TestNoReplacedWords reads every text of the project that people or agents
// read: code, documentation, guides, prompts, scripts, expected outputs.
func TestNoReplacedWords(t *testing.T) {
	patterns := make([]*regexp.Regexp, len(replacedWords))
	for i, w := range replacedWords {
		patterns[i] = regexp.MustCompile(w.pattern)
	}
	files := 0
	for name, text := range projectTexts(t) {
		files++
		for _, kept := range keptTexts {
			text = strings.ReplaceAll(text, kept, "")
		}
		lines, lower := strings.Split(text, "\n"), strings.ToLower(text)
		lowerLines := strings.Split(lower, "\n")
		for i, w := range replacedWords {
			isIn := func(s string) bool {
				return slices.ContainsFunc(w.parts, func(part string) bool { return strings.Contains(s, part) })
			}
			if !isIn(lower) {
				continue
			}
			for n, line := range lowerLines {
				if !isIn(line) {
					continue
				}
				if found := patterns[i].FindString(lines[n]); found != "" {
					t.Errorf("%s:%d: %q: write %s\n\t%s", name, n+1, found, w.instead, strings.TrimSpace(lines[n]))
				}
			}
		}
	}
	if files < 300 {
		t.Errorf("only %d files were read", files)
	}
}

var (
	linkInDocs = regexp.MustCompile(`\]\(([^)#\s:]*)(#[^)\s]*)?\)`)
	pathInDocs = regexp.MustCompile("`(?:\\./)?((?:internal|tools|prompts|guides|docs|scripts|test|testdata|\\.ci)/[^`\\s]*)`")
	// placeholders in paths: FAMILY, RULE, <name>, *, {code}
	placeholder = regexp.MustCompile(`[A-Z]{4,}|[<*{]|\.\.\.`)
	heading     = regexp.MustCompile(`(?m)^#+ (.+)$`)
	notInAnchor = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestDocsNameWhatExists follows each relative link, with its anchor, and each
// path of the tree that the documents name.
func TestDocsNameWhatExists(t *testing.T) {
	texts := projectTexts(t)
	exists := func(name string) bool {
		_, err := os.Stat(filepath.Join("../..", filepath.FromSlash(name)))
		return err == nil
	}
	links, paths := 0, 0
	for name, text := range texts {
		if path.Ext(name) != ".md" || strings.HasPrefix(name, "prompts/") {
			continue
		}
		for _, m := range linkInDocs.FindAllStringSubmatch(text, -1) {
			links++
			to := name
			if m[1] != "" {
				to = path.Join(path.Dir(strings.TrimPrefix(name, "release/templates/")), m[1]) // a template is a page elsewhere
			}
			if !exists(to) {
				t.Errorf("%s links to %s, which does not exist", name, to)
				continue
			}
			anchors := []string{""}
			for _, h := range heading.FindAllStringSubmatch(texts[to], -1) {
				anchors = append(anchors, "#"+strings.ReplaceAll(notInAnchor.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-"))
			}
			if !slices.Contains(anchors, m[2]) {
				t.Errorf("%s links to %s%s, which has no such heading", name, to, m[2])
			}
		}
		for _, m := range pathInDocs.FindAllStringSubmatch(text, -1) {
			if placeholder.MatchString(m[1]) {
				continue
			}
			paths++
			if !exists(strings.TrimSuffix(m[1], "/...")) {
				t.Errorf("%s names %s, which does not exist", name, m[1])
			}
		}
	}
	if links < 30 || paths < 30 {
		t.Errorf("only %d links and %d paths were found", links, paths)
	}
}

// projectTexts are the project's own texts by path. The contract's words are
// the vendor's, inputs of fuzz tests are nobody's, and this file lists the words.
func projectTexts(t *testing.T) map[string]string {
	t.Helper()
	const root = "../.."
	texts := map[string]string{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if entry.IsDir() {
			if slices.Contains([]string{".git", "node_modules", "fuzz"}, entry.Name()) || name == "internal/papi/contract" {
				return fs.SkipDir
			}
			return nil
		}
		isGenerated := path.Base(name) == "package-lock.json" // with the names of others' packages
		if isGenerated || name == "internal/cli/prose_test.go" || name == "internal/catalog/testdata/tools.yaml" || !slices.Contains([]string{".go", ".md", ".txtar", ".txt", ".mjs", ".yaml", ".json", ".sh"}, filepath.Ext(name)) && name != ".ci/run" {
			return nil
		}
		raw, err := os.ReadFile(file)
		texts[name] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}
