package plan

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"papi-mcp/internal/jsonvalue"
)

// TestSavedPlan makes the plan of a saved one again: it is the same.
func TestSavedPlan(t *testing.T) {
	p := shop(t)
	d := &Document{
		ProjectID: "00000000-0000-0000-0000-000000000000",
		Items: []*Item{
			p.item("webhooks", `{"target":"https://example.com/new","triggers":["ALL"],"secret":"${env:PAPI_VAR_HOOK}"}`),
			p.item("whatsappTemplates", templateNamed("new_one", "EN", "UTILITY", "Your order has arrived.", `"draft":true,`)),
			p.item("rcsSenders", `{"region":"EU","billingCategory":"CONVERSATIONAL","useCase":"OTP","details":{"brand":{"name":"Example News"},"questionnaire":{"us":{"answers":{"messagesVolume":10000000000000001}}}}}`),
		},
		Delete: []*Item{p.item("webhooks", `{"target":"https://example.com/hooks/all"}`)},
	}
	d.Items[1].IgnoreLint = []string{"wa_emoji_many"}
	o := MakeOptions{Only: []string{"*"}}
	made := p.plan(o, d.Items, d.Delete...)
	text := Save(made, d, o)
	loaded, document, options, err := Load(text)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Hash != made.Hash || options.Only[0] != "*" {
		t.Errorf("loaded %s, %+v", loaded.Hash, options)
	}
	again, err := Make(context.Background(), p, document, options)
	if err != nil || again.Hash != made.Hash || len(again.Steps) != 4 {
		t.Errorf("made again: %v\n%s\nbefore\n%s", err, jsonvalue.Encode(again), jsonvalue.Encode(made))
	}
	for name, edited := range map[string][]byte{
		"another target":   bytes.Replace(text, []byte(`"target":"https://example.com/new"`), []byte(`"target":"https://example.com/evil"`), 1),
		"another hash":     bytes.Replace(text, []byte(made.Hash), []byte(strings.Repeat("0", 64)), 1),
		"another format":   bytes.Replace(text, []byte(`"format":1`), []byte(`"format":2`), 1),
		"another kind":     bytes.Replace(text, []byte(`"kind":"webhooks","identity"`), []byte(`"kind":"bundles","identity"`), 1),
		"the plan alone":   jsonvalue.Encode(made),
		"no JSON":          []byte("project: x"),
		"a part":           text[:len(text)/2],
		"nothing":          nil,
		"a list":           []byte("[]"),
		"null":             []byte("null"),
		"steps of nothing": []byte(`{"format":1,"plan":{"steps":[null]}}`),
	} {
		if _, _, _, err := Load(edited); err == nil {
			t.Errorf("%s: it was loaded", name)
		}
	}
}
