package tools

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
)

// Result is the form of every result. Keys without content are left out.
type Result struct {
	// Tool and ProjectID are those of the call, which knows them.
	Tool      string `json:"-"`
	ProjectID string `json:"-"`
	// IDs are keyed by the argument names that the next call takes.
	IDs map[string]string `json:"ids,omitempty"`
	// State is the resource's.
	State string `json:"state,omitempty"`
	// Pending is the status of the change that is not yet live, or PART=STATUS
	// of a part that is under review on its own.
	Pending string `json:"pending,omitempty"`
	// Since is the time since which a thing that waits is as it is, at least; "" where
	// nothing waits, or the API does not say.
	Since string `json:"since,omitempty"`
	// Now is the API's time, next to times that it is compared with.
	Now string `json:"now,omitempty"`
	// Usually is how long it usually takes until a thing that waits does not any more,
	// "minutes", and where Since is unknown also after how long to ask for help.
	Usually string `json:"usually,omitempty"`
	// Settled says of a wait whether all of its things have settled; nil for others.
	Settled *bool `json:"settled,omitempty"`
	// Reads says of a wait that has not settled when its things are read.
	Reads string `json:"reads,omitempty"`
	// Cursor continues a wait, or a list of events.
	Cursor string `json:"cursor,omitempty"`
	// Done is what a write has done: "verified".
	Done string `json:"done,omitempty"`
	// Sandbox is what only the sandbox knows; nil of the API itself.
	Sandbox *SandboxNote `json:"sandbox,omitempty"`
	// Counts has how many items of a list there are of each kind, such as by state.
	Counts map[string]any `json:"counts,omitempty"`
	// Data is the API's answer, shaped: a Table of a list.
	Data any `json:"data,omitempty"`
	// Next is what to do next, by the state.
	Next []catalog.Next `json:"next,omitempty"`
	// NextPageToken leads to the next page, "" on the last.
	NextPageToken string   `json:"nextPageToken,omitempty"`
	Warnings      []string `json:"warnings,omitempty"`

	answer  []byte      // the API's, which bounds the result of a list; nil: nothing does
	isWhole func() bool // reports whether it has what the contract requires
	encoded []byte      // the JSON of the result, where bound has made it; nil: it has not
}

// resultOf makes the result of a call that the API answered.
func resultOf(row *catalog.Row, projectID string, c *call, answer any) *Result {
	r := &Result{Tool: row.Tool, ProjectID: projectID, IDs: pathIDs(row, c.args)}
	isList := len(row.Columns) > 0
	var st *condition
	if row.List() == "" && row.Resource != nil {
		thing := conditionOf(row.Resource, answer)
		thing.since = cmp.Or(thing.since, c.since)
		thing.speed = c.speed
		st = &thing
		maps.Copy(r.IDs, st.ids)
		r.State, r.Pending = st.state, st.pending
		if st.waits() {
			r.Usually = st.usually()
			if !st.since.IsZero() && !c.now.IsZero() {
				r.Since, r.Now = stamp(st.since), stamp(c.now)
			}
		}
	}
	if row.Activities && !c.now.IsZero() && len(jsonvalue.List(answer, row.List())) > 0 {
		r.Now = stamp(c.now)
	}
	r.NextPageToken = jsonvalue.Text(answer, "nextPageToken")
	r.Next = nextOfResult(row, c, r, st, answer)
	if row.Effect == catalog.Read { // the caller gave the others
		r.IDs = nil
		if st != nil {
			r.IDs = st.ids
		}
	}
	var warnings []string
	if isList && !c.own.full {
		r.Counts = countItems(row, answer)
	}
	if row.Writes() {
		r.Done = row.Done
	}
	if c.code != "" {
		r.Sandbox = &SandboxNote{Code: c.code}
		r.Next = withSandboxCode(r.Next)
	}
	r.Data, warnings = shape(row, c.own, r, answer)
	r.Warnings = slices.Concat(c.warnings, warnings)
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
	ids := maps.Clone(r.IDs)
	if numbers := jsonvalue.List(c.args, "testNumbers"); len(numbers) == 1 {
		ids["testNumber"] = jsonvalue.Text(numbers[0], "")
	}
	if row.Next == nil && st != nil {
		return st.next(row, ids, r.ProjectID, c.now)
	}
	return fitting(row.Next, row, ids, r.ProjectID, answer)
}

// next are the actions that the condition of a thing asks for after a call of the row.
func (st *condition) next(row *catalog.Row, ids map[string]string, projectID string, now time.Time) []catalog.Next {
	steps := st.steps(projectID, now)
	for i := range steps {
		steps[i].Ends = row.Ends()
	}
	if row.Resource.More != nil {
		steps = append(row.Resource.More(st.thing), steps...)
	}
	return fitting(steps, row, ids, projectID, st.thing)
}

// fitting makes actions of the steps that make sense after the answer.
func fitting(steps []catalog.Step, row *catalog.Row, ids map[string]string, projectID string, answer any) []catalog.Next {
	steps = slices.DeleteFunc(slices.Clone(steps), func(s catalog.Step) bool { return !s.Fits(answer) || !lint.LaunchFits(s, answer) })
	next := fillAll(steps, ids)
	for i := range next {
		fromAnswer(&next[i], row, projectID, answer)
	}
	return next
}

// fromAnswer completes an action by what the answer shows: parameters of the
// same name, and the subproject in which a bundle made the rest.
func fromAnswer(n *catalog.Next, row *catalog.Row, projectID string, answer any) {
	made := jsonvalue.Text(answer, "projectId")
	to := catalog.Lookup(aboutTool(n))
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

// nextOfList leads to the things that need attention, to the next page, or to
// what makes the first item of a list that is empty.
func nextOfList(row *catalog.Row, c *call, r *Result, answer any) []catalog.Next {
	next := []catalog.Next{}
	items := jsonvalue.List(answer, row.List())
	if row.Resource != nil {
		next = append(next, attentionSteps(row.Resource, items, r.IDs, c.now, c.speed)...)
	}
	if r.NextPageToken != "" { // which the result has too, where other steps come first
		args := c.own.ofPage()
		maps.Copy(args, c.args)
		args["pageToken"] = r.NextPageToken
		next = append(next, catalog.Next{Do: "read the next page", Tool: row.Tool, Args: args})
	}
	canBeEmpty := row.Resource != nil && row.Resource.List == row.Tool && row.Resource.Empty.Do != "" // for which a step is known
	switch {
	case len(items) > 0:
		return append(next, fillAll(row.Next, r.IDs)...)
	case c.none != nil:
		return fillAll(stepsAfterError(row, c.none), r.IDs)
	case canBeEmpty && len(next) == 0 && isUnfiltered(row, c.args):
		empty := row.Resource.Empty
		empty.Do = noneYetText + empty.Do
		return fillAll([]catalog.Step{empty}, r.IDs)
	}
	return next
}

// isUnfiltered reports whether the arguments of a list select all its items from the
// first one on.
func isUnfiltered(row *catalog.Row, args map[string]any) bool {
	filters := len(args) - len(pathIDs(row, args))
	if _, ok := args["pageSize"]; ok {
		filters--
	}
	return filters == 0
}

// longList is from how many items on a list has one step about those that need
// attention, since its rows show which.
const longList = 10

// attentionSteps lead to the items that need attention: each of a few, or the first
// with how many there are.
func attentionSteps(resource *catalog.Resource, items []any, ids map[string]string, now time.Time, speed float64) []catalog.Next {
	if !resource.HasStates() {
		return nil
	}
	var found []condition
	for _, item := range items {
		if st := conditionOf(resource, item); st.needsAttention(now) {
			found = append(found, st)
		}
	}
	each := len(found) == 1 || len(items) < longList && len(found) <= maxNext
	var next []catalog.Next
	for _, st := range found {
		known := maps.Clone(ids)
		maps.Copy(known, st.ids)
		step := catalog.Step{Do: "attention: " + st.label(now), Tool: resource.Get}
		switch st.speed = speed; {
		case !each:
			step.Do = fmt.Sprintf("%d need attention, here %s", len(found), st.cause(now))
		case st.overdue(now):
			step = st.escalationOf(known, now)
		}
		next = append(next, fillAll([]catalog.Step{step}, known)...)
		if !each {
			break
		}
	}
	return next
}
