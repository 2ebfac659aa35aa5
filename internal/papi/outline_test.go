package papi

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func schema(t *testing.T, raw string) *Schema {
	t.Helper()
	s := &Schema{}
	if err := json.Unmarshal([]byte(raw), s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOutlineNotation(t *testing.T) {
	for _, c := range []struct{ name, schema, want string }{
		{"text", `{"type":"string"}`, "text"},
		{"text with a limit", `{"type":"string","minLength":1,"maxLength":25}`, "<=25"},
		{"text with two limits", `{"type":"string","minLength":20,"maxLength":25}`, ">=20<=25"},
		{"format", `{"type":"string","format":"url"}`, "url"},
		{"format with a limit", `{"type":"string","format":"email","maxLength":9}`, "email<=9"},
		{"unknown format", `{"type":"string","format":"otp"}`, "text"},
		{"boolean", `{"type":"boolean"}`, "boolean"},
		{"number", `{"type":"number"}`, "number"},
		{"range", `{"type":"integer","minimum":1,"maximum":10}`, "1..10"},
		{"least", `{"type":"number","minimum":0}`, "0.."},
		{"most", `{"type":"number","maximum":7.5}`, "..7.5"},
		{"enum", `{"type":"string","enum":["A","B","C"]}`, "A|B|C"},
		{"long enum", `{"type":"string","enum":["A","B","C","D","E"]}`, "A|B|...5 (schema_get)"},
		{"a common value of a long enum first", `{"type":"string","enum":["A","B","C","D","US"]}`, "US|A|...5 (schema_get)"},
		{"fixed value", `{"const":"HEADER"}`, "HEADER"},
		{"list", `{"type":"array","items":{"type":"string"}}`, "text[]"},
		{"list with limits", `{"type":"array","items":{"type":"string","maxLength":3},"minItems":1,"maxItems":3}`, "text<=3[1-3]"},
		{"list with one limit", `{"type":"array","items":{"enum":["A","B"]},"maxItems":3}`, "(A|B)[0-3]"},
		{"null deletes", `{"type":["string","null"],"maxLength":3}`, "<=3|null"},
		{"object, required first", `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"boolean"},"url":{"type":"string","format":"url"}},"required":["url"]}`, "{url!:url, b:boolean, a:text}"},
		{"draft", `{"type":"object","properties":{"a":{"type":"string","x-draft-optional":true}},"required":["a"]}`, "{a*:text}"},
		{"deprecated", `{"type":"object","properties":{"a":{"type":"string","deprecated":true},"b":{"type":"string","description":"deprecated, use c"},"c":{"type":"string"}}}`, "{c:text}"},
		{"any names", `{"type":"object","additionalProperties":{"type":"number"}}`, "{ANY_NAME:number}"},
		{"deep", `{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"array","items":{"type":"object","properties":{"c":{"type":"string"}}}}}}}}`, "{a:{b:{...}[]}}"},
		{"union by discriminator", `{"anyOf":[{"type":"object","properties":{"text":{"type":"string"},"type":{"const":"A"}},"required":["type"]},{"type":"object","properties":{"type":{"const":"B"}},"required":["type"]}]}`, "{type!:A, text:text}|{type!:B}"},
		{"union without the deprecated", `{"anyOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"type":"object","deprecated":true,"properties":{"b":{"type":"string"}},"required":["b"]}]}`, "{a!:text}"},
		{"union of which true is enough", `{"anyOf":[{"type":"object","properties":{"a":{"type":"string"}}},{"type":"boolean"}]}`, "{a:text}|true"},
		{"list of a union", `{"type":"array","items":{"anyOf":[{"type":"object","properties":{"type":{"const":"A"}},"required":["type"]},{"type":"object","properties":{"type":{"const":"B"}},"required":["type"]}]}}`, "({type!:A}|{type!:B})[]"},
	} {
		if got := schema(t, c.schema).Outline(OutlineOptions{Depth: 2, Values: 4}); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestOutlineWithNotes(t *testing.T) {
	s := schema(t, `{"type":"object","required":["name"],"properties":{
		"name":{"type":"string","x-draft-optional":true,"pattern":"^[a-z]+$","description":"shown to users; a draft may omit it"},
		"old":{"type":"string","deprecated":true},
		"part":{"type":"object","properties":{"on":{"type":"boolean","default":false}}}}}`)
	want := `{
 name*:text /^[a-z]+$/ // shown to users
 part:{
  on:boolean // (default false)
 }
 old:text // deprecated
}`
	if got := s.Outline(OutlineOptions{Notes: true}); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// A schema that holds itself ends where it does.
func TestOutlineOfARecursiveSchema(t *testing.T) {
	node := &Schema{Type: Types{"object"}, Properties: map[string]*Schema{}}
	node.Properties["child"] = &Schema{Ref: refPrefix + "Node", target: node}
	node.Properties["children"] = &Schema{Type: Types{"array"}, Items: &Schema{Ref: refPrefix + "Node", target: node}}
	root := &Schema{Ref: refPrefix + "Node", target: node}
	if got, want := root.Outline(OutlineOptions{}), "{child:{...}, children:{...}[]}"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Every body of the contract has an outline that names all of its current properties.
func TestOutlinesOfTheContract(t *testing.T) {
	for _, op := range Operations() {
		for _, body := range op.Variants() {
			outline := body.Outline(OutlineOptions{})
			for name := range body.Properties {
				if shown := strings.Contains(outline, name); shown == body.Properties[name].Resolve().IsDeprecated() {
					t.Errorf("%s: %s: shown: %v", op.ID, name, shown)
				}
			}
			if long := body.Outline(OutlineOptions{Notes: true}); strings.Contains(long, omitted) {
				t.Errorf("%s: a part is omitted in %s", op.ID, long)
			}
		}
	}
}

func TestSchemaAtAPath(t *testing.T) {
	sender := Lookup("RcsSendersController_createSender_v1").Body
	template := Lookup("WhatsappTemplatesController_createTemplate_v1").Body
	for _, c := range []struct {
		body       *Schema
		path, want string
	}{
		{sender, "details.brand.emails", "{address!:email, label!:<=25}[1-3]"},
		{sender, "details.brand.emails[0].label", "<=25"},
		{sender, "details.questionnaire.fr.answers.siren", ">=9<=9"},
		{template, "details.components.FOOTER", "{type!:FOOTER, codeExpirationMinutes:number, text:<=60}"},
		{template, "details.components.BUTTONS.buttons.QUICK_REPLY", "{type!:QUICK_REPLY, text*:<=25}"},
		{template, "details.components.buttons.supportedApps", "{packageName!:text, signatureHash!:text}[]"},
		{template, "details.optimization.bidCountryMultiplierOverrides.US", "text"},
		{template, "", template.Outline(OutlineOptions{})},
	} {
		found, known, at := c.body.At(c.path)
		if found == nil {
			t.Errorf("%s: only %v are known at %s", c.path, known, at)
			continue
		}
		if got := found.Outline(OutlineOptions{}); got != c.want {
			t.Errorf("%s: %s, want %s", c.path, got, c.want)
		}
	}
	found, known, at := sender.At("details.questionnaire.uk.answers")
	if want := []string{"fr", "gb", "general", "us", "verification"}; found != nil || at != "details.questionnaire" || !slices.Equal(known, want) {
		t.Errorf("an unknown name: %v, %v, %q", found, known, at)
	}
	if _, known, _ := template.At("details.components.HEAD"); !slices.Contains(known, "HEADER") || !slices.Contains(known, "text") {
		t.Errorf("the known names of a union: %v", known)
	}
	// The variants of a union that have the same name.
	if texts, _, _ := template.At("details.components.text"); len(texts.AnyOf) != 4 {
		t.Errorf("%d texts", len(texts.AnyOf))
	}
}

// What is required for a launch is marked, in all variants of the answers together.
func TestOutlineOfLaunchQuestions(t *testing.T) {
	us, _, _ := Lookup("RcsSendersController_createSender_v1").Body.At("details.questionnaire.us.answers")
	outline := us.Outline(OutlineOptions{Values: 8})
	for _, want := range []string{"brandName*:<=100", "taxIdCountry*:US|", "stockSymbol:<=6"} {
		if !strings.Contains(outline, want) {
			t.Errorf("no %s in %s", want, outline)
		}
	}
	if strings.Contains(outline, "smsCampaign") {
		t.Errorf("a deprecated form is in %s", outline)
	}
	if long := us.Outline(OutlineOptions{Values: 8, Notes: true}); !strings.Contains(long, "|deprecated {") {
		t.Errorf("no deprecated form in %s", long)
	}
}

// The marks of a launch, in both bodies that take the questionnaire.
func TestOutlineMarksWhatALaunchNeeds(t *testing.T) {
	for _, op := range []string{"RcsSendersController_createSender_v1", "RcsSendersController_updateSender_v1"} {
		for path, want := range map[string][]string{
			"details.brand":                              {"bannerUrl", "logoUrl", "privacyPolicyUrl", "termsOfServiceUrl"},
			"details.questionnaire.general.answers":      {"interactionsDescription", "optInDescription", "optOutDescription", "triggerDescription"},
			"details.questionnaire.verification.answers": {"email", "name", "website"},
			"details.questionnaire.gb.answers":           {"brandIndustry", "companyLegalName", "messagesVolume"},
			"details.questionnaire.fr.answers":           nil,
		} {
			part, _, _ := Lookup(op).Body.At(path)
			var marked []string
			for line := range strings.Lines(part.Outline(OutlineOptions{Notes: true})) {
				if name, _, found := strings.Cut(strings.TrimSpace(line), "*:"); found {
					marked = append(marked, name)
				}
			}
			slices.Sort(marked)
			if !slices.Equal(marked, want) {
				t.Errorf("%s: %s: %v are marked, want %v", op, path, marked, want)
			}
		}
		gb, _, _ := Lookup(op).Body.At("details.questionnaire.gb.answers")
		if text := gb.Outline(OutlineOptions{Notes: true}); !strings.Contains(text, "campaignLength:text // deprecated") && !strings.Contains(text, "campaignLength:text|null // deprecated") {
			t.Errorf("%s: what is deprecated is not marked in %s", op, text)
		}
	}
}

func TestOutlineOfMeanings(t *testing.T) {
	s := schema(t, `{"type":"object","required":["on"],"properties":{
		"on":{"type":"array","items":{"enum":["ALL","SOME"],"x-enum-descriptions":{"ALL":"every event","OTHER":"of answers alone"}}},
		"deep":{"type":"object","properties":{"kind":{"enum":["A","B"],"x-enum-descriptions":{"A":"first"},"description":"which"}}}}}`)
	want := `{
 on!:(
  ALL // every event
  SOME
 )[]
 deep:{kind:A|B}
}`
	if got := s.Outline(OutlineOptions{Notes: true, NoteLevels: 1, Meanings: true}); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	kind, _, _ := s.At("deep.kind")
	if got, want := kind.Outline(OutlineOptions{Notes: true, Meanings: true}), "(\n A // first\n B\n)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
