package tools

import (
	"cmp"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

// CoreToolset is the toolset of the server's own tools that belong to no other.
const CoreToolset = "core"

// Description describes a tool for people and scripts.
type Description struct {
	Tool       string         `json:"tool"`
	Title      string         `json:"title"`
	Toolset    string         `json:"toolset"`
	Effect     catalog.Effect `json:"effect"`
	Operation  string         `json:"operation"` // the contract's operationId
	Method     string         `json:"method"`
	Path       string         `json:"path"`
	Deprecated bool           `json:"deprecated"`
	Confirm    string         `json:"confirm"` // what a person must agree to
	Bytes      int            `json:"bytes"`   // of the tool in tools/list
}

// Describe describes the tools, in the order of Tools.
func (s *Set) Describe() []Description {
	all := make([]Description, 0, len(s.Tools()))
	for _, t := range s.Tools() {
		d := Description{Tool: t.Name, Title: t.Title, Toolset: cmp.Or(catalog.OwnToolset(t.Name), CoreToolset), Effect: catalog.Read, Bytes: len(jsonvalue.Encode(t))}
		if row := catalog.Lookup(t.Name); row != nil {
			op := row.Op()
			d.Toolset, d.Effect, d.Operation, d.Deprecated, d.Confirm = row.Toolset, row.Effect, row.Operation, row.Deprecated, row.Confirm
			d.Method, d.Path = op.Method, op.Path
		} else if !*t.Annotations.ReadOnlyHint {
			d.Effect = catalog.Action
		}
		all = append(all, d)
	}
	return all
}
