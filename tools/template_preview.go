package tools

import (
	"context"

	"papi-mcp/internal/preview"
)

// ToolTemplatePreview is the tool that shows a WhatsApp template as a message. A client
// with MCP Apps shows its result in the page [preview.URI].
const ToolTemplatePreview = "whatsapp_template_preview"

func (s *Set) newTemplatePreview() *coreTool {
	return s.newTemplateTool(coreTool{
		name: ToolTemplatePreview, annotations: hints("Preview WhatsApp template", true, true), page: preview.URI,
		about:   "Show a WhatsApp template as the message that a person receives, with its examples filled in: takes the arguments of whatsapp_template_create or _update, or name and language alone of one that exists. Sends nothing.",
		phrases: []string{"show me what the template looks like", "how will the message look on the phone", "preview a template before it is submitted", "draw the message with the examples filled in"},
	}, nil, s.templatePreview)
}

// templatePreview shows a template, with what is wrong with it.
func (s *Set) templatePreview(_ context.Context, _ Caller, t *givenTemplate) Outcome {
	r := &Result{Tool: ToolTemplatePreview, ProjectID: t.project()}
	r.Data = preview.FromWhatsApp(t.args)
	return Outcome{Structured: r}
}
