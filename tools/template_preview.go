package tools

import (
	"context"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/preview"
)

// newTemplatePreview is the tool that shows a WhatsApp template as a message. A client
// with MCP Apps shows its result in a page.
func (s *Set) newTemplatePreview() *coreTool {
	return s.newTemplateTool(coreTool{
		name: catalog.WhatsappTemplatePreview, annotations: hints("Preview WhatsApp template", true, true), page: preview.URI,
		about:   "Show a WhatsApp template as the message that a person receives, with its examples filled in, and what whatsapp_template_lint finds. Takes the same arguments. Sends nothing.",
		phrases: []string{"show me what the template looks like", "how will the message look on the phone", "preview a template before it is submitted", "draw the message with the examples filled in"},
	}, nil, s.templatePreview)
}

// templatePreview shows a template, with what is wrong with it. What to do next is as
// after a lint.
func (s *Set) templatePreview(_ context.Context, _ Caller, t *givenTemplate) Outcome {
	m := preview.FromWhatsApp(t.args)
	r := &Result{Tool: catalog.WhatsappTemplatePreview, ProjectID: t.project(), Data: m}
	r.Next = s.offered(t.next(m.Findings, false), t.project())
	return Outcome{Structured: r}
}
