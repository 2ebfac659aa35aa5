package tools

import "papi-mcp/internal/catalog"

var whatsappSenderNext = byState{
	"changes.status=IN_PROGRESS": {{Do: "look again {again}: the change is under way{since}", Tool: "whatsapp_sender_get"}},
	"changes.status=DRAFT":       submitDraft("whatsapp_sender_update", senderUpdatable),
	"changes.status=REJECTED":    whatsappSenderRejected,
	"changes.status=ERROR": { // changes in ERROR can't be updated, only discarded
		{Do: "changes.errorReason says what went wrong; read what happened to it, where a comment may say more", Tool: "whatsapp_sender_activity_list"},
		{Do: "give the change up, when the person agrees; then it can be made anew", Tool: "whatsapp_sender_changes_discard"},
	},
	"changes.status=MULTIPLE_WABA_ERROR": {
		{Do: "the project has more than one WhatsApp Business Account: the person settles it with Sinch support"},
	},
	"IN_PROGRESS": {{Do: "look again {again}: the sender is being set up{since}", Tool: "whatsapp_sender_get"}},
	"PENDING_VERIFICATION": {
		{Do: "unless a code was handed in just now: ask the person whether the code should come by SMS or VOICE, and have it sent", Tool: "whatsapp_sender_register", Needs: []string{"method"}},
		{Do: "with the code from the person, verify", Tool: "whatsapp_sender_verify", Needs: []string{"code"}},
		{Do: "after the right code it becomes ACTIVE by itself: look again", Tool: "whatsapp_sender_get"},
	},
	"ACTIVE":    {{Do: "the sender is ready; a first message to a user needs an approved template", Tool: "whatsapp_template_list"}},
	"INACTIVE":  stopped("whatsapp_sender_activity_list", "senderId"),
	"SUSPENDED": {askSupport("senderId")},
	"ERROR":     stopped("whatsapp_sender_activity_list", "senderId"),
}

var whatsappSenderRejected = []catalog.Step{
	{Do: "read what happened to it: a comment may say why", Tool: "whatsapp_sender_activity_list"},
	{Do: "correct it and submit it again", Tool: "whatsapp_sender_update", Args: map[string]any{"status": "SUBMIT"}, Needs: []string{"details"}, States: senderUpdatable},
	{Do: "or give the change up, when the person agrees", Tool: "whatsapp_sender_changes_discard"},
}
