package catalog

import (
	"fmt"
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

	"papi-mcp/internal/papi"
)

const root = "../.."

// files are the paths of the repository's own files, from its root.
func files(t *testing.T) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(root, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(filepath.ToSlash(at), root+"/")
		switch {
		case d.IsDir() && at != root && (d.Name() == "node_modules" || d.Name()[0] == '.' && d.Name() != ".ci"):
			return filepath.SkipDir // what others put there
		case !d.IsDir():
			all = append(all, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func source(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// How many operations and tools there are follows from the contract: no code,
// test or page has the number.
func TestNothingElseHasTheTotals(t *testing.T) {
	current, err := Select(Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var totals []string
	for _, n := range []int{len(papi.Operations()), len(current)} {
		for core := range 10 { // the server's own tools come on top
			totals = append(totals, strconv.Itoa(n+core))
		}
	}
	total := `\b(` + strings.Join(totals, "|") + `)\b`
	says := regexp.MustCompile(`(?i)` + total + `[^\n.;"]{0,20}\b(tools?|operations?|rows?)\b|(tools|operations|rows)\b[^\n;]{0,20}[!=<>]=? ?` + total)
	for _, name := range files(t) {
		switch filepath.Ext(name) {
		case ".go", ".md", ".mjs", ".txtar", ".yml", ".yaml":
		default:
			continue
		}
		for number, line := range strings.Split(source(t, name), "\n") {
			if found := says.FindString(line); found != "" {
				t.Errorf("%s:%d: %q: derive it from the contract or the rows", name, number+1, found)
			}
		}
	}
}

// tables are the files outside this package that may list tools: their subject
// is the documented workflow, not the tool.
var tables = []string{"internal/guard/", "tools/after_error.go"}

// What is known of a tool is in its row or its resource. Elsewhere no list and
// no map has the names of more than two tools, and here no map is by tool.
func TestNothingElseListsTools(t *testing.T) {
	for _, name := range files(t) {
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") ||
			slices.ContainsFunc(tables, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, source(t, name), parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			list, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			_, isMap := list.Type.(*ast.MapType)
			_, isList := list.Type.(*ast.ArrayType)
			if here := strings.HasPrefix(name, "internal/catalog/"); !isMap && (here || !isList) {
				return true
			}
			named := map[string]bool{}
			ast.Inspect(list, func(n ast.Node) bool {
				if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
					if value, err := strconv.Unquote(text.Value); err == nil && Lookup(value) != nil {
						named[value] = true
					}
				}
				return true
			})
			if len(named) > 2 {
				t.Error(fmt.Sprint(set.Position(list.Pos()), ": lists ", len(named), " tools: a field of Row or Resource says it"))
				return false
			}
			return true
		})
	}
}

// CONTRIBUTING.md says what is in each folder that is at the top or has Go files.
func TestContributingListsEveryFolder(t *testing.T) {
	page, listed := source(t, "CONTRIBUTING.md"), map[string]bool{}
	for _, name := range files(t) {
		if top, _, below := strings.Cut(name, "/"); below {
			listed[top] = strings.Contains(page, "| `"+top+"/")
		}
		if folder := path.Dir(name); filepath.Ext(name) == ".go" && folder != "." {
			listed[folder] = strings.Contains(page, "`"+folder+"/`")
		}
	}
	for folder, is := range listed {
		if !is {
			t.Errorf("CONTRIBUTING.md does not list %s/", folder)
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]+) \\|").FindAllStringSubmatch(page, -1) {
		for _, folder := range strings.Split(row[1], ", ") {
			if info, err := os.Stat(filepath.Join(root, strings.Trim(folder, "`"))); err != nil || !info.IsDir() {
				t.Errorf("CONTRIBUTING.md lists %s, which is no folder", folder)
			}
		}
	}
}
