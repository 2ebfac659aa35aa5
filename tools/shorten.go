package tools

import (
	"slices"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

// fewItems is up to how many items the steps, the counts and the time of a list can be
// longer than what its table saves.
const fewItems = 20

// shorten leaves out of the result of a list what its caller can do without, as long
// as it would be longer than the API's answer: the steps that follow any list of the
// tool, the counts, the API's time.
func (r *Result) shorten(answer any) {
	table, isTable := r.Data.(*Table)
	if !isTable || len(table.Rows) == 0 || len(table.Rows) > fewItems {
		return
	}
	limit := estimateTokens(jsonvalue.Encode(answer))
	longer := func(percent int) bool { return estimateTokens(jsonvalue.Encode(r)) > limit*percent/100 }
	if longer(92) { // since it is an estimate
		r.Next = slices.DeleteFunc(slices.Clone(r.Next), func(n catalog.Next) bool {
			return slices.ContainsFunc(catalog.Lookup(r.Tool).Next, func(s catalog.Step) bool { return s.Do == n.Do })
		})
	}
	if longer(92) {
		r.Counts = nil
	}
	if longer(97) {
		r.Now = ""
	}
}
