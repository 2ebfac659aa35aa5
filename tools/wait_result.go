package tools

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

// waited is the result of a wait, when it has ended.
func (s *Set) waited(ctx context.Context, args waitArgs, things []*followed) Outcome {
	s.findSince(ctx, things)
	settled := !slices.ContainsFunc(things, func(f *followed) bool { return !f.settled() })
	r := &Result{Tool: toolWait, Settled: &settled, Data: tableOf(things)}
	for _, f := range things {
		if f.last != nil {
			r.Now = stamp(f.last.now)
		}
	}
	cursor, err := s.cursor(ctx, things)
	if err != nil {
		r.Warnings = append(r.Warnings, "there is no cursor: "+err.Error())
	}
	r.Cursor = cursor
	r.Next = s.nextOfWait(args, things)
	return Outcome{Structured: r}
}

// findSince asks the histories of the things that still wait since when they do, where
// their own answers do not say.
func (s *Set) findSince(ctx context.Context, things []*followed) {
	for _, f := range things {
		if f.last != nil && f.last.waits() && f.last.since.IsZero() && f.row.Resource.History != "" {
			since := *f.last // it is shared with others who wait
			since.since = s.newestChange(ctx, f.row.Resource, f.key.Project, pathIDs(f.row, f.call.args))
			f.last = &since
		}
	}
}

// tableOf shows a row for each thing.
func tableOf(things []*followed) *Table {
	items := make([]any, len(things))
	for i, f := range things {
		items[i] = f
	}
	b := tableBuilder{items: items}
	for _, column := range []struct {
		name string
		of   func(f *followed) string
	}{
		{"tool", func(f *followed) string { return f.row.Tool }},
		{"before", func(f *followed) string { return f.before }},
		{"state", func(f *followed) string { return f.state() }},
		{"class", func(f *followed) string { return f.class().String() }},
		{"since", func(f *followed) string { return f.since() }},
		{"usually", func(f *followed) string { return f.usually() }},
		{"reason", func(f *followed) string { return f.reason() }},
	} {
		b.add(column.name, func(item any) any {
			if text := column.of(item.(*followed)); text != "" {
				return text
			}
			return nil
		}, false)
		if column.name == "tool" {
			b.add("ids", func(item any) any {
				if ids := item.(*followed).ids(); len(ids) > 0 {
					return ids
				}
				return nil
			}, false)
		}
	}
	table := b.table()
	return &table
}

func (f *followed) state() string {
	if f.last == nil {
		return ""
	}
	return f.last.label(f.last.now)
}

// class is what the thing's state means to this wait.
func (f *followed) class() catalog.Class {
	switch {
	case f.ended:
		return catalog.Failure
	case f.last == nil:
		return catalog.Unknown
	case !f.settled() && f.last.class() != catalog.Unknown:
		return catalog.Pending
	}
	return f.last.class()
}

func (f *followed) since() string {
	if f.last == nil || f.last.since.IsZero() {
		return ""
	}
	return stamp(f.last.since)
}

func (f *followed) usually() string {
	if f.last == nil {
		return ""
	}
	return f.last.lasts.Usual(f.last.speed)
}

// reason is the API's reason, or why the thing could not be read.
func (f *followed) reason() string {
	switch {
	case f.failed != nil && (f.ended || f.last == nil):
		return papi.Truncate(f.failed.Error(), maxQuoted)
	case f.last == nil:
		return "not read in time"
	}
	return f.last.why()
}

func (f *followed) ids() map[string]string {
	ids := pathIDs(f.row, f.call.args)
	if f.last != nil {
		maps.Copy(ids, f.last.condition.ids)
	}
	return ids
}

// nextOfWait is what to do after a wait: about the things that somebody must move on,
// then about those that still wait.
func (s *Set) nextOfWait(args waitArgs, things []*followed) []catalog.Next {
	var next []catalog.Next
	add := func(f *followed, steps ...catalog.Step) {
		for _, n := range fillAll(steps, f.ids()) {
			if n = s.offeredStep(n, f); n.Do != "" {
				next = append(next, n)
			}
		}
	}
	var waiting []*followed
	for _, class := range []catalog.Class{catalog.ActionRequired, catalog.Failure, catalog.Success} {
		for _, f := range things {
			if f.last == nil || f.ended || !f.settled() || f.class() != class {
				continue
			}
			steps := slices.DeleteFunc(f.last.steps(f.key.Project, f.last.now), func(step catalog.Step) bool { return !step.Fits(f.last.thing) })
			add(f, steps[:min(len(steps), max(1, maxNext/len(things)))]...)
		}
	}
	for _, f := range things {
		switch {
		case f.settled():
		case f.last == nil || !f.last.waits() && f.failed != nil:
			waiting = append(waiting, f)
		case f.last.overdue(f.last.now):
			add(f, f.last.escalation(f.key.Project, f.last.now))
		case f.last.waits() && !f.last.lasts.Short(f.last.age(f.last.now), f.last.speed):
			again := f.last.lasts.CheckAgain(f.last.age(f.last.now), f.last.speed)
			add(f, catalog.Step{Do: fmt.Sprintf("come back %s: %s lasts %s", again, f.last.key(), f.usually()), Tool: f.row.Tool})
		default:
			waiting = append(waiting, f)
		}
	}
	if len(waiting) > 0 {
		do := "wait again, with this cursor"
		if len(waiting) < len(things) {
			do = fmt.Sprintf("wait again for the %d that still wait, with this cursor", len(waiting))
		}
		next = append(next, catalog.Next{Do: do, Tool: toolWait, Needs: []string{"for", "cursor"}})
	}
	return firstSteps(next)
}

// offeredStep is a step with the project that its thing was named with; without Do where
// the server does not offer its tool.
func (s *Set) offeredStep(n catalog.Next, f *followed) catalog.Next {
	kept := s.offered([]catalog.Next{n}, f.call.own.project, f.ids())
	if len(kept) == 0 {
		return catalog.Next{}
	}
	return kept[0]
}

// waitStep makes a step that checks again one that waits for the end.
func waitStep(n catalog.Next, ends []string) catalog.Next {
	thing := map[string]any{"tool": n.Tool}
	if len(n.Args) > 0 {
		thing["args"] = n.Args
	}
	if len(ends) > 0 {
		thing["state"] = ends
	}
	n.Tool, n.Args = toolWait, map[string]any{"for": []any{thing}}
	return n
}
