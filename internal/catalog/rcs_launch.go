package catalog

import (
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// What a launch of an RCS sender needs, besides a state that allows it: what the
// contract's schemas mark as needed at launch (1.2.117).

// launchBrand has the brand's fields.
const launchBrand = "RcsSenderDetailsBrandInputDto"

// questions are the answers of a part of the questionnaire that concern a
// launch: those that its schema marks as needed, and others that the
// questionnaire asks for, which the API decides about.
type questions struct {
	schema string
	asked  []string
}

// The parts that every sender answers, and those of a country, whose name is the
// country's in small letters. The US part depends on its version.
var (
	launchParts = map[string]questions{
		"general":      {schema: "RcsSenderDetailsQuestionnaireGeneralAnswersInputDto"},
		"verification": {schema: "RcsSenderDetailsQuestionnaireVerificationAnswersInputDto"},
	}
	countryAsks = map[string]questions{
		"GB": {schema: "RcsSenderDetailsQuestionnaireGBAnswersInputDto", asked: []string{"companyRegistrationNumber", "fullCompanyAddress", "messagesFrequency"}},
		"FR": {schema: "RcsSenderDetailsQuestionnaireFRAnswersInputDto", asked: []string{"fullCompanyAddress", "siren"}},
	}
	usFirst = questions{schema: "RcsSenderDetailsQuestionnaireUSAnswersInputDto", asked: []string{"fullCompanyAddress"}}
)

// usFirstOnly are the answers that only the first US questionnaire has.
var usFirstOnly = []string{"ein", "fullCompanyAddress", "fullCompanyAddressMetadata", "smsCampaign"}

// usSchemas are the complete answers of the second US questionnaire, by version.
var usSchemas = map[string]string{
	"US_PUBLIC":      "RcsUsPublicBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto",
	"US_PRIVATE":     "RcsUsPrivateBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto",
	"NON_US_PUBLIC":  "RcsNonUsPublicBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto",
	"NON_US_PRIVATE": "RcsNonUsPrivateBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto",
}

// LaunchReport is what a launch of an RCS sender still needs, as paths in the
// sender, sorted.
type LaunchReport struct {
	Missing []string
	// Asked are answers that the questionnaire asks for and the contract does
	// not mark as needed: the API decides.
	Asked []string
	// Campaign is the version of the second US questionnaire that the answers
	// belong to, "" for the first or none.
	Campaign string
}

// LaunchNeeds reports what a sender, as rcs_sender_get shows it, still needs
// for a launch in its countries. Its state is not checked.
func LaunchNeeds(sender map[string]any) LaunchReport {
	var r LaunchReport
	need := func(ok bool, path string) {
		if !ok {
			r.Missing = append(r.Missing, path)
		}
	}
	countries := jsonvalue.Texts(sender, "details.countries")
	need(len(countries) > 0, "details.countries")
	brand := jsonvalue.Object(sender, "details.brand")
	for _, name := range papi.LookupSchema(launchBrand).NeededAtLaunch() {
		need(!jsonvalue.IsEmpty(brand[name]), "details.brand."+name)
	}
	need(!jsonvalue.IsEmpty(brand["phones"]) || !jsonvalue.IsEmpty(brand["emails"]), "details.brand.phones or details.brand.emails")

	questionnaire := jsonvalue.Object(sender, "details.questionnaire")
	for name, q := range launchParts {
		r.part(questionnaire, name, q)
	}
	for _, country := range countries {
		r.country(questionnaire, country)
	}
	return r.sorted()
}

// CountryNeeds reports what the launch in one country needs of the
// questionnaire, besides what every sender gives.
func CountryNeeds(questionnaire map[string]any, country string) LaunchReport {
	var r LaunchReport
	r.country(questionnaire, country)
	return r.sorted()
}

// LaunchCountries are the countries that ask for answers of their own.
func LaunchCountries() []string { return append(slices.Sorted(maps.Keys(countryAsks)), "US") }

// FirstUSQuestionnaire reports whether US answers are of the first, deprecated
// questionnaire.
func FirstUSQuestionnaire(answers map[string]any) bool {
	return slices.ContainsFunc(usFirstOnly, func(key string) bool { return !jsonvalue.IsEmpty(answers[key]) })
}

func (r LaunchReport) sorted() LaunchReport {
	slices.Sort(r.Missing)
	slices.Sort(r.Asked)
	return r
}

// part adds the answers that a part of the questionnaire lacks.
func (r *LaunchReport) part(questionnaire map[string]any, name string, q questions) {
	path := name + ".answers"
	answers := jsonvalue.Object(questionnaire, path)
	lacking := func(keys []string) (paths []string) {
		for _, key := range keys {
			if jsonvalue.IsEmpty(answers[key]) {
				paths = append(paths, "details.questionnaire."+path+"."+key)
			}
		}
		return paths
	}
	r.Missing = append(r.Missing, lacking(papi.LookupSchema(q.schema).NeededAtLaunch())...)
	r.Asked = append(r.Asked, lacking(q.asked)...)
}

// country adds the answers that a country asks for.
func (r *LaunchReport) country(questionnaire map[string]any, country string) {
	if country != "US" {
		if asks, ok := countryAsks[country]; ok {
			r.part(questionnaire, strings.ToLower(country), asks)
		}
		return
	}
	answers := jsonvalue.Object(questionnaire, "us.answers")
	if FirstUSQuestionnaire(answers) {
		r.part(questionnaire, "us", usFirst)
		return
	}
	r.Campaign = usCampaign(answers)
	r.part(questionnaire, "us", questions{schema: usSchemas[r.Campaign]})
	if jsonvalue.IsEmpty(jsonvalue.Object(questionnaire, "verification.answers")["phone"]) {
		r.Missing = append(r.Missing, "details.questionnaire.verification.answers.phone")
	}
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
