package tools

import (
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
	Kind   string            `json:"kind"` // as in the counts
	IDs    map[string]string `json:"ids"`
	Stands string            `json:"stands"`          // what is pending or the state, and the parts that were refused
	Since  string            `json:"since,omitempty"` // at least; left out where the API does not say
	Why    string            `json:"why,omitempty"`   // the API's reason

	read string // the tool that shows it
}

// maxAttention bounds how many things of a kind are listed.
const maxAttention = 10

// candidate is a thing that may need attention.
type candidate struct {
	kind string
	st   condition
	why  string
}

// candidates are those of the things that may need attention: that depends on
// the time for what waits.
func candidates(resource *catalog.Resource, things []any) []candidate {
	var all []candidate
	for _, thing := range things {
		st := conditionOf(resource, thing)
		_, waits := resource.Lasting(st.state, st.pending)
		if waits || len(st.refused) > 0 || st.at.Class == catalog.Failure {
			all = append(all, candidate{resource.Kind(), st, st.why(thing)})
		}
	}
	return all
}

// why is the reason that the API gives, of the thing or of its parts.
func (st *condition) why(thing any) string {
	var reasons []string
	for field := range strings.SplitSeq(st.resource.Reason, "|") {
		if reason := jsonvalue.Text(thing, field); reason != "" && reason != "NONE" {
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

// attend keeps the candidates that need attention. For those that wait, and
// whose lists show no time, it reads the histories, concurrently.
func (s *Set) attend(ctx context.Context, projectID string, all []candidate, now time.Time) []attention {
	var reads sync.WaitGroup
	histories := map[string]int{}
	for i := range all {
		st := &all[i].st
		_, waits := st.resource.Lasting(st.state, st.pending)
		if !waits || !st.since.IsZero() || st.resource.History == "" || histories[all[i].kind] == maxAttention {
			continue
		}
		histories[all[i].kind]++
		reads.Go(func() { st.since = s.newestChange(ctx, catalog.Lookup(st.resource.History), projectID, st.ids) })
	}
	reads.Wait()
	slices.SortStableFunc(all, func(a, b candidate) int { return strings.Compare(a.kind, b.kind) })
	var shown []attention
	counts := map[string]int{}
	for _, c := range all {
		if c.st.at.Class != catalog.Failure && len(c.st.refused) == 0 && !strings.Contains(c.st.pending, "=") && !c.st.overdue(now) || counts[c.kind] == maxAttention {
			continue
		}
		counts[c.kind]++
		a := attention{Kind: c.kind, IDs: c.st.ids, Stands: c.st.label(now), Why: c.why, read: c.st.resource.Get}
		if !c.st.since.IsZero() {
			a.Since = stamp(c.st.since)
		}
		shown = append(shown, a)
	}
	return shown
}

// next leads to the things that need attention, the first few of them.
func (o *overview) next() []catalog.Next {
	next := []catalog.Next{}
	for i, a := range o.Attention {
		if i == maxOfAList {
			break
		}
		next = append(next, fillAll([]catalog.Step{{Do: fmt.Sprintf("it is %s: see what to do", a.Stands), Tool: a.read}}, a.IDs)...)
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
		c.ByState[a.Stands]++
	}
	var lines []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		c, need := kinds[kind], "need"
		if c.Total == 1 {
			need = "needs"
		}
		lines = append(lines, fmt.Sprintf("%d %s %s attention (%s)", c.Total, kindName(kind, c.Total), need, c.describe()))
	}
	return lines
}

// kindName is what a person calls so many things of a kind.
func kindName(kind string, n int) string {
	i := slices.IndexFunc(catalog.Resources(), func(r *catalog.Resource) bool { return r.Kind() == kind })
	return catalog.Resources()[i].Called(n)
}
