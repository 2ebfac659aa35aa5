package guard

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"papi-mcp/internal/catalog"
)

// What is sent was checked by reads made after the answer, in every protocol version: what
// turned up while the person thought is refused though they said yes.
func TestWhatTurnsUpWhileAPersonThinks(t *testing.T) {
	for _, tt := range []struct {
		name, tool, args string
		before, after    map[string]string
		want             string
	}{
		{"a sender in the account", "whatsapp_account_delete", `{}`,
			map[string]string{"whatsapp_sender_list": `{"senders": []}`},
			map[string]string{"whatsapp_sender_list": `{"senders": [{"id": "s", "state": "ACTIVE"}]}`}, "guard_whatsapp_account_empty"},
		{"a project that is onboarded", "whatsapp_solution_assign", `{"solutionId": "2"}`,
			map[string]string{"whatsapp_account_get": `{"state": "IN_PROGRESS"}`, "whatsapp_solution_list": `{"solutions": [{"id": "1", "assigned": true}, {"id": "2"}]}`},
			map[string]string{"whatsapp_account_get": `{"state": "ONBOARDED"}`}, "guard_whatsapp_solution_assigned"},
		{"a draft that is submitted", "whatsapp_template_delete", `{"templateName": "t", "languageCode": "DE"}`,
			map[string]string{"whatsapp_template_get": `{"changes": {"status": "DRAFT"}}`},
			map[string]string{"whatsapp_template_get": `{"changes": {"status": "IN_PROGRESS"}}`}, "guard_whatsapp_template_delete_draft"},
		{"a target that is taken, at the first write", "webhook_create", `{"target": "https://example.com/a"}`,
			map[string]string{"webhook_list": `{"webhooks": []}`},
			map[string]string{"webhook_list": `{"webhooks": [{"id": "w", "target": "https://example.com/a"}]}`}, "guard_webhook_target"},
		{"nothing", "whatsapp_account_delete", `{}`, map[string]string{"whatsapp_sender_list": `{"senders": []}`}, nil, "allowed"},
	} {
		for _, comesLater := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				f := newFixture(nil)
				set := func(api map[string]string) {
					for tool, answer := range api {
						f.api[tool] = parsed(t, answer)
					}
				}
				set(tt.before)
				c := func(elicitor Elicitor) *Call {
					c := call(tt.tool, parsed(t, tt.args))
					c.Elicitor = elicitor
					return c
				}
				var got string
				if comesLater {
					state := f.Check(t.Context(), c(&later{})).Ask.State
					set(tt.after)
					got = f.check(c(&later{state, Accepted}))
				} else {
					got = f.check(c(&during{answer: Accepted, do: func() { set(tt.after) }}))
				}
				if got != tt.want {
					t.Errorf("with an answer that comes later %v: got %s, want %s", comesLater, got, tt.want)
				}
			})
		}
	}
}

// The mechanism is one for all: after an answer on the connection every rule of
// the call is checked again, by new reads.
func TestEveryRuleIsCheckedAgainAfterTheAnswer(t *testing.T) {
	for _, row := range catalog.Rows() {
		if !row.Writes() {
			continue
		}
		checked := map[string]int{}
		rules := slices.Clone(Rules)
		for i := range rules {
			code := rules[i].Code
			if rules[i].CheckedBy != "" {
				continue
			}
			if rules[i].check != nil {
				rules[i].check = func(*Call, answers) *Refusal { checked[code]++; return nil }
			} else {
				rules[i].checkGuard = func(context.Context, *Guard, *Call) *Refusal { checked[code]++; return nil }
			}
			rules[i].applies = nil
		}
		f := newFixture(func(o *Options) { o.Rules = rules })
		c := call(row.Tool, sampleArgs(row))
		c.Elicitor = &person{answer: Accepted}
		if got := f.check(c); got != "allowed" {
			t.Errorf("%s: %s", row.Tool, got)
		}
		for _, rule := range Rules {
			if rule.CheckedBy == "" && slices.Contains(rule.Tools, row.Tool) && checked[rule.Code] != 2 {
				t.Errorf("%s: the rule %s checked %d times", row.Tool, rule.Code, checked[rule.Code])
			}
		}
		reads := map[string]int{}
		for _, tool := range f.reads {
			reads[tool]++
		}
		for tool, n := range reads {
			if n%2 != 0 {
				t.Errorf("%s: %s was read %d times", row.Tool, tool, n)
			}
		}
	}
}

// sampleArgs are arguments of a tool, as they come from JSON.
func sampleArgs(row *catalog.Row) map[string]any {
	args := map[string]any{}
	for _, p := range row.Op().Parameters {
		if p.In == "path" && p.Name != "projectId" {
			args[p.Name] = "thing"
		}
	}
	if bodies := row.Op().Variants(); len(bodies) > 0 {
		var body map[string]any
		raw, err := json.Marshal(bodies[0].Sample(true))
		if err == nil && json.Unmarshal(raw, &body) == nil {
			for name, value := range body {
				args[name] = value
			}
		}
	}
	return args
}
