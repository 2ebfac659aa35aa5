package tools

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// attention is a thing that an owner should know of besides its count: it
// failed, a part of it is under review or was refused, or it waits for longer
// than it should.
type attention struct {
	Kind      string            `json:"kind"` // as in the counts
	IDs       map[string]string `json:"ids"`
	Condition string            `json:"condition"`       // what is pending or the state, and the parts that were refused
	Since     string            `json:"since,omitempty"` // at least; left out where the API does not say
	Why       string            `json:"why,omitempty"`   // the API's reason

	read    string        // the tool that shows it
	overdue *catalog.Step // what to do about it where it is overdue, else nil
}

// maxAttention bounds how many things of a kind are listed, and maxHistories for
// how many the history is read.
const (
	maxAttention = 5
	maxHistories = 10
)

// candidates are the conditions of the things that may need attention: that depends
// on the time for what waits.
func (s *Set) candidates(resource *catalog.Resource, things []any) []condition {
	var all []condition
	for _, thing := range things {
		if st := conditionOf(resource, thing); st.waits() || len(st.refused) > 0 || st.at.Class == catalog.Failure {
			st.speed = s.opts.Speed
			all = append(all, st)
		}
	}
	return all
}

// why is the reason that the API gives, of the thing or of its parts.
func (st *condition) why() string {
	var reasons []string
	for field := range strings.SplitSeq(st.resource.Reason, "|") {
		if reason := jsonvalue.Text(st.thing, field); reason != "" && reason != "NONE" {
			reasons = append(reasons, reason)
		}
	}
	for _, part := range st.refused {
		if part.reason != "" {
			reasons = append(reasons, part.reason)
		}
	}
	return papi.Truncate(strings.Join(reasons, "; "), maxQuoted)
}

// attend keeps the candidates that need attention, the first of each kind, and
// counts the others. For those that wait, and
// whose lists show no time, it reads the histories, concurrently.
func (s *Set) attend(ctx context.Context, projectID string, all []condition, now time.Time) (shown []attention, more map[string]int) {
	var reads sync.WaitGroup
	histories := map[*catalog.Resource]int{}
	for i := range all {
		st := &all[i]
		if !st.waits() || !st.since.IsZero() || st.resource.History == "" || histories[st.resource] == maxHistories {
			continue
		}
		histories[st.resource]++
		reads.Go(func() { st.since = s.sinceInHistory(ctx, st, projectID, st.ids) })
	}
	reads.Wait()
	slices.SortStableFunc(all, func(a, b condition) int { return strings.Compare(a.resource.Kind(), b.resource.Kind()) })
	listed := map[*catalog.Resource]int{}
	for _, st := range all {
		underReview := strings.Contains(st.pending, "=")
		needed := st.at.Class == catalog.Failure || len(st.refused) > 0 || underReview || st.overdue(now)
		switch {
		case !needed:
			continue
		case listed[st.resource] == maxAttention:
			if more == nil {
				more = map[string]int{}
			}
			more[st.resource.Kind()]++
			continue
		}
		listed[st.resource]++
		a := attention{Kind: st.resource.Kind(), IDs: st.ids, Condition: st.label(now), Why: st.why(), read: st.resource.Get}
		if !st.since.IsZero() {
			a.Since = stamp(st.since)
		}
		if st.overdue(now) {
			step := st.escalationOf(st.ids, now)
			a.overdue = &step
		}
		shown = append(shown, a)
	}
	return shown, more
}

// next leads to the things that need attention, the first few of them, or in an empty
// project to what comes first.
func (o *overview) next() []catalog.Next {
	if o.empty() {
		return fillAll([]catalog.Step{firstSetUp}, nil)
	}
	next := []catalog.Next{}
	for _, a := range o.Attention[:min(len(o.Attention), maxNext)] {
		step := cmp.Or(a.overdue, &catalog.Step{Do: a.Condition + ": see what to do", Tool: a.read})
		next = append(next, fillAll([]catalog.Step{*step}, a.IDs)...)
	}
	return next
}

// attentionLines list for a person what needs attention: a line for each kind,
// with the conditions of its things.
func (o *overview) attentionLines() []string {
	kinds := map[string]*counts{}
	for _, a := range o.Attention {
		c := kinds[a.Kind]
		if c == nil {
			c = &counts{ByState: map[string]int{}}
			kinds[a.Kind] = c
		}
		c.Total++
		c.ByState[a.Condition]++
	}
	for kind, more := range o.AttentionMore {
		kinds[kind].Total += more
	}
	var lines []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		c, need := kinds[kind], "need"
		if c.Total == 1 {
			need = "needs"
		}
		states := c.describe()
		if more := o.AttentionMore[kind]; more > 0 {
			states += fmt.Sprintf(", and %d more", more)
		}
		lines = append(lines, fmt.Sprintf("%d %s %s attention (%s)", c.Total, kindName(kind, c.Total), need, states))
	}
	return lines
}

// kindName is what a person calls so many things of a kind.
func kindName(kind string, n int) string {
	i := slices.IndexFunc(catalog.Resources(), func(r *catalog.Resource) bool { return r.Kind() == kind })
	return catalog.Resources()[i].Called(n)
}
