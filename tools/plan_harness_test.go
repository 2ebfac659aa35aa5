package tools

import (
	"fmt"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
)

const projectB = "11111111-1111-1111-1111-111111111111"

// brand is a document with webhooks and templates.
func brand(webhooks, templates int) string {
	text := "webhooks:\n"
	for i := range webhooks {
		text += fmt.Sprintf("  - target: https://example.com/hooks/%d\n    triggers: [ALL]\n", i)
	}
	text += "whatsappTemplates:\n"
	for i := range templates {
		text += fmt.Sprintf("  - name: order_update_%d\n    category: UTILITY\n    languages:\n", i)
		for _, language := range []string{"EN", "DE"} {
			text += fmt.Sprintf("      %s: {details: {components: [{type: BODY, text: \"Your order is on its way.\"}]}}\n", language)
		}
	}
	return text
}

func newPlanSet(t testing.TB) sandboxSet {
	s := newSandboxSet(t, func(_ *Options, g *guard.Options) { g.Mode = guard.Auto })
	return s
}

func TestPlanSmoke(t *testing.T) {
	s := newPlanSet(t)
	confirm := func(id string) { s.call(t, "project_confirm", object{"projectId": id}) }
	confirm(project)
	s.sender(t)
	r := s.call(t, catalog.ProjectPlan, object{"document": brand(3, 2)})
	t.Log(string(encode(r)))
	id := jsonvalue.Text(r, "ids.planId")
	e := failure(t, do(t, s.Set, catalog.ProjectApply, object{"planId": id}))
	t.Log(string(encode(e)))
	r = s.call(t, catalog.ProjectApply, object{"planId": id, "confirm": jsonvalue.Text(e, "confirmation.token")})
	t.Log(string(encode(r)))
}
