package tools

import (
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// draftDetails has, by the tool that submits a draft, the contract's schema of
// the details that a first submit Needs: a draft may lack some.
var draftDetails = map[string]string{
	"whatsapp_sender_update":    "WhatsappInputSenderPartnerInitiatedDetailsDto",
	"whatsapp_template_update":  "WhatsappTemplateDetailsInputDto",
	"kakaotalk_sender_update":   "KakaotalkInputSenderDetailsDto",
	"kakaotalk_template_update": "KakaotalkInputTemplateDetailsDto",
}

// submitDraft is what to do with a draft: status SUBMIT alone hands it in, once
// it is whole. states are those in which the thing can be updated.
func submitDraft(update string, states []string) []catalog.Step {
	submit := catalog.Step{
		Do:   "it is a draft, and nobody reviews it: when the person agrees, submit it as it is, or with details that change it",
		Tool: update, Args: map[string]any{"status": "SUBMIT"}, States: states,
		Check: func(answer any) bool { return !draftLacks(update, answer) },
	}
	complete := submit
	complete.Do = "it is a draft, and nobody reviews it: when the person agrees, submit it with the details that are still missing"
	complete.Needs = []string{"details"}
	complete.Check = func(answer any) bool { return draftLacks(update, answer) }
	return []catalog.Step{submit, complete}
}

// draftLacks reports whether a draft lacks details without which it can't be
// submitted.
func draftLacks(update string, thing any) bool {
	return lacks(thing, papi.LookupSchema(draftDetails[update]).Required...)
}

// lacks reports whether a thing that never was live lacks one of the details. Some,
// such as a sender's number, stand beside the changes. The draft of a live thing
// changes one that is whole.
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
