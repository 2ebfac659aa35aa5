package guard

import (
	"context"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
)

const planHash = "5ca1ab1e00000000000000000000000000000000000000000000000000000000"

// webhookPlan is a guard that knows a webhook, and the approval of a plan that deletes it.
func webhookPlan(t *testing.T, edit func(*Options)) (*fixture, *PlanApproval) {
	t.Helper()
	f := newFixture(edit)
	f.api["webhook_get"] = parsed(t, `{"id": "w-1", "target": "https://example.com/hook", "triggers": ["ALL"]}`)
	args := map[string]any{"webhookId": "w-1"}
	preview := f.Preview(t.Context(), confirmedCall(t, f, "webhook_delete", args))
	if preview.Facts == "" {
		t.Fatalf("the preview has no facts: %+v", preview)
	}
	return f, &PlanApproval{
		Principal: me, ProjectID: project, Hash: planHash, Does: "1 delete",
		Marked: []MarkedCall{{Row: catalog.Lookup("webhook_delete"), Args: args, Facts: preview.Facts}},
	}
}

func confirmedCall(t *testing.T, f *fixture, tool string, args map[string]any) *Call {
	t.Helper()
	f.confirmed(t)
	return call(tool, args)
}

// granted is the grant that a person's yes gives.
func granted(t *testing.T, f *fixture, p *PlanApproval) Grant {
	t.Helper()
	p.Elicitor = &person{answer: Accepted}
	got, v := f.ApprovePlan(t.Context(), p)
	if !v.Allowed() || got.ID == "" || got.Confirmed != ByElicitation {
		t.Fatalf("not granted: %+v", v.Refuse)
	}
	return got
}

// planned is a call of the plan, with its grant.
func planned(grant Grant, tool string, args map[string]any) *Call {
	c := call(tool, args)
	c.ProjectID, c.Planned = project, &PlannedCall{Grant: grant.ID, Hash: planHash}
	return c
}

func deleteHook(grant Grant) *Call {
	return planned(grant, "webhook_delete", map[string]any{"webhookId": "w-1"})
}

// A grant is no skeleton key: it is for the calls of one plan, as they were approved.
func TestGrantsAreForTheirCallsAlone(t *testing.T) {
	for _, tt := range []struct {
		name   string
		call   func(f *fixture, c *Call) *Call
		want   string
		reason string
	}{
		{"the call", func(_ *fixture, c *Call) *Call { return c }, "allowed", ""},
		{"another argument", func(_ *fixture, c *Call) *Call { c.Args = map[string]any{"webhookId": "w-2"}; return c }, errorcode.ConfirmationInvalid, reasonOther},
		{"one more argument", func(_ *fixture, c *Call) *Call { c.Args["x"] = "y"; return c }, errorcode.ConfirmationInvalid, reasonOther},
		{"another tool", func(_ *fixture, c *Call) *Call {
			c.Row, c.Args = catalog.Lookup("sms_app_delete"), map[string]any{"smsAppId": "w-1"}
			return c
		}, errorcode.ConfirmationInvalid, reasonOther},
		{"secrets asked for too", func(_ *fixture, c *Call) *Call { c.Reveal = true; return c }, errorcode.ConfirmationInvalid, reasonOther},
		{"another plan", func(_ *fixture, c *Call) *Call { c.Planned.Hash = strings.Repeat("0", 64); return c }, errorcode.ConfirmationInvalid, reasonOther},
		{"another grant", func(_ *fixture, c *Call) *Call { c.Planned.Grant = strings.Repeat("0", 32); return c }, errorcode.PlanExpired, ""},
		{"another principal", func(_ *fixture, c *Call) *Call { c.Principal = "someone else"; return c }, errorcode.ConfirmationInvalid, reasonOther},
		{"another project", func(_ *fixture, c *Call) *Call { c.ProjectID = "11111111-0000-0000-0000-000000000000"; return c }, errorcode.ConfirmationInvalid, reasonOther},
		{"after 24 hours", func(f *fixture, c *Call) *Call { f.now = f.now.Add(grantTTL); return c }, errorcode.PlanExpired, ""},
		{"just before", func(f *fixture, c *Call) *Call { f.now = f.now.Add(grantTTL - time.Second); return c }, "allowed", ""},
		{"a changed fact", func(f *fixture, c *Call) *Call {
			f.api["webhook_get"] = parsed(t, `{"id": "w-1", "target": "https://example.com/other", "triggers": ["ALL"]}`)
			return c
		}, errorcode.PlanChanged, ""},
		{"a fact that can't be read", func(f *fixture, c *Call) *Call { f.fail = down; return c }, errorcode.PlanChanged, ""},
		{"a read-only server", func(f *fixture, c *Call) *Call { f.opts.ReadOnly = true; return c }, errorcode.ReadOnly, ""},
		{"another API with the same store", func(f *fixture, c *Call) *Call { f.opts.Realm = "https://example.com"; return c }, errorcode.ConfirmationInvalid, reasonOther},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, p := webhookPlan(t, nil)
			v := f.Check(t.Context(), tt.call(f, deleteHook(granted(t, f, p))))
			got, reason := "allowed", ""
			if v.Refuse != nil {
				got = v.Refuse.Code
				reason, _ = v.Refuse.Info["reason"].(string)
			}
			if got != tt.want || reason != tt.reason {
				t.Errorf("%s %s, want %s %s: %+v", got, reason, tt.want, tt.reason, v.Refuse)
			}
		})
	}
}

// A rule that refuses the call refuses it in a plan too.
func TestGrantsOverrideNoRule(t *testing.T) {
	f, p := webhookPlan(t, func(o *Options) { o.Projects = []string{project} })
	grant := granted(t, f, p)
	c := planned(grant, "webhook_create", map[string]any{"target": "https://example.com/a", "triggers": []any{"ALL", "BUNDLE_DONE"}})
	if got := f.check(c); got != "guard_all_alone" {
		t.Errorf("ALL with another trigger: %s", got)
	}
	f.opts.Projects = []string{"another"}
	if got := f.check(deleteHook(grant)); got != errorcode.ProjectNotAllowed {
		t.Errorf("a project that is no longer allowed: %s", got)
	}
}

// Each call is let through once: after it was made never again, after an unknown outcome
// when it can't be on its way any more, after a refusal by the API immediately.
func TestGrantedCallsAreMadeOnce(t *testing.T) {
	ended := map[string]func(f *fixture, c *Call) error{
		"made":   func(f *fixture, c *Call) error { return f.Done(context.Background(), c, nil) },
		"killed": func(*fixture, *Call) error { return nil },
		"refused": func(f *fixture, c *Call) error {
			return f.Failed(context.Background(), c, &papi.Error{Status: 409, Code: "conflict"})
		},
		"unknown": func(f *fixture, c *Call) error {
			// As dispatch does: an unknown outcome is recorded as an error, and as if it were made.
			if err := f.Failed(context.Background(), c, &papi.Error{Code: errorcode.OutcomeUnknown, Unknown: true}); err != nil {
				return err
			}
			return f.Done(context.Background(), c, nil)
		},
	}
	for name, want := range map[string][3]string{ // immediately, within two minutes, then
		"made":    {errorcode.ConfirmationInvalid, errorcode.ConfirmationInvalid, errorcode.ConfirmationInvalid},
		"killed":  {errorcode.ConfirmationInvalid, errorcode.ConfirmationInvalid, "allowed"},
		"unknown": {errorcode.ConfirmationInvalid, errorcode.ConfirmationInvalid, "allowed"},
		"refused": {"allowed", errorcode.ConfirmationInvalid, "allowed"}, // the second is on its way
	} {
		t.Run(name, func(t *testing.T) {
			f, p := webhookPlan(t, nil)
			grant := granted(t, f, p)
			first := deleteHook(grant)
			if got := f.check(first); got != "allowed" || first.Confirmed != ByPlan {
				t.Fatalf("the first: %s, confirmed %q", got, first.Confirmed)
			}
			if err := ended[name](f, first); err != nil {
				t.Fatal(err)
			}
			got := [3]string{f.check(deleteHook(grant))}
			f.now = f.now.Add(takenTTL - time.Second)
			got[1] = f.check(deleteHook(grant))
			f.now = f.now.Add(takenTTL)
			got[2] = f.check(deleteHook(grant))
			if got != want {
				t.Errorf("%v, want %v", got, want)
			}
			if name == "killed" {
				if again := f.check(deleteHook(grant)); again != errorcode.ConfirmationInvalid {
					t.Errorf("after the one that was let through again: %s", again)
				}
			}
		})
	}
}

// The question has a line for each marked call; a token and a hash take its place as they
// do for other calls.
func TestApprovalOfAPlan(t *testing.T) {
	f, p := webhookPlan(t, nil)
	grant := granted(t, f, p)
	asked := p.Elicitor.(*person).asked
	const want = "Apply the plan 5ca1ab1e0000: 1 delete?\nIf you agree, each of these is done once:\n" +
		"- Delete the webhook to \"https://example.com/hook\"."
	if len(asked) != 1 || !strings.HasPrefix(asked[0].Summary, want) || !strings.Contains(asked[0].Summary, project) {
		t.Errorf("asked %q", asked)
	}
	if valid, r := f.Granted(t.Context(), me, project, PlannedCall{Grant: grant.ID, Hash: planHash}); !valid || r != nil {
		t.Errorf("valid %v, %+v", valid, r)
	}
	if valid, _ := f.Granted(t.Context(), "someone else", project, PlannedCall{Grant: grant.ID, Hash: planHash}); valid {
		t.Error("valid for someone else")
	}

	code := func(v Verdict) string {
		if v.Refuse == nil {
			return "allowed"
		}
		return v.Refuse.Code
	}
	approve := func(edit func(*PlanApproval)) (Grant, Verdict) {
		again := *p
		again.Elicitor = nil
		edit(&again)
		return f.ApprovePlan(t.Context(), &again)
	}
	_, v := approve(func(*PlanApproval) {})
	if code(v) != errorcode.ConfirmationRequired {
		t.Fatalf("without a token: %s", code(v))
	}
	token := v.Refuse.Confirmation.Token
	if _, v := approve(func(p *PlanApproval) { p.Hash, p.Confirm = strings.Repeat("0", 64), token }); code(v) != errorcode.ConfirmationInvalid {
		t.Errorf("the token of another plan: %s", code(v))
	}
	if got, v := approve(func(p *PlanApproval) { p.Confirm = token }); code(v) != "allowed" || got.Confirmed != ByToken {
		t.Errorf("with the token: %s, %q", code(v), got.Confirmed)
	}
	if _, v := approve(func(p *PlanApproval) { p.Confirm = token }); code(v) != errorcode.ConfirmationInvalid {
		t.Errorf("with the token again: %s", code(v))
	}
	if got, v := approve(func(p *PlanApproval) { p.Approve = planHash }); code(v) != "allowed" || got.Confirmed != ByApproving {
		t.Errorf("with the hash: %s, %q", code(v), got.Confirmed)
	}
	if _, v := approve(func(p *PlanApproval) { p.Approve = planHash[:12] }); code(v) != errorcode.ConfirmationRequired {
		t.Errorf("with the beginning of the hash: %s", code(v))
	}
	if _, v := approve(func(p *PlanApproval) {
		p.Marked = make([]MarkedCall, MaxMarked+1)
	}); code(v) != errorcode.PlanTooLarge {
		t.Errorf("more than fit in a question: %s", code(v))
	}
	f.opts.Mode = Human
	if _, v := approve(func(p *PlanApproval) { p.Approve = planHash }); code(v) != errorcode.ConfirmationUnavailable {
		t.Errorf("with --confirm human: %s", code(v))
	}
	f.opts.Mode = Auto
	if _, v := approve(func(p *PlanApproval) { p.Elicitor = &person{answer: Declined} }); code(v) != errorcode.ConfirmationDeclined {
		t.Errorf("declined: %s", code(v))
	}
	if _, v := approve(func(p *PlanApproval) { p.Approve = planHash }); code(v) != errorcode.ConfirmationDeclined {
		t.Errorf("the hash after a person declined: %s", code(v))
	}
	f.now = f.now.Add(unapprovedTTL)
	f.api["webhook_get"] = parsed(t, `{"id": "w-1", "target": "https://example.com/other", "triggers": ["ALL"]}`)
	if _, v := approve(func(p *PlanApproval) { p.Approve = planHash }); code(v) != errorcode.PlanChanged {
		t.Errorf("a fact that has changed since the plan was made: %s", code(v))
	}
}

// A fact that changes while the person thinks makes the answer void.
func TestAPlanThatChangesWhileAPersonThinks(t *testing.T) {
	f, p := webhookPlan(t, nil)
	p.Elicitor = &during{answer: Accepted, do: func() {
		f.api["webhook_get"] = parsed(t, `{"id": "w-1", "target": "https://example.com/other", "triggers": ["ALL"]}`)
	}}
	grant, v := f.ApprovePlan(t.Context(), p)
	if v.Refuse == nil || v.Refuse.Code != errorcode.PlanChanged || grant.ID != "" {
		t.Errorf("%+v, %+v", grant, v.Refuse)
	}
}

// A plan in a project that is not confirmed: one question for both. A token and the hash in
// a command confirm the project in the calls of the plan, and no others.
func TestApprovalConfirmsTheProject(t *testing.T) {
	p := &PlanApproval{Principal: me, ProjectID: project, Hash: planHash, Does: "1 create"}
	f := newFixture(nil)
	if _, v := f.ApprovePlan(t.Context(), p); v.Refuse == nil || v.Refuse.Code != errorcode.ConfirmationRequired || !strings.HasPrefix(v.Refuse.Confirmation.Summary, "Work in project") {
		t.Errorf("without anyone to ask: %+v", v.Refuse)
	}
	hook := func() *Call { return call("webhook_create", map[string]any{"target": "https://example.com/a"}) }
	p.Approve = planHash
	grant, v := f.ApprovePlan(t.Context(), p)
	if !v.Allowed() {
		t.Fatalf("with the hash: %+v", v.Refuse)
	}
	if got := f.check(planned(grant, "webhook_create", map[string]any{"target": "https://example.com/a"})); got != "allowed" {
		t.Errorf("a call of the plan: %s", got)
	}
	if got := f.check(hook()); got != errorcode.ProjectUnconfirmed {
		t.Errorf("another call: %s", got)
	}
	p.Approve = ""
	granted(t, f, p)
	if asked := p.Elicitor.(*person).asked; len(asked) != 1 || !strings.HasPrefix(asked[0].Summary, "Work in project") {
		t.Errorf("asked %q", asked)
	}
	if got := f.check(hook()); got != "allowed" {
		t.Errorf("another call after a person was asked: %s", got)
	}
}

// The grant is in the store: a new process takes it.
func TestGrantsOutliveTheProcess(t *testing.T) {
	shared := store.NewMemory()
	f, p := webhookPlan(t, func(o *Options) { o.Store = shared })
	grant := granted(t, f, p)
	other, _ := webhookPlan(t, func(o *Options) { o.Store = shared })
	if got := other.check(deleteHook(grant)); got != "allowed" {
		t.Errorf("in a new process: %s", got)
	}
	if got := f.check(deleteHook(grant)); got != errorcode.ConfirmationInvalid {
		t.Errorf("in the old one then: %s", got)
	}
}

// noReader fails the test that reads with it.
type noReader struct{ t *testing.T }

func (r noReader) Read(context.Context, string, string, map[string]any) (map[string]any, error) {
	r.t.Error("a call that a person agreed to is checked by reads that are shared")
	return nil, nil
}

// A call that a person agreed to is checked by new reads, whatever its plan has read.
func TestMarkedCallsAreReadAnew(t *testing.T) {
	f, p := webhookPlan(t, nil)
	grant := granted(t, f, p)
	if v := f.Check(Reading(t.Context(), noReader{t}), deleteHook(grant)); !v.Allowed() {
		t.Errorf("%+v", v.Refuse)
	}
}
