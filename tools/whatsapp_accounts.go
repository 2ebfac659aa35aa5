package tools

var whatsappAccountNext = byState{
	"changes.status=IN_PROGRESS":                   {{do: "look again {again}: onboarding is under way{since}", tool: "whatsapp_account_get"}},
	"changes.status=DRAFT":                         {{do: "no call hands a draft in, since only a REJECTED account can be updated: the person asks Sinch support"}},
	"changes.status=PENDING_FACEBOOK_VERIFICATION": whatsappAccountVerification,
	"changes.status=REJECTED":                      whatsappAccountRejected,
	"PENDING_FACEBOOK_VERIFICATION":                whatsappAccountVerification,
	"REJECTED":                                     whatsappAccountRejected,
	"ONBOARDED":                                    {{do: "look at the senders", tool: "whatsapp_sender_list"}},
}

var whatsappAccountVerification = []step{
	{do: "the person finishes the business verification in Meta Business Manager"},
	{do: "then look again {again}{since}", tool: "whatsapp_account_get"},
}

var whatsappAccountRejected = []step{
	{do: "read what happened to it: a comment may say why it was rejected", tool: "whatsapp_account_activity_list"},
	{do: "correct it with the person and hand it in again", tool: "whatsapp_account_update", needs: []string{"wabaName", "clientBusinessManagerId", "senderDetails"}},
}
