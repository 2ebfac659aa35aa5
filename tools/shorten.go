package tools

import (
	"bytes"
	"encoding/json"
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
func (r *Result) shorten(raw []byte) {
	table, isTable := r.Data.(*Table)
	canShorten := len(r.Next) > 0 || len(r.Counts) > 0 || r.Now != ""
	if !isTable || len(table.Rows) == 0 || len(table.Rows) > fewItems || !canShorten {
		return
	}
	limit := estimateTokens(compact(raw))
	data := estimateTokens(jsonvalue.Encode(table)) // once: it is most of the result
	longer := func(percent int) bool {
		rest := *r
		rest.Data = nil
		return data+dataKey+estimateTokens(jsonvalue.Encode(&rest)) > limit*percent/100
	}
	if len(r.Next) > 0 && longer(92) { // since it is an estimate
		r.Next = slices.DeleteFunc(slices.Clone(r.Next), func(n catalog.Next) bool {
			return slices.ContainsFunc(catalog.Lookup(r.Tool).Next, func(s catalog.Step) bool { return s.Do == n.Do })
		})
	}
	if len(r.Counts) > 0 && longer(92) {
		r.Counts = nil
	}
	if r.Now != "" && longer(97) {
		r.Now = ""
	}
}

// dataKey is how many tokens "data": has in a result.
const dataKey = 3

// compact is JSON without the blanks of one that is written on several lines.
func compact(raw []byte) []byte {
	if !bytes.ContainsRune(raw, '\n') {
		return raw
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return raw
	}
	return b.Bytes()
}
