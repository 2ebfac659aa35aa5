package sandbox

import (
	"strings"
	"testing"
)

// The rules in the contract's descriptions apply to a submitted template, and not to
// a draft.
func TestTemplateContentIsChecked(t *testing.T) {
	body := obj{"type": "BODY", "text": "Hello."}
	for name, test := range map[string]struct {
		details obj
		want    string // "" where it is taken
	}{
		"a body":                        {obj{"components": []any{body}}, ""},
		"none":                          {obj{"components": []any{obj{"type": "FOOTER", "text": "Bye."}}}, "must have a BODY"},
		"no components":                 {obj{"components": []any{}}, "must have a BODY"},
		"a variable without an example": {obj{"components": []any{obj{"type": "BODY", "text": "Hello {{1}}."}}}, "components[0].examples"},
		"a url with a variable, without an example": {obj{"components": []any{body, obj{"type": "BUTTONS", "buttons": []any{
			obj{"type": "URL", "text": "Go", "url": "https://example.com/{{1}}"}}}}}, "buttons[0].examples"},
		"a time that the category does not allow": {obj{"components": []any{body}, "messageSendTtlSeconds": 29}, "from 30 to 43200"},
		"the least that it allows":                {obj{"components": []any{body}, "messageSendTtlSeconds": 30}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := manual(t)
			w.onboarded()
			made := obj{"name": "checked", "language": "EN", "category": "UTILITY", "details": test.details}
			if test.want == "" {
				w.post("/whatsapp/templates", made).ok()
				return
			}
			refused := w.post("/whatsapp/templates", made).fails("invalid_input")
			found, _ := refused.body["additionalInformation"].(obj)["validationErrors"].([]any)
			if len(found) != 1 || !strings.Contains(found[0].(string), test.want) {
				t.Errorf("found %v", found)
			}
			made["name"], made["status"] = "draft", "DRAFT"
			w.post("/whatsapp/templates", made).ok()
		})
	}
}
