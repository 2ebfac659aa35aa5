package plan

import (
	"fmt"
	"strings"
	"testing"
)

// TestCheck is what is wrong with documents that are as the contract describes them.
func TestCheck(t *testing.T) {
	template := func(more, text string) string {
		return "whatsappTemplates:\n- name: hello\n  category: UTILITY\n" + more + "  languages:\n    EN: {details: {components: [{type: BODY, text: '" + text + "'}]}}\n"
	}
	sms := "smsApps:\n- {name: a, region: EU, convApiApp: true, convApiAppId: 01ABCDEFGHJKMNPQRSTVWXYZ01}\n"
	var many strings.Builder
	many.WriteString("webhooks:\n")
	for i := range 16 {
		fmt.Fprintf(&many, "- target: https://example.com/%d\n", i)
	}
	const rcs = "rcsSenders:\n- region: EU\n  billingCategory: CONVERSATIONAL\n  useCase: OTP\n  details: {brand: {name: A}, countries: [SE]}\n"
	for name, test := range map[string]struct {
		file, want string
		isError    bool
	}{
		"nothing":                 {file: template("", "Hello there.")},
		"what Meta refuses":       {template("", "{{1}} is here."), "f.yaml:5:46: details.components[0].text: starts with a variable", true},
		"of a draft":              {template("  draft: true\n", "{{1}} is here."), "f.yaml:6:46: details.components[0].text: starts with a variable", false},
		"two categories":          {"whatsappTemplates:\n- {name: hello, category: UTILITY, language: EN, details: {components: [{type: BODY, text: One two.}]}}\n- {name: hello, category: MARKETING, language: DE, details: {components: [{type: BODY, text: Drei vier.}]}}\n", "f.yaml:3:17: category: MARKETING in this language, and UTILITY in EN: all languages of a name have the same category", true},
		"the same text":           {"whatsappTemplates:\n- {name: hello, category: UTILITY, language: EN, details: {components: [{type: BODY, text: One two.}]}}\n- {name: other, category: UTILITY, language: EN, details: {components: [{type: BODY, text: One two.}]}}\n", "is that of the template", true},
		"ALL with others":         {"webhooks:\n- {target: https://example.com/a, triggers: [ALL, BUNDLE_DONE]}\n", "f.yaml:2:35: triggers: ALL is for all events: give it alone, or the others without it", true},
		"sixteen webhooks":        {many.String(), "f.yaml:17:3: : a project has at most 15 webhooks", true},
		"two Conversation apps":   {sms, "convApiAppId: either convApiApp for a new Conversation app, or convApiAppId for one that exists", true},
		"a launch":                {rcs + "  launch: true\n", "f.yaml:6:3: launch: the launch needs details.brand.{bannerUrl", true},
		"no launch":               {file: rcs},
		"a launch of one that is": {"rcsSenders:\n- {id: a, launch: true}\n", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			notes := Check(readFile(t, test.file, Options{}))
			if test.want == "" {
				if len(notes) > 0 {
					t.Errorf("found %+v", notes)
				}
				return
			}
			for _, note := range notes {
				line := note.At.String() + ": " + note.Path + ": " + note.Text
				if strings.Contains(line, test.want) {
					if note.Error != test.isError {
						t.Errorf("%s: an error: %v, want %v", line, note.Error, test.isError)
					}
					return
				}
			}
			t.Errorf("not found: %s in %+v", test.want, notes)
		})
	}
}

// TestIgnoreLint leaves a rule of Meta's to Meta; one of the contract's can't be named.
func TestIgnoreLint(t *testing.T) {
	file := func(rule string) string {
		return "whatsappTemplates:\n- name: hello\n  category: UTILITY\n  ignoreLint: [" + rule + "]\n  language: EN\n  details: {components: [{type: BODY, text: 'Your order has come, {{1}}', examples: [Ann]}]}\n"
	}
	for _, note := range Check(readFile(t, file("wa_variable_edge"), Options{})) {
		if note.Code == "wa_variable_edge" {
			t.Errorf("found %+v", note)
		}
	}
	if got := faultsOf(file("wa_body_missing"), Options{}); !strings.HasPrefix(got, "f.yaml:4:3: whatsappTemplates[0].ignoreLint[0]: ") && !strings.HasPrefix(got, "f.yaml:4:16: whatsappTemplates[0].ignoreLint[0]: ") {
		t.Errorf("a rule of the contract: %s", got)
	}
}
