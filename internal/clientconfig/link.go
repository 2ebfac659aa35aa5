package clientconfig

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"

	"papi-mcp/internal/jsonvalue"
)

// Link returns the address that has the client add a server when a person opens it, ""
// where the client has none. A page at that address passes it on to the client, since many
// places, such as GitHub, keep no links but those to the web. It has no secret.
func (c *Client) Link(s *Server) string {
	entry := object(c.entry(s, true))
	switch c.ID {
	case "vscode":
		link := "https://vscode.dev/redirect/mcp/install?name=" + escaped(s.Name) + "&config=" + escaped(string(entry))
		if len(s.Refer) > 0 {
			link += "&inputs=" + escaped(string(jsonvalue.Encode(questions(s))))
		}
		return link
	case "cursor":
		return "https://cursor.com/en/install-mcp?name=" + escaped(s.Name) + "&config=" + escaped(base64.StdEncoding.EncodeToString(entry))
	}
	return ""
}

// SandboxLink is the link for the server of an npm package with the sandbox, which needs no key.
func (c *Client) SandboxLink(npmPackage string) string {
	return c.Link(&Server{Name: "papi", Command: "npx", Args: []string{"-y", npmPackage, "serve", "--sandbox", "--seed-data", "shop"}})
}

// escaped escapes a value of a query as encodeURIComponent does: a space is not "+", which
// some would leave as it is.
func escaped(value string) string {
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// questions are those that a client asks for variables whose values are not in the entry.
func questions(s *Server) []json.RawMessage {
	var all []json.RawMessage
	for _, name := range s.Refer {
		question := []member{
			{"type", json.RawMessage(`"promptString"`)},
			{"id", jsonvalue.Encode(inputID(s, name))},
			{"description", jsonvalue.Encode(name)},
		}
		if strings.HasSuffix(name, "_SECRET") {
			question = append(question, member{"password", json.RawMessage("true")})
		}
		all = append(all, object(question))
	}
	return all
}
