package guard

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// The values of the argument status: save a draft, or submit.
const (
	asDraft = "DRAFT"
	submit  = "SUBMIT"
)

// pending is the status of a thing's pending changes, "" where there are none.
func pending(thing map[string]any) string {
	return jsonvalue.Text(thing, "changes.status")
}

// givesDetail reports whether the call gives the field of its details.
func givesDetail(name string) func(*Call) bool {
	return func(c *Call) bool { return jsonvalue.Text(c.Args, "details."+name) != "" }
}

// stateInfo is the additional information about the state of a thing, and the
// states that it needs.
func stateInfo(state, changes string, needed ...string) map[string]any {
	info := map[string]any{"state": cmp.Or(state, "not live yet"), "changes": cmp.Or(changes, "none")}
	if needed != nil {
		info["needed"] = needed
	}
	return info
}

// nextCall is a call to make next. It needs the arguments that only a person
// knows.
func nextCall(do, tool string, args map[string]any, needs ...string) catalog.Next {
	if args == nil {
		args = map[string]any{}
	}
	return catalog.Next{Do: do, Tool: tool, Args: args, Needs: append([]string{}, needs...)}
}

// refuseAll refuses with all that is wrong, nil where nothing is.
func refuseAll(resolution string, wrong []string) *Refusal {
	if wrong == nil {
		return nil
	}
	wrong = firstOf(wrong)
	return &Refusal{
		Message:    strings.Join(wrong, "; "),
		Resolution: resolution,
		Info:       map[string]any{"wrong": wrong},
	}
}

// correctAll is the resolution where the message says how to correct what is
// wrong.
const correctAll = "correct all of them, and call again"

// firstOf bounds a list of what is wrong.
func firstOf(wrong []string) []string {
	const limit = papi.MaxViolations
	if more := len(wrong) - limit; more > 0 {
		return append(wrong[:limit:limit], fmt.Sprintf("%d more like these", more))
	}
	return wrong
}

// shortened bounds what an answer repeats of a text.
func shortened(text string) string { return papi.Truncate(text, maxOfWord) }

// count is a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// total is how many things a list has, beyond the page that it shows.
func total(answer map[string]any, list string) int {
	n := len(jsonvalue.Objects(answer[list], ""))
	if size, ok := number(answer["totalSize"]); ok && int(size) > n {
		return int(size)
	}
	return n
}

// number reads a number; ok is false where the value is not one.
func number(value any) (n float64, ok bool) {
	switch v := value.(type) {
	case float64:
		return v, true
	case json.Number:
		n, err := v.Float64()
		return n, err == nil
	}
	return 0, false
}
