package template

// form says how the value of a field differs between Meta's JSON and the arguments.
type form int

const (
	asIs    form = iota
	word         // a word in any case, which is in upper case here
	number       // an id, which Meta's JSON may have as a number, and which is a text here
	samples      // a list of texts here, which Meta's JSON may have as one text
	apps         // the apps of an OTP button
)

// field is a field of a component or of a button: its name in Meta's JSON and here.
type field struct {
	meta, ours string
	form       form
}

// The fields of each kind of component and of button that both have. Texts with
// variables, examples of headers and bodies, and lists of components and buttons are
// read apart from them.
var (
	componentFields = map[string][]field{
		"HEADER":             {},
		"BODY":               {{"add_security_recommendation", "addSecurityRecommendation", asIs}},
		"FOOTER":             {{"text", "text", asIs}, {"code_expiration_minutes", "codeExpirationMinutes", asIs}},
		"LIMITED_TIME_OFFER": {{"text", "text", asIs}, {"has_expiration", "hasExpiration", asIs}}, // in limited_time_offer
		"BUTTONS":            {},
		"CAROUSEL":           {},
	}
	buttonFields = map[string][]field{
		"QUICK_REPLY":  {{"text", "text", asIs}},
		"PHONE_NUMBER": {{"text", "text", asIs}, {"phone_number", "phoneNumber", asIs}},
		"URL":          {{"text", "text", asIs}, {"url", "url", asIs}, {"example", "examples", samples}},
		"COPY_CODE":    {{"example", "examples", samples}},
		"FLOW": {
			{"text", "text", asIs}, {"flow_id", "flowId", number}, {"flow_action", "flowAction", word},
			{"navigate_screen", "navigateScreen", asIs},
		},
		"OTP": {
			{"otp_type", "otpType", word}, {"text", "text", asIs}, {"autofill_text", "autofillText", asIs},
			{"package_name", "packageName", asIs}, {"signature_hash", "signatureHash", asIs},
			{"supported_apps", "supportedApps", apps}, {"zero_tap_terms_accepted", "zeroTapTermsAccepted", asIs},
		},
		"REQUEST_CONTACT_INFO": {},
		"ORDER_DETAILS":        {},
	}
	appFields = []field{{"package_name", "packageName", asIs}, {"signature_hash", "signatureHash", asIs}}
	bidFields = []field{{"bid_amount", "bidAmount", asIs}, {"bid_strategy", "bidStrategy", word}}
)

// mediaFormats are those of headers with a file.
var mediaFormats = []string{"IMAGE", "VIDEO", "DOCUMENT"}

// oldCategories are those that Meta had until 2023, with what became of them.
var oldCategories = map[string]string{
	"TRANSACTIONAL": "UTILITY", "OTP": authentication,
	"ACCOUNT_UPDATE": "UTILITY", "ALERT_UPDATE": "UTILITY", "APPOINTMENT_UPDATE": "UTILITY", "AUTO_REPLY": "UTILITY",
	"ISSUE_RESOLUTION": "UTILITY", "PAYMENT_UPDATE": "UTILITY", "PERSONAL_FINANCE_UPDATE": "UTILITY",
	"RESERVATION_UPDATE": "UTILITY", "SHIPPING_UPDATE": "UTILITY", "TICKET_UPDATE": "UTILITY", "TRANSPORTATION_UPDATE": "UTILITY",
}

// leftOut says why a field of Meta's JSON has no counterpart, by its name, or that of its
// kind with a dot and its name; noField says it of all others.
var leftOut = map[string]string{
	"id":                              "Meta's id: a new template gets one of its own",
	"status":                          "the state at Meta: a new template is reviewed again",
	"rejected_reason":                 "the review at Meta: a new template is reviewed again",
	"quality_score":                   "measured at Meta: a new template begins without",
	"previous_category":               "history at Meta",
	"correct_category":                "the category that Meta finds right: use it as category if the template is refused",
	"sub_category":                    "the Provisioning API takes the category alone",
	"library_template_name":           "the Provisioning API has no template library: the components are taken as they are",
	"cta_url_link_tracking_opted_out": "the Provisioning API can't turn link tracking off",
	"language.policy":                 "belongs to a message that is sent",
	"COPY_CODE.text":                  "WhatsApp writes the label of this button",
	"REQUEST_CONTACT_INFO.text":       "WhatsApp writes the label of this button",
	"ORDER_DETAILS.text":              "WhatsApp writes the label of this button",
	"FLOW.flow_name":                  "a flow is named by its id: give flowId; whatsapp_flow_list has the ids",
	"FLOW.flow_json":                  "a flow can't be made with the template: publish it at Meta first, and give flowId; whatsapp_flow_list has the ids",
}

// structures say what a field has that is read into.
var structures = map[string]string{
	"components": "a list of objects", "buttons": "a list of objects", "cards": "a list of objects", "supported_apps": "a list of objects",
	"example": "an object", "limited_time_offer": "an object", "bid_spec": "an object",
}

const noField = "the Provisioning API has no such field"
