package guard

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/store"
)

func TestProjectIsConfirmedBeforeTheFirstWrite(t *testing.T) {
	ctx := context.Background()
	f := newFixture(nil)
	sync := func() string { return f.check(call("whatsapp_template_sync", map[string]any{})) }
	if got := sync(); got != "guard_project_unconfirmed" {
		t.Fatalf("got %s", got)
	}
	if v, _, until := f.ConfirmProject(ctx, me, "", nil, project, ""); !v.Allowed() || !until.Equal(f.now.Add(12*time.Hour)) {
		t.Fatalf("naming the project did not confirm it: %+v", v)
	}
	if got := sync(); got != "allowed" {
		t.Errorf("got %s", got)
	}
	other := call("whatsapp_template_sync", nil)
	other.ProjectID = "another"
	if got := f.check(other); got != "guard_project_unconfirmed" {
		t.Errorf("another project: got %s", got)
	}
	stranger := call("whatsapp_template_sync", nil)
	stranger.Principal = "another principal"
	if got := f.check(stranger); got != "guard_project_unconfirmed" {
		t.Errorf("another principal: got %s", got)
	}
	f.now = f.now.Add(12*time.Hour - time.Second)
	if got := sync(); got != "allowed" {
		t.Errorf("just before 12 hours: got %s", got)
	}
}

func TestTheCommandLineConfirmsTheProjectThatItNames(t *testing.T) {
	for _, tt := range []struct{ named, want string }{{project, "allowed"}, {"", "guard_project_unconfirmed"}} {
		c := call("whatsapp_template_sync", nil)
		c.CommandLine, c.ProjectID = true, tt.named
		if got := newFixture(nil).check(c); got != tt.want {
			t.Errorf("project %q: got %s, want %s", tt.named, got, tt.want)
		}
	}
}

func TestTheAllowlist(t *testing.T) {
	f := newFixture(func(o *Options) { o.Projects = []string{project}; o.Mode = Off })
	outside := call("webhook_list", nil)
	outside.ProjectID = "outside"
	if got := f.check(outside); got != "guard_project_not_allowed" {
		t.Errorf("outside, with --confirm off: got %s", got)
	}
	made := call("bundle_create", map[string]any{"name": "b"})
	made.ProjectID = project
	if err := f.Done(context.Background(), made, map[string]any{"subproject": map[string]any{"id": "sub"}}); err != nil {
		t.Fatal(err)
	}
	for principal, want := range map[string]string{me: "allowed", "other": "guard_project_not_allowed"} {
		sub := call("webhook_list", nil)
		sub.ProjectID, sub.Principal = "sub", principal
		if got := f.check(sub); got != want {
			t.Errorf("the subproject, for %s: got %s, want %s", principal, got, want)
		}
	}
}

// The answer to a bundle's create may come before its subproject is there.
func TestASubprojectThatIsMadeLaterIsAllowed(t *testing.T) {
	f := newFixture(func(o *Options) { o.Projects = []string{project} })
	done := func(tool, principal, bundle string, subproject map[string]any) {
		t.Helper()
		c := call(tool, map[string]any{"bundleId": bundle})
		c.ProjectID, c.Principal = project, principal
		if err := f.Done(t.Context(), c, map[string]any{"id": bundle, "subproject": subproject}); err != nil {
			t.Fatal(err)
		}
	}
	allowed := func(principal, id string) bool {
		_, r := f.Project(t.Context(), principal, id)
		return r == nil
	}
	done("bundle_create", me, "mine", nil)
	done("bundle_get", me, "mine", nil)
	done("bundle_get", "other", "mine", map[string]any{"id": "sub"})
	done("bundle_get", me, "of another principal", map[string]any{"id": "foreign"})
	if allowed(me, "sub") || allowed("other", "sub") || allowed(me, "foreign") {
		t.Error("a project joined the list before its bundle's maker saw it there")
	}
	done("bundle_get", me, "mine", map[string]any{"id": "sub"})
	if !allowed(me, "sub") || allowed("other", "sub") {
		t.Error("the subproject joins the list for its bundle's maker alone")
	}
}

func TestNoProjectAtAll(t *testing.T) {
	f := newFixture(func(o *Options) { o.Default = "" })
	if got := f.check(call("webhook_list", nil)); got != "guard_project_missing" {
		t.Errorf("got %s", got)
	}
}

// A project that one client of a principal confirmed is not confirmed for its
// others; what it registered, and which tokens it used, is.
func TestClientsOfAPrincipal(t *testing.T) {
	f := newFixture(func(o *Options) { o.Store = store.NewFile(filepath.Join(t.TempDir(), "state.db")) })
	of := func(client, tool string, args map[string]any) *Call {
		c := call(tool, args)
		c.Client = client
		return c
	}
	one, two := "one", strings.Repeat("/two\u202e\"", 1<<14) // a name may be anything
	if v, _, _ := f.ConfirmProject(t.Context(), me, one, nil, project, ""); !v.Allowed() {
		t.Fatal(v.Refuse)
	}
	for client, want := range map[string]string{one: "allowed", "ONE": "guard_project_unconfirmed", two: "guard_project_unconfirmed", "": "guard_project_unconfirmed"} {
		if got := f.check(of(client, "whatsapp_template_sync", nil)); got != want {
			t.Errorf("client %.10q: %s, want %s", client, got, want)
		}
	}
	if v, _, _ := f.ConfirmProject(t.Context(), me, two, nil, project, ""); !v.Allowed() {
		t.Fatal(v.Refuse)
	}
	f.api["whatsapp_sender_get"] = map[string]any{"state": "PENDING_VERIFICATION"}
	register := of(one, "whatsapp_sender_register", map[string]any{"senderId": "s", "method": "SMS"})
	if got := f.check(register); got != "allowed" {
		t.Fatal(got)
	}
	if err := f.Done(t.Context(), register, nil); err != nil {
		t.Fatal(err)
	}
	if got := f.check(of(two, "whatsapp_sender_verify", map[string]any{"senderId": "s", "code": "123456"})); got != "allowed" {
		t.Errorf("the registration by another client: %s", got)
	}
	remove := map[string]any{"webhookId": "w"}
	v := f.Check(t.Context(), of(one, "webhook_delete", remove))
	if v.Refuse == nil || v.Refuse.Confirmation == nil {
		t.Fatalf("%+v", v)
	}
	for _, step := range []struct{ client, want string }{{two, "allowed"}, {one, "confirmation_invalid"}} {
		c := of(step.client, "webhook_delete", remove)
		c.Confirm = v.Refuse.Confirmation.Token
		if got := f.check(c); got != step.want {
			t.Errorf("the token, by client %.10q: %s, want %s", step.client, got, step.want)
		}
	}
}

// What a person is asked says for how long, and for whom, a yes counts; a name
// can't forge a line or push it out of view.
func TestTheQuestionSaysForWhomAYesCounts(t *testing.T) {
	for client, want := range map[string]string{
		"":                           "for the next 12 hours?\nThe confirmation applies to every client that uses the same key or login.",
		"example":                    `The confirmation applies to the client "example" alone`,
		"a\nb\u202e\"c":              `to the client "a b\"c" alone`,
		strings.Repeat("long ", 1e4): `to the client "` + strings.Repeat("long ", 16)[:79] + `…" alone`,
	} {
		f := newFixture(nil)
		p := &person{answer: Declined}
		c := call("whatsapp_template_sync", map[string]any{})
		c.Client, c.Elicitor = client, p
		f.check(c)
		if len(p.asked) != 1 || !strings.Contains(p.asked[0].Summary, want) || strings.Count(p.asked[0].Summary, "\n") != 2 {
			t.Errorf("%.20q: %q", client, p.asked)
		}
	}
}

func TestTheFirstWriteAsksForItsProjectToo(t *testing.T) {
	f := newFixture(nil)
	p := &person{answer: Accepted}
	ask := func(tool string) string {
		c := call(tool, map[string]any{"webhookId": "w"})
		c.Elicitor = p
		return f.check(c)
	}
	if got := ask("webhook_delete"); got != "allowed" || len(p.asked) != 1 {
		t.Fatalf("got %s after %d questions", got, len(p.asked))
	}
	if s := p.asked[0].Summary; !strings.Contains(s, "Work in project \""+project+"\" for the next 12 hours?") || !strings.Contains(s, "Delete the webhook") {
		t.Errorf("the question holds not both: %s", s)
	}
	if got := ask("whatsapp_template_sync"); got != "allowed" || len(p.asked) != 1 {
		t.Errorf("the second write: %s after %d questions", got, len(p.asked))
	}
}

func TestADeclinedProjectStaysUnconfirmed(t *testing.T) {
	f := newFixture(nil)
	c := call("whatsapp_template_sync", nil)
	c.Elicitor = &person{answer: Declined}
	if got := f.check(c); got != codeDeclined {
		t.Fatalf("got %s", got)
	}
	if got := f.check(call("whatsapp_template_sync", nil)); got != codeDeclined {
		t.Errorf("got %s", got)
	}
	v, _, _ := f.ConfirmProject(context.Background(), me, "", &person{answer: Declined}, project, "s")
	if v.Refuse == nil || v.Refuse.Code != codeDeclined {
		t.Errorf("got %+v", v)
	}
	f.now = f.now.Add(unapprovedTTL)
	if got := f.check(call("whatsapp_template_sync", nil)); got != "guard_project_unconfirmed" {
		t.Errorf("ten minutes later: got %s", got)
	}
}
