package tools

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
)

// onboard makes a WhatsApp account, without which a project has no templates.
func (s sandboxSet) onboard(t testing.TB) {
	t.Helper()
	s.sender(t)
}

// template submits a WhatsApp template in English, and lets its review end.
func (s sandboxSet) template(t testing.TB, name string, components ...object) {
	t.Helper()
	s.call(t, templateCreate, object{"name": name, "language": "EN_US", "category": "UTILITY", "details": object{"components": components}})
	s.box.Advance(time.Hour)
}

func body(text string, examples ...string) object {
	component := object{"type": "BODY", "text": text}
	if examples != nil {
		component["examples"] = examples
	}
	return component
}

// read reads the arguments of the tools about templates.
func (s sandboxSet) read(t testing.TB, args object) (*givenTemplate, *Error) {
	t.Helper()
	given, e := parseObject(encode(args))
	if e != nil {
		t.Fatal(e)
	}
	return s.readTemplate(context.Background(), Caller{Principal: "test"}, s.coreTool(catalog.WhatsappTemplateLint), given)
}

func TestTemplateArguments(t *testing.T) {
	s := newSandboxSet(t, nil)
	s.onboard(t)
	s.template(t, "stored", body("Your order {{1}} is on its way to you.", "1001"), object{"type": "FOOTER", "text": "Example Shop"})
	components := []object{body("It is on its way.")}
	for _, tt := range []struct {
		name   string
		args   object
		want   string // the arguments of a create
		stored bool   // whether the API was read
		warns  string
	}{
		{"of a create", object{"name": "n", "language": "FR", "category": "MARKETING", "details": object{"components": components}},
			`{"category":"MARKETING","details":{"components":[{"text":"It is on its way.","type":"BODY"}]},"language":"FR","name":"n"}`, false, ""},
		{"coerced as in a create", object{"name": "n", "language": "fr", "category": "marketing", "details": `{"components":{"type":"BODY","text":"It is on its way.","examples":"1"}}`},
			`{"category":"MARKETING","details":{"components":[{"examples":["1"],"text":"It is on its way.","type":"BODY"}]},"language":"FR","name":"n"}`, false, `"fr" converted to "FR"`},
		{"details alone", object{"details": object{"components": components}},
			`{"details":{"components":[{"text":"It is on its way.","type":"BODY"}]}}`, false, ""},
		{"name and language alone", object{"name": "stored", "language": "EN_US"},
			`{"category":"UTILITY","details":{"components":[{"examples":["1001"],"text":"Your order {{1}} is on its way to you.","type":"BODY"},{"text":"Example Shop","type":"FOOTER"}]},"language":"EN_US","name":"stored"}`, true, ""},
		{"an update: components are replaced", object{"templateName": "stored", "languageCode": "EN_US", "details": object{"components": components}},
			`{"category":"UTILITY","details":{"components":[{"text":"It is on its way.","type":"BODY"}]},"language":"EN_US","name":"stored"}`, true, ""},
		{"an update: details are merged", object{"templateName": "stored", "languageCode": "en_us", "status": "SUBMIT", "details": object{"messageSendTtlSeconds": 60, "optimization": nil}},
			`{"category":"UTILITY","details":{"components":[{"examples":["1001"],"text":"Your order {{1}} is on its way to you.","type":"BODY"},{"text":"Example Shop","type":"FOOTER"}],"messageSendTtlSeconds":60},"language":"EN_US","name":"stored","status":"SUBMIT"}`, true, `"en_us" converted`},
		{"an update that has it all", object{"templateName": "stored", "languageCode": "EN_US", "category": "UTILITY", "details": object{"components": components}},
			`{"category":"UTILITY","details":{"components":[{"text":"It is on its way.","type":"BODY"}]},"language":"EN_US","name":"stored"}`, false, ""},
		{"an update of one that can't be read", object{"templateName": "none", "languageCode": "EN_US", "details": object{"components": components}},
			`{"details":{"components":[{"text":"It is on its way.","type":"BODY"}]},"language":"EN_US","name":"none"}`, false, "whatsapp_template_get could not be read (template_not_found)"},
		{"arguments of every tool", object{"details": object{"components": components}, "dryRun": true, "ignoreLint": []string{"wa_header_text"}},
			`{"details":{"components":[{"text":"It is on its way.","type":"BODY"}]}}`, false, "dryRun: means nothing for this tool"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, e := s.read(t, tt.args)
			if e != nil {
				t.Fatalf("%s", encode(e))
			}
			if args := string(encode(got.args)); args != tt.want {
				t.Errorf("%s, want\n%s", args, tt.want)
			}
			if (got.stored != nil) != tt.stored {
				t.Errorf("read from the API: %v", got.stored)
			}
			if w := strings.Join(got.warnings, "\n"); !strings.Contains(w, tt.warns) || tt.warns == "" && w != "" {
				t.Errorf("warnings: %s", w)
			}
		})
	}
}

// What can't be read is an error, with all that is wrong and what is allowed.
func TestTemplateArgumentsThatAreRefused(t *testing.T) {
	s := newSandboxSet(t, func(_ *Options, g *guard.Options) { g.Projects = []string{g.Default} })
	s.onboard(t)
	for _, tt := range []struct {
		name string
		args object
		code string
		says []string
	}{
		{"nothing", object{}, "invalid_arguments", []string{`"path":"name"`, `"path":"language"`}},
		{"a name alone", object{"name": "n"}, "invalid_arguments", []string{`"path":"language"`}},
		{"an unknown argument", object{"categry": "UTILITY", "name": "n", "language": "FR"}, "invalid_arguments", []string{`"nearest":"category"`}},
		{"an argument of another level", object{"components": []object{}, "name": "n", "language": "FR"}, "invalid_arguments", []string{`"nearest":"details.components"`}},
		{"two names", object{"name": "n", "templateName": "m", "language": "FR"}, "invalid_arguments", []string{"the same as name"}},
		{"details of another type", object{"details": 5}, "invalid_arguments", []string{`"violations":[{"allowed":"object`, `"path":"details"}]`}},
		{"one that does not exist", object{"name": "none", "language": "FR"}, "template_not_found", nil},
		{"an id that is a placeholder", object{"name": "{name}", "language": "FR"}, "invalid_arguments", []string{"placeholder", `"path":"name"`}},
		{"an id that is a placeholder, of an update", object{"templateName": "{name}", "languageCode": "FR"}, "invalid_arguments", []string{"placeholder", `"path":"templateName"`}},
		{"a project that is not allowed", object{"name": "n", "language": "FR", "projectId": "11111111-1111-1111-1111-111111111111"}, "guard_project_not_allowed", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := failure(t, do(t, s.Set, catalog.WhatsappTemplateLint, tt.args))
			if e["errorCode"] != tt.code {
				t.Errorf("%s", encode(e))
			}
			for _, want := range tt.says {
				if !strings.Contains(string(encode(e)), want) {
					t.Errorf("%s does not have %s", encode(e), want)
				}
			}
		})
	}
}

// The list of tools names details with components alone, and the validation and
// schema_get know them whole.
func TestTemplateToolsInTheList(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	listed := listedTool(t, set, catalog.WhatsappTemplateLint)
	if n := visible(t, listed); n > 200 {
		t.Errorf("it has %d tokens in the list", n)
	}
	var schema map[string]any
	if err := json.Unmarshal(listed.RawInputSchema, &schema); err != nil {
		t.Fatal(err)
	}
	if details := jsonvalue.Object(schema, "properties.details.properties"); len(details) != 1 || jsonvalue.Text(details, "components.type") != "array" {
		t.Errorf("details are %s", encode(details))
	}
	if part, _, _ := set.Schema(catalog.WhatsappTemplateLint).At("details.components.buttons"); part == nil {
		t.Error("the schema of the call does not know buttons")
	}
	shown := string(encode(result(t, do(t, set, "schema_get", object{"tool": catalog.WhatsappTemplateLint}))))
	for _, want := range []string{"FOOTER", "CAROUSEL", "compare", "templateName"} {
		if !strings.Contains(shown, want) {
			t.Errorf("schema_get does not show %s: %s", want, shown)
		}
	}
}
