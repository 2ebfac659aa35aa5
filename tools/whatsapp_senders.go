package tools

var verifyWhatsappSender = step{do: "ask the person for the code that arrived, and hand it in", tool: "whatsapp_sender_verify", needs: []string{"code"}}

var whatsappSenderNext = byState{
	"changes.status=IN_PROGRESS": {{do: "look again in a minute: the change is under way", tool: "whatsapp_sender_get"}},
	"changes.status=DRAFT":       {{do: "complete the draft and submit it", tool: "whatsapp_sender_update", args: map[string]any{"status": "SUBMIT"}, needs: []string{"details"}}},
	"changes.status=REJECTED":    whatsappSenderRejected,
	"changes.status=ERROR":       whatsappSenderRejected,
	"changes.status=MULTIPLE_WABA_ERROR": {
		{do: "the project has more than one WhatsApp Business Account: the person settles it with Sinch support"},
	},
	"IN_PROGRESS": {{do: "look again in a minute: the sender is being set up", tool: "whatsapp_sender_get"}},
	"PENDING_VERIFICATION": {
		{do: "ask the person whether the code should come by SMS or VOICE, and have it sent", tool: "whatsapp_sender_register", needs: []string{"method"}},
		{do: "with the code from the person, verify", tool: "whatsapp_sender_verify", needs: []string{"code"}},
	},
	"ACTIVE":    {{do: "the sender is ready; a first message to a user needs an approved template", tool: "whatsapp_template_list"}},
	"INACTIVE":  {{do: "read what happened to it", tool: "whatsapp_sender_activity_list"}},
	"SUSPENDED": {{do: "read why it was suspended", tool: "whatsapp_sender_activity_list"}},
	"ERROR":     {{do: "read what went wrong", tool: "whatsapp_sender_activity_list"}},
}

var whatsappSenderRejected = []step{
	{do: "read why", tool: "whatsapp_sender_activity_list"},
	{do: "or give the change up, when the person agrees", tool: "whatsapp_sender_changes_discard"},
}
