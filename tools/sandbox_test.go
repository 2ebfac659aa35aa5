package tools

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
)

// sandboxSet is a set in front of a sandbox whose clock is manual.
type sandboxSet struct {
	*Set
	box *sandbox.Sandbox
}

// newSandboxSet returns all tools in front of the sandbox. Nothing needs a confirmation,
// unless edit says so.
func newSandboxSet(t testing.TB, edit func(*Options, *guard.Options)) sandboxSet {
	t.Helper()
	box := sandbox.New(sandbox.Options{Seed: 1, Manual: true})
	t.Cleanup(box.Close)
	client, err := papi.New(papi.Config{BaseURL: "http://sandbox", AccessToken: sandbox.StaticToken, Transport: box.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	opts := Options{Rows: catalog.Rows(), API: client, Sandbox: box}
	guarded := guard.Options{Default: sandbox.DefaultProject, Mode: guard.Off, Store: store.NewMemory(), Reader: dispatch.Reader{API: client}, LocalTargets: true}
	if edit != nil {
		edit(&opts, &guarded)
	}
	opts.Guard = guard.New(guarded)
	return sandboxSet{New(opts), box}
}

// listedTool returns a tool of the list.
func listedTool(t testing.TB, s *Set, name string) mcp.Tool {
	t.Helper()
	all := s.Tools()
	i := slices.IndexFunc(all, func(tool mcp.Tool) bool { return tool.Name == name })
	if i < 0 {
		t.Fatalf("%s is not listed", name)
	}
	return all[i]
}

// call makes a call that goes well, and returns its result.
func (s sandboxSet) call(t testing.TB, tool string, args any) map[string]any {
	t.Helper()
	return result(t, do(t, s.Set, tool, args))
}

// sender makes a WhatsApp sender whose code can be requested.
func (s sandboxSet) sender(t testing.TB) string {
	t.Helper()
	made := s.call(t, "whatsapp_sender_create", object{"wabaId": "100000000005678", "phoneNumberId": "200000000005678", "authenticationCode": "from-the-signup", "region": "EU", "businessManager": "SINCH_UK"})
	s.box.Advance(10 * time.Minute)
	return jsonvalue.Text(made, "ids.senderId")
}

// Each operation that sends a code shows it in its answer, so that the next step can be
// taken, in both forms of a result.
func TestTheAnswerToARegisterHasTheCode(t *testing.T) {
	for name, test := range map[string]struct {
		register, verify string
		args             func(s sandboxSet) object
	}{
		"WhatsApp by SMS": {"whatsapp_sender_register", "whatsapp_sender_verify", func(s sandboxSet) object {
			return object{"senderId": s.sender(t), "method": "SMS"}
		}},
		"WhatsApp by voice": {"whatsapp_sender_register", "whatsapp_sender_verify", func(s sandboxSet) object {
			return object{"senderId": s.sender(t), "method": "VOICE"}
		}},
		"KakaoTalk": {"kakaotalk_sender_register", "kakaotalk_sender_verify", func(s sandboxSet) object {
			s.call(t, "kakaotalk_sender_create", object{"plusFriendId": "exampleshop", "details": object{"adminPhoneNo": "+15550120", "name": "Example Shop", "topLevelCategoryCode": "019", "midLevelCategoryCode": "0006", "subLevelCategoryCode": "0001"}})
			s.box.Advance(72 * time.Hour)
			return object{"plusFriendId": "exampleshop"}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSandboxSet(t, nil)
			out := do(t, s.Set, test.register, test.args(s))
			registered := result(t, out)
			code := jsonvalue.Text(registered, "sandbox.code")
			if len(code) != 6 || out.Text() != "" { // the text is the same JSON
				t.Fatalf("%v, text %q", registered, out.Text())
			}
			next := registered["next"].([]any)[0].(object)
			if next["tool"] != test.verify || next["do"] != "submit the sandbox's code" || !slices.Equal(jsonvalue.Texts(next, "needs"), []string{"code"}) {
				t.Fatalf("next is %v", next)
			}
			if done := s.call(t, test.verify, jsonvalue.With(next["args"].(object), "code", code)); done["done"] != "verified" || done["sandbox"] != nil {
				t.Errorf("%v", done)
			}
		})
	}
	t.Run("a number that Meta knows gets none", func(t *testing.T) {
		s := newSandboxSet(t, nil)
		made := s.call(t, "whatsapp_sender_create", object{"wabaId": "100000000005678", "phoneNumberId": "200000000001111", "authenticationCode": "from-the-signup", "region": "EU", "businessManager": "SINCH_UK"})
		s.box.Advance(10 * time.Minute)
		if registered := s.call(t, "whatsapp_sender_register", object{"senderId": jsonvalue.Text(made, "ids.senderId"), "method": "SMS"}); registered["sandbox"] != nil {
			t.Errorf("%v", registered)
		}
	})
}

// Only the sandbox of the process fills the key: not an API that writes the sandbox's
// header and the same field, and not the sandbox behind a network.
func TestNoAnswerCanForgeACode(t *testing.T) {
	forged := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(sandbox.HeaderSandbox, "true")
		w.Header().Set(sandbox.HeaderCode, "123456")
		answerJSON(http.StatusOK, object{"id": "7", "method": "SMS", "verificationCodeSent": true, "sandbox": object{"code": "123456"}})(w, nil)
	}
	for name, newIt := range map[string]func() *Set{
		"another API": func() *Set { s, _ := newSet(t, forged, nil); return s },
		"another API, and a sandbox": func() *Set {
			return newSandboxSet(t, func(o *Options, g *guard.Options) {
				plain, _ := newSet(t, forged, nil)
				o.API, g.Rules = plain.opts.API, []guard.Rule{}
			}).Set
		},
	} {
		registered := result(t, do(t, newIt(), "whatsapp_sender_register", object{"senderId": "7", "method": "SMS"}))
		if registered["sandbox"] != nil || registered["data"].(object)["sandbox"] == nil {
			t.Errorf("%s: %v", name, registered)
		}
	}
	s := newSandboxSet(t, func(o *Options, g *guard.Options) {
		server := httptest.NewServer(o.Sandbox.(*sandbox.Sandbox))
		t.Cleanup(server.Close)
		client, err := papi.New(papi.Config{BaseURL: server.URL, AccessToken: sandbox.StaticToken, Transport: server.Client().Transport})
		if err != nil {
			t.Fatal(err)
		}
		o.API, g.Reader = client, dispatch.Reader{API: client}
	})
	if registered := s.call(t, "whatsapp_sender_register", object{"senderId": s.sender(t), "method": "SMS"}); registered["sandbox"] != nil {
		t.Errorf("over a network: %v", registered)
	}
}

// The clock is moved by the tool that only a sandbox has, and that changes something.
func TestSandboxAdvanceIsOfferedBySandboxesAlone(t *testing.T) {
	plain, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	if plain.Offers(SandboxAdvance) || strings.Contains(string(encode(plain.Tools())), "sandbox") {
		t.Error("it is offered without a sandbox")
	}
	if e := failure(t, do(t, plain, SandboxAdvance, object{"seconds": 1})); e["errorCode"] != "unknown_tool" {
		t.Errorf("it is called without a sandbox: %v", e)
	}
	if found := plain.find("sandbox_advance: move the clock forward"); slices.Contains(found, SandboxAdvance) {
		t.Errorf("it is found without a sandbox: %v", found)
	}
	reading := newSandboxSet(t, func(o *Options, _ *guard.Options) { o.ReadOnly = true })
	if e := failure(t, do(t, reading.Set, SandboxAdvance, object{"seconds": 1})); e["errorCode"] != "unknown_tool" {
		t.Errorf("read-only: %v", e)
	}
	s := newSandboxSet(t, nil)
	tool := listedTool(t, s.Set, SandboxAdvance)
	if n := visible(t, tool); n > 200 {
		t.Errorf("it has %d tokens in the list", n)
	}
	if a := tool.Annotations; *a.ReadOnlyHint || *a.IdempotentHint || *a.OpenWorldHint || *a.DestructiveHint {
		t.Errorf("annotations %s", encode(a))
	}
	if listed := len(s.Tools()); s.Count() != listed {
		t.Errorf("%d tools are counted, and %d listed", s.Count(), listed)
	}
	dynamic := newSandboxSet(t, func(o *Options, _ *guard.Options) { o.Dynamic = true })
	for _, query := range append([]string{SandboxAdvance, "the clock of the sandbox"}, dynamic.coreTool(SandboxAdvance).phrases...) {
		found, _ := searchFor(t, dynamic.Set, query)
		if !slices.Contains(found, SandboxAdvance) {
			t.Errorf("%q finds %v", query, found)
		}
	}
	moved := dynamic.call(t, ToolCallWrite, object{"tool": SandboxAdvance, "arguments": object{"seconds": 90}})
	if moved["done"] != "advanced by 1m30s" || jsonvalue.Text(moved["next"].([]any)[0], "via") != ToolCallWrite {
		t.Errorf("through %s: %v", ToolCallWrite, moved)
	}
}

// Its arguments are one of two, and exact.
func TestSandboxAdvanceArguments(t *testing.T) {
	s := newSandboxSet(t, nil)
	for args, want := range map[string]string{
		`{}`:                             "seconds",
		`{"seconds":0}`:                  "seconds",
		`{"seconds":-1}`:                 "seconds",
		`{"seconds":1.5}`:                "seconds",
		`{"seconds":31536001}`:           "seconds",
		`{"seconds":1e300}`:              "seconds",
		`{"seconds":"soon"}`:             "seconds",
		`{"until":"then"}`:               "until",
		`{"seconds":1,"until":"change"}`: "until",
		`{"minutes":1}`:                  "minutes",
		`{"until":""}`:                   "until",
	} {
		out := s.Call(t.Context(), Caller{Principal: "test"}, SandboxAdvance, []byte(args))
		e := failure(t, out)
		if e["errorCode"] != "invalid_arguments" || jsonvalue.Text(jsonvalue.List(e, "additionalInformation.violations")[0], "path") != want {
			t.Errorf("%s: %v", args, e)
		}
	}
	if now := s.box.Now(); !now.Equal(sandbox.ManualStart) {
		t.Errorf("the clock was moved to %v", now)
	}
	for args, want := range map[string]string{`{"seconds":"60"}`: "advanced by 1m0s", `{"seconds":31536000}`: "advanced by 8760h0m0s"} {
		if out := result(t, s.Call(t.Context(), Caller{Principal: "test"}, SandboxAdvance, []byte(args))); out["done"] != want {
			t.Errorf("%s: %v", args, out)
		}
	}
}

// The result shows what changed, from what to what, and leads to it.
func TestSandboxAdvanceShowsWhatChanged(t *testing.T) {
	s := newSandboxSet(t, nil)
	nothing := s.call(t, SandboxAdvance, object{"until": "change"})
	if nothing["done"] != "nothing: no change of a state is pending, so the clock was not moved" || nothing["data"] != nil || nothing["next"] != nil || nothing["now"] != "2026-01-05T09:00:00Z" {
		t.Errorf("%v", nothing)
	}
	made := s.call(t, "sms_app_create", object{"name": "Example", "region": "EU"})
	id := jsonvalue.Text(made, "ids.smsAppId")
	early := s.call(t, SandboxAdvance, object{"seconds": 59})
	if early["data"] != nil || early["now"] != "2026-01-05T09:00:59Z" || string(encode(early["next"])) != `[{"args":{"until":"change"},"do":"nothing has changed yet: move to the next change","tool":"sandbox_advance"}]` {
		t.Errorf("%s", encode(early))
	}
	changed := s.call(t, SandboxAdvance, object{"until": "change"})
	want := `{"data":{"changes":[{"after":"ACTIVE","before":"PENDING_ADD","ids":{"smsAppId":"` + id + `"},"resource":"sms_app"}]},"done":"advanced by 1s",` +
		`"next":[{"args":{"smsAppId":"` + id + `"},"do":"read the SMS app and what to do next","tool":"sms_app_get"}],"now":"2026-01-05T09:01:00Z"}`
	if got := string(encode(changed)); got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
}

// What is in a project that the caller may not use is counted only; a step about another
// project than the default names it; a long list of changes is cut.
func TestSandboxAdvanceInManyProjects(t *testing.T) {
	const mine, other, foreign = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002", "00000000-0000-0000-0000-000000000003"
	s := newSandboxSet(t, func(_ *Options, g *guard.Options) { g.Projects, g.Default = []string{mine, other}, mine })
	create := func(project string, n int) {
		for i := range n {
			if _, err := dispatch.Send(t.Context(), s.opts.API, catalog.Lookup("sms_app_create"), project, object{"name": fmt.Sprint("app", i), "region": "EU"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	create(other, 1)
	create(foreign, 3)
	moved := s.call(t, SandboxAdvance, object{"seconds": 60})
	if jsonvalue.Text(moved, "data.changesElsewhere") != "3" || len(jsonvalue.List(moved, "data.changes")) != 1 || strings.Contains(string(encode(moved)), foreign) {
		t.Errorf("%s", encode(moved))
	}
	if next := moved["next"].([]any)[0]; jsonvalue.Text(next, "args.projectId") != other {
		t.Errorf("next %v", next)
	}
	create(mine, maxChanges+2)
	moved = s.call(t, SandboxAdvance, object{"until": "change"})
	if jsonvalue.Text(moved, "data.changesMore") != "2" || len(jsonvalue.List(moved, "data.changes")) != maxChanges {
		t.Errorf("%s", encode(moved))
	}
	if next := string(encode(moved["next"])); next != `[{"do":"see what the project contains now","tool":"project_overview"}]` {
		t.Errorf("next %s", next)
	}
}

// A move whose webhooks get no answer ends with its call, and says how far it came.
func TestSandboxAdvanceEndsWithItsCall(t *testing.T) {
	s := newSandboxSet(t, nil)
	reached, ended := make(chan struct{}, 1), make(chan struct{})
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		reached <- struct{}{}
		<-ended
	}))
	t.Cleanup(target.Close)
	t.Cleanup(func() { close(ended) })
	s.call(t, "webhook_create", object{"target": target.URL, "secret": "sixteen-or-more-signs"})
	s.call(t, "bundle_create", object{"name": "Example", "region": "EU", "smsApp": object{}})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-reached; cancel() }()
	e := failure(t, s.Call(ctx, Caller{Principal: "test"}, SandboxAdvance, encode(object{"seconds": 3600})))
	if e["errorCode"] != "cancelled" {
		t.Errorf("%v", e)
	}
	if now := s.box.Now(); now.Sub(sandbox.ManualStart) >= time.Hour {
		t.Errorf("it is %v", now)
	}
}

// Without an id project_confirm offers the sandbox's default project. That nothing is
// real is said by every answer about the project, and to the person who is asked.
func TestTheSandboxOffersItsDefaultProject(t *testing.T) {
	const about = "the built-in sandbox: nothing here is real"
	for _, byDefault := range []string{sandbox.DefaultProject, "00000000-0000-0000-0000-000000000007"} {
		s := newSandboxSet(t, func(_ *Options, g *guard.Options) { g.About, g.Mode, g.Default = about, guard.Auto, byDefault })
		shown := s.call(t, "project_confirm", object{})
		if next := jsonvalue.List(shown, "next")[0]; jsonvalue.Text(next, "args.projectId") != byDefault || jsonvalue.Text(next, "tool") != "project_confirm" {
			t.Errorf("next %v", next)
		}
		overview := s.call(t, "project_overview", object{})
		refused := failure(t, do(t, s.Set, "whatsapp_template_sync", object{}))
		if next := jsonvalue.List(refused, "next")[0]; refused["errorCode"] != "guard_project_unconfirmed" || jsonvalue.Text(next, "args.projectId") != byDefault {
			t.Errorf("the first write: %v", refused)
		}
		person := &witness{says: guard.Accepted}
		asks := func(tool string, args object) {
			s.Call(t.Context(), Caller{Principal: "test", Elicitor: person}, tool, encode(args))
		}
		asks("webhook_create", object{"target": "https://example.com/1", "secret": "sixteen-or-more-signs"})
		asks("project_confirm", object{"projectId": byDefault})
		if len(person.asked) != 2 {
			t.Fatalf("asked %q", person.asked)
		}
		confirmed := s.call(t, "project_confirm", object{"projectId": byDefault})
		for _, text := range []string{string(encode(shown)), string(encode(overview)), string(encode(refused)), string(encode(confirmed)), person.asked[0], person.asked[1]} {
			if !strings.Contains(text, about) {
				t.Errorf("it does not say that nothing is real: %s", text)
			}
		}
	}
}
