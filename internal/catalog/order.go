package catalog

import (
	"cmp"
	"slices"
	"strings"
)

// ByUse returns rows in the order of the list of tools: what a task starts with comes
// first, since some clients offer a model only the first 40 or 80 tools. Rows with the
// same use keep their order.
func ByUse(rows []*Row) []*Row {
	return slices.SortedStableFunc(slices.Values(rows), func(a, b *Row) int { return cmp.Compare(a.use(), b.use()) })
}

// use is the place of a row by what it is for.
func (r *Row) use() int {
	resource := r.Resource
	if resource == nil {
		resource = &Resource{}
	}
	switch {
	case r.Deprecated:
		return 7
	case r.Activities, strings.HasSuffix(r.Tool, "_comment_add"):
		return 6
	case r.Effect == Delete:
		return 5
	case r.Tool == resource.List, r.Tool == resource.Create:
		return 0
	case r.Tool == resource.Get:
		return 1
	case r.Effect == Action && r.Resource != nil:
		return 2
	case r.Effect == Update:
		return 3
	}
	return 4
}
