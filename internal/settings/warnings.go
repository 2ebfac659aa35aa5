package settings

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v4"
)

// orderWarnings reports what a truncated file could lose and still be valid: flags
// that follow the callers, and the tenant of a caller that follows its required
// fields. A mapping in brackets can't be truncated unnoticed.
func orderWarnings(raw []byte) (warnings []string) {
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
			warnings = append(warnings, fmt.Sprintf("%s comes after %s: write flags first, since a truncated file would lose them", name, section))
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
				warnings = append(warnings, fmt.Sprintf("keys.%s.tenant comes last: write it first, since a truncated file would lose it, and the calls would use the credentials in the environment", caller))
			}
		}
	}
	return warnings
}

// pairs iterates over the names and values of a mapping in block style, in their
// order.
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
