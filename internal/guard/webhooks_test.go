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
		{name: "the 16th", tool: "webhook_create", args: create, api: webhooksThere(15), want: "webhook_limit", says: "15 is the limit", next: "webhook_list"},
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
					if _, told := n.Args["secret"]; told {
						t.Error("the suggestion repeats the secret")
					}
				}
			}
		})
	}
}

func TestWebhookAddress(t *testing.T) {
	for target, test := range map[string]struct{ public, sandbox string }{
		"https://example.com/hook":        {"allowed", "allowed"},
		"https://example.com:8443/hook":   {"allowed", "allowed"},
		"https://93.184.216.34/":          {"allowed", "allowed"},
		"http://example.com/hook":         {"guard_webhook_address", "guard_webhook_address"},
		"http://localhost:8080/":          {"guard_webhook_address", "allowed"},
		"https://LOCALHOST./":             {"guard_webhook_address", "allowed"},
		"https://hook.localhost/":         {"guard_webhook_address", "allowed"},
		"http://127.0.0.1/":               {"guard_webhook_address", "allowed"},
		"http://[::1]/":                   {"guard_webhook_address", "allowed"},
		"https://[::ffff:127.0.0.1]/":     {"guard_webhook_address", "allowed"},
		"https://10.0.0.1/":               {"guard_webhook_address", "guard_webhook_address"},
		"https://192.168.1.1/":            {"guard_webhook_address", "guard_webhook_address"},
		"https://172.31.255.255/":         {"guard_webhook_address", "guard_webhook_address"},
		"https://172.32.0.1/":             {"allowed", "allowed"},
		"https://169.254.169.254/latest/": {"guard_webhook_address", "guard_webhook_address"},
		"https://[fd00::1]/":              {"guard_webhook_address", "guard_webhook_address"},
		"https://0.0.0.0/":                {"guard_webhook_address", "guard_webhook_address"},
		"https://printer.local/":          {"guard_webhook_address", "guard_webhook_address"},
		"https://metadata.internal/":      {"guard_webhook_address", "guard_webhook_address"},
		"https:///hook":                   {"guard_webhook_address", "guard_webhook_address"},
		"https://100.64.0.1/":             {"guard_webhook_address", "guard_webhook_address"},
		"https://198.18.0.1/":             {"guard_webhook_address", "guard_webhook_address"},
		"https://[64:ff9b::7f00:1]/":      {"guard_webhook_address", "guard_webhook_address"},
		"https://127.1/":                  {"guard_webhook_address", "guard_webhook_address"},
		"https://2130706433/":             {"guard_webhook_address", "guard_webhook_address"},
		"https://printer/":                {"guard_webhook_address", "guard_webhook_address"},
		"https://router.lan/":             {"guard_webhook_address", "guard_webhook_address"},
		"https://nas.home.arpa/":          {"guard_webhook_address", "guard_webhook_address"},
		"https://1password.example.com/":  {"allowed", "allowed"},
	} {
		for _, local := range []bool{false, true} {
			f := newFixture(func(o *Options) { o.LocalTargets = local }).confirmed(t)
			want := test.public
			if local {
				want = test.sandbox
			}
			if got := f.check(call("webhook_create", map[string]any{"target": target, "secret": "sixteen-or-more-signs"})); got != want {
				t.Errorf("%s, sandbox %v: %s", target, local, got)
			}
		}
	}
	f := newFixture(nil).confirmed(t)
	bundle := call("bundle_create", map[string]any{"name": "b", "subproject": true, "webhooks": []any{map[string]any{"target": "http://10.0.0.1/"}}})
	if got := f.check(bundle); got != "guard_webhook_address" {
		t.Errorf("in a bundle: %s", got)
	}
	if got := f.check(call("webhook_update", map[string]any{"webhookId": "w", "triggers": []any{"ALL"}})); got != "allowed" {
		t.Errorf("without a target: %s", got)
	}
}

func TestWebhookSecret(t *testing.T) {
	f := newFixture(nil).confirmed(t)
	for secret, want := range map[string]string{
		"elevensigns":           "guard_webhook_secret",
		"${WEBHOOK_SECRET}":     "guard_webhook_secret",
		"<your-webhook-secret>": "guard_webhook_secret",
		"your-webhook-secret":   "guard_webhook_secret",
		"twelve-signs":          "allowed",
		"aaaaaaaaaaaaaaaaaaaa":  "guard_webhook_secret",
		"abcdeabcdeabcde":       "guard_webhook_secret",
		"abcdefabcdef":          "allowed",
		"my-Password-is-long":   "guard_webhook_secret",
		"number-123456-number":  "guard_webhook_secret",
		"":                      "guard_webhook_secret",
	} {
		c := call("webhook_create", map[string]any{"target": "https://example.com/", "secret": secret})
		if got := f.check(c); got != want {
			t.Errorf("%q: %s", secret, got)
		}
	}
	for _, secret := range []string{"twelve-signs\n", " twelve-signs"} {
		c := call("webhook_create", map[string]any{"target": "https://example.com/", "secret": secret})
		if got := f.check(c); got != "allowed" || !strings.Contains(strings.Join(c.Warnings, "\n"), "blanks or line ends around it") {
			t.Errorf("%q: %s, %q", secret, got, c.Warnings)
		}
	}
	r := webhookSecret(call("webhook_create", map[string]any{"secret": "short"}), nil)
	offered, _ := r.Info["suggestion"].(string)
	again := webhookSecret(call("webhook_create", map[string]any{"secret": "short"}), nil)
	if weak(offered) != "" || len(offered) < 40 || offered == again.Info["suggestion"] {
		t.Errorf("offered %q", offered)
	}
	if got := f.check(call("webhook_update", map[string]any{"webhookId": "w", "triggers": []any{"ALL"}})); got != "allowed" {
		t.Errorf("an update that leaves the secret: %s", got)
	}
}
