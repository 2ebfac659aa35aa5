package settings

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"papi-mcp/internal/lazyregexp"

	"gopkg.in/yaml.v3"
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

// yamlLine is how the YAML parser begins an error.
var yamlLine = lazyregexp.New(`^(?:yaml: )?(?:line ([0-9]+): )?`)

// yamlFaults turns an error of parse into faults, one for each that the YAML parser
// found.
func (p positions) yamlFaults(err error) []Fault {
	texts := []string{err.Error()}
	var several *yaml.TypeError
	if errors.As(err, &several) {
		texts = several.Errors
	}
	var found []Fault
	for _, text := range texts {
		at, m := p.source, yamlLine.FindStringSubmatch(text)
		if m[0] != "" {
			text = "not valid YAML: " + strings.TrimPrefix(text, m[0])
		}
		if line, err := strconv.Atoi(m[1]); err == nil {
			at = fmt.Sprintf("%s:%d", p.source, line)
		}
		found = append(found, Fault{At: at, Text: text})
	}
	return found
}
