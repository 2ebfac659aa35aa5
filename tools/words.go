package tools

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"papi-mcp/internal/papi"
)

// listedWords is what the list of tools says of properties, by the property's name or by
// the tool's and the property's path: what a first call needs to know. Of others it says the
// first clause of the contract's text.
var listedWords = map[string]string{
	argAll:                 "all pages",
	argConfirm:             "token from confirmation_required",
	argDetail:              "",
	argRegisteredElsewhere: "the person had the code requested elsewhere",

	"about":                                "",
	"accessToken":                          "",
	"address":                              "",
	"adminPhoneNo":                         "",
	"billingCategory":                      "the last three are deprecated",
	"businessCategory":                     "",
	"buttons":                              "each type once",
	"categoryCode":                         "",
	"clientBusinessManagerId":              "from Meta Business Manager",
	"code":                                 "",
	"components":                           "",
	"consentManagerSettings":               "",
	"content":                              "",
	"convApiApp":                           "also create a Conversation app",
	"convApiAppId":                         "an existing app; not with convApiApp",
	"convApp":                              "",
	"conversationAppId":                    "",
	"countries":                            "",
	"countryCode":                          "calling code, digits only",
	"deleteSubmitted":                      "also at Meta",
	"description":                          "",
	"details":                              "",
	"displayName":                          "",
	"email":                                "",
	"endTimestamp":                         "milliseconds since 1970; now if unset",
	"extra":                                "",
	"filterConvAppIds":                     "",
	"filterConversationApiAppId":           "",
	"filterSenderIds":                      "",
	"filterSenderName":                     "",
	"filterSmsAppIds":                      "",
	"filterStates":                         "",
	"filterStatuses":                       "of pending changes",
	"imageName":                            "",
	"imageUrl":                             "public URL",
	"language":                             "",
	"languageCode":                         "",
	"logoImage":                            "public URL",
	"messageSendTtlSeconds":                "",
	"metaLocalStorage":                     "",
	"midLevelCategoryCode":                 "4 digits",
	"name":                                 "",
	"optimization":                         "",
	"pageSize":                             "",
	"pageToken":                            "",
	"phoneNumber":                          "without the country code",
	"phoneNumberId":                        "",
	"phoneNumberProvider":                  "",
	"photoUrl":                             "public URL",
	"plusFriendId":                         "",
	"processingMode":                       "",
	"questionnaire":                        "needed to launch",
	"region":                               "",
	"retentionPolicy":                      "",
	"saveDraftOnFailure":                   "",
	"search":                               "part of the text",
	"secret":                               "signs the events",
	"securityFlag":                         "for one-time passwords and the like",
	"senderDetails":                        "",
	"senderId":                             "",
	"smsApp":                               "",
	"status":                               "",
	"subLevelCategoryCode":                 "4 digits",
	"subproject":                           "",
	"subtitle":                             "",
	"target":                               "URL",
	"templateAnalyticsDateRange":           "",
	"templateCode":                         "",
	"templateName":                         "",
	"testNumber":                           "E.164",
	"testNumbers":                          "E.164",
	"timeframe":                            "days",
	"title":                                "",
	"topLevelCategoryCode":                 "3 digits",
	"triggers":                             "",
	"usQuestionnaireBrandCampaignVersion":  "",
	"usQuestionnaireVersion":               "v2 is the current one",
	"useCase":                              "",
	"username":                             "",
	"vertical":                             "",
	"wabaId":                               "looked up if unset",
	"wabaName":                             "its exact name at Meta",
	"webhooks":                             "",
	"websiteOne":                           "",
	"websiteTwo":                           "",
	"bundle_create name":                   "for all parts without one",
	"bundle_create webhooks":               "of the Provisioning API",
	"kakaotalk_template_list templateName": "beginning of the name",
	"whatsapp_sender_verify code":          "6 characters",
	"whatsapp_template_create name":        "a-z, 0-9 and _",
	"whatsapp_template_list templateName":  "beginning of the name",
	"whatsapp_template_update category":    "only in DRAFT, or rejected with INCORRECT_CATEGORY",
}

// words is what the list says of the property at a path besides its type.
func (l lister) words(path string, s *papi.Schema) string {
	name := path[strings.LastIndex(path, ".")+1:]
	words, ours := listedWords[l.tool+" "+path]
	if !ours {
		words, ours = listedWords[name]
	}
	if !ours {
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
