package guard

import (
	"context"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/papi"
)

func TestRegisterAndVerifyByState(t *testing.T) {
	for _, tt := range []struct {
		tool, read, state, want string
	}{
		{"whatsapp_sender_register", "whatsapp_sender_get", "PENDING_VERIFICATION", "allowed"},
		{"whatsapp_sender_register", "whatsapp_sender_get", "ACTIVE", "guard_register_state"},
		{"whatsapp_sender_register", "whatsapp_sender_get", "", "guard_register_state"},
		{"whatsapp_sender_verify", "whatsapp_sender_get", "ACTIVE", "guard_register_state"},
		{"kakaotalk_sender_register", "kakaotalk_sender_get", "INACTIVE", "allowed"},
		{"kakaotalk_sender_register", "kakaotalk_sender_get", "VERIFYING", "allowed"},
		{"kakaotalk_sender_register", "kakaotalk_sender_get", "ACTIVE", "guard_kakaotalk_register_state"},
		{"kakaotalk_sender_verify", "kakaotalk_sender_get", "VERIFYING", "allowed"},
		{"kakaotalk_sender_verify", "kakaotalk_sender_get", "INACTIVE", "guard_kakaotalk_verify_state"},
	} {
		t.Run(tt.tool+" in "+tt.state, func(t *testing.T) {
			f := newFixture(nil).confirmed(t)
			f.api[tt.read] = map[string]any{"state": tt.state}
			if got := f.check(call(tt.tool, map[string]any{"senderId": "s", "plusFriendId": "@f"})); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if !slices.Equal(f.reads, []string{tt.read}) {
				t.Errorf("read %v, want the sender once", f.reads)
			}
		})
	}
}

func TestTheStateRuleFailsOpen(t *testing.T) {
	for _, tt := range []struct {
		err      error
		warnings int
	}{
		{&papi.Error{Status: 500, Code: "internal_error"}, 1},
		{&papi.Error{Status: 404, Code: "sender_not_found"}, 0}, // the API says so itself
	} {
		f := newFixture(nil).confirmed(t)
		f.fail = tt.err
		c := call("whatsapp_sender_register", map[string]any{"senderId": "s"})
		if got := f.check(c); got != "allowed" || len(c.Warnings) != tt.warnings {
			t.Errorf("%v: got %s with warnings %v", tt.err, got, c.Warnings)
		}
	}
}

func TestVerifyNeedsARegister(t *testing.T) {
	f := newFixture(nil).confirmed(t)
	f.api["whatsapp_sender_get"] = map[string]any{"state": "PENDING_VERIFICATION"}
	verify := func(id string, elsewhere bool) *Call {
		c := call("whatsapp_sender_verify", map[string]any{"senderId": id, "code": "123456"})
		c.RegisteredElsewhere = elsewhere
		return c
	}
	v := f.Check(context.Background(), verify("s", false))
	if v.Refuse == nil || v.Refuse.Code != "guard_register_first" {
		t.Fatalf("got %+v", v)
	}
	if n := v.Refuse.Next[0]; n.Tool != "whatsapp_sender_register" || n.Args["senderId"] != "s" || !slices.Contains(n.Needs, "method") {
		t.Errorf("next is %+v", n)
	}
	if n := v.Refuse.Next[1]; n.Tool != "whatsapp_sender_verify" || n.Args["registeredElsewhere"] != true || n.Args["code"] != nil || !slices.Equal(n.Needs, []string{"code"}) {
		t.Errorf("the other step is %+v", n)
	}
	if !strings.Contains(v.Refuse.Message, "the server has been restarted") {
		t.Errorf("message %q", v.Refuse.Message)
	}
	if got := f.check(verify("s", true)); got != "allowed" {
		t.Errorf("registered elsewhere: got %s", got)
	}
	if got := f.check(call("whatsapp_sender_verify", map[string]any{"senderId": "s"})); got != "allowed" {
		t.Errorf("without a code: got %s", got)
	}
	register := call("whatsapp_sender_register", map[string]any{"senderId": "s", "method": "SMS"})
	if got := f.check(register); got != "allowed" {
		t.Fatalf("got %s", got)
	}
	if err := f.Done(context.Background(), register, nil); err != nil {
		t.Fatal(err)
	}
	if got := f.check(verify("s", false)); got != "allowed" {
		t.Errorf("after the registration: got %s", got)
	}
	if got := f.check(verify("another", false)); got != "guard_register_first" {
		t.Errorf("another sender: got %s", got)
	}
}

// A 429 sender-already-registered counts as a registration that succeeded; no other
// error does, and of no other tool.
func TestAlreadyRegisteredIsRemembered(t *testing.T) {
	for _, tt := range []struct{ tool, code, want string }{
		{"whatsapp_sender_register", "sender-already-registered", "allowed"},
		{"whatsapp_sender_register", "sender-register-too-many-requests", "guard_register_first"},
		{"whatsapp_sender_register", "not_allowed_register", "guard_register_first"},
		{"whatsapp_sender_get", "sender-already-registered", "guard_register_first"},
	} {
		f := newFixture(nil).confirmed(t)
		f.api["whatsapp_sender_get"] = map[string]any{"state": "PENDING_VERIFICATION"}
		c := call(tt.tool, map[string]any{"senderId": "s"})
		if got := f.check(c); got != "allowed" {
			t.Fatal(got)
		}
		if err := f.Failed(t.Context(), c, &papi.Error{Status: 429, Code: tt.code}); err != nil {
			t.Fatal(err)
		}
		if got := f.check(call("whatsapp_sender_verify", map[string]any{"senderId": "s", "code": "123456"})); got != tt.want {
			t.Errorf("%s of %s: %s, want %s", tt.code, tt.tool, got, tt.want)
		}
	}
}
