package papi

import (
	"slices"
	"strings"
)

// correct puts right the schemas of a family where the contract's own words
// contradict them (1.2.117, its list of doubts). Its files stay as they are.
func correct(schemas map[string]*Schema) {
	for name, s := range schemas {
		// "optional at create, needed at launch": the answers of a sender may be
		// given in parts, and rcs_sender_launch looks at the whole.
		if strings.HasPrefix(name, "Rcs") && strings.HasSuffix(name, "AnswersInputDto") {
			s.atLaunch = true
		}
	}
	// "checked when taxIdCountry is US, ignored otherwise"
	for _, owned := range []string{"Public", "Private"} {
		us := schemas["RcsUs"+owned+"BrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto"]
		if abroad := schemas["RcsNonUs"+owned+"BrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto"]; us != nil && abroad != nil {
			abroad.Properties["addressState"] = us.Properties["addressState"]
		}
	}
	// "when left empty it is looked up by projectId"
	if signup := schemas["WhatsappSenderInputEsDto"]; signup != nil {
		signup.Required = slices.DeleteFunc(signup.Required, func(name string) bool { return name == "wabaId" })
	}
	// A list has items, not a length; the answer's schema counts them too.
	if hook := schemas["BundlesConversationAppWebhooksInputDto"]; hook != nil {
		triggers := hook.Properties["triggers"]
		triggers.MaxItems, triggers.MaxLength = triggers.MaxLength, nil
	}
}
