package tools

import "papi-mcp/internal/jsonvalue"

// fewItems is up to how many items the steps, the counts and the time of a list can be
// longer than what its table saves.
const fewItems = 20

// shorten leaves out of the result of a list what its caller can do without, as long
// as it would be longer than the API's answer: the last of the steps, the counts, the
// API's time. The step that follows an empty list stays.
func (r *Result) shorten(answer any) {
	table, isTable := r.Data.(*Table)
	if !isTable || len(table.Rows) == 0 || len(table.Rows) > fewItems {
		return
	}
	limit := estimateTokens(jsonvalue.Encode(answer))
	longer := func(percent int) bool { return estimateTokens(jsonvalue.Encode(r)) > limit*percent/100 }
	for len(r.Next) > 0 && longer(92) { // since it is an estimate
		r.Next = r.Next[:len(r.Next)-1]
	}
	if longer(92) {
		r.Counts = nil
	}
	if longer(97) {
		r.Now = ""
	}
}
