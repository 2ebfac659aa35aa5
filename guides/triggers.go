package guides

// reported is what a trigger reports where the contract's list of them has no
// words: the words are those of the events themselves.
var reported = map[string]string{
	"KAKAOTALK_SENDER_ACTIVE":          "the sender is verified and can send",
	"KAKAOTALK_SENDER_COMMENT_ADDED":   "a comment was added to the sender",
	"KAKAOTALK_SENDER_INACTIVE":        "the sender was made inactive",
	"KAKAOTALK_SENDER_REJECTED":        "the sender was refused",
	"KAKAOTALK_TEMPLATE_APPROVED":      "the template can be sent",
	"KAKAOTALK_TEMPLATE_COMMENT_ADDED": "a comment was added to the template, perhaps by a reviewer",
	"KAKAOTALK_TEMPLATE_REJECTED":      "the template was refused",

	"RCS_BRAND_REGISTRATION_PROCESS_STATUS_UPDATED": "the status of the registration of the US brand changed",
	"RCS_SENDER_COMMENT_ADDED":                      "a comment was added to the sender",
	"RCS_SENDER_OPERATOR_STATUS_UPDATED":            "the status of an operator changed for the sender",
	"RCS_SENDER_STATUS_UPDATED":                     "the sender's state changed",
	"RCS_ACCOUNT_COMMENT_ADDED":                     "a comment was added to the account",

	"WHATSAPP_ACCOUNT_COMMENT_ADDED":        "a comment was added to the account",
	"WHATSAPP_ACCOUNT_DAILY_LIMIT_CHANGED":  "Meta changed the daily limit of the account",
	"WHATSAPP_ACCOUNT_PENDING_VERIFICATION": "the account waits for the verification of the business",
	"WHATSAPP_ACCOUNT_REJECTED":             "the account was refused",

	"WHATSAPP_SENDER_ACTIVE":                 "the sender can send",
	"WHATSAPP_SENDER_COMMENT_ADDED":          "a comment was added to the sender",
	"WHATSAPP_SENDER_DAILY_LIMIT_CHANGED":    "deprecated: the daily limit of the sender changed; for the account's there is WHATSAPP_ACCOUNT_DAILY_LIMIT_CHANGED",
	"WHATSAPP_SENDER_DELETED":                "the sender was deleted",
	"WHATSAPP_SENDER_DISPLAY_NAME_UPDATED":   "the display name was changed",
	"WHATSAPP_SENDER_ERROR":                  "the sender, or a change of it, is in error",
	"WHATSAPP_SENDER_INACTIVE":               "the sender was made inactive",
	"WHATSAPP_SENDER_PENDING_VERIFICATION":   "the sender waits for its code",
	"WHATSAPP_SENDER_QUALITY_RATING_CHANGED": "the quality rating of the sender changed",
	"WHATSAPP_SENDER_REJECTED":               "the sender, or a change of it, was refused",
	"WHATSAPP_SENDER_USERNAME_UPDATED":       "the username was changed",

	"WHATSAPP_TEMPLATE_APPROVED":              "the template can be sent",
	"WHATSAPP_TEMPLATE_CATEGORY_UPDATED":      "the template's category changed",
	"WHATSAPP_TEMPLATE_COMMENT_ADDED":         "a comment was added to the template, perhaps by a reviewer",
	"WHATSAPP_TEMPLATE_DELETED":               "the template was deleted",
	"WHATSAPP_TEMPLATE_QUALITY_SCORE_UPDATED": "the quality score of the template changed",
	"WHATSAPP_TEMPLATE_REJECTED":              "the template was refused",
	"WHATSAPP_TEMPLATE_STATUS_UPDATED":        "the template's state changed, such as to PAUSED or DISABLED",
}
