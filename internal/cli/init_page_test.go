package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"papi-mcp/internal/clientconfig"
	"papi-mcp/internal/docstest"
)

// docs/init.md has each client's files and entry as the table of clients has them, and
// names every flag. `go test ./internal/cli -run InitPage -update` writes it.
func TestInitPageIsFresh(t *testing.T) {
	const path = "../../docs/init.md"
	docstest.Fresh(t, path, "go test ./internal/cli -run InitPage -update", *update, map[string]string{"clients": clientsPage()})
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	newInit(&streams{}).Flags().VisitAll(func(f *pflag.Flag) {
		if !strings.Contains(string(raw), "`--"+f.Name+"`") {
			t.Errorf("the page does not name --%s", f.Name)
		}
	})
}

// The commands on the pages of docs/clients have flags that serve knows.
func TestClientPagesHaveKnownFlags(t *testing.T) {
	files, err := filepath.Glob("../../docs/clients/*.md")
	if err != nil {
		t.Fatal(err)
	}
	var c config
	flags := newServe(&streams{}, &c).Flags()
	found := 0
	for _, file := range files {
		for _, block := range docstest.Blocks(t, file, "sh") {
			for _, word := range strings.Fields(block) {
				if name, isFlag := strings.CutPrefix(word, "--"); isFlag {
					if found++; flags.Lookup(name) == nil {
						t.Errorf("%s: serve has no flag %s", filepath.Base(file), word)
					}
				}
			}
		}
	}
	if found == 0 {
		t.Error("no page starts a server")
	}
}

// clientsPage returns the table of clients, and the entry of each, in Markdown.
func clientsPage() string {
	var b strings.Builder
	b.WriteString("| client | `--client` | the user's file | the project's file | format |\n|---|---|---|---|---|\n")
	for _, c := range clientconfig.Clients {
		if c.ID == clientconfig.Other {
			fmt.Fprintf(&b, "| %s | `%s` | - | - | printed as JSON |\n", c.Name, c.ID)
			continue
		}
		var paths []string
		for _, system := range []struct{ os, name string }{{"darwin", "macOS: "}, {"windows", "Windows: "}, {"linux", "Linux: "}} {
			if len(c.User) == 1 { // the same on each
				system.name = ""
			}
			if path := system.name + "`" + strings.Join(c.Documented(system.os), "`, else `") + "`"; len(c.User) > 1 || system.os == "linux" {
				paths = append(paths, path)
			}
		}
		project := "-"
		if c.Project != "" {
			project = "`" + c.Project + "`"
		}
		edited := "printed"
		if c.Format == clientconfig.JSON {
			edited = "edited"
		}
		fmt.Fprintf(&b, "| [%s](%s) | `%s` | %s | %s | %s: %s |\n", c.Name, c.Docs, c.ID, strings.Join(paths, "<br>"), project, c.Format, edited)
	}
	b.WriteString("\nThe entry of an account, without the secret:\n")
	for _, c := range clientconfig.Clients {
		language := "json"
		if c.Format == clientconfig.TOML {
			language = "toml"
		}
		fmt.Fprintf(&b, "\n**%s**%s\n\n```%s\n%s```\n", c.Name, referenceText(&c), language, c.Document(&clientconfig.Server{
			Name: "papi", Command: "/usr/local/bin/papi-mcp", Args: []string{"serve"},
			Env:   map[string]string{projectVariable: "00000000-0000-0000-0000-000000000000", keyIDVariable: "00000000-0000-0000-0000-000000000001"},
			Refer: []string{keySecretVariable}, Own: accountNames(),
		}))
	}
	return b.String()
}

// referenceText says where the secret comes from if it is not in the file.
func referenceText(c *clientconfig.Client) string {
	switch {
	case c.AsksForSecret():
		return " asks for the secret when it starts the server, and stores it:"
	case c.CanRefer():
		return " takes the secret from its environment:"
	}
	return ": the secret must be in the entry, in place of the placeholder:"
}
