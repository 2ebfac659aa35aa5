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
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// toolActivity is the tool that lists what happened in a project.
const toolActivity = "project_activity"

type activityArgs struct {
	Since     string `json:"since,omitempty" jsonschema:"description=where it begins: how long ago (90m\\, 24h\\, 7d\\, 2w)\\, a date\\, or an RFC 3339 time; default 7d"`
	Until     string `json:"until,omitempty" jsonschema:"description=where it ends\\, in the same forms; a date includes its day; default now"`
	Toolset   string `json:"toolset,omitempty" jsonschema:"enum=whatsapp_accounts,enum=whatsapp_senders,enum=whatsapp_templates,enum=rcs,enum=kakaotalk"`
	PageToken string `json:"pageToken,omitempty"`
	ProjectID string `json:"projectId,omitempty"`
}

// projectActivity lists what happened in a project since a time: the activities of all
// its things, the newest first.
func (s *Set) projectActivity(ctx context.Context, caller Caller, args activityArgs) Outcome {
	project, refusal := s.opts.Guard.Project(ctx, caller.Principal, args.ProjectID)
	if refusal != nil {
		return s.refuseProject(ctx, caller, toolActivity, project, refusal)
	}
	page, e := s.activityPage(ctx, caller.Principal, project, args)
	if e != nil {
		return e.outcome()
	}
	h := &histories{set: s, caller: caller, project: args.ProjectID, bound: project, page: page}
	for _, kind := range catalog.Histories() {
		asked := page.Toolset == "" || page.Toolset == kind.Row.Toolset
		switch {
		case asked && s.Offers(kind.Row.Tool):
			h.add(kind)
		case asked:
			h.notOffered = append(h.notOffered, kind.Many(0))
		}
	}
	if len(h.kinds) == 0 {
		return invalidArguments([]papi.Violation{{Path: "toolset", Given: args.Toolset, Allowed: s.activityToolsets()}}).outcome()
	}
	if e := h.read(ctx); e != nil {
		return e.outcome()
	}
	return Outcome{Structured: h.result(ctx)}
}

// activityToolsets are the toolsets with a list of activities that this server offers.
func (s *Set) activityToolsets() []string {
	var names []string
	for _, kind := range catalog.Histories() {
		if s.Offers(kind.Row.Tool) && !slices.Contains(names, kind.Row.Toolset) {
			names = append(names, kind.Row.Toolset)
		}
	}
	return names
}

// result shows what was read.
func (h *histories) result(ctx context.Context) *Result {
	things, rest, to := h.complete()
	all := h.entries(things)
	shown := h.shown(all)
	older := len(shown) < len(all)-h.skipped(all)
	r := &Result{Tool: toolActivity, ProjectID: h.project, Data: activityTable(shown)}
	if !h.now.IsZero() {
		r.Now = stamp(h.now)
	}
	if len(all) > 0 {
		types := map[string]int{}
		for _, entry := range all {
			types[jsonvalue.Text(entry.item, "type")]++
		}
		r.Counts = map[string]any{"type": types}
		if len(shown) < len(all) {
			r.Counts[countTotal] = len(all)
		}
	}
	next := h.page
	switch {
	case older:
		next.To, next.Last = to, shown[len(shown)-1].place
		r.Warnings = append(r.Warnings, fmt.Sprintf("these are %d of %d activities, back to %s: nextPageToken has the older ones", len(shown), len(all), shown[len(shown)-1].shownTime()))
	case rest > 0:
		next.After, next.To, next.Last = to, "", activityPlace{}
	}
	if rest > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("these are the activities of %d of %d things: those of the others are on later pages (nextPageToken), or ask for one toolset", len(things), len(things)+rest))
	}
	if older || rest > 0 {
		token, err := next.token(ctx, h.set, h.caller.Principal, h.bound)
		if err != nil {
			r.Warnings = append(r.Warnings, "there is no nextPageToken: "+err.Error())
		}
		r.NextPageToken = token
	}
	if h.limited != nil {
		wait := cmp.Or(h.limited.RetryAfter, time.Minute)
		r.Warnings = append(r.Warnings, fmt.Sprintf("the API has limited the requests (%s): wait %d seconds before the next call", papi.Echo(h.limited.Code), int(wait.Seconds())))
	}
	r.Warnings = append(r.Warnings, h.warnings()...)
	r.Next = h.next(shown, r.NextPageToken)
	return r
}

// activityTable shows a row for each activity.
func activityTable(entries []*activityEntry) *Table {
	items := make([]any, len(entries))
	for i, entry := range entries {
		items[i] = entry.item
	}
	b := newTableBuilder(items, 5)
	if len(entries) == 0 {
		return &Table{Cols: []string{}, Rows: [][]any{}}
	}
	add := func(name string, optional bool, of func(*activityEntry) string) {
		values, found := make([]any, len(entries)), false
		for i, entry := range entries {
			if text := of(entry); text != "" {
				values[i], found = text, true
			}
		}
		if found || !optional {
			b.append(name, values)
		}
	}
	add("time", false, (*activityEntry).shownTime)
	add("thing", false, func(e *activityEntry) string { return e.thing.called() })
	add("activity", false, func(e *activityEntry) string { return jsonvalue.Text(e.item, "type") })
	add("reason", true, func(e *activityEntry) string { return jsonvalue.Text(e.item, "comment") })
	add("author", true, func(e *activityEntry) string { return jsonvalue.Text(e.item, "author") })
	b.addUnknown(itemPart(entries[0].thing.kind.Row))
	table := b.table()
	return &table
}

// shown are the entries of this page, the newest first: as many as a result may hold,
// and at least one.
func (h *histories) shown(all []*activityEntry) []*activityEntry {
	shown := all[h.skipped(all):]
	most := cmp.Or(h.set.opts.MaxResultTokens, DefaultMaxTokens)
	tokens := 0
	for i := range shown {
		one := activityTable(shown[i : i+1]).Rows
		if tokens += estimateTokens(jsonvalue.Encode(one)); tokens > most && i > 0 {
			return shown[:i]
		}
	}
	return shown
}

// skipped is how many entries earlier pages had.
func (h *histories) skipped(all []*activityEntry) int {
	n := 0
	for !h.page.Last.At.IsZero() && n < len(all) && all[n].place.compare(h.page.Last) <= 0 {
		n++
	}
	return n
}

// warnings say what is missing.
func (h *histories) warnings() []string {
	all := h.set.about()
	if len(h.notOffered) > 0 {
		all = append(all, "not in it, since this server does not offer their activities: "+strings.Join(h.notOffered, ", "))
	}
	for _, k := range h.kinds {
		all = append(all, k.notListed...)
		reasons := map[string][]string{}
		for _, t := range k.things {
			if t.failed != "" {
				reasons[t.failed] = append(reasons[t.failed], t.id())
			}
		}
		for _, reason := range slices.Sorted(maps.Keys(reasons)) {
			ids := reasons[reason]
			if k.List == nil {
				all = append(all, fmt.Sprintf("the activities of the %s are missing: %s", k.Called, reason))
				continue
			}
			named := strings.Join(ids[:min(len(ids), maxPaths)], ", ")
			if more := len(ids) - maxPaths; more > 0 {
				named += fmt.Sprintf(" and %d more", more)
			}
			all = append(all, fmt.Sprintf("the activities of %d %s are missing (%s): %s", len(ids), k.Many(len(ids)), named, reason))
		}
	}
	return all
}

// next leads to the things with activities that failed, then to those that need a call or
// a person, and to the next page.
func (h *histories) next(entries []*activityEntry, token string) []catalog.Next {
	var failed, needed []catalog.Next
	seen := map[*activityThing]bool{}
	for _, entry := range entries {
		t, kind := entry.thing, jsonvalue.Text(entry.item, "type")
		if seen[t] || t.kind.Resource == nil || t.item == nil && kind == catalog.CommentAdded {
			continue
		}
		seen[t] = true
		step := catalog.Step{Tool: t.kind.Resource.Get}
		if t.item == nil { // no list shows how it is now: its last activity is a status of its change, or its state
			at := t.kind.Resource.At("", kind)
			if at.Class == catalog.Unknown {
				at = t.kind.Resource.At(kind, "")
			}
			if step.Do = "attention: " + at.Name; at.Class == catalog.Failure || at.Class == catalog.ActionRequired {
				failed = append(failed, fillAll([]catalog.Step{step}, t.ids)...)
			}
			continue
		}
		st := conditionOf(t.kind.Resource, t.item)
		step.Do = "attention: " + st.label(h.now)
		switch {
		case st.at.Class == catalog.Failure || len(st.refused) > 0:
			failed = append(failed, fillAll([]catalog.Step{step}, t.ids)...)
		case st.needsAttention(h.now):
			needed = append(needed, fillAll([]catalog.Step{step}, t.ids)...)
		}
	}
	next := slices.Concat(failed, needed)
	if token != "" {
		next = next[:min(len(next), maxNext-1)]
		next = append(next, catalog.Next{Do: "read the next page", Tool: toolActivity, Args: map[string]any{"pageToken": token}, Needs: []string{}})
	}
	return h.set.offered(next, h.project)
}
