package tools

var verifyWhatsappSender = step{do: "ask the person for the code that arrived, and hand it in", tool: "whatsapp_sender_verify", needs: []string{"code"}}

// verifyKnownNumber follows a register that sent no code.
var verifyKnownNumber = step{do: "no code was sent, since Meta knows the number: verify without one", tool: "whatsapp_sender_verify"}

var whatsappSenderNext = byState{
	"changes.status=IN_PROGRESS": {{do: "look again {again}: the change is under way{since}", tool: "whatsapp_sender_get"}},
	"changes.status=DRAFT":       submitDraft("whatsapp_sender_update", senderUpdatable),
	"changes.status=REJECTED":    whatsappSenderRejected,
	"changes.status=ERROR": { // changes in ERROR can't be updated, only discarded
		{do: "changes.errorReason says what went wrong; read what happened to it, where a comment may say more", tool: "whatsapp_sender_activity_list"},
		{do: "give the change up, when the person agrees; then it can be made anew", tool: "whatsapp_sender_changes_discard"},
	},
	"changes.status=MULTIPLE_WABA_ERROR": {
		{do: "the project has more than one WhatsApp Business Account: the person settles it with Sinch support"},
	},
	"IN_PROGRESS": {{do: "look again {again}: the sender is being set up{since}", tool: "whatsapp_sender_get"}},
	"PENDING_VERIFICATION": {
		{do: "unless a code was handed in just now: ask the person whether the code should come by SMS or VOICE, and have it sent", tool: "whatsapp_sender_register", needs: []string{"method"}},
		{do: "with the code from the person, verify", tool: "whatsapp_sender_verify", needs: []string{"code"}},
		{do: "after the right code it becomes ACTIVE by itself: look again", tool: "whatsapp_sender_get"},
	},
	"ACTIVE":    {{do: "the sender is ready; a first message to a user needs an approved template", tool: "whatsapp_template_list"}},
	"INACTIVE":  stopped("whatsapp_sender_activity_list", "senderId"),
	"SUSPENDED": {askSupport("senderId")},
	"ERROR":     stopped("whatsapp_sender_activity_list", "senderId"),
}

var whatsappSenderRejected = []step{
	{do: "read what happened to it: a comment may say why", tool: "whatsapp_sender_activity_list"},
	{do: "correct it and submit it again", tool: "whatsapp_sender_update", args: map[string]any{"status": "SUBMIT"}, needs: []string{"details"}, states: senderUpdatable},
	{do: "or give the change up, when the person agrees", tool: "whatsapp_sender_changes_discard"},
}
