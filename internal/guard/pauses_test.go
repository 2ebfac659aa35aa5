package guard

import (
	"errors"
	"testing"
	"time"

	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
)

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
