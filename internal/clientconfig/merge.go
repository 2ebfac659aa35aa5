package clientconfig

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/tailscale/hujson"

	"papi-mcp/internal/jsonvalue"
)

// Change is what adding a server changes in a file.
type Change int

// The changes.
const (
	Unchanged Change = iota // the server is there, with the same entry
	Added
	Replaced // a server of the name was there, with another entry
)

// ErrComments is the error of a file that is JSON with comments or trailing commas.
var ErrComments = errors.New("it has comments or trailing commas")

const bom = "\ufeff"

// maxBrackets bounds the nesting of a text that is not JSON, which the parser of JSON
// with comments does not bound.
const maxBrackets = 100_000

// Merge returns a document with the entry of a server. Everything else in it stays as it
// is, byte for byte. An empty document counts as an empty object. An old entry of the
// same name is replaced; its members that do not say how the server is started stay.
func (c *Client) Merge(document []byte, s *Server) (merged []byte, change Change, err error) {
	text, hasBOM := bytes.CutPrefix(document, []byte(bom))
	root, err := parse(text)
	if err != nil {
		return nil, 0, err
	}
	top, ok := root.Value.(*hujson.Object)
	if !ok {
		return nil, 0, fmt.Errorf("it is %s, where the client needs a JSON object", kind(root.Value))
	}
	servers, err := find(top, c.Key)
	if err != nil {
		return nil, 0, err
	}
	style := styleOf(text, top)
	if servers == nil {
		value := object([]member{{s.Name, object(c.entry(s, false))}})
		style.add(top, c.Key, value, 1)
		return pack(root, hasBOM), Added, nil
	}
	list, ok := servers.Value.(*hujson.Object)
	if !ok {
		return nil, 0, fmt.Errorf("its %q is %s, where the client needs an object", c.Key, kind(servers.Value))
	}
	entry, err := find(list, s.Name)
	if err != nil {
		return nil, 0, fmt.Errorf("in %q: %w", c.Key, err)
	}
	if entry == nil {
		style.add(list, s.Name, object(c.entry(s, false)), 2)
		return pack(root, hasBOM), Added, nil
	}
	old := entry.Pack()
	replacement := object(c.replacing(s, membersOf(old)))
	if same(old, replacement) {
		return document, Unchanged, nil
	}
	style.set(entry, replacement, style.prefixOf(list, 2))
	return pack(root, hasBOM), Replaced, nil
}

// parse reads a document; an empty one is an empty object.
func parse(text []byte) (hujson.Value, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		text = []byte("{}\n")
	}
	if !utf8.Valid(text) {
		return hujson.Value{}, errors.New("it is not UTF-8, and so not JSON")
	}
	if !json.Valid(text) {
		if bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) < maxBrackets {
			if _, err := hujson.Parse(append(bytes.Clone(text), '\n')); err == nil { // it wants a line break after a comment
				return hujson.Value{}, ErrComments
			}
		}
		return hujson.Value{}, fmt.Errorf("it is not valid JSON: %w", located(text))
	}
	return hujson.Parse(text)
}

// located returns what is wrong with a text that is not JSON, with its line.
func located(text []byte) error {
	err := json.Unmarshal(text, new(any))
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && syntax.Offset <= int64(len(text)) {
		return fmt.Errorf("line %d: %w", 1+bytes.Count(text[:syntax.Offset], []byte("\n")), err)
	}
	return err
}

// find returns the value of a member, nil where there is none. A name that appears twice
// is an error: clients differ in which one they read.
func find(object *hujson.Object, name string) (*hujson.Value, error) {
	var found *hujson.Value
	for i := range object.Members {
		if m := &object.Members[i]; nameOf(m) == name {
			if found != nil {
				return nil, fmt.Errorf("%q appears twice: remove one", name)
			}
			found = &m.Value
		}
	}
	return found, nil
}

func nameOf(m *hujson.ObjectMember) string {
	name, _ := m.Name.Value.(hujson.Literal)
	return name.String()
}

// membersOf returns the members of a JSON object, none for another value.
func membersOf(raw json.RawMessage) []member {
	value, err := hujson.Parse(raw)
	if err != nil {
		return nil
	}
	object, ok := value.Value.(*hujson.Object)
	if !ok {
		return nil
	}
	var members []member
	for i := range object.Members {
		m := &object.Members[i]
		members = append(members, member{nameOf(m), bytes.TrimSpace(m.Value.Pack())})
	}
	return members
}

func kind(value hujson.ValueTrimmed) string {
	switch value.Kind() {
	case '[':
		return "a list"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case 't', 'f':
		return "a boolean"
	case '{':
		return "an object"
	}
	return "null"
}

// same reports whether two JSON texts have the same value.
func same(a, b []byte) bool {
	left, errLeft := jsonvalue.Decode(a)
	right, errRight := jsonvalue.Decode(b)
	return errLeft == nil && errRight == nil && reflect.DeepEqual(left, right)
}

func pack(root hujson.Value, hasBOM bool) []byte {
	if hasBOM {
		return append([]byte(bom), root.Pack()...)
	}
	return root.Pack()
}

// style is how a document is laid out.
type style struct {
	newline string // "" for a document of one line
	indent  string // of one level
}

func styleOf(text []byte, top *hujson.Object) style {
	st := style{"\n", "  "}
	if bytes.Contains(text, []byte("\r\n")) {
		st.newline = "\r\n"
	} else if len(top.Members) > 0 && !bytes.Contains(bytes.TrimSpace(text), []byte("\n")) {
		st.newline = ""
	}
	if len(top.Members) > 0 {
		if indent := lastLine(top.Members[0].Name.BeforeExtra); indent != "" {
			st.indent = indent
		}
	}
	return st
}

// lastLine returns what follows the last line break of white space, "" without one.
func lastLine(extra hujson.Extra) string {
	if i := bytes.LastIndexByte(extra, '\n'); i >= 0 {
		return string(extra[i+1:])
	}
	return ""
}

// prefixOf returns the indentation of the members of an object at a depth.
func (st style) prefixOf(object *hujson.Object, depth int) string {
	if st.newline == "" {
		return ""
	}
	if n := len(object.Members); n > 0 {
		if prefix := lastLine(object.Members[n-1].Name.BeforeExtra); prefix != "" {
			return prefix
		}
	}
	return strings.Repeat(st.indent, depth)
}

// set replaces a value. The members of an object on the line of its name are indented by
// prefix and one level more.
func (st style) set(value *hujson.Value, raw json.RawMessage, prefix string) {
	text := string(raw)
	if st.newline != "" {
		text = strings.ReplaceAll(indented(raw, prefix, st.indent), "\n", st.newline)
	}
	parsed, err := hujson.Parse([]byte(text))
	if err != nil {
		panic(err) // it was encoded here
	}
	value.Value = parsed.Value
}

// add appends a member to an object at a depth, laid out as its last one.
func (st style) add(object *hujson.Object, name string, raw json.RawMessage, depth int) {
	prefix := st.prefixOf(object, depth)
	m := hujson.ObjectMember{Name: hujson.Value{Value: hujson.String(name)}}
	if st.newline != "" {
		m.Name.BeforeExtra = hujson.Extra(st.newline + prefix)
		m.Value.BeforeExtra = hujson.Extra(" ")
		if !bytes.Contains(object.AfterExtra, []byte("\n")) {
			object.AfterExtra = hujson.Extra(st.newline + strings.Repeat(st.indent, depth-1))
		}
	}
	st.set(&m.Value, raw, prefix)
	object.Members = append(object.Members, m)
}
