package catalog

import "strings"

// The two tools of each thing about its activities are named alike.
const (
	activitySuffix = "_activity_list"
	commentSuffix  = "_comment_add"
)

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
