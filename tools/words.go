package tools

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"papi-mcp/internal/papi"
)

// listedWords is what the list of tools says of properties, by the property's name or by
// the tool's and the property's path: what a first call needs to know.
var listedWords = map[string]string{
	argAll:                                 "all pages",
	argConfirm:                             "token from confirmation_required",
	argRegisteredElsewhere:                 "the person had the code requested elsewhere",
	"billingCategory":                      "the last three are deprecated",
	"buttons":                              "each type once",
	"clientBusinessManagerId":              "from Meta Business Manager",
	"convApiApp":                           "also create a Conversation app",
	"convApiAppId":                         "an existing app; not with convApiApp",
	"countryCode":                          "calling code, digits only",
	"deleteSubmitted":                      "also at Meta",
	"endTimestamp":                         "milliseconds since 1970; now if unset",
	"filterStatuses":                       "of pending changes",
	"imageUrl":                             "public URL",
	"logoImage":                            "public URL",
	"midLevelCategoryCode":                 "4 digits",
	"phoneNumber":                          "without the country code",
	"photoUrl":                             "public URL",
	"questionnaire":                        "needed to launch",
	"search":                               "part of the text",
	"secret":                               "signs the events",
	"securityFlag":                         "for one-time passwords and the like",
	"subLevelCategoryCode":                 "4 digits",
	"target":                               "URL",
	"testNumber":                           "E.164",
	"testNumbers":                          "E.164",
	"timeframe":                            "days",
	"topLevelCategoryCode":                 "3 digits",
	"usQuestionnaireVersion":               "v2 is the current one",
	"wabaId":                               "looked up if unset",
	"wabaName":                             "its exact name at Meta",
	"event_list detail":                    "full shows the payloads",
	"event_list since":                     "24h, 7d, a date, RFC 3339; default the newest",
	"event_list until":                     "same forms",
	"event_subscribe triggers":             "or families of them: whatsapp, rcs, whatsapp_template; default ALL",
	"project_activity since":               "24h, 7d, a date, RFC 3339; default 7d",
	"project_activity until":               "same forms; default now",
	"rcs_sender_readiness countries":       "where to launch; default the sender's",
	"bundle_create name":                   "for all parts without one",
	"bundle_create webhooks":               "of the Provisioning API",
	"kakaotalk_template_list templateName": "beginning of the name",
	"whatsapp_template_convert template":   "{name, language, category, components}, or the answer of a GET",
	"whatsapp_sender_verify code":          "6 characters",
	"whatsapp_template_lint details":       "those of whatsapp_template_create",
	"whatsapp_template_create name":        "a-z, 0-9 and _",
	"whatsapp_template_list templateName":  "beginning of the name",
	"whatsapp_template_update category":    "only in DRAFT, or rejected with INCORRECT_CATEGORY",
}

// selfExplanatory are the properties of which the list says nothing: their names do. Of
// those that are in neither place it says the first clause of the contract's text.
var selfExplanatory = strings.Fields(`
	about accessToken address adminPhoneNo businessCategory categoryCode code components
	consentManagerSettings content convApp conversationAppId countries description detail
	details displayName email extra filterConvAppIds filterConversationApiAppId filterSenderIds
	filterSenderName filterSmsAppIds filterStates imageName language languageCode
	messageSendTtlSeconds metaLocalStorage name optimization pageSize pageToken phoneNumberId
	phoneNumberProvider plusFriendId processingMode region retentionPolicy saveDraftOnFailure
	senderDetails senderId smsApp status subproject subtitle templateAnalyticsDateRange
	templateCode templateName title triggers usQuestionnaireBrandCampaignVersion useCase
	username vertical webhooks websiteOne websiteTwo
`)

// words is what the list says of the property at a path besides its type.
func (l lister) words(path string, s *papi.Schema) string {
	name := path[strings.LastIndex(path, ".")+1:]
	words, ours := listedWords[l.tool+" "+path]
	if !ours {
		words, ours = listedWords[name]
	}
	if !ours && !slices.Contains(selfExplanatory, name) {
		words, _, _ = strings.Cut(s.Description, ";")
		words, _, _ = strings.Cut(words, " (")
		words, _, _ = strings.Cut(words, ". ")
		if repeats(words, name) {
			words = ""
		}
	}
	if text, ok := s.Default.(string); ok && len(s.Enum) > 0 {
		words = joined(words, fmt.Sprintf("%s if unset", text))
	}
	return words
}

// repeats reports whether words say nothing that the name does not say.
func repeats(words, name string) bool {
	name = strings.ToLower(name)
	return !slices.ContainsFunc(strings.FieldsFunc(strings.ToLower(words), func(r rune) bool { return !unicode.IsLetter(r) }), func(word string) bool {
		return len(word) > 3 && !strings.Contains(name, strings.TrimSuffix(word, "s"))
	})
}
