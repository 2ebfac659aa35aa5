package tools

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/events"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
)

// A subscription is a webhook whose target is this server, with a secret that no one sees;
// what the API sends then is listed.
func TestASubscriptionBringsEvents(t *testing.T) {
	w := newReceiving(t, nil)
	out := do(t, w.set, toolEventSubscribe, object{})
	r := result(t, out)
	hooks := w.hooks()
	target := jsonvalue.Text(r, "data.target")
	if len(hooks) != 1 || hooks[0]["target"] != target || !strings.HasPrefix(target, w.server.URL+events.Path) || jsonvalue.Text(r, "ids.webhookId") != hooks[0]["id"] {
		t.Fatalf("webhooks %s after %s", encode(hooks), encode(r))
	}
	if got := string(encode(hooks[0]["triggers"])); got != `["ALL"]` || string(encode(jsonvalue.Field(r, "data.triggers"))) != got {
		t.Errorf("triggers %s, shown as %s", got, encode(jsonvalue.Field(r, "data.triggers")))
	}
	if len(w.secrets) != 1 || len(w.secrets[0]) < 43 {
		t.Errorf("secrets %d", len(w.secrets))
	}
	w.template("offer")
	w.received(1) // the sender
	w.happen("whatsapp_template_review", "offer/EN_US", "SCAM")
	w.received(1)
	rows := w.events(nil)
	last := rows[len(rows)-1]
	if last["type"] != "WHATSAPP_TEMPLATE_REJECTED" || string(encode(last["ids"])) != `{"languageCode":"EN_US","templateName":"offer"}` || last["reported"] != "REJECTED" {
		t.Errorf("the last event is %s", encode(last))
	}
	w.noSecrets(allText(out))
}

// Triggers are given by name or by family; a mistake is found before anything is sent.
func TestTriggersOfASubscription(t *testing.T) {
	for _, tt := range []struct {
		given []string
		want  int // triggers; 0: refused
		code  string
	}{
		{[]string{"ALL"}, 1, ""}, {[]string{"all"}, 1, ""}, {[]string{"whatsapp_templates"}, 8, ""}, {[]string{"whatsapp_template", "WHATSAPP_TEMPLATE_APPROVED"}, 8, ""},
		{[]string{"rcs", "BUNDLE_DONE"}, 6, ""}, {[]string{"whatsapp_sender_active"}, 1, ""},
		{[]string{"ALL", "rcs"}, 0, "guard_all_alone"}, {[]string{"whatsap"}, 0, "invalid_arguments"}, {[]string{"sms"}, 0, "invalid_arguments"},
	} {
		w := newReceiving(t, nil)
		out := do(t, w.set, toolEventSubscribe, object{"triggers": tt.given})
		if tt.want == 0 {
			e := failure(t, out)
			if e["errorCode"] != tt.code || len(w.hooks()) > 0 {
				t.Errorf("%v: %s", tt.given, encode(e))
			}
			for _, n := range jsonvalue.Objects(e, "next") {
				if n["tool"] == webhookCreate {
					t.Errorf("%v: the step is %s", tt.given, encode(n))
				}
			}
			continue
		}
		if got := jsonvalue.Texts(w.hooks()[0], "triggers"); len(got) != tt.want {
			t.Errorf("%v: %v", tt.given, got)
		}
		if shown := jsonvalue.Texts(result(t, out), "data.triggers"); !slices.Equal(shown, tt.given) {
			t.Errorf("%v is shown as %v", tt.given, shown)
		}
	}
}

// Subscribing again updates the same webhook: new triggers if they are given, a new secret
// in any case, and events that are signed with the one before are accepted.
func TestSubscribingAgain(t *testing.T) {
	w := newReceiving(t, nil)
	first := w.call(toolEventSubscribe, object{"triggers": []string{"rcs"}})
	again := w.call(toolEventSubscribe, object{})
	if hooks := w.hooks(); len(hooks) != 1 || len(jsonvalue.List(hooks[0], "triggers")) != 5 {
		t.Errorf("webhooks %s", encode(hooks))
	}
	if len(w.secrets) != 2 || w.secrets[0] == w.secrets[1] || string(encode(first["ids"])) != string(encode(again["ids"])) {
		t.Errorf("%d secrets, %s then %s", len(w.secrets), encode(first), encode(again))
	}
	w.call(toolEventSubscribe, object{"triggers": []string{"ALL"}})
	if got := jsonvalue.Texts(w.hooks()[0], "triggers"); !slices.Equal(got, []string{"ALL"}) {
		t.Errorf("triggers %v", got)
	}
	for i, secret := range append(w.secrets, "forged-secret-0123456789") {
		status := w.send(jsonvalue.Text(first, "data.target"), secret, `{"type":"BUNDLE_DONE"}`)
		if want := map[bool]int{true: http.StatusOK, false: http.StatusUnauthorized}[i < 3]; status != want {
			t.Errorf("an event with secret %d: status %d", i, status)
		}
	}
	w.noSecrets()
}

// Where the store was lost the webhook is found by its target, and adopted; one with another
// target, of another tenant or of another project is never touched.
func TestWhichWebhookIsAdopted(t *testing.T) {
	foreign := object{"target": "http://127.0.0.1:9/events/ABCDEFGHIJKLMNOPQRSTUVWXYZ", "secret": "a-secret-of-someone-else", "triggers": []string{"BUNDLE_DONE"}}
	for _, tt := range []struct {
		name    string
		id      string // of a webhook whose target is this server
		known   *events.Registration
		adopted bool
	}{
		{"lost", "LOSTLOSTLOSTLOST2345", nil, true},
		{"of another tenant", "THEIRSTHEIRSTHEIRS23", &events.Registration{Tenant: "other", ProjectID: project}, false},
		{"of another project", "THEIRSTHEIRSTHEIRS23", &events.Registration{ProjectID: "another"}, false},
		{"no valid id", "x", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newReceiving(t, nil)
			w.call(webhookCreate, foreign)
			target := w.server.URL + events.Path + tt.id
			w.call(webhookCreate, object{"target": target, "secret": "a-secret-of-before-0123", "triggers": []string{"BUNDLE_DONE"}})
			if tt.known != nil {
				reg := *tt.known
				reg.ID = tt.id
				if _, err := w.set.opts.Events.Registrations.AddWith(t.Context(), reg, "their-secret-0123456789"); err != nil {
					t.Fatal(err)
				}
			}
			var writes []string
			w.intercept = func(r *http.Request, _ func() (*http.Response, error)) (*http.Response, error) {
				if r.Method != http.MethodGet {
					writes = append(writes, r.Method+" "+r.URL.Path)
				}
				return nil, nil
			}
			r := w.call(toolEventSubscribe, object{})
			hooks := w.hooks()
			if tt.adopted {
				if len(hooks) != 2 || len(writes) != 1 || !strings.HasPrefix(writes[0], http.MethodPatch) || jsonvalue.Text(r, "data.target") != target || !strings.HasPrefix(r["done"].(string), "adopted") {
					t.Errorf("%v, %s", writes, encode(r))
				}
				if status := w.send(target, w.secrets[len(w.secrets)-1], `{"type":"BUNDLE_DONE"}`); status != http.StatusOK {
					t.Errorf("an event by the adopted webhook: %d", status)
				}
				return
			}
			if len(hooks) != 3 || len(writes) != 1 || !strings.HasPrefix(writes[0], http.MethodPost) {
				t.Errorf("%v; %s", writes, encode(r))
			}
			if tt.known != nil {
				if status := w.send(target, "their-secret-0123456789", `{"type":"BUNDLE_DONE"}`); status != http.StatusOK {
					t.Errorf("their registration does not work any more: %d", status)
				}
			}
		})
	}
}

// A create whose answer is lost is found by its target. Where that is not possible, the
// registration stays: the next call finds the webhook.
func TestASubscriptionWhoseOutcomeIsUnknown(t *testing.T) {
	for _, tt := range []struct {
		name        string
		listsFail   bool
		neverMade   bool
		wantOutcome bool
	}{
		{"found", false, false, true},
		{"not found, and sent again", false, true, true},
		{"not to be found now", true, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newReceiving(t, nil)
			posts := 0
			w.intercept = func(r *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
				switch {
				case r.Method == http.MethodPost:
					if posts++; posts == 1 {
						if !tt.neverMade {
							_, _ = send()
						}
						return apiAnswered(http.StatusBadGateway, `{"errorCode":"bad_gateway","message":"m"}`), nil
					}
				case posts > 0 && tt.listsFail:
					return apiAnswered(http.StatusForbidden, `{"errorCode":"forbidden","message":"m"}`), nil
				}
				return nil, nil
			}
			out := do(t, w.set, toolEventSubscribe, object{})
			w.intercept = nil
			if out.IsError == tt.wantOutcome {
				t.Fatalf("the outcome is %s", allText(out))
			}
			w.noSecrets(allText(out))
			if len(w.hooks()) != 1 {
				t.Fatalf("webhooks %s", encode(w.hooks()))
			}
			target := w.hooks()[0]["target"].(string)
			if status := w.send(target, w.secrets[0], `{"type":"BUNDLE_DONE"}`); status != http.StatusOK {
				t.Errorf("an event is answered with %d", status)
			}
			again := w.call(toolEventSubscribe, object{})
			if len(w.hooks()) != 1 || jsonvalue.Text(again, "data.target") != target {
				t.Errorf("again: %s, webhooks %s", encode(again), encode(w.hooks()))
			}
			for _, secret := range w.secrets {
				if status := w.send(target, secret, `{"type":"BUNDLE_DONE"}`); status != http.StatusOK {
					t.Errorf("an event with an earlier secret is answered with %d", status)
				}
			}
		})
	}
}

// An error that says that nothing was created leaves no registration.
func TestAFailedSubscriptionLeavesNothing(t *testing.T) {
	w := newReceiving(t, nil)
	w.intercept = func(r *http.Request, _ func() (*http.Response, error)) (*http.Response, error) {
		if r.Method != http.MethodPost {
			return nil, nil
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		return apiAnswered(http.StatusBadRequest, `{"errorCode":"bad_secret","message":"secret `+w.secrets[0]+` is not good","resolution":"not `+w.secrets[0]+`"}`), nil
	}
	out := do(t, w.set, toolEventSubscribe, object{})
	if !out.IsError {
		t.Fatal(allText(out))
	}
	w.noSecrets(allText(out))
	if all, err := w.set.opts.Events.Registrations.List(t.Context(), ""); err != nil || len(all) > 0 {
		t.Errorf("registrations %v, %v", all, err)
	}
}

// It is a write like the one that it makes: the guard's rules, its questions, the dry run
// and the audit apply.
func TestTheGuardLooksAtASubscription(t *testing.T) {
	auto := func(_ *Options, g *guard.Options) { g.Mode = guard.Auto }
	t.Run("the project is not confirmed", func(t *testing.T) {
		w := newReceiving(t, auto)
		e := failure(t, do(t, w.set, toolEventSubscribe, object{}))
		if e["errorCode"] != "guard_project_unconfirmed" || len(w.hooks()) > 0 {
			t.Errorf("%s", encode(e))
		}
	})
	t.Run("a person is asked, and sees no secret", func(t *testing.T) {
		w := newReceiving(t, auto)
		person := &witness{says: guard.Accepted}
		out := w.set.Call(t.Context(), Caller{Principal: "test", Elicitor: person}, toolEventSubscribe, encode(object{}))
		if out.IsError || len(person.asked) != 1 || len(w.hooks()) != 1 {
			t.Fatalf("asked %v, %s", person.asked, allText(out))
		}
		w.noSecrets(append(person.asked, allText(out))...)
	})
	t.Run("a person says no", func(t *testing.T) {
		w := newReceiving(t, auto)
		out := w.set.Call(t.Context(), Caller{Principal: "test", Elicitor: &witness{says: guard.Declined}}, toolEventSubscribe, encode(object{}))
		if e := failure(t, out); e["errorCode"] != "confirmation_declined" || len(w.hooks()) > 0 {
			t.Errorf("%s", encode(e))
		}
		if all, _ := w.set.opts.Events.Registrations.List(t.Context(), ""); len(all) > 0 {
			t.Errorf("registrations %v", all)
		}
	})
	t.Run("a project outside the allowlist", func(t *testing.T) {
		w := newReceiving(t, func(_ *Options, g *guard.Options) { g.Projects = []string{project} })
		if e := failure(t, do(t, w.set, toolEventSubscribe, object{"projectId": "another"})); e["errorCode"] != "guard_project_not_allowed" {
			t.Errorf("%s", encode(e))
		}
	})
	t.Run("fifteen webhooks", func(t *testing.T) {
		w := newReceiving(t, nil)
		for i := range catalog.MaxWebhooks {
			w.call(webhookCreate, object{"target": w.server.URL + "/other/" + string(rune('a'+i)), "secret": "a-good-secret-0123", "triggers": []string{"ALL"}})
		}
		e := failure(t, do(t, w.set, toolEventSubscribe, object{}))
		if e["errorCode"] != "guard_webhook_limit" {
			t.Errorf("%s", encode(e))
		}
		if all, _ := w.set.opts.Events.Registrations.List(t.Context(), ""); len(all) > 0 {
			t.Errorf("registrations %v", all)
		}
	})
	t.Run("dry run", func(t *testing.T) {
		w := newReceiving(t, nil)
		r := w.call(toolEventSubscribe, object{"dryRun": true, "triggers": []string{"rcs_sender"}})
		if jsonvalue.Text(r, "data.verdict") != "allow" || jsonvalue.Text(r, "data.request.body.target") == "" || len(w.hooks()) > 0 {
			t.Errorf("%s", encode(r))
		}
		if all, _ := w.set.opts.Events.Registrations.List(t.Context(), ""); len(all) > 0 {
			t.Errorf("registrations %v", all)
		}
		if done := w.call(toolEventSubscribe, object{}); jsonvalue.Text(done, "data.target") != jsonvalue.Text(r, "data.request.body.target") {
			t.Errorf("%s is created, after a dry run of %s", encode(done), encode(r))
		}
	})
	t.Run("audit", func(t *testing.T) {
		w := newReceiving(t, nil)
		w.call(toolEventSubscribe, object{})
		lines := auditLines(t, w.audit)
		if len(lines) != 2 || !strings.Contains(lines[0], `"webhook_create"`) || !strings.Contains(lines[0], w.hooks()[0]["target"].(string)) {
			t.Errorf("%v", lines)
		}
		w.noSecrets()
	})
}

// The webhook's deletion ends the registration: what is still on its way is refused.
func TestDeletingTheWebhookEndsTheSubscription(t *testing.T) {
	w := newReceiving(t, nil)
	r := w.call(toolEventSubscribe, object{})
	target := jsonvalue.Text(r, "data.target")
	if status := w.send(target, w.secrets[0], `{"type":"BUNDLE_DONE"}`); status != http.StatusOK {
		t.Fatalf("before: %d", status)
	}
	w.call(webhookDelete, object{"webhookId": jsonvalue.Text(r, "ids.webhookId")})
	if status := w.send(target, w.secrets[0], `{"type":"BUNDLE_DONE","payload":{"id":"2"}}`); status != http.StatusUnauthorized {
		t.Errorf("after: %d", status)
	}
	if len(w.events(nil)) != 1 {
		t.Error("what was received before is gone, or something came after")
	}
	again := w.call(toolEventSubscribe, object{})
	if len(w.hooks()) != 1 {
		t.Errorf("webhooks after a new subscription: %s", encode(w.hooks()))
	}
	gone := object{"webhookId": jsonvalue.Text(again, "ids.webhookId")}
	result(t, do(t, w.newSet(nil, slog.New(slog.DiscardHandler), nil), webhookDelete, gone)) // of another server
	if e := failure(t, do(t, w.set, webhookDelete, gone)); e["status"] != float64(http.StatusNotFound) {
		t.Errorf("deleted elsewhere: %s", encode(e))
	}
	if all, err := w.set.opts.Events.Registrations.List(t.Context(), ""); err != nil || len(all) > 0 {
		t.Errorf("deleted elsewhere: registrations %v, %v", all, err)
	}
}

// A change of its secret or target past event_subscribe is warned of, and from then on
// nothing relies on its events; event_subscribe makes them arrive again.
func TestChangingTheWebhookIsWarnedOf(t *testing.T) {
	w := newReceiving(t, nil)
	done := w.call(toolEventSubscribe, object{})
	id, target := jsonvalue.Text(done, "ids.webhookId"), jsonvalue.Text(done, "data.target")
	bundle := catalog.LookupResource("bundle")
	for _, tt := range []struct {
		tool string
		args object
		want bool
	}{
		{webhookUpdate, object{"secret": "another-secret-0123"}, true},
		{webhookUpdate, object{"triggers": []string{"ALL"}}, false},
		{webhookUpdate, object{"target": target}, false},
		{webhookReplace, object{"target": w.server.URL + "/else", "secret": "another-secret-0123", "triggers": []string{"ALL"}}, true},
		{webhookReplace, object{"target": target, "secret": "another-secret-0123", "triggers": []string{"ALL"}}, true},
	} {
		tt.args["webhookId"] = id
		r := w.call(tt.tool, tt.args)
		if got := strings.Contains(string(encode(r["warnings"])), toolEventSubscribe); got != tt.want {
			t.Errorf("%s %s: %s", tt.tool, encode(tt.args), encode(r["warnings"]))
		}
		if arrive := w.set.opts.Events.reports(t.Context(), "", project, bundle); arrive == tt.want {
			t.Errorf("%s %s: whether its events arrive: %v", tt.tool, encode(tt.args), arrive)
		}
		again := w.call(toolEventSubscribe, object{})
		if got := jsonvalue.Text(again, "data.target"); got != target || !w.set.opts.Events.reports(t.Context(), "", project, bundle) {
			t.Errorf("%s: subscribed again: %s", tt.tool, encode(again))
		}
		if status := w.send(target, w.secrets[len(w.secrets)-1], `{"type":"BUNDLE_DONE"}`); status != http.StatusOK {
			t.Errorf("%s: subscribed again, an event is answered with %d", tt.tool, status)
		}
		id = jsonvalue.Text(again, "ids.webhookId")
	}
	r := w.call(webhookCreate, object{"projectId": "00000000-0000-0000-0000-000000000001", "target": target, "secret": "another-secret-0123", "triggers": []string{"ALL"}})
	if !strings.Contains(string(encode(r["warnings"])), toolEventSubscribe) {
		t.Errorf("a webhook by hand: %s", encode(r["warnings"]))
	}
}

// What a kind of thing does is reported where the webhook has all of its triggers: else its
// reads must not become rare.
func TestWhatAWebhookReports(t *testing.T) {
	w := newReceiving(t, nil)
	subscribe := func(triggers ...string) string {
		return jsonvalue.Text(w.call(toolEventSubscribe, object{"triggers": triggers}), "ids.webhookId")
	}
	for _, tt := range []struct {
		name string
		do   func()
		want []string
	}{
		{"none", func() {}, nil},
		{"some of a kind", func() { subscribe("WHATSAPP_TEMPLATE_APPROVED", "rcs") }, []string{"rcs_sender"}},
		{"a family", func() { subscribe("whatsapp") }, []string{"whatsapp_sender", "whatsapp_template"}},
		{"all, and what no trigger reports", func() { subscribe("ALL") }, []string{"rcs_sender", "whatsapp_sender", "whatsapp_template"}},
		{"updated past it", func() {
			w.call(webhookUpdate, object{"webhookId": subscribe(), "triggers": []string{"WHATSAPP_SENDER_ACTIVE"}})
		}, nil},
		{"adopted", func() {
			hook := w.hooks()[0]
			id, _ := w.set.opts.Events.Registrations.IDOf(hook["target"].(string))
			if err := w.set.opts.Events.Registrations.Remove(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			subscribe("whatsapp_template")
		}, []string{"whatsapp_template"}},
		{"deleted", func() { w.call(webhookDelete, object{"webhookId": subscribe()}) }, nil},
	} {
		tt.do()
		var got []string
		for _, name := range []string{"rcs_sender", "sms_app", "whatsapp_flow", "whatsapp_sender", "whatsapp_template"} {
			if of := catalog.LookupResource(name); of == nil || w.set.opts.Events.reports(t.Context(), "", project, of) {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// After a change of the public URL nothing arrives until the webhook is subscribed again,
// which moves it.
func TestANewPublicURL(t *testing.T) {
	w := newReceiving(t, nil)
	first := w.call(toolEventSubscribe, object{"triggers": []string{"BUNDLE_DONE"}})
	moved := events.NewRegistrations(w.kept, strings.Replace(w.server.URL, "127.0.0.1", "LOCALHOST", 1), 0)
	w.set = w.newSet(&Events{Registrations: moved, Feeds: events.NewFeeds(events.NewInboxes(w.kept, 0))}, slog.New(slog.DiscardHandler), nil)
	bundle := catalog.LookupResource("bundle")
	if w.set.opts.Events.reports(t.Context(), "", project, bundle) {
		t.Error("its events are expected at the new URL")
	}
	for range 2 {
		again := w.call(toolEventSubscribe, object{})
		hooks := w.hooks()
		target := jsonvalue.Text(again, "data.target")
		if len(hooks) != 1 || !strings.HasPrefix(target, "http://LOCALHOST") || hooks[0]["target"] != target || string(encode(first["ids"])) != string(encode(again["ids"])) {
			t.Errorf("%s, webhooks %s", encode(again), encode(hooks))
		}
		if !w.set.opts.Events.reports(t.Context(), "", project, bundle) || again["warnings"] != nil {
			t.Errorf("%s", encode(again))
		}
	}
	if id, ok := moved.IDOf(strings.ToLower(moved.Target("ABCDEFGHIJKLMNOP"))); !ok || id != "abcdefghijklmnop" {
		t.Errorf("a host in other letters: %q, %v", id, ok)
	}
}

// Two replicas that subscribe to a project at the same time make one webhook.
func TestTwoReplicasMakeOneWebhook(t *testing.T) {
	w := newReceiving(t, nil)
	log := slog.New(slog.DiscardHandler)
	sets := []*Set{w.set, w.newSet(&Events{Registrations: events.NewRegistrations(w.kept, w.server.URL, 0), Feeds: events.NewFeeds(events.NewInboxes(w.kept, 0))}, log, nil)}
	listed := make(chan struct{}, 100)
	w.intercept = func(r *http.Request, _ func() (*http.Response, error)) (*http.Response, error) {
		if r.Method == http.MethodGet {
			listed <- struct{}{}
		} else { // the other one had time to look too
			select {
			case <-listed:
			case <-time.After(time.Second):
			}
		}
		return nil, nil
	}
	var calls sync.WaitGroup
	for range 2 {
		for _, set := range sets {
			calls.Go(func() {
				if out := do(t, set, toolEventSubscribe, object{}); out.IsError {
					t.Error(allText(out))
				}
			})
		}
	}
	calls.Wait()
	w.intercept = nil
	if hooks := w.hooks(); len(hooks) != 1 {
		t.Errorf("webhooks %s", encode(hooks))
	}
}

// A person may think for longer than a claim lasts. Where another call has subscribed
// meanwhile, the first one makes no second webhook.
func TestAClaimThatEndsWhileAPersonThinks(t *testing.T) {
	for _, other := range []bool{false, true} {
		w := newReceiving(t, func(_ *Options, g *guard.Options) { g.Mode = guard.Auto })
		person := &witness{says: guard.Accepted, before: func() {
			keys, err := w.kept.Keys(t.Context(), "events/claims/")
			if err != nil || len(keys) != 1 {
				t.Errorf("claims %v, %v", keys, err)
				return
			}
			if err := w.kept.Delete(t.Context(), keys[0]); err != nil {
				t.Error(err)
			}
			if other {
				second := w.newSet(w.set.opts.Events, slog.New(slog.DiscardHandler), nil)
				if out := do(t, second, toolEventSubscribe, object{}); out.IsError {
					t.Error(allText(out))
				}
			}
		}}
		out := w.set.Call(t.Context(), Caller{Principal: "test", Elicitor: person}, toolEventSubscribe, encode(object{}))
		hooks := jsonvalue.Objects(result(t, w.as("test", webhookList, object{"detail": "full"})), "data.webhooks")
		if out.IsError != other || len(hooks) != 1 {
			t.Errorf("other %v: %s, webhooks %s", other, allText(out), encode(hooks))
		}
	}
}

// The tools are offered where there is a receiver, and the one that writes not to those who
// may not.
func TestWhereTheToolsOfEventsAreOffered(t *testing.T) {
	for _, tt := range []struct {
		name            string
		edit            func(*Options, *guard.Options)
		subscribe, list bool
	}{
		{"with a receiver", nil, true, true},
		{"without", func(o *Options, _ *guard.Options) { o.Events = nil }, false, false},
		{"read-only", func(o *Options, _ *guard.Options) { o.ReadOnly = true }, false, true},
		{"without webhooks", func(o *Options, _ *guard.Options) {
			o.Rows = slices.DeleteFunc(o.Rows, func(row *catalog.Row) bool { return row.Toolset == "webhooks" })
		}, false, true},
	} {
		w := newReceiving(t, tt.edit)
		if w.set.Offers(toolEventSubscribe) != tt.subscribe || w.set.Offers(EventList) != tt.list {
			t.Errorf("%s: subscribe %v, list %v", tt.name, w.set.Offers(toolEventSubscribe), w.set.Offers(EventList))
		}
	}
}
