package guard

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/store"
)

// A call of a row with a Confirm is not sent without its confirmation.
func TestEveryToolWithAConfirmNeedsItsConfirmation(t *testing.T) {
	for _, row := range catalog.Rows() {
		if row.Confirm == "" {
			continue
		}
		t.Run(row.Tool, func(t *testing.T) {
			f := newFixture(nil).confirmed(t)
			f.api = readyAPI()
			args := map[string]any{}
			for _, p := range row.Op().Parameters {
				if p.In == "path" && p.Name != "projectId" {
					args[p.Name] = "thing"
				}
			}
			maps.Copy(args, readyArgs[row.Tool])
			v := f.Check(context.Background(), call(row.Tool, args))
			if v.Refuse == nil || v.Refuse.Code != codeRequired {
				t.Fatalf("got %+v", v)
			}
			c := v.Refuse.Confirmation
			if c == nil || !strings.HasPrefix(c.Summary, Summaries[row.Tool].text(args, answersTo(Summaries[row.Tool].Reads, nil)).ask) || !strings.Contains(c.Summary, project) || !c.ExpiresAt.Equal(f.now.Add(10*time.Minute)) {
				t.Fatalf("got %+v", c)
			}
			again := call(row.Tool, args)
			again.Confirm = c.Token
			if got := f.check(again); got != "allowed" {
				t.Errorf("with its token: got %s", got)
			}
		})
	}
}

func TestAFailingConfirmationIsNotATokenForARefusedCall(t *testing.T) {
	f := newFixture(nil).confirmed(t)
	c := call("bundle_create", map[string]any{"webhooks": []any{map[string]any{"triggers": []any{"ALL", "BUNDLE_DONE"}}}})
	if v := f.Check(context.Background(), c); v.Refuse == nil || v.Refuse.Confirmation != nil {
		t.Errorf("a token was given for a call that is refused: %+v", v.Refuse)
	}
}

func TestRevealIsAConfirmationOfItsOwn(t *testing.T) {
	f := newFixture(nil)
	get := func() *Call {
		c := call("whatsapp_sender_get", map[string]any{"senderId": "s"})
		c.Reveal = true
		return c
	}
	v := f.Check(context.Background(), get())
	if v.Refuse == nil || v.Refuse.Code != codeRequired || !strings.Contains(v.Refuse.Confirmation.Summary, "secrets") {
		t.Fatalf("got %+v", v)
	}
	with := get()
	with.Confirm, with.Reveal = v.Refuse.Confirmation.Token, true
	if got := f.check(with); got != "allowed" {
		t.Errorf("got %s", got)
	}
}

func TestThePersonIsAsked(t *testing.T) {
	for answer, want := range map[Answer]string{
		Accepted: "allowed", Declined: codeDeclined, Cancelled: codeDeclined, TimedOut: codeTimeout,
		Unavailable: codeRequired, // as a client that can't ask
	} {
		t.Run(string(answer), func(t *testing.T) {
			f := newFixture(nil).confirmed(t)
			p := &person{answer: answer}
			c := call("webhook_delete", map[string]any{"webhookId": "w"})
			c.Elicitor = p
			v := f.Check(context.Background(), c)
			got := "allowed"
			if v.Refuse != nil {
				got = v.Refuse.Code
				if (v.Refuse.Confirmation != nil) != (want == codeRequired) {
					t.Errorf("token: %+v", v.Refuse.Confirmation)
				}
			}
			if got != want || len(p.asked) != 1 || !strings.Contains(p.asked[0].Summary, `webhookId "w"`) {
				t.Errorf("got %s, asked %+v", got, p.asked)
			}
		})
	}
}

// An answer that comes with a later request counts only with the signed state
// of its question, once.
func TestAnswersThatComeLater(t *testing.T) {
	args := map[string]any{"webhookId": "w"}
	question := func(t *testing.T, f *fixture) string {
		t.Helper()
		c := call("webhook_delete", args)
		c.Elicitor = &later{}
		v := f.Check(context.Background(), c)
		if v.Ask == nil {
			t.Fatalf("got %+v", v)
		}
		return v.Ask.State
	}
	answer := func(f *fixture, args map[string]any, l *later) Verdict {
		c := call("webhook_delete", args)
		c.Elicitor = l
		return f.Check(context.Background(), c)
	}
	t.Run("accept", func(t *testing.T) {
		f := newFixture(nil).confirmed(t)
		state := question(t, f)
		if v := answer(f, args, &later{state, Accepted}); !v.Allowed() {
			t.Fatalf("got %+v", v.Refuse)
		}
		if v := answer(f, args, &later{state, Accepted}); v.Refuse == nil || v.Refuse.Info["reason"] != reasonUsed {
			t.Errorf("answered twice: %+v", v.Refuse)
		}
	})
	t.Run("decline, then accept with the same state", func(t *testing.T) {
		f := newFixture(nil).confirmed(t)
		state := question(t, f)
		if v := answer(f, args, &later{state, Declined}); v.Refuse == nil || v.Refuse.Code != codeDeclined {
			t.Fatalf("got %+v", v)
		}
		if v := answer(f, args, &later{state, Accepted}); v.Allowed() {
			t.Error("a declined question was accepted afterwards")
		}
	})
	for name, l := range map[string]*later{
		"never asked": {"", Accepted},
		"made-up":     {"c3RhdGU", Accepted},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(nil).confirmed(t)
			if v := answer(f, args, l); v.Refuse == nil || v.Refuse.Code != codeInvalid || v.Refuse.Confirmation != nil {
				t.Errorf("got %+v", v)
			}
		})
	}
	t.Run("the state of another call", func(t *testing.T) {
		f := newFixture(nil).confirmed(t)
		if v := answer(f, map[string]any{"webhookId": "other"}, &later{question(t, f), Accepted}); v.Refuse == nil || v.Refuse.Info["reason"] != reasonOther {
			t.Errorf("got %+v", v)
		}
	})
	t.Run("a state is not a token, nor a token a state", func(t *testing.T) {
		f := newFixture(nil).confirmed(t)
		c := call("webhook_delete", args)
		c.Confirm = question(t, f)
		if got := f.check(c); got != codeTimeout {
			t.Errorf("a state as a token: %s", got)
		}
		f.now = f.now.Add(unapprovedTTL)
		token := f.Check(context.Background(), call("webhook_delete", args)).Refuse.Confirmation.Token
		if v := answer(f, args, &later{token, Accepted}); v.Allowed() {
			t.Error("a token passed as the state of an answer")
		}
	})
}

func TestConfirmModes(t *testing.T) {
	args := map[string]any{"webhookId": "w"}
	for _, tt := range []struct {
		name     string
		mode     Mode
		elicitor Elicitor
		want     string
	}{
		{"human, can't ask", Human, nil, codeUnavailable},
		{"human, asked", Human, &person{answer: Accepted}, "allowed"},
		{"human, the client fails to ask", Human, &person{answer: Unavailable}, codeUnavailable},
		{"off", Off, nil, "allowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(func(o *Options) { o.Mode = tt.mode }).confirmed(t)
			c := call("webhook_delete", args)
			c.Elicitor = tt.elicitor
			if got := f.check(c); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	t.Run("human takes no token", func(t *testing.T) {
		kept := store.NewMemory()
		f := newFixture(func(o *Options) { o.Store = kept }).confirmed(t)
		token := f.Check(context.Background(), call("webhook_delete", args)).Refuse.Confirmation.Token
		strict := newFixture(func(o *Options) { o.Store, o.Mode = kept, Human })
		c := call("webhook_delete", args)
		c.Confirm = token
		if got := strict.check(c); got != codeUnavailable {
			t.Errorf("got %s", got)
		}
	})
}
