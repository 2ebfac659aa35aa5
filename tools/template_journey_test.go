package tools

import (
	"maps"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

// A template that the review rejects is corrected by what the lint finds alone, for each
// reason of the sandbox's review: next leads from the rejection to the lint, and from
// there to the update that is approved.
func TestRejectedTemplatesAreFixedByTheirFindings(t *testing.T) {
	for _, tt := range []struct {
		rule       string
		components []object
		// person is the text that the person writes where the correction is not
		// mechanical.
		person string
	}{
		{"wa_variable_edge", []object{body("Your order is on its way: {{1}}", "1001")}, "Your order {{1}} is on its way."},
		{"wa_variable_adjacent", []object{body("Your order {{1}} {{2}} is on its way to your home address.", "1001", "A")}, "Your order {{1}} of size {{2}} is on its way to your home address."},
		{"wa_variable_density", []object{body("Order {{1}} of {{2}} today.", "1001", "A")}, "The order with the number {{1}} for the branch {{2}} is on its way to you today."},
		{"wa_body_spacing", []object{body("Your order\tis\n\n\n\non its way.")}, ""},
		{"wa_header_text", []object{{"type": "HEADER", "format": "TEXT", "text": "*Good* news"}, body("It is on its way.")}, ""},
		{"wa_footer_text", []object{body("It is on its way."), footer("Example\nShop \U0001F389")}, ""},
		{"wa_button_text", []object{body("It is on its way."), buttons(quickReply("*Yes*"))}, ""},
		{"wa_button_order", []object{body("It is on its way."), buttons(quickReply("Yes"), object{"type": "URL", "text": "See", "url": "https://example.com"}, quickReply("No"))}, "reorder"},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			s := newSandboxSet(t, nil)
			s.onboard(t)
			args := ofTemplate(tt.components...)
			created := do(t, s.Set, templateCreate, args)
			if !strings.Contains(string(encode(created.Structured)), tt.rule) {
				t.Fatalf("neither a refusal nor a warning names %s: %s", tt.rule, encode(created.Structured))
			}
			if created.IsError {
				args["ignoreLint"] = []string{tt.rule}
				s.call(t, templateCreate, args)
			}
			s.box.Advance(time.Hour)
			rejected := s.call(t, templateGet, object{"templateName": "order_shipped", "languageCode": "EN_US"})
			if rejected["state"] != "REJECTED" {
				t.Fatalf("%s", encode(rejected))
			}
			linted := s.take(t, rejected, catalog.WhatsappTemplateLint, nil)
			found := ruleFindings(linted)
			if len(found) != 1 || found[tt.rule] == nil {
				t.Fatalf("%s", encode(linted))
			}
			details := jsonvalue.Object(linted, "data.details")
			switch {
			case tt.person == "" && details == nil:
				t.Fatalf("no corrections were made: %s", encode(linted))
			case tt.person == "reorder" && details == nil:
				all := tt.components[1]["buttons"].([]object)
				details = object{"components": []object{tt.components[0], buttons(all[0], all[2], all[1])}}
			case tt.person != "":
				details = maps.Clone(args["details"].(object))
				fixed := maps.Clone(tt.components[0])
				fixed["text"] = tt.person
				details["components"] = []object{fixed}
			}
			s.take(t, linted, templateUpdate, object{"details": details})
			s.box.Advance(time.Hour)
			if approved := s.call(t, templateGet, object{"templateName": "order_shipped", "languageCode": "EN_US"}); approved["state"] != "APPROVED" {
				t.Errorf("%s", encode(approved))
			}
		})
	}
}

// take makes the call of the first of the next steps, which must be of the tool, with
// what it needs.
func (s sandboxSet) take(t testing.TB, r map[string]any, tool string, needs object) map[string]any {
	t.Helper()
	next := jsonvalue.Objects(r, "next")
	if len(next) == 0 || next[0]["tool"] != tool {
		t.Fatalf("next is not %s: %s", tool, encode(r["next"]))
	}
	args := maps.Clone(jsonvalue.Object(next[0], "args"))
	for _, name := range jsonvalue.Texts(next[0], "needs") {
		if needs[name] == nil {
			t.Fatalf("%s needs %s", tool, name)
		}
		args[name] = needs[name]
	}
	return s.call(t, tool, args)
}
