package guard

import (
	"fmt"
	"strings"
	"testing"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
)

const (
	lintedCreate = "whatsapp_template_create"
	lintedUpdate = "whatsapp_template_update"
)

func TestASubmitIsRefusedForAllFindings(t *testing.T) {
	f := newFixture(nil).confirmed(t)
	args := `{"name": "aa", "language": "EN", "category": "UTILITY", "details": {"components": [
		{"type": "BODY", "text": "Hello, your order is {{1}}", "examples": ["a"]}, {"type": "FOOTER", "text": "Bye *now* {{1}}"}, {"type": "FOOTER", "text": "Bye"}]}}`
	c := call(lintedCreate, parsed(t, args))
	r := f.Check(t.Context(), c).Refuse
	if r == nil || r.Code != "guard_whatsapp_template_variables" || r.Message != "the template is not submitted: wa_variable_not_allowed (details.components[1].text), wa_variable_edge (details.components[0].text), 1 more" {
		t.Fatalf("%+v", r)
	}
	var rules []string
	for _, finding := range r.Info["findings"].([]lint.Finding) {
		if rules = append(rules, finding.Rule); finding.Severity != lint.Refused || finding.Path == "" || finding.Source == "" {
			t.Errorf("%+v", finding)
		}
	}
	if got := strings.Join(rules, " "); got != "wa_variable_not_allowed wa_variable_edge wa_footer_text" {
		t.Error(got)
	}
	if !strings.Contains(r.Resolution, `ignoreLint: ["wa_footer_text","wa_variable_edge"]`) {
		t.Error(r.Resolution)
	}
	if warned := strings.Join(c.Warnings, "\n"); !strings.Contains(warned, "(wa_component_repeated)") {
		t.Errorf("what is likely is a warning: %q", warned)
	}
}

// A draft is saved whatever it lacks: it is not stopped, but warned of.
func TestADraftIsNotStopped(t *testing.T) {
	components := `"details": {"components": [{"type": "FOOTER", "text": "Bye {{name}}"}]}}`
	const refused = `details.components: has no BODY, and a template needs one: add a component of type BODY with the text (wa_body_missing; a submit is refused for it)`
	stored := map[string]string{"whatsapp_template_get": `{"state": "APPROVED", "category": "UTILITY", "details": {"components": [{"type": "BODY", "text": "Hi there"}]}}`}
	checkRule(t, []ruleCase{
		{name: "a submit", tool: lintedCreate, args: `{` + components, want: "whatsapp_template_body", says: "details.components has no BODY"},
		{name: "a draft", tool: lintedCreate, args: `{"status": "DRAFT", ` + components, want: "allowed", warn: refused},
		{name: "an update saves a draft by default", tool: lintedUpdate, args: `{` + components, api: stored, want: "allowed", warn: "(wa_variable_not_allowed; a submit is refused for it)"},
		{name: "an update that submits", tool: lintedUpdate, args: `{"status": "SUBMIT", ` + components, api: stored, want: "whatsapp_template_body"},
	})
}

// Each code of the guard's own template rules is that of a submit whose first finding
// is by one of lint's rules with the code.
func TestTheCodesOfTemplates(t *testing.T) {
	submit := func(components string) string {
		return `{"category": "UTILITY", "details": {"components": [` + components + `]}}`
	}
	with := func(more string) string {
		return submit(`{"type": "BODY", "text": "Your order is here."}, ` + more)
	}
	checkRule(t, []ruleCase{
		{name: "body", tool: lintedCreate, args: submit(`{"type": "FOOTER", "text": "x"}`), want: "whatsapp_template_body"},
		{name: "variables", tool: lintedCreate, args: submit(`{"type": "BODY", "text": "Hi {{name}}, your order is here"}`), want: "whatsapp_template_variables", says: `"{{name}}" as {{1}}`, reads: []string{}},
		{name: "examples", tool: lintedCreate, args: with(`{"type": "HEADER", "format": "IMAGE"}`), want: "whatsapp_template_examples"},
		{name: "media", tool: lintedCreate, args: with(`{"type": "HEADER", "format": "IMAGE", "examples": [{"url": "https://example.com/a", "mimeType": "APPLICATION/PDF"}]}`), want: "whatsapp_header_media"},
		{name: "ttl", tool: lintedCreate, args: `{"category": "UTILITY", "details": {"messageSendTtlSeconds": 9, "components": [{"type": "BODY", "text": "Hi there"}]}}`, want: "whatsapp_template_ttl"},
		{name: "url", tool: lintedCreate, args: with(`{"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Go", "url": "https://wa.me/1"}]}`), want: "whatsapp_button_url"},
		{name: "flow", tool: lintedCreate, args: with(`{"type": "BUTTONS", "buttons": [{"type": "FLOW", "text": "Go", "flowId": "1", "flowAction": "NAVIGATE"}]}`), want: "whatsapp_button_flow"},
		{name: "cards", tool: lintedCreate, args: `{"category": "MARKETING", "details": {"components": [{"type": "BODY", "text": "New."}, {"type": "CAROUSEL", "cards": [{"components": [{"type": "BODY", "text": "a"}]}, {"components": [{"type": "BODY", "text": "b"}]}]}]}}`, want: "whatsapp_carousel_cards"},
		{name: "Meta's", tool: lintedCreate, args: with(`{"type": "FOOTER", "text": "Example *Shop*"}`), want: "whatsapp_template_lint", says: "details.components[1].text has formatting"},
		{name: "a length", tool: lintedCreate, args: with(`{"type": "FOOTER", "text": "` + strings.Repeat("a", 63) + `"}`), want: "whatsapp_template_lint"},
		{name: "nothing", tool: lintedCreate, args: with(`{"type": "FOOTER", "text": "Example Shop"}`), want: "allowed"},
		{name: "in KakaoTalk", tool: "kakaotalk_template_create", args: `{"plusFriendId": "@f", "details": {"content": "Order {name} is here"}}`, want: "allowed", warn: `"{name}" is sent as it is`},
	})
}

// An update is checked as the template will be: what it does not give is as it is
// stored, from the read that the other rules make too.
func TestAnUpdateIsLintedAsTheTemplateWillBe(t *testing.T) {
	read := []string{"whatsapp_template_get"}
	approved := func(category, components, more string) map[string]string {
		return map[string]string{"whatsapp_template_get": `{"name": "a", "language": "EN", "state": "APPROVED", "category": "` + category + `", "details": {"components": [` + components + `]` + more + `}}`}
	}
	draft := func(components string) map[string]string {
		return map[string]string{"whatsapp_template_get": `{"name": "a", "language": "EN", "category": "UTILITY", "changes": {"status": "DRAFT", "details": {"components": [` + components + `]}}}`}
	}
	const (
		good = `{"type": "BODY", "text": "Your order is here."}`
		bad  = `{"type": "BODY", "text": "Your order {{1}}", "examples": ["a"]}`
		path = `"templateName": "a", "languageCode": "EN", `
	)
	checkRule(t, []ruleCase{
		{name: "the category is stored: ttl", tool: lintedUpdate, args: `{` + path + `"status": "SUBMIT", "details": {"messageSendTtlSeconds": 43201}}`, api: approved("UTILITY", good, ""), want: "whatsapp_template_ttl", says: "UTILITY allows 30 to 43200", reads: read},
		{name: "of another category", tool: lintedUpdate, args: `{` + path + `"status": "SUBMIT", "details": {"messageSendTtlSeconds": 43201}}`, api: approved("MARKETING", good, ""), want: "allowed"},
		{name: "the category is stored: content", tool: lintedUpdate, args: `{` + path + `"details": {"components": [{"type": "BODY", "text": "x", "addSecurityRecommendation": true}]}}`, api: approved("UTILITY", good, ""), want: "allowed", warn: "is for AUTHENTICATION templates, and this one is UTILITY", reads: read},
		{name: "the ttl is stored", tool: lintedUpdate, args: `{` + path + `"status": "SUBMIT", "details": {"components": [` + good + `]}}`, api: approved("UTILITY", good, `, "messageSendTtlSeconds": 5`), want: "whatsapp_template_ttl"},
		{name: "SUBMIT alone, a draft that is right", tool: lintedUpdate, args: `{` + path + `"status": "SUBMIT"}`, api: draft(good), want: "allowed", reads: read},
		{name: "SUBMIT alone, a draft that is not", tool: lintedUpdate, args: `{` + path + `"status": "SUBMIT"}`, api: draft(bad), want: "whatsapp_template_lint", says: "details.components[0].text ends with a variable", reads: read},
		{name: "SUBMIT alone, a draft of nothing", tool: lintedUpdate, args: `{` + path + `"status": "SUBMIT"}`, api: map[string]string{"whatsapp_template_get": `{"name": "a", "language": "EN", "category": "UTILITY", "changes": {"status": "DRAFT", "details": {}}}`}, want: "whatsapp_template_body"},
		{name: "what is given counts", tool: lintedUpdate, args: `{` + path + `"status": "SUBMIT", "details": {"components": [` + good + `]}}`, api: draft(bad), want: "allowed"},
		{name: "an optimization that is removed", tool: lintedUpdate, args: `{` + path + `"status": "SUBMIT", "details": {"optimization": null}}`, api: approved("MARKETING", good, `, "optimization": {"bidAmount": 5, "bidStrategy": "BID_STRATEGY_LOWEST_COST_WITH_BID_CAP"}`), want: "allowed"},
		{name: "no such template", tool: lintedUpdate, args: `{` + path + `"status": "SUBMIT", "details": {"components": [` + bad + `]}}`, fail: &papi.Error{Status: 404, Code: "template_not_found"}, want: "whatsapp_template_lint"},
		{name: "no read: what the call gives", tool: lintedUpdate, args: `{` + path + `"status": "SUBMIT", "details": {"components": [` + bad + `]}}`, fail: &papi.Error{Status: 500, Code: "internal_error"}, want: "whatsapp_template_lint", warn: "so only what the call gives was checked"},
		{name: "no read: nothing is given", tool: lintedUpdate, args: `{` + path + `"status": "SUBMIT"}`, fail: &papi.Error{Status: 500, Code: "internal_error"}, want: "allowed", warn: "could not be read"},
	})
}

// A submit of what is stored has no text to correct: the step is to where it is, with the
// corrections made where some are mechanical.
func TestASubmitOfADraftLeadsToItsDetails(t *testing.T) {
	for text, want := range map[string]string{
		"Your order is {{1}}":        `whatsapp_template_get {"languageCode":"EN","templateName":"a"}`,
		"Your order\n\n\n\nis here.": `whatsapp_template_lint {"language":"EN","name":"a"}`,
	} {
		f := newFixture(nil).confirmed(t)
		f.api["whatsapp_template_get"] = parsed(t, fmt.Sprintf(`{"name": "a", "language": "EN", "category": "UTILITY", "changes": {"status": "DRAFT", "details": {"components": [{"type": "BODY", "text": %q}]}}}`, text))
		v := f.Check(t.Context(), call(lintedUpdate, parsed(t, `{"templateName": "a", "languageCode": "EN", "status": "SUBMIT"}`)))
		if v.Refuse == nil || len(v.Refuse.Next) != 1 {
			t.Fatalf("%+v", v.Refuse)
		}
		next := v.Refuse.Next[0]
		if got := next.Tool + " " + string(jsonvalue.Encode(next.Args)); got != want {
			t.Errorf("%q: %+v", text, next)
		}
	}
}

func TestIgnoreLint(t *testing.T) {
	args := `{"category": "UTILITY", "details": {"components": [{"type": "BODY", "text": "Hi there {{1}}"}, {"type": "FOOTER", "text": "Bye *now*"}]}}`
	for _, tt := range []struct {
		name, args string
		ignore     []string
		want       string // a part of the resolution; "" where the call is allowed
	}{
		{"Meta's alone", strings.ReplaceAll(args, " {{1}}", ""), []string{"wa_footer_text"}, ""},
		{"another rule", strings.ReplaceAll(args, " {{1}}", ""), []string{"wa_header_text"}, `give ignoreLint: ["wa_footer_text"]`},
		{"the contract's stay", args, []string{"wa_footer_text", "wa_variable_edge", "wa_variable_density", "wa_example_count"}, "wa_example_count can't be ignored, since the contract asks for it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(nil).confirmed(t)
			c := call(lintedCreate, parsed(t, tt.args))
			c.IgnoreLint = tt.ignore
			v := f.Check(t.Context(), c)
			if tt.want == "" && !v.Allowed() || tt.want != "" && (v.Refuse == nil || !strings.Contains(v.Refuse.Resolution, tt.want)) {
				t.Errorf("%+v", v.Refuse)
			}
			if v.Refuse != nil && tt.ignore[0] == "wa_footer_text" && strings.Contains(fmt.Sprint(v.Refuse.Info), "wa_footer_text") {
				t.Errorf("what is ignored is not a finding: %+v", v.Refuse.Info)
			}
		})
	}
}

// A rule that warns can be ignored too, and there are only so many warnings.
func TestTheWarningsOfLint(t *testing.T) {
	reply := `{"type": "QUICK_REPLY", "text": "Yes"}`
	args := parsed(t, `{"details": {"components": [{"type": "BODY", "text": "Hi there"}, {"type": "BUTTONS", "buttons": [`+reply+strings.Repeat(`, `+reply, 30)+`]}]}}`)
	f := newFixture(nil).confirmed(t)
	c := call(lintedCreate, args)
	c.Args["status"] = "DRAFT"
	f.Check(t.Context(), c)
	if n := len(c.Warnings); n != maxFindings+1 || c.Warnings[n-1] != "22 more findings" {
		t.Errorf("%d: %q", n, c.Warnings)
	}
}
