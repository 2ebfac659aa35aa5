package guard

import (
	"fmt"
	"strings"
	"testing"
)

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
		{name: "an update saves a draft by default", tool: update, args: submit(`{"type": "FOOTER", "text": "x"}`), want: "allowed"},
		{name: "an AUTHENTICATION body has no text", tool: create, args: submit(`{"type": "BODY"}`), want: "allowed"},
		{name: "two components of a type", tool: create, args: submit(body("a", "") + `, ` + body("b", "")), want: "allowed", warn: "already a component of type BODY"},

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
		{name: "two variables in a header", tool: create, args: submit(body("x", "") + `, {"type": "HEADER", "text": "{{1}} {{2}}", "examples": ["a", "b"]}`), want: variables, says: "at most one variable"},
		{name: "in a card of a carousel", tool: create, args: submit(body("x", "") + `, {"type": "CAROUSEL", "cards": [{"components": [` + body("{{2}}", `"a"`) + `]}]}`), want: variables, says: "details.components[1].cards[0].components[0]"},

		{name: "a text in AUTHENTICATION", tool: create, args: `{"category": "AUTHENTICATION", "details": {"components": [{"type": "BODY", "text": "Your code is {{1}}.", "examples": ["000000"]}]}}`, want: "allowed", warn: "details.components[0].text stays empty in AUTHENTICATION templates"},

		{name: "the least of AUTHENTICATION", tool: create, args: ttl("AUTHENTICATION", "10"), want: "allowed"},
		{name: "less", tool: create, args: ttl("AUTHENTICATION", "9"), want: "whatsapp_template_ttl", says: "10 to 900"},
		{name: "the most of UTILITY", tool: create, args: ttl("UTILITY", "43200"), want: "allowed"},
		{name: "more", tool: create, args: ttl("UTILITY", "43201"), want: "whatsapp_template_ttl"},
		{name: "the least of MARKETING", tool: create, args: ttl("MARKETING", "43200"), want: "allowed"},
		{name: "less for MARKETING", tool: create, args: ttl("MARKETING", "43199"), want: "whatsapp_template_ttl"},
	})
}

// What is written like a variable, and is none, passes in no text and no form:
// the reviewers would see it as it is, and so would the people who get the message.
func TestWhatIsNoVariable(t *testing.T) {
	const create, update, rule = "whatsapp_template_create", "whatsapp_template_update", "whatsapp_template_variables"
	texts := map[string]string{ // what is said, by the text
		"Hello {{name}}":              `placeholders that are not valid variables; number them: write "{{name}}" as {{1}}`,
		"Hello {{ 1 }}":               `"{{ 1 }}" as {{1}}`,
		"Hello {{1}":                  `"{{1}" as {{1}}`,
		"Hello {1}}":                  `"{1}}" as {{1}}`,
		"Hello {{}}":                  `"{{}}" as {{1}}`,
		"Hello {{1":                   `"{{1" as {{1}}`,
		"Hello 1}}":                   `"1}}" as {{1}}`,
		"Hello {{{1}}}":               `"{{{1}}}" as {{1}}`,
		"Hello {{1}}}":                `"{{1}}}" as {{1}}`,
		"Hello {{01}}":                `"{{01}}" as {{1}}`,
		"Hello {{0}}":                 `"{{0}}" as {{1}}`,
		"Hello {{-1}}":                `"{{-1}}" as {{1}}`,
		"Hello {{1.0}}":               `"{{1.0}}" as {{1}}`,
		"Hello {{\\uff11}}":           `as {{1}}`,
		"Hello {{1}} and {{name}}":    `"{{name}}" as {{2}}`,
		"{{a}}, {{b}} and {{a}}":      `"{{a}}" as {{1}}, "{{b}}" as {{2}}`,
		"Hello {{first name}}":        `"{{first name}}"`,
		"Hello {{customer.name|Sir}}": `"{{customer.name|Sir}}"`,
		"Hello #{{name}}":             `"{{name}}"`,
		"Hello {{\\n1\\n}}":           `as {{1}}`,
	}
	places := map[string]struct{ before, after, path string }{
		"body":            {`{"type": "BODY", "text": "`, `"}`, "details.components[0].text"},
		"header":          {`{"type": "BODY", "text": "x"}, {"type": "HEADER", "format": "TEXT", "text": "`, `"}`, "details.components[1].text"},
		"body of a card":  {`{"type": "BODY", "text": "x"}, {"type": "CAROUSEL", "cards": [{"components": [{"type": "HEADER", "format": "IMAGE", "examples": [{"url": "https://example.com/a.png"}]}, {"type": "BODY", "text": "`, `"}]}]}`, "details.components[1].cards[0].components[1].text"},
		"footer":          {`{"type": "BODY", "text": "x"}, {"type": "FOOTER", "text": "`, `"}`, "details.components[1].text"},
		"offer":           {`{"type": "BODY", "text": "x"}, {"type": "LIMITED_TIME_OFFER", "text": "`, `"}`, "details.components[1].text"},
		"text of a reply": {`{"type": "BODY", "text": "x"}, {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "`, `"}]}`, "details.components[1].buttons[0].text"},
		"url of a button": {`{"type": "BODY", "text": "x"}, {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Go", "url": "https://example.com/`, `"}]}`, "details.components[1].buttons[0].url"},
	}
	var cases []ruleCase
	for text, says := range texts {
		for place, p := range places {
			says := says
			if place != "body" && place != "header" && place != "body of a card" {
				says = p.path // each has words of its own
			}
			components := `"details": {"components": [` + p.before + text + p.after + `]}}`
			name := place + ": " + text
			cases = append(cases,
				ruleCase{name: name, tool: create, args: `{` + components, want: rule, says: says, reads: []string{}},
				ruleCase{name: name + ", a draft", tool: create, args: `{"status": "DRAFT", ` + components, want: rule, says: p.path},
				ruleCase{name: name + ", an update", tool: update, args: `{` + components, want: rule, says: p.path},
			)
		}
	}
	component := func(more string) string {
		return `{"details": {"components": [{"type": "BODY", "text": "x"}, ` + more + `]}}`
	}
	cases = append(cases,
		ruleCase{name: "a variable in a footer", tool: create, args: component(`{"type": "FOOTER", "text": "Bye {{1}}"}`), want: rule, says: `details.components[1].text contains "{{1}}", and a footer can't have variables`},
		ruleCase{name: "a variable in a button", tool: create, args: component(`{"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Order {{1}}"}]}`), want: rule, says: "a button's text can't have variables"},
		ruleCase{name: "an example that is not filled in", tool: create, args: component(`{"type": "BUTTONS", "buttons": [{"type": "URL", "url": "https://example.com/{{1}}", "examples": ["https://example.com/{{1}}"]}]}`), want: rule, says: "examples[0] still contains"},
		ruleCase{name: "an example of a body", tool: create, args: `{"details": {"components": [{"type": "BODY", "text": "Hi {{1}}", "examples": ["{{name}}"]}]}}`, want: rule, says: "details.components[0].examples[0] still contains"},
		ruleCase{name: "an example of a header", tool: create, args: component(`{"type": "HEADER", "format": "TEXT", "text": "Hi {{1}}", "examples": ["{{1}}"]}`), want: rule, says: "details.components[1].examples[0] still contains"},
		ruleCase{name: "one brace in a footer", tool: create, args: component(`{"type": "FOOTER", "text": "Bye {name}"}`), want: "allowed", warn: `"{name}" is sent as it is, since a footer can't have variables`},
		ruleCase{name: "the refusal asks for the examples too", tool: create, args: `{"details": {"components": [{"type": "BODY", "text": "Hi {{name}}"}]}}`, want: rule, says: "with one example for each number"},
		ruleCase{name: "a number sign before a variable", tool: create, args: `{"details": {"components": [{"type": "BODY", "text": "Order #{{1}}", "examples": ["1"]}]}}`, want: "allowed"},
		ruleCase{name: "braces of a text", tool: create, args: `{"details": {"components": [{"type": "BODY", "text": "Sizes {S, M}"}]}}`, want: "allowed"},
		ruleCase{name: "one brace for two", tool: create, args: `{"details": {"components": [{"type": "BODY", "text": "Order {1}"}]}}`, want: "allowed", warn: `details.components[0].text: "{1}" is sent as it is`},
		ruleCase{name: "a variable of KakaoTalk", tool: create, args: `{"details": {"components": [{"type": "BODY", "text": "Order #{number}"}]}}`, want: "allowed", warn: `"#{number}" is sent as it is`},
		ruleCase{name: "other braces", tool: create, args: `{"details": {"components": [{"type": "BODY", "text": "Order ｛｛1｝｝"}]}}`, want: "allowed", warn: "is sent as it is"},
	)
	for _, foreign := range []string{"${name}", "%{name}", "#{name}", "{name}", "%1$s", "%s", "[[name]]", "<%= name %>", "{% name %}"} {
		says := fmt.Sprintf("%q is sent as it is", foreign)
		cases = append(cases, ruleCase{name: "as elsewhere: " + foreign, tool: create, args: `{"details": {"components": [{"type": "BODY", "text": "Order ` + foreign + ` is here"}]}}`, want: "allowed", warn: says})
		if foreign != "#{name}" {
			cases = append(cases, ruleCase{name: "in KakaoTalk: " + foreign, tool: "kakaotalk_template_create", args: `{"plusFriendId": "@f", "details": {"content": "Order ` + foreign + ` is here"}}`, want: "allowed", warn: says})
		}
	}
	checkRule(t, cases)
}

func TestAnAnswerOnManyWrongVariablesIsBounded(t *testing.T) {
	many := strings.Repeat("{{}} ", 200)
	components := strings.TrimSuffix(strings.Repeat(`{"type": "BODY", "text": "`+many+`"}, `, 100), ", ")
	f := newFixture(nil).confirmed(t)
	v := f.Check(t.Context(), call("whatsapp_template_create", parsed(t, `{"details": {"components": [`+components+`]}}`)))
	if v.Refuse == nil || len(v.Refuse.Message) > 1000 || !strings.Contains(v.Refuse.Message, "190 more") || !strings.Contains(v.Refuse.Message, "more like these") {
		t.Errorf("got %+v", v.Refuse)
	}
}

// An update that names no category is held to the template's own.
func TestAnUpdateKeepsToTheTemplatesCategory(t *testing.T) {
	const tool = "whatsapp_template_update"
	of := func(category string) map[string]string {
		return map[string]string{"whatsapp_template_get": `{"state": "APPROVED", "category": "` + category + `"}`}
	}
	update := func(more string) string { return `{"details": {"components": [{"type": "BODY", ` + more + `}]}}` }
	read := []string{"whatsapp_template_get"}
	checkRule(t, []ruleCase{
		{name: "a text in AUTHENTICATION", tool: tool, args: update(`"text": "x"`), api: of("AUTHENTICATION"), want: "allowed", warn: "stays empty in AUTHENTICATION", reads: read},
		{name: "a text in UTILITY", tool: tool, args: update(`"text": "x"`), api: of("UTILITY"), want: "allowed", reads: read},
		{name: "a recommendation in UTILITY", tool: tool, args: update(`"addSecurityRecommendation": true`), api: of("UTILITY"), want: "allowed", warn: "is for AUTHENTICATION templates, and this one is UTILITY"},
		{name: "a recommendation in AUTHENTICATION", tool: tool, args: update(`"addSecurityRecommendation": true`), api: of("AUTHENTICATION"), want: "allowed"},
	})
}

func TestTheMediaOfAHeader(t *testing.T) {
	const create, update = "whatsapp_template_create", "whatsapp_template_update"
	args := func(status, components string) string {
		return `{` + status + `"details": {"components": [{"type": "BODY", "text": "x"}, ` + components + `]}}`
	}
	const draft, submit = `"status": "DRAFT", `, `"status": "SUBMIT", `
	header := func(format, example string) string {
		return `{"type": "HEADER", "format": "` + format + `", "examples": [` + example + `]}`
	}
	card := func(header string) string {
		return `{"type": "CAROUSEL", "cards": [{"components": [` + header + `, {"type": "BODY", "text": "y"}]}]}`
	}
	of := func(mime string) string {
		return `{"url": "https://example.com/file", "mimeType": "` + mime + `"}`
	}
	const media, examples = "whatsapp_header_media", "whatsapp_template_examples"
	var cases []ruleCase
	fits := map[string][]string{"IMAGE": {"IMAGE/JPEG", "IMAGE/PNG"}, "VIDEO": {"VIDEO/3GP", "VIDEO/MP4"}, "DOCUMENT": {"APPLICATION/PDF"}}
	for format, good := range fits {
		for other, types := range fits {
			for _, mime := range types {
				want := media
				for _, one := range good {
					if one == mime {
						want = "allowed"
					}
				}
				for status, name := range map[string]string{"": "submitted", draft: "a draft"} {
					cases = append(cases, ruleCase{name: format + " with " + mime + " of " + other + ", " + name, tool: create, args: args(status, header(format, of(mime))), want: want})
				}
			}
		}
	}
	cases = append(cases,
		ruleCase{name: "in a card", tool: create, args: args("", card(header("VIDEO", of("IMAGE/PNG")))), want: media, says: "details.components[1].cards[0].components[0].examples[0].mimeType is IMAGE/PNG, and a header of format VIDEO takes VIDEO/3GP or VIDEO/MP4"},
		ruleCase{name: "in an update", tool: update, args: args("", header("DOCUMENT", of("IMAGE/PNG"))), want: media},
		ruleCase{name: "a name that ends otherwise", tool: create, args: args("", header("DOCUMENT", `{"url": "https://example.com/photos/1.png"}`)), want: "allowed", warn: "details.components[1].examples[0].url ends with .png"},
		ruleCase{name: "a name that fits", tool: create, args: args("", header("VIDEO", `{"url": "https://example.com/A.MP4?x=1"}`)), want: "allowed"},
		ruleCase{name: "a type counts more than a name", tool: create, args: args("", header("IMAGE", `{"url": "https://example.com/a.php.pdf", "mimeType": "IMAGE/PNG"}`)), want: "allowed"},
		ruleCase{name: "a name that proves nothing", tool: create, args: args("", header("IMAGE", `{"url": "https://example.com/image.php"}`)), want: "allowed"},

		ruleCase{name: "no example", tool: create, args: args("", header("IMAGE", "")), want: examples, says: "details.components[1].examples must have one"},
		ruleCase{name: "no list of examples", tool: create, args: args("", `{"type": "HEADER", "format": "IMAGE"}`), want: examples},
		ruleCase{name: "no example in a card", tool: create, args: args("", card(header("VIDEO", ""))), want: examples, says: "cards[0].components[0].examples"},
		ruleCase{name: "no code to copy", tool: create, args: args("", `{"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "examples": []}]}`), want: examples, says: "details.components[1].buttons[0].examples must have one: a sample of the code"},
		ruleCase{name: "a code to copy", tool: create, args: args("", `{"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "examples": ["A"]}]}`), want: "allowed"},
		ruleCase{name: "no example in a draft", tool: create, args: args(draft, header("IMAGE", "")), want: "allowed"},
		ruleCase{name: "an update saves a draft by default", tool: update, args: args("", header("IMAGE", "")), want: "allowed"},
		ruleCase{name: "an update that submits", tool: update, args: args(submit, header("IMAGE", "")), want: examples},
		ruleCase{name: "a place needs none", tool: create, args: args("", `{"type": "HEADER", "format": "LOCATION"}`), want: "allowed"},
		ruleCase{name: "a text needs none", tool: create, args: args("", `{"type": "HEADER", "format": "TEXT", "text": "Hi"}`), want: "allowed"},
	)
	checkRule(t, cases)
}
