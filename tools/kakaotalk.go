package tools

var kakaotalkSenderNext = byState{
	"changes.status=IN_PROGRESS": {{do: "look again in a while: the change is being reviewed", tool: "kakaotalk_sender_get"}},
	"changes.status=DRAFT":       {{do: "submit the draft when the person agrees, with the details that are still missing", tool: "kakaotalk_sender_update", args: map[string]any{"status": "SUBMIT"}, needs: []string{"details"}}},
	"changes.status=REJECTED": { // an update takes only a DRAFT, unlike WhatsApp's
		{do: "read why", tool: "kakaotalk_sender_activity_list"},
		{do: "when the person agrees, discard the change, so that a corrected one can be handed in", tool: "kakaotalk_sender_changes_discard"},
	},
	"INACTIVE":  {{do: "start the registration: a code goes to the channel's manager", tool: "kakaotalk_sender_register"}},
	"VERIFYING": {{do: "ask the person for the code that arrived, and hand it in; if none arrived, kakaotalk_sender_register sends another", tool: "kakaotalk_sender_verify", needs: []string{"code"}}},
	"ACTIVE":    {{do: "the sender is ready; look at its templates", tool: "kakaotalk_template_list"}},
	"BLOCKED":   {{do: "read why it was blocked", tool: "kakaotalk_sender_activity_list"}},
	"SUSPENDED": {{do: "read why it was suspended", tool: "kakaotalk_sender_activity_list"}},
}

var kakaotalkTemplateRejected = []step{
	{do: "read why it was rejected", tool: "kakaotalk_template_activity_list"},
	{do: "correct it and submit it again", tool: "kakaotalk_template_update", args: map[string]any{"status": "SUBMIT"}, needs: []string{"details"}},
}

var kakaotalkTemplateNext = byState{
	"changes.status=DRAFT":       {{do: "submit the draft when the person agrees", tool: "kakaotalk_template_update", args: map[string]any{"status": "SUBMIT"}}},
	"changes.status=IN_PROGRESS": {{do: "look again later: it is being reviewed", tool: "kakaotalk_template_get"}},
	"changes.status=REJECTED":    kakaotalkTemplateRejected,
	"REJECTED":                   kakaotalkTemplateRejected,
	"APPROVED":                   {},
}
