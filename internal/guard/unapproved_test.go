package guard

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/store"
)

// notYes are the ends of a question other than yes, with the code that the
// same call then answers to a client that can't ask.
var notYes = map[Answer]string{Declined: codeDeclined, Cancelled: codeDeclined, TimedOut: codeTimeout, Pending: codeTimeout}

// removes are calls of webhook_delete: by a client that asks, and by one that
// can't, with a token.
func removes(elicitor Elicitor, token string) *Call {
	c := call("webhook_delete", map[string]any{"webhookId": "w"})
	c.Elicitor, c.Confirm = elicitor, token
	return c
}

func TestNoTokenAfterAQuestionWithoutAYes(t *testing.T) {
	for answer, want := range notYes {
		t.Run(string(answer), func(t *testing.T) {
			kept := store.NewMemory()
			at := func() *fixture { return newFixture(func(o *Options) { o.Store = kept }).confirmed(t) }
			f := at()
			token := f.Check(t.Context(), removes(nil, "")).Refuse.Confirmation.Token
			p := &person{answer: answer}
			if got := f.check(removes(p, "")); got == "allowed" {
				t.Fatal("allowed")
			}
			// Another server with the same store: the principal's other
			// connections, and the command line.
			other := at()
			for _, with := range []string{"", token, "made up"} {
				c := removes(nil, with)
				v := other.Check(t.Context(), c)
				if v.Refuse == nil || v.Refuse.Code != want || v.Refuse.Confirmation != nil || v.Refuse.Info["until"] != "2026-01-01T00:10:00Z" || len(v.Refuse.Next) == 0 {
					t.Fatalf("with the token %q: %+v", with, v.Refuse)
				}
				if !strings.Contains(v.Refuse.Message, "00:10:00 UTC") || !strings.Contains(v.Refuse.Message, "Nothing was sent") {
					t.Errorf("message %q", v.Refuse.Message)
				}
			}
			if p := other.Preview(t.Context(), removes(nil, "")); p.Refusal == nil || p.Refusal.Code != want {
				t.Errorf("a preview: %+v", p)
			}
			// It concerns exactly this call of this principal.
			another := call("webhook_delete", map[string]any{"webhookId": "another"})
			if got := other.check(another); got != codeRequired {
				t.Errorf("another call: %s", got)
			}
			stranger := removes(nil, "")
			stranger.Principal = "another principal"
			if err := other.rememberProject(t.Context(), "another principal", "", project); err != nil {
				t.Fatal(err)
			}
			if got := other.check(stranger); got != codeRequired {
				t.Errorf("another principal: %s", got)
			}
			// Calling again asks again, and a yes removes the record.
			if got := f.check(removes(p, "")); got == "allowed" || len(p.asked) != 2 {
				t.Errorf("again: %s after %d questions", got, len(p.asked))
			}
			f.now = f.now.Add(unapprovedTTL - time.Second)
			if got := f.check(removes(nil, "")); got != want {
				t.Errorf("just before ten minutes: %s", got)
			}
			if got := f.check(removes(&person{answer: Accepted}, "")); got != "allowed" {
				t.Errorf("a yes: %s", got)
			}
			if got := f.check(removes(nil, "")); got != codeRequired {
				t.Errorf("after a yes: %s", got)
			}
		})
	}
}

// Ten minutes after the question a token is given again; what was given before
// it has ended by then.
func TestAQuestionIsRecordedForTenMinutes(t *testing.T) {
	f := newFixture(nil).confirmed(t)
	token := f.Check(t.Context(), removes(nil, "")).Refuse.Confirmation.Token
	f.check(removes(&person{answer: Declined}, ""))
	f.now = f.now.Add(unapprovedTTL)
	v := f.Check(t.Context(), removes(nil, token))
	if v.Refuse == nil || v.Refuse.Code != codeInvalid || v.Refuse.Info["reason"] != reasonExpired || v.Refuse.Confirmation == nil {
		t.Errorf("got %+v", v.Refuse)
	}
}

// A client that turns out to be unable to ask gets a token; but where a person
// was asked before, their answer still applies.
func TestAClientThatCanNotAskAfterAll(t *testing.T) {
	f := newFixture(nil).confirmed(t)
	cannot := &person{answer: Unavailable}
	if got := f.check(removes(cannot, "")); got != codeRequired {
		t.Fatalf("got %s", got)
	}
	token := f.Check(t.Context(), removes(nil, "")).Refuse.Confirmation.Token
	if got := f.check(removes(cannot, token)); got != "allowed" {
		t.Errorf("with its token: %s", got)
	}
	f.check(removes(&person{answer: Declined}, ""))
	for range 2 {
		if got := f.check(removes(cannot, "")); got != codeDeclined {
			t.Errorf("after a refusal: %s", got)
		}
	}
	f.now = f.now.Add(unapprovedTTL)
	if got := f.check(removes(nil, "")); got != codeRequired {
		t.Errorf("ten minutes after the refusal: %s", got)
	}
}

// An answer to one of two open questions about a call is not an answer to the other.
func TestTwoQuestionsAboutOneCall(t *testing.T) {
	f := newFixture(nil).confirmed(t)
	outer := &during{answer: Declined, do: func() {
		if got := f.check(removes(&person{answer: Unavailable}, "")); got != codeTimeout {
			t.Errorf("while the other is open: %s", got)
		}
	}}
	if got := f.check(removes(outer, "")); got != codeDeclined {
		t.Fatalf("got %s", got)
	}
	outer = &during{answer: Declined, do: func() {
		if got := f.check(removes(&person{answer: Accepted}, "")); got != "allowed" {
			t.Errorf("a yes to the other: %s", got)
		}
	}}
	if got := f.check(removes(outer, "")); got != codeDeclined {
		t.Fatalf("got %s", got)
	}
	if got := f.check(removes(nil, "")); got != codeDeclined {
		t.Errorf("the last answer was no: %s", got)
	}
	outer = &during{answer: Accepted, do: func() { f.check(removes(&person{answer: Declined}, "")) }}
	if got := f.check(removes(outer, "")); got != "allowed" {
		t.Fatalf("got %s", got)
	}
	if got := f.check(removes(nil, "")); got != codeDeclined {
		t.Errorf("a yes to the first undid the no to the second: %s", got)
	}
	outer = &during{answer: Unavailable, do: func() { f.check(removes(&person{answer: Declined}, "")) }}
	if got := f.check(removes(outer, "")); got != codeDeclined {
		t.Errorf("a refusal while another can't ask: %s", got)
	}
}

// A question that could not be shown does not remove the answer to another, even
// where neither saw the other's record.
func TestWhoCanNotAskTakesNoAnswerAway(t *testing.T) {
	for name, sawIt := range map[string]bool{"asked one after the other": true, "asked at the same time": false} {
		f := newFixture(nil).confirmed(t)
		ctx, m := t.Context(), f.subjectOf(removes(nil, ""), false)
		m.project = project
		if _, err := f.recordQuestion(ctx, m, "first"); err != nil {
			t.Fatal(err)
		}
		second, err := f.recordQuestion(ctx, m, "second")
		if err != nil {
			t.Fatal(err)
		}
		if !sawIt {
			clear(second.before)
			second.before[m.unapprovedKey()] = nil
		}
		if err := errors.Join(f.recordAnswer(ctx, m, "first", f.now, Declined), f.withdrawQuestion(ctx, second)); err != nil {
			t.Fatal(err)
		}
		if r := f.refuseUnapproved(ctx, m); r == nil || r.Code != codeDeclined {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// The question is recorded before it is sent: a client that calls while the
// person thinks gets no token.
func TestAQuestionIsRecordedBeforeItIsSent(t *testing.T) {
	f := newFixture(nil)
	c := removes(&during{answer: Cancelled, do: func() {
		if got := f.check(removes(nil, "")); got != codeTimeout {
			t.Errorf("the call: %s", got)
		}
		if v, _, _ := f.ConfirmProject(t.Context(), me, "", nil, project, ""); v.Allowed() || v.Refuse.Code != codeTimeout {
			t.Errorf("the project: %+v", v)
		}
	}}, "")
	if got := f.check(c); got != codeDeclined {
		t.Errorf("got %s", got)
	}
}

// For ten minutes after a question about a project without a yes, naming the
// project does not confirm it: in project_confirm, and on the command line.
func TestAProjectIsNotNamedAfterAQuestionWithoutAYes(t *testing.T) {
	for how, ask := range map[string]func(f *fixture, elicitor Elicitor) bool{
		"project_confirm": func(f *fixture, elicitor Elicitor) bool {
			v, _, _ := f.ConfirmProject(t.Context(), me, "", elicitor, project, "s")
			return v.Allowed()
		},
		"the first write": func(f *fixture, elicitor Elicitor) bool {
			c := call("whatsapp_template_sync", nil)
			c.Elicitor = elicitor
			return f.Check(t.Context(), c).Allowed()
		},
		"the first write, which needs a confirmation itself": func(f *fixture, elicitor Elicitor) bool {
			return f.Check(t.Context(), removes(elicitor, "")).Allowed()
		},
	} {
		for answer, want := range notYes {
			t.Run(how+" "+string(answer), func(t *testing.T) {
				kept := store.NewMemory()
				at := func() *fixture { return newFixture(func(o *Options) { o.Store = kept }) }
				f, other := at(), at()
				if ask(f, &person{answer: answer}) {
					t.Fatal("allowed")
				}
				named := func() *Call {
					c := call("whatsapp_template_sync", nil)
					c.CommandLine, c.ProjectID = true, project
					return c
				}
				v, _, _ := other.ConfirmProject(t.Context(), me, "", nil, project, "")
				if v.Refuse == nil || v.Refuse.Code != want || !strings.Contains(v.Refuse.Message, "naming it does not confirm it") {
					t.Errorf("project_confirm: %+v", v.Refuse)
				}
				if got := other.check(named()); got != want {
					t.Errorf("the command line: %s", got)
				}
				if got := other.check(call("whatsapp_template_sync", nil)); got != want {
					t.Errorf("a write: %s", got)
				}
				if v, _, _ := other.ConfirmProject(t.Context(), me, "", &person{answer: Unavailable}, project, ""); v.Allowed() {
					t.Error("a client that can't ask after all confirmed it")
				}
				if v, _, _ := other.ConfirmProject(t.Context(), me, "", nil, "another", ""); !v.Allowed() {
					t.Errorf("another project: %+v", v.Refuse)
				}
				other.now = other.now.Add(unapprovedTTL)
				if got := other.check(named()); got != "allowed" {
					t.Errorf("the command line, ten minutes later: %s", got)
				}
				if v, by, _ := other.ConfirmProject(t.Context(), me, "", nil, project, ""); !v.Allowed() || by != ByNaming {
					t.Errorf("ten minutes later: %+v", v.Refuse)
				}
			})
		}
		t.Run(how+", then a yes", func(t *testing.T) {
			f := newFixture(nil)
			ask(f, &person{answer: Declined})
			if !ask(f, &person{answer: Accepted}) {
				t.Fatal("not allowed")
			}
			if v, _, _ := f.ConfirmProject(t.Context(), me, "", nil, project, ""); !v.Allowed() {
				t.Errorf("after a yes: %+v", v.Refuse)
			}
		})
	}
	t.Run("a valid confirmation is not taken back", func(t *testing.T) {
		f := newFixture(nil).confirmed(t)
		f.ConfirmProject(t.Context(), me, "", &person{answer: Declined}, project, "")
		c := call("whatsapp_template_sync", nil)
		c.CommandLine, c.ProjectID = true, project
		if got := f.check(c); got != "allowed" {
			t.Errorf("got %s", got)
		}
	})
}

// An id in capitals may be the same project to the API.
func TestARefusedProjectIsRefusedInEachSpelling(t *testing.T) {
	f := newFixture(func(o *Options) { o.Default = "" })
	f.ConfirmProject(t.Context(), me, "", &person{answer: Declined}, "00ab-cd", "")
	for _, id := range []string{"00AB-CD", "00Ab-cd", " 00ab-cd", "00AB-CD\t"} {
		if v, _, _ := f.ConfirmProject(t.Context(), me, "", nil, id, ""); v.Allowed() {
			t.Errorf("%q is confirmed by naming it", id)
		}
		c := call("whatsapp_template_sync", nil)
		c.CommandLine, c.ProjectID = true, id
		if got := f.check(c); got != codeDeclined {
			t.Errorf("%q on the command line: %s", id, got)
		}
	}
}

// --confirm off does not ask, and no question of another stops it.
func TestConfirmOffKnowsNoRefusal(t *testing.T) {
	kept := store.NewMemory()
	f := newFixture(func(o *Options) { o.Store = kept })
	f.check(removes(&person{answer: Declined}, ""))
	off := newFixture(func(o *Options) { o.Store, o.Mode = kept, Off })
	if got := off.check(removes(nil, "")); got != "allowed" {
		t.Errorf("got %s", got)
	}
	if v, by, _ := off.ConfirmProject(t.Context(), me, "", nil, project, ""); !v.Allowed() || by != ByConfirmOff {
		t.Errorf("got %+v", v.Refuse)
	}
}

// What an answer of a later request ends is ended for every connection.
func TestAnAnswerThatComesLaterIsRecorded(t *testing.T) {
	for answer, want := range map[Answer]string{Accepted: codeRequired, Declined: codeDeclined, Cancelled: codeDeclined} {
		f := newFixture(nil).confirmed(t)
		state := f.Check(t.Context(), removes(&later{}, "")).Ask.State
		if got := f.check(removes(nil, "")); got != codeTimeout {
			t.Errorf("before the answer: %s", got)
		}
		f.now = f.now.Add(5 * time.Minute)
		f.check(removes(&later{state, answer}, ""))
		if got := f.check(removes(nil, "")); got != want {
			t.Errorf("%s: %s, want %s", answer, got, want)
		}
		f.now = f.now.Add(5 * time.Minute)
		if got := f.check(removes(nil, "")); got != codeRequired {
			t.Errorf("%s, ten minutes after the question: %s", answer, got)
		}
	}
}

// A refusal holds though the facts have changed since: the person said no.
func TestANoCountsThoughTheFactsChanged(t *testing.T) {
	f := newFixture(nil).confirmed(t)
	f.api["webhook_get"] = map[string]any{"target": "https://example.com/a"}
	state := f.Check(t.Context(), removes(&later{}, "")).Ask.State
	f.api["webhook_get"] = map[string]any{"target": "https://example.com/b"}
	if got := f.check(removes(&later{state, Declined}, "")); got != codeDeclined {
		t.Errorf("got %s", got)
	}
	f.api["webhook_get"] = map[string]any{"target": "https://example.com/a"}
	if got := f.check(removes(&later{state, Accepted}, "")); got != codeInvalid {
		t.Errorf("a yes to the same question: %s", got)
	}
}

// Two ways to write the same call are one call: a refusal of one is of both.
func TestARefusalIsOfWhatTheCallDoes(t *testing.T) {
	number := func(s string) json.Number { return json.Number(s) }
	template := func(more map[string]any) map[string]any {
		args := map[string]any{"templateName": "t", "languageCode": "DE"}
		for name, value := range more {
			args[name] = value
		}
		return args
	}
	for name, test := range map[string]struct {
		tool      string
		one, same map[string]any
	}{
		"a default left out": {"whatsapp_template_delete", template(nil), template(map[string]any{"deleteSubmitted": false})},
		"a number": {"bundle_create", map[string]any{"name": "n", "smsApp": true, "x": number("1.0")},
			map[string]any{"name": "n", "smsApp": true, "x": number("1")}},
		"a number within": {"bundle_create", map[string]any{"name": "n", "smsApp": map[string]any{"x": []any{number("100")}}},
			map[string]any{"name": "n", "smsApp": map[string]any{"x": []any{number("1e2")}}}},
		"a service that is false":        {"bundle_create", map[string]any{"name": "n", "smsApp": true}, map[string]any{"name": "n", "smsApp": true, "subproject": false}},
		"a service without details":      {"bundle_create", map[string]any{"name": "n", "smsApp": true}, map[string]any{"name": "n", "smsApp": map[string]any{}}},
		"a service of the bundle's name": {"bundle_create", map[string]any{"name": "n", "convApp": true}, map[string]any{"name": "n", "convApp": map[string]any{"name": "n"}}},
	} {
		f := newFixture(nil).confirmed(t)
		f.api = readyAPI()
		c := call(test.tool, test.one)
		c.Elicitor = &person{answer: Declined}
		if got := f.check(c); got != codeDeclined {
			t.Fatalf("%s: %s", name, got)
		}
		if got := f.check(call(test.tool, test.same)); got != codeDeclined {
			t.Errorf("%s: %s", name, got)
		}
	}
}
