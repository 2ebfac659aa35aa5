package guard

import (
	"strings"
	"testing"
)

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
		if got := f.check(c); got != "allowed" || !strings.Contains(strings.Join(c.Warnings, "\n"), "begins or ends with spaces or line breaks") {
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
