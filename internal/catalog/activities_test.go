package catalog

import (
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/papi"
)

// activityStates has the contract's enum of the states of what a list of activities is of.
var activityStates = map[string]string{
	"whatsapp_account_activity_list":   "WhatsappAccountStateEnum",
	"whatsapp_sender_activity_list":    "WhatsappSenderStatesEnum",
	"whatsapp_template_activity_list":  "WhatsappTemplateStatesEnum",
	"kakaotalk_sender_activity_list":   "KakaotalkSenderStatesEnum",
	"kakaotalk_template_activity_list": "KakaotalkTemplateStatesEnum",
	"rcs_sender_activity_list":         "RcsSenderStatesEnum",
	"rcs_account_activity_list":        "", // it has none
}

// A list of activities that has no type for a state of its resource says so:
// else an agent waits there for an approval that never shows.
func TestActivityListsTellWhatTheyDoNotShow(t *testing.T) {
	for _, row := range Rows() {
		if !strings.HasSuffix(row.Tool, "_activity_list") {
			continue
		}
		enum, known := activityStates[row.Tool]
		if !known {
			t.Errorf("%s: of what?", row.Tool)
		}
		if enum == "" {
			continue
		}
		var shown []any
		for _, answer := range row.Op().Answers {
			entry := answer.Resolve().Properties["notifications"].Resolve().Items.Resolve()
			shown = entry.Properties["type"].Resolve().Enum
		}
		missing := slices.DeleteFunc(slices.Clone(papi.LookupSchema(enum).Enum), func(state any) bool { return slices.Contains(shown, state) })
		if len(missing) > 0 && !strings.Contains(row.About, "no entry") {
			t.Errorf("%s has no type for %v, and its description does not say so: %s", row.Tool, missing, row.About)
		}
	}
}
