package guard

import (
	"context"
	"testing"

	"papi-mcp/internal/store"
)

// What was confirmed for one API counts for no other, though both share a
// store: a project, a registration, a token.
func TestRealmsAreApart(t *testing.T) {
	ctx := context.Background()
	shared := store.NewMemory()
	at := func(realm string) *fixture {
		return newFixture(func(o *Options) { o.Store, o.Realm = shared, realm })
	}
	here, there := at("sandbox"), at("https://provisioning.example.com")
	here.confirmed(t)
	if got := there.check(call("whatsapp_template_sync", nil)); got != "guard_project_unconfirmed" {
		t.Errorf("the project: %s", got)
	}
	there.confirmed(t)
	token := here.Check(ctx, call("webhook_delete", map[string]any{"webhookId": "w"})).Refuse.Confirmation.Token
	c := call("webhook_delete", map[string]any{"webhookId": "w"})
	c.Confirm = token
	if v := there.Check(ctx, c); v.Allowed() || v.Refuse.Info["reason"] != reasonOther {
		t.Errorf("the token: %+v", v.Refuse)
	}
	id := map[string]any{"senderId": "s"}
	if err := here.Done(ctx, &Call{Row: call("whatsapp_sender_register", id).Row, Principal: me, ProjectID: project, Args: id}, nil); err != nil {
		t.Fatal(err)
	}
	there.api["whatsapp_sender_get"] = map[string]any{"state": "PENDING_VERIFICATION"}
	if got := there.check(call("whatsapp_sender_verify", map[string]any{"senderId": "s", "code": "123456"})); got != "guard_register_first" {
		t.Errorf("the registration: %s", got)
	}
}
