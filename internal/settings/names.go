package settings

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/papi"
)

// Names is a list of names, or all of them: "all" or "*", as a text or as the only
// item of a list. It is never empty in a file that was read.
type Names []string

var allNames = []string{"all", "*"}

// UnmarshalJSON reads a text or a list of texts.
func (n *Names) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*n = Names{text}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(n))
}

// All reports whether it means all names.
func (n Names) All() bool { return len(n) == 1 && slices.Contains(allNames, n[0]) }

// List returns the names; nil for all.
func (n Names) List() []string {
	if n.All() {
		return nil
	}
	return n
}

// checkNames reports the lists of a key, a scope or a tenant that have both names
// and all.
func checkNames(wrong func(given, allowed any, path string, args ...any), of string, all map[string]Names) {
	for _, field := range []string{"projects", "toolsets"} {
		if names := all[field]; !names.All() && slices.ContainsFunc(names, func(name string) bool { return slices.Contains(allNames, name) }) {
			wrong(names, "either names, or only all", "%s.%s", of, field)
		}
	}
}

// namesSchema turns s, of which only the description stays, into the schema of
// Names; known are the names that are allowed, none for any.
func namesSchema(s *papi.Schema, known []string) {
	one := 1
	item := &papi.Schema{Type: papi.Types{"string"}, MinLength: &one}
	all := &papi.Schema{Type: papi.Types{"string"}}
	for _, name := range allNames {
		all.Enum = append(all.Enum, name)
	}
	if len(known) > 0 {
		item = &papi.Schema{Type: papi.Types{"string"}, Enum: slices.Clone(all.Enum)}
		for _, name := range known {
			item.Enum = append(item.Enum, name)
		}
	}
	*s = papi.Schema{
		Description: s.Description,
		AnyOf:       []*papi.Schema{{Type: papi.Types{"array"}, MinItems: &one, Items: item}, all},
	}
}

// allowedValues says what to write for fields, by section and field, where the schema
// says it badly: those that limit a grant, and those that hold a secret.
var allowedValues = map[string]map[string]string{
	"keys": {
		"hashes":   "the hashes of its keys: sha256: and 64 hexadecimal digits in lower case, never a key itself (papi-mcp config key makes both)",
		"projects": "the ids of the projects that it may use, or all for those of its tenant", "toolsets": "the toolsets that it may use, or all", "read-only": "true for only tools that change nothing, else false",
	},
	"scopes": {"toolsets": "the toolsets that it grants, or all", "read-only": "true for only tools that change nothing, else false"},
	"tenants": {
		"projects":   "the ids of the projects that its credentials are for, or all for any",
		"key-secret": "the variable that holds it, such as ${EMEA_KEY_SECRET}", "access-token": "the variable that holds it, such as ${EMEA_ACCESS_TOKEN}",
	},
}

// formerDefaults is what leaving a field out meant before it was required.
var formerDefaults = map[string]string{"projects": "all", "toolsets": "all", "read-only": "false"}

// explain adds what to write to the violations of such fields: an older file could
// leave out those that limit a grant. In the place of a hash there may be its key,
// which is not repeated.
func explain(found []papi.Violation) []papi.Violation {
	for i, v := range found {
		section, _, _ := strings.Cut(v.Path, ".")
		field := v.Path[strings.LastIndexByte(v.Path, '.')+1:] // scopes have dots in their names
		field, item, _ := strings.Cut(field, "[")
		text, ok := allowedValues[section][field]
		former := formerDefaults[field]
		switch {
		case !ok, item != "" && field != "hashes":
			continue
		case v.Given != nil:
			found[i].Allowed, found[i].Nearest = text, ""
		case former != "":
			found[i].Allowed = fmt.Sprintf("required, %s; to keep what leaving it out used to mean, write %s: %s", text, field, former)
		default:
			found[i].Allowed = "required, " + text
		}
		if field == "hashes" {
			found[i].Given = nil
		}
	}
	return found
}
