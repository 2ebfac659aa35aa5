package guard

import (
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

// standing is how a thing must stand for a call. A thing without a state never
// went live: what the contract says of states does not hold for it.
type standing struct {
	states  []string // that the thing may have; nil where any will do
	changes []string // statuses that its pending changes may have
	must    bool     // changes must pend
	fresh   bool     // it must never have been submitted, so that it has no state
}

// judge makes the judgement for a rule that reads the thing.
func (s standing) judge(read Read) func(*Call, seen) *Refusal {
	return func(c *Call, shown seen) *Refusal {
		thing := shown[read.Tool]
		state, changes := jsonvalue.Text(thing, "state"), pending(thing)
		var wrong string
		var needed []string
		switch {
		case s.fresh && state != "":
			wrong, needed = "its state is "+state, []string{"a draft that was never submitted"}
		case s.states != nil && state != "" && !slices.Contains(s.states, state):
			wrong, needed = "its state is "+state, s.states
		case changes != "" && !slices.Contains(s.changes, changes):
			wrong, needed = "its pending changes are "+changes, s.changes
		case changes == "" && s.must:
			wrong, needed = "it has no pending changes", s.changes
		default:
			return nil
		}
		return &Refusal{
			Message:    fmt.Sprintf("%s needs %s, and %s", c.Row.Tool, strings.Join(needed, " or "), wrong),
			Resolution: "look at it, and do what its state asks for",
			Info:       map[string]any{"state": or(state, "not live yet"), "changes": or(changes, "none"), "needed": needed},
			Next:       []catalog.Next{read.next(c, "look at its state, and what comes next in it")},
		}
	}
}
