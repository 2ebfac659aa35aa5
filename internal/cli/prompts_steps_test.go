package cli

import (
	"encoding/json"
	"slices"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/sandbox"
)

// promptRuns has all prompts with arguments, and the calls of their steps, in order.
var promptRuns = []struct {
	prompt, seed string
	given        map[string]string
	before       []step // calls that create what exists already
	steps        []step
}{
	{
		prompt: "onboard_whatsapp_sender",
		before: []step{confirm, account},
		steps: []step{
			confirm,
			{tool: "webhook_list", args: `{}`, want: `"rows":[]`},
			{tool: "whatsapp_account_get", args: `{}`, want: `"state":"ONBOARDED"`, after: 10 * time.Minute},
			{tool: "whatsapp_sender_list", args: `{}`, want: `"counts":{"state":{`},
			newSender,
			{tool: "wait", args: waitFor("whatsapp_sender_get", `{"senderId":"$id"}`), want: `"PENDING_VERIFICATION","ActionRequired"`, after: 10 * time.Minute},
			{tool: "whatsapp_sender_register", args: `{"senderId":"$id","method":"SMS"}`, want: `"verificationCodeSent":true`},
			{tool: "whatsapp_sender_verify", args: `{"senderId":"$id","code":"$CODE"}`, want: `"done":"verified"`},
			{tool: "wait", args: waitFor("whatsapp_sender_get", `{"senderId":"$id"}`, "ACTIVE"), want: `"ACTIVE","Success"`, after: 10 * time.Minute},
			{tool: "whatsapp_sender_get", args: `{"senderId":"$id"}`, want: `"state":"ACTIVE"`},
		},
	},
	{
		prompt: "onboard_whatsapp_sender", given: map[string]string{"senderId": "$id"},
		before: []step{confirm, account, {tool: "whatsapp_account_get", args: `{}`, want: `"state":"ONBOARDED"`, after: 10 * time.Minute}, newSender},
		steps: []step{
			confirm,
			{tool: "webhook_list", args: `{}`, want: `"rows":[]`},
			{tool: "whatsapp_account_get", args: `{}`, want: `"state":"ONBOARDED"`},
			{tool: "wait", args: waitFor("whatsapp_sender_get", `{"senderId":"$id"}`), want: `"PENDING_VERIFICATION","ActionRequired"`, after: 10 * time.Minute},
			{tool: "whatsapp_sender_register", args: `{"senderId":"$id","method":"VOICE"}`, want: `"verificationCodeSent":true`},
			{tool: "whatsapp_sender_verify", args: `{"senderId":"$id","code":"$CODE"}`, want: `"done":"verified"`},
			{tool: "wait", args: waitFor("whatsapp_sender_get", `{"senderId":"$id"}`, "ACTIVE"), want: `"ACTIVE","Success"`, after: 10 * time.Minute},
			{tool: "whatsapp_sender_get", args: `{"senderId":"$id"}`, want: `"state":"ACTIVE"`},
		},
	},
	{
		prompt: "create_whatsapp_template", seed: "shop",
		given: map[string]string{"templateName": "order_late", "languageCode": "EN", "category": "UTILITY"},
		steps: []step{
			confirm,
			{tool: "whatsapp_template_list", args: `{}`, want: `"counts":{"language":{"DE":1,"EN":11}`},
			{tool: "whatsapp_template_lint", args: `{"name":"order_late","language":"EN","category":"UTILITY","compare":true,"details":{"components":[{"type":"BODY","text":"Your order {{1}} is late.","examples":["1001"]}]}}`, want: `"create it, if the person agrees"`},
			{tool: "whatsapp_template_create", args: `{"name":"order_late","language":"EN","category":"UTILITY","status":"SUBMIT","details":{"components":[{"type":"BODY","text":"Your order {{1}} is late.","examples":["1001"]}]}}`, want: `"pending":"IN_PROGRESS"`},
			{tool: "wait", args: waitFor("whatsapp_template_get", `{"templateName":"order_late","languageCode":"EN"}`), want: `"APPROVED","Success"`, after: 10 * time.Minute},
		},
	},
	{
		prompt: "fix_rejected_template", seed: "shop",
		given: map[string]string{"templateName": "reject_winter_sale", "languageCode": "EN"},
		steps: []step{
			confirm,
			{tool: "whatsapp_template_get", args: `{"templateName":"reject_winter_sale","languageCode":"EN"}`, want: `"rejectionCode":"INVALID_FORMAT"`},
			{tool: "whatsapp_template_lint", args: `{"templateName":"reject_winter_sale","languageCode":"EN"}`, want: `"state":"REJECTED"`},
			{tool: "whatsapp_template_activity_list", args: `{"templateName":"reject_winter_sale","languageCode":"EN"}`, want: `REJECTED`},
			{tool: "whatsapp_template_update", args: `{"templateName":"reject_winter_sale","languageCode":"EN","status":"SUBMIT","details":{"components":[{"type":"BODY","text":"Winter sale until Sunday."}]}}`, want: `"pending":"IN_PROGRESS"`},
			{tool: "wait", args: waitFor("whatsapp_template_get", `{"templateName":"reject_winter_sale","languageCode":"EN"}`), want: `"APPROVED","Success"`, after: 10 * time.Minute},
		},
	},
	{
		prompt: "fix_rejected_template", seed: "shop",
		given: map[string]string{"templateName": "reject_winter_sale"},
		steps: []step{
			confirm,
			{tool: "whatsapp_template_language_list", args: `{"templateName":"reject_winter_sale"}`, want: `REJECTED`},
			{tool: "whatsapp_template_get", args: `{"templateName":"reject_winter_sale","languageCode":"EN"}`, want: `"rejectionCode":"INVALID_FORMAT"`},
			{tool: "whatsapp_template_lint", args: `{"templateName":"reject_winter_sale","languageCode":"EN"}`, want: `"state":"REJECTED"`},
			{tool: "whatsapp_template_activity_list", args: `{"templateName":"reject_winter_sale","languageCode":"EN"}`, want: `REJECTED`},
			{tool: "whatsapp_template_update", args: `{"templateName":"reject_winter_sale","languageCode":"EN","status":"SUBMIT","details":{"components":[{"type":"BODY","text":"Winter sale until Monday."}]}}`, want: `"pending":"IN_PROGRESS"`},
			{tool: "wait", args: waitFor("whatsapp_template_get", `{"templateName":"reject_winter_sale","languageCode":"EN"}`), want: `"APPROVED","Success"`, after: 10 * time.Minute},
		},
	},
	{
		prompt: "launch_rcs_sender", given: map[string]string{"useCase": "MULTIUSE"},
		steps: slices.Concat([]step{
			confirm,
			{tool: "rcs_sender_list", args: `{}`, want: `none yet: create a sender`},
			{tool: "rcs_sender_readiness", args: `{"useCase":"MULTIUSE","countries":["SE"]}`, want: `"launch":"no sender"`},
			{tool: "rcs_sender_create", args: `{"region":"EU","billingCategory":"CONVERSATIONAL","useCase":"MULTIUSE","details":` + rcsDetails + `}`, want: `"state":"IN_PROGRESS"`, keep: map[string]string{"id": "ids.senderId"}},
		}, rcsLaunch),
	},
	{
		prompt: "launch_rcs_sender", given: map[string]string{"senderId": "$id"},
		before: []step{confirm, newRcs},
		steps: slices.Concat([]step{
			confirm,
			{tool: "rcs_sender_readiness", args: `{"senderId":"$id"}`, want: `"state":"DRAFT"`},
			{tool: "rcs_sender_update", args: rcsComplete, want: `"state":"IN_PROGRESS"`},
		}, rcsLaunch),
	},
	{
		prompt: "register_kakaotalk_sender", given: map[string]string{"plusFriendId": "exampleshop"},
		steps: []step{
			confirm,
			{tool: "kakaotalk_sender_list", args: `{}`, want: `none yet: `},
			{tool: "kakaotalk_sender_create", args: kakaoSender, want: `"pending":"IN_PROGRESS"`},
			{tool: "wait", args: waitFor("kakaotalk_sender_get", `{"plusFriendId":"exampleshop"}`), want: `"INACTIVE","ActionRequired"`, after: 10 * time.Minute},
			{tool: "kakaotalk_sender_register", args: `{"plusFriendId":"exampleshop"}`, want: `"state":"VERIFYING"`},
			{tool: "kakaotalk_sender_verify", args: `{"plusFriendId":"exampleshop","code":$CODE}`, want: `"state":"ACTIVE"`},
			{tool: "kakaotalk_sender_get", args: `{"plusFriendId":"exampleshop"}`, want: `"state":"ACTIVE"`},
		},
	},
	{
		prompt: "set_up_webhooks", given: map[string]string{"target": "https://example.com/hook", "family": "whatsapp"},
		steps: []step{
			confirm,
			{tool: "webhook_list", args: `{}`, want: `"rows":[]`},
			{tool: "webhook_create", args: `{"target":"https://example.com/hook","secret":"sixteen-or-more-signs","triggers":["WHATSAPP_SENDER_ACTIVE"]}`, want: `webhookId`, keep: map[string]string{"id": "ids.webhookId"}},
			{tool: "webhook_get", args: `{"webhookId":"$id"}`, want: `"triggers":["WHATSAPP_SENDER_ACTIVE"]`},
		},
	},
	{
		prompt: "set_up_webhooks", given: map[string]string{"target": "https://example.com/hook"},
		steps: []step{
			confirm,
			{tool: "webhook_list", args: `{}`, want: `"rows":[]`},
			{tool: "webhook_create", args: `{"target":"https://example.com/hook","secret":"sixteen-or-more-signs","triggers":["ALL"]}`, want: `webhookId`, keep: map[string]string{"id": "ids.webhookId"}},
			{tool: "webhook_get", args: `{"webhookId":"$id"}`, want: `"triggers":["ALL"]`},
		},
	},
	{
		prompt: "create_bundle", given: map[string]string{"name": "Example", "region": "EU"},
		steps: []step{
			confirm,
			{tool: "bundle_list", args: `{}`, want: `"rows":[]`},
			{tool: "bundle_create", args: `{"name":"Example","region":"EU","subproject":true,"smsApp":true}`, want: `"state":"IN_PROGRESS"`, keep: map[string]string{"id": "ids.bundleId"}},
			{tool: "wait", args: waitFor("bundle_get", `{"bundleId":"$id"}`), want: `"DONE","Success"`, after: 10 * time.Minute},
			{tool: "bundle_get", args: `{"bundleId":"$id"}`, want: `"state":"DONE"`, keep: map[string]string{"app": "ids.smsAppId", "project": "ids.subprojectId"}},
			{tool: "wait", args: waitFor("sms_app_get", `{"smsAppId":"$app","projectId":"$project"}`), want: `"ACTIVE","Success"`},
		},
	},
	{
		prompt: "find_what_is_stuck", seed: "shop",
		steps: []step{
			overview,
			{tool: "whatsapp_account_get", args: `{}`, want: `ONBOARDED`},
			{tool: "whatsapp_sender_list", args: `{"all":true}`, want: `PENDING_VERIFICATION`},
			{tool: "whatsapp_template_list", args: `{"all":true}`, want: `REJECTED`},
			{tool: "rcs_sender_list", args: `{"all":true}`, want: `IN_TEST`},
			{tool: "kakaotalk_sender_list", args: `{"all":true}`, want: `ACTIVE`},
			{tool: "sms_app_list", args: `{"all":true}`, want: `ACTIVE`},
			{tool: "bundle_list", args: `{"all":true}`, want: `DONE`},
		},
	},
	{
		prompt: "audit_project", seed: "shop", given: map[string]string{"projectId": sandbox.DefaultProject},
		steps: []step{
			overview,
			{tool: "webhook_list", args: `{"all":true}`, want: `,"whatsapp_sender_active `},
			{tool: "whatsapp_account_get", args: `{}`, want: `businessDailyLimit`},
			{tool: "whatsapp_sender_list", args: `{"all":true}`, want: `qualityRating`},
			{tool: "whatsapp_template_list", args: `{"all":true}`, want: `qualityScore`},
			{tool: "rcs_sender_list", args: `{"all":true}`, want: `"operators"`},
			{tool: "kakaotalk_sender_list", args: `{"all":true}`, want: `exampleshop`},
			{tool: "sms_app_list", args: `{"all":true}`, want: `Example alerts`},
			{tool: "bundle_list", args: `{"all":true}`, want: `Example outlet`},
		},
	},
}

var (
	confirm   = step{tool: "project_confirm", args: `{"projectId":"` + sandbox.DefaultProject + `"}`, want: `"confirmed":true`}
	overview  = step{tool: "project_overview", args: `{}`, want: `"whatsappTemplates"`}
	newSender = step{tool: "whatsapp_sender_create", args: `{"phoneNumberProvider":"CUSTOMER","details":{"displayName":"Example Care","vertical":"SHOPPING_AND_RETAIL","countryCode":"1","phoneNumber":"5550100","description":"Orders","email":"care@example.com","websiteOne":"https://example.com","about":"Open"}}`,
		want: `"pending":"IN_PROGRESS"`, keep: map[string]string{"id": "ids.senderId"}}
	newRcs  = step{tool: "rcs_sender_create", args: `{"region":"EU","billingCategory":"CONVERSATIONAL","useCase":"MULTIUSE"}`, want: `"state":"DRAFT"`, keep: map[string]string{"id": "ids.senderId"}}
	account = step{tool: "whatsapp_account_create", args: `{"wabaName":"Example Shop","clientBusinessManagerId":"1000000000","businessManager":"SINCH_UK","senderDetails":{"displayName":"Example Shop","businessCategory":"SHOPPING_AND_RETAIL","region":"EU"}}`, want: `IN_PROGRESS`}
)

// waitFor has the arguments of a wait for one thing.
func waitFor(tool, args string, states ...string) string {
	return string(jsonvalue.Encode(map[string]any{"for": []any{map[string]any{"tool": tool, "args": json.RawMessage(args), "state": states}}}))
}

const kakaoSender = `{"plusFriendId":"exampleshop","details":{"adminPhoneNo":"+15550120","name":"Example Shop","topLevelCategoryCode":"019","midLevelCategoryCode":"0006","subLevelCategoryCode":"0001"}}`

// rcsLaunch has the steps of a complete RCS sender to its launch.
var rcsLaunch = []step{
	{tool: "rcs_test_number_add", args: `{"senderId":"$id","testNumbers":["+15550100"]}`, want: `+15550100`, after: 5 * time.Minute},
	{tool: "wait", args: waitFor("rcs_test_number_get", `{"senderId":"$id","testNumber":"+15550100"}`), want: `"VERIFIED","Success"`, after: 5 * time.Minute},
	{tool: "rcs_sender_readiness", args: `{"senderId":"$id"}`, want: `"launch":"ready"`},
	{tool: "rcs_sender_launch", args: `{"senderId":"$id"}`, want: `"state":"LAUNCHING"`},
	{tool: "wait", args: waitFor("rcs_sender_get", `{"senderId":"$id"}`, "LAUNCHED"), want: `"LAUNCHED","Success"`, after: 2 * time.Hour},
	{tool: "rcs_sender_readiness", args: `{"senderId":"$id"}`, want: `"SE","launched","Tele2, Telenor, Telia, Three"`},
}

const rcsComplete = `{"senderId":"$id","details":` + rcsDetails + `}`

const rcsDetails = `{"countries":["SE"],
	"brand":{"name":"Example Shop","emails":[{"label":"Care","address":"care@example.com"}],"bannerUrl":"https://example.com/banner.png","logoUrl":"https://example.com/logo.png","privacyPolicyUrl":"https://example.com/privacy","termsOfServiceUrl":"https://example.com/terms"},
	"questionnaire":{"general":{"answers":{"optInDescription":"By a form","triggerDescription":"After a purchase","interactionsDescription":"Order status","optOutDescription":"STOP","videoUris":["https://example.com/video"]}},
		"verification":{"answers":{"name":"Example Manager","email":"care@example.com","website":"https://example.com","phone":"+15550100"}}}}`
