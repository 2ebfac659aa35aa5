package guard

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

var ruleAllAlone = Rule{
	Code:   "guard_all_alone",
	About:  "The trigger ALL is given alone: it includes all others.",
	Tools:  []string{"webhook_create", "webhook_update", "webhook_replace", "bundle_create"},
	Source: "createWebhook, 1.2.117",
	check:  allAlone,
}

func allAlone(c *Call, _ answers) *Refusal {
	var wrong, extra []string
	for _, hook := range hooksOf(c) {
		if others := besideAll(jsonvalue.Texts(hook.fields, "triggers")); len(others) > 0 {
			wrong = append(wrong, fmt.Sprintf("%striggers: ALL is given with other triggers (%s), which it includes already", hook.at, strings.Join(others, ", ")))
			extra = append(extra, others...)
		}
	}
	var next []catalog.Next
	if c.Row.Tool != "bundle_create" {
		next = []catalog.Next{
			again("subscribe to every event", c, jsonvalue.With(c.Args, "triggers", []any{catalog.EveryTrigger})),
			again("subscribe to the named events alone", c, jsonvalue.With(c.Args, "triggers", extra)),
		}
	}
	return refuseAll(wrong, Refusal{
		Resolution: "give ALL alone, or leave ALL out and name the triggers",
		Info:       map[string]any{"triggers": extra},
		Next:       next,
	})
}

// besideAll returns the triggers that are given with ALL, nil where ALL is
// missing or alone.
func besideAll(triggers []string) []string {
	others := slices.DeleteFunc(slices.Clone(triggers), func(trigger string) bool { return trigger == catalog.EveryTrigger })
	if len(others) == len(triggers) {
		return nil
	}
	return others
}

var ruleWebhookTarget = Rule{
	Code:    "guard_webhook_target",
	About:   "Each webhook of a project has a target of its own.",
	Tools:   []string{"webhook_create", "webhook_update", "webhook_replace"},
	Source:  "createWebhook, updateWebhook, replaceWebhook, 1.2.117",
	When:    "a target is given",
	applies: func(c *Call) bool { return jsonvalue.Text(c.Args, "target") != "" },
	Reads:   []*Read{readWebhooks},
	check:   webhookTarget,
}

func webhookTarget(c *Call, a answers) *Refusal {
	for _, hook := range jsonvalue.Objects(a.of(readWebhooks), "webhooks") {
		if hook["target"] != c.Args["target"] || hook["id"] == c.Args["webhookId"] {
			continue
		}
		r := targetTaken(hook)
		if c.Row.Tool == "webhook_create" {
			r.Next = append(r.Next, nextCall("or change its triggers", "webhook_update", map[string]any{"webhookId": hook["id"]}, "triggers"))
		}
		return r
	}
	return nil
}

// targetTaken refuses a target that a webhook has.
func targetTaken(hook map[string]any) *Refusal {
	return &Refusal{
		Message:    fmt.Sprintf("webhook %v of the project already has the target %v", hook["id"], hook["target"]),
		Resolution: "change that webhook's triggers if some are missing, or give another target",
		Info:       map[string]any{"target": hook["target"], "webhookId": hook["id"]},
		Next: []catalog.Next{
			nextCall("check that webhook", "webhook_get", map[string]any{"webhookId": hook["id"]}),
		},
	}
}

var ruleWebhookLimit = Rule{
	Code:   "guard_webhook_limit",
	About:  fmt.Sprintf("A project has %d webhooks at most.", catalog.MaxWebhooks),
	Tools:  []string{"webhook_create"},
	Source: "createWebhook, 1.2.117",
	Reads:  []*Read{readWebhooks},
	check:  webhookLimit,
}

func webhookLimit(c *Call, a answers) *Refusal {
	return tooManyWebhooks(c, jsonvalue.Objects(a.of(readWebhooks), "webhooks"), 1)
}

// tooManyWebhooks refuses more webhooks than a project may have.
func tooManyWebhooks(c *Call, there []map[string]any, more int) *Refusal {
	if len(there)+more <= catalog.MaxWebhooks {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("the project has %s, the call would add %d, and the limit is %d", papi.Count(len(there), "webhook"), more, catalog.MaxWebhooks),
		Resolution: "ask the person which webhook to delete, or change an existing one",
		Next: []catalog.Next{
			readWebhooks.next(c, "see the existing webhooks"),
			nextCall("delete that one, then make the call again", "webhook_delete", nil, "webhookId"),
		},
	}
}

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

var webhookSummaries = []Summary{{Tool: "webhook_delete", Reads: []*Read{readWebhook}, text: askWebhookDelete}}

func askWebhookDelete(_ map[string]any, a answers) sentences {
	hook := a.of(readWebhook)
	s := sentences{ask: "Delete the webhook", effect: "It stops receiving events."}
	if target := jsonvalue.Text(hook, "target"); target != "" {
		s.name = "to " + Address(target)
	}
	switch triggers := words(jsonvalue.Texts(hook, "triggers")); triggers {
	case "":
	case catalog.EveryTrigger:
		s.effect = "It stops receiving ALL events."
	default:
		s.effect = "It stops receiving these events: " + triggers + "."
	}
	return s
}
