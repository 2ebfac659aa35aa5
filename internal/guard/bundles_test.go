package guard

import (
	"fmt"
	"strings"
	"testing"
)

func TestABundleAsksForSomethingWithAName(t *testing.T) {
	bundle := func(more string) string { return `{"region": "EU", ` + more + `}` }
	checkRule(t, []ruleCase{
		{name: "nothing", tool: "bundle_create", args: `{"region": "EU", "name": "Shop"}`, want: "bundle_services", next: "bundle_create"},
		{name: "false is nothing", tool: "bundle_create", args: bundle(`"name": "Shop", "smsApp": false`), want: "bundle_services"},
		{name: "webhooks are not a service", tool: "bundle_create", args: bundle(`"name": "Shop", "webhooks": [{"target": "https://example.com"}]`), want: "bundle_services"},
		{name: "one service", tool: "bundle_create", args: bundle(`"name": "Shop", "smsApp": true`), want: codeRequired, reads: []string{}},
		{name: "an empty object is a service", tool: "bundle_create", args: bundle(`"name": "Shop", "convApp": {}`), want: codeRequired},
		{name: "no name anywhere", tool: "bundle_create", args: bundle(`"smsApp": true, "convApp": {}`), want: "bundle_names", says: "convApp, smsApp", next: "bundle_create"},
		{name: "a name for one of two", tool: "bundle_create", args: bundle(`"smsApp": {"name": "SMS"}, "subproject": true`), want: "bundle_names", says: "neither does subproject"},
		{name: "a name for each", tool: "bundle_create", args: bundle(`"smsApp": {"name": "SMS"}, "subproject": {"name": "Sub"}`), want: codeRequired},
	})
}

func TestABundlesWebhooksHaveTheirOwnTargets(t *testing.T) {
	bundle := func(subproject bool, targets ...string) string {
		var hooks []string
		for _, target := range targets {
			hooks = append(hooks, fmt.Sprintf(`{"target": %q, "triggers": ["BUNDLE_DONE"]}`, target))
		}
		return fmt.Sprintf(`{"region": "EU", "name": "Shop", "smsApp": true, "subproject": %v, "webhooks": [%s]}`, subproject, strings.Join(hooks, ","))
	}
	const a, b = "https://example.com/a", "https://example.com/b"
	checkRule(t, []ruleCase{
		{name: "twice in the bundle", tool: "bundle_create", args: bundle(false, a, b, a), want: "bundle_targets", says: "webhooks[0] and webhooks[2]", reads: []string{}},
		{name: "taken in the project", tool: "bundle_create", args: bundle(false, a, "https://example.com/1"), api: webhooksThere(2), want: "bundle_webhooks", says: "webhook w1", next: "webhook_get"},
		{name: "a subproject has none yet", tool: "bundle_create", args: bundle(true, "https://example.com/1"), api: webhooksThere(15), want: codeRequired, reads: []string{}},
		{name: "13 and 2 are 15", tool: "bundle_create", args: bundle(false, a, b), api: webhooksThere(13), want: codeRequired},
		{name: "14 and 2 are too many", tool: "bundle_create", args: bundle(false, a, b), api: webhooksThere(14), want: "bundle_webhooks", says: "the limit is 15", next: "webhook_list"},
		{name: "what can't be undone is not done blindly", tool: "bundle_create", args: bundle(false, a), fail: down, want: "read_failed", next: "webhook_list"},
	})
}

func TestABundlesConversationApp(t *testing.T) {
	app := func(more string) string {
		return `{"region": "EU", "name": "Shop", "convApp": {` + more + `}}`
	}
	target := func(url string) string { return app(`"webhooks": [{"target": "` + url + `"}]`) }
	checkRule(t, []ruleCase{
		{name: "its events to the API itself", tool: "bundle_create", args: target("https://conversation-api.eu.sinch.com/x"), want: "bundle_conversation", says: "webhooks[0]"},
		{name: "in capitals", tool: "bundle_create", args: target("https://Conversation-API.EU.sinch.com./x"), want: "bundle_conversation"},
		{name: "to another host of that name", tool: "bundle_create", args: target("https://conversation-api.example.com"), want: codeRequired},
		{name: "DISPATCH keeps 7 days", tool: "bundle_create", args: app(`"retentionPolicy": {"ttl": 7}`), want: codeRequired},
		{name: "but not 8", tool: "bundle_create", args: app(`"retentionPolicy": {"ttl": 8}`), want: "bundle_conversation", says: "DISPATCH allows 0 to 7"},
		{name: "DISPATCH lets messages expire", tool: "bundle_create", args: app(`"processingMode": "DISPATCH", "retentionPolicy": {"retentionPolicyType": "MESSAGE_EXPIRE_POLICY"}`), want: codeRequired},
		{name: "and keeps no conversations", tool: "bundle_create", args: app(`"processingMode": "DISPATCH", "retentionPolicy": {"retentionPolicyType": "CONVERSATION_EXPIRE_POLICY"}`), want: "bundle_conversation", says: "retentionPolicyType is CONVERSATION_EXPIRE_POLICY; processingMode DISPATCH allows MESSAGE_EXPIRE_POLICY"},
		{name: "nor anything forever, as the default mode", tool: "bundle_create", args: app(`"retentionPolicy": {"retentionPolicyType": "PERSIST_RETENTION_POLICY", "ttl": 8}`), want: "bundle_conversation", says: "MESSAGE_EXPIRE_POLICY; convApp.retentionPolicy.ttl is 8 days"},
		{name: "CONVERSATION may", tool: "bundle_create", args: app(`"processingMode": "CONVERSATION", "retentionPolicy": {"retentionPolicyType": "PERSIST_RETENTION_POLICY"}`), want: codeRequired},
		{name: "CONVERSATION does", tool: "bundle_create", args: app(`"processingMode": "CONVERSATION", "retentionPolicy": {"ttl": 8}`), want: codeRequired},
		{name: "but not 0", tool: "bundle_create", args: app(`"processingMode": "CONVERSATION", "retentionPolicy": {"ttl": 0}`), want: "bundle_conversation"},
	})
}

// A suggestion repeats no secret: what holds one must be given again.
func TestABundlesSuggestionHoldsNoSecret(t *testing.T) {
	f := newFixture(nil).confirmed(t)
	v := f.Check(t.Context(), call("bundle_create", parsed(t, `{
		"region": "EU", "smsApp": true,
		"convApp": {"webhooks": [{"target": "https://example.com/a", "secret": "hidden-and-long-enough"}]},
		"webhooks": [{"target": "https://example.com/b", "secret": "hidden-and-long-enough"}]
	}`)))
	if v.Refuse == nil || v.Refuse.Code != "guard_bundle_names" {
		t.Fatalf("got %+v", v)
	}
	next := v.Refuse.Next[0]
	if got := fmt.Sprint(next.Args); strings.Contains(got, "hidden") || !strings.Contains(got, "smsApp:true") {
		t.Errorf("the arguments are %s", got)
	}
	if got := strings.Join(next.Needs, " "); got != "name convApp webhooks" {
		t.Errorf("it needs %s", got)
	}
}

// The refusal names all that is wrong with the webhooks of a bundle, in order.
func TestARefusalNamesAllWrongWebhooksOfABundle(t *testing.T) {
	bundle := func(hooks string) string {
		return `{"name": "n", "smsApp": true, "webhooks": [` + hooks + `]}`
	}
	checkRule(t, []ruleCase{
		{name: "targets", tool: "bundle_create", want: "webhook_address", says: "webhooks[2].target is a private address",
			args: bundle(`{"target": "http://example.com/a"}, {"target": "https://example.com/b"}, {"target": "https://10.0.0.1/"}`)},
		{name: "triggers", tool: "bundle_create", want: "all_alone", says: "(BUNDLE_DONE), which it includes already; webhooks[1].triggers: ALL is given with other triggers",
			args: bundle(`{"target": "https://example.com/a", "triggers": ["ALL", "BUNDLE_DONE"]}, {"target": "https://example.com/b", "triggers": ["SMS_APP_UPDATED", "ALL"]}`)},
		{name: "the first of them", tool: "bundle_create", want: "webhook_address", says: "webhooks[0].target begins with",
			args: bundle(`{"target": "http://example.com/a"}, {"target": "https://10.0.0.1/"}`)},
		{name: "secrets", tool: "bundle_create", want: "webhook_secret", says: "webhooks[0].secret has fewer than 12 characters; webhooks[1].secret contains a word",
			args: bundle(`{"target": "https://example.com/a", "secret": "short"}, {"target": "https://example.com/b", "secret": "my-password-is-long"}`)},
	})
}
