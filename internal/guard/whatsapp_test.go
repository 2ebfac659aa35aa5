package guard

import (
	"testing"

	"papi-mcp/internal/papi"
)

func TestAWhatsAppSendersRegionGoesWithItsBusinessManager(t *testing.T) {
	create := func(region, manager string) string {
		return `{"region": "` + region + `", "businessManager": "` + manager + `"}`
	}
	const rule = "whatsapp_sender_region"
	checkRule(t, []ruleCase{
		{name: "BR, Brazil", tool: "whatsapp_sender_create", args: create("BR", "SINCH_BR"), want: "allowed"},
		{name: "BR, Mexico", tool: "whatsapp_sender_create", args: create("BR", "SINCH_MX"), want: "allowed"},
		{name: "BR, the United Kingdom", tool: "whatsapp_sender_create", args: create("BR", "SINCH_UK"), want: rule, says: "SINCH_BR or SINCH_MX"},
		{name: "EU, the United Kingdom", tool: "whatsapp_sender_create", args: create("EU", "SINCH_UK"), want: "allowed"},
		{name: "EU, Brazil", tool: "whatsapp_sender_create", args: create("EU", "SINCH_BR"), want: rule},
		{name: "EU, Mexico", tool: "whatsapp_sender_create", args: create("EU", "SINCH_MX"), want: rule},
		{name: "US, any", tool: "whatsapp_sender_create", args: create("US", "SINCH_UK"), want: "allowed"},
		{name: "no business manager: the project's", tool: "whatsapp_sender_create", args: `{"region": "EU"}`, want: "allowed", reads: []string{"whatsapp_account_get"}},
		{name: "a business manager that the contract's table leaves out", tool: "whatsapp_account_create", args: `{"businessManager": "SINCH_AMERICA", "senderDetails": {"region": "EU"}}`, want: "allowed"},
		{name: "the sender of a new account", tool: "whatsapp_account_create", args: `{"businessManager": "SINCH_BR", "senderDetails": {"region": "EU"}}`, want: rule, says: "senderDetails.region EU does not match business manager SINCH_BR; it matches SINCH_UK"},
		{name: "the sender of a new account, as it should be", tool: "whatsapp_account_create", args: `{"businessManager": "SINCH_UK", "senderDetails": {"region": "EU"}}`, want: "allowed"},
	})
}

func TestAWhatsAppSenderIsOfTheProjectsAccount(t *testing.T) {
	account := func(thing string) map[string]string {
		return map[string]string{"whatsapp_account_get": thing}
	}
	const (
		tool = "whatsapp_sender_create"
		rule = "whatsapp_sender_account"
		has  = `{"state": "ONBOARDED", "businessManager": "SINCH_UK", "wabaId": "100"}`
	)
	read := []string{"whatsapp_account_get"}
	checkRule(t, []ruleCase{
		{name: "the account's own", tool: tool, args: `{"businessManager": "SINCH_UK", "wabaId": "100"}`, api: account(has), want: "allowed", reads: read},
		{name: "another WABA", tool: tool, args: `{"wabaId": "101"}`, api: account(has), want: rule, says: "wabaId is 101, and the project's account has 100", next: "whatsapp_account_get", reads: read},
		{name: "another business manager", tool: tool, args: `{"businessManager": "SINCH_BR"}`, api: account(has), want: rule, says: "businessManager is SINCH_BR"},
		{name: "both are named", tool: tool, args: `{"businessManager": "SINCH_BR", "wabaId": "101"}`, api: account(has), want: rule, says: "has SINCH_UK; wabaId is 101"},
		{name: "a new number in a region of another business manager", tool: tool, args: `{"region": "BR", "phoneNumberProvider": "CUSTOMER", "details": {"countryCode": "48", "phoneNumber": "777777777", "displayName": "Example"}}`, api: account(has), want: rule, says: "region is BR, and the account's business manager SINCH_UK serves EU and US", next: "whatsapp_account_get", reads: read},
		{name: "a signup in such a region", tool: tool, args: `{"region": "BR", "phoneNumberId": "2", "authenticationCode": "c"}`, api: account(has), want: rule, says: "region is BR"},
		{name: "a new number in its own region", tool: tool, args: `{"region": "US", "details": {"countryCode": "48", "phoneNumber": "777777777"}}`, api: account(has), want: "allowed", reads: read},
		{name: "a new number without a region", tool: tool, args: `{"details": {"countryCode": "48", "phoneNumber": "777777777"}}`, api: account(has), want: "allowed", reads: []string{}},
		{name: "a business manager that the table leaves out", tool: tool, args: `{"region": "BR"}`, api: account(`{"state": "ONBOARDED", "businessManager": "SINCH_AMERICA"}`), want: "allowed"},
		{name: "the sender of a rejected account", tool: "whatsapp_account_update", args: `{"senderDetails": {"region": "BR"}}`, api: account(`{"changes": {"status": "REJECTED"}, "businessManager": "SINCH_UK"}`), want: rule, says: "senderDetails.region is BR"},
		{name: "in its own region", tool: "whatsapp_account_update", args: `{"senderDetails": {"region": "EU"}}`, api: account(`{"changes": {"status": "REJECTED"}, "businessManager": "SINCH_UK"}`), want: "allowed"},
		{name: "no WABA is given", tool: tool, args: `{"phoneNumberId": "2", "authenticationCode": "c", "businessManager": "SINCH_UK"}`, api: account(has), want: "allowed"},
		{name: "neither is given", tool: tool, args: `{"phoneNumberId": "2"}`, api: account(has), want: "allowed", reads: []string{}},
		{name: "an account that names no WABA yet", tool: tool, args: `{"wabaId": "101"}`, api: account(`{"businessManager": "UNRECOGNIZED"}`), want: "allowed"},
		{name: "no account yet", tool: tool, args: `{"wabaId": "101"}`, fail: &papi.Error{Status: 400, Code: "project_not_initialized"}, want: "allowed"},
		{name: "a read that fails", tool: tool, args: `{"wabaId": "101"}`, fail: down, want: "allowed", warn: "a rule was not checked"},
	})
}

func TestWhatsAppSendersChangeInTheirStates(t *testing.T) {
	in := func(thing string) map[string]string { return map[string]string{"whatsapp_sender_get": thing} }
	const (
		update  = `{"senderId": "s", "details": {"description": "New"}}`
		rename  = `{"senderId": "s", "details": {"displayName": "New"}}`
		discard = `{"senderId": "s"}`
		state   = "whatsapp_sender_update_state"
	)
	checkRule(t, []ruleCase{
		{name: "ACTIVE", tool: "whatsapp_sender_update", args: update, api: in(`{"state": "ACTIVE"}`), want: "allowed"},
		{name: "a draft that never was live", tool: "whatsapp_sender_update", args: update, api: in(`{"changes": {"status": "DRAFT"}}`), want: "allowed"},
		{name: "rejected changes", tool: "whatsapp_sender_update", args: update, api: in(`{"state": "ACTIVE", "changes": {"status": "REJECTED"}}`), want: "allowed"},
		{name: "PENDING_VERIFICATION", tool: "whatsapp_sender_update", args: update, api: in(`{"state": "PENDING_VERIFICATION"}`), want: state, next: "whatsapp_sender_get"},
		{name: "changes on their way", tool: "whatsapp_sender_update", args: update, api: in(`{"state": "ACTIVE", "changes": {"status": "IN_PROGRESS"}}`), want: state, says: "IN_PROGRESS"},

		{name: "a display name in review", tool: "whatsapp_sender_update", args: rename, api: in(`{"state": "ACTIVE", "metadata": {"displayName": {"status": "PENDING"}}}`), want: "whatsapp_display_name_review", reads: []string{"whatsapp_sender_get"}},
		{name: "other fields meanwhile", tool: "whatsapp_sender_update", args: update, api: in(`{"state": "ACTIVE", "metadata": {"displayName": {"status": "PENDING"}}}`), want: "allowed"},
		{name: "a display name that was decided", tool: "whatsapp_sender_update", args: rename, api: in(`{"state": "ACTIVE", "metadata": {"displayName": {"status": "APPROVED"}}}`), want: "allowed"},

		{name: "a draft is discarded", tool: "whatsapp_sender_changes_discard", args: discard, api: in(`{"changes": {"status": "DRAFT"}}`), want: codeRequired, reads: []string{"whatsapp_sender_get"}},
		{name: "an error is discarded", tool: "whatsapp_sender_changes_discard", args: discard, api: in(`{"changes": {"status": "ERROR"}}`), want: codeRequired},
		{name: "changes on their way are not", tool: "whatsapp_sender_changes_discard", args: discard, api: in(`{"changes": {"status": "IN_PROGRESS"}}`), want: "whatsapp_sender_discard_state"},
		{name: "nothing is there to discard", tool: "whatsapp_sender_changes_discard", args: discard, api: in(`{"state": "ACTIVE"}`), want: "whatsapp_sender_discard_state", says: "no pending changes"},
		{name: "a discard whose read fails is refused", tool: "whatsapp_sender_changes_discard", args: discard, fail: down, want: "read_failed"},
	})
}

func TestAWhatsAppAccountIsUpdatedWhenRejectedAndDeletedWhenEmpty(t *testing.T) {
	account := func(thing string) map[string]string {
		return map[string]string{"whatsapp_account_get": thing}
	}
	senders := func(list string) map[string]string {
		return map[string]string{"whatsapp_account_get": `{"state": "ONBOARDED"}`, "whatsapp_sender_list": `{"senders": [` + list + `]}`}
	}
	const update = `{"companyLegalName": "Example"}`
	checkRule(t, []ruleCase{
		{name: "REJECTED", tool: "whatsapp_account_update", args: update, api: account(`{"state": "REJECTED"}`), want: "allowed"},
		{name: "its changes are REJECTED", tool: "whatsapp_account_update", args: update, api: account(`{"changes": {"status": "REJECTED"}}`), want: "allowed"},
		{name: "ONBOARDED", tool: "whatsapp_account_update", args: update, api: account(`{"state": "ONBOARDED"}`), want: "whatsapp_account_update_state", next: "whatsapp_account_get"},
		{name: "on its way", tool: "whatsapp_account_update", args: update, api: account(`{"changes": {"status": "IN_PROGRESS"}}`), want: "whatsapp_account_update_state", says: "IN_PROGRESS"},

		{name: "a token out of nothing", tool: "whatsapp_access_token_create", args: `{}`, want: "whatsapp_token_source", reads: []string{}},
		{name: "a token out of an empty code", tool: "whatsapp_access_token_create", args: `{"facebookCode": ""}`, want: "whatsapp_token_source"},
		{name: "a token out of a code", tool: "whatsapp_access_token_create", args: `{"facebookCode": "c"}`, want: codeRequired},
		{name: "a token out of a token", tool: "whatsapp_access_token_create", args: `{"facebookToken": "t"}`, want: codeRequired},

		{name: "a first account", tool: "whatsapp_account_create", args: `{"wabaName": "Example"}`, fail: &papi.Error{Status: 404, Code: "account_not_found"}, want: "allowed"},
		{name: "a second account", tool: "whatsapp_account_create", args: `{"wabaName": "Example"}`, api: account(`{"state": "ONBOARDED"}`), want: "whatsapp_account_one", says: "ONBOARDED", next: "whatsapp_account_get", reads: []string{"whatsapp_account_get"}},
		{name: "a second account while the first is on its way", tool: "whatsapp_account_create", args: `{"wabaName": "Example"}`, api: account(`{"changes": {"status": "IN_PROGRESS"}}`), want: "whatsapp_account_one", says: "IN_PROGRESS"},
		{name: "an account is created where the read fails", tool: "whatsapp_account_create", args: `{"wabaName": "Example"}`, fail: down, want: "allowed", warn: "a rule was not checked"},

		{name: "no sender is left", tool: "whatsapp_account_delete", args: `{}`, api: senders(``), want: codeRequired, reads: []string{"whatsapp_account_get", "whatsapp_sender_list"}},
		{name: "a live sender", tool: "whatsapp_account_delete", args: `{}`, api: senders(`{"id": "s", "state": "ACTIVE"}`), want: "whatsapp_account_empty", next: "whatsapp_sender_delete"},
		{name: "a sender that never was live", tool: "whatsapp_account_delete", args: `{}`, api: senders(`{"id": "s", "changes": {"status": "DRAFT"}}`), want: "whatsapp_account_empty", next: "whatsapp_sender_changes_discard"},
		{name: "a sender whose change runs can't be discarded", tool: "whatsapp_account_delete", args: `{}`, api: senders(`{"id": "s", "changes": {"status": "IN_PROGRESS"}}`), want: "whatsapp_account_empty", next: "whatsapp_sender_get"},
		{name: "a delete whose read fails is refused", tool: "whatsapp_account_delete", args: `{}`, fail: down, want: "read_failed"},
	})
}

func TestWhatsAppTemplatesChangeInTheirStates(t *testing.T) {
	in := func(thing string) map[string]string { return map[string]string{"whatsapp_template_get": thing} }
	update := func(more string) string { return `{"templateName": "t", "languageCode": "EN_US", ` + more + `}` }
	const (
		details  = `"details": {"components": [{"type": "BODY", "text": "Ihre Bestellung ist da."}]}`
		category = `"category": "MARKETING"`
		state    = "whatsapp_template_update_state"
		frozen   = "whatsapp_template_category"
	)
	checkRule(t, []ruleCase{
		{name: "a draft", tool: "whatsapp_template_update", args: update(details), api: in(`{"changes": {"status": "DRAFT"}}`), want: "allowed"},
		{name: "PAUSED", tool: "whatsapp_template_update", args: update(details), api: in(`{"state": "PAUSED"}`), want: "allowed"},
		{name: "PENDING", tool: "whatsapp_template_update", args: update(details), api: in(`{"state": "PENDING"}`), want: state, next: "whatsapp_template_get"},
		{name: "changes on their way", tool: "whatsapp_template_update", args: update(details), api: in(`{"state": "APPROVED", "changes": {"status": "IN_PROGRESS"}}`), want: state},
		{name: "made by Meta", tool: "whatsapp_template_update", args: update(details), api: in(`{"state": "APPROVED", "isMetaGenerated": true}`), want: "whatsapp_template_source", next: "whatsapp_template_create"},

		{name: "the category of a draft", tool: "whatsapp_template_update", args: update(category), api: in(`{"category": "UTILITY", "changes": {"status": "DRAFT"}}`), want: "allowed"},
		{name: "the category once approved", tool: "whatsapp_template_update", args: update(category), api: in(`{"state": "APPROVED", "category": "UTILITY"}`), want: frozen, says: "UTILITY can't be changed"},
		{name: "the same category", tool: "whatsapp_template_update", args: update(category), api: in(`{"state": "APPROVED", "category": "MARKETING"}`), want: "allowed"},
		{name: "allowCategoryChange once approved", tool: "whatsapp_template_update", args: update(`"allowCategoryChange": true`), api: in(`{"state": "APPROVED", "category": "UTILITY"}`), want: frozen},
		{name: "rejected for its category", tool: "whatsapp_template_update", args: update(category), api: in(`{"state": "REJECTED", "rejectionCode": "INCORRECT_CATEGORY", "category": "UTILITY"}`), want: "allowed"},
		{name: "rejected for something else", tool: "whatsapp_template_update", args: update(category), api: in(`{"state": "REJECTED", "rejectionCode": "SCAM", "category": "UTILITY"}`), want: frozen},
	})
}

func TestTheOptimizationOfATemplate(t *testing.T) {
	account := func(thing string) map[string]string {
		return map[string]string{"whatsapp_account_get": thing}
	}
	create := func(category, optimization string) string {
		return `{"name": "order", "language": "DE", "category": "` + category + `", "details": {"optimization": ` + optimization + `}}`
	}
	const (
		tool = "whatsapp_template_create"
		rule = "whatsapp_template_pricing"
		bid  = `{"bidAmount": 500, "bidStrategy": "LOWEST_COST_WITH_BID_CAP"}`
	)
	checkRule(t, []ruleCase{
		{name: "an account with the feature", tool: tool, args: create("MARKETING", bid), api: account(`{"wabaMaxPriceOnboarded": true}`), want: "allowed"},
		{name: "an account without it", tool: tool, args: create("MARKETING", bid), api: account(`{"wabaMaxPriceOnboarded": false}`), want: rule, says: "no maximum price feature", next: "whatsapp_account_get"},
		{name: "an account that does not say", tool: tool, args: create("MARKETING", bid), api: account(`{"state": "ONBOARDED"}`), want: "allowed"},
		{name: "another category", tool: tool, args: create("UTILITY", bid), api: account(`{"wabaMaxPriceOnboarded": true}`), want: "allowed", warn: "for MARKETING templates, and this one is UTILITY"},
		{name: "taken away", tool: "whatsapp_template_update", args: `{"templateName": "t", "languageCode": "DE", "details": {"optimization": null}}`, api: account(`{"wabaMaxPriceOnboarded": false}`), want: "allowed", reads: []string{"whatsapp_template_get"}},
		{name: "a read that fails", tool: "whatsapp_template_update", args: `{"templateName": "t", "languageCode": "DE", "details": {"optimization": ` + bid + `}}`, fail: down, want: "allowed", warn: "whatsapp_account_get could not be read"},
	})
}

func TestAWhatsAppTemplateIsThereOnceInALanguage(t *testing.T) {
	in := func(list string) map[string]string {
		return map[string]string{"whatsapp_template_language_list": `{"templates": [` + list + `]}`}
	}
	const (
		tool    = "whatsapp_template_create"
		create  = `{"name": "order", "language": "DE", "category": "UTILITY", "details": {"components": [{"type": "BODY", "text": "Ihre Bestellung ist da."}]}}`
		english = `{"name": "order", "language": "EN_US", "category": "UTILITY"}`
		german  = `{"name": "order", "language": "DE", "category": "UTILITY", "changes": {"status": "DRAFT"}}`
		promo   = `{"name": "order", "language": "FR", "category": "MARKETING"}`
	)
	list := []string{"whatsapp_template_language_list"}
	checkRule(t, []ruleCase{
		{name: "a name of its own", tool: tool, args: create, fail: &papi.Error{Status: 404, Code: "template_not_found"}, want: "allowed", reads: list},
		{name: "one language more", tool: tool, args: create, api: in(english), want: "allowed", reads: list},
		{name: "a language that is there", tool: tool, args: create, api: in(english + "," + german), want: "whatsapp_template_unique", says: `"order" in DE`, next: "whatsapp_template_get", reads: list},
		{name: "another category than the other language's", tool: tool, args: create, api: in(promo), want: "whatsapp_template_language_category", says: "MARKETING", next: tool, reads: list},
		{name: "languages that do not agree are left to the API", tool: tool, args: create, api: in(english + "," + promo), want: "allowed"},
		{name: "a category that this API does not know", tool: tool, args: create, api: in(`{"language": "FR", "category": "UNRECOGNIZED"}`), want: "allowed"},
		{name: "a read that fails", tool: tool, args: create, fail: down, want: "allowed", warn: "a rule was not checked"},
	})
}

// A draft in a status that the contract does not have is left to the API.
func TestTheDraftOfAWhatsAppTemplateIsDeletedUnlessUnderReview(t *testing.T) {
	const args = `{"templateName": "order_shipped", "languageCode": "EN_US"}`
	read := func(template string) map[string]string { return map[string]string{"whatsapp_template_get": template} }
	checkRule(t, []ruleCase{
		{name: "a draft", tool: "whatsapp_template_delete", args: args, api: read(`{"state": "APPROVED", "changes": {"status": "DRAFT"}}`), want: codeRequired},
		{name: "a refused one", tool: "whatsapp_template_delete", args: args, api: read(`{"changes": {"status": "REJECTED"}}`), want: codeRequired},
		{name: "one in an unknown status", tool: "whatsapp_template_delete", args: args, api: read(`{"state": "APPROVED", "changes": {"status": "NEW_STATUS"}}`), want: codeRequired},
		{name: "one under review", tool: "whatsapp_template_delete", args: args, api: read(`{"state": "APPROVED", "changes": {"status": "IN_PROGRESS"}}`), want: "whatsapp_template_delete_draft", says: "is reviewing it", next: "whatsapp_template_get"},
		{name: "none", tool: "whatsapp_template_delete", args: args, api: read(`{"state": "APPROVED"}`), want: "whatsapp_template_delete_draft", says: "has no draft", next: "whatsapp_template_get"},
	})
}
