package guard

import (
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// launchable are the states from which an RCS sender may be launched.
var launchable = []string{"IN_TEST", "LAUNCHING", "LAUNCHED", "UNLAUNCHED"}

// launchBrand are the brand's fields that a launch needs.
var launchBrand = []string{"bannerUrl", "logoUrl", "privacyPolicyUrl", "termsOfServiceUrl"}

// questions are the answers of a part of the questionnaire that a launch looks
// at.
type questions struct {
	// needed must be answered ("needed at launch", or required of whole US
	// answers).
	needed []string
	// asked are not marked as needed by the contract: the API judges.
	asked []string
}

// The parts that are asked of every sender, and those of a country. The US
// part is by its version.
var (
	launchParts = map[string]questions{
		"general":      {needed: []string{"optInDescription", "triggerDescription", "interactionsDescription", "optOutDescription"}},
		"verification": {needed: []string{"name", "email", "website"}},
	}
	countryParts = map[string]string{"FR": "fr", "GB": "gb", "US": "us"}
	countryAsks  = map[string]questions{
		"GB": {needed: []string{"brandIndustry", "companyLegalName", "messagesVolume"}, asked: []string{"companyRegistrationNumber", "fullCompanyAddress", "messagesFrequency"}},
		"FR": {asked: []string{"fullCompanyAddress", "siren"}},
	}
	usFirst = questions{needed: []string{"companyLegalName", "brandIndustry", "messagesVolume"}, asked: []string{"fullCompanyAddress"}}
)

// usFirstOnly are the answers that only the first US questionnaire has.
var usFirstOnly = []string{"ein", "fullCompanyAddress", "fullCompanyAddressMetadata", "smsCampaign"}

// launchReport is what a launch of an RCS sender still needs.
type launchReport struct {
	missing []string // paths, and what is wrong with the state
	asked   []string // paths of answers that the API may want
	// campaign is the version of the second US questionnaire, "" for the
	// first or none.
	campaign string
}

// part looks at the answers of a part of the questionnaire.
func (r *launchReport) part(questionnaire map[string]any, name string, q questions) {
	answers := jsonvalue.Object(questionnaire, name+".answers")
	for into, keys := range map[*[]string][]string{&r.missing: q.needed, &r.asked: q.asked} {
		for _, key := range keys {
			if jsonvalue.IsEmpty(answers[key]) {
				*into = append(*into, "details.questionnaire."+name+".answers."+key)
			}
		}
	}
}

// country looks at the answers that a country asks for.
func (r *launchReport) country(questionnaire map[string]any, country string) {
	if country != "US" {
		if asks, ok := countryAsks[country]; ok {
			r.part(questionnaire, countryParts[country], asks)
		}
		return
	}
	answers := jsonvalue.Object(questionnaire, "us.answers")
	if firstUS(answers) {
		r.part(questionnaire, "us", usFirst)
		return
	}
	r.campaign = usCampaign(answers)
	r.part(questionnaire, "us", questions{needed: papi.LookupSchema(usSchemas[r.campaign]).Required})
	r.part(questionnaire, "verification", questions{needed: []string{"phone"}})
}

// countryNeeds is what the launch in one country needs beside what every sender
// gives.
func countryNeeds(questionnaire map[string]any, country string) launchReport {
	var r launchReport
	r.country(questionnaire, country)
	return r
}

// launchNeeds looks at a sender as rcs_sender_get shows it.
func launchNeeds(sender map[string]any) launchReport {
	var r launchReport
	details := jsonvalue.Object(sender, "details")
	need := func(ok bool, what string) {
		if !ok {
			r.missing = append(r.missing, what)
		}
	}
	state, _ := sender["state"].(string)
	need(slices.Contains(launchable, state), fmt.Sprintf("state: %s, and only %s can be launched", or(state, "none"), strings.Join(launchable, ", ")))
	countries := jsonvalue.Texts(details, "countries")
	need(len(countries) > 0, "details.countries")
	brand := jsonvalue.Object(details, "brand")
	for _, name := range launchBrand {
		need(!jsonvalue.IsEmpty(brand[name]), "details.brand."+name)
	}
	need(!jsonvalue.IsEmpty(brand["phones"]) || !jsonvalue.IsEmpty(brand["emails"]), "details.brand.phones or details.brand.emails")

	questionnaire := jsonvalue.Object(details, "questionnaire")
	for name, q := range launchParts {
		r.part(questionnaire, name, q)
	}
	for _, country := range countries {
		r.country(questionnaire, country)
	}
	slices.Sort(r.missing)
	slices.Sort(r.asked)
	return r
}

// usSchemas are the whole answers of the second US questionnaire, by version.
var usSchemas = map[string]string{
	"US_PUBLIC":      "RcsUsPublicBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto",
	"US_PRIVATE":     "RcsUsPrivateBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto",
	"NON_US_PUBLIC":  "RcsNonUsPublicBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto",
	"NON_US_PRIVATE": "RcsNonUsPrivateBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto",
}

// usCampaign is the version that answers belong to. Without ownershipType or
// taxIdCountry it is the one that asks least: what every version asks.
func usCampaign(answers map[string]any) string {
	version := "NON_US_"
	if answers["taxIdCountry"] == "US" {
		version = "US_"
	}
	if answers["ownershipType"] == "PUBLIC" {
		return version + "PUBLIC"
	}
	return version + "PRIVATE"
}

// firstUS reports whether answers are of the first, deprecated US questionnaire.
func firstUS(answers map[string]any) bool {
	return slices.ContainsFunc(usFirstOnly, func(key string) bool { return !jsonvalue.IsEmpty(answers[key]) })
}

// launchWaits are the states that end by themselves. What the sender lacks does
// not matter in them.
var launchWaits = []string{"PREPARING_LAUNCH", "IN_PROGRESS"}

// launchRefusal tells all that a launch still needs, at once; in a state that
// ends by itself, to wait.
func launchRefusal(c *Call, s seen) *Refusal {
	sender := s["rcs_sender_get"]
	r := launchNeeds(sender)
	if state := jsonvalue.Text(sender, "state"); slices.Contains(launchWaits, state) {
		return &Refusal{
			Message:    fmt.Sprintf("the sender is %s, which ends by itself: it can't be launched now", state),
			Resolution: "wait, and look again with rcs_sender_get: its next says when, and what to do then",
			Info:       map[string]any{"missing": r.missing},
			Next:       []catalog.Next{readRcsSender.next(c, "wait, and look again: "+state+" ends by itself")},
		}
	}
	if len(r.missing) == 0 {
		if len(r.asked) > 0 {
			c.Warn("not answered, though the questionnaire asks for it (the API judges): " + strings.Join(r.asked, ", "))
		}
		return nil
	}
	refusal := &Refusal{
		Message:    fmt.Sprintf("the sender can't be launched yet; missing: %s", strings.Join(r.missing, "; ")),
		Resolution: "complete the sender with rcs_sender_update, all that is missing at once, and launch it again",
		Info:       map[string]any{"missing": r.missing},
		Next:       []catalog.Next{readRcsSender.next(c, "look at the sender, and what comes next in its state")},
	}
	if len(r.asked) > 0 {
		refusal.Info["askedToo"] = r.asked
	}
	id := map[string]any{"senderId": c.Args["senderId"]}
	switch {
	case onlyCountries(sender):
		leadOut(refusal, id, sender)
	case slices.ContainsFunc(r.missing, inDetails):
		refusal.Next = append(refusal.Next, catalog.Next{Do: "complete the sender with what is missing", Tool: "rcs_sender_update", Args: id, Needs: []string{"details"}})
		if !jsonvalue.IsEmpty(sender["useCase"]) {
			refusal.Next = append(refusal.Next, catalog.Next{Do: "read the questions, for the answers that are missing", Tool: "rcs_questionnaire_get", Args: questionsAbout(sender, r), Needs: []string{}})
		}
	}
	return refusal
}

// questionsAbout are the arguments that read the questions of a sender.
func questionsAbout(sender map[string]any, r launchReport) map[string]any {
	ask := map[string]any{"useCase": sender["useCase"]}
	if countries := jsonvalue.Field(sender, "details.countries"); !jsonvalue.IsEmpty(countries) {
		ask["countries"] = countries
	}
	if r.campaign != "" {
		ask["usQuestionnaireBrandCampaignVersion"] = r.campaign
	}
	return ask
}

// inDetails reports whether a path is one that an update of the sender can give.
func inDetails(path string) bool { return strings.HasPrefix(path, "details.") }

// LaunchMissing is what an RCS sender, as rcs_sender_get shows it, lacks for a
// launch, as paths; its state aside.
func LaunchMissing(sender map[string]any) []string {
	return slices.DeleteFunc(launchNeeds(sender).missing, func(path string) bool { return !inDetails(path) })
}
