package catalog

import (
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// The values of the argument status of a create or update: keep a draft, or
// submit.
const (
	AsDraft = "DRAFT"
	Submit  = "SUBMIT"
)

// submitDraft is what to do with a draft: status SUBMIT alone submits it, once
// it is complete. schema is the contract's of the details that a first submit
// needs: a draft may lack some. update is the precondition of the tool.
func submitDraft(update *Precondition, schema string) []Step {
	lacksDetails := func(thing any) bool { return lacks(thing, papi.LookupSchema(schema).Required...) }
	submit := resubmit(update, "submit the draft, if the person agrees")
	submit.Needs, submit.Check = nil, func(thing any) bool { return !lacksDetails(thing) }
	complete := resubmit(update, "complete and submit if agreed")
	complete.Check = lacksDetails
	return []Step{submit, complete}
}

// resubmit is the step that submits a thing again, with other details, where
// the precondition of the update allows it.
func resubmit(update *Precondition, do string) Step {
	return Step{Do: do, Tool: update.Tools[0], Args: map[string]any{"status": Submit}, Needs: []string{"details"}, Requires: update}
}

// lacks reports whether a thing that never was live lacks one of the details. Some,
// such as a sender's number, are next to the changes. The draft of a live thing
// changes one that is complete.
func lacks(thing any, details ...string) bool {
	if jsonvalue.Field(thing, "state") != nil {
		return false
	}
	for _, name := range details {
		if jsonvalue.Field(thing, "changes.details."+name) == nil && jsonvalue.Field(thing, name) == nil {
			return true
		}
	}
	return false
}
