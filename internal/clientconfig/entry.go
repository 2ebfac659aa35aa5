package clientconfig

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
)

// Server is the server that a client is to start.
type Server struct {
	Name    string
	Command string // its absolute path, or npx
	Args    []string
	Env     map[string]string // variables with their values
	// Refer are the variables whose values are not in the file.
	Refer []string
	// Own are the variables that belong to the server, in the order of the entry. In an
	// entry that is replaced, the others are kept.
	Own []string
}

// startKeys are the members of an entry that say how a server is reached. In an entry
// that is replaced, the others are kept: a timeout, approved tools.
var startKeys = []string{"type", "command", "args", "env", "cwd", "envFile", "url", "httpUrl", "headers", "auth", "oauth"}

// member is a member of a JSON object; a list of them keeps its order.
type member struct {
	name  string
	value json.RawMessage
}

func object(members []member) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(jsonvalue.Encode(m.name))
		b.WriteByte(':')
		b.Write(m.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// inputID is the id of the question that a client asks for a variable.
func inputID(s *Server, variable string) string {
	return s.Name + "-" + strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(variable, "SINCH_"), "_", "-"))
}

// env returns the variables of an entry in order. Where the client can't refer to a
// variable, one that is not in the file is left out, or a placeholder.
func (c *Client) env(s *Server, placeholders bool) []member {
	values := map[string]string{}
	for name, value := range s.Env {
		values[name] = value
	}
	for _, name := range s.Refer {
		switch {
		case c.AsksForSecret():
			values[name] = strings.Replace(inputs, "ID", inputID(s, name), 1)
		case c.Reference == forward:
		case c.CanRefer():
			values[name] = strings.Replace(c.Reference, variableName, name, 1)
		case placeholders:
			values[name] = Placeholder(name)
		}
	}
	var members []member
	for _, name := range s.Own {
		if value, ok := values[name]; ok {
			members = append(members, member{name, jsonvalue.Encode(value)})
		}
	}
	return members
}

// Placeholder is what appears in an entry instead of the value of a variable. The
// server recognises it, and reports that the variable was not filled in.
func Placeholder(variable string) string {
	return "your-" + strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(variable, "SINCH_"), "_", "-"))
}

// entry returns the members of an entry.
func (c *Client) entry(s *Server, placeholders bool) []member {
	var members []member
	if c.Stdio {
		members = append(members, member{"type", json.RawMessage(`"stdio"`)})
	}
	members = append(members, member{"command", jsonvalue.Encode(s.Command)}, member{"args", jsonvalue.Encode(s.Args)})
	if env := c.env(s, placeholders); len(env) > 0 {
		members = append(members, member{"env", object(env)})
	}
	return members
}

// Document returns a file of the client that contains the server and nothing else: what
// a person pastes. It has no secret.
func (c *Client) Document(s *Server) string {
	if c.Format == TOML {
		return c.toml(s)
	}
	var members []member
	if c.AsksForSecret() && len(s.Refer) > 0 {
		members = append(members, member{"inputs", jsonvalue.Encode(questions(s))})
	}
	members = append(members, member{c.Key, object([]member{{s.Name, object(c.entry(s, true))}})})
	return indented(object(members), "", "  ") + "\n"
}

// toml returns the server as a table. The strings of JSON are strings of TOML, apart
// from a raw DEL.
func (c *Client) toml(s *Server) string {
	text := func(value any) string {
		return strings.ReplaceAll(string(jsonvalue.Encode(value)), "\x7f", `\u007f`)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "[%s.%s]\ncommand = %s\n", c.Key, s.Name, text(s.Command))
	fmt.Fprintf(&b, "args = %s\n", text(s.Args))
	if len(s.Refer) > 0 {
		fmt.Fprintf(&b, "%s = %s\n", forward, text(s.Refer))
	}
	if env := c.env(s, true); len(env) > 0 {
		fmt.Fprintf(&b, "\n[%s.%s.env]\n", c.Key, s.Name)
		for _, m := range env {
			fmt.Fprintf(&b, "%s = %s\n", m.name, text(m.value))
		}
	}
	return b.String()
}

// indented formats JSON; its numbers and strings stay as they are.
func indented(raw json.RawMessage, prefix, indent string) string {
	var b bytes.Buffer
	if err := json.Indent(&b, raw, prefix, indent); err != nil {
		panic(err) // a value that was encoded or parsed before
	}
	return b.String()
}

// replacing returns the entry for a server, with what an old entry has besides: its
// members and variables that are not ours.
func (c *Client) replacing(s *Server, old []member) []member {
	entry := c.entry(s, false)
	for _, m := range old {
		if m.name == "env" {
			entry = withVariables(entry, membersOf(m.value), s.Own)
		} else if !slices.Contains(startKeys, m.name) {
			entry = append(entry, m)
		}
	}
	return entry
}

// withVariables returns an entry with the variables of another that are not ours.
func withVariables(entry, variables []member, own []string) []member {
	var kept []member
	for _, v := range variables {
		if !slices.Contains(own, v.name) {
			kept = append(kept, v)
		}
	}
	if len(kept) == 0 {
		return entry
	}
	for i, m := range entry {
		if m.name == "env" {
			entry[i].value = object(append(membersOf(m.value), kept...))
			return entry
		}
	}
	return append(entry, member{"env", object(kept)})
}
