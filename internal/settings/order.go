package settings

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"
)

// order tells of what stands so that a file could lose it by being cut off, and
// still be taken: flags behind the callers, and the tenant of a caller behind
// what is required of it. A mapping in brackets can't be cut off.
func order(raw []byte) (notes []string) {
	var document yaml.Node
	if yaml.Unmarshal(raw, &document) != nil || len(document.Content) == 0 {
		return nil
	}
	section := ""
	for name, value := range pairs(document.Content[0]) {
		switch {
		case slices.Contains(sectionNames, name):
			section = name
		case section != "":
			notes = append(notes, fmt.Sprintf("%s stands behind %s: write flags first, since a file that was cut off would lose them", name, section))
		}
		if name != "keys" {
			continue
		}
		for caller, key := range pairs(value) {
			last := ""
			for field := range pairs(key) {
				last = field
			}
			if last == "tenant" {
				notes = append(notes, fmt.Sprintf("keys.%s.tenant stands last: write it first, since a file that was cut off would lose it, and the calls go out with the credentials in the environment", caller))
			}
		}
	}
	return notes
}

// pairs are the names and values of a mapping in lines, in their order.
func pairs(mapping *yaml.Node) func(yield func(string, *yaml.Node) bool) {
	return func(yield func(string, *yaml.Node) bool) {
		if mapping.Kind != yaml.MappingNode || mapping.Style&yaml.FlowStyle != 0 {
			return
		}
		for i := 0; i+1 < len(mapping.Content); i += 2 {
			if !yield(mapping.Content[i].Value, mapping.Content[i+1]) {
				return
			}
		}
	}
}
