package tools

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/guides"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/docstest"
	"papi-mcp/internal/tokentest"
)

// economyDoc is the page with the figures of what an agent reads.
const economyDoc = "../docs/economy.md"

// The figures of docs/economy.md are measured, and nothing that an agent reads is larger
// than its budget. `go test ./tools -run EconomyDocs -update`
// writes them again.
func TestEconomyDocsAreFresh(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	figures := budgets(t)
	for _, f := range figures {
		if f.tokens > f.most {
			t.Errorf("%s: %d tokens of %d", f.what, f.tokens, f.most)
		}
	}
	docstest.Fresh(t, economyDoc, "go test ./tools -run EconomyDocs -update", *update, map[string]string{
		"figures": budgetTable(figures) + toolsetTable(t) + resultTable(t) + eachToolTable(t),
	})
}

// figure is what something has, in tokens, and may have.
type figure struct {
	what         string
	tokens, most int
}

// visible is what a model sees of a tool, in tokens.
func visible(t testing.TB, tool mcp.Tool) int {
	t.Helper()
	return tokentest.Count(asText(t, map[string]any{"name": tool.Name, "description": tool.Description, "inputSchema": tool.RawInputSchema}))
}

// measuredTools are the tokens of the tools that are offered without a flag.
func measuredTools(t testing.TB, set *Set) map[string]int {
	t.Helper()
	all := map[string]int{}
	for _, tool := range set.Tools() {
		if row := catalog.Lookup(tool.Name); row == nil || !row.Deprecated {
			all[tool.Name] = visible(t, tool)
		}
	}
	return all
}

// laterTools are how many tools were added to the 91 that the budget of the list was made
// for. Each may take 200 tokens, and all together 1,800.
func laterTools(n int) int { return min(max(0, n-91)*200, 1_800) }

// budgets measures what every session reads, and the largest of what it may read.
func budgets(t testing.TB) []figure {
	t.Helper()
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	tools := measuredTools(t, set)
	each := slices.Sorted(maps.Values(tools))
	total := 0
	for _, n := range each {
		total += n
	}
	largest := func(count func(add func(int))) int {
		most := 0
		count(func(n int) { most = max(most, n) })
		return most
	}
	dynamic := 0
	for _, tool := range newDynamicSet(t, catalog.Filter{}).Tools() {
		dynamic += visible(t, tool)
	}
	instructions, err := os.ReadFile("../internal/cli/instructions.md")
	if err != nil {
		t.Fatal(err)
	}
	return []figure{
		{"the instructions, in characters", utf8.RuneCount(instructions), 1_900},
		{"the list of tools", total, 12_000 + laterTools(len(each))},
		{"the largest tool of the list", each[len(each)-1], 850},
		{"the median tool of the list", each[len(each)/2], 115},
		{"the list with `--dynamic`", dynamic, 950},
		{"`wait`", visible(t, listedTool(t, set, toolWait)), 200},
		{"`project_activity`", visible(t, listedTool(t, set, toolActivity)), 200},
		{"`rcs_sender_readiness`", visible(t, listedTool(t, set, catalog.RcsReadiness)), 200},
		{"`sandbox_advance`, which only the sandbox has", visible(t, listedTool(t, newSandboxSet(t, nil).Set, SandboxAdvance)), 200},
		{"`event_subscribe`, which only a server with a receiver has", visible(t, listedTool(t, newReceiving(t, nil).set, toolEventSubscribe)), 200},
		{"`event_list`, the same", visible(t, listedTool(t, newReceiving(t, nil).set, EventList)), 200},
		{"the largest answer of `schema_get` (an outline)", largest(func(add func(int)) {
			for _, tool := range set.names() {
				_, schema, _ := set.schemas(tool)
				for _, path := range schemaPaths(schema) {
					add(tokentest.Count(asText(t, do(t, set, "schema_get", map[string]any{"tool": tool, "path": path}).Structured)))
				}
			}
		}), maxSchemaTokens},
		{"the largest error page", largest(func(add func(int)) {
			for _, code := range errorCodes() {
				add(tokentest.Count(ErrorPage(code)))
			}
		}), 250},
		{"the largest guide", largest(func(add func(int)) {
			for _, g := range guides.All() {
				add(tokentest.Count(g.Text))
			}
		}), 900},
	}
}

func budgetTable(figures []figure) string {
	var b strings.Builder
	b.WriteString("| what | tokens | budget |\n|---|---|---|\n")
	for _, f := range figures {
		fmt.Fprintf(&b, "| %s | %d | %d |\n", f.what, f.tokens, f.most)
	}
	return b.String()
}

// toolsetTable has the tokens of each toolset in the list.
func toolsetTable(t testing.TB) string {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	sizes, counts := map[string]int{}, map[string]int{}
	for _, tool := range set.Tools() {
		toolset := cmp.Or(catalog.OwnToolset(tool.Name), CoreToolset)
		if row := catalog.Lookup(tool.Name); row != nil {
			toolset = row.Toolset
		}
		sizes[toolset] += visible(t, tool)
		counts[toolset]++
	}
	var b strings.Builder
	b.WriteString("\n## The list by toolset\n\n| toolset | tools | tokens |\n|---|---|---|\n")
	for _, toolset := range append([]string{"core"}, catalog.Toolsets()...) {
		fmt.Fprintf(&b, "| %s | %d | %d |\n", toolset, counts[toolset], sizes[toolset])
	}
	return b.String()
}

// resultTable compares the results of lists with the API's answers.
func resultTable(t testing.TB) string {
	var b strings.Builder
	b.WriteString("\n## Results\n\nA list of a dozen items, or one thing, as the API answers it and as the result has it.\n\n| tool | raw | text | structured | text of raw |\n|---|---|---|---|---|\n")
	seen := map[string]bool{}
	for _, s := range samples(t) {
		if seen[s.row.Tool] { // another thing of the same kind
			continue
		}
		seen[s.row.Tool] = true
		out, raw := s.answered(t), tokentest.Count(s.raw())
		text, structured := tokentest.Count(out.Text()), tokentest.Count(asText(t, out.Structured))
		fmt.Fprintf(&b, "| `%s` | %d | %d | %d | %.2f |\n", s.row.Tool, raw, text, structured, float64(text)/float64(raw))
	}
	return b.String()
}

// eachToolTable has the tokens of each tool in the list.
func eachToolTable(t testing.TB) string {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	tools := measuredTools(t, set)
	var b strings.Builder
	b.WriteString("\n## The list by tool\n\n| tool | in the list | `schema_get` |\n|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(tools)) {
		schema := tokentest.Count(asText(t, do(t, set, "schema_get", map[string]any{"tool": name}).Structured))
		fmt.Fprintf(&b, "| `%s` | %d | %d |\n", name, tools[name], schema)
	}
	return b.String()
}

// The tokenizer embeds its vocabulary: only tests import it, and the binary does not
// hold it.
func TestOnlyTestsImportTheTokenizer(t *testing.T) {
	users, err := exec.Command("go", "list", "-f", `{{range .Imports}}{{$.ImportPath}} {{.}}{{"\n"}}{{end}}`, "../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(users)) {
		user, used, _ := strings.Cut(strings.TrimSpace(line), " ")
		if used == "papi-mcp/internal/tokentest" || strings.HasPrefix(used, "github.com/tiktoken-go/") && user != "papi-mcp/internal/tokentest" {
			t.Errorf("%s imports %s", user, used)
		}
	}
	binary, err := exec.Command("go", "list", "-deps", "..").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(binary), "papi-mcp/tools\n") {
		t.Errorf("no dependencies of the binary: %s", binary)
	}
	if strings.Contains(string(binary), "tiktoken") || strings.Contains(string(binary), "tokentest") {
		t.Errorf("the binary holds the tokenizer: %s", binary)
	}
}
