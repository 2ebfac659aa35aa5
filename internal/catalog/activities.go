package catalog

import (
	"slices"
	"strings"
	"sync"

	"papi-mcp/internal/papi"
)

// The two tools of each thing about its activities are named alike.
const (
	activitySuffix = "_activity_list"
	commentSuffix  = "_comment_add"
)

// CommentAdded is the type of an activity that is a comment.
const CommentAdded = "COMMENT_ADDED"

// activityColumns are the columns of every list of activities.
var activityColumns = []Column{
	{Name: "created", Path: "created"},
	{Name: "type", Path: "type"},
	{Name: "author", Path: "author"},
	{Name: "comment", Path: "comment"},
}

// activityList is the row of a tool that lists what happened to a thing. What
// to do about the thing is said by the thing's own read, and those who review
// it can be asked by a comment.
func activityList(tool, operation, about string, phrases ...string) Row {
	return Row{
		Tool: tool, Operation: operation, Effect: Read, Activities: true, About: about, Phrases: phrases, Columns: activityColumns,
		Next: []Step{{
			Do:   "report it; the reviewers can be asked",
			Tool: strings.TrimSuffix(tool, activitySuffix) + commentSuffix, Needs: []string{"comment"},
		}},
	}
}

// commentAdd is the row of a tool that adds a comment to the activities of a
// thing. One whose answer was lost is found among the newest of them.
func commentAdd(tool, operation, about string, phrases ...string) Row {
	thing := strings.TrimSuffix(tool, commentSuffix)
	return Row{
		Tool: tool, Operation: operation, Effect: Create, About: about, Phrases: phrases,
		Done: "comment added", Title: "Add comment to " + brands.Replace(thing),
		Reconcile: &Reconcile{Read: thing + activitySuffix, Same: map[string]string{"comment": "comment"}, Since: "created"},
	}
}

// History is a kind of thing of which an operation lists what happened.
type History struct {
	// Row lists the activities of one thing.
	Row *Row
	// Called is what people call one of the things: WhatsApp template.
	Called string
	// Resource is the kind of thing; nil for one that no operation shows.
	Resource *Resource
	// List lists the things; nil where a project has at most one.
	List *Row
	// Within has the things that List must be given one of; nil for none.
	Within *History
}

// Histories are all kinds of things with activities, those first of which a project has
// few.
var Histories = sync.OnceValue(func() []*History {
	var all []*History
	for _, row := range Rows() {
		if !row.Activities {
			continue
		}
		thing := strings.TrimSuffix(row.Tool, activitySuffix)
		h := &History{Row: row, Called: brands.Replace(thing), Resource: LookupResource(thing)}
		if h.Resource != nil {
			h.List = Lookup(h.Resource.List)
		}
		all = append(all, h)
	}
	slices.SortStableFunc(all, func(a, b *History) int { return len(a.Row.Op().PathIDs()) - len(b.Row.Op().PathIDs()) })
	for _, h := range all {
		if h.List == nil || len(h.List.Op().PathIDs()) == 0 {
			continue
		}
		for _, within := range all {
			if slices.Equal(within.Row.Op().PathIDs(), h.List.Op().PathIDs()) {
				h.Within = within
			}
		}
	}
	return all
})

// Many is what people call n of the things.
func (h *History) Many(n int) string {
	if n == 1 || h.List == nil {
		return h.Called
	}
	return papi.Plural(h.Called)
}
