// Package clientconfig knows how MCP clients are configured: where each keeps its
// file, in which format, and what the entry of a server looks like. It adds an entry
// to such a file and changes nothing else in it, and it decides whether a file may
// hold a secret: not one that git tracks or would track, and not one that others can
// read. It asks no questions and prints nothing.
package clientconfig

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// Format is the format of a client's file.
type Format string

// The formats. Only JSON is edited: a program that writes JSON with comments or TOML
// would move or lose the comments, so those entries are for a person to paste.
const (
	JSON  Format = "JSON"
	JSONC Format = "JSON with comments"
	TOML  Format = "TOML"
)

// The ways in which an entry gets a value that is not in the file.
const (
	// NAME is replaced by the name of an environment variable in the others.
	variableName = "NAME"
	// inputs: the client asks the person once, and stores the answer.
	inputs = "${input:ID}"
	// forward: the entry lists the variables that the client passes on.
	forward = "env_vars"
)

// Client holds what is known of a client.
type Client struct {
	ID     string // the value of --client
	Name   string
	Format Format
	Key    string // the member of the file, or the table, that holds the servers
	Stdio  bool   // an entry says "type": "stdio"
	// User are the paths of the user's file by GOOS, "" for the systems that have no
	// list of their own. The first that applies is used: one whose variables are set,
	// and whose pattern matches a folder.
	User map[string][]string
	// Project is the path of a project's file, "" for none.
	Project string
	// Reference is how an entry refers to a variable of the client's environment, ""
	// where the client takes every value as it is.
	Reference string
	// Special is what the client replaces in a value: a value with it would not arrive
	// as it is. The characters are alternatives.
	Special string
	// Restart is what a person does so that the client starts the server.
	Restart string
	// Docs is where the vendor describes the file.
	Docs string
}

// Other is the ID of a client that is not in the list: its entry is printed.
const Other = "other"

// Clients are the clients in the order in which they are offered.
var Clients = []Client{
	{
		ID: "claude-desktop", Name: "Claude Desktop", Format: JSON, Key: "mcpServers",
		User: map[string][]string{
			"darwin": {"~/Library/Application Support/Claude/claude_desktop_config.json"},
			"windows": { // installed as a package, it has an AppData of its own
				"$LOCALAPPDATA/Packages/Claude_*/LocalCache/Roaming/Claude/claude_desktop_config.json",
				"$APPDATA/Claude/claude_desktop_config.json",
			},
			"": {"$XDG_CONFIG_HOME/Claude/claude_desktop_config.json", "~/.config/Claude/claude_desktop_config.json"},
		},
		Restart: "quit Claude Desktop, and open it again",
		Docs:    "https://modelcontextprotocol.io/docs/develop/connect-local-servers",
	},
	{
		ID: "claude-code", Name: "Claude Code", Format: JSON, Key: "mcpServers", Stdio: true,
		User:      map[string][]string{"": {"$CLAUDE_CONFIG_DIR/.claude.json", "~/.claude.json"}},
		Project:   ".mcp.json",
		Reference: "${NAME}", Special: "$",
		Restart: "start claude again; its command /mcp shows the server",
		Docs:    "https://code.claude.com/docs/en/mcp",
	},
	{
		ID: "vscode", Name: "VS Code", Format: JSONC, Key: "servers", Stdio: true,
		User: map[string][]string{
			"darwin":  {"~/Library/Application Support/Code/User/mcp.json"},
			"windows": {"$APPDATA/Code/User/mcp.json"},
			"":        {"$XDG_CONFIG_HOME/Code/User/mcp.json", "~/.config/Code/User/mcp.json"},
		},
		Project:   ".vscode/mcp.json",
		Reference: inputs, Special: "$",
		Restart: "run the command \"MCP: List Servers\", and start it there",
		Docs:    "https://code.visualstudio.com/docs/copilot/reference/mcp-configuration",
	},
	{
		ID: "cursor", Name: "Cursor", Format: JSON, Key: "mcpServers", Stdio: true,
		User:      map[string][]string{"": {"~/.cursor/mcp.json"}},
		Project:   ".cursor/mcp.json",
		Reference: "${env:NAME}", Special: "$",
		Restart: "restart Cursor, and enable the server in its settings",
		Docs:    "https://cursor.com/docs/mcp",
	},
	{
		ID: "codex", Name: "Codex", Format: TOML, Key: "mcp_servers",
		User:      map[string][]string{"": {"$CODEX_HOME/config.toml", "~/.codex/config.toml"}},
		Project:   ".codex/config.toml",
		Reference: forward,
		Restart:   "start codex again; its command /mcp shows the server",
		Docs:      "https://developers.openai.com/codex/mcp",
	},
	{
		ID: "gemini", Name: "Gemini CLI", Format: JSON, Key: "mcpServers",
		User:      map[string][]string{"": {"$GEMINI_CLI_HOME/.gemini/settings.json", "~/.gemini/settings.json"}},
		Project:   ".gemini/settings.json",
		Reference: "${NAME}", Special: "$%",
		Restart: "start gemini again; its command /mcp shows the server",
		Docs:    "https://geminicli.com/docs/tools/mcp-server",
	},
	{
		ID: Other, Name: "another client", Format: JSON, Key: "mcpServers",
		Restart: "restart the client",
	},
}

// IDs returns the values of --client.
func IDs() []string {
	var ids []string
	for _, c := range Clients {
		ids = append(ids, c.ID)
	}
	return ids
}

// Lookup returns the client with an ID or a name, in any spelling of its letters:
// "vscode", "VS Code". It returns nil where there is none.
func Lookup(name string) *Client {
	for i := range Clients {
		if c := &Clients[i]; plain(c.ID) == plain(name) || plain(c.Name) == plain(name) {
			return c
		}
	}
	return nil
}

func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// CanRefer reports whether an entry can refer to a variable of the environment.
func (c *Client) CanRefer() bool {
	return c.Reference == forward || strings.Contains(c.Reference, variableName)
}

// AsksForSecret reports whether the client itself asks for a secret, and stores it.
func (c *Client) AsksForSecret() bool { return c.Reference == inputs }

// TakesAsIs reports whether a value arrives at the server as it is in the file.
func (c *Client) TakesAsIs(value string) bool {
	return c.Special == "" || !strings.ContainsAny(value, c.Special)
}

// System is the machine that the paths of files depend on.
type System struct {
	OS     string // as GOOS
	Home   string // the user's home folder, "" where there is none
	Getenv func(string) string
}

// Documented returns the paths of the user's file on a system as a person knows them,
// the first that applies first: with ~, and the names of variables.
func (c *Client) Documented(os string) []string {
	var paths []string
	for _, path := range c.patterns(os) {
		if os == "windows" {
			first, rest, _ := strings.Cut(path, "/")
			if name, ok := strings.CutPrefix(first, "$"); ok {
				first = "%" + name + "%"
			}
			path = strings.ReplaceAll(first+"/"+rest, "/", `\`)
		}
		paths = append(paths, path)
	}
	return paths
}

func (c *Client) patterns(os string) []string {
	if paths, ok := c.User[os]; ok {
		return paths
	}
	return c.User[""]
}

// UserFile returns the path of the user's file.
func (c *Client) UserFile(s System) (string, error) {
	for _, pattern := range c.patterns(s.OS) {
		if path := s.expand(pattern); path != "" {
			return path, nil
		}
	}
	return "", fmt.Errorf("the folder of %s is not known, because there is no home folder: set HOME (on Windows APPDATA)", c.Name)
}

// IsFound reports whether the client seems to be installed: its file exists, or a
// folder of its own for it.
func (c *Client) IsFound(s System) bool {
	path, err := c.UserFile(s)
	if err != nil {
		return false
	}
	if _, err := os.Stat(path); err == nil {
		return true
	}
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	return err == nil && info.IsDir() && folder != filepath.Clean(s.Home)
}

// expand returns the path of a pattern, "" where the pattern does not apply.
func (s System) expand(pattern string) string {
	first, rest, _ := strings.Cut(pattern, "/")
	folder := s.Home
	if name, ok := strings.CutPrefix(first, "$"); ok {
		folder = s.Getenv(name)
	}
	if !filepath.IsAbs(folder) {
		return ""
	}
	path := filepath.Join(folder, filepath.FromSlash(rest))
	before, after, isGlob := strings.Cut(path, "*")
	if !isGlob {
		return path
	}
	// The part with the star is the name of a folder, and the pattern applies if it exists.
	name, below, _ := strings.Cut(after, string(filepath.Separator))
	folders, err := filepath.Glob(before + "*" + name)
	if err != nil || len(folders) == 0 {
		return ""
	}
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(folder, below)); err == nil {
			return filepath.Join(folder, below)
		}
	}
	return filepath.Join(slices.Max(folders), below)
}
