package clientconfig

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"go.yaml.in/yaml/v4"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/release"
)

var update = flag.Bool("update", false, "write docs/clients")

const (
	pagesFolder = "../../docs/clients/"
	remoteURL   = "https://papi.example.com/mcp"
)

// page is what docs/clients says of a client (testdata/pages.yaml).
type page struct {
	Page, Name, Docs, Package string
	Init                      string // its ID in Clients, "" for a client that init does not know
	Where                     struct {
		Stdio, HTTP string
		HTTPSource  string `yaml:"httpSource"`
	}
	Stdio, HTTP string
	Server      bool // it is configured in a form: the page has what the server needs
	Tools       string
	Can         map[string]cell
	Install     string // how the client itself installs it; {url} and {repository} are from release/home.yaml

	npmPackage string // from release/home.yaml
}

// cell is what a client can do, and where that is documented.
type cell struct{ Value, Source string }

// abilities are the rows of the table on each page.
var abilities = []struct{ id, name, meaning string }{
	{"elicitation", "elicitation", "a person confirms in the client"},
	{"apps", "MCP Apps", "shows the preview of a template as a page"},
	{"events", "MCP Events", "learns of changes without a call"},
	{"progress", "progress", "shows that a call waits"},
	{"skills", "Agent Skills", "reads the skill that `papi-mcp skill` writes ([skill.md](../skill.md))"},
	{"caps", "limits", "how many tools, and how long their results"},
}

func pages(t *testing.T) []page {
	t.Helper()
	raw, err := os.ReadFile("testdata/pages.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all []page
	loader, err := yaml.NewLoader(strings.NewReader(string(raw)), yaml.WithKnownFields())
	if err != nil {
		t.Fatal(err)
	}
	if err := loader.Load(&all); err != nil {
		t.Fatal(err)
	}
	home, err := release.ReadHome()
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i].npmPackage = home.NPMPackage()
		all[i].Install = strings.NewReplacer("{url}", home.URL(), "{repository}", home.Owner+"/"+home.Repository).Replace(all[i].Install)
		if client := Lookup(all[i].Init); client != nil && all[i].Init != "" {
			all[i].Docs = client.Docs
			all[i].Stdio = client.Document(&Server{
				Name: "papi", Command: "/usr/local/bin/papi-mcp", Args: []string{"serve"},
				Env:   map[string]string{"SINCH_PROJECT_ID": "00000000-0000-0000-0000-000000000000", "SINCH_KEY_ID": "00000000-0000-0000-0000-000000000001"},
				Refer: []string{"SINCH_KEY_SECRET"}, Own: []string{"SINCH_PROJECT_ID", "SINCH_KEY_ID", "SINCH_KEY_SECRET"},
			})
		}
	}
	return all
}

// links returns the addresses that have a client add the sandbox, and an account.
func links(client *Client, npmPackage string) (sandbox, account string) {
	serve := []string{"-y", npmPackage, "serve"}
	own := []string{"SINCH_PROJECT_ID", "SINCH_KEY_ID", "SINCH_KEY_SECRET"}
	return client.SandboxLink(npmPackage),
		client.Link(&Server{Name: "papi", Command: "npx", Args: serve, Refer: own, Own: own})
}

func (c cell) String() string {
	if c.Source == "" {
		return "not documented"
	}
	return fmt.Sprintf("%s ([source](%s))", c.Value, c.Source)
}

// language is that of the page's blocks.
func (p *page) language() string {
	switch {
	case p.Package != "":
		return "js"
	case p.Init == "codex":
		return "toml"
	}
	return "json"
}

// serverBlock is how a server is started that claude.ai or ChatGPT can reach.
const serverBlock = `papi-mcp serve --http 0.0.0.0:8443 --tls-cert cert.pem --tls-key key.pem \
  --public-url https://papi.example.com --auth oidc --oidc-issuer https://login.example.com
`

// markdown returns the page.
func (p *page) markdown() string {
	var b strings.Builder
	block := func(text, language string) { fmt.Fprintf(&b, "```%s\n%s```\n\n", language, text) }
	fmt.Fprintf(&b, "<!-- Generated from internal/clientconfig: go test ./internal/clientconfig -run Pages -update -->\n# papi-mcp in %s\n\n", p.Name)
	if p.Init != "" {
		fmt.Fprintf(&b, "`papi-mcp init --client %s` does this for you ([init.md](../init.md)). ", p.Init)
	}
	fmt.Fprintf(&b, "The vendor's page: [%s](%s). All clients: [README.md](README.md).\n\n## Over stdio\n\n", strings.TrimPrefix(p.Docs, "https://"), p.Docs)
	client := Lookup(p.Init)
	var sandbox, account string
	if client != nil {
		sandbox, account = links(client, p.npmPackage)
	}
	if p.Install != "" && sandbox == "" { // what needs no file comes first
		b.WriteString(p.Install + "\n\n")
	}
	if p.Where.Stdio != "" {
		b.WriteString(p.Where.Stdio + "\n\n")
	}
	if p.Stdio != "" {
		block(p.Stdio, p.language())
		b.WriteString("To try it without an account, use the arguments `serve --sandbox --seed-data shop`, and no variables.\n\n")
		fmt.Fprintf(&b, "With Node.js nothing needs to be installed: use the command `npx`, and `-y %s` before these arguments (on Windows the command `cmd`, and `/c npx -y %[1]s`).\n\n", p.npmPackage)
	}
	if sandbox != "" {
		fmt.Fprintf(&b, "One click does the same by `npx`: **[add the sandbox](%s)**, or **[add an account](%s)**. %s\n\n", sandbox, account, p.Install)
	}
	fmt.Fprintf(&b, "## Over HTTP\n\nFor a server that runs elsewhere ([http.md](../http.md); [source](%s)).", p.Where.HTTPSource)
	if p.HTTP != "" {
		b.WriteString(" `PAPI_KEY` is a key of a caller (`papi-mcp config key`).")
	}
	if p.Where.HTTP != "" {
		b.WriteString(" " + p.Where.HTTP)
	}
	b.WriteString("\n\n")
	if p.Server {
		block(serverBlock, "sh")
	} else {
		block(p.HTTP, p.language())
	}
	fmt.Fprintf(&b, "## Which tools\n\n%s The sets: [configuration.md](../configuration.md#which-tools-to-offer).\n\n## What it can do\n\n| | | %s |\n|---|---|---|\n", p.Tools, p.Name)
	for _, a := range abilities {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", a.name, a.meaning, p.Can[a.id])
	}
	if !strings.HasPrefix(p.Can["elicitation"].Value, "yes") {
		b.WriteString("\nWhere a client can't ask the person, a delete returns a summary and a token, and the agent shows the person the summary ([guard.md](../guard.md)). `--confirm human` refuses those calls instead.\n")
	}
	return b.String()
}

// index returns the page with all clients.
func index(all []page) string {
	var b strings.Builder
	b.WriteString("<!-- Generated from internal/clientconfig: go test ./internal/clientconfig -run Pages -update -->\n# Clients\n\nEach client has a page: its configuration over stdio and over HTTP, which tools to offer it, and what it can do. Each statement has its source on the page; \"not documented\" means that no source was found, not that the client can't. The server works without any of these: without elicitation a call is confirmed by a token, without MCP Apps a preview is text, and without MCP Events `wait` follows a change. An Agent Skill is for agents that work in a shell ([skill.md](../skill.md)).\n\n| client |")
	for _, a := range abilities {
		b.WriteString(" " + a.name + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(abilities)) + "\n")
	for _, p := range all {
		fmt.Fprintf(&b, "| [%s](%s.md) |", p.Name, p.Page)
		for _, a := range abilities {
			text := "not documented"
			if c := p.Can[a.id]; c.Source != "" {
				text = c.Value
			}
			b.WriteString(" " + text + " |")
		}
		b.WriteString("\n")
	}
	b.WriteString("\nAny other client that starts a server over stdio takes what `papi-mcp init --client other` prints.\n")
	return b.String()
}

// docs/clients has a page for each client, and no other. `go test
// ./internal/clientconfig -run Pages -update` writes them.
func TestPagesAreFresh(t *testing.T) {
	all := pages(t)
	want := map[string]string{"README.md": index(all)}
	for _, p := range all {
		want[p.Page+".md"] = p.markdown()
	}
	for name, content := range want {
		raw, err := os.ReadFile(pagesFolder + name)
		switch {
		case string(raw) == content:
		case *update:
			if err := os.WriteFile(pagesFolder+name, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("docs/clients/%s is not up to date (%v): run go test ./internal/clientconfig -run Pages -update", name, err)
		}
	}
	files, err := filepath.Glob(pagesFolder + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if want[filepath.Base(file)] == "" {
			t.Errorf("%s is no client's: remove it", file)
		}
	}
}

// Each client that init knows has a page. What is said of a client has a source, or is
// not said.
func TestPagesHaveSources(t *testing.T) {
	all := pages(t)
	for _, client := range Clients {
		if !slices.ContainsFunc(all, func(p page) bool { return p.Init == client.ID }) && client.ID != Other {
			t.Errorf("%s has no page", client.Name)
		}
	}
	for _, p := range all {
		for _, source := range []string{p.Docs, p.Where.HTTPSource} {
			if !strings.HasPrefix(source, "https://") {
				t.Errorf("%s: %q is no source", p.Name, source)
			}
		}
		if p.Tools == "" || !p.Server && (p.Stdio == "" || p.HTTP == "") {
			t.Errorf("%s: the page is not complete", p.Name)
		}
		for id, c := range p.Can {
			if !slices.ContainsFunc(abilities, func(a struct{ id, name, meaning string }) bool { return a.id == id }) || c.Value == "" || !strings.HasPrefix(c.Source, "https://") {
				t.Errorf("%s: %s: %+v has no value or no source", p.Name, id, c)
			}
		}
	}
}

// Each block is what its client reads: the entry of a program, or of a URL with a key.
// The blocks of SDKs are programs, which test/clients/sdks.mjs runs.
func TestPagesParse(t *testing.T) {
	for _, p := range pages(t) {
		if p.Server {
			continue
		}
		for transport, block := range map[string]string{"stdio": p.Stdio, "http": p.HTTP} {
			if p.language() == "js" {
				if !strings.Contains(block, `from "`+p.Package+`"`) || !strings.Contains(block, "export const tools") || !strings.Contains(block, "export const client") {
					t.Errorf("%s: %s does not export its client and its tools", p.Name, transport)
				}
				continue
			}
			entry := entryOf(t, p, block)
			if entry == nil {
				t.Errorf("%s: %s has no entry papi:\n%s", p.Name, transport, block)
				continue
			}
			text := string(jsonvalue.Encode(entry))
			if command, isProgram := entry["command"].(string); isProgram {
				if (transport == "stdio") != (command == "/usr/local/bin/papi-mcp") || len(entry["args"].([]any)) == 0 {
					t.Errorf("%s: %s starts %s", p.Name, transport, text)
				}
			} else if transport != "http" || !strings.Contains(text, remoteURL) && !strings.Contains(text, "http://127.0.0.1:8080/mcp") {
				t.Errorf("%s: %s: %s", p.Name, transport, text)
			}
			if strings.Contains(text, remoteURL) && !strings.Contains(text, "Bearer ") && entry["bearer_token_env_var"] == nil {
				t.Errorf("%s: the server is called without a key: %s", p.Name, text)
			}
			if transport == "stdio" && !strings.Contains(block, "SINCH_KEY_SECRET") {
				t.Errorf("%s: there is no secret: %s", p.Name, text)
			}
		}
	}
}

// entryOf parses a block, and returns the server papi in it.
func entryOf(t *testing.T, p page, block string) map[string]any {
	t.Helper()
	var document map[string]any
	if p.language() == "toml" {
		if _, err := toml.Decode(block, &document); err != nil {
			t.Fatalf("%s: %v\n%s", p.Name, err, block)
		}
	} else {
		value, err := jsonvalue.Decode([]byte(block))
		if err != nil {
			t.Fatalf("%s: %v\n%s", p.Name, err, block)
		}
		document = jsonvalue.Object(value, "")
	}
	for _, key := range []string{"mcpServers", "servers", "mcp_servers", "context_servers"} {
		if document[key] != nil {
			return jsonvalue.Object(document[key], "papi")
		}
	}
	return nil
}
