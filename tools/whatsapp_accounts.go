package tools

import "papi-mcp/internal/catalog"

var whatsappAccountNext = byState{
	"changes.status=IN_PROGRESS":                   {{Do: "look again {again}: onboarding is under way{since}", Tool: "whatsapp_account_get"}},
	"changes.status=DRAFT":                         {{Do: "no call hands a draft in, since only a REJECTED account can be updated: the person asks Sinch support"}},
	"changes.status=PENDING_FACEBOOK_VERIFICATION": whatsappAccountVerification,
	"changes.status=REJECTED":                      whatsappAccountRejected,
	"PENDING_FACEBOOK_VERIFICATION":                whatsappAccountVerification,
	"REJECTED":                                     whatsappAccountRejected,
	"ONBOARDED":                                    {{Do: "look at the senders", Tool: "whatsapp_sender_list"}},
}

var whatsappAccountVerification = []catalog.Step{
	{Do: "the person finishes the business verification in Meta Business Manager"},
	{Do: "then look again {again}{since}", Tool: "whatsapp_account_get"},
}

var whatsappAccountRejected = []catalog.Step{
	{Do: "read what happened to it: a comment may say why it was rejected", Tool: "whatsapp_account_activity_list"},
	{Do: "correct it with the person and hand it in again", Tool: "whatsapp_account_update", Needs: []string{"wabaName", "clientBusinessManagerId", "senderDetails"}},
}
