package tools

import (
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

var rcsSenderNext = byState{
	"DRAFT": {
		{Do: "read what a launch asks for this use case", Tool: "rcs_questionnaire_get", Needs: []string{"useCase"}},
		{Do: "complete the sender: brand, countries, test numbers, questionnaire answers", Tool: "rcs_sender_update", Needs: []string{"details"}},
	},
	"IN_PROGRESS": {{Do: "look again {again}: the sender is being set up{since}", Tool: "rcs_sender_get"}},
	"IN_TEST": {
		{Do: "invite phones to test it", Tool: "rcs_test_number_add", Needs: []string{"testNumbers"}},
		{Do: "complete what a launch Needs: brand, countries, questionnaire answers", Tool: "rcs_sender_update", Needs: []string{"details"}, Check: lacksForLaunch},
		{Do: "it has what a launch Needs: when the person agrees, launch it", Tool: "rcs_sender_launch", Check: readyForLaunch},
	},
	"UNLAUNCHED": {
		{Do: "read what happened to it: a comment may say why it was taken down, or why the US brand was refused", Tool: "rcs_sender_activity_list"},
		{Do: "correct what that names, and complete what a launch Needs: brand, countries, questionnaire answers", Tool: "rcs_sender_update", Needs: []string{"details"}},
		{Do: "only when what took it down is settled, and the person agrees, launch it again", Tool: "rcs_sender_launch", Check: readyForLaunch},
	},
	"PREPARING_LAUNCH": {{Do: "look again {again}: the launch is being prepared, and goes on by itself{since}", Tool: "rcs_sender_get"}},
	"LAUNCHING": {
		rcsCountryLacks, rcsCountryAdded,
		{Do: "look again {again}: the operators decide, each for itself; countryStatus tells what each said{since}", Tool: "rcs_sender_get"},
	},
	"LAUNCHED": {
		rcsCountryLacks, rcsCountryAdded,
		{Do: "for more countries, name all of them, those that are launched too (GB and US only where their answers were given before the launch; FR asks for some too)", Tool: "rcs_sender_update", Needs: []string{"details"}},
	},
}

// rcsCountryLacks and rcsCountryAdded are about countries that were added after
// the first launch: only a further launch brings the sender there, and no answer
// can be given for them any more.
var (
	rcsCountryLacks = catalog.Step{
		Do:   "a country that was added lacks answers, which can't be given any more, and no launch is possible with it: take it out again, naming all that stay, or a person asks Sinch support to add the answers",
		Tool: "rcs_sender_update", Needs: []string{"details"}, Check: lacksForLaunch,
	}
	rcsCountryAdded = catalog.Step{
		Do:   "a country was added and is not launched: launch again, when the person agrees",
		Tool: "rcs_sender_launch", Check: func(sender any) bool { return readyForLaunch(sender) && addedAfterLaunch(sender) },
	}
)

// addedAfterLaunch reports whether a sender names a country in which no operator
// was asked so far.
func addedAfterLaunch(sender any) bool {
	named, _ := jsonvalue.Field(sender, "details.countries").([]any)
	asked, _ := jsonvalue.Field(sender, "countryStatus").([]any)
	for _, country := range named {
		if !slices.ContainsFunc(asked, func(status any) bool {
			return jsonvalue.Text(status, "country") == country && jsonvalue.Text(status, "status") != "NOT_LAUNCHED"
		}) {
			return true
		}
	}
	return false
}

func readyForLaunch(answer any) bool {
	sender, _ := answer.(map[string]any)
	return len(catalog.LaunchNeeds(sender).Missing) == 0
}

func lacksForLaunch(answer any) bool { return !readyForLaunch(answer) }

// operatorRefused are the statuses of an operator that does not carry the
// sender, and does not go on by itself.
var operatorRefused = []string{"REJECTED", "SUSPENDED", "UNLAUNCHED", "INVALID_IN_GOOGLE_MY_BUSINESS"}

// maxOperators bounds how many operators a step names.
const maxOperators = 5

// refusedOperators is the step about the operators that refused a launched
// sender, with their remarks.
func refusedOperators(sender any) []catalog.Step {
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
	return []catalog.Step{{
		Do:   "tell the person which operators do not carry it (" + strings.Join(named, "; ") + more + "), and ask those who handle the launch",
		Tool: "rcs_sender_comment_add", Needs: []string{"comment"},
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
			if !slices.Contains(operatorRefused, status) || status == "UNLAUNCHED" && jsonvalue.Text(sender, "state") == "UNLAUNCHED" { // with all of them
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
var rcsBrandWaits = []catalog.Step{{Do: "look again {again}: the US brand is being registered, which the launch waits for{since}", Tool: "rcs_sender_get"}}

var rcsOtherPhone = []catalog.Step{{Do: "this phone can't be had: ask the person for another, and add that", Tool: "rcs_test_number_add", Needs: []string{"testNumbers"}}}

var rcsTestNumberNext = byState{
	"PENDING":    {{Do: "look again {again}: the operator decides{since}", Tool: "rcs_test_number_get"}},
	"UNVERIFIED": {{Do: "the phone's owner accepts the invitation"}, {Do: "then look again{since}", Tool: "rcs_test_number_get"}},
	"VERIFIED":   {{Do: "see which features the phone supports", Tool: "rcs_test_number_capabilities_get"}},
	"DECLINED":   {{Do: "it was declined, by the phone's owner, an operator or the system: add another phone", Tool: "rcs_test_number_add", Needs: []string{"testNumbers"}}},
	"EXPIRED":    {{Do: "when the owner agrees, invite the phone again", Tool: "rcs_test_number_reinvite"}},
	"FAILED":     rcsOtherPhone, // no tries are left
	"REJECTED":   rcsOtherPhone,
	"INVALID":    {{Do: "take the number out and add it in E.164 form", Tool: "rcs_test_number_delete"}},
}
