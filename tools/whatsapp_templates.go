package tools

var whatsappTemplateNext = byState{
	"changes.status=DRAFT":       submitDraft("whatsapp_template_update", whatsappTemplateUpdatable),
	"changes.status=IN_PROGRESS": {{do: "look again {again}: it is being reviewed{since}", tool: "whatsapp_template_get"}},
	"changes.status=REJECTED":    whatsappTemplateRejected,
	"PENDING":                    {{do: "look again {again}: it is being reviewed{since}", tool: "whatsapp_template_get"}},
	"REJECTED":                   whatsappTemplateRejected,
	"PAUSED":                     {{do: "Meta may resume it by itself; else improve it and submit it again", tool: "whatsapp_template_update", args: map[string]any{"status": "SUBMIT"}, needs: []string{"details"}, states: whatsappTemplateUpdatable}},
	"DISABLED":                   {{do: "change it with the person and submit it again", tool: "whatsapp_template_update", args: map[string]any{"status": "SUBMIT"}, needs: []string{"details"}, states: whatsappTemplateUpdatable}},
	"APPROVED":                   {},
}

var whatsappTemplateRejected = []step{
	{do: "rejectionCode says why, where it is given; read what happened to it, where a comment may say more", tool: "whatsapp_template_activity_list"},
	{do: "correct it and submit it again", tool: "whatsapp_template_update", args: map[string]any{"status": "SUBMIT"}, needs: []string{"details"}, states: whatsappTemplateUpdatable},
}
