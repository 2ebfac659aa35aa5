package guard

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
)

const (
	me      = "me"
	project = "00000000-0000-0000-0000-000000000000"
)

// fixture is a guard whose clock and API a test moves.
type fixture struct {
	*Guard
	now   time.Time
	mu    sync.Mutex
	reads []string                  // tools that the rules read with
	api   map[string]map[string]any // answers by tool
	fail  error
}

func newFixture(edit func(*Options)) *fixture {
	f := &fixture{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), api: map[string]map[string]any{}}
	opts := Options{Default: project, Store: store.NewMemory(), Reader: f, Now: func() time.Time { return f.now }}
	if edit != nil {
		edit(&opts)
	}
	f.Guard = New(opts)
	return f
}

func (f *fixture) Read(_ context.Context, _, tool string, _ map[string]any) (map[string]any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads = append(f.reads, tool)
	return f.api[tool], f.fail
}

// confirmed confirms the project beforehand.
func (f *fixture) confirmed(t *testing.T) *fixture {
	t.Helper()
	if err := f.rememberProject(context.Background(), me, "", project); err != nil {
		t.Fatal(err)
	}
	return f
}

func call(tool string, args map[string]any) *Call {
	return &Call{Row: catalog.Lookup(tool), Principal: me, Args: args}
}

// check returns the code of the refusal, "asked", or "allowed".
func (f *fixture) check(c *Call) string {
	v := f.Check(context.Background(), c)
	switch {
	case v.Refuse != nil:
		return v.Refuse.Code
	case v.Ask != nil:
		return "asked"
	}
	return "allowed"
}

// person is an elicitor who answers on the spot.
type person struct {
	answer Answer
	asked  []Question
}

func (p *person) Answered() (string, Answer, bool) { return "", "", false }

func (p *person) Ask(_ context.Context, q Question) Answer {
	p.asked = append(p.asked, q)
	return p.answer
}

// later is an elicitor whose answer comes with the next request.
type later struct {
	state  string
	answer Answer
}

func (l *later) Answered() (string, Answer, bool)     { return l.state, l.answer, l.answer != "" }
func (l *later) Ask(context.Context, Question) Answer { return Pending }

func TestReadsNeedNothing(t *testing.T) {
	f := newFixture(nil)
	if got := f.check(call("webhook_list", nil)); got != "allowed" {
		t.Errorf("got %s", got)
	}
	if len(f.reads) != 0 {
		t.Errorf("a read cost %v", f.reads)
	}
}

func TestReadOnlyRefusesWrites(t *testing.T) {
	f := newFixture(func(o *Options) { o.ReadOnly = true }).confirmed(t)
	if got := f.check(call("whatsapp_template_sync", nil)); got != "guard_read_only" {
		t.Errorf("got %s", got)
	}
}

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
	somebody := call("whatsapp_template_sync", nil)
	somebody.Principal = "somebody else"
	if got := f.check(somebody); got != "guard_project_unconfirmed" {
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
	done("bundle_get", me, "of somebody else", map[string]any{"id": "foreign"})
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

func TestAllStandsAlone(t *testing.T) {
	for _, tt := range []struct {
		name, tool string
		args       map[string]any
		want       string
	}{
		{"ALL alone", "webhook_create", map[string]any{"triggers": []any{"ALL"}}, "allowed"},
		{"others alone", "webhook_create", map[string]any{"triggers": []any{"BUNDLE_DONE", "WHATSAPP_SENDER_ACTIVE"}}, "allowed"},
		{"ALL and another, create", "webhook_create", map[string]any{"secret": "s", "triggers": []any{"BUNDLE_DONE", "ALL"}}, "guard_all_alone"},
		{"ALL and another, update", "webhook_update", map[string]any{"triggers": []any{"ALL", "BUNDLE_DONE"}}, "guard_all_alone"},
		{"ALL and another, replace", "webhook_replace", map[string]any{"triggers": []any{"ALL", "BUNDLE_DONE"}}, "guard_all_alone"},
		{"update without triggers", "webhook_update", map[string]any{"target": "https://example.com"}, "allowed"},
		{"in a bundle", "bundle_create", map[string]any{"webhooks": []any{map[string]any{"triggers": []any{"ALL", "BUNDLE_DONE"}}}}, "guard_all_alone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(nil).confirmed(t)
			c := call(tt.tool, tt.args)
			v := f.Check(context.Background(), c)
			got := "allowed"
			if v.Refuse != nil {
				got = v.Refuse.Code
			}
			if got != tt.want {
				t.Fatalf("got %s, want %s", got, tt.want)
			}
			if v.Refuse != nil {
				for _, n := range v.Refuse.Next {
					if _, told := n.Args["secret"]; told {
						t.Error("the suggestion repeats the secret")
					}
				}
			}
		})
	}
}

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
	if !strings.Contains(v.Refuse.Message, "the server was restarted") {
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
		t.Errorf("after the register: got %s", got)
	}
	if got := f.check(verify("another", false)); got != "guard_register_first" {
		t.Errorf("another sender: got %s", got)
	}
}

// A 429 sender-already-registered counts as a register that succeeded; no other
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

// A project that one client of a principal confirmed is not confirmed for its
// others; what it registered, and what it spent, is.
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
		t.Errorf("the register of another client: %s", got)
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
		"":                           "a yes counts for 12 hours, for every client that calls with the same key or login.",
		"example":                    `a yes counts for 12 hours, for the client "example" alone`,
		"a\nb\u202e\"c":              `for the client "a b\"c" alone`,
		strings.Repeat("long ", 1e4): `for the client "` + strings.Repeat("long ", 16)[:79] + `…" alone`,
	} {
		f := newFixture(nil)
		p := &person{answer: Declined}
		c := call("whatsapp_template_sync", map[string]any{})
		c.Client, c.Elicitor = client, p
		f.check(c)
		if len(p.asked) != 1 || !strings.Contains(p.asked[0].Summary, want) || strings.Count(p.asked[0].Summary, "\n") != 1 {
			t.Errorf("%.20q: %q", client, p.asked)
		}
	}
}

// Nothing marked gets out without its confirmation.
func TestEveryMarkedToolNeedsItsConfirmation(t *testing.T) {
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
			if c == nil || !strings.HasPrefix(c.Summary, summaries[row.Tool].text(args, nil).ask) || !strings.Contains(c.Summary, project) || !c.ExpiresAt.Equal(f.now.Add(10*time.Minute)) {
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

// A token is good for exactly its call, once, for ten minutes.
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
		{"spent", func(f *fixture, c *Call) { copied := *c; f.check(&copied) }, reasonSpent},
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

func TestATokenIsGoodOnceForManyAtTheSameTime(t *testing.T) {
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
	if s := p.asked[0].Summary; !strings.Contains(s, "Work in project \""+project+"\"?") || !strings.Contains(s, "Delete the webhook") {
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
	f.now = f.now.Add(markTTL)
	if got := f.check(call("whatsapp_template_sync", nil)); got != "guard_project_unconfirmed" {
		t.Errorf("ten minutes later: got %s", got)
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
		if v := answer(f, args, &later{state, Accepted}); v.Refuse == nil || v.Refuse.Info["reason"] != reasonSpent {
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
	t.Run("a state is no token, and a token no state", func(t *testing.T) {
		f := newFixture(nil).confirmed(t)
		c := call("webhook_delete", args)
		c.Confirm = question(t, f)
		if got := f.check(c); got != codeTimeout {
			t.Errorf("a state as a token: %s", got)
		}
		f.now = f.now.Add(markTTL)
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

// brokenStore fails at everything.
type brokenStore struct{ store.Store }

var errBroken = errors.New("the disk is full")

func (brokenStore) Get(context.Context, string) ([]byte, bool, error) { return nil, false, errBroken }
func (brokenStore) Add(context.Context, string, []byte, time.Duration) (bool, error) {
	return false, errBroken
}

func TestAStoreThatFailsClosesTheDoor(t *testing.T) {
	f := newFixture(func(o *Options) { o.Store = brokenStore{} })
	if got := f.check(call("whatsapp_template_sync", nil)); got != "guard_store_unavailable" {
		t.Errorf("got %s", got)
	}
	reveal := call("whatsapp_sender_get", map[string]any{"senderId": "s"})
	reveal.Reveal = true
	if got := f.check(reveal); got != "guard_store_unavailable" {
		t.Errorf("got %s", got)
	}
}

func TestRulesNameWhatExists(t *testing.T) {
	for _, r := range Rules {
		for _, tool := range r.Tools {
			if row := catalog.Lookup(tool); row == nil || !row.Writes() {
				t.Errorf("rule %s looks at %s", r.Name, tool)
			}
		}
		for _, read := range r.Reads {
			if row := catalog.Lookup(read.Tool); row == nil || row.Writes() || (read.When == "") != (read.needed == nil) {
				t.Errorf("rule %s reads with %+v", r.Name, read)
			}
		}
		if r.About == "" || (r.check == nil) == (r.judge == nil) || (r.judge == nil) != (r.Reads == nil) {
			t.Errorf("rule %s is not whole", r.Name)
		}
	}
}

// FuzzTokens: no token but the one that was given opens the door.
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
			t.Errorf("%q opened the door", token)
		}
	})
}
