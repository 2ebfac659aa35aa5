package guard

import "testing"

func TestURLButtons(t *testing.T) {
	create := func(button string) string {
		return `{"details": {"components": [{"type": "BODY", "text": "x"}, {"type": "BUTTONS", "buttons": [{"type": "URL", ` + button + `}]}]}}`
	}
	const rule, tool = "whatsapp_button_url", "whatsapp_template_create"
	checkRule(t, []ruleCase{
		{name: "a plain address", tool: tool, args: create(`"url": "https://example.com/a"`), want: "allowed"},
		{name: "wa.me", tool: tool, args: create(`"url": "https://wa.me/15550100"`), want: rule, says: "details.components[1].buttons[0].url leads to wa.me"},
		{name: "below whatsapp.com, in capitals", tool: tool, args: create(`"url": "https://API.WhatsApp.com/send"`), want: rule, says: "leads to whatsapp.com"},
		{name: "behind a user's name", tool: tool, args: create(`"url": "https://example.com@wa.me/x"`), want: rule},
		{name: "another domain that ends alike", tool: tool, args: create(`"url": "https://notwhatsapp.com"`), want: "allowed"},
		{name: "wa.me in the path", tool: tool, args: create(`"url": "https://example.com/wa.me"`), want: "allowed"},
		{name: "a variable in the host", tool: tool, args: create(`"url": "https://{{1}}.example.com", "examples": ["https://a.example.com"]`), want: rule, says: "variable in its host"},
		{name: "a dynamic address with its example", tool: tool, args: create(`"url": "https://example.com/{{1}}", "examples": ["https://example.com/a"]`), want: "allowed"},
		{name: "without it", tool: tool, args: create(`"url": "https://example.com/{{1}}"`), want: rule, says: "examples must be given"},
		{name: "without it in a draft", tool: tool, args: `{"status": "DRAFT", "details": {"components": [{"type": "BODY", "text": "x"}, {"type": "BUTTONS", "buttons": [{"type": "URL", "url": "https://example.com/{{1}}"}]}]}}`, want: "allowed"},
		{name: "an example of a plain address", tool: tool, args: create(`"url": "https://example.com/a", "examples": ["https://example.com/a"]`), want: rule, says: "holds no {{1}}"},
		{name: "in a card of a carousel", tool: tool, args: `{"details": {"components": [{"type": "BODY", "text": "x"}, {"type": "CAROUSEL", "cards": [{"components": [{"type": "BUTTONS", "buttons": [{"type": "URL", "url": "https://wa.me/x"}]}]}]}]}}`,
			want: rule, says: "details.components[1].cards[0].components[0].buttons[0].url"},
	})
}
