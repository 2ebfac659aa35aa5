package guard

import (
	"strings"
	"testing"
)

func TestAnOnboardedProjectKeepsItsSolution(t *testing.T) {
	api := func(state, assigned string) map[string]string {
		return map[string]string{
			"whatsapp_account_get": `{"state": "` + state + `"}`,
			"whatsapp_solution_list": `{"solutions": [
				{"id": "1", "details": {"name": "One"}, "assigned": ` + assigned + `},
				{"id": "2", "details": {"name": "Two"}, "assigned": false}
			]}`,
		}
	}
	const assign = `{"solutionId": "2"}`
	checkRule(t, []ruleCase{
		{name: "onboarded with another", tool: "whatsapp_solution_assign", args: assign, api: api("ONBOARDED", "true"), want: "whatsapp_solution_assigned", says: "solution 1", next: "whatsapp_solution_list"},
		{name: "onboarded with none is left to the API", tool: "whatsapp_solution_assign", args: assign, api: api("ONBOARDED", "false"), want: codeRequired},
		{name: "not yet onboarded", tool: "whatsapp_solution_assign", args: assign, api: api("REJECTED", "true"), want: codeRequired, reads: []string{"whatsapp_account_get", "whatsapp_solution_list"}},
		{name: "no account yet", tool: "whatsapp_solution_assign", args: assign, fail: gone, want: codeRequired},
		{name: "what can't be undone is not done blindly", tool: "whatsapp_solution_assign", args: assign, fail: down, want: "read_failed"},
	})
}

func TestAssigningASolutionSaysInWhosePlace(t *testing.T) {
	f := newFixture(nil).confirmed(t)
	f.api["whatsapp_solution_list"] = parsed(t, `{"solutions": [
		{"id": "1", "details": {"name": "One"}, "assigned": true}, {"id": "2", "details": {"name": "Two"}, "assigned": false}
	]}`)
	v := f.Check(t.Context(), call("whatsapp_solution_assign", map[string]any{"solutionId": "2"}))
	if v.Refuse == nil || v.Refuse.Confirmation == nil {
		t.Fatalf("got %+v", v)
	}
	if want := `Assign the WhatsApp solution "Two" in place of "One"?`; !strings.Contains(v.Refuse.Confirmation.Summary, want) {
		t.Errorf("the summary is %s", v.Refuse.Confirmation.Summary)
	}
}
