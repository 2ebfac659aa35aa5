package errorcode_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
)

const root = "../.."

// table declares the codes of ours but for the rules', which are declared with the
// rules, and with the preconditions that some rules are derived from.
const table = "internal/errorcode/table.go"

var declareRules = []string{"internal/guard", "internal/catalog", "internal/lint"}

// clients call the server from outside, and name what they expect of it.
var clients = []string{"internal/cli/demo.go", "scripts/load/main.go"}

// otherMeanings are texts that are equal to a code and are none.
var otherMeanings = map[string][]string{
	"cancelled":    {"internal/guard/ask.go"},                                           // an answer to a question
	"timeout":      {"internal/cli/call.go", "internal/mcpevents/callback/endpoint.go"}, // a flag; a reason of MCP Events
	"unauthorized": {"internal/events/receiver.go"},                                     // a label of a metric
}

func ruleCodes() []string {
	var all []string
	for _, r := range guard.Rules {
		all = append(all, r.Code)
	}
	return all
}

func codesOf(entries []errorcode.Entry) []string {
	var all []string
	for _, e := range entries {
		all = append(all, e.Code)
	}
	return all
}

// files calls do for each file below the root whose name ends so, but those of
// the sandbox, which is a world of its own.
func files(t *testing.T, ends string, do func(path string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		path, _ = filepath.Rel(root, path)
		path = filepath.ToSlash(path)
		switch {
		case d.IsDir() && (path == "internal/sandbox" || strings.HasPrefix(d.Name(), ".") && path != "."):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ends):
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return err
		}
		do(path, text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// literals are the strings of the production source, each with the files that
// have it.
func literals(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	files(t, ".go", func(path string, text []byte) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if value, err := strconv.Unquote(lit.Value); err == nil {
					found[value] = append(found[value], path)
				}
			}
			return true
		})
	})
	return found
}

// A search for a code finds the one place that declares it; all else
// refers to that.
func TestEachCodeIsDeclaredOnce(t *testing.T) {
	found := literals(t)
	rules := ruleCodes()
	looksLikeACode := regexp.MustCompile(`^(guard|confirmation)_[a-z0-9_]*[a-z0-9]$`)
	for value, paths := range found {
		_, ours := errorcode.Lookup(value)
		isRule := slices.Contains(rules, value)
		if !ours && !isRule {
			if looksLikeACode.MatchString(value) {
				t.Errorf("%q looks like a code and is none: %v", value, paths)
			}
			continue
		}
		paths = slices.DeleteFunc(paths, func(path string) bool {
			return slices.Contains(otherMeanings[value], path) || isRule && slices.Contains(clients, path)
		})
		if len(paths) != 1 || ours && paths[0] != table || isRule && !slices.Contains(declareRules, path.Dir(paths[0])) {
			t.Errorf("the code %s is a text in %v", value, paths)
		}
	}
	for _, code := range append(rules, codesOf(errorcode.All())...) {
		if found[code] == nil {
			t.Errorf("%s is declared nowhere", code)
		}
	}
}

// What scripts see as an errorCode is a code of ours or of the API.
func TestScriptsSeeKnownCodes(t *testing.T) {
	codes := regexp.MustCompile(`errorCode\\?"?: ?\\?"([a-zA-Z_-]+)\\?"`)
	rules := ruleCodes()
	seen := 0
	files(t, ".txtar", func(path string, text []byte) {
		for _, m := range codes.FindAllStringSubmatch(string(text), -1) {
			seen++
			_, ours := errorcode.Lookup(m[1])
			if !ours && !slices.Contains(rules, m[1]) && papi.ErrorCodes()[m[1]] == nil {
				t.Errorf("%s: %s is not a declared code", path, m[1])
			}
		}
	})
	if seen < 50 {
		t.Errorf("the scripts see %d codes", seen)
	}
}

// The table is complete: no code twice, and each with all that its page needs.
func TestTable(t *testing.T) {
	named := map[string]bool{}
	for _, e := range errorcode.All() {
		if named[e.Code] {
			t.Errorf("%s is in the table twice", e.Code)
		}
		named[e.Code] = true
		if !strings.HasSuffix(e.Meaning, ".") || e.Do == "" || e.Retryable == "" || !slices.Contains(errorcode.Origins, e.Origin) {
			t.Errorf("%s: %+v", e.Code, e)
		}
		if slices.Contains(ruleCodes(), e.Code) {
			t.Errorf("%s is a rule's", e.Code)
		}
	}
	if _, ok := errorcode.Lookup("no_such_code"); ok || errorcode.Do("no_such_code") != "" {
		t.Error("an undeclared code is known")
	}
}

// A call that may have taken effect is not called retryable: an agent would
// create the thing twice.
func TestACallThatMayHaveTakenEffectIsNotRetryable(t *testing.T) {
	for code, want := range map[string]errorcode.Retry{
		errorcode.OutcomeUnknown: errorcode.No, errorcode.UnexpectedAnswer: errorcode.No, errorcode.NothingCreated: errorcode.No,
		errorcode.InternalError: errorcode.Reads,
	} {
		if e, ok := errorcode.Lookup(code); !ok || e.Retryable != want {
			t.Errorf("%s: retryable %q, want %q", code, e.Retryable, want)
		}
	}
}
