package settings

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/papi"
)

// Names is a list of names, or everything: all or "*", as a text or as the only
// item of a list. It is never empty in a file that was read.
type Names []string

var everything = []string{"all", "*"}

// UnmarshalJSON reads a text or a list of texts.
func (n *Names) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*n = Names{text}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(n))
}

// All reports whether it stands for everything.
func (n Names) All() bool { return len(n) == 1 && slices.Contains(everything, n[0]) }

// List is the names; nil where it stands for everything.
func (n Names) List() []string {
	if n.All() {
		return nil
	}
	return n
}

// lists tells of the lists of a key, a scope or a tenant that name everything
// and something.
func lists(wrong func(given, allowed any, path string, args ...any), of string, all map[string]Names) {
	for _, field := range []string{"projects", "toolsets"} {
		if names := all[field]; !names.All() && slices.ContainsFunc(names, func(name string) bool { return slices.Contains(everything, name) }) {
			wrong(names, "either names, or only all", "%s.%s", of, field)
		}
	}
}

// namesOf makes s, a schema with a description, one of Names, of the known ones
// where there are some.
func namesOf(s *papi.Schema, known []string) {
	one := 1
	item := &papi.Schema{Type: papi.Types{"string"}, MinLength: &one}
	whole := &papi.Schema{Type: papi.Types{"string"}}
	for _, name := range everything {
		whole.Enum = append(whole.Enum, name)
	}
	if len(known) > 0 {
		item = &papi.Schema{Type: papi.Types{"string"}, Enum: slices.Clone(whole.Enum)}
		for _, name := range known {
			item.Enum = append(item.Enum, name)
		}
	}
	*s = papi.Schema{
		Description: s.Description,
		AnyOf:       []*papi.Schema{{Type: papi.Types{"array"}, MinItems: &one, Items: item}, whole},
	}
}

// written says what to write for what bounds a grant, by section and name.
var written = map[string]map[string]string{
	"keys":    {"projects": "the ids of the projects that it may touch, or all for those of its tenant", "toolsets": "the toolsets that it may use, or all", "read-only": "true for only what changes nothing, else false"},
	"scopes":  {"toolsets": "the toolsets that it opens, or all", "read-only": "true for only what changes nothing, else false"},
	"tenants": {"projects": "the ids of the projects that its credentials are for, or all for any"},
}

// leftOut is what it meant, before it was required, to leave something out.
var leftOut = map[string]string{"projects": "all", "toolsets": "all", "read-only": "false"}

// explained tells, for each violation of what bounds a grant, what to write: an
// older file could leave it out.
func explained(found []papi.Violation) []papi.Violation {
	for i, v := range found {
		section, _, _ := strings.Cut(v.Path, ".")
		field := v.Path[strings.LastIndexByte(v.Path, '.')+1:] // scopes have dots in their names
		text, ok := written[section][field]
		if !ok {
			continue
		}
		found[i].Allowed, found[i].Nearest = text, ""
		if v.Given == nil {
			found[i].Allowed = fmt.Sprintf("required, %s; to keep what leaving it out used to mean, write %s: %s", text, field, leftOut[field])
		}
	}
	return found
}
