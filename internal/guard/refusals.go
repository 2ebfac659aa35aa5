package guard

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// Refusal is why a call is not sent.
type Refusal struct {
	Code    string // stable: of a rule, or of package errorcode
	Message string
	// Status is the API's HTTP status where Code is the API's.
	Status int
	// Resolution is what to do; "" means what package errorcode says of the
	// code.
	Resolution string
	Info       map[string]any
	Next       []catalog.Next
	// Confirmation is what the agent needs to continue after asking the person.
	Confirmation *Confirmation
}

// storeFailed refuses because the store can't be read or written: the guard
// fails closed.
func storeFailed(err error) *Refusal {
	return &Refusal{
		Code:    errorcode.StoreUnavailable,
		Message: "the guard's store can't be read or written: " + err.Error(),
	}
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

// refuseAll completes a refusal by all that is wrong; nil where nothing is.
func refuseAll(wrong []string, r Refusal) *Refusal {
	if wrong == nil {
		return nil
	}
	wrong = firstOf(wrong)
	r.Message = strings.Join(wrong, "; ")
	return &r
}

// firstOf bounds a list of what is wrong, so that the refusal stays short.
func firstOf(wrong []string) []string {
	const maxBytes = 600
	size := 0
	for i, one := range wrong {
		if size += len(one); i > 0 && size > maxBytes {
			return append(wrong[:i:i], fmt.Sprintf("%d more like these", len(wrong)-i))
		}
	}
	return wrong
}

// few are the first of a list, and how many more there are.
func few(all []string) []string {
	const limit = 5
	if more := len(all) - limit; more > 0 {
		return append(all[:limit:limit], fmt.Sprintf("%d more", more))
	}
	return all
}

// shortened bounds what an answer repeats of a text.
func shortened(text string) string { return papi.Truncate(text, maxOfWord) }

// nextCall is a call to make next. It needs the arguments that only a person
// knows.
func nextCall(do, tool string, args map[string]any, needs ...string) catalog.Next {
	if args == nil {
		args = map[string]any{}
	}
	return catalog.Next{Do: do, Tool: tool, Args: args, Needs: append([]string{}, needs...)}
}

// nextDo is a next step that no tool does.
func nextDo(do string) []catalog.Next { return []catalog.Next{nextCall(do, "", nil)} }

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
