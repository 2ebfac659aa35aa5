package guard

import (
	"strings"
	"testing"
)

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
		{name: "an example of a plain address", tool: tool, args: create(`"url": "https://example.com/a", "examples": ["https://example.com/a"]`), want: rule, says: "contains no {{1}}"},
		{name: "a variable before the end", tool: tool, args: create(`"url": "https://example.com/{{1}}/a", "examples": ["https://example.com/b/a"]`), want: rule, says: "other than a {{1}} at its very end"},
		{name: "a second variable", tool: tool, args: create(`"url": "https://example.com/{{1}}/{{1}}", "examples": ["https://example.com/a/a"]`), want: rule, says: "at its very end"},
		{name: "another variable", tool: tool, args: create(`"url": "https://example.com/{{2}}", "examples": ["https://example.com/a"]`), want: rule, says: "at its very end"},
		{name: "a variable at the end of a query", tool: tool, args: create(`"url": "https://example.com?name={{1}}", "examples": ["https://example.com?name=a"]`), want: "allowed"},
		{name: "in a card of a carousel", tool: tool, args: `{"details": {"components": [{"type": "BODY", "text": "x"}, {"type": "CAROUSEL", "cards": [{"components": [{"type": "BUTTONS", "buttons": [{"type": "URL", "url": "https://wa.me/x"}]}]}]}]}}`,
			want: rule, says: "details.components[1].cards[0].components[0].buttons[0].url"},
	})
}

func TestFlowButtonsAndCarousels(t *testing.T) {
	const tool = "whatsapp_template_create"
	components := func(status, more string) string {
		return `{` + status + `"details": {"components": [{"type": "BODY", "text": "x"}, ` + more + `]}}`
	}
	const draft = `"status": "DRAFT", `
	flow := func(button string) string {
		return `{"type": "BUTTONS", "buttons": [{"type": "FLOW", "text": "Begin", "flowId": "1", ` + button + `}]}`
	}
	cards := func(each ...string) string {
		return `{"type": "CAROUSEL", "cards": [{"components": [` + strings.Join(each, `]}, {"components": [`) + `]}]}`
	}
	const (
		image = `{"type": "HEADER", "format": "IMAGE", "examples": [{"url": "https://example.com/a"}]}`
		video = `{"type": "HEADER", "format": "VIDEO", "examples": [{"url": "https://example.com/a"}]}`
		body  = `{"type": "BODY", "text": "y"}`
	)
	const navigate, carousel = "whatsapp_button_flow", "whatsapp_carousel_cards"
	checkRule(t, []ruleCase{
		{name: "navigates to nowhere", tool: tool, args: components("", flow(`"flowAction": "NAVIGATE"`)), want: navigate, says: "details.components[1].buttons[0].navigateScreen", next: "whatsapp_flow_screen_list"},
		{name: "navigates", tool: tool, args: components("", flow(`"flowAction": "NAVIGATE", "navigateScreen": "ONE"`)), want: "allowed"},
		{name: "navigates to nowhere in a draft", tool: tool, args: components(draft, flow(`"flowAction": "NAVIGATE"`)), want: "allowed"},
		{name: "exchanges data", tool: tool, args: components("", flow(`"flowAction": "DATA_EXCHANGE"`)), want: "allowed"},

		{name: "cards alike", tool: tool, args: components("", cards(image+", "+body, body+", "+image)), want: "allowed"},
		{name: "one card", tool: tool, args: components("", cards(image+", "+body)), want: "allowed"},
		{name: "another header", tool: tool, args: components("", cards(image+", "+body, video+", "+body)), want: carousel, says: "cards[1].components: BODY, HEADER VIDEO, and the first card has BODY, HEADER IMAGE"},
		{name: "no body", tool: tool, args: components("", cards(image)), want: carousel, says: "details.components[1].cards[0].components has no BODY"},
		{name: "a card without anything", tool: tool, args: components("", cards("", image+", "+body)), want: carousel, says: "cards[0].components has no HEADER"},
		{name: "cards that differ in a draft", tool: tool, args: components(draft, cards(image, body)), want: "allowed"},
	})
}
