package tools

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"papi-mcp/guides"
	"papi-mcp/internal/docstest"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
)

// The tables of docs/errors.md are generated from the codes. `go test ./tools -run
// ErrorDocs -update` writes them again.
func TestErrorDocsAreFresh(t *testing.T) {
	docstest.Fresh(t, "../docs/errors.md", "go test ./tools -run ErrorDocs -update", *update, map[string]string{"codes": codeTables(), "exits": exitTable()})
}

// exitTable lists the exit codes, each with the codes of ours that end a command with
// it: all but those of HTTP, which no command meets.
func exitTable() string {
	var b strings.Builder
	b.WriteString("| exit code | meaning | with |\n|---|---|---|\n")
	for _, exit := range errorcode.Exits {
		var codes []string
		for _, e := range errorcode.All() {
			if e.Exit == exit.Exit && e.Origin != errorcode.HTTP {
				codes = append(codes, "`"+e.Code+"`")
			}
		}
		fmt.Fprintf(&b, "| %d | %s | %s |\n", exit.Exit, exit.Meaning, strings.Join(codes, ", "))
	}
	return b.String()
}

// aboutOrigins introduces the table of each origin.
var aboutOrigins = map[errorcode.Origin]string{
	errorcode.HTTP:         "The request was refused before it reached a tool: see [http.md](http.md). The code is in `error.data.errorCode`.",
	errorcode.Argument:     "Nothing was sent.",
	errorcode.Guard:        "Nothing was sent: see [guard.md](guard.md).",
	errorcode.Confirmation: "Nothing was sent: see [safety.md](safety.md).",
	errorcode.Audit:        "See [audit.md](audit.md).",
	errorcode.Client:       "The call to the API failed on this side of it.",
	errorcode.Server:       "",
}

func codeTables() string {
	cell := strings.NewReplacer("|", `\|`)
	var b strings.Builder
	for _, origin := range errorcode.Origins {
		name := string(origin)
		fmt.Fprintf(&b, "## %s\n\n", strings.ToUpper(name[:1])+name[1:])
		if about := aboutOrigins[origin]; about != "" {
			fmt.Fprintf(&b, "%s\n\n", about)
		}
		b.WriteString("| code | meaning | do | retryable | exit code |\n|---|---|---|---|---|\n")
		for _, e := range errorcode.All() {
			if e.Origin != origin {
				continue
			}
			exit := strconv.Itoa(int(e.Exit))
			if origin == errorcode.HTTP {
				exit = "-" // no command meets it
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", e.Code, cell.Replace(e.Meaning), cell.Replace(e.Do), e.Retryable, exit)
		}
		b.WriteString("\n")
		if origin != errorcode.Guard {
			continue
		}
		b.WriteString("Each rule of the guard has a code too; a command that it refuses exits with 1. None is retryable as it is: change the call, or first bring the resource into the state that the rule asks for, as the resolution says.\n\n| code | rule |\n|---|---|\n")
		for _, e := range serverCodes() {
			if ruleOf(e.Code) != nil {
				fmt.Fprintf(&b, "| `%s` | %s |\n", e.Code, cell.Replace(e.Meaning))
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Each code of ours has a page that says what it means, what to do, and whether
// the call is retryable; that of a rule names its tools and its guide.
func TestEveryCodeOfOursHasAPage(t *testing.T) {
	for _, e := range serverCodes() {
		page := ErrorPage(string(e.Origin) + "." + e.Code)
		for _, want := range []string{"# " + e.Code + "\n", "\n## " + string(e.Origin) + "\n\n" + e.Meaning, "\nDo: " + strings.TrimSuffix(e.Do, "."), "\n- Retryable: " + string(e.Retryable) + ".\n"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: %q is not on its page:\n%s", e.Code, want, page)
			}
		}
		if !slices.Contains(errorCodes(), e.Code) {
			t.Errorf("%s is not completed", e.Code)
		}
	}
	for i := range guard.Rules {
		rule := &guard.Rules[i]
		page := ErrorPage(rule.Code)
		if rule.Warns {
			if page != "" {
				t.Errorf("%s never refuses, and has a page", rule.Code)
			}
			continue
		}
		for _, tool := range append([]string{rule.Source}, rule.Tools...) {
			if !strings.Contains(page, tool) {
				t.Errorf("%s: its page does not name %s", rule.Code, tool)
			}
		}
		_, uris, _ := strings.Cut(page, "\n- Guide: ")
		uris, _, _ = strings.Cut(uris, ".\n")
		for uri := range strings.SplitSeq(uris, ", ") {
			if guides.Lookup(strings.TrimPrefix(uri, GuidesURI)) == nil {
				t.Errorf("%s: no guide %q", rule.Code, uri)
			}
		}
	}
}

// A code that both have is explained for each, and each page names the others.
func TestACodeOfBothHasAPageOfEach(t *testing.T) {
	if papi.ErrorCodes()[errorcode.InternalError] == nil {
		t.Fatal("the API has no internal_error")
	}
	for name, first := range map[string]string{"internal_error": "webhooks", "server.internal_error": "server", "webhooks.internal_error": "webhooks"} {
		page := ErrorPage(name)
		if !strings.HasPrefix(page, "# internal_error\n\n## "+first+"\n") || first != "server" && !strings.Contains(page, ", server (papi://errors/NAME.internal_error).") || !strings.Contains(page, "\nFacts: Provisioning API ") {
			t.Errorf("%s:\n%s", name, page)
		}
	}
	if page := ErrorPage("webhooks.guard_read_only"); page != "" {
		t.Errorf("a toolset that does not return it:\n%s", page)
	}
}
