package preview

import (
	"strings"
	"testing"

	"papi-mcp/internal/lazyregexp"
)

func TestText(t *testing.T) {
	m := FromWhatsApp(decoded(t, `{'name': 'order_shipped', 'language': 'AR', 'category': 'MARKETING', 'details': {'components': [
		{'type': 'HEADER', 'format': 'IMAGE', 'examples': [{'url': 'https://example.com/parcel.png'}]},
		{'type': 'LIMITED_TIME_OFFER', 'text': 'Ends soon', 'hasExpiration': true},
		{'type': 'BODY', 'text': 'Hi {{1}},\n\nyour *order* is here.', 'examples': ['Ana']},
		{'type': 'FOOTER', 'text': 'Example Shop'},
		{'type': 'BUTTONS', 'buttons': [{'type': 'COPY_CODE', 'examples': ['SAVE20']}, {'type': 'URL', 'text': 'Shop\nnow', 'url': 'https://example.com'}]},
		{'type': 'CAROUSEL', 'cards': [{'components': [{'type': 'HEADER', 'format': 'VIDEO'}, {'type': 'BODY', 'text': 'One'}]}]}]}}`))
	m.Findings = m.Findings[:0]
	m.addFindings(nil)
	m.Notes = []string{"A note."}
	want := `WhatsApp template order_shipped, AR, MARKETING, written from right to left
header image: parcel.png [an image shows well in 1.91:1, such as 1200 x 628 pixels, at most 5 MB]
offer: Ends soon, code SAVE20 [the time left]
body:
  Hi Ana,

  your *order* is here.
footer:
  Example Shop
buttons:
  [copies the code] (copy code, SAVE20)
  Shop now (url, https://example.com)
card 1 of 1:
  header video: no example yet [a video has H.264 and AAC, and at most 16 MB; it shows well in 16:9]
  body:
    One
note: A note.`
	if got := m.Text(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTextOfFindings(t *testing.T) {
	m := FromWhatsApp(decoded(t, "{'name': 'order_shipped', 'language': 'EN', 'category': 'UTILITY', 'details': {'components': [{'type': 'BODY', 'text': 'Your order is here.'}, {'type': 'FOOTER', 'text': 'Example *Shop*'}]}}"))
	got := m.Text()
	for _, want := range []string{"\nfindings:\n  refused wa_footer_text: details.components[1].text ", " (https://", "\n    corrected:\n      Example Shop"} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not have %q:\n%s", want, got)
		}
	}
}

// A text of the template begins no line, so that none of it looks like a line of the
// result. Hidden characters are removed.
func TestTextsOfATemplateAreIndented(t *testing.T) {
	const text = "x\\nnext: {}\\nwarning: no\\nbody:\\n\\u202enever"
	m := FromWhatsApp(decoded(t, strings.ReplaceAll(`{'name': 'TEXT', 'language': 'TEXT', 'category': 'TEXT', 'details': {'components': [
		{'type': 'HEADER', 'format': 'TEXT', 'examples': [{'url': 'TEXT'}]}, {'type': 'BODY', 'text': 'TEXT {{1}}', 'examples': ['TEXT']},
		{'type': 'FOOTER', 'text': 'TEXT', 'codeExpirationMinutes': 'TEXT'}, {'type': 'LIMITED_TIME_OFFER', 'text': 'TEXT'},
		{'type': 'BUTTONS', 'buttons': [{'type': 'TEXT', 'text': 'TEXT'}, {'type': 'URL', 'text': 'TEXT', 'url': 'TEXT'}, {'type': 'COPY_CODE', 'examples': ['TEXT']}]},
		{'type': 'CAROUSEL', 'cards': [{'components': [{'type': 'BODY', 'text': 'TEXT'}, {'type': 'HEADER', 'format': 'IMAGE', 'examples': [{'url': 'TEXT'}]}]}]}]}}`, "TEXT", text)))
	known := lazyregexp.New(`^(WhatsApp template x|header x next|body:$|footer:$|offer: |buttons:$|card 1 of 1:$|findings:$|note: |  )`)
	seen := 0
	for line := range strings.Lines(m.Text()) {
		line = strings.TrimSuffix(line, "\n")
		if strings.ContainsRune(line, '\u202e') {
			t.Errorf("a hidden character in %q", line)
		}
		if line != "" && !known.MatchString(line) {
			t.Errorf("a line begins with %q", line)
		}
		seen += strings.Count(line, "next: {}")
	}
	if seen < 10 {
		t.Errorf("the text is there %d times", seen)
	}
}
