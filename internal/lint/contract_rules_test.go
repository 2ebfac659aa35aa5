package lint

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestURLButtons(t *testing.T) {
	button := func(fields string) string { return with(buttonsOf(`{"type": "URL", "text": "Go", ` + fields + `}`)) }
	const restricted, variable, example = "wa_url_restricted", "wa_url_variable", "wa_url_example"
	checkCases(t, []lintCase{
		{rule: restricted, name: "a plain address", components: button(`"url": "https://example.com/a"`)},
		{rule: restricted, name: "wa.me", components: button(`"url": "https://wa.me/15550100"`), says: "details.components[1].buttons[0].url leads to wa.me"},
		{rule: restricted, name: "below whatsapp.com, in capitals", components: button(`"url": "https://API.WhatsApp.com/send"`), says: "leads to whatsapp.com"},
		{rule: restricted, name: "behind a user's name", components: button(`"url": "https://example.com@wa.me/x"`), says: "leads to wa.me"},
		{rule: restricted, name: "a fragment behind", components: button(`"url": "https://wa.me#x"`), says: "leads to wa.me"},
		{rule: restricted, name: "another domain that ends alike", components: button(`"url": "https://notwhatsapp.com"`)},
		{rule: restricted, name: "wa.me in the path", components: button(`"url": "https://example.com/wa.me"`)},
		{rule: restricted, name: "in a card of a carousel", components: with(cardsOf(buttonsOf(`{"type": "URL", "url": "https://wa.me/x"}`))), says: "details.components[1].cards[0].components[0].buttons[0].url"},

		{rule: variable, name: "in the host", components: button(`"url": "https://{{1}}.example.com", "examples": ["https://a.example.com"]`), says: "variable in its host"},
		{rule: variable, name: "at its very end", components: button(`"url": "https://example.com/{{1}}", "examples": ["https://example.com/a"]`)},
		{rule: variable, name: "before the end", components: button(`"url": "https://example.com/{{1}}/a", "examples": ["https://example.com/b/a"]`), says: "other than a {{1}} at its very end"},
		{rule: variable, name: "a second one", components: button(`"url": "https://example.com/{{1}}/{{1}}", "examples": ["https://example.com/a/a"]`), says: "at its very end"},
		{rule: variable, name: "another one", components: button(`"url": "https://example.com/{{2}}", "examples": ["https://example.com/a"]`), says: "at its very end"},
		{rule: variable, name: "at the end of a query", components: button(`"url": "https://example.com?name={{1}}", "examples": ["https://example.com?name=a"]`)},

		{rule: example, name: "a dynamic address with its example", components: button(`"url": "https://example.com/{{1}}", "examples": ["https://example.com/a"]`)},
		{rule: example, name: "without it", components: button(`"url": "https://example.com/{{1}}"`), says: "buttons[0].examples must be given"},
		{rule: example, name: "of a plain address", components: button(`"url": "https://example.com/a", "examples": ["https://example.com/a"]`), says: "contains no {{1}}"},
	})
}

func TestFlowButtonsAndCarousels(t *testing.T) {
	flow := func(fields string) string {
		return with(buttonsOf(`{"type": "FLOW", "text": "Begin", "flowId": "1", ` + fields + `}`))
	}
	const (
		image = `{"type": "HEADER", "format": "IMAGE", "examples": [{"url": "https://example.com/a"}]}`
		video = `{"type": "HEADER", "format": "VIDEO", "examples": [{"url": "https://example.com/a"}]}`
		text  = `{"type": "BODY", "text": "y"}`
		reply = `{"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Yes"}]}`
		open  = `{"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Go", "url": "https://example.com"}]}`
	)
	const navigate, carousel = "wa_flow_screen", "wa_carousel_cards"
	checkCases(t, []lintCase{
		{rule: navigate, name: "navigates to nowhere", components: flow(`"flowAction": "NAVIGATE"`), says: "details.components[1].buttons[0].navigateScreen must be given"},
		{rule: navigate, name: "navigates", components: flow(`"flowAction": "NAVIGATE", "navigateScreen": "ONE"`)},
		{rule: navigate, name: "exchanges data", components: flow(`"flowAction": "DATA_EXCHANGE"`)},

		{rule: carousel, name: "cards alike", components: with(cardsOf(image+", "+text, text+", "+image))},
		{rule: carousel, name: "another header", components: with(cardsOf(image+", "+text, video+", "+text)), says: "cards[1].components has BODY, HEADER VIDEO, and the first card has BODY, HEADER IMAGE"},
		{rule: carousel, name: "no body", components: with(cardsOf(image, image)), says: "details.components[1].cards[0].components has no BODY"},
		{rule: carousel, name: "a card without anything", components: with(cardsOf("", image+", "+text)), says: "cards[0].components has no HEADER"},
		{rule: carousel, name: "the same buttons", components: with(cardsOf(image+", "+text+", "+reply, image+", "+text+", "+reply))},
		{rule: carousel, name: "other buttons", components: with(cardsOf(image+", "+text+", "+reply, image+", "+text+", "+open)), says: "cards[1].components has BODY, BUTTONS URL"},
	})
}

func TestTheContentOfATemplate(t *testing.T) {
	reply := func(text string) string { return `{"type": "QUICK_REPLY", "text": "` + text + `"}` }
	ttl := func(seconds string) string { return `"messageSendTtlSeconds": ` + seconds + `, ` }
	const text, authField = "wa_authentication_text", "wa_authentication_field"
	checkCases(t, []lintCase{
		{rule: "wa_body_missing", name: "no BODY", components: `{"type": "FOOTER", "text": "x"}`, says: "details.components has no BODY"},
		{rule: "wa_body_missing", name: "one in a card alone", components: cardsOf(`{"type": "BODY", "text": "x"}`), says: "has no BODY"},
		{rule: "wa_body_missing", name: "one without a text", components: `{"type": "BODY"}`, says: "details.components[0].text is empty", severity: Likely},
		{rule: "wa_body_missing", name: "one of blanks", components: bodyOf(" \n"), says: "is empty", severity: Likely},
		{rule: "wa_body_missing", name: "an AUTHENTICATION body has no text", category: authentication, components: `{"type": "BODY"}`},
		{rule: "wa_component_repeated", name: "two of a type", components: bodyOf("a") + `, ` + bodyOf("b"), says: "details.components[1] is another component of type BODY"},
		{rule: "wa_component_repeated", name: "two in a card", components: with(cardsOf(bodyOf("a") + `, ` + bodyOf("b"))), says: "cards[0].components[1] is another"},
		{rule: "wa_component_repeated", name: "one in each card", components: with(cardsOf(bodyOf("a"), bodyOf("b")))},

		{rule: "wa_button_text_repeated", name: "the same text", components: with(buttonsOf(reply("Yes"), reply("Yes"))), says: "details.components[1].buttons[1].text is also the text of buttons[0]"},
		{rule: "wa_button_text_repeated", name: "texts of their own", components: with(buttonsOf(reply("Yes"), reply("No"), `{"type": "ORDER_DETAILS"}`, `{"type": "REQUEST_CONTACT_INFO"}`))},

		{rule: authField, name: "a recommendation in MARKETING", components: `{"type": "BODY", "text": "a", "addSecurityRecommendation": true}`, says: "details.components[0].addSecurityRecommendation is for AUTHENTICATION templates, and this one is MARKETING"},
		{rule: authField, name: "an expiry in UTILITY", category: utility, components: with(`{"type": "FOOTER", "codeExpirationMinutes": 5}`), says: "codeExpirationMinutes is for AUTHENTICATION"},
		{rule: authField, name: "both in AUTHENTICATION", category: authentication, components: `{"type": "BODY", "addSecurityRecommendation": true}, {"type": "FOOTER", "codeExpirationMinutes": 5}`},
		{rule: authField, name: "none in MARKETING", components: `{"type": "BODY", "text": "a", "addSecurityRecommendation": false}`},
		{rule: text, name: "a text in AUTHENTICATION", category: authentication, components: bodyOf("Your code is {{1}}.", "000000"), says: "details.components[0].text stays empty in AUTHENTICATION templates"},

		{rule: "wa_ttl", name: "the least of AUTHENTICATION", category: authentication, details: ttl("10"), components: with("{}")},
		{rule: "wa_ttl", name: "less", category: authentication, details: ttl("9"), components: with("{}"), says: "details.messageSendTtlSeconds is 9; AUTHENTICATION allows 10 to 900"},
		{rule: "wa_ttl", name: "the most of UTILITY", category: utility, details: ttl("43200"), components: with("{}")},
		{rule: "wa_ttl", name: "more", category: utility, details: ttl("43201"), components: with("{}"), says: "30 to 43200"},
		{rule: "wa_ttl", name: "the least of MARKETING", details: ttl("43200"), components: with("{}")},
		{rule: "wa_ttl", name: "less for MARKETING", details: ttl("43199"), components: with("{}"), says: "43200 to 2592000"},
	})
}

func TestVariablesAndTheirExamples(t *testing.T) {
	const numbering, count, format = "wa_variable_numbering", "wa_example_count", "wa_variable_format"
	const placeholder, notAllowed, lookalike = "wa_example_placeholder", "wa_variable_not_allowed", "wa_variable_lookalike"
	header := func(text, examples string) string {
		return with(`{"type": "HEADER", "format": "TEXT", "text": "` + text + `", "examples": [` + examples + `]}`)
	}
	cases := []lintCase{
		{rule: numbering, name: "in order", components: bodyOf("{{1}} and {{2}}", "a", "b")},
		{rule: numbering, name: "one twice", components: bodyOf("{{1}} and {{1}}", "a")},
		{rule: numbering, name: "in another order", components: bodyOf("{{2}} and {{1}}", "a", "b")},
		{rule: numbering, name: "a gap", components: bodyOf("{{1}}, {{3}} and {{7}}", "a", "b", "c"), says: "without a gap", corrected: "{{1}}, {{2}} and {{3}}"},
		{rule: format, name: "from zero", components: bodyOf("{{0}}", "a"), says: `"{{0}}" as {{1}}`, corrected: "{{1}}"},
		{rule: format, name: "names", components: bodyOf("{{1}}: {{name}}, {{x}}, {{name}}"), says: `"{{name}}" as {{2}}, "{{x}}" as {{3}}`, corrected: "{{1}}: {{2}}, {{3}}, {{2}}"},
		{rule: format, name: "braces of one that is valid", components: bodyOf("{{1}} and {{1}"), says: `"{{1}" as {{1}}`, corrected: "{{1}} and {{1}}"},
		{rule: format, name: "a brace without a partner", components: bodyOf("Order {{1, please"), says: `"{{1," as {{1}}`},
		{rule: format, name: "one brace for two", components: bodyOf("Order {1} is here"), says: `"{1}" as {{1}}`, corrected: "Order {{1}} is here"},
		{rule: format, name: "a name at the end of a URL", components: with(buttonsOf(`{"type": "URL", "text": "Go", "url": "https://example.com/{{id}}"}`)), says: "at its very end", corrected: "https://example.com/{{1}}"},
		{rule: format, name: "the examples", components: bodyOf("Hi {{name}}"), says: "with one example for each number"},
		{rule: format, name: "a number sign before a variable", components: bodyOf("Order #{{1}}", "1")},
		{rule: format, name: "braces of a text", components: bodyOf("Sizes {S, M}")},
		{rule: lookalike, name: "braces of a text", components: bodyOf("Sizes {S, M}")},

		{rule: count, name: "as many as variables", components: bodyOf("{{1}} and {{2}}", "a", "b")},
		{rule: count, name: "too few", components: bodyOf("{{1}} and {{2}}", "a"), says: "details.components[0].examples has 1 example for 2 variables"},
		{rule: count, name: "too many", components: bodyOf("{{1}} and", "a", "b"), says: "has 2 examples for 1 variable"},
		{rule: count, name: "without a variable", components: bodyOf("Your order is here", "a"), says: "has 1 example, and the text has no variable", severity: Likely},
		{rule: count, name: "none", components: header("Hi {{1}}", ""), says: "details.components[1].examples has 0 examples for 1 variable"},
		{rule: "wa_header_variables", name: "two", components: header("{{1}} {{2}}", `"a", "b"`), says: "at most one variable"},
		{rule: "wa_header_variables", name: "one", components: header("Hi {{1}}", `"a"`)},
		{rule: numbering, name: "in a card", components: with(cardsOf(bodyOf("{{2}}", "a"))), says: "details.components[1].cards[0].components[0].text"},

		{rule: notAllowed, name: "a footer", components: with(`{"type": "FOOTER", "text": "Bye {{1}}"}`), says: `details.components[1].text contains "{{1}}", and a footer can't have variables`},
		{rule: notAllowed, name: "a button", components: with(buttonsOf(`{"type": "QUICK_REPLY", "text": "Order {{1}}"}`)), says: "a button's text can't have variables"},
		{rule: notAllowed, name: "a label without", components: with(buttonsOf(`{"type": "QUICK_REPLY", "text": "Order"}`))},
		{rule: placeholder, name: "of a URL", components: with(buttonsOf(`{"type": "URL", "url": "https://example.com/{{1}}", "examples": ["https://example.com/{{1}}"]}`)), says: "examples[0] still contains"},
		{rule: placeholder, name: "of a body", components: bodyOf("Hi {{1}}", "{{name}}"), says: "details.components[0].examples[0] still contains"},
		{rule: placeholder, name: "of a header", components: header("Hi {{1}}", `"{{1}}"`), says: "details.components[1].examples[0] still contains"},
		{rule: placeholder, name: "filled in", components: bodyOf("Hi {{1}}", "Ann")},
		{rule: lookalike, name: "in a footer", components: with(`{"type": "FOOTER", "text": "Bye {name}"}`), says: `"{name}" is sent as it is, since a footer can't have variables`},
		{rule: lookalike, name: "other braces", components: bodyOf("Order ｛｛1｝｝"), says: "is sent as it is"},
	}
	for _, foreign := range []string{"${name}", "%{name}", "#{name}", "#{1}", "{name}", "%1$s", "%s", "[[name]]", "<%= name %>", "{% name %}"} {
		cases = append(cases, lintCase{rule: lookalike, name: foreign, components: bodyOf("Order " + foreign + " is here"), says: fmt.Sprintf("%q is sent as it is", foreign)})
	}
	checkCases(t, cases)
}

// What is written like a variable, and is none, passes in no text and no form:
// the reviewers would see it as it is, and so would the people who get the message.
func TestWhatIsNoVariable(t *testing.T) {
	texts := map[string]string{ // what is said, by the text
		"Hello {{name}}":              `placeholders that are not valid variables; number them: write "{{name}}" as {{1}}`,
		"Hello {{ 1 }}":               `"{{ 1 }}" as {{1}}`,
		"Hello {{1}":                  `"{{1}" as {{1}}`,
		"Hello {1}}":                  `"{1}}" as {{1}}`,
		"Hello {{}}":                  `"{{}}" as {{1}}`,
		"Hello {{1":                   `"{{1" as {{1}}`,
		"Hello 1}}":                   `"1}}" as {{1}}`,
		"Hello {{{1}}":                `"{{{1}}" as {{1}}`,
		"Hello {{{1}}}":               `"{{{1}}}" as {{1}}`,
		"Hello {{1}}}":                `"{{1}}}" as {{1}}`,
		"Hello {{01}}":                `"{{01}}" as {{1}}`,
		"Hello {{-1}}":                `"{{-1}}" as {{1}}`,
		"Hello {{1.0}}":               `"{{1.0}}" as {{1}}`,
		"Hello {{\uff11}}":            `as {{1}}`,
		"Hello {{first name}}":        `"{{first name}}"`,
		"Hello {{customer.name|Sir}}": `"{{customer.name|Sir}}"`,
		"Hello #{{name}}":             `"{{name}}"`,
		"Hello {{\n1\n}}":             `as {{1}}`,
	}
	places := map[string]struct{ before, after, path, rule string }{
		"body":            {`{"type": "BODY", "text": `, `}`, "details.components[0].text", "wa_variable_format"},
		"header":          {with(`{"type": "HEADER", "format": "TEXT", "text": `), `}`, "details.components[1].text", "wa_variable_format"},
		"body of a card":  {with(`{"type": "CAROUSEL", "cards": [{"components": [{"type": "BODY", "text": `), `}]}]}`, "details.components[1].cards[0].components[0].text", "wa_variable_format"},
		"url of a button": {with(`{"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Go", "url": `), `}]}`, "details.components[1].buttons[0].url", "wa_variable_format"},
		"footer":          {with(`{"type": "FOOTER", "text": `), `}`, "details.components[1].text", "wa_variable_not_allowed"},
		"offer":           {with(`{"type": "LIMITED_TIME_OFFER", "text": `), `}`, "details.components[1].text", "wa_variable_not_allowed"},
		"text of a reply": {with(`{"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": `), `}]}`, "details.components[1].buttons[0].text", "wa_variable_not_allowed"},
	}
	var cases []lintCase
	for text, says := range texts {
		for _, place := range slices.Sorted(maps.Keys(places)) {
			p := places[place]
			raw, _ := json.Marshal(text)
			if p.rule != "wa_variable_format" || place == "url of a button" {
				says = p.path // each has words of its own
			}
			cases = append(cases, lintCase{rule: p.rule, name: place + ": " + text, components: p.before + string(raw) + p.after, says: says})
			says = texts[text]
		}
	}
	checkCases(t, cases)
}

func TestAMessageOnManyWrongVariablesIsBounded(t *testing.T) {
	found := Check((&lintCase{components: bodyOf(strings.Repeat("{{}} ", 200))}).template(t))
	if len(found) == 0 || len(found[0].Message) > 400 || !strings.Contains(found[0].Message, "190 more") {
		t.Errorf("%+v", found)
	}
}

func TestTheMediaOfAHeader(t *testing.T) {
	header := func(format, example string) string {
		return `{"type": "HEADER", "format": "` + format + `", "examples": [` + example + `]}`
	}
	card := func(header string) string { return cardsOf(header + `, {"type": "BODY", "text": "y"}`) }
	of := func(mime string) string { return `{"url": "https://example.com/file", "mimeType": "` + mime + `"}` }
	file := func(name string) string { return `{"url": "https://example.com/` + name + `"}` }
	const media, ending, examples = "wa_media_type", "wa_media_extension", "wa_example_missing"
	var cases []lintCase
	for format, own := range mediaTypes {
		for other, types := range mediaTypes {
			for _, mime := range types.types {
				says := fmt.Sprintf("mimeType is %q, and a header of format %s takes", mime, format)
				if slices.Contains(own.types, mime) {
					says = ""
				}
				cases = append(cases, lintCase{rule: media, name: format + " with " + mime + " of " + other, components: with(header(format, of(mime))), says: says})
			}
		}
	}
	cases = append(cases,
		lintCase{rule: media, name: "in a card", components: with(card(header("VIDEO", of("IMAGE/PNG")))), says: `details.components[1].cards[0].components[0].examples[0].mimeType is "IMAGE/PNG", and a header of format VIDEO takes VIDEO/3GP or VIDEO/MP4`},
		lintCase{rule: ending, name: "a name that ends otherwise", components: with(header("DOCUMENT", file("photos/1.png"))), says: "details.components[1].examples[0].url ends with .png"},
		lintCase{rule: ending, name: "a type that no format takes", components: with(header("IMAGE", file("photos/1.webp"))), says: "ends with .webp"},
		lintCase{rule: ending, name: "a name that fits", components: with(header("VIDEO", file("A.MP4?x=1")))},
		lintCase{rule: ending, name: "a type counts more than a name", components: with(header("IMAGE", `{"url": "https://example.com/a.php.pdf", "mimeType": "IMAGE/PNG"}`))},
		lintCase{rule: ending, name: "a name that proves nothing", components: with(header("IMAGE", file("image.php")))},

		lintCase{rule: examples, name: "no example", components: with(header("IMAGE", "")), says: "details.components[1].examples must have one"},
		lintCase{rule: examples, name: "no list of examples", components: with(`{"type": "HEADER", "format": "IMAGE"}`), says: "must have one"},
		lintCase{rule: examples, name: "no example in a card", components: with(card(header("VIDEO", ""))), says: "cards[0].components[0].examples"},
		lintCase{rule: examples, name: "no code to copy", components: with(buttonsOf(`{"type": "COPY_CODE", "examples": []}`)), says: "details.components[1].buttons[0].examples must have one: a sample of the code"},
		lintCase{rule: examples, name: "a code to copy", components: with(buttonsOf(`{"type": "COPY_CODE", "examples": ["A"]}`))},
		lintCase{rule: examples, name: "a place needs none", components: with(`{"type": "HEADER", "format": "LOCATION"}`)},
		lintCase{rule: examples, name: "a text needs none", components: with(headerOf("Hi"))},
	)
	checkCases(t, cases)
}

func TestTheContractsSchema(t *testing.T) {
	checkCases(t, []lintCase{
		{rule: "wa_length", name: "a footer", components: with(`{"type": "FOOTER", "text": "` + strings.Repeat("a", 63) + `"}`), says: "details.components[1].text is too long or too short: at most 60 characters (given: 63)"},
		{rule: "wa_length", name: "a footer as in the contract's example", components: with(`{"type": "FOOTER", "text": "` + strings.Repeat("a", 62) + `"}`), says: "at most 60 characters", severity: Likely},
		{rule: "wa_length", name: "a card as in the contract's example", components: with(cardsOf(buttonsOf(`{"type": "QUICK_REPLY", "text": "a"}`, `{"type": "QUICK_REPLY", "text": "b"}`, `{"type": "QUICK_REPLY", "text": "c"}`))), says: "cards[0].components[0].buttons is too long", severity: Likely},
		{rule: "wa_length", name: "a card of four", components: with(cardsOf(buttonsOf(`{"type": "QUICK_REPLY", "text": "a"}`, `{"type": "QUICK_REPLY", "text": "b"}`, `{"type": "QUICK_REPLY", "text": "c"}`, `{"type": "QUICK_REPLY", "text": "d"}`))), says: "at most 2 items (given: 4)"},
		{rule: "wa_length", name: "as long as it may be", components: with(`{"type": "FOOTER", "text": "` + strings.Repeat("a", 60) + `"}`)},
		{rule: "wa_length", name: "characters, not bytes", components: with(`{"type": "FOOTER", "text": "` + strings.Repeat("ä", 60) + `"}`)},
		{rule: "wa_length", name: "eleven cards", components: with(cardsOf(slices.Repeat([]string{`{"type": "BODY", "text": "a"}`}, 11)...)), says: "details.components[1].cards"},
		{rule: "wa_schema", name: "a button of no type", components: with(buttonsOf(`{"type": "LINK", "text": "a"}`)), says: "details.components[1].buttons[0]"},
		{rule: "wa_schema", name: "an unknown field", components: `{"type": "BODY", "text": "Hello there.", "txt": "b"}`, says: "details.components[0].txt"},
		{rule: "wa_schema", name: "a language", language: "EN_AU", components: bodyOf("Hello there."), says: "language"},
		{rule: "wa_schema", name: "said by another rule already", components: with(`{"type": "HEADER", "format": "IMAGE"}`)},
		{rule: "wa_schema", name: "nothing", components: bodyOf("Hello there.")},
	})
}
