package tools

import (
	"net/http"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/preview"
	"papi-mcp/internal/tokentest"
)

// A preview of the arguments of a create: the message as data and as text, what lint
// finds, and what to do next. Nothing is sent.
func TestPreview(t *testing.T) {
	set, api := newSet(t, answerJSON(http.StatusOK, nil), nil)
	out := do(t, set, catalog.WhatsappTemplatePreview, ofTemplate(
		body("Your order {{1}} is on its *way*.", "1001"), footer("Example *Shop*"), buttons(quickReply("Stop")),
	))
	r := result(t, out)
	if got := jsonvalue.Text(r, "data.body"); got != "Your order 1001 is on its *way*." {
		t.Errorf("the body is %q", got)
	}
	if f := jsonvalue.Objects(r, "data.findings"); len(f) != 1 || f[0]["rule"] != "wa_footer_text" || f[0]["corrected"] != "Example Shop" {
		t.Errorf("the findings are %s", encode(f))
	}
	if next := jsonvalue.Objects(r, "next"); len(next) != 1 || next[0]["tool"] != templateCreate {
		t.Errorf("next is %s", encode(next))
	}
	text := out.Text()
	drawing, rest, found := strings.Cut(text, "\nnext: {")
	if !found || !strings.HasPrefix(drawing, "WhatsApp template order_shipped, EN_US, UTILITY\nbody:\n  Your order 1001 is on its *way*.\nfooter:\n") || strings.Contains(rest, "\n") {
		t.Errorf("the text is\n%s", text)
	}
	if api.count() != 0 {
		t.Errorf("%d requests: %v", api.count(), api.requests)
	}
}

// A template that exists is read, and an update is shown as the template will be.
func TestPreviewOfATemplateThatExists(t *testing.T) {
	answer := object{"name": "order_shipped", "language": "EN_US", "category": "UTILITY", "state": "APPROVED", "details": object{"components": []object{
		{"type": "BODY", "text": "Your order {{1}} is here.", "examples": []string{"1001"}},
	}}}
	set, api := newSet(t, answerJSON(http.StatusOK, answer), nil)
	r := result(t, do(t, set, catalog.WhatsappTemplatePreview, object{"name": "order_shipped", "language": "EN_US"}))
	if got := jsonvalue.Text(r, "data.body"); got != "Your order 1001 is here." {
		t.Errorf("the body is %q", got)
	}
	r = result(t, do(t, set, catalog.WhatsappTemplatePreview, object{"templateName": "order_shipped", "languageCode": "EN_US", "details": object{"components": []object{body("It is {{1}} today.", "Monday")}}}))
	if got := jsonvalue.Text(r, "data.body") + " " + jsonvalue.Text(r, "data.category"); got != "It is Monday today. UTILITY" {
		t.Errorf("the body and category of an update are %q", got)
	}
	for _, request := range api.requests {
		if request.method != http.MethodGet {
			t.Errorf("%s %s", request.method, request.path)
		}
	}
	if api.count() != 2 {
		t.Errorf("%d requests", api.count())
	}
}

// HTML is a text like any other, in the data and in the text of the result. Hidden
// characters are removed from both.
func TestPreviewOfHTML(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	const html = `<script>alert("1")</script>&amp;`
	out := do(t, set, catalog.WhatsappTemplatePreview, ofTemplate(body("Hi "+html+" {{1}}, bye\u202e.", html)))
	want := "Hi " + html + " " + html + ", bye."
	if got := jsonvalue.Text(result(t, out), "data.body"); got != want {
		t.Errorf("the body is %q, want %q", got, want)
	}
	if text := out.Text(); !strings.Contains(text, "\n  "+want+"\n") {
		t.Errorf("the text does not have %q:\n%s", want, text)
	}
}

// The tool names its page, and no other tool has one.
func TestOnlyPreviewHasAPage(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	seen := false
	for _, tool := range set.Tools() {
		if tool.Name != catalog.WhatsappTemplatePreview {
			if tool.Meta != nil {
				t.Errorf("%s has %s", tool.Name, encode(tool.Meta))
			}
			continue
		}
		seen = true
		if got := string(encode(tool.Meta)); got != `{"ui":{"resourceUri":"`+preview.URI+`"}}` {
			t.Errorf("its meta is %s", got)
		}
	}
	if !seen {
		t.Error("the tool is not listed")
	}
}

// The data is about as large as the arguments: that of a message with all that it can
// have, and of a carousel of ten cards.
func TestSizeOfPreviews(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	image := object{"type": "HEADER", "format": "IMAGE", "examples": []object{{"url": "https://example.com/media/shoes.png"}}}
	link := object{"type": "URL", "text": "Look at it", "url": "https://example.com/shoes/{{1}}", "examples": []string{"https://example.com/shoes/1"}}
	var cards []object
	for range 10 {
		cards = append(cards, object{"components": []object{image, body("A pair of shoes for {{1}} today.", "40.00"), buttons(link, quickReply("Later"))}})
	}
	full := ofTemplate(image, body("Your order {{1}} is on its way and arrives on {{2}}, in the afternoon.", "1001", "Monday"), footer("Example Shop"), buttons(link, quickReply("Stop")))
	carousel := ofTemplate(body("Ten pairs of shoes for you."), object{"type": "CAROUSEL", "cards": cards})
	carousel["category"] = "MARKETING"
	for name, args := range map[string]object{"full": full, "carousel": carousel} {
		r := result(t, do(t, set, catalog.WhatsappTemplatePreview, args))
		if f := jsonvalue.Objects(r, "data.findings"); len(f) > 0 {
			t.Errorf("%s: findings %s", name, encode(f))
		}
		size, given := tokentest.Count(string(encode(r["data"]))), tokentest.Count(string(encode(args)))
		t.Logf("%s: %d tokens of %d", name, size, given)
		if size > given*12/10 {
			t.Errorf("%s: the data has %d tokens, the arguments %d", name, size, given)
		}
	}
}
