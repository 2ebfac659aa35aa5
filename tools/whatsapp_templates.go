package tools

var whatsappTemplateNext = byState{
	"changes.status=DRAFT":       {{do: "submit the draft to Meta when the person agrees", tool: "whatsapp_template_update", args: map[string]any{"status": "SUBMIT"}}},
	"changes.status=IN_PROGRESS": {{do: "look again in a few minutes: it is being reviewed", tool: "whatsapp_template_get"}},
	"changes.status=REJECTED":    whatsappTemplateRejected,
	"PENDING":                    {{do: "look again in a few minutes: it is being reviewed", tool: "whatsapp_template_get"}},
	"REJECTED":                   whatsappTemplateRejected,
	"PAUSED":                     {{do: "read why it was paused", tool: "whatsapp_template_activity_list"}, {do: "improve it and submit it again", tool: "whatsapp_template_update", args: map[string]any{"status": "SUBMIT"}, needs: []string{"details"}}},
	"DISABLED":                   {{do: "read why it was disabled", tool: "whatsapp_template_activity_list"}},
	"APPROVED":                   {},
}

var whatsappTemplateRejected = []step{
	{do: "read why it was rejected, beside rejectionCode", tool: "whatsapp_template_activity_list"},
	{do: "correct it and submit it again", tool: "whatsapp_template_update", args: map[string]any{"status": "SUBMIT"}, needs: []string{"details"}},
}
