package tools

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

// nextOfWait is what to do after a wait: first about the things that need a call or a
// person, then about the others that have settled, and at the end whether to wait again,
// or when to come back.
func (s *Set) nextOfWait(things []*followed) []catalog.Next {
	var next []catalog.Next
	for _, class := range nextClass {
		for _, f := range things {
			if f.settled() && f.class() == class {
				steps := s.nextOfSettled(f)
				next = append(next, steps[:min(len(steps), max(1, maxNext/len(things)))]...)
			}
		}
	}
	var waiting, slow []*followed
	for _, f := range things {
		switch {
		case f.settled():
		case f.last == nil || !f.last.waits() && f.failed != nil:
			waiting = append(waiting, f)
		case f.last.overdue(f.last.now):
			next = append(next, fillAll([]catalog.Step{f.last.escalationOf(pathIDs(f.row, f.call.args), f.last.now)}, nil)...)
		case f.isSlow():
			slow = append(slow, f)
		default:
			waiting = append(waiting, f)
		}
	}
	var later []catalog.Next
	if len(waiting) > 0 {
		again := waitAgain(waiting, len(things))
		if !slices.ContainsFunc(things, func(f *followed) bool { return f.known }) { // nothing was read, so that there is no cursor
			again.Do, again.Needs = "wait again: nothing could be read", []string{"for"}
		}
		if first := waiting[0]; first.isPaused() {
			again.Do = fmt.Sprintf("come back at %s: the API asked for a pause; then %s", first.pauseEnd(), again.Do)
		}
		later = append(later, again)
	}
	if len(slow) > 0 {
		later = append(later, s.comeBack(slow)...)
	}
	return append(next[:min(len(next), maxNext-len(later))], later...)
}

// nextOfSettled is what to do about a thing that has settled: by its state, or by the
// error that ended it.
func (s *Set) nextOfSettled(f *followed) []catalog.Next {
	var next []catalog.Next
	if f.gone {
		next = failed(f.row, f.call.args, f.failed).Next
	} else {
		next = f.last.next(f.row, f.ids(), f.project, f.last.now)
	}
	return s.offered(next, f.call.own.project)
}

// isSlow reports whether it makes no sense to wait for the end: it takes too long, or, of
// an unknown state, it is not known how long.
func (f *followed) isSlow() bool {
	st := f.last
	return st.class() == catalog.Unknown || st.waits() && !st.lasts.Short(st.age(st.now), st.speed)
}

// comeBack is the step about things whose end takes too long to wait for: when to read the
// one that ends first.
func (s *Set) comeBack(slow []*followed) []catalog.Next {
	first := slices.MinFunc(slow, func(a, b *followed) int {
		return int(a.last.lasts.First - b.last.lasts.First)
	})
	st := first.last
	do := fmt.Sprintf("come back %s: %s usually takes %s", st.lasts.CheckAgain(st.age(st.now), st.speed), first.state(), st.lasts.Usual(st.speed))
	if !st.waits() {
		do = strings.TrimSpace("come back in ten minutes: unknown state "+first.state()) + "; if it stays, ask Sinch support"
	}
	if more := len(slow) - 1; more > 0 {
		do += fmt.Sprintf(" (and %d more)", more)
	}
	return s.offered(fillAll([]catalog.Step{{Do: do, Tool: first.row.Tool}}, first.ids()), first.call.own.project)
}

// waitAgain is the step to wait for those of the things that still wait.
func waitAgain(waiting []*followed, all int) catalog.Next {
	do := "wait again, with this cursor"
	switch {
	case len(waiting) == all:
	case len(waiting) == 1:
		do = "wait again for the one that still waits, with this cursor"
	default:
		do = fmt.Sprintf("wait again for the %d that still wait, with this cursor", len(waiting))
	}
	return catalog.Next{Do: do, Tool: toolWait, Args: map[string]any{}, Needs: []string{"for", "cursor"}}
}

// waitStep makes a step that checks again one that waits for the end.
func waitStep(n catalog.Next, s catalog.Step) catalog.Next {
	thing := map[string]any{"tool": n.Tool}
	if len(n.Args) > 0 {
		thing["args"] = n.Args
	}
	if len(s.Ends) > 0 {
		thing["state"] = s.Ends
	}
	n.Tool, n.Args = toolWait, map[string]any{argFor: []any{thing}}
	if s.Changes {
		n.Args["until"] = untilChanged
	}
	return n
}

// waitsFor is what a step to wait follows; nil for any other step.
func waitsFor(n *catalog.Next) map[string]any {
	if things, _ := n.Args[argFor].([]any); n.Tool == toolWait && len(things) == 1 {
		thing, _ := things[0].(map[string]any)
		return thing
	}
	return nil
}

// aboutTool is the tool whose thing a step is about: that which a step to wait reads.
func aboutTool(n *catalog.Next) string {
	if thing := waitsFor(n); thing != nil {
		tool, _ := thing["tool"].(string)
		return tool
	}
	return n.Tool
}

// argFor is the argument of a wait that has the things: a step to wait always has it.
const argFor = "for"

// shortenWait makes a step to wait shorter, and reports false where it can't. An id says
// more than what is waited for, which the result shows; then the longest id is asked for.
func shortenWait(n *catalog.Next) bool {
	thing := waitsFor(n)
	if thing == nil {
		return false
	}
	if n.Do != toolWait {
		n.Do = toolWait
		return true
	}
	args, _ := thing["args"].(map[string]any)
	name, size := "", 0
	for _, arg := range slices.Sorted(maps.Keys(args)) {
		if length := len(jsonvalue.Encode(args[arg])); length > size {
			name, size = arg, length
		}
	}
	if name == "" {
		return false
	}
	thing, args = maps.Clone(thing), maps.Clone(args)
	delete(args, name)
	if thing["args"] = args; len(args) == 0 {
		delete(thing, "args")
	}
	n.Args = jsonvalue.With(n.Args, argFor, []any{thing})
	n.Needs = append(slices.Clone(n.Needs), "for[0].args."+name)
	return true
}
