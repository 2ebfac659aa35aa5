package guard

import (
	"context"
	"strings"
	"testing"
)

// What changed while a person thought about the question makes their confirmation
// void, on every protocol.
func TestAConfirmationIsVoidWhenTheFactsChangedMeanwhile(t *testing.T) {
	for name, test := range map[string]struct {
		state string // of the app, while the person thinks
		want  string
	}{
		"nothing changed": {"ACTIVE", "allowed"},
		"it was blocked":  {"BLOCKED", "confirmation_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(nil).confirmed(t)
			f.api["sms_app_get"] = map[string]any{"id": "a", "name": "Alerts", "status": "ACTIVE"}
			c := call("sms_app_delete", map[string]any{"smsAppId": "a"})
			c.Elicitor = &during{answer: Accepted, do: func() {
				f.api["sms_app_get"] = map[string]any{"id": "a", "name": "Alerts", "status": test.state}
			}}
			v := f.Check(context.Background(), c)
			got := "allowed"
			if v.Refuse != nil {
				got = v.Refuse.Code
			}
			if got != test.want || v.Refuse != nil && v.Refuse.Info["reason"] != reasonChanged {
				t.Errorf("got %s, %+v", got, v.Refuse)
			}
			if v.Allowed() && c.Confirmed != ByElicitation {
				t.Errorf("confirmed by %q", c.Confirmed)
			}
		})
	}
}

// The call that used a token may be what changed the facts: the reason is that
// the token was used.
func TestAUsedTokenStaysUsedWhenTheFactsChange(t *testing.T) {
	f := newFixture(nil).confirmed(t)
	f.api["sms_app_get"] = map[string]any{"id": "a", "name": "Alerts", "status": "ACTIVE"}
	remove := func() *Call { return call("sms_app_delete", map[string]any{"smsAppId": "a"}) }
	token := f.Check(t.Context(), remove()).Refuse.Confirmation.Token
	for i, want := range []string{"", reasonUsed} {
		c := remove()
		c.Confirm = token
		v := f.Check(t.Context(), c)
		if got := v.Refuse; want == "" != (got == nil) || got != nil && got.Info["reason"] != want {
			t.Errorf("use %d: %+v, want %q", i+1, got, want)
		}
		f.api["sms_app_get"] = map[string]any{"id": "a", "name": "Alerts", "status": "BLOCKED"}
	}
}

// A preview says what Check would, does not ask and changes nothing.
func TestPreview(t *testing.T) {
	ctx := context.Background()
	f := newFixture(nil)
	asked := &person{answer: Accepted}

	c := call("sms_app_delete", map[string]any{"smsAppId": "a"})
	if p := f.Preview(ctx, c); p.Refusal == nil || p.Refusal.Code != "guard_project_unconfirmed" {
		t.Errorf("without a confirmed project: %+v", p)
	}
	c = call("sms_app_delete", map[string]any{"smsAppId": "a"})
	c.Elicitor = asked
	if p := f.Preview(ctx, c); !p.Confirm || !strings.Contains(p.Summary, "not been confirmed") {
		t.Errorf("one question for both: %+v", p)
	}
	if got := f.check(call("whatsapp_template_sync", nil)); got != "guard_project_unconfirmed" {
		t.Errorf("a preview confirmed the project: %s", got)
	}

	f.confirmed(t)
	f.api["sms_app_get"] = map[string]any{"id": "a", "name": "Alerts", "status": "ACTIVE"}
	if p := f.Preview(ctx, call("sms_app_delete", map[string]any{"smsAppId": "a"})); !p.Confirm || !strings.Contains(p.Summary, "Alerts") {
		t.Errorf("%+v", p)
	}
	if p := f.Preview(ctx, call("whatsapp_template_sync", nil)); p.Confirm || p.Refusal != nil {
		t.Errorf("what needs nothing: %+v", p)
	}
	c = call("webhook_create", map[string]any{"triggers": []any{"ALL", "BUNDLE_DONE"}})
	if p := f.Preview(ctx, c); p.Refusal == nil || p.Refusal.Code != "guard_all_alone" {
		t.Errorf("%+v", p)
	}
	if len(asked.asked) != 0 {
		t.Errorf("a person was asked: %v", asked.asked)
	}
}

// readings is a Reader that answers each read alike.
type readings map[string]any

func (r readings) Read(context.Context, string, string, map[string]any) (map[string]any, error) {
	return r, nil
}

// With a Reader of its own a preview asks the API nothing. A check reads the API all the
// same, and so does a check of the call that was previewed.
func TestPreviewReadsElsewhere(t *testing.T) {
	f := newFixture(nil).confirmed(t)
	f.api["sms_app_get"] = map[string]any{"id": "a", "name": "of the API", "status": "ACTIVE"}
	elsewhere := Reading(t.Context(), readings{"id": "a", "name": "from elsewhere", "status": "ACTIVE"})
	c := call("sms_app_delete", map[string]any{"smsAppId": "a"})
	if p := f.Preview(elsewhere, c); !strings.Contains(p.Summary, "from elsewhere") || !strings.Contains(p.Facts, "from elsewhere") {
		t.Errorf("a preview reads the API: %+v", p)
	}
	if v := f.Check(elsewhere, c); v.Refuse == nil || v.Refuse.Confirmation == nil || !strings.Contains(v.Refuse.Confirmation.Summary, "of the API") {
		t.Errorf("a check does not read the API: %+v", v.Refuse)
	}
	if p := f.Preview(t.Context(), c); !strings.Contains(p.Summary, "of the API") {
		t.Errorf("a preview without a reader does not read the API: %+v", p)
	}
}
