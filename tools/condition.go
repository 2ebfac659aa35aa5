package tools

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// condition is the state of a thing of the API, with its pending change and its
// parts: for its own read, for a list that it is in, and for the overview.
type condition struct {
	resource       *catalog.Resource
	thing          any // as the answer has it
	ids            map[string]string
	state, pending string
	at             catalog.State // the one that decides
	refused        []refusedPart
	since          time.Time       // zero: the answer does not show it
	lasts          catalog.Lasting // zero: it does not wait
	speed          float64         // of the API's clock; 0: that of this one
}

// refusedPart is a part of a thing that was refused or failed.
type refusedPart struct {
	name          string
	status        *catalog.State
	value, reason string // "" where the answer does not show it
	oneOfSeveral  bool
}

// conditionOf reads the condition of a thing from an answer.
func conditionOf(resource *catalog.Resource, thing any) condition {
	st := condition{resource: resource, thing: thing, ids: map[string]string{}}
	for arg, field := range resource.IDs {
		if id := jsonvalue.Text(thing, field); id != "" {
			st.ids[arg] = id
		}
	}
	st.state = jsonvalue.Text(thing, resource.State)
	st.pending = jsonvalue.Text(thing, resource.Pending)
	for i := range resource.Parts {
		part := &resource.Parts[i]
		status, value, reason := part.Status(thing)
		switch {
		case status == nil:
		case status.Class == catalog.Failure, status.Class == catalog.ActionRequired:
			st.refused = append(st.refused, refusedPart{part.Name, status, value, reason, part.OneOfSeveral})
		case st.pending == "" && status.Class == catalog.Pending:
			st.pending = part.Name + "=" + status.Name
		}
	}
	st.at = resource.At(st.state, st.pending)
	for field := range strings.SplitSeq(resource.Since, "|") {
		if st.since.IsZero() {
			st.since = jsonvalue.Time(thing, field)
		}
	}
	st.lasts, _ = resource.Lasting(st.state, st.pending)
	return st
}

// stamp writes a time as results have it.
func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// key is what decides: what is pending, else the state.
func (st *condition) key() string { return st.resource.Key(st.state, st.pending) }

// age is how long the thing is as it is, at least; 0 where that is unknown.
func (st *condition) age(now time.Time) time.Duration {
	if st.since.IsZero() || now.IsZero() || now.Before(st.since) {
		return 0
	}
	return now.Sub(st.since)
}

func (st *condition) waits() bool { return st.lasts.Overdue > 0 }

// overdue reports whether the thing waits for longer than it should.
func (st *condition) overdue(now time.Time) bool { return st.waits() && st.age(now) > st.lasts.Overdue }

// needsAttention reports whether the thing does not continue without a call or a
// person.
func (st *condition) needsAttention(now time.Time) bool {
	return st.at.Class == catalog.Failure || st.at.Class == catalog.ActionRequired || len(st.refused) > 0 || st.overdue(now)
}

// label says in a few words what the condition is, without what others wrote.
func (st *condition) label(now time.Time) string {
	words := []string{st.key()}
	if strings.Contains(st.pending, "=") { // a part waits, and the state says what the thing itself needs
		words = slices.Insert(words, 0, st.state)
	}
	for _, part := range st.refused {
		words = append(words, part.name+"="+part.status.Name)
	}
	label := papi.Echo(strings.Trim(strings.Join(words, ", "), ", "))
	if st.overdue(now) {
		label += " for " + inWords(st.age(now))
	}
	return label
}

// cause is why the thing needs attention: the first of the reasons in its label.
func (st *condition) cause(now time.Time) string {
	byState := st.at.Class == catalog.Failure || st.at.Class == catalog.ActionRequired || st.overdue(now)
	if parts := st.refusedParts(); len(parts) > 0 && !byState {
		return papi.Echo(parts[0])
	}
	one := *st
	one.refused = nil
	return one.label(now)
}

// wording replaces what the steps of a waiting thing leave open: {again} is
// when to check the next time, {since} how long it waits, or for how long it may.
func (st *condition) wording(now time.Time) *strings.Replacer {
	since := ""
	if age := st.age(now); age > 0 {
		since = fmt.Sprintf(" (%s)", inWords(age))
	} else {
		since = st.limit()
	}
	return strings.NewReplacer("{again}", st.lasts.CheckAgain(st.age(now), st.speed), "{since}", since)
}

// limit says for how long the thing may wait, "" where it does not, or the API says
// since when it does.
func (st *condition) limit() string {
	if !st.waits() || !st.since.IsZero() {
		return ""
	}
	return fmt.Sprintf(" (after %s ask %s)", st.lasts.OverdueAfter(), st.lasts.Asked())
}

// usually is how long it usually takes until the thing does not wait any more, and where
// the API does not say since when it does, for how long it may.
func (st *condition) usually() string {
	if !st.waits() {
		return ""
	}
	return st.lasts.Usual(st.speed) + st.limit()
}

// inWords is a duration in its largest unit, rounded down.
func inWords(d time.Duration) string {
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		switch n := d / unit.size; {
		case n == 1:
			return "1 " + unit.name
		case n > 1:
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return "less than a minute"
}

// escalation is the step that goes before a check of what is overdue: whom to
// ask, and with what. The result has the ids, the state and since when it is so.
func (st *condition) escalation(project string, now time.Time) catalog.Step {
	return catalog.Step{Do: fmt.Sprintf("%s, project %s", st.escalate(now), guard.Word(project))}
}

// escalationOf is that step where the answer is about several things: it has the ids.
func (st *condition) escalationOf(ids map[string]string, now time.Time) catalog.Step {
	var named []string
	for _, name := range slices.Sorted(maps.Keys(ids)) {
		named = append(named, guard.Word(ids[name]))
	}
	return catalog.Step{Do: strings.TrimSuffix(st.escalate(now)+": "+strings.Join(named, ", "), ": ")}
}

func (st *condition) escalate(now time.Time) string {
	return fmt.Sprintf("overdue: %s, usually %s: ask %s, with this id", st.lasting(now), st.lasts.Usual(st.speed), st.lasts.Asked())
}

// lasting says what the thing waits in, and for how long.
func (st *condition) lasting(now time.Time) string {
	return papi.Echo(st.key()) + " for " + inWords(st.age(now))
}

// maxQuoted bounds what others wrote where a step repeats it.
const maxQuoted = 200

// quoted is a text that others wrote, on one line, within quotes.
func quoted(text string) string { return papi.Quoted(text, maxQuoted) }

// historySince asks the thing's history since when it waits: the time of the
// newest entry that is not a comment. What has settled may have been edited since, so
// that the entry with its state counts. The time stays unknown where that fails: a
// read is not lost for it.
func (s *Set) historySince(ctx context.Context, row *catalog.Row, project string, c *call, answer any) time.Time {
	if row.Effect != catalog.Read || row.Resource == nil || row.Resource.History == "" || row.List() != "" {
		return time.Time{}
	}
	st := conditionOf(row.Resource, answer)
	if !st.waits() {
		return time.Time{}
	}
	return s.sinceInHistory(ctx, &st, project, pathIDs(row, c.args))
}

// historyTimeout bounds the read of a history, which no caller asked for.
const historyTimeout = 5 * time.Second

// sinceInHistory is since when the condition holds by the thing's history, of which it
// reads the newest entries; the zero time where they don't show it.
func (s *Set) sinceInHistory(ctx context.Context, st *condition, project string, ids map[string]string) time.Time {
	ctx, cancel := context.WithTimeout(ctx, historyTimeout)
	defer cancel()
	args := map[string]any{}
	for name, id := range ids {
		args[name] = id
	}
	history := catalog.Lookup(st.resource.History)
	sent, err := dispatch.Send(ctx, s.opts.API, history, project, args)
	if err != nil {
		return time.Time{}
	}
	for _, entry := range jsonvalue.List(sent.Answer, history.List()) {
		switch kind := jsonvalue.Text(entry, "type"); {
		case st.waits() && kind == catalog.CommentAdded:
		case st.waits(), kind == cmp.Or(st.pending, st.state):
			return jsonvalue.Time(entry, "created")
		case slices.ContainsFunc(st.resource.States, func(other catalog.State) bool { return other.Name == kind }): // which came later
			return time.Time{}
		}
	}
	return time.Time{}
}
