package guard

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

var ruleLaunch = withState(catalog.RcsSenderLaunch, Rule{
	About: "An RCS sender is launched from " + oneOf(catalog.RcsSenderLaunch.Live) + ", with banner, logo, privacy policy, terms, a phone or an email, a country, and the answers that the contract marks as needed at launch in the general, the verification and each country's questionnaire: the refusal lists everything that is missing. A warning: other missing answers to a country's questionnaire.",
	Reads: []*Read{readRcsSender},
	check: launch,
})

// launch names all that a launch still needs. In a state that ends on its own,
// what the sender lacks does not matter: it says to wait.
func launch(c *Call, a answers) *Refusal {
	sender := a.of(readRcsSender)
	state := jsonvalue.Text(sender, "state")
	r := catalog.LaunchNeeds(sender)
	missing := launchMissing(state, r)
	if !catalog.RcsSenderLaunch.AllowsState(state) && c.Row.Resource.At(state, "").Class == catalog.Pending {
		return &Refusal{
			Message:    fmt.Sprintf("the sender is %s, which ends on its own: it can't be launched now", state),
			Resolution: "wait, and check again with rcs_sender_get: its next says when, and what to do then",
			Info:       map[string]any{"missing": missing},
			Next:       []catalog.Next{readRcsSender.next(c, "wait, and check again: "+state+" ends on its own")},
		}
	}
	if len(missing) == 0 {
		if len(r.Asked) > 0 {
			c.Warn("not answered, though the questionnaire asks for it (the API decides): " + strings.Join(r.Asked, ", "))
		}
		return nil
	}
	refusal := &Refusal{
		Message:    fmt.Sprintf("the sender can't be launched yet; missing: %s", strings.Join(missing, "; ")),
		Resolution: "add everything that is missing with one rcs_sender_update, and launch it again",
		Info:       map[string]any{"missing": missing},
		Next:       []catalog.Next{readRcsSender.next(c, "check the sender, and follow its next steps")},
	}
	if len(r.Asked) > 0 {
		refusal.Info["askedToo"] = r.Asked
	}
	id := map[string]any{"senderId": c.Args["senderId"]}
	switch {
	case onlyCountries(sender):
		addLaunchedSteps(refusal, id, sender)
	case r.Missing != nil:
		refusal.Next = append(refusal.Next, nextCall("add what is missing to the sender", "rcs_sender_update", id, "details"))
		if !jsonvalue.IsEmpty(sender["useCase"]) {
			refusal.Next = append(refusal.Next, nextCall("read the questions whose answers are missing", "rcs_questionnaire_get", questionsAbout(sender, r)))
		}
	}
	return refusal
}

// questionsAbout are the arguments that read the questions of a sender.
func questionsAbout(sender map[string]any, r catalog.LaunchReport) map[string]any {
	ask := map[string]any{"useCase": sender["useCase"]}
	if countries := jsonvalue.Field(sender, "details.countries"); !jsonvalue.IsEmpty(countries) {
		ask["countries"] = countries
	}
	if r.Campaign != "" {
		ask["usQuestionnaireBrandCampaignVersion"] = r.Campaign
	}
	return ask
}

// launchMissing is what a sender lacks for a launch: the paths of the fields,
// and what is wrong with its state.
func launchMissing(state string, r catalog.LaunchReport) []string {
	if catalog.RcsSenderLaunch.AllowsState(state) {
		return r.Missing
	}
	return append(slices.Clip(r.Missing), fmt.Sprintf("state: %s, and only %s can be launched", cmp.Or(state, "none"), strings.Join(catalog.RcsSenderLaunch.Live, ", ")))
}

var ruleUpdateLaunched = withState(catalog.RcsSenderUpdate, Rule{
	About:   "In " + launchedStates + " an update changes only the countries of an RCS sender.",
	When:    "more than countries changes",
	applies: func(c *Call) bool { return beyondCountries(c) != nil },
	Reads:   []*Read{readRcsSender},
	check:   updateLaunched,
})

func updateLaunched(c *Call, a answers) *Refusal {
	sender := a.of(readRcsSender)
	if !onlyCountries(sender) {
		return nil
	}
	state := jsonvalue.Text(sender, "state")
	others := beyondCountries(c)
	r := &Refusal{
		Message:    fmt.Sprintf("the sender is %s, where only details.countries can be changed; the call would change %s", state, strings.Join(others, ", ")),
		Resolution: "leave out all but details.countries; test numbers are added with rcs_test_number_add",
		Info:       map[string]any{"state": state, "notUpdatable": others},
	}
	id, details := pathArgs(c.Row, c.Args), jsonvalue.Object(c.Args, "details")
	if details["questionnaire"] != nil {
		r.Resolution += "; answers can't be given any more: " + askSupport
	}
	if countries, given := details["countries"]; given {
		r.Next = append(r.Next, nextCall("change only the countries", "rcs_sender_update", jsonvalue.With(id, "details", map[string]any{"countries": countries})))
	}
	if numbers, _ := details["testNumbers"].([]any); len(numbers) > 0 {
		r.Next = append(r.Next, nextCall("add the test numbers", "rcs_test_number_add", jsonvalue.With(id, "testNumbers", numbers)))
	}
	if r.Next == nil {
		r.Next = []catalog.Next{readRcsSender.next(c, "check the sender, and follow its next steps")}
	}
	return r
}

// beyondCountries are the fields, other than the countries, that an update
// changes.
func beyondCountries(c *Call) []string {
	var others []string
	for _, name := range slices.Sorted(maps.Keys(jsonvalue.Object(c.Args, "details"))) {
		if name != "countries" {
			others = append(others, "details."+name)
		}
	}
	return others
}
