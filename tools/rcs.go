package tools

import "papi-mcp/internal/catalog"

var rcsSenderNext = byState{
	"DRAFT": {
		{do: "read what a launch asks for this use case", tool: "rcs_questionnaire_get", needs: []string{"useCase"}},
		{do: "complete the sender: brand, countries, test numbers, questionnaire answers", tool: "rcs_sender_update", needs: []string{"details"}},
	},
	"IN_PROGRESS": {{do: "look again in a few minutes: the sender is being set up", tool: "rcs_sender_get"}},
	"IN_TEST": {
		{do: "invite phones to test it", tool: "rcs_test_number_add", needs: []string{"testNumbers"}},
		{do: "complete brand, countries and questionnaire answers", tool: "rcs_sender_update", needs: []string{"details"}},
		{do: "when it is complete and the person agrees, launch it", tool: "rcs_sender_launch"},
	},
	"UNLAUNCHED":       {{do: "read why it is not launched", tool: "rcs_sender_activity_list"}, {do: "when the person agrees, launch it again", tool: "rcs_sender_launch"}},
	"PREPARING_LAUNCH": {{do: "look again tomorrow: the launch is being prepared", tool: "rcs_sender_get"}},
	"LAUNCHING":        {{do: "look again tomorrow: carriers decide in days to weeks; countryStatus tells each", tool: "rcs_sender_get"}},
	"LAUNCHED": {
		{do: "countryStatus tells which operators took it, and why others did not; for more countries, add them (FR, GB and US only where their answers were given before the launch)", tool: "rcs_sender_update", needs: []string{"details"}},
		{do: "then launch again, when the person agrees", tool: "rcs_sender_launch"},
	},
}

var rcsOtherPhone = []step{{do: "this phone can't be had: ask the person for another, and add that", tool: "rcs_test_number_add", needs: []string{"testNumbers"}}}

var rcsTestNumberNext = byState{
	"PENDING":    {{do: "look again in a minute", tool: "rcs_test_number_get"}},
	"UNVERIFIED": {{do: "the phone's owner accepts the invitation"}, {do: "then look again", tool: "rcs_test_number_get"}},
	"VERIFIED":   {{do: "see which features the phone supports", tool: "rcs_test_number_capabilities_get"}},
	"DECLINED":   {{do: "the owner said no, which blocks the number: add another phone", tool: "rcs_test_number_add", needs: []string{"testNumbers"}}},
	"EXPIRED":    {{do: "when the owner agrees, invite the phone again", tool: "rcs_test_number_reinvite"}},
	"FAILED":     rcsOtherPhone, // no tries are left
	"REJECTED":   rcsOtherPhone,
	"INVALID":    {{do: "take the number out and add it in E.164 form", tool: "rcs_test_number_delete"}},
}

// bulky are the parts of an answer that detail concise leaves out, as paths
// with * for any name. The texts of an RCS questionnaire are the same for each
// sender; rcs_questionnaire_get tells them.
func bulky(row *catalog.Row) []string {
	if row.Resource == nil || row.Resource.Name != "rcs_sender" {
		return nil
	}
	path := "details.questionnaire.*.questions"
	if list := row.List(); list != "" {
		path = list + "." + path
	}
	return []string{path}
}
