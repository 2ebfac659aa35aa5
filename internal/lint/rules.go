package lint

// The codes with which the guard refuses what breaks the contract.
const (
	codeBody      = "guard_whatsapp_template_body"
	codeVariables = "guard_whatsapp_template_variables"
	codeExamples  = "guard_whatsapp_template_examples"
	codeMedia     = "guard_whatsapp_header_media"
	codeTTL       = "guard_whatsapp_template_ttl"
	codeURL       = "guard_whatsapp_button_url"
	codeFlow      = "guard_whatsapp_button_flow"
	codeCards     = "guard_whatsapp_carousel_cards"
)

// The pages that state rules: Meta's, and where it publishes no number, those of
// companies that send many templates.
const (
	pages = "https://developers.facebook.com/documentation/business-messaging/whatsapp/"

	pageReview     = pages + "templates/template-review"
	pageComponents = pages + "templates/components"
	pageCategories = pages + "templates/template-categorization"
	pageErrors     = pages + "support/error-codes"
	pageOffers     = pages + "templates/marketing-templates/limited-time-offer-templates"
	pageCarousels  = pages + "templates/marketing-templates/media-card-carousel-templates"
	pageCoupons    = pages + "templates/marketing-templates/coupon-templates"
	pageCodes      = pages + "templates/authentication-templates/copy-code-button-authentication-templates"
)

// Rules are all rules, in the order in which their findings are listed.
var Rules = []Rule{
	// The contract says so.
	{Name: "wa_body_missing", Severity: Refused, About: "A template has a BODY. Likely refused: one without a text outside of AUTHENTICATION.", Source: "WhatsappTemplateDetailsInputDto, 1.2.117", Code: codeBody, check: checkBodyMissing},
	{Name: "wa_variable_format", Severity: Refused, About: "Variables are written {{1}}, {{2}}: no names, no spaces, no single or unbalanced braces.", Source: "WhatsappBodyComponentInputDto, 1.2.117", Code: codeVariables, check: checkVariableFormat},
	{Name: "wa_variable_numbering", Severity: Refused, About: "Variables are numbered from 1 without a gap.", Source: "WhatsappBodyComponentInputDto, 1.2.117", Code: codeVariables, check: checkNumbering},
	{Name: "wa_variable_not_allowed", Severity: Refused, About: "Footers, limited-time offers and the texts of buttons have no variables.", Source: "WhatsappFooterComponentInputDto, WhatsappLimitedTimeOfferComponentInputDto, WhatsappQuickReplyButtonInputDto, 1.2.117", Code: codeVariables, check: checkVariableNotAllowed},
	{Name: "wa_header_variables", Severity: Refused, About: "A header has at most one variable.", Source: "WhatsappTextHeaderComponentInputDto, 1.2.117", Code: codeVariables, check: checkHeaderVariables},
	{Name: "wa_example_count", Severity: Refused, About: "There is one example for each variable of a body or header. Likely refused: examples of a text without a variable.", Source: "WhatsappBodyComponentInputDto, 1.2.117", Code: codeVariables, check: checkExampleCount},
	{Name: "wa_example_placeholder", Severity: Refused, About: "An example has no variable itself.", Source: "WhatsappBodyComponentInputDto, 1.2.117", Code: codeVariables, check: checkExamplePlaceholder},
	{Name: "wa_example_missing", Severity: Refused, About: "A media header and a COPY_CODE button have an example.", Source: "WhatsappMediaHeaderComponentInputDto, WhatsappCopyCodeButtonInputDto, 1.2.117", Code: codeExamples, check: checkExampleMissing},
	{Name: "wa_media_type", Severity: Refused, About: "The mimeType of a header's example is one of its format: IMAGE/JPEG and IMAGE/PNG for IMAGE, VIDEO/3GP and VIDEO/MP4 for VIDEO, APPLICATION/PDF for DOCUMENT.", Source: "WhatsappMediaHeaderExampleInputDto, 1.2.117", Code: codeMedia, check: checkMediaType},
	{Name: "wa_ttl", Severity: Refused, About: "messageSendTtlSeconds is within 10 to 900 for AUTHENTICATION, 43200 to 2592000 for MARKETING, 30 to 43200 for UTILITY.", Source: "WhatsappTemplateDetailsInputDto, 1.2.117", Code: codeTTL, check: checkTTL},
	{Name: "wa_url_restricted", Severity: Refused, About: "A URL button leads neither to wa.me nor to whatsapp.com.", Source: "WhatsappUrlButtonInputDto, 1.2.117", Code: codeURL, check: checkURLRestricted},
	{Name: "wa_url_variable", Severity: Refused, About: "A URL button has no variable except one {{1}} at its very end.", Source: "WhatsappUrlButtonInputDto, 1.2.117", Code: codeURL, check: checkURLVariable},
	{Name: "wa_url_example", Severity: Refused, About: "A URL button has an example if, and only if, it has a variable.", Source: "WhatsappUrlButtonInputDto, 1.2.117", Code: codeURL, check: checkURLExample},
	{Name: "wa_flow_screen", Severity: Refused, About: "A FLOW button that navigates names its first screen.", Source: "WhatsappFlowButtonInputDto, 1.2.117", Code: codeFlow, check: checkFlowScreen},
	{Name: "wa_carousel_cards", Severity: Refused, About: "The cards of a carousel have the same components, with the same types of buttons, among them a header and a body.", Source: "WhatsappInputCarouselComponentDto, WhatsappInputCardDto, 1.2.117", Code: codeCards, check: checkCarouselCards},
	{Name: "wa_length", Severity: Refused, About: "A text or a list is as long as the contract allows. Likely refused: a footer of 61 or 62 characters and a card of 3 buttons, which the contract's own example has.", Source: "createTemplate, 1.2.117", check: checkLength},
	{Name: "wa_schema", Severity: Refused, About: "The arguments are as the contract describes them.", Source: "createTemplate, 1.2.117", check: checkSchema},
	{Name: "wa_name_locked", Severity: Refused, About: "The name was not deleted here in this language within the last 30 days (by what the guard remembers).", Source: "createTemplate, deleteTemplate, 1.2.117"},
	{Name: "wa_name_used", Severity: Refused, About: "The project has no template of this name in this language (only with compare).", Source: "createTemplate, 1.2.117"},
	{Name: "wa_category_languages", Severity: Refused, About: "All languages of a name have the same category (only with compare).", Source: "createTemplate, 1.2.117"},
	{Name: "wa_category_fixed", Severity: Refused, About: "An update changes the category of a draft alone, or of what was rejected for it (only with compare).", Source: "updateTemplate, 1.2.117"},
	{Name: "wa_update_state", Severity: Refused, About: "The state of a template allows an update (only with compare).", Source: "updateTemplate, 1.2.117"},
	{Name: "wa_meta_generated", Severity: Refused, About: "A template that Meta generated is not updated (only with compare).", Source: "updateTemplate, 1.2.117"},
	{Name: "wa_optimization", Severity: Refused, About: "An optimization needs an account with the maximum price feature (only with compare).", Source: "createTemplate, updateTemplate, 1.2.117"},

	// Meta publishes these as mechanical reasons for a rejection.
	{Name: "wa_variable_edge", Severity: Refused, About: "A body neither starts nor ends with a variable; with only punctuation outside of it, that is likely refused.", Source: pageReview, check: checkEdge},
	{Name: "wa_variable_adjacent", Severity: Refused, About: "Between two variables there is more than blanks; with only the marks of formatting there, that is likely refused.", Source: "https://www.twilio.com/docs/content/twilio-quick-reply", check: checkAdjacent},
	{Name: "wa_variable_density", Severity: Refused, About: "A body has enough words for its variables: more than two for each.", Source: pageReview, check: checkDensity},
	{Name: "wa_header_text", Severity: Refused, About: "A text header has no line break, emoji, asterisk or formatting.", Source: pageComponents, check: checkHeaderText},
	{Name: "wa_footer_text", Severity: Refused, About: "A footer has no line break, emoji or formatting.", Source: pageErrors, check: checkFooterText},
	{Name: "wa_button_text", Severity: Refused, About: "The text of a button has no line break, emoji or formatting.", Source: pageErrors, check: checkButtonText},
	{Name: "wa_body_spacing", Severity: Refused, About: "A body has no more than two line breaks in a row; a tab or more than four spaces in a row, in its examples too, are likely refused.", Source: pageComponents, check: checkBodySpacing},
	{Name: "wa_button_mix", Severity: Refused, About: "A template has at most 10 buttons, 2 of them URL, 1 PHONE_NUMBER, 1 COPY_CODE. Likely refused: more than one OTP or FLOW, OTP outside of AUTHENTICATION or another button in it, COPY_CODE in UTILITY.", Source: pageComponents, check: checkButtonMix},
	{Name: "wa_button_order", Severity: Refused, About: "Quick replies come together. Likely refused: other buttons on both sides of them, and the code of a limited-time offer that is not its first button.", Source: pageComponents, check: checkButtonOrder},
	{Name: "wa_button_length", Severity: Refused, About: "A button's phone number has at most 20 characters, its URL 2000.", Source: pageComponents, check: checkButtonLength},
	{Name: "wa_component_category", Severity: Refused, About: "Only a MARKETING template has a carousel or a limited-time offer.", Source: pageCarousels, check: checkComponentCategory},
	{Name: "wa_offer_components", Severity: Refused, About: "A limited-time offer has no footer, no header but an image or a video, a body of at most 600 characters, and a URL button.", Source: pageOffers, check: checkOffer},
	{Name: "wa_duplicate", Severity: Refused, About: "Body and footer are not those of another template of the project (only with compare).", Source: pageReview},

	// These are often rejected or moved to another category, or a vendor's example does
	// them.
	{Name: "wa_variable_lookalike", Severity: Likely, About: "{name}, #{name}, %s and the like are sent as they are.", Source: pageReview, check: checkLookalikes},
	{Name: "wa_component_repeated", Severity: Likely, About: "There is one component of a type.", Source: "WhatsappTemplateDetailsInputDto, 1.2.117", check: checkComponentRepeated},
	{Name: "wa_button_text_repeated", Severity: Likely, About: "Two buttons have different texts.", Source: "WhatsappButtonsComponentInputDto, 1.2.117", check: checkButtonTextRepeated},
	{Name: "wa_authentication_text", Severity: Likely, About: "An AUTHENTICATION template has no text, header or carousel of its own, an OTP button, a code that is valid for 1 to 90 minutes, and at most 5 apps, each with a package name and a hash of 11 characters.", Source: pageCodes, check: checkAuthenticationText},
	{Name: "wa_authentication_field", Severity: Likely, About: "addSecurityRecommendation and codeExpirationMinutes are for AUTHENTICATION.", Source: "WhatsappBodyComponentInputDto, WhatsappFooterComponentInputDto, 1.2.117", check: checkAuthenticationField},
	{Name: "wa_media_extension", Severity: Likely, About: "The file of a header's example has the ending of its format.", Source: "WhatsappMediaHeaderExampleInputDto, 1.2.117", check: checkMediaExtension},
	{Name: "wa_copy_code", Severity: Likely, About: "The example of a COPY_CODE button has at most 15 characters, letters and digits alone.", Source: pageCoupons, check: checkCopyCode},
	{Name: "wa_text_link", Severity: Likely, About: "No text or button has a link to wa.me or to a link shortener.", Source: pageReview, check: checkTextLink},
	{Name: "wa_placeholder_left", Severity: Likely, About: "No placeholder was left in: [Name], TODO, lorem ipsum.", Source: pageCategories, check: checkPlaceholderLeft},
	{Name: "wa_example_personal", Severity: Likely, About: "Examples are not real people's data: phone numbers, e-mail addresses, numbers of cards and bank accounts.", Source: pageReview, check: checkExamplePersonal},
	{Name: "wa_category_marketing", Severity: Likely, About: "A UTILITY template has no promotional words (English, German, Spanish, Portuguese, French): Meta moves it to MARKETING, which costs more.", Source: pageCategories, check: checkCategoryMarketing},
	{Name: "wa_script_language", Severity: Likely, About: "The script of the text is that of the language code.", Source: pageReview, check: checkScript},
	{Name: "wa_emoji_many", Severity: Likely, About: "A body has at most 10 emoji in MARKETING, 6 in UTILITY.", Source: pageReview, check: checkEmojiMany},
	{Name: "wa_similar", Severity: Likely, About: "The body is not almost that of another template of the project (only with compare).", Source: pageReview},

	{Name: "wa_media_size", Severity: Advice, About: "Media headers have the size and the shape that show well; no file is opened.", Source: pageCarousels, check: checkMediaSize},
}
