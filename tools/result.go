package tools

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

// Result is the form of every result; every key is always there, but for Since
// and Now.
type Result struct {
	Tool string `json:"tool"`
	// ProjectID is the project of the request.
	ProjectID string `json:"projectId"`
	// IDs are keyed by the argument names that the next call takes.
	IDs map[string]string `json:"ids"`
	// State is the resource's, null where it has none.
	State *string `json:"state"`
	// Pending is the status of the change that is not yet live, or PART=STATUS
	// of a part that is under review on its own.
	Pending *string `json:"pending"`
	// Since is the time since which a thing that waits is as it is, at least;
	// left out where nothing waits, or the API does not say.
	Since string `json:"since,omitempty"`
	// Now is the API's time, next to times that it is compared with.
	Now string `json:"now,omitempty"`
	// Next is what to do next, by the state.
	Next []catalog.Next `json:"next"`
	// Data is the API's answer, shaped; null where it has none.
	Data any `json:"data"`
	// NextPageToken leads to the next page, null on the last.
	NextPageToken *string  `json:"nextPageToken"`
	Warnings      []string `json:"warnings"`
}

func newResult(tool, projectID string) *Result {
	return &Result{Tool: tool, ProjectID: projectID, IDs: map[string]string{}, Next: []catalog.Next{}, Warnings: []string{}}
}

// resultOf makes the result of a call that the API answered.
func resultOf(row *catalog.Row, projectID string, c *call, answer any) *Result {
	r := newResult(row.Tool, projectID)
	r.IDs = pathIDs(row, c.args)
	var st *condition
	if row.List() == "" && row.Resource != nil {
		thing := conditionOf(row.Resource, answer)
		thing.since = cmp.Or(thing.since, c.since)
		st = &thing
		maps.Copy(r.IDs, st.ids)
		r.State = orNil(jsonvalue.Text(answer, row.Resource.State))
		if st.pending != "" {
			r.Pending = &st.pending
		}
		if st.waits() && !st.since.IsZero() {
			r.Since = stamp(st.since)
		}
	}
	if row.Activities && !c.now.IsZero() {
		r.Now = stamp(c.now)
	}
	r.NextPageToken = orNil(jsonvalue.Text(answer, "nextPageToken"))
	r.Next = nextOfResult(row, c, r, st, answer)
	data, warnings := shape(answer, c.own, bulky(row))
	r.Data = data
	r.Warnings = append(append(r.Warnings, c.warnings...), warnings...)
	if w := draftWarning(row, c, st); w != "" {
		r.Warnings = append(r.Warnings, w)
	}
	return r
}

// draftWarning warns of a change that was saved and not submitted, since the
// call left status out and the contract's default is DRAFT.
func draftWarning(row *catalog.Row, c *call, st *condition) string {
	if row.Effect != catalog.Update || st == nil || st.pending != "DRAFT" || c.args["status"] != nil {
		return ""
	}
	return "kept as a draft, since status was left out: " + row.Tool + " with status SUBMIT alone submits it"
}

// nextOfResult returns what to do after a call that went well.
func nextOfResult(row *catalog.Row, c *call, r *Result, st *condition, answer any) []catalog.Next {
	if row.List() != "" && row.Effect == catalog.Read {
		return nextOfList(row, c, r, answer)
	}
	steps := row.Next
	if steps == nil && st != nil {
		steps = st.steps(r.ProjectID, c.now)
		if row.Resource.More != nil {
			steps = append(steps, row.Resource.More(answer)...)
		}
	}
	ids := maps.Clone(r.IDs)
	if numbers := jsonvalue.List(c.args, "testNumbers"); len(numbers) == 1 {
		ids["testNumber"] = jsonvalue.Text(numbers[0], "")
	}
	steps = slices.DeleteFunc(slices.Clone(steps), func(s catalog.Step) bool { return !s.Fits(answer) })
	next := fillAll(steps, ids)
	for i := range next {
		fromAnswer(&next[i], row, r.ProjectID, answer)
	}
	return next
}

// fromAnswer completes an action by what the answer shows: parameters of the
// same name, and the subproject in which a bundle made the rest.
func fromAnswer(n *catalog.Next, row *catalog.Row, projectID string, answer any) {
	made := jsonvalue.Text(answer, "projectId")
	to := catalog.Lookup(n.Tool)
	if n.Tool == "project_confirm" && made != "" {
		n.Args[argProject] = made
	}
	if to == nil {
		return
	}
	n.Needs = slices.DeleteFunc(n.Needs, func(name string) bool {
		shown := jsonvalue.Text(answer, name)
		if shown == "" || to.Op().Parameter(name) == nil {
			return false
		}
		n.Args[name] = shown
		return true
	})
	if made != "" && made != projectID && to.Resource != row.Resource {
		n.Args[argProject] = made
	}
}

// maxOfAList is how many things of a list get a step of their own.
const maxOfAList = 3

// nextOfList leads to the next page, to the things that need attention, or to
// what makes the first item of a list that is empty.
func nextOfList(row *catalog.Row, c *call, r *Result, answer any) []catalog.Next {
	next := []catalog.Next{}
	if r.NextPageToken != nil {
		args := c.own.ofPage()
		maps.Copy(args, c.args)
		args["pageToken"] = *r.NextPageToken
		next = append(next, catalog.Next{Do: "read the next page", Tool: row.Tool, Args: args, Needs: []string{}})
	}
	items := jsonvalue.List(answer, row.List())
	if row.Resource != nil {
		next = append(next, attentionSteps(row.Resource, items, r.IDs, c.now)...)
	}
	canBeEmpty := row.Resource != nil && row.Resource.List == row.Tool && row.Resource.Empty.Do != "" // for which a step is known
	if canBeEmpty && len(next) == 0 && len(items) == 0 && len(c.args) == len(pathIDs(row, c.args)) {
		return fillAll([]catalog.Step{row.Resource.Empty}, r.IDs)
	}
	return append(next, fillAll(row.Next, r.IDs)...)
}

// attentionSteps lead to the items that need attention, the first few of them one by
// one.
func attentionSteps(resource *catalog.Resource, items []any, ids map[string]string, now time.Time) []catalog.Next {
	var found []condition
	for _, item := range items {
		if st := conditionOf(resource, item); st.needsAttention(now) {
			found = append(found, st)
		}
	}
	var next []catalog.Next
	for i, st := range found[:min(len(found), maxOfAList)] {
		do := fmt.Sprintf("it needs attention (%s): see what to do", st.label(now))
		if i == 0 && len(found) > maxOfAList {
			do = fmt.Sprintf("%d of %d need attention, such as this one (%s): see what to do", len(found), len(items), st.label(now))
		}
		known := maps.Clone(ids)
		maps.Copy(known, st.ids)
		next = append(next, fillAll([]catalog.Step{{Do: do, Tool: resource.Get}}, known)...)
	}
	return next
}

// orNil is a text as a result has it: null where there is none.
func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// value is the text, "" for null.
func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
