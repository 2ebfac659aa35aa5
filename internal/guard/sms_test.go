package guard

import (
	"strings"
	"testing"
)

func TestAnSMSAppHasOneConversationApp(t *testing.T) {
	create := func(more string) string { return `{"name": "SMS", "region": "EU"` + more + `}` }
	checkRule(t, []ruleCase{
		{name: "a new one and one that exists", tool: "sms_app_create", args: create(`, "convApiApp": true, "convApiAppId": "a"`), want: "sms_app_conversation", next: "sms_app_create"},
		{name: "a new one", tool: "sms_app_create", args: create(`, "convApiApp": true`), want: "allowed"},
		{name: "one that exists", tool: "sms_app_create", args: create(`, "convApiAppId": "a"`), want: "allowed"},
		{name: "no new one, and one that exists", tool: "sms_app_create", args: create(`, "convApiApp": false, "convApiAppId": "a"`), want: "allowed"},
		{name: "none", tool: "sms_app_create", args: create(``), want: "allowed"},
	})
}

func TestDeletingAnSMSAppSaysWhatIsConnected(t *testing.T) {
	f := newFixture(nil).confirmed(t)
	f.api["sms_app_get"] = parsed(t, `{"name": "Shop", "status": "ACTIVE", "regions": ["EU"], "conversationApiAppDetails": {"id": "talk"}}`)
	v := f.Check(t.Context(), call("sms_app_delete", map[string]any{"smsAppId": "s"}))
	if v.Refuse == nil || v.Refuse.Confirmation == nil {
		t.Fatalf("got %+v", v)
	}
	if want := `It is ACTIVE in EU, and the Conversation app "talk" is connected to it.`; !strings.HasPrefix(v.Refuse.Confirmation.Summary, `Delete the SMS app "Shop"?`) || !strings.Contains(v.Refuse.Confirmation.Summary, want) {
		t.Errorf("the summary is %s", v.Refuse.Confirmation.Summary)
	}
}
