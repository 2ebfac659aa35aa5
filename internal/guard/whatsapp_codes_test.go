package guard

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
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
	if !strings.Contains(v.Refuse.Resolution, "before a restart of the server") {
		t.Errorf("resolution %q", v.Refuse.Resolution)
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

func TestAVerifyWaitsAfterTooManyWrongCodes(t *testing.T) {
	tooMany := &papi.Error{Status: 429, Code: "too_many_invalid_verification_codes"}
	for name, test := range map[string]struct {
		tool string
		err  error
		want string
		last string // when the pause ends; the fixture's clock shows midnight
	}{
		"the registration was refused for it": {"whatsapp_sender_register", tooMany, "guard_verify_pause", "2026-01-01T00:10:00Z"},
		"with a longer time of the API's":     {"whatsapp_sender_register", &papi.Error{Status: 429, Code: tooMany.Code, RetryAfter: time.Hour}, "guard_verify_pause", "2026-01-01T01:00:00Z"},
		"a wrong code, one of a few":          {"whatsapp_sender_verify", &papi.Error{Status: 409, Code: "wrong_otp"}, "allowed", ""},
		"too many registrations":              {"whatsapp_sender_register", &papi.Error{Status: 429, Code: "sender-register-too-many-requests"}, "allowed", ""},
		"no error of the API":                 {"whatsapp_sender_register", errors.New("x"), "allowed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(func(o *Options) { o.Store = store.NewMemory() }).confirmed(t)
			f.api["whatsapp_sender_get"] = map[string]any{"state": "PENDING_VERIFICATION"}
			id := map[string]any{"senderId": "s"}
			if err := f.Failed(t.Context(), &Call{Row: call(test.tool, id).Row, ProjectID: project, Args: id}, test.err); err != nil {
				t.Fatal(err)
			}
			verify := func(sender string) string {
				c := call("whatsapp_sender_verify", map[string]any{"senderId": sender, "code": "123456"})
				c.RegisteredElsewhere = true
				return f.check(c)
			}
			if got := verify("s"); got != test.want {
				t.Errorf("got %s", got)
			}
			paused := call("whatsapp_sender_verify", map[string]any{"senderId": "s", "code": "123456"})
			paused.RegisteredElsewhere = true
			if v := f.Check(t.Context(), paused); v.Refuse != nil && v.Refuse.Info["until"] != test.last {
				t.Errorf("until %v, want %s", v.Refuse.Info["until"], test.last)
			}
			if got := f.check(call("whatsapp_sender_verify", id)); got != "allowed" {
				t.Errorf("without a code: %s", got)
			}
			if got := verify("another"); got != "allowed" {
				t.Errorf("another sender: %s", got)
			}
		})
	}
}
