package guard

import (
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

// launchable are the states from which an RCS sender may be launched.
var launchable = []string{"IN_TEST", "LAUNCHING", "LAUNCHED", "UNLAUNCHED"}

// launchBrand are the brand's fields that a launch needs.
var launchBrand = []string{"bannerUrl", "logoUrl", "privacyPolicyUrl", "termsOfServiceUrl"}

// questions are the answers of a part of the questionnaire that a launch looks
// at.
type questions struct {
	// needed must be answered.
	needed []string
	// asked are not marked as needed by the contract: the API judges. Where no
	// answer of the part is there, they are missing too.
	asked []string
}

// The parts that are asked of every sender, and those of a country. The US
// part is usQuestions, by its version.
var (
	launchParts = map[string]questions{
		"general":      {needed: []string{"optInDescription", "triggerDescription", "interactionsDescription", "optOutDescription"}},
		"verification": {needed: []string{"name", "email", "website"}},
	}
	countryParts = map[string]string{"GB": "gb", "FR": "fr"}
	countryAsks  = map[string]questions{
		"gb": {needed: []string{"brandIndustry", "companyLegalName", "messagesVolume"}, asked: []string{"companyRegistrationNumber", "fullCompanyAddress", "messagesFrequency"}},
		"fr": {asked: []string{"fullCompanyAddress", "siren"}},
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

// launchNeeds looks at a sender as rcs_sender_get shows it.
func launchNeeds(sender map[string]any) launchReport {
	var r launchReport
	details := object(sender, "details")
	need := func(ok bool, what string) {
		if !ok {
			r.missing = append(r.missing, what)
		}
	}
	state, _ := sender["state"].(string)
	need(slices.Contains(launchable, state), fmt.Sprintf("state: %s, and only %s can be launched", or(state, "none"), strings.Join(launchable, ", ")))
	countries := texts(details["countries"])
	need(len(countries) > 0, "details.countries")
	brand := object(details, "brand")
	for _, name := range launchBrand {
		need(answered(brand[name]), "details.brand."+name)
	}
	need(answered(brand["phones"]) || answered(brand["emails"]), "details.brand.phones or details.brand.emails")

	questionnaire := object(details, "questionnaire")
	part := func(name string, q questions) {
		answers := object(questionnaire, name, "answers")
		path := "details.questionnaire." + name + ".answers."
		given := false
		for _, key := range q.needed {
			given = given || answered(answers[key])
			need(answered(answers[key]), path+key)
		}
		for _, key := range q.asked {
			given = given || answered(answers[key])
		}
		for _, key := range q.asked {
			switch {
			case answered(answers[key]):
			case given:
				r.asked = append(r.asked, path+key)
			default:
				need(false, path+key)
			}
		}
	}
	part("general", launchParts["general"])
	verification := launchParts["verification"]
	us := slices.Contains(countries, "US")
	usAnswers := object(questionnaire, "us", "answers")
	second := us && !firstUS(usAnswers)
	if second {
		verification.needed = append(slices.Clone(verification.needed), "phone")
	}
	part("verification", verification)
	for _, country := range countries {
		if name, ok := countryParts[country]; ok {
			part(name, countryAsks[name])
		}
	}
	switch {
	case second:
		r.campaign = usCampaign(usAnswers)
		part("us", questions{needed: papi.LookupSchema(usSchemas[r.campaign]).Required})
	case us:
		part("us", usFirst)
	}
	slices.Sort(r.missing)
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

// firstUS tells whether answers are of the first, deprecated US questionnaire.
func firstUS(answers map[string]any) bool {
	return slices.ContainsFunc(usFirstOnly, func(key string) bool { return answered(answers[key]) })
}

// launchRefusal tells all that a launch still needs, at once.
func launchRefusal(c *Call, s seen) *Refusal {
	sender := s["rcs_sender_get"]
	r := launchNeeds(sender)
	if len(r.missing) == 0 {
		if len(r.asked) > 0 {
			c.Warn("not answered, though the questionnaire asks for it (the API judges): " + strings.Join(r.asked, ", "))
		}
		return nil
	}
	id := map[string]any{"senderId": c.Args["senderId"]}
	ask := map[string]any{}
	for name, value := range map[string]any{"useCase": sender["useCase"], "countries": object(sender, "details")["countries"]} {
		if answered(value) {
			ask[name] = value
		}
	}
	if r.campaign != "" {
		ask["usQuestionnaireBrandCampaignVersion"] = r.campaign
	}
	next := []catalog.Next{readRcsSender.next(c, "look at the sender, and what comes next in its state")}
	if slices.ContainsFunc(r.missing, func(path string) bool { return strings.HasPrefix(path, "details.") }) {
		next = append(next, catalog.Next{Do: "complete the sender with what is missing", Tool: "rcs_sender_update", Args: id, Needs: []string{"details"}})
		if ask["useCase"] != nil {
			next = append(next, catalog.Next{Do: "read the questions, for the answers that are missing", Tool: "rcs_questionnaire_get", Args: ask, Needs: []string{}})
		}
	}
	return &Refusal{
		Message:    fmt.Sprintf("the sender can't be launched yet; missing: %s", strings.Join(r.missing, "; ")),
		Resolution: "complete the sender with rcs_sender_update, all that is missing at once, and launch it again",
		Info:       map[string]any{"missing": r.missing},
		Next:       next,
	}
}
