package tools

import "papi-mcp/internal/catalog"

var whatsappTemplateNext = byState{
	"changes.status=DRAFT":       submitDraft("whatsapp_template_update", whatsappTemplateUpdatable),
	"changes.status=IN_PROGRESS": {{Do: "look again {again}: it is being reviewed{since}", Tool: "whatsapp_template_get"}},
	"changes.status=REJECTED":    whatsappTemplateRejected,
	"PENDING":                    {{Do: "look again {again}: it is being reviewed{since}", Tool: "whatsapp_template_get"}},
	"REJECTED":                   whatsappTemplateRejected,
	"PAUSED":                     {{Do: "Meta may resume it by itself; else improve it and submit it again", Tool: "whatsapp_template_update", Args: map[string]any{"status": "SUBMIT"}, Needs: []string{"details"}, States: whatsappTemplateUpdatable}},
	"DISABLED":                   {{Do: "change it with the person and submit it again", Tool: "whatsapp_template_update", Args: map[string]any{"status": "SUBMIT"}, Needs: []string{"details"}, States: whatsappTemplateUpdatable}},
	"APPROVED":                   {},
}

var whatsappTemplateRejected = []catalog.Step{
	{Do: "rejectionCode says why, where it is given; read what happened to it, where a comment may say more", Tool: "whatsapp_template_activity_list"},
	{Do: "correct it and submit it again", Tool: "whatsapp_template_update", Args: map[string]any{"status": "SUBMIT"}, Needs: []string{"details"}, States: whatsappTemplateUpdatable},
}
