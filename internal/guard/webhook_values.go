package guard

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"papi-mcp/internal/papi"
)

// hook is a webhook of a call, and where it stands in it.
type hook struct {
	at     string
	fields map[string]any
}

func hooksOf(c *Call) []hook {
	if c.Row.Tool != "bundle_create" {
		return []hook{{"", c.Args}}
	}
	var hooks []hook
	for i, fields := range objects(c.Args["webhooks"]) {
		hooks = append(hooks, hook{fmt.Sprintf("webhooks[%d].", i), fields})
	}
	return hooks
}

func webhookAddress(_ context.Context, g *Guard, c *Call) *Refusal {
	var wrong, targets []string
	for _, hook := range hooksOf(c) {
		target := text(hook.fields, "target")
		if target == "" {
			continue
		}
		if reason := badTarget(target, g.opts.LocalTargets); reason != "" {
			wrong = append(wrong, fmt.Sprintf("%starget %s", hook.at, reason))
			targets = append(targets, target)
		}
	}
	if wrong == nil {
		return nil
	}
	return &Refusal{
		Message:    strings.Join(wrong, "; "),
		Resolution: "ask the person for the public https URL of their receiver; to try one on this machine, use the sandbox",
		Info:       map[string]any{"target": strings.Join(targets, ", ")},
	}
}

// badTarget says what is wrong with a target, "" for nothing. Names are not
// resolved: the API resolves them elsewhere.
func badTarget(target string, local bool) string {
	u, err := url.Parse(target)
	if err != nil || u.Hostname() == "" {
		return "is no URL with a host"
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	inside := ""
	if address, err := netip.ParseAddr(host); err == nil {
		switch address = address.Unmap(); {
		case address.IsLoopback():
			inside = "is on the loopback"
		case address.IsPrivate(), address.IsLinkLocalUnicast(), address.IsUnspecified(), !address.IsGlobalUnicast():
			return "is a private address, which the API can't reach"
		}
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		inside = "is on the loopback"
	}
	switch {
	case inside != "" && local:
		return ""
	case inside != "":
		return inside + ", which the API can't reach"
	case strings.HasSuffix(host, ".local"), strings.HasSuffix(host, ".internal"):
		return "has a name of a private network, which the API can't reach"
	case u.Scheme != "https":
		return fmt.Sprintf("begins with %q, and events carry personal data: https is needed", u.Scheme+":")
	}
	return ""
}

func webhookSecret(_ context.Context, _ *Guard, c *Call) *Refusal {
	var wrong []string
	for _, hook := range hooksOf(c) {
		secret, given := hook.fields["secret"].(string)
		if !given {
			continue
		}
		if reason := weak(secret); reason != "" {
			wrong = append(wrong, fmt.Sprintf("%ssecret %s", hook.at, reason))
		}
	}
	if wrong == nil {
		return nil
	}
	return &Refusal{
		Message:    strings.Join(wrong, "; ") + ": whoever guesses it can send events in the API's name",
		Resolution: "take additionalInformation.suggestion, or another random text, and give the receiver the same one; it is never shown again",
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
	case papi.Unfilled(secret):
		return "is a placeholder that was not filled in"
	case len(secret) < shortest:
		return fmt.Sprintf("has fewer than %d characters", shortest)
	case len(signs) < different:
		return fmt.Sprintf("has fewer than %d different characters", different)
	}
	for _, word := range []string{"password", "changeme", "123456", "qwerty", "letmein"} {
		if strings.Contains(lower, word) {
			return "holds a word that is tried first"
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
