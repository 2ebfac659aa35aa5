package lint

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// lintCase is a template, and what one rule says of it.
type lintCase struct {
	rule     string
	name     string
	category string // MARKETING unless given
	language string // EN unless given
	// components are those of the template, JSON without the brackets of the list.
	components string
	details    string // more fields of details, JSON with a comma at the end
	// says is a part of the finding's path and message; "" where the rule finds nothing.
	says      string
	severity  Severity // that of the rule unless given
	corrected string   // of the finding; "" where the case does not say
}

func (tt *lintCase) template(t testing.TB) Template {
	t.Helper()
	category, language := tt.category, tt.language
	if category == "" {
		category = marketing
	}
	if language == "" {
		language = "EN"
	}
	var details map[string]any
	if err := json.Unmarshal([]byte(`{`+tt.details+`"components": [`+tt.components+`]}`), &details); err != nil {
		t.Fatalf("%v in %s", err, tt.components)
	}
	return Template{Name: "example", Language: language, Category: category, Details: details}
}

func checkCases(t *testing.T, cases []lintCase) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.rule+"/"+tt.name, func(t *testing.T) {
			rule := Lookup(tt.rule)
			if rule == nil {
				t.Fatal("no such rule")
			}
			found := slices.DeleteFunc(Check(tt.template(t)), func(f Finding) bool { return f.Rule != tt.rule })
			if tt.says == "" {
				if len(found) > 0 {
					t.Errorf("found %+v", found)
				}
				return
			}
			severity := tt.severity
			if severity == "" {
				severity = rule.Severity
			}
			i := slices.IndexFunc(found, func(f Finding) bool { return strings.Contains(f.Path+" "+f.Message, tt.says) })
			if i < 0 {
				t.Fatalf("not found: %q, but %+v", tt.says, found)
			}
			if f := found[i]; f.Severity != severity || f.Source != rule.Source || tt.corrected != "" && f.Corrected != tt.corrected {
				t.Errorf("found %+v", f)
			}
		})
	}
}

// bodyOf is a BODY with a text and its examples.
func bodyOf(text string, examples ...string) string {
	raw, _ := json.Marshal(map[string]any{"type": "BODY", "text": text, "examples": append([]string{}, examples...)})
	return string(raw)
}

// with is a template of a plain BODY and more.
func with(more string) string { return `{"type": "BODY", "text": "Your order is here."}, ` + more }

func buttonsOf(buttons ...string) string {
	return `{"type": "BUTTONS", "buttons": [` + strings.Join(buttons, ", ") + `]}`
}

func headerOf(text string) string {
	raw, _ := json.Marshal(map[string]any{"type": "HEADER", "format": "TEXT", "text": text})
	return string(raw)
}

func cardsOf(each ...string) string {
	return `{"type": "CAROUSEL", "cards": [{"components": [` + strings.Join(each, `]}, {"components": [`) + `]}]}`
}

// Each rule has a name, a sentence and a source, each of its codes is the guard's, and
// some case finds something by it.
func TestRulesAreComplete(t *testing.T) {
	named := map[string]bool{}
	for _, r := range Rules {
		if !strings.HasPrefix(r.Name, "wa_") || named[r.Name] || !strings.HasSuffix(r.About, ".") {
			t.Errorf("%+v", r)
		}
		named[r.Name] = true
		if r.Source == "" || r.FromContract() == strings.HasPrefix(r.Source, "https://") {
			t.Errorf("%s: the source %q is neither the contract's nor a page", r.Name, r.Source)
		}
		if r.Code != "" && !strings.HasPrefix(r.Code, "guard_whatsapp_") {
			t.Errorf("%s: the code %q", r.Name, r.Code)
		}
		if r.Code != "" && !r.FromContract() {
			t.Errorf("%s: a rule of Meta's has no code of its own", r.Name)
		}
	}
}

// A template without a fault has no finding but advice.
func TestAGoodTemplate(t *testing.T) {
	good := lintCase{category: utility, components: headerOf("Order update") + `, ` + bodyOf("Hello {{1}}, your order {{2}} has been shipped and arrives soon.", "Ann", "A-17") +
		`, {"type": "FOOTER", "text": "Example Shop"}, ` + buttonsOf(`{"type": "QUICK_REPLY", "text": "Thanks"}`)}
	if found := Check(good.template(t)); found != nil {
		t.Errorf("%+v", found)
	}
}

// What is not known is not checked: an update gives a part of a template.
func TestCheckOfAPart(t *testing.T) {
	for _, part := range []Template{{}, {Details: map[string]any{}}, {Category: utility, Details: map[string]any{"messageSendTtlSeconds": 60.0}}} {
		if found := Check(part); found != nil {
			t.Errorf("%+v: %+v", part, found)
		}
	}
}

func TestLookup(t *testing.T) {
	for i := range Rules {
		if name := Rules[i].Name; Lookup(name) != &Rules[i] {
			t.Error(name)
		}
	}
	if Lookup("wa_none") != nil {
		t.Error("an unknown rule is found")
	}
}

// No components, however wrong, make a rule panic.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		`[{"type": "BODY", "text": "Hi {{1}}", "examples": ["a"]}]`, `[null, 1, "x", [], {}]`, `{}`, `[{"type": "CAROUSEL", "cards": [{"components": [{"type": "CAROUSEL", "cards": [1]}]}]}]`,
		`[{"type": "BUTTONS", "buttons": [{"type": "URL", "url": "https://{{1}}", "text": 1, "examples": {}}]}]`, `[{"type": ["BODY"], "text": {}}]`,
		`[{"type": "HEADER", "format": "IMAGE", "examples": [{"url": "%zz", "mimeType": 1}, 2]}]`, "[{\"type\": \"BODY\", \"text\": \"\\u0000 {{{{1}} }}}\"}]",
	} {
		f.Add(seed, "UTILITY", "EN")
	}
	f.Fuzz(func(t *testing.T, components, category, language string) {
		var value any
		if json.Unmarshal([]byte(components), &value) != nil {
			return
		}
		for _, finding := range Check(Template{Name: "x", Language: language, Category: category, Details: map[string]any{"components": value}}) {
			rule := Lookup(finding.Rule)
			if rule == nil || finding.Message == "" || finding.Path == "" || rank(finding.Severity) > rank(rule.Severity) {
				t.Errorf("%+v", finding)
			}
		}
	})
}

func rank(s Severity) int { return slices.Index([]Severity{Advice, Likely, Refused}, s) }
