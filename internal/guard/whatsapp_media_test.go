package guard

import "testing"

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
