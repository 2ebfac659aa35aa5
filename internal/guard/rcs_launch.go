package guard

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
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
	r := lint.NewLaunch(sender)
	missing := launchMissing(r)
	if r.Waits {
		return &Refusal{
			Message:    fmt.Sprintf("the sender is %s, which ends on its own: it can't be launched now", state),
			Resolution: "wait, and check again with rcs_sender_get: its next says when, and what to do then",
			Info:       map[string]any{"missing": missing},
			Next:       []catalog.Next{readRcsSender.next(c, "check again later")},
		}
	}
	if r.Ready() {
		if len(r.Asked) > 0 {
			c.Warn("unanswered; the API decides: " + strings.Join(r.Asked, ", "))
		}
		return nil
	}
	refusal := &Refusal{
		Message:    "the sender can't be launched yet: additionalInformation.missing lists what it lacks",
		Resolution: "add all of it with one rcs_sender_update, and launch again",
		Info:       map[string]any{"missing": missing},
		Next:       []catalog.Next{readRcsSender.next(c, "check the sender")},
	}
	if len(r.Asked) > 0 {
		refusal.Info["askedToo"] = short(r.Asked)
	}
	id := map[string]any{"senderId": c.Args["senderId"]}
	switch {
	case r.Fixed:
		addLaunchedSteps(refusal, id, sender)
	case r.Missing != nil:
		refusal.Next = []catalog.Next{nextCall("add what is missing", "rcs_sender_update", id, "details")}
		if !jsonvalue.IsEmpty(sender["useCase"]) {
			refusal.Next = append(refusal.Next, nextCall("read the questions", "rcs_questionnaire_get", questionsAbout(sender, r)))
		}
	}
	return refusal
}

// questionsAbout are the arguments that read the questions of a sender.
func questionsAbout(sender map[string]any, r *lint.Launch) map[string]any {
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
func launchMissing(r *lint.Launch) []string {
	if r.Allowed {
		return short(r.Missing)
	}
	return append([]string{r.StateProblem()}, short(r.Missing)...)
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
	if numbers := jsonvalue.List(details, "testNumbers"); len(numbers) > 0 {
		r.Next = append(r.Next, nextCall("add the test numbers", "rcs_test_number_add", jsonvalue.With(id, "testNumbers", numbers)))
	}
	if r.Next == nil {
		r.Next = []catalog.Next{readRcsSender.next(c, "check the sender")}
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
		if lacks := lint.CountryLacks(jsonvalue.Object(details, "questionnaire"), country); lacks != nil && lacks.Missing != nil {
			leave = append(leave, country)
		} else {
			stay = append(stay, country)
		}
	}
	refusal.Resolution = fmt.Sprintf("in %s only the countries can be changed, and what is missing can't be added any more: %s", state, askSupport)
	if len(leave) > 0 && len(stay) > 0 {
		refusal.Resolution = fmt.Sprintf("in %s only the countries can be changed, and answers can't be given any more: remove %s again, or %s", state, strings.Join(leave, ", "), askSupport)
		refusal.Next = append(refusal.Next, nextCall("remove them, if the person agrees", "rcs_sender_update", jsonvalue.With(id, "details", map[string]any{"countries": stay})))
	}
	if len(refusal.Next) == 1 { // besides the read, a person can ask
		refusal.Next = append(refusal.Next, nextDo("once the answers are there, launch it again")...)
	}
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
	return warnOfCountries(c, nil, "has", "first launch")
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
	return warnOfCountries(c, a.of(readRcsSender), "adds", "launch")
}

// warnOfCountries warns of the countries that the call adds to the sender, and
// whose launch asks for answers that are missing.
func warnOfCountries(c *Call, sender map[string]any, adds, launch string) *Refusal {
	before := jsonvalue.Object(sender, "details")
	now := merged(before, jsonvalue.Object(c.Args, "details"))
	for _, country := range jsonvalue.Texts(now, "countries") {
		lacks := unanswered(jsonvalue.Object(now, "questionnaire"), country)
		switch {
		case lacks == "" || slices.Contains(jsonvalue.Texts(before, "countries"), country):
		case onlyCountries(sender):
			c.Warn(fmt.Sprintf("details.countries adds %s, %s, and in %s they can't be given any more: %s, or remove %s again: else the launch fails for it", country, lacks, jsonvalue.Text(sender, "state"), askSupport, country))
		default:
			c.Warn(fmt.Sprintf("details.countries %s %s, %s: give the answers before the %s, since in %s they can't be given any more", adds, country, lacks, launch, launchedStates))
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
	r := lint.CountryLacks(questionnaire, country)
	if r == nil {
		return ""
	}
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
func joinPaths(paths []string) string { return strings.Join(lint.GroupPaths(paths), ", ") }

// short are the paths, grouped where they are many.
func short(paths []string) []string {
	const many = 5
	if len(paths) > many {
		return lint.GroupPaths(paths)
	}
	return paths
}

// laterCountries says, before a first launch, which countries can't be added
// after it because their answers are missing.
func laterCountries(l *lint.Launch) string {
	if l.Fixed || len(l.Later) == 0 {
		return ""
	}
	return fmt.Sprintf("Add the answers for %s first, if it is to launch there: they can't be given later.", strings.Join(l.Later, ", "))
}
