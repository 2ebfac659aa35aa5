package guard

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
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

// textsBy has one text of each object of a list by another.
func textsBy(list []map[string]any, by, text string) map[string]string {
	texts := map[string]string{}
	for _, object := range list {
		texts[jsonvalue.Text(object, by)] = jsonvalue.Text(object, text)
	}
	return texts
}

// again suggests the call again, with other arguments and what it needs. What
// may hold a secret is not repeated: it must be given again.
func again(do string, c *Call, args map[string]any, needs ...string) catalog.Next {
	repeated := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(args)) {
		switch {
		case name == "secret", name == "webhooks", name == "convApp" && jsonvalue.Field(args, "convApp.webhooks") != nil:
			needs = append(needs, name)
		case !slices.Contains(needs, name):
			repeated[name] = args[name]
		}
	}
	return nextCall(do, c.Row.Tool, repeated, needs...)
}

// refuseAll completes a refusal by all that is wrong; nil where nothing is.
func refuseAll(wrong []string, r Refusal) *Refusal {
	if wrong == nil {
		return nil
	}
	wrong = firstOf(wrong)
	r.Message = strings.Join(wrong, "; ")
	if r.Info == nil {
		r.Info = map[string]any{"wrong": wrong}
	}
	return &r
}

// repeat is an object of a list that has the same value as an earlier one.
type repeat struct {
	first, at int
	value     string
}

// repeats finds the objects whose field has a value that an earlier one has.
func repeats(list []map[string]any, field string) []repeat {
	var found []repeat
	seen := map[string]int{}
	for i, object := range list {
		value := jsonvalue.Text(object, field)
		if first, again := seen[value]; again && value != "" {
			found = append(found, repeat{first, i, value})
			continue
		}
		seen[value] = i
	}
	return found
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
