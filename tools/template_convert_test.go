package tools

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

const metaTemplate = `{"name":"order_shipped","language":"en_US","category":"utility","components":[
	{"type":"body","text":"Hi {{name}}, it is on its way.","example":{"body_text_named_params":[{"param_name":"name","example":"Ann"}]}},
	{"type":"buttons","buttons":[{"type":"catalog","text":"See"}]}]}`

// It answers the arguments of a create, notes, and what to do next, without a request.
func TestTemplateConvert(t *testing.T) {
	set, api := newSet(t, answerJSON(500, nil), nil)
	for name, given := range map[string]string{
		"an object": metaTemplate, "a text": string(jsonvalue.Encode(metaTemplate)),
		"a list": "[" + metaTemplate + "]", "an answer": `{"data":[` + metaTemplate + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			r := result(t, do(t, set, catalog.WhatsappTemplateConvert, map[string]any{"template": json.RawMessage(given)}))
			got := string(jsonvalue.Encode(r["data"]))
			wantData := `{"arguments":{"category":"UTILITY","details":{"components":[{"examples":["Ann"],"text":"Hi {{1}}, it is on its way.","type":"BODY"}]},"language":"EN_US","name":"order_shipped"},` +
				`"notes":[{"note":"variables have numbers: {{name}} is {{1}}","path":"components[0].text"},{"note":"left out: the Provisioning API has no button of type \"CATALOG\"","path":"components[1].buttons[0]"}]}`
			if got != wantData {
				t.Errorf("data %s\nwant %s", got, wantData)
			}
			for _, step := range jsonvalue.Objects(r, "next") {
				if jsonvalue.Text(step, "args.name") != "order_shipped" || strings.Join(jsonvalue.Texts(step, "needs"), " ") != "details" {
					t.Errorf("step %s", jsonvalue.Encode(step))
				}
			}
			steps := jsonvalue.Objects(r, "next")
			want := []string{catalog.WhatsappTemplateLint, templateCreate}
			if !set.Offers(want[0]) {
				want = want[1:]
			}
			if len(steps) != len(want) || steps[0]["tool"] != want[0] || steps[len(steps)-1]["tool"] != templateCreate {
				t.Errorf("the steps are %s", jsonvalue.Encode(steps))
			}
		})
	}
	if api.count() > 0 {
		t.Errorf("%d requests", api.count())
	}
}

// The template itself as the arguments is converted too, and what is missing has a name.
func TestConvertTakesTheTemplateItself(t *testing.T) {
	set, _ := newSet(t, answerJSON(500, nil), nil)
	want := result(t, do(t, set, catalog.WhatsappTemplateConvert, map[string]any{"template": json.RawMessage(metaTemplate)}))
	for _, given := range []string{metaTemplate, `{"data":[` + metaTemplate + `]}`} {
		if got := result(t, do(t, set, catalog.WhatsappTemplateConvert, json.RawMessage(given))); string(jsonvalue.Encode(got)) != string(jsonvalue.Encode(want)) {
			t.Errorf("got %s", jsonvalue.Encode(got))
		}
	}
	out := do(t, set, catalog.WhatsappTemplateConvert, json.RawMessage(`{}`))
	if text := string(jsonvalue.Encode(out.Structured)); !strings.Contains(text, `{"path":"template","allowed":"required, any value"}`) {
		t.Error(text)
	}
}

// What it returns is what a create takes as it is.
func TestConvertedTemplatesAreCreated(t *testing.T) {
	set, _ := newSet(t, answerJSON(201, map[string]any{"name": "order_shipped", "language": "EN_US", "changes": map[string]any{"status": "IN_PROGRESS"}}), nil)
	r := result(t, do(t, set, catalog.WhatsappTemplateConvert, map[string]any{"template": json.RawMessage(metaTemplate)}))
	created := result(t, do(t, set, templateCreate, jsonvalue.Object(r, "data.arguments")))
	if created["warnings"] != nil || jsonvalue.Text(created, "ids.templateName") != "order_shipped" {
		t.Errorf("created %s", jsonvalue.Encode(created))
	}
}

// A number stays as it was written, however large.
func TestConvertKeepsNumbers(t *testing.T) {
	set, _ := newSet(t, answerJSON(500, nil), nil)
	given := `{"template":{"name":"a_b","language":"en","category":"MARKETING","components":[{"type":"BUTTONS","buttons":[{"type":"FLOW","text":"Go","flow_id":123456789012345678,"flow_action":"navigate","navigate_screen":"A"}]}]}}`
	r := result(t, do(t, set, catalog.WhatsappTemplateConvert, json.RawMessage(given)))
	if text := string(jsonvalue.Encode(r["data"])); !strings.Contains(text, `"flowId":"123456789012345678"`) {
		t.Error(text)
	}
}

func TestConvertManyTemplates(t *testing.T) {
	set, _ := newSet(t, answerJSON(500, nil), nil)
	many := func(n int, text string) json.RawMessage {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf(`{"id":"1","name":"name_%d","language":"en","category":"UTILITY","components":[{"type":"BODY","text":%q}]}`, i, text)
		}
		return json.RawMessage(`{"template":[` + strings.Join(all, ",") + `]}`)
	}
	t.Run("few", func(t *testing.T) {
		r := result(t, do(t, set, catalog.WhatsappTemplateConvert, many(3, "Hi.")))
		all := jsonvalue.Objects(r, "data.templates")
		if len(all) != 3 || jsonvalue.Text(all[2], "arguments.name") != "name_2" || r["warnings"] != nil {
			t.Error(string(jsonvalue.Encode(r)))
		}
	})
	t.Run("many", func(t *testing.T) {
		out := do(t, set, catalog.WhatsappTemplateConvert, many(400, strings.Repeat("word ", 40)))
		r := result(t, out)
		all := jsonvalue.Objects(r, "data.templates")
		first, last := all[0], all[len(all)-1]
		if jsonvalue.Text(first, "arguments.name") != "name_0" || last["arguments"] != nil || last["language"] != "EN" || last["notes"] == nil {
			t.Errorf("the last of %d is %s", len(all), jsonvalue.Encode(last))
		}
		text := fmt.Sprint(r["warnings"])
		if want := fmt.Sprintf("%d more templates left out", 400-len(all)); !strings.Contains(text, want) || !strings.Contains(text, "give the template alone") {
			t.Errorf("warnings %s, want %s", text, want)
		}
		raw, err := out.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if n := estimateTokens(raw); n > maxConverted+300 {
			t.Errorf("%d tokens", n)
		}
	})
	t.Run("one of them is wrong", func(t *testing.T) {
		r := result(t, do(t, set, catalog.WhatsappTemplateConvert, json.RawMessage(`{"template":[`+metaTemplate+`,{"name":"a_b","language":"zh","category":"UTILITY","components":[]},7]}`)))
		all := jsonvalue.Objects(r, "data.templates")
		if len(all) != 3 || all[0]["arguments"] == nil || jsonvalue.Text(jsonvalue.Objects(all[1], "violations")[0], "path") != "language" || all[2]["violations"] == nil {
			t.Error(string(jsonvalue.Encode(r)))
		}
	})
}

func TestWhatConvertRefuses(t *testing.T) {
	set, _ := newSet(t, answerJSON(500, nil), nil)
	for _, tt := range []struct{ name, given, path, allowed string }{
		{"nothing", `{}`, "template", "required"},
		{"no JSON", `{"template":"x"}`, "template", "it is not JSON"},
		{"a number", `{"template":7}`, "template", "it is no template of Meta's: it is a number"},
		{"null", `{"template":null}`, "template", ""},
		{"an object", `{"template":{"a":1}}`, "template", "it is no template of Meta's: it has no components; give a template as Meta's Graph API has it"},
		{"arguments of a create", `{"template":{"name":"a_b","details":{}}}`, "template", "it is no template of Meta's: it has details, as the arguments of whatsapp_template_create: use them as they are"},
		{"a language of several", `{"template":{"name":"a_b","language":"zh","category":"UTILITY","components":[]}}`, "template.language", "one of ZH_CN, ZH_HK, ZH_TW"},
		{"all of a list", `{"template":[7,{"language":"pt","components":[]}]}`, "template[0]", "it is a number, not a template"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := failure(t, do(t, set, catalog.WhatsappTemplateConvert, json.RawMessage(tt.given)))
			first := jsonvalue.Objects(decoded(t, Outcome{Structured: e}), "additionalInformation.violations")[0]
			if first["path"] != tt.path || !strings.HasPrefix(fmt.Sprint(first["allowed"]), tt.allowed) {
				t.Errorf("%s", jsonvalue.Encode(first))
			}
		})
	}
}
