package sandbox

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"papi-mcp/internal/jsonvalue"
)

func bodyOf(text string, examples ...any) obj {
	if len(examples) == 0 {
		return obj{"type": "BODY", "text": text}
	}
	return obj{"type": "BODY", "text": text, "examples": examples}
}

func buttonsOf(buttons ...any) obj { return obj{"type": "BUTTONS", "buttons": buttons} }

func quickReply(text string) obj { return obj{"type": "QUICK_REPLY", "text": text} }

var (
	plainBody = bodyOf("Your parcel is waiting at the counter.")
	link      = obj{"type": "URL", "text": "Track", "url": "https://example.com/track"}
	// rejected has content that the review rejects, by the reason.
	rejected = map[string][]any{
		"the body starts or ends with a variable":             {bodyOf("{{1}}, your parcel is waiting at the counter.", "Ann"), bodyOf("Your parcel is waiting at {{1}} ", "the counter")},
		"the body has variables without words between them":   {bodyOf("Dear {{1}} {{2}}, your parcel is waiting here.", "Ann", "Example"), bodyOf("Your order has:\n{{1}}\n{{2}}\nand is packed.", "soap", "rope")},
		"the body has too many variables for its words":       {bodyOf("Order {{1}} on {{2}} at {{3}} ok", "1", "2", "3")},
		"the body has a tab, more than two line breaks or":    {bodyOf("Your parcel is here.\n\n\nBring an ID."), bodyOf("Weight:\t2 kg"), bodyOf("Weight:     2 kg")},
		"the header has a line break, an emoji or formatting": {obj{"type": "HEADER", "format": "TEXT", "text": "Parcel 📦"}, obj{"type": "HEADER", "format": "TEXT", "text": "*Parcel*"}, obj{"type": "HEADER", "format": "TEXT", "text": "Parcel\nnews"}},
		"the footer has a line break, an emoji or formatting": {obj{"type": "FOOTER", "text": "Thank you ❤️"}, obj{"type": "FOOTER", "text": "Example Shop\nReply STOP"}, obj{"type": "FOOTER", "text": "_Example Shop_"}},
		"a button has a line break, an emoji or formatting":   {buttonsOf(quickReply("Yes ✅")), buttonsOf(quickReply("~No~"))},
		"other buttons are between the quick replies":         {buttonsOf(quickReply("Yes"), link, quickReply("No"))},
	}
)

// withBody are the components of a template that has the component.
func withBody(component any) []any {
	if jsonvalue.Text(component, "type") == "BODY" {
		return []any{component}
	}
	return []any{plainBody, component}
}

func reviewed(w *harness, components []any) result {
	w.post("/whatsapp/templates", obj{"name": "parcel", "language": "EN", "category": "UTILITY", "details": obj{"components": components}}).ok()
	w.s.Advance(templateSubmission)
	w.get(templatePath("parcel", "EN")).ok().is("state", "PENDING")
	w.s.Advance(templateReview)
	return w.get(templatePath("parcel", "EN")).ok()
}

func TestReviewRejectsContent(t *testing.T) {
	for reason, all := range rejected {
		for _, component := range all {
			t.Run(reason, func(t *testing.T) {
				w := manual(t)
				w.onboarded()
				reviewed(w, withBody(component)).is("state", "REJECTED", "rejectionCode", "INVALID_FORMAT")
				last := w.get(templatePath("parcel", "EN") + "/activities").ok().items("notifications")[0]
				comment := jsonvalue.Text(last, "comment")
				if !strings.HasPrefix(comment, rejections["INVALID_FORMAT"]+": "+reason) || strings.Contains(comment, ";") {
					t.Errorf("the reason is %q, want %q", comment, reason)
				}
				w.patch(templatePath("parcel", "EN"), obj{"details": obj{"components": []any{plainBody}}, "status": "SUBMIT"}).ok()
				w.s.Advance(templateSubmission + templateReview)
				w.get(templatePath("parcel", "EN")).ok().is("state", "APPROVED")
			})
		}
	}
	if len(rejected) != len(reviewRules) {
		t.Errorf("%d of %d rules are tried", len(rejected), len(reviewRules))
	}
}

func TestReviewApprovesContent(t *testing.T) {
	for name, component := range map[string]any{
		"a sign after the last variable": bodyOf("Your parcel is waiting at {{1}}.", "the counter"),
		"a variable twice":               bodyOf("Hello {{1}}, this is for {{1}} only.", "Ann"),
		"no spaces between words":        bodyOf("いつも{{1}}様のご予約を{{2}}に承りました。", "佐久良", "六月"),
		"an empty line and formatting":   bodyOf("Your *parcel* is here 📦.\n\nBring an _ID_, please."),
		"four spaces":                    bodyOf("Weight:    2 kg"),
		"a header with a variable":       obj{"type": "HEADER", "format": "TEXT", "text": "News of {{1}}!", "examples": []any{"May"}},
		"signs that are no formatting":   obj{"type": "FOOTER", "text": "5 * 3 = 15, ask @example_shop_one ~ Example™ ✓ № 1"},
		"a joiner in a word":             obj{"type": "FOOTER", "text": "می\u200cخواهید"},
		"quick replies first":            buttonsOf(quickReply("Yes"), quickReply("No"), link),
		"other buttons on both sides":    buttonsOf(obj{"type": "PHONE_NUMBER", "text": "Call", "phoneNumber": "+15550100"}, quickReply("Yes"), link),
		"a header without a text":        obj{"type": "HEADER", "format": "LOCATION"},
		"a card with a variable":         obj{"type": "CAROUSEL", "cards": []any{obj{"components": []any{bodyOf("A card for {{1}} only.", "Ann")}}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := manual(t)
			w.onboarded()
			reviewed(w, withBody(component)).is("state", "APPROVED")
		})
	}
}

// The cards of a carousel are reviewed too, and each reason is given once.
func TestReviewOfCards(t *testing.T) {
	card := obj{"components": []any{bodyOf("For {{1}}", "Ann")}}
	found := reviewProblems(obj{"components": []any{plainBody, obj{"type": "CAROUSEL", "cards": []any{card, card}}}})
	if want := "the body starts or ends with a variable; the body has too many variables for its words"; found != want {
		t.Errorf("found %q, want %q", found, want)
	}
}

// A rejected update leaves the live form, and a name with a magic word decides
// before the content.
func TestReviewOfUpdatesAndMagicNames(t *testing.T) {
	w := manual(t)
	w.onboarded()
	w.approved("offer", "EN")
	before := w.get(templatePath("offer", "EN")).str("details.components.0.text")
	w.patch(templatePath("offer", "EN"), obj{"details": obj{"components": []any{bodyOf("Dear {{1}}", "Ann")}}, "status": "SUBMIT"}).ok()
	w.s.Advance(templateSubmission + templateReview)
	w.get(templatePath("offer", "EN")).ok().is("state", "APPROVED", "changes.status", "REJECTED", "rejectionCode", "INVALID_FORMAT", "details.components.0.text", before)

	scam := template("reject_scam", "EN")
	scam["details"] = obj{"components": []any{bodyOf("Hello {{1}}", "Ann")}}
	w.post("/whatsapp/templates", scam).ok()
	w.s.Advance(templateSubmission + templateReview)
	w.get(templatePath("reject_scam", "EN")).ok().is("state", "REJECTED", "rejectionCode", "SCAM")
}

// The review agrees with the templates that lint is developed and measured on,
// though neither was written for the other: it rejects no valid one, and of those
// to measure on each that breaks one of its rules.
func TestReviewAgreesWithTheCorpus(t *testing.T) {
	rules := map[string]bool{
		"wa_variable_edge": false, "wa_variable_adjacent": false, "wa_variable_density": false, "wa_body_spacing": false,
		"wa_header_text": false, "wa_footer_text": false, "wa_button_text": false, "wa_button_order": false,
	}
	files, err := filepath.Glob("../../testdata/lint/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var one struct {
			Rule     string
			Template struct{ Details map[string]any }
		}
		if err := json.Unmarshal(raw, &one); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		found := reviewProblems(one.Template.Details)
		_, mechanical := rules[one.Rule]
		switch {
		case one.Rule == "" && found != "":
			t.Errorf("%s is valid, and the review says: %s", file, found)
		case mechanical && filepath.Base(filepath.Dir(file)) == "measure":
			rules[one.Rule] = true
			if found == "" {
				t.Errorf("%s breaks %s, and the review approves it", file, one.Rule)
			}
		}
	}
	for rule, tried := range rules {
		if !tried {
			t.Errorf("no template breaks %s", rule)
		}
	}
}

// The contract's own examples of templates, where they are found next to the
// project, are approved.
func TestReviewApprovesTheContractsExamples(t *testing.T) {
	raw, err := os.ReadFile("../../../shared/papi/openapi.json")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the contract's examples are not next to this checkout")
	}
	var doc map[string]any
	if err == nil {
		err = json.Unmarshal(raw, &doc)
	}
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	var visit func(value any)
	visit = func(value any) {
		switch v := value.(type) {
		case []any:
			for _, item := range v {
				visit(item)
			}
		case map[string]any:
			if jsonvalue.Objects(v, "components") != nil {
				tried++
				if found := reviewProblems(v); found != "" {
					t.Errorf("%v: %s", v, found)
				}
				return
			}
			for _, item := range v {
				visit(item)
			}
		}
	}
	visit(doc["paths"])
	if tried < 3 {
		t.Errorf("only %d examples were tried", tried)
	}
}

func TestDocsListTheReasonsOfTheReview(t *testing.T) {
	raw, err := os.ReadFile("../../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range reviewRules {
		if !strings.Contains(string(raw), rule.reason) {
			t.Errorf("docs/sandbox.md does not say that the review rejects a template because %s", rule.reason)
		}
	}
}
