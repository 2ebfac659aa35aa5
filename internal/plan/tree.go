package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"papi-mcp/internal/papi"
)

// Limits of a file with all that it refers to. They are far above what a project holds,
// and keep the cost of a hostile file low: aliases can make a short text very large.
const (
	MaxFile     = 4 << 20  // bytes of one file
	maxFiles    = 32 << 20 // bytes of all files
	maxTexts    = 64 << 20 // bytes of all texts
	maxValues   = 500_000
	maxNesting  = 60
	maxIncludes = 8 // files that name each other
)

// tree is a value of a file, and where it is.
type tree struct {
	at Position // of its name, or of the value where it has none
	// scalar is a string, json.Number, bool or nil: of what is neither of these.
	scalar any
	// literal is a number, boolean or time as the file writes it.
	literal string
	names   []string // in the order of the file
	fields  map[string]*tree
	items   []*tree
	// secret is NAME of a text that is ${env:NAME}.
	secret string
	// failed reports that a reference in it has no value, which is reported: what
	// else is wrong with the value comes from that.
	failed bool
}

func (t *tree) isObject() bool { return t.fields != nil }
func (t *tree) isList() bool   { return t.items != nil }

// isNull reports whether there is no value.
func (t *tree) isNull() bool { return t == nil || !t.isObject() && !t.isList() && t.scalar == nil }

// plain is the value as encoding/json would decode it.
func (t *tree) plain() any {
	switch {
	case t.isObject():
		object := make(map[string]any, len(t.fields))
		for name, field := range t.fields {
			object[name] = field.plain()
		}
		return object
	case t.isList():
		list := make([]any, len(t.items))
		for i, item := range t.items {
			list[i] = item.plain()
		}
		return list
	}
	return t.scalar
}

// text is the text at a name, "" where there is none.
func (t *tree) text(name string) string {
	if field := t.fields[name]; field != nil {
		text, _ := field.scalar.(string)
		return text
	}
	return ""
}

// position is that of the value at a path, or of the closest value that contains it.
func (t *tree) position(path string) Position { return t.find(path).at }

// find returns the value at a path, in the form of jsonvalue's paths with indexes in
// brackets, or the closest value that contains it.
func (t *tree) find(path string) *tree {
	for path != "" {
		var next *tree
		switch path[0] {
		case '[':
			number, rest, _ := strings.Cut(path[1:], "]")
			if i, err := strconv.Atoi(number); err == nil && i < len(t.items) {
				next = t.items[i]
			}
			path = strings.TrimPrefix(rest, ".")
		default:
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			next = t.fields[path[:end]]
			path = strings.TrimPrefix(path[end:], ".")
		}
		if next == nil {
			break
		}
		t = next
	}
	return t
}

// without returns an object without some of its fields.
func (t *tree) without(names ...string) *tree {
	out := &tree{at: t.at, fields: map[string]*tree{}}
	skip := map[string]bool{}
	for _, name := range names {
		skip[name] = true
	}
	for _, name := range t.names {
		if !skip[name] {
			out.set(name, t.fields[name])
		}
	}
	return out
}

// over returns an object with the fields of t, and those of base that t lacks; of both
// objects called details, likewise.
func (t *tree) over(base *tree) *tree {
	out := &tree{at: t.at, fields: map[string]*tree{}}
	for _, name := range base.names {
		out.set(name, base.fields[name])
	}
	for _, name := range t.names {
		field := t.fields[name]
		if below := out.fields[name]; name == fieldDetails && below != nil && below.isObject() && field.isObject() {
			field = field.over(below)
		}
		out.set(name, field)
	}
	return out
}

func (t *tree) set(name string, field *tree) {
	if _, known := t.fields[name]; !known {
		t.names = append(t.names, name)
	}
	t.fields[name] = field
}

// treeOf is a value that was decoded elsewhere, all of it at one position.
func treeOf(value any, at Position) *tree {
	switch v := value.(type) {
	case map[string]any:
		object := &tree{at: at, fields: map[string]*tree{}}
		for name, field := range v {
			object.set(name, treeOf(field, at))
		}
		return object
	case []any:
		list := &tree{at: at, items: []*tree{}}
		for _, item := range v {
			list.items = append(list.items, treeOf(item, at))
		}
		return list
	}
	return &tree{at: at, scalar: value}
}

// reader reads a file and those that it refers to.
type reader struct {
	Options
	faults  []Fault
	values  int
	bytes   int      // of files
	texts   int      // bytes of texts
	full    bool     // a limit is passed: what follows is not read
	open    []string // the files that are being read
	missing map[string]*missingVariable
}

// fault records what is wrong. path is that of the value.
func (r *reader) fault(at Position, path, format string, args ...any) {
	r.faults = append(r.faults, Fault{at, path, fmt.Sprintf(format, args...)})
}

// limit records that a limit is passed, once.
func (r *reader) limit(at Position, format string, args ...any) {
	if !r.full {
		r.fault(at, "", format, args...)
	}
	r.full = true
}

// parse reads YAML, of which JSON is a part. It returns nil where the text has no value.
func (r *reader) parse(text []byte, file string) *tree {
	at := Position{File: file}
	if r.bytes += len(text); len(text) > MaxFile || r.bytes > maxFiles {
		r.limit(at, "it is too long: at most %d MiB in a file, and %d MiB in all", MaxFile>>20, maxFiles>>20)
		return nil
	}
	if !utf8.Valid(text) {
		r.fault(at, "", "it is not UTF-8: save it in that encoding")
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, next yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil {
		if err = decoder.Decode(&next); err == nil {
			r.fault(Position{file, next.Line, next.Column}, "", "there is more than one document in it: put all into one")
			return nil
		}
	}
	if wrong, ok := errors.AsType[*yaml.LoadError](err); ok {
		hint := ""
		if lines := bytes.Split(text, []byte("\n")); wrong.Mark.Line <= len(lines) && wrong.Mark.Line > 0 {
			hint = hintFor(string(lines[wrong.Mark.Line-1]), wrong.Message)
		}
		r.fault(Position{file, wrong.Mark.Line, wrong.Mark.Column}, "", "not valid YAML: %s%s", papi.Printable(wrong.Message), hint)
		return nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.fault(at, "", "not valid YAML: %s", papi.Printable(strings.TrimPrefix(err.Error(), "yaml: ")))
		return nil
	}
	if len(document.Content) == 0 {
		return nil
	}
	return r.tree(document.Content[0], "", file, 0)
}

// hintFor says what to do about a line that is not YAML, for the usual reasons.
func hintFor(line, message string) string {
	text := strings.TrimLeft(line, " ")
	value := text
	if _, after, found := strings.Cut(text, ": "); found {
		value = after
	}
	value = strings.TrimPrefix(value, "- ")
	switch {
	case strings.HasPrefix(text, "\t") || strings.HasPrefix(strings.TrimLeft(line[:len(line)-len(strings.TrimLeft(line, " \t"))], " "), "\t"):
		return ": the line begins with a tab; indent it by blanks"
	case strings.Contains(line, "${"):
		return ": within { } and [ ], write a text with ${...} in quotes"
	case strings.HasPrefix(value, "{{") || strings.HasPrefix(value, "@") || strings.HasPrefix(value, "`") || strings.HasPrefix(value, "%"):
		return ": write a text that begins with { @ ` or % in quotes"
	case strings.Contains(message, "mapping values"):
		return ": indent the line like the fields around it, and write a text with a colon and a blank in quotes"
	case strings.Contains(message, "end of stream"):
		return ": a quote or bracket before has no end"
	}
	return ": compare the indentation with the lines around it, and the quotes and brackets"
}

// tree converts a node, and resolves the references in it.
func (r *reader) tree(node *yaml.Node, path, file string, depth int) *tree {
	at := Position{file, node.Line, node.Column}
	empty := &tree{at: at}
	if r.values++; r.values > maxValues {
		r.limit(at, "it has more than %d values, those that aliases repeat included", maxValues)
	}
	if depth > maxNesting {
		r.limit(at, "it is nested more than %d levels deep", maxNesting)
	}
	if r.full {
		return empty
	}
	switch node.Kind {
	case yaml.AliasNode:
		return r.tree(node.Alias, path, file, depth+1)
	case yaml.SequenceNode:
		list := &tree{at: at, items: []*tree{}}
		for i, item := range node.Content {
			list.items = append(list.items, r.tree(item, fmt.Sprintf("%s[%d]", path, i), file, depth+1))
		}
		return list
	case yaml.MappingNode:
		return r.object(node, path, file, depth)
	case yaml.ScalarNode:
		return r.scalar(node, path, file)
	}
	return empty
}

// mergeKey is the name by which YAML takes over the fields of another object.
const mergeKey = "!!merge"

func (r *reader) object(node *yaml.Node, path, file string, depth int) *tree {
	object := &tree{at: Position{file, node.Line, node.Column}, fields: map[string]*tree{}}
	var merged []*tree
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		at := Position{file, key.Line, key.Column}
		if key.ShortTag() == mergeKey {
			value := r.tree(node.Content[i+1], path, file, depth+1)
			for _, one := range append([]*tree{value}, value.items...) {
				switch {
				case one.isObject():
					merged = append(merged, one)
				case !one.isList():
					r.fault(at, path, "<< takes over the fields of an object, or of a list of objects: give *NAME of one that has the anchor &NAME")
				}
			}
			continue
		}
		if key.Kind != yaml.ScalarNode {
			r.fault(at, path, "a name must be a text")
			continue
		}
		name := papi.JoinPath(path, key.Value)
		if before := object.fields[key.Value]; before != nil {
			r.fault(at, name, "it is given twice: first in line %d", before.at.Line)
			continue
		}
		field := r.tree(node.Content[i+1], name, file, depth+1)
		field.at = at
		object.set(key.Value, field)
	}
	for _, one := range merged {
		for _, name := range one.names {
			if object.fields[name] == nil {
				object.set(name, one.fields[name])
			}
		}
	}
	return object
}

func (r *reader) scalar(node *yaml.Node, path, file string) *tree {
	at := Position{file, node.Line, node.Column}
	t := &tree{at: at, literal: node.Value}
	switch tag := node.ShortTag(); tag {
	case "!!null":
	case "!!bool":
		t.scalar = strings.EqualFold(node.Value, "true")
	case "!!int", "!!float":
		number, ok := jsonNumber(node)
		if t.failed = !ok; t.failed {
			r.fault(at, path, "%s is no number that JSON has: write it in quotes if it is a text", papi.Quoted(node.Value, papi.MaxEcho))
		}
		t.scalar = number
	case "!!timestamp":
		t.scalar = node.Value
	case "!!str":
		return r.expand(node.Value, path, at)
	default:
		t.failed = true
		r.fault(at, path, "the tag %s is not read: write the value without it", papi.Quoted(node.Tag, papi.MaxEcho))
	}
	return t
}

// jsonNumber is a number as JSON writes it: as the file does, where that is possible.
func jsonNumber(node *yaml.Node) (json.Number, bool) {
	if raw := []byte(node.Value); json.Valid(raw) {
		return json.Number(node.Value), true
	}
	var n any
	if err := node.Decode(&n); err != nil {
		return "0", false
	}
	raw, err := json.Marshal(n)
	return json.Number(raw), err == nil
}
