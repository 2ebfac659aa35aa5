package guard

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

var ruleWebhookAddress = Rule{
	Code:       "guard_webhook_address",
	About:      "A webhook's target is an https URL of the public internet. If the API itself is on this machine (the sandbox), the target may be too.",
	Tools:      []string{"webhook_create", "webhook_update", "webhook_replace", "bundle_create"},
	Source:     "WebhookWebhookInputDto, 1.2.117",
	checkGuard: webhookAddress,
}

func webhookAddress(_ context.Context, g *Guard, c *Call) *Refusal {
	var wrong, targets []string
	for _, hook := range hooksOf(c) {
		target := jsonvalue.Text(hook.fields, "target")
		if reason := badTarget(target, g.opts.LocalTargets); target != "" && reason != "" {
			wrong = append(wrong, fmt.Sprintf("%starget %s", hook.at, reason))
			targets = append(targets, target)
		}
	}
	return refuseAll(wrong, Refusal{
		Resolution: "ask the person for the public https URL of their receiver; to try one on this machine, use the sandbox",
		Info:       map[string]any{"target": strings.Join(targets, ", ")},
	})
}

// hook is a webhook of a call, and its path.
type hook struct {
	at     string
	fields map[string]any
}

func hooksOf(c *Call) []hook {
	if c.Row.Tool != "bundle_create" {
		return []hook{{"", c.Args}}
	}
	var hooks []hook
	for i, fields := range jsonvalue.Objects(c.Args, "webhooks") {
		hooks = append(hooks, hook{fmt.Sprintf("webhooks[%d].", i), fields})
	}
	return hooks
}

var ruleWebhookSecret = Rule{
	Code:   "guard_webhook_secret",
	About:  "A webhook's secret is hard to guess: 12 characters or more, 6 of them different, no common word. The refusal suggests one.",
	Tools:  []string{"webhook_create", "webhook_update", "webhook_replace", "bundle_create"},
	Source: "WebhookWebhookInputDto, 1.2.117",
	check:  webhookSecret,
}

func webhookSecret(c *Call, _ answers) *Refusal {
	var wrong []string
	for _, hook := range hooksOf(c) {
		secret, given := hook.fields["secret"].(string)
		switch reason := weak(secret); {
		case !given:
		case reason != "":
			wrong = append(wrong, fmt.Sprintf("%ssecret %s", hook.at, reason))
		case strings.TrimSpace(secret) != secret:
			c.Warn(hook.at + "secret begins or ends with spaces or line breaks, which are part of it: the receiver must have them too")
		}
	}
	if wrong == nil {
		return nil
	}
	return &Refusal{
		Message:    strings.Join(wrong, "; ") + ": anyone who guesses it can send events in the API's name",
		Resolution: "use additionalInformation.suggestion, or another random text, and give the receiver the same one; it is never shown again",
		Info:       map[string]any{"suggestion": randomSecret()},
	}
}

// weak says why a secret is easy to guess, "" where it is not.
func weak(secret string) string {
	const (
		shortest  = 12
		different = 6
	)
	signs := map[rune]bool{}
	for _, r := range secret {
		signs[r] = true
	}
	lower := strings.ToLower(secret)
	switch {
	case papi.HasPlaceholder(secret):
		return "is a placeholder that was not filled in"
	case len(secret) < shortest:
		return fmt.Sprintf("has fewer than %d characters", shortest)
	case len(signs) < different:
		return fmt.Sprintf("has fewer than %d different characters", different)
	}
	for _, word := range []string{"password", "changeme", "123456", "qwerty", "letmein"} {
		if strings.Contains(lower, word) {
			return "contains a word that attackers try first"
		}
	}
	return ""
}

// randomSecret has 256 bits.
func randomSecret() string {
	raw := make([]byte, 32)
	rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}
