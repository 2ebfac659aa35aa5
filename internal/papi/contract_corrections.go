package papi

import (
	"slices"
	"strings"
)

// applyCorrections corrects the schemas of a family where the contract's own texts
// contradict them (1.2.117). The embedded files stay as the API has them.
func applyCorrections(schemas map[string]*Schema) {
	for name, s := range schemas {
		// "optional at create, needed at launch": a sender's answers may be given
		// in parts, and rcs_sender_launch checks all of them.
		if strings.HasPrefix(name, "Rcs") && strings.HasSuffix(name, "AnswersInputDto") {
			s.requiredAtLaunch = true
		}
		if strings.HasPrefix(name, "Rcs") {
			s.markNeededAtLaunch(launchFields[strings.Replace(name, "RcsUpdate", "Rcs", 1)])
		}
	}
	// "checked when taxIdCountry is US, ignored otherwise"
	for _, owned := range []string{"Public", "Private"} {
		us := schemas["RcsUs"+owned+"BrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto"]
		if abroad := schemas["RcsNonUs"+owned+"BrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto"]; us != nil && abroad != nil {
			abroad.Properties["addressState"] = us.Properties["addressState"]
		}
	}
	// The question of the same name is deprecated in a create.
	if gb := schemas["RcsUpdateSenderDetailsQuestionnaireGBAnswersInputDto"]; gb != nil {
		gb.Properties["campaignLength"].Deprecated = true
	}
	// "when left empty it is looked up by projectId"
	if signup := schemas["WhatsappSenderInputEsDto"]; signup != nil {
		signup.Required = slices.DeleteFunc(signup.Required, func(name string) bool { return name == "wabaId" })
	}
	// A list has items, not a length; the schema of the answer limits the items.
	if hook := schemas["BundlesConversationAppWebhooksInputDto"]; hook != nil {
		triggers := hook.Properties["triggers"]
		triggers.MaxItems, triggers.MaxLength = triggers.MaxLength, nil
	}
	for _, c := range mediaTexts {
		if s := schemas[c.schema]; s != nil {
			c.apply(s.Properties[c.property])
		}
	}
}

// launchFields are what a launch of an RCS sender needs by the notes of
// rcs_sender_launch, where the description of the field does not say so.
var launchFields = map[string][]string{
	"RcsSenderDetailsBrandInputDto":                       {"bannerUrl", "logoUrl", "privacyPolicyUrl", "termsOfServiceUrl"},
	"RcsSenderDetailsQuestionnaireGeneralAnswersInputDto": {"interactionsDescription", "optInDescription", "optOutDescription", "triggerDescription"},
	// All versions of the complete answers require it.
	"RcsBrandCampaignUpdateSenderDetailsQuestionnaireUSAnswersInputDto": {"companyEmailAddress"},
}

// launchText is how a description says that a launch needs its property.
const launchText = "optional at create, needed at launch"

// markNeededAtLaunch marks the properties with these names, and those whose
// description says so without a condition.
func (s *Schema) markNeededAtLaunch(names []string) {
	for name, p := range s.Properties {
		p.neededAtLaunch = slices.Contains(names, name) || slices.Contains(strings.Split(p.Description, "; "), launchText)
	}
}

// NeededAtLaunch returns the names of the properties that a launch needs, sorted.
func (s *Schema) NeededAtLaunch() []string {
	var names []string
	for name, p := range s.Properties {
		if p.neededAtLaunch || s.requiredAtLaunch && slices.Contains(s.Required, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// textCorrection replaces a part of a property's description, or of its items'.
type textCorrection struct{ schema, property, old, new string }

// mediaTexts say that media are given as public URLs. Some of the contract's texts
// name handles and uploaded files, others only the image; but no operation uploads
// anything, and the errors (file_not_found, template_check_media_file_size) are
// about the URL.
var mediaTexts = []textCorrection{
	{"WhatsappCardHeaderComponentDto", "examples", "handle of the uploaded media", mediaURL},
	{"WhatsappPartialCardHeaderComponentDto", "examples", "handle of the uploaded media", mediaURL},
	{"WhatsappInputCardHeaderComponentDto", "examples", "handle of an uploaded media asset", mediaURL},
	{"WhatsappMediaHeaderComponentInputDto", "examples", "", mediaURL + "; "},
	{"WhatsappMediaHeaderExampleInputDto", "url", "file location", "public URL of the file"},
	{"WhatsappInputCardMediaHeaderExampleDto", "url", "file location", "public URL of the file"},
	{"WhatsappInputSenderPartnerInitiatedDetailsDto", "photoUrl", "image of the sender", "public URL of the sender's image"},
	{"WhatsappSenderInputDetailsDto", "photoUrl", "image of the sender", "public URL of the sender's image"},
	{"WhatsappUpdateSenderInputDetailsDto", "photoUrl", "url of the sender image", "public URL of the sender's image"},
	{"RcsSenderDetailsBrandInputDto", "bannerUrl", "", "public URL of the banner: "},
	{"RcsSenderDetailsBrandInputDto", "logoUrl", "", "public URL of the logo: "},
	{"RcsUpdateSenderDetailsBrandInputDto", "bannerUrl", "", "public URL of the banner: "},
	{"RcsUpdateSenderDetailsBrandInputDto", "logoUrl", "", "public URL of the logo: "},
	{"KakaotalkInputSenderDetailsDto", "logoImage", "sender logo", "public URL of the sender's logo"},
	{"KakaotalkInputUpdateSenderDetailsDto", "logoImage", "sender logo", "public URL of the sender's logo"},
	{"KakaotalkInputTemplateDetailsDto", "imageUrl", "", "public URL of the image: "},
	{"KakaotalkInputUpdateTemplateDetailsDto", "imageUrl", "", "public URL of the image: "},
	{"KakaotalkTemplateDetailsDto", "imageName", "uploaded file", imageFile},
	{"KakaotalkTemplateChangesDetailsDto", "imageName", "uploaded file", imageFile},
	{"KakaotalkInputTemplateDetailsDto", "imageName", "uploaded file", imageFile},
	{"KakaotalkInputUpdateTemplateDetailsDto", "imageName", "uploaded file", imageFile},
}

const (
	mediaURL  = "public URL of the media, which the API fetches: there is no upload"
	imageFile = "image file at imageUrl; there is no upload"
)

// apply panics where the text is a different one: a new version of the contract may
// not need the correction, and the tests find that.
func (c textCorrection) apply(s *Schema) {
	if s.Description == "" {
		s = s.Items
	}
	if !strings.Contains(s.Description, c.old) {
		panic("papi: the text of " + c.schema + "." + c.property + " is not the one to correct: " + s.Description)
	}
	s.Description = strings.Replace(s.Description, c.old, c.new, 1)
}
