package guard

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
)

// A token is valid for exactly its call, once, for ten minutes.
func TestTokens(t *testing.T) {
	deleteArgs := map[string]any{"webhookId": "w"}
	for _, tt := range []struct {
		name   string
		change func(f *fixture, c *Call)
		want   string // the reason, or ""
	}{
		{"as it was given", func(*fixture, *Call) {}, ""},
		{"another thing", func(_ *fixture, c *Call) { c.Args = map[string]any{"webhookId": "other"} }, reasonOther},
		{"one argument more", func(_ *fixture, c *Call) { c.Args = map[string]any{"webhookId": "w", "x": true} }, reasonOther},
		{"another tool", func(_ *fixture, c *Call) { c.Row = catalog.Lookup("sms_app_delete") }, reasonOther},
		{"with reveal", func(_ *fixture, c *Call) { c.Reveal = true }, reasonOther},
		{"another principal", func(f *fixture, c *Call) {
			c.Principal = "other"
			_ = f.rememberProject(context.Background(), "other", "", project)
		}, reasonOther},
		{"another project", func(f *fixture, c *Call) {
			c.ProjectID = "p2"
			_ = f.rememberProject(context.Background(), me, "", "p2")
		}, reasonOther},
		{"just in time", func(f *fixture, _ *Call) { f.now = f.now.Add(10*time.Minute - time.Second) }, ""},
		{"too late", func(f *fixture, _ *Call) { f.now = f.now.Add(10 * time.Minute) }, reasonExpired},
		{"used before", func(f *fixture, c *Call) { copied := *c; f.check(&copied) }, reasonUsed},
		{"made up", func(_ *fixture, c *Call) { c.Confirm = "yes" }, reasonOther},
		{"one bit changed", func(_ *fixture, c *Call) { c.Confirm = "A" + c.Confirm[1:] }, reasonOther},
		{"cut", func(_ *fixture, c *Call) { c.Confirm = c.Confirm[:len(c.Confirm)-4] }, reasonOther},
		{"of another server", func(_ *fixture, c *Call) {
			v := newFixture(nil).confirmed(t).Check(context.Background(), call("webhook_delete", deleteArgs))
			c.Confirm = v.Refuse.Confirmation.Token
		}, reasonOther},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(nil).confirmed(t)
			v := f.Check(context.Background(), call("webhook_delete", deleteArgs))
			c := call("webhook_delete", deleteArgs)
			c.Confirm = v.Refuse.Confirmation.Token
			tt.change(f, c)
			v = f.Check(context.Background(), c)
			if tt.want == "" {
				if !v.Allowed() {
					t.Errorf("refused: %+v", v.Refuse)
				}
				return
			}
			if v.Refuse == nil || v.Refuse.Code != codeInvalid || v.Refuse.Info["reason"] != tt.want || v.Refuse.Confirmation == nil {
				t.Errorf("got %+v, want reason %s and a fresh confirmation", v.Refuse, tt.want)
			}
		})
	}
}

func TestATokenIsValidOnceForManyAtTheSameTime(t *testing.T) {
	f := newFixture(nil).confirmed(t)
	args := map[string]any{"webhookId": "w"}
	token := f.Check(context.Background(), call("webhook_delete", args)).Refuse.Confirmation.Token
	var through atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			c := call("webhook_delete", args)
			c.Confirm = token
			if f.Check(context.Background(), c).Allowed() {
				through.Add(1)
			}
		})
	}
	all.Wait()
	if through.Load() != 1 {
		t.Errorf("%d of 50 got through", through.Load())
	}
}

// Whatever widens what is shown or done is part of what a person agreed to.
func TestATokenIsForWhatIsShown(t *testing.T) {
	page := func(change func(*Call)) *Call {
		c := call("rcs_sender_list", map[string]any{"pageSize": json.Number("10")})
		c.Reveal = true
		if change != nil {
			change(c)
		}
		return c
	}
	for name, change := range map[string]func(*Call){
		"all pages":            func(c *Call) { c.All = true },
		"a larger page":        func(c *Call) { c.Args = map[string]any{"pageSize": json.Number("1000")} },
		"the next page":        func(c *Call) { c.Args["pageToken"] = "t" },
		"registered elsewhere": func(c *Call) { c.RegisteredElsewhere = true },
		"rules ignored":        func(c *Call) { c.IgnoreLint = []string{"wa_variable_edge"} },
	} {
		f := newFixture(nil)
		token := f.Check(t.Context(), page(nil)).Refuse.Confirmation.Token
		c := page(change)
		c.Confirm = token
		if v := f.Check(t.Context(), c); v.Refuse == nil || v.Refuse.Info["reason"] != reasonOther {
			t.Errorf("%s: %+v", name, v.Refuse)
		}
		c = page(nil)
		c.Confirm = token
		if got := f.check(c); got != "allowed" {
			t.Errorf("%s: the call itself: %s", name, got)
		}
		// The question says so.
		all := f.Check(t.Context(), page(func(c *Call) { c.All = true })).Refuse.Confirmation.Summary
		if !strings.Contains(all, "all pages") {
			t.Errorf("the question: %s", all)
		}
	}
}

// FuzzTokens: no token but the one that was issued lets the call through.
func FuzzTokens(f *testing.F) {
	fix := newFixture(nil)
	if err := fix.rememberProject(context.Background(), me, "", project); err != nil {
		f.Fatal(err)
	}
	args := map[string]any{"webhookId": "w"}
	real := fix.Check(context.Background(), call("webhook_delete", args)).Refuse.Confirmation.Token
	f.Add(real[:20])
	f.Add("")
	f.Add(strings.Repeat("A", len(real)))
	f.Fuzz(func(t *testing.T, token string) {
		if token == real {
			return
		}
		c := call("webhook_delete", args)
		c.Confirm = token
		if fix.Check(context.Background(), c).Allowed() {
			t.Errorf("%q let the call through", token)
		}
	})
}
