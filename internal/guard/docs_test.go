package guard

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/docstest"
)

var update = flag.Bool("update", false, "write the tables of docs/guard.md again")

// The tables of docs/guard.md are generated from the rules. `go test ./internal/guard
// -run Docs -update` writes them again.
func TestDocsAreFresh(t *testing.T) {
	docstest.Fresh(t, "../../docs/guard.md", "go test ./internal/guard -run Docs -update", *update, map[string]string{"rules": rulesTable(), "reads": readsTable()})
}

// Each rule has a script that shows what an agent sees of it.
func TestEveryRuleIsShown(t *testing.T) {
	for _, r := range Rules {
		raw, err := os.ReadFile("../../testdata/script/" + r.Code + ".txtar")
		shown := `"errorCode":"` + r.Code + `"`
		if r.Warns {
			shown = `"warnings":`
		}
		if err != nil || !strings.Contains(string(raw), shown) {
			t.Errorf("no script shows what the rule finds: write testdata/script/%s.txtar, which checks for %s (%v)", r.Code, shown, err)
		}
	}
}

func rulesTable() string {
	var b strings.Builder
	b.WriteString("| `errorCode` | rule | tools | when its read fails | source |\n|---|---|---|---|---|\n")
	for _, r := range Rules {
		fails := "reads nothing"
		switch {
		case r.FailClosed:
			fails = "closed: refused"
		case r.Partial:
			fails = "open: what the call gives is checked"
		case r.Reads != nil:
			fails = "open: a warning"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", r.Code, r.About, quoted(r.Tools), fails, r.Source)
	}
	return b.String()
}

// readsTable lists the reads of each tool that costs the guard one.
func readsTable() string {
	var b strings.Builder
	b.WriteString("| tool | reads, each once | at most |\n|---|---|---|\n")
	for _, row := range catalog.Rows() {
		var lines, tools []string
		add := func(read *Read, why, when string) {
			if !slices.Contains(tools, read.Tool) {
				tools = append(tools, read.Tool)
			}
			line := fmt.Sprintf("`%s` (%s", read.Tool, why)
			if when != "" {
				line += ", when " + when
			}
			lines = append(lines, line+")")
		}
		for _, r := range Rules {
			for _, read := range r.ReadsOf(row.Tool) {
				add(read, strings.TrimPrefix(r.Code, "guard_"), r.When)
			}
		}
		if s := Summaries[row.Tool]; s != nil {
			for _, read := range s.Reads {
				add(read, "summary", "")
			}
		}
		if tools != nil {
			fmt.Fprintf(&b, "| `%s` | %s | %d |\n", row.Tool, strings.Join(lines, "<br>"), len(tools))
		}
	}
	return b.String()
}

func quoted(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }
