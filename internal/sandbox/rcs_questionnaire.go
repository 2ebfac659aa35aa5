package sandbox

import (
	"slices"
	"strings"
	"sync"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// rcsQuestionSchemas are the schemas of the questions of an RCS questionnaire, by
// its parts.
var rcsQuestionSchemas = map[string]string{
	"general":           "RcsSenderDetailsQuestionnaireGeneralQuestionsDto",
	"verification":      "RcsSenderDetailsQuestionnaireVerificationQuestionsDto",
	"gb":                "RcsSenderDetailsQuestionnaireGBQuestionsDto",
	"fr":                "RcsSenderDetailsQuestionnaireFRQuestionsDto",
	"us/v1":             "RcsSenderDetailsQuestionnaireUSQuestionsDto",
	"us":                "RcsBrandCampaignSenderDetailsQuestionnaireUSQuestionsDto",
	"us/US_PUBLIC":      "RcsUsPublicBrandCampaignSenderDetailsQuestionnaireUSQuestionsDto",
	"us/US_PRIVATE":     "RcsUsPrivateBrandCampaignSenderDetailsQuestionnaireUSQuestionsDto",
	"us/NON_US_PUBLIC":  "RcsNonUsPublicBrandCampaignSenderDetailsQuestionnaireUSQuestionsDto",
	"us/NON_US_PRIVATE": "RcsNonUsPrivateBrandCampaignSenderDetailsQuestionnaireUSQuestionsDto",
}

// rcsAnswerSchemas are the schemas of complete US answers.
var rcsAnswerSchemas = map[string]string{
	"us/US_PUBLIC":      "RcsUsPublicBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto",
	"us/US_PRIVATE":     "RcsUsPrivateBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto",
	"us/NON_US_PUBLIC":  "RcsNonUsPublicBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto",
	"us/NON_US_PRIVATE": "RcsNonUsPrivateBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto",
}

// rcsPartialSchemas are the schemas of answers that need not be complete. Their
// descriptions say which answers are needed at launch.
var rcsPartialSchemas = map[string]string{
	"gb":    "RcsSenderDetailsQuestionnaireGBAnswersInputDto",
	"fr":    "RcsSenderDetailsQuestionnaireFRAnswersInputDto",
	"us/v1": "RcsSenderDetailsQuestionnaireUSAnswersInputDto",
}

// neededAtLaunch returns the answers of a part that a launch needs.
func neededAtLaunch(part string) []string {
	if schema := rcsAnswerSchemas[part]; schema != "" {
		return slices.Sorted(slices.Values(papi.LookupSchema(schema).Required))
	}
	var needed []string
	for key, property := range papi.LookupSchema(rcsPartialSchemas[part]).Properties {
		if strings.Contains(property.Resolve().Description, "needed at launch") {
			needed = append(needed, key)
		}
	}
	slices.Sort(needed)
	return needed
}

// suggestions are the answers that the questionnaire suggests, by part. Any other
// text is valid too, except in the current US part, whose values are those of the
// contract.
var suggestions = sync.OnceValue(func() map[string]map[string][]any {
	industries := []any{
		"Automotive", "Beauty, spa and salon", "Clothing", "Education", "Entertainment", "Event planning and service",
		"Finance and banking", "Food and groceries", "Public service", "Hotel and lodging", "Medical and health", "Charity",
		"Professional services", "Shopping and retail", "Travel and transportation", "Restaurant",
	}
	volumes := []any{"0 - 10K messages", "10K - 100K messages", "100K - 1M messages", "1M+ messages"}
	us := map[string][]any{}
	answers := papi.LookupSchema("RcsBrandCampaignUpdateSenderDetailsQuestionnaireUSAnswersInputDto").Resolve().Properties
	for _, key := range []string{"ownershipType", "legalForm", "brandIndustry"} {
		us[key] = answers[key].Resolve().Enum
	}
	return map[string]map[string][]any{
		"general": {"optInDescription": {"By creating an account", "By buying in the shop"}},
		"gb": {
			"brandIndustry": industries, "messagesVolume": volumes,
			"messagesFrequency": {"Once per day", "Once per week", "Once per month", "Once per 3 months", "Once per 6 months"},
			"campaignLength":    {"1 day or less", "2 to 7 days", "8 to 21 days", "1 month", "3 months", "6 months", "Continuous / ongoing"},
		},
		"us/v1": {"brandIndustry": industries, "messagesVolume": volumes},
		"us":    us,
	}
})

// questions returns the questions of a part, made from its schema: an object with
// suggestedAnswers is a question, any other a group of questions.
func questions(part string) map[string]any {
	suggested := suggestions()[part]
	if suggested == nil && strings.HasPrefix(part, "us/") {
		suggested = suggestions()["us"]
	}
	return questionsOf(papi.LookupSchema(rcsQuestionSchemas[part]), suggested)
}

func questionsOf(schema *papi.Schema, suggestions map[string][]any) map[string]any {
	out := map[string]any{}
	for key, property := range schema.Resolve().Properties {
		resolved := property.Resolve()
		if resolved.Properties["suggestedAnswers"] == nil {
			out[key] = questionsOf(property, nil)
			continue
		}
		suggested := suggestions[key]
		if suggested == nil {
			suggested = []any{}
		}
		out[key] = map[string]any{"question": property.Description, "suggestedAnswers": suggested}
	}
	return out
}

// rcsCountryParts are the parts of the countries that have one.
var rcsCountryParts = map[string]string{"GB": "gb", "FR": "fr", "US": "us"}

func rcsQuestions(c *call) answer {
	doc := map[string]any{}
	parts := []string{"general", "verification"}
	for _, country := range c.queryList("countries") {
		if part := rcsCountryParts[country]; part != "" {
			parts = append(parts, part)
		}
	}
	for _, part := range parts {
		key := part
		if part == "us" {
			if c.query["usQuestionnaireVersion"] == "v1" {
				key = "us/v1"
			} else if version, ok := c.query["usQuestionnaireBrandCampaignVersion"].(string); ok {
				key = "us/" + version
			}
		}
		doc[part] = map[string]any{"questions": questions(key)}
	}
	return c.ok(doc)
}

// isLegacyUS reports whether US answers are of the first version.
func isLegacyUS(answers map[string]any) bool {
	for _, key := range []string{"ein", "smsCampaign", "fullCompanyAddress"} {
		if answers[key] != nil {
			return true
		}
	}
	return false
}

// usVersion names the version of the US part that current answers are for.
func usVersion(answers map[string]any) string {
	country, kind := "NON_US", "PRIVATE"
	if jsonvalue.Text(answers, "taxIdCountry") == "US" {
		country = "US"
	}
	if jsonvalue.Text(answers, "ownershipType") == "PUBLIC" {
		kind = "PUBLIC"
	}
	return "us/" + country + "_" + kind
}

// usAnswerViolations validates current US answers. Only a launch needs all of them;
// but a new sender of a PUBLIC company needs its stock exchange and symbol.
func usAnswerViolations(answers map[string]any, isNew bool) []papi.Violation {
	if answers == nil || isLegacyUS(answers) {
		return nil
	}
	given := clone(answers, nil)
	if jsonvalue.Text(given, "taxIdCountry") != "US" {
		delete(given, "addressState") // ignored there
	}
	document := given["stockExchange"] != nil || given["stockSymbol"] != nil
	if given["ownershipType"] == nil && document {
		given["ownershipType"] = "PUBLIC"
	}
	found := papi.LookupSchema(rcsAnswerSchemas[usVersion(given)]).Violations(given, papi.CheckOptions{Closed: true})
	for _, name := range []string{"stockExchange", "stockSymbol"} {
		if isNew && jsonvalue.Text(answers, "ownershipType") == "PUBLIC" && jsonvalue.Text(answers, name) == "" {
			found = append(found, papi.Violation{Path: name, Allowed: "required of a PUBLIC company"})
		}
	}
	if id := jsonvalue.Text(given, "taxId"); id != "" && jsonvalue.Text(given, "taxIdCountry") == "US" && !isEIN(id) {
		found = append(found, papi.Violation{Path: "taxId", Allowed: "XX-XXXXXXX where taxIdCountry is US"})
	}
	return found
}

// isEIN reports whether a text has the form 12-3456789.
func isEIN(text string) bool {
	office, number, ok := strings.Cut(text, "-")
	return ok && len(office) == 2 && len(number) == 7 && strings.Trim(office+number, "0123456789") == ""
}

// renderQuestionnaire returns the parts of the questionnaire that have answers or
// are needed for the countries, with their questions.
func renderQuestionnaire(answers map[string]any, countries []string) map[string]any {
	parts := []string{"general", "verification"}
	for country, part := range rcsCountryParts {
		if slices.Contains(countries, country) || jsonvalue.Object(answers, part) != nil {
			parts = append(parts, part)
		}
	}
	doc := map[string]any{}
	for _, part := range parts {
		given := clone(jsonvalue.Object(answers, part+".answers"), nil)
		key := part
		if part == "us" && isLegacyUS(given) {
			key = "us/v1"
		}
		doc[part] = map[string]any{"questions": questions(key), "answers": given}
	}
	return doc
}
