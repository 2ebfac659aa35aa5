package guard

import (
	"fmt"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

// stateRule is the rule that checks a precondition and nothing more.
func stateRule(p *catalog.Precondition, read *Read) Rule {
	check := checkState
	if p.Changes != nil {
		check = checkChanges
	}
	return withState(p, Rule{
		About: aboutState(p),
		Reads: []*Read{read},
		check: func(c *Call, a answers) *Refusal { return check(p, read, c, a.of(read)) },
	})
}

// withState fills in a rule from the precondition that it checks.
func withState(p *catalog.Precondition, r Rule) Rule {
	r.State, r.Code, r.Source, r.FailClosed = p, p.Code, p.Source, p.FailClosed
	if r.Tools == nil {
		r.Tools = p.Tools
	}
	return r
}

// aboutState is the precondition in a sentence.
func aboutState(p *catalog.Precondition) string {
	says := p.About
	switch {
	case p.Either:
		return says + " when it, or its pending changes, are " + oneOf(p.Live) + "."
	case p.NotLive != nil:
		says += " unless it is " + oneOf(p.NotLive)
	case p.MustBeLive:
		says += " only in state " + oneOf(p.Live)
	case len(p.Live) == 1:
		says += " only when " + p.Live[0] + ", or not yet live"
	case p.Live != nil:
		says += " only when " + oneOf(append(p.Live[:len(p.Live):len(p.Live)], "not yet live"))
	}
	switch {
	case p.MustPend:
		says += " only in status " + oneOf(p.Changes)
	case p.Changes != nil:
		says += ", and while its pending changes are " + oneOf(p.Changes)
	}
	if p.NeverSubmitted {
		says += ", before it was ever submitted"
	}
	return says + "."
}

// oneOf lists names with "or" before the last.
func oneOf(names []string) string { return joined(names, " or ") }

// allOf lists names with "and" before the last.
func allOf(names []string) string { return joined(names, " and ") }

func joined(names []string, before string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + before + names[last]
}

// checkState checks a precondition about the state alone.
func checkState(p *catalog.Precondition, read *Read, c *Call, sender map[string]any) *Refusal {
	state := jsonvalue.Text(sender, "state")
	if p.AllowsState(state) {
		return nil
	}
	if state == "" {
		state = "none yet"
		if changes := pending(sender); changes != "" {
			state = fmt.Sprintf("none yet (changes %s)", changes)
		}
	}
	needed := oneOf(p.Live)
	if p.NotLive != nil {
		needed = "a state other than " + oneOf(p.NotLive)
	}
	return &Refusal{
		Message:    fmt.Sprintf("the sender's state is %s; %s needs %s", state, c.Row.Tool, needed),
		Resolution: "check the sender, and do what its state requires",
		Info:       map[string]any{"state": state, "needed": needed},
		Next:       []catalog.Next{read.next(c, "check the sender")},
	}
}

// checkChanges checks a precondition about the state and the pending changes. A
// thing without a state never went live: what the contract says of states does
// not apply to it.
func checkChanges(p *catalog.Precondition, read *Read, c *Call, thing map[string]any) *Refusal {
	state, changes := jsonvalue.Text(thing, "state"), pending(thing)
	wrong, needed := "its pending changes are "+changes, p.Changes
	switch {
	case p.Allows(state, changes):
		return nil
	case p.NeverSubmitted && state != "":
		wrong, needed = "its state is "+state, []string{"a draft that was never submitted"}
	case state != "" && !p.AllowsState(state):
		wrong, needed = "its state is "+state, p.Live
	case changes == "":
		wrong = "it has no pending changes"
	}
	return &Refusal{
		Message:    fmt.Sprintf("%s needs %s, and %s", c.Row.Tool, strings.Join(needed, " or "), wrong),
		Resolution: "check it, and do what its state requires",
		Info:       stateInfo(state, changes, needed...),
		Next:       []catalog.Next{read.next(c, "check its state")},
	}
}
