package tools

import (
	"cmp"
	"fmt"
	"slices"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/plan"
)

const (
	maxShownSteps = 20
	maxBlocked    = 10
	maxReason     = 200
)

// planShown is a plan in a result.
type planShown struct {
	Hash    string `json:"hash"`
	Summary string `json:"summary"`
	// Steps are the first ones, by kind, key and action; Confirmed is how many calls a
	// person must confirm.
	Steps     []string `json:"steps,omitempty"`
	MoreSteps int      `json:"moreSteps,omitempty"`
	Confirmed int      `json:"confirmed,omitempty"`
	// Blocked says what can't be done, and why.
	Blocked     []string `json:"blocked,omitempty"`
	MoreBlocked int      `json:"moreBlocked,omitempty"`
	// Notes are findings and warnings.
	Notes     []string `json:"notes,omitempty"`
	MoreNotes int      `json:"moreNotes,omitempty"`
}

func shownPlan(p *plan.Plan) *planShown {
	shown := &planShown{Hash: p.Hash, Summary: p.Summary(), Confirmed: p.Confirmed()}
	shown.Steps, shown.MoreSteps = firstTexts(p.Steps, maxShownSteps, func(step *plan.Step) string { return step.ID })
	shown.Blocked, shown.MoreBlocked = firstTexts(p.Blocked, maxBlocked, func(b plan.Blocked) string {
		return fmt.Sprintf("%s/%s/%s: %s", b.Kind, b.Key, b.Action, b.Reason)
	})
	shown.Notes, shown.MoreNotes = firstTexts(p.Notes, maxBlocked, func(n plan.Note) string {
		if n.Kind == "" {
			return n.Text
		}
		return fmt.Sprintf("%s/%s: %s", n.Kind, n.Key, n.Text)
	})
	return shown
}

// firstTexts are the texts of the first items, and how many more there are.
func firstTexts[T any](items []T, most int, text func(T) string) (texts []string, more int) {
	for _, item := range items[:min(len(items), most)] {
		texts = append(texts, papi.Truncate(text(item), maxReason))
	}
	return texts, max(0, len(items)-most)
}

// reportShown is how a plan was applied, in a result.
type reportShown struct {
	// Status is done, waiting, failed, changed or unfinished.
	Status string `json:"status"`
	Done   int    `json:"done"`
	Of     int    `json:"of"`
	// NotDone are the first steps that are not done, and why; those that were not begun,
	// because of the others, come last.
	NotDone     []string `json:"notDone,omitempty"`
	MoreNotDone int      `json:"moreNotDone,omitempty"`
	// Needs are what a person has to do.
	Needs     []string `json:"needs,omitempty"`
	MoreNeeds int      `json:"moreNeeds,omitempty"`
	// Settling is how many things the API still works on.
	Settling int `json:"settling,omitempty"`
}

// The ends of an apply.
const (
	appliedDone    = "done"
	appliedWaits   = "waiting"
	appliedFailed  = "failed"
	appliedChanged = "changed"
	appliedOpen    = "unfinished"
)

func shownReport(done Applied) *reportShown {
	shown := &reportShown{}
	r := done.Report
	shown.Of, shown.Done, shown.Status = len(r.Results), r.Count(plan.Done), StatusOf(r)
	var open []plan.Result
	for _, result := range r.Results {
		if result.Status != plan.Done {
			open = append(open, result)
		} else if result.Usual != "" {
			shown.Settling++
		}
	}
	slices.SortStableFunc(open, func(a, b plan.Result) int { return notBegun(a) - notBegun(b) })
	shown.NotDone, shown.MoreNotDone = firstTexts(open, maxBlocked, func(r plan.Result) string {
		why := ""
		if r.Err != nil {
			why = cmp.Or(r.Err.Code, "error") + ": " + r.Err.Message
		}
		return r.ID + ": " + why
	})
	shown.Needs, shown.MoreNeeds = firstTexts(r.Needs(), maxBlocked, func(text string) string { return text })
	return shown
}

// notBegun is 1 for a step that was not begun, else 0.
func notBegun(r plan.Result) int {
	if r.Err != nil && r.Err.Code == errorcode.Cancelled {
		return 1
	}
	return 0
}

// StatusOf is how the run of a plan ended, in a word.
func StatusOf(r *plan.Report) string {
	switch {
	case r.Stopped != nil && r.Stopped.Code == errorcode.PlanChanged:
		return appliedChanged
	case r.Stopped != nil || r.Count(plan.Failed) > 0:
		return appliedFailed
	case r.Count(plan.Waiting) > 0:
		return appliedWaits
	case r.Count(plan.Open) > 0:
		return appliedOpen
	case len(r.Needs()) > 0:
		return appliedWaits
	}
	return appliedDone
}

// afterApply are the steps after a plan was applied.
func (s *Set) afterApply(done Applied, shown *reportShown, waited *FollowThing, args projectApplyArgs, d *keptDocument) []catalog.Next {
	var next []catalog.Next
	again := map[string]any{argPlanID: args.PlanID}
	switch shown.Status {
	case appliedOpen:
		do := "continue"
		if wait := done.Report.Again; wait > 0 {
			do = fmt.Sprintf("continue in %d seconds", int(wait.Seconds())+1)
		}
		next = append(next, catalog.Next{Do: do, Tool: catalog.ProjectApply, Args: again, Needs: []string{}})
	case appliedChanged, appliedFailed:
		next = append(next, catalog.Next{Do: "look at what failed, then plan again", Tool: catalog.ProjectPlan, Args: map[string]any{argProject: d.ProjectID}, Needs: []string{argExportID}})
	}
	if waited != nil && shown.Status != appliedOpen {
		things := []any{map[string]any{"tool": waited.Tool, "args": waited.IDs}}
		next = append(next, catalog.Next{Do: "wait for it; the others alike", Tool: toolWait, Args: map[string]any{"for": things, argProject: d.ProjectID}, Needs: []string{}})
	}
	return s.offered(next, "")
}

// toWaitFor is the first thing that the API still works on, nil for none: a step has no
// place for more.
func (s *Set) toWaitFor(r *plan.Report) *FollowThing {
	for _, result := range r.Results {
		if f := s.FollowOf(result); f != nil {
			return f
		}
	}
	return nil
}

// FollowOf is how the thing of a step is followed to its end; nil where the answer of its
// call was the end, or no tool reads it.
func (s *Set) FollowOf(r plan.Result) *FollowThing {
	kind := plan.LookupKind(r.Kind)
	if r.Status != plan.Done || r.Usual == "" || kind == nil || s.tools[kind.Resource.Get] == nil || !s.tools[kind.Resource.Get].row.Follows() {
		return nil
	}
	ids := map[string]string{}
	for _, name := range s.tools[kind.Resource.Get].row.Op().PathIDs() {
		id := r.IDs[name]
		if id == "" {
			return nil
		}
		ids[name] = id
	}
	return &FollowThing{kind.Resource.Get, ids}
}

// FollowThing is a thing to follow: the tool that reads it, and the ids that the tool takes.
type FollowThing struct {
	Tool string
	IDs  map[string]string
}
