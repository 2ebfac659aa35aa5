package guard

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

// From the launch on only an RCS sender's countries can be changed
// (fields_not_updatable, updateSender, 1.2.117). So a country that asks for
// answers of its own can be added later only if they were given before.

// launchedStates are the states in which only the countries can be changed, for a
// reader.
var launchedStates = allOf(catalog.RcsSenderUpdate.NotLive)

// onlyCountries reports whether nothing of the sender but its countries can be
// changed.
func onlyCountries(sender map[string]any) bool {
	return !catalog.RcsSenderUpdate.AllowsState(jsonvalue.Text(sender, "state"))
}

// askSupport is what to do about what no call can change.
const askSupport = "ask the person to contact Sinch support about adding the answers, with the ids of the sender and its project"

// addLaunchedSteps completes the refusal of a launch of a launched sender by what
// can still be done: the countries whose answers are missing are removed, or a
// person asks.
func addLaunchedSteps(refusal *Refusal, id, sender map[string]any) {
	state, details := jsonvalue.Text(sender, "state"), jsonvalue.Object(sender, "details")
	var stay, leave []string
	for _, country := range jsonvalue.Texts(details, "countries") {
		if len(catalog.CountryNeeds(jsonvalue.Object(details, "questionnaire"), country).Missing) > 0 {
			leave = append(leave, country)
		} else {
			stay = append(stay, country)
		}
	}
	refusal.Resolution = fmt.Sprintf("in %s only the countries can be changed, and what is missing can't be added any more: %s", state, askSupport)
	if len(leave) > 0 && len(stay) > 0 {
		refusal.Resolution = fmt.Sprintf("in %s only the countries can be changed, and answers can't be given any more: remove %s again, or %s", state, strings.Join(leave, ", "), askSupport)
		refusal.Next = append(refusal.Next, nextCall("if the person agrees, remove the countries that lack answers: "+strings.Join(leave, ", "), "rcs_sender_update", jsonvalue.With(id, "details", map[string]any{"countries": stay})))
	}
	refusal.Next = append(refusal.Next, nextDo(askSupport+"; then launch it again")...)
}

var ruleCountryAnswers = Rule{
	Code:   "guard_rcs_country_answers",
	About:  "A warning: a country of a new sender whose launch asks for answers that the call does not give. They can't be given after the first launch.",
	Tools:  []string{"rcs_sender_create"},
	Source: "launchSender, updateSender, 1.2.117",
	Warns:  true,
	check:  countryAnswers,
}

func countryAnswers(c *Call, _ answers) *Refusal {
	details := jsonvalue.Object(c.Args, "details")
	for _, country := range jsonvalue.Texts(details, "countries") {
		if lacks := unanswered(jsonvalue.Object(details, "questionnaire"), country); lacks != "" {
			c.Warn(fmt.Sprintf("details.countries has %s, %s: give the answers before the first launch, since in %s they can't be given any more", country, lacks, launchedStates))
		}
	}
	return nil
}

var ruleCountryAdded = Rule{
	Code:    "guard_rcs_country_added",
	About:   "A warning: a country that an update adds, and whose launch asks for answers that the sender lacks. In " + launchedStates + " they can't be given any more.",
	Tools:   []string{"rcs_sender_update"},
	Source:  "launchSender, updateSender, 1.2.117",
	When:    "countries are given",
	applies: func(c *Call) bool { return len(jsonvalue.Texts(c.Args, "details.countries")) > 0 },
	Reads:   []*Read{readRcsSender},
	Warns:   true,
	check:   countryAdded,
}

func countryAdded(c *Call, a answers) *Refusal {
	sender := a.of(readRcsSender)
	before, now := jsonvalue.Object(sender, "details"), merged(jsonvalue.Object(sender, "details"), jsonvalue.Object(c.Args, "details"))
	for _, country := range jsonvalue.Texts(now, "countries") {
		lacks := unanswered(jsonvalue.Object(now, "questionnaire"), country)
		switch {
		case lacks == "" || slices.Contains(jsonvalue.Texts(before, "countries"), country):
		case onlyCountries(sender):
			c.Warn(fmt.Sprintf("details.countries adds %s, %s, and in %s they can't be given any more: %s, or remove %s again: else the launch fails for it", country, lacks, jsonvalue.Text(sender, "state"), askSupport, country))
		default:
			c.Warn(fmt.Sprintf("details.countries adds %s, %s: give the answers before the launch, since in %s they can't be given any more", country, lacks, launchedStates))
		}
	}
	return nil
}

// merged is a thing as a change leaves it: objects are merged, and null takes
// away.
func merged(thing, change map[string]any) map[string]any {
	out := map[string]any{}
	maps.Copy(out, thing)
	for name, value := range change {
		inner, isObject := value.(map[string]any)
		switch {
		case value == nil:
			delete(out, name)
		case isObject:
			out[name] = merged(jsonvalue.Object(thing, name), inner)
		default:
			out[name] = value
		}
	}
	return out
}

// unanswered names the answers that a country still asks for, "" for none.
func unanswered(questionnaire map[string]any, country string) string {
	r := catalog.CountryNeeds(questionnaire, country)
	var lacks []string
	if len(r.Missing) > 0 {
		lacks = append(lacks, "whose launch needs "+joinPaths(r.Missing))
	}
	if len(r.Asked) > 0 {
		lacks = append(lacks, "whose questionnaire asks for "+joinPaths(r.Asked)+" (the API decides)")
	}
	return strings.Join(lacks, ", and ")
}

// joinPaths writes what paths have in common once: a.b and a.c as a.{b, c}.
func joinPaths(paths []string) string {
	names := map[string][]string{}
	for _, path := range paths {
		at := strings.LastIndex(path, ".")
		names[path[:at]] = append(names[path[:at]], path[at+1:])
	}
	var joined []string
	for _, before := range slices.Sorted(maps.Keys(names)) {
		inside := strings.Join(names[before], ", ")
		if len(names[before]) > 1 {
			inside = "{" + inside + "}"
		}
		joined = append(joined, before+"."+inside)
	}
	return strings.Join(joined, ", ")
}

// laterCountries says, before a first launch, which countries can't be added
// after it because their answers are missing.
func laterCountries(sender map[string]any) string {
	details := jsonvalue.Object(sender, "details")
	var lacks []string
	for _, country := range catalog.LaunchCountries() {
		if !slices.Contains(jsonvalue.Texts(details, "countries"), country) && unanswered(jsonvalue.Object(details, "questionnaire"), country) != "" {
			lacks = append(lacks, country)
		}
	}
	if onlyCountries(sender) || len(lacks) == 0 {
		return ""
	}
	return fmt.Sprintf("%s have questionnaires of their own, which can't be answered after the launch. The answers for %s are missing or incomplete: to launch there later, add them before this launch.", allOf(catalog.LaunchCountries()), strings.Join(lacks, ", "))
}
