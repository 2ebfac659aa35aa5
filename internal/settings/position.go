package settings

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// positions are the lines and columns of the values of a file, by their paths.
type positions struct {
	source string
	nodes  map[string]*yaml.Node
}

func newPositions(source string, document *yaml.Node) positions {
	p := positions{source, map[string]*yaml.Node{}}
	for _, root := range document.Content {
		p.add(root, "")
	}
	return p
}

// add adds a value and what it contains. An alias has no content of its own.
func (p positions) add(value *yaml.Node, path string) {
	switch value.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(value.Content); i += 2 {
			name := strings.TrimPrefix(path+"."+value.Content[i].Value, ".")
			p.nodes[name] = value.Content[i] // a fault in a value is found by its name
			p.add(value.Content[i+1], name)
		}
	case yaml.SequenceNode:
		for i, item := range value.Content {
			at := fmt.Sprintf("%s[%d]", path, i)
			p.nodes[at] = item
			p.add(item, at)
		}
	}
}

// of returns the position of a value as file:line:column, or that of the closest
// value that contains it: what is missing has none. Without either it is the file.
func (p positions) of(path string) string {
	for path != "" {
		if node := p.nodes[path]; node != nil {
			return fmt.Sprintf("%s:%d:%d", p.source, node.Line, node.Column)
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return p.source
}

// compare orders faults by their place in the file; those without one come first.
func (p positions) compare(a, b Fault) int {
	at := func(f Fault) (line, column int) {
		if _, err := fmt.Sscanf(strings.TrimPrefix(f.At, p.source), ":%d:%d", &line, &column); err != nil {
			return 0, 0
		}
		return line, column
	}
	lineA, columnA := at(a)
	lineB, columnB := at(b)
	return cmp.Or(cmp.Compare(lineA, lineB), cmp.Compare(columnA, columnB))
}

// yamlFaults turns an error of parse into faults, one for each that the YAML parser
// found. A hint is added to what the parser says, "" for none.
func (p positions) yamlFaults(err error, hint string) []Fault {
	var several *yaml.LoadErrors
	var one *yaml.LoadError
	switch {
	case errors.As(err, &several):
	case errors.As(err, &one):
		several = &yaml.LoadErrors{Errors: []*yaml.LoadError{one}}
	default:
		return []Fault{{At: p.source, Text: err.Error()}}
	}
	var found []Fault
	for _, e := range several.Errors {
		at := p.source
		if e.Mark.Line > 0 {
			at = fmt.Sprintf("%s:%d:%d", p.source, e.Mark.Line, e.Mark.Column)
		}
		found = append(found, Fault{At: at, Text: "not valid YAML: " + e.Message + hint})
	}
	return found
}
