package guard

import "testing"

func TestTheContentOfAWhatsAppTemplate(t *testing.T) {
	const create, update = "whatsapp_template_create", "whatsapp_template_update"
	submit := func(components string) string { return `{"details": {"components": [` + components + `]}}` }
	draft := func(components string) string {
		return `{"status": "DRAFT", "details": {"components": [` + components + `]}}`
	}
	body := func(text, examples string) string {
		return `{"type": "BODY", "text": "` + text + `", "examples": [` + examples + `]}`
	}
	ttl := func(category, seconds string) string {
		return `{"category": "` + category + `", "details": {"messageSendTtlSeconds": ` + seconds + `}}`
	}
	const variables = "whatsapp_template_variables"
	checkRule(t, []ruleCase{
		{name: "no BODY", tool: create, args: submit(`{"type": "FOOTER", "text": "x"}`), want: "whatsapp_template_body"},
		{name: "no BODY in a draft", tool: create, args: draft(`{"type": "FOOTER", "text": "x"}`), want: "allowed"},
		{name: "an update saves a draft unless told", tool: update, args: submit(`{"type": "FOOTER", "text": "x"}`), want: "allowed"},
		{name: "an AUTHENTICATION body has no text", tool: create, args: submit(`{"type": "BODY"}`), want: "allowed"},
		{name: "two components of a type", tool: create, args: submit(body("a", "") + `, ` + body("b", "")), want: "allowed", warn: "of type BODY already"},

		{name: "two buttons with the same text", tool: create, args: submit(body("a", "") + `, {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Yes"}, {"type": "QUICK_REPLY", "text": "Yes"}]}`), want: "allowed", warn: "details.components[1].buttons[0] and [1] have the same text"},
		{name: "two buttons with texts of their own", tool: create, args: submit(body("a", "") + `, {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Yes"}, {"type": "QUICK_REPLY", "text": "No"}, {"type": "ORDER_DETAILS"}, {"type": "REQUEST_CONTACT_INFO"}]}`), want: "allowed"},
		{name: "a security recommendation in MARKETING", tool: create, args: `{"category": "MARKETING", "details": {"components": [{"type": "BODY", "text": "a", "addSecurityRecommendation": true}]}}`, want: "allowed", warn: "details.components[0].addSecurityRecommendation is for AUTHENTICATION"},
		{name: "an expiry in UTILITY", tool: create, args: `{"category": "UTILITY", "details": {"components": [{"type": "BODY", "text": "a"}, {"type": "FOOTER", "codeExpirationMinutes": 5}]}}`, want: "allowed", warn: "codeExpirationMinutes is for AUTHENTICATION"},
		{name: "both in AUTHENTICATION", tool: create, args: `{"category": "AUTHENTICATION", "details": {"components": [{"type": "BODY", "addSecurityRecommendation": true}, {"type": "FOOTER", "codeExpirationMinutes": 5}]}}`, want: "allowed"},
		{name: "none in MARKETING", tool: create, args: `{"category": "MARKETING", "details": {"components": [{"type": "BODY", "text": "a", "addSecurityRecommendation": false}]}}`, want: "allowed"},

		{name: "variables with their examples", tool: create, args: submit(body("{{1}} and {{2}}", `"a", "b"`)), want: "allowed"},
		{name: "a variable twice", tool: create, args: submit(body("{{1}} and {{1}}", `"a"`)), want: "allowed"},
		{name: "a gap", tool: create, args: submit(body("{{1}} and {{3}}", `"a", "b"`)), want: variables, says: "without a gap"},
		{name: "from zero", tool: create, args: submit(body("{{0}}", `"a"`)), want: variables},
		{name: "an example too few", tool: create, args: submit(body("{{1}} and {{2}}", `"a"`)), want: variables, says: "1 example for 2 variables"},
		{name: "an example too few in a draft", tool: create, args: draft(body("{{1}}", ``)), want: "allowed"},
		{name: "two variables in a header", tool: create, args: submit(body("x", "") + `, {"type": "HEADER", "text": "{{1}} {{2}}", "examples": ["a", "b"]}`), want: variables, says: "one variable at most"},
		{name: "in a card of a carousel", tool: create, args: submit(body("x", "") + `, {"type": "CAROUSEL", "cards": [{"components": [` + body("{{2}}", `"a"`) + `]}]}`), want: variables, says: "details.components[1].cards[0].components[0]"},

		{name: "the least of AUTHENTICATION", tool: create, args: ttl("AUTHENTICATION", "10"), want: "allowed"},
		{name: "less", tool: create, args: ttl("AUTHENTICATION", "9"), want: "whatsapp_template_ttl", says: "10 to 900"},
		{name: "the most of UTILITY", tool: create, args: ttl("UTILITY", "43200"), want: "allowed"},
		{name: "more", tool: create, args: ttl("UTILITY", "43201"), want: "whatsapp_template_ttl"},
		{name: "the least of MARKETING", tool: create, args: ttl("MARKETING", "43200"), want: "allowed"},
		{name: "less for MARKETING", tool: create, args: ttl("MARKETING", "43199"), want: "whatsapp_template_ttl"},
	})
}
