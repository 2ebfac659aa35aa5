package guard

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// webhooksThere is an API with so many webhooks.
func webhooksThere(n int) map[string]string {
	var hooks []string
	for i := range n {
		hooks = append(hooks, fmt.Sprintf(`{"id": "w%d", "target": "https://example.com/%d"}`, i, i))
	}
	return map[string]string{"webhook_list": `{"webhooks": [` + strings.Join(hooks, ",") + `]}`}
}

func TestAWebhookHasATargetOfItsOwn(t *testing.T) {
	const taken = `"target": "https://example.com/1"`
	checkRule(t, []ruleCase{
		{name: "a new one with a taken target", tool: "webhook_create", args: `{` + taken + `}`, api: webhooksThere(2), want: "webhook_target", says: "webhook w1", next: "webhook_get", reads: []string{"webhook_list"}},
		{name: "a new one with a free target", tool: "webhook_create", args: `{"target": "https://example.com/new"}`, api: webhooksThere(2), want: "allowed"},
		{name: "targets differ by letter", tool: "webhook_create", args: `{"target": "https://example.com/A"}`, api: map[string]string{"webhook_list": `{"webhooks": [{"id": "w", "target": "https://example.com/a"}]}`}, want: "allowed"},
		{name: "a webhook keeps its own", tool: "webhook_replace", args: `{"webhookId": "w1", ` + taken + `}`, api: webhooksThere(2), want: "allowed"},
		{name: "but takes no other's", tool: "webhook_replace", args: `{"webhookId": "w0", ` + taken + `}`, api: webhooksThere(2), want: "webhook_target"},
		{name: "nor by an update", tool: "webhook_update", args: `{"webhookId": "w0", ` + taken + `}`, api: webhooksThere(2), want: "webhook_target"},
		{name: "an update that leaves it alone needs no read", tool: "webhook_update", args: `{"webhookId": "w0", "triggers": ["ALL"]}`, api: webhooksThere(2), want: "allowed", reads: []string{}},
		{name: "a read that fails leaves it to the API", tool: "webhook_update", args: `{"webhookId": "w0", ` + taken + `}`, fail: down, want: "allowed", warn: "the API decides"},
	})
}

func TestAProjectHas15Webhooks(t *testing.T) {
	const create = `{"target": "https://example.com/new"}`
	checkRule(t, []ruleCase{
		{name: "the 15th", tool: "webhook_create", args: create, api: webhooksThere(14), want: "allowed"},
		{name: "the 16th", tool: "webhook_create", args: create, api: webhooksThere(15), want: "webhook_limit", says: "the limit is 15", next: "webhook_list"},
		{name: "a replacement adds none", tool: "webhook_replace", args: `{"webhookId": "w1", "target": "https://example.com/new"}`, api: webhooksThere(15), want: "allowed"},
	})
}

func TestAllStandsAlone(t *testing.T) {
	for _, tt := range []struct {
		name, tool string
		args       map[string]any
		want       string
	}{
		{"ALL alone", "webhook_create", map[string]any{"triggers": []any{"ALL"}}, "allowed"},
		{"others alone", "webhook_create", map[string]any{"triggers": []any{"BUNDLE_DONE", "WHATSAPP_SENDER_ACTIVE"}}, "allowed"},
		{"ALL and another, create", "webhook_create", map[string]any{"secret": "s", "triggers": []any{"BUNDLE_DONE", "ALL"}}, "guard_all_alone"},
		{"ALL and another, update", "webhook_update", map[string]any{"triggers": []any{"ALL", "BUNDLE_DONE"}}, "guard_all_alone"},
		{"ALL and another, replace", "webhook_replace", map[string]any{"triggers": []any{"ALL", "BUNDLE_DONE"}}, "guard_all_alone"},
		{"update without triggers", "webhook_update", map[string]any{"target": "https://example.com"}, "allowed"},
		{"in a bundle", "bundle_create", map[string]any{"webhooks": []any{map[string]any{"triggers": []any{"ALL", "BUNDLE_DONE"}}}}, "guard_all_alone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(nil).confirmed(t)
			c := call(tt.tool, tt.args)
			v := f.Check(context.Background(), c)
			got := "allowed"
			if v.Refuse != nil {
				got = v.Refuse.Code
			}
			if got != tt.want {
				t.Fatalf("got %s, want %s", got, tt.want)
			}
			if v.Refuse != nil {
				for _, n := range v.Refuse.Next {
					if _, given := n.Args["secret"]; given {
						t.Error("the suggestion repeats the secret")
					}
				}
			}
		})
	}
}
