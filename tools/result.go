package tools

import (
	"maps"
	"slices"

	"papi-mcp/internal/catalog"
)

// Result is the form of every result; every key is always there.
type Result struct {
	Tool string `json:"tool"`
	// ProjectID is the project of the request.
	ProjectID string `json:"projectId"`
	// IDs are keyed by the argument names that the next call takes.
	IDs map[string]string `json:"ids"`
	// State is the resource's, null where it has none.
	State *string `json:"state"`
	// Pending is the status of the change that is not yet live.
	Pending *string `json:"pending"`
	// Next is what to do next, judged by the state.
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
	list := row.List()
	if list == "" && row.Resource != nil {
		for arg, field := range row.Resource.IDs {
			if id := text(catalog.Field(answer, field)); id != nil {
				r.IDs[arg] = *id
			}
		}
		r.State = text(catalog.Field(answer, row.Resource.State))
		r.Pending = text(catalog.Field(answer, row.Resource.Pending))
	}
	if token := text(catalog.Field(answer, "nextPageToken")); value(token) != "" {
		r.NextPageToken = token
	}
	r.Next = nextOfResult(row, c, r, answer, list)
	data, warnings := shape(answer, c.own, bulky(row))
	r.Data = data
	r.Warnings = append(append(r.Warnings, c.warnings...), warnings...)
	return r
}

// nextOfResult tells what to do after a call that went well.
func nextOfResult(row *catalog.Row, c *call, r *Result, answer any, list string) []catalog.Next {
	if list != "" && row.Effect == catalog.Read {
		return nextOfList(row, c, r, answer, list)
	}
	steps, ok := nextOfTool[row.Tool]
	if !ok && row.Resource != nil {
		steps = judge(row.Resource, value(r.State), value(r.Pending))
	}
	ids := maps.Clone(r.IDs)
	if numbers, ok := c.args["testNumbers"].([]any); ok && len(numbers) == 1 {
		ids["testNumber"] = catalog.Text(numbers[0])
	}
	if sent := catalog.Field(answer, "verificationCodeSent"); sent == false {
		steps = []step{verifyKnownNumber}
	}
	next := fillAll(steps, ids)
	for i := range next {
		fromAnswer(&next[i], row, r.ProjectID, answer)
	}
	return next
}

// fromAnswer completes an action by what the answer tells: parameters of the
// same name, and the subproject in which a bundle made the rest.
func fromAnswer(n *catalog.Next, row *catalog.Row, projectID string, answer any) {
	to := catalog.Lookup(n.Tool)
	if to == nil {
		return
	}
	n.Needs = slices.DeleteFunc(n.Needs, func(name string) bool {
		told := text(catalog.Field(answer, name))
		if told == nil || to.Op().Parameter(name) == nil {
			return false
		}
		n.Args[name] = *told
		return true
	})
	if made := text(catalog.Field(answer, "projectId")); made != nil && *made != projectID && to.Resource != row.Resource {
		n.Args[argProject] = *made
	}
}

// nextOfList leads to the next page, or to what makes the first item of a list
// that is empty.
func nextOfList(row *catalog.Row, c *call, r *Result, answer any, list string) []catalog.Next {
	if r.NextPageToken != nil {
		args := c.own.again()
		args["pageToken"] = *r.NextPageToken
		for name, v := range c.args {
			if name != "pageToken" {
				args[name] = v
			}
		}
		return []catalog.Next{{Do: "read the next page", Tool: row.Tool, Args: args, Needs: []string{}}}
	}
	items, _ := catalog.Field(answer, list).([]any)
	if first, ok := createOf[row.Tool]; ok && len(items) == 0 && len(c.args) == len(pathIDs(row, c.args)) {
		return fillAll([]step{first}, r.IDs)
	}
	return fillAll(nextOfTool[row.Tool], r.IDs)
}

// text is a string of the answer, nil where there is none.
func text(value any) *string {
	if value == nil {
		return nil
	}
	t := catalog.Text(value)
	return &t
}

func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
