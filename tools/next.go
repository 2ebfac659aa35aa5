package tools

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/catalog"
)

// steps are what to do about a thing: what its state asks for, and its parts
// that are under review or were refused. The state comes first where a call or a
// person has to move it on; where a part is under review and all else is well,
// that review is what to wait for.
func (st *condition) steps(project string, now time.Time) []catalog.Step {
	ofState := st.fillIn(st.possible(st.at.Next), now)
	var ofParts []catalog.Step
	reviewed := st.resource.PendingPart(st.pending)
	if st.pending == "" || reviewed != nil { // else a change is pending, and comes first
		if reviewed != nil {
			ofParts = st.fillIn(reviewed.Next, now)
		}
		for _, part := range st.refused {
			ofParts = append(ofParts, replaceIn(st.possible(part.status.Next), part.wording())...)
		}
	}
	all := slices.Concat(ofParts, ofState)
	switch {
	case st.at.Class == catalog.ActionRequired, st.at.Class == catalog.Failure:
		all = slices.Concat(ofState, ofParts)
	case reviewed != nil: // it is not as it should be yet
		all = ofParts
	}
	if st.overdue(now) {
		all = slices.Concat([]catalog.Step{st.escalation(project, now)}, all)
	}
	return all
}

// possible leaves out the steps that can't be taken in the thing's state. Where
// that concerns a pending change, the state says what to do.
func (st *condition) possible(steps []catalog.Step) []catalog.Step {
	kept := slices.DeleteFunc(slices.Clone(steps), func(s catalog.Step) bool { return s.Requires != nil && !s.Requires.AllowsState(st.state) })
	if len(kept) < len(steps) && st.pending != "" && st.state != "" {
		kept = slices.Concat(st.resource.At(st.state, "").Next, kept)
	}
	return kept
}

// fillIn completes the steps of a state. One that checks again waits for the end
// instead, where that is near; while a person acts, for the first change.
func (st *condition) fillIn(steps []catalog.Step, now time.Time) []catalog.Step {
	near := st.waits() && !st.overdue(now) && st.lasts.Short(st.age(now), st.speed)
	steps = slices.Clone(steps)
	for i := range steps {
		if near && strings.Contains(steps[i].Do, checkAgain) {
			steps[i].Do, steps[i].Waits = strings.NewReplacer(checkAgain, toolWait, "{since}", "").Replace(steps[i].Do), true
			steps[i].Changes = st.class() == catalog.ActionRequired
		}
	}
	return replaceIn(steps, st.wording(now))
}

// checkAgain is how the steps of what ends without a call begin.
const checkAgain = "check again {again}"

func replaceIn(steps []catalog.Step, wording *strings.Replacer) []catalog.Step {
	filled := slices.Clone(steps)
	for i := range filled {
		filled[i].Do = wording.Replace(filled[i].Do)
	}
	return filled
}

// wording replaces what the steps of a refused part leave open. What others wrote
// about the part is in the data.
func (part *refusedPart) wording() *strings.Replacer {
	return strings.NewReplacer("{status}", part.status.Name)
}

// fill makes a step an action, with the ids that are known as arguments. It
// fails where one is neither known nor asked for.
func fill(s catalog.Step, ids map[string]string) (next catalog.Next, ok bool) {
	next = catalog.Next{Do: s.Do, Tool: s.Tool, Args: map[string]any{}, Needs: []string{}}
	maps.Copy(next.Args, s.Args)
	next.Needs = append(next.Needs, s.Needs...)
	if s.Waits {
		defer func() { next = waitStep(next, s) }()
	}
	for _, name := range catalog.PathIDs(s.Tool) {
		if id, ok := ids[name]; ok {
			next.Args[name] = id
			next.Needs = slices.DeleteFunc(next.Needs, func(need string) bool { return need == name })
		} else if !slices.Contains(next.Needs, name) {
			return next, false
		}
	}
	return next, true
}

// fillAll makes actions of the steps. One about a thing whose id is not known,
// and that no person is asked for, is left out.
func fillAll(steps []catalog.Step, ids map[string]string) []catalog.Next {
	next := []catalog.Next{}
	for _, s := range steps {
		if n, ok := fill(s, ids); ok {
			next = append(next, n)
		}
	}
	return next
}

// pathIDs are the path parameters of a call.
func pathIDs(row *catalog.Row, args map[string]any) map[string]string {
	ids := map[string]string{}
	for _, name := range row.Op().PathIDs() {
		if value, ok := args[name]; ok {
			ids[name] = fmt.Sprint(value)
		}
	}
	return ids
}
