package plan

import (
	"encoding/json"

	"papi-mcp/internal/papi"
)

// ReadVariables reads the values of variables: a map of names to texts in YAML or JSON,
// in which a number or a boolean is a text as it is written.
func ReadVariables(text []byte, file string) (map[string]string, []Fault) {
	r := reader{Options: Options{File: file}}
	root := r.parse(text, file)
	vars := map[string]string{}
	if len(r.faults) > 0 || root.isNull() {
		return vars, r.faults
	}
	if !root.isObject() {
		r.fault(root.at, "", "the file must be an object: names of variables, each with its value")
	}
	for _, name := range root.names {
		field := root.fields[name]
		switch value := field.scalar.(type) {
		case string:
			vars[name] = value
		case json.Number, bool:
			vars[name] = field.literal
		default:
			r.fault(field.at, name, "must be a text")
		}
		if !variableName.MatchString(name) {
			r.fault(field.at, name, "the name of a variable has letters, digits and _: %s", papi.Quoted(name, papi.MaxEcho))
		}
	}
	return vars, r.faults
}
