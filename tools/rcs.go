package tools

import (
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
)

var rcsSenderNext = byState{
	"DRAFT": {
		{do: "read what a launch asks for this use case", tool: "rcs_questionnaire_get", needs: []string{"useCase"}},
		{do: "complete the sender: brand, countries, test numbers, questionnaire answers", tool: "rcs_sender_update", needs: []string{"details"}},
	},
	"IN_PROGRESS": {{do: "look again {again}: the sender is being set up{since}", tool: "rcs_sender_get"}},
	"IN_TEST": {
		{do: "invite phones to test it", tool: "rcs_test_number_add", needs: []string{"testNumbers"}},
		{do: "complete what a launch needs: brand, countries, questionnaire answers", tool: "rcs_sender_update", needs: []string{"details"}, check: lacksForLaunch},
		{do: "it has what a launch needs: when the person agrees, launch it", tool: "rcs_sender_launch", check: readyForLaunch},
	},
	"UNLAUNCHED": {
		{do: "read what happened to it: a comment may say why it was taken down, or why the US brand was refused", tool: "rcs_sender_activity_list"},
		{do: "correct what that names, and complete what a launch needs: brand, countries, questionnaire answers", tool: "rcs_sender_update", needs: []string{"details"}},
		{do: "only when what took it down is settled, and the person agrees, launch it again", tool: "rcs_sender_launch", check: readyForLaunch},
	},
	"PREPARING_LAUNCH": {{do: "look again {again}: the launch is being prepared, and goes on by itself{since}", tool: "rcs_sender_get"}},
	"LAUNCHING": {
		rcsCountryLacks, rcsCountryAdded,
		{do: "look again {again}: the operators decide, each for itself; countryStatus tells what each said{since}", tool: "rcs_sender_get"},
	},
	"LAUNCHED": {
		rcsCountryLacks, rcsCountryAdded,
		{do: "for more countries, name all of them, those that are launched too (GB and US only where their answers were given before the launch; FR asks for some too)", tool: "rcs_sender_update", needs: []string{"details"}},
	},
}

// rcsCountryLacks and rcsCountryAdded are about countries that were added after
// the first launch: only a further launch brings the sender there, and no answer
// can be given for them any more.
var (
	rcsCountryLacks = step{
		do:   "a country that was added lacks answers, which can't be given any more, and no launch is possible with it: take it out again, naming all that stay, or a person asks Sinch support to add the answers",
		tool: "rcs_sender_update", needs: []string{"details"}, check: lacksForLaunch,
	}
	rcsCountryAdded = step{
		do:   "a country was added and is not launched: launch again, when the person agrees",
		tool: "rcs_sender_launch", check: func(sender any) bool { return readyForLaunch(sender) && addedAfterLaunch(sender) },
	}
)

// addedAfterLaunch tells whether a sender names a country in which no operator
// was asked so far.
func addedAfterLaunch(sender any) bool {
	named, _ := jsonvalue.Field(sender, "details.countries").([]any)
	asked, _ := jsonvalue.Field(sender, "countryStatus").([]any)
	for _, country := range named {
		if !slices.ContainsFunc(asked, func(status any) bool {
			return jsonvalue.Text(status, "country") == country && !shows(status, "status=NOT_LAUNCHED")
		}) {
			return true
		}
	}
	return false
}

func readyForLaunch(answer any) bool {
	sender, _ := answer.(map[string]any)
	return len(guard.LaunchMissing(sender)) == 0
}

func lacksForLaunch(answer any) bool { return !readyForLaunch(answer) }

// operatorRefused are the statuses of an operator that does not carry the
// sender, and does not go on by itself.
var operatorRefused = []string{"REJECTED", "SUSPENDED", "UNLAUNCHED", "INVALID_IN_GOOGLE_MY_BUSINESS"}

// maxOperators bounds how many operators a step names.
const maxOperators = 5

// refusedOperators is the step about the operators that refused a launched
// sender, with their remarks.
func refusedOperators(sender any) []step {
	named := operatorsThatRefused(sender)
	if len(named) == 0 {
		return nil
	}
	more := ""
	if n := len(named) - maxOperators; n > 0 {
		named, more = named[:maxOperators], fmt.Sprintf(" and %d more", n)
	}
	for i := range named {
		status, rest, _ := strings.Cut(named[i], " ")
		named[i] = status + " " + quoted(rest)
	}
	return []step{{
		do:   "tell the person which operators do not carry it (" + strings.Join(named, "; ") + more + "), and ask those who handle the launch",
		tool: "rcs_sender_comment_add", needs: []string{"comment"},
	}}
}

// operatorsThatRefused are the operators that refused a sender: status, country,
// name and remark of each.
func operatorsThatRefused(sender any) []string {
	var named []string
	countries, _ := jsonvalue.Field(sender, "countryStatus").([]any)
	for _, country := range countries {
		operators, _ := jsonvalue.Field(country, "operators").([]any)
		for _, operator := range operators {
			status := jsonvalue.Text(operator, "status")
			if !slices.Contains(operatorRefused, status) || status == "UNLAUNCHED" && shows(sender, "state=UNLAUNCHED") { // with all of them
				continue
			}
			name := jsonvalue.Text(country, "country") + " " + jsonvalue.Text(operator, "name")
			if remark := jsonvalue.Text(operator, "remark"); remark != "" {
				name += ": " + remark
			}
			named = append(named, status+" "+name)
		}
	}
	return named
}

// rcsBrandWaits follows the US brand's registration, which a launch waits for.
var rcsBrandWaits = []step{{do: "look again {again}: the US brand is being registered, which the launch waits for{since}", tool: "rcs_sender_get"}}

var rcsOtherPhone = []step{{do: "this phone can't be had: ask the person for another, and add that", tool: "rcs_test_number_add", needs: []string{"testNumbers"}}}

var rcsTestNumberNext = byState{
	"PENDING":    {{do: "look again {again}: the operator decides{since}", tool: "rcs_test_number_get"}},
	"UNVERIFIED": {{do: "the phone's owner accepts the invitation"}, {do: "then look again{since}", tool: "rcs_test_number_get"}},
	"VERIFIED":   {{do: "see which features the phone supports", tool: "rcs_test_number_capabilities_get"}},
	"DECLINED":   {{do: "it was declined, by the phone's owner, an operator or the system: add another phone", tool: "rcs_test_number_add", needs: []string{"testNumbers"}}},
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
