package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
)

func shop(t testing.TB) *guardedProject {
	t.Helper()
	p := newGuardedProject(t)
	if err := p.box.Seed("shop"); err != nil {
		t.Fatal(err)
	}
	p.sent.Store(0)
	return p
}

// TestWhatAProjectHasNeedsNoPlan plans a project with what it has.
func TestWhatAProjectHasNeedsNoPlan(t *testing.T) {
	p := shop(t)
	wanted := p.desired()
	made := p.plan(MakeOptions{}, wanted)
	if len(made.Steps)+len(made.Blocked) > 0 || made.Unchanged != len(wanted) {
		t.Errorf("%s", made.Text(PrintOptions{}))
	}
	if made.Hash == "" || p.plan(MakeOptions{}, wanted).Hash != made.Hash {
		t.Errorf("the hash of the same plan is %q, and then another", made.Hash)
	}
}

// wanted is what a file says in the tests below, in the shop of the sandbox.
type wanted struct {
	kind, fields string
	remove       bool
}

const body = `"details":{"components":[{"type":"BODY","text":"%s"}]}`

func templateNamed(name, language, category, text, more string) string {
	return fmt.Sprintf(`{"name":%q,"language":%q,"category":%q,%s`+body+`}`, name, language, category, more, text)
}

// TestMake has what a plan makes of a file, in the shop of the sandbox: its lines without
// the fields of what is created.
func TestMake(t *testing.T) {
	alerts := func(rest string) string { return `{"name":"Example alerts"` + rest + `}` }
	for name, test := range map[string]struct {
		before func(p *guardedProject)
		file   []wanted
		only   []string
		rotate bool
		want   []string // each once
		not    []string
		steps  int
	}{
		"a webhook is created": {
			file:  []wanted{{kind: "webhooks", fields: `{"target":"https://example.com/new","triggers":["ALL"],"secret":"${env:PAPI_VAR_HOOK}"}`}},
			steps: 1, want: []string{"+ webhook https://example.com/new", "secret: ***", "Plan: 1 to create, 0 to change, 0 to delete, 0 unchanged."}, not: []string{"PAPI_VAR_HOOK"},
		},
		"a webhook gets all events": {
			file:  []wanted{{kind: "webhooks", fields: `{"target":"https://example.com/new","secret":"${env:PAPI_VAR_HOOK}"}`}},
			steps: 1, want: []string{"    triggers: ALL"},
		},
		"an RCS sender without test numbers": {
			file:  []wanted{{kind: "rcsSenders", fields: `{"region":"EU","billingCategory":"CONVERSATIONAL","useCase":"OTP","details":{"brand":{"name":"Example News"}}}`}},
			steps: 1, not: []string{"a person:"},
		},
		"a webhook is found by its target, and its secret is not compared": {
			file:  []wanted{{kind: "webhooks", fields: `{"target":"https://EXAMPLE.com/hooks/all","triggers":["BUNDLE_DONE"],"secret":"${env:PAPI_VAR_HOOK}"}`}},
			steps: 1, want: []string{"~ webhook https://EXAMPLE.com/hooks/all", "triggers: +BUNDLE_DONE -ALL"}, not: []string{"secret"},
		},
		"a secret is replaced with rotate alone": {
			file: []wanted{{kind: "webhooks", fields: `{"target":"https://example.com/hooks/all","secret":"${env:PAPI_VAR_HOOK}"}`}}, rotate: true,
			steps: 1, want: []string{"secret: replaced"}, not: []string{"PAPI_VAR_HOOK"},
		},
		"a template is submitted, and reviewed": {
			file:  []wanted{{kind: "whatsappTemplates", fields: templateNamed("new_one", "EN", "UTILITY", "Your order has arrived.", "")}},
			steps: 1, want: []string{"+ WhatsApp template new_one EN", "status: SUBMIT", "(usually takes minutes, by Sinch and Meta)", "details.components.BODY.text: \"Your order has arrived.\""},
		},
		"a draft is kept": {
			file:  []wanted{{kind: "whatsappTemplates", fields: templateNamed("new_one", "EN", "UTILITY", "Your order has arrived.", `"draft":true,`)}},
			steps: 1, want: []string{"status: DRAFT"}, not: []string{"usually"},
		},
		"a draft that is equal stays": {
			file: []wanted{{kind: "whatsappTemplates", fields: templateNamed("autumn_sale", "EN", "MARKETING", "Autumn sale: golden prices.", `"draft":true,`)}},
			want: []string{"1 unchanged"},
		},
		"a draft that is equal is submitted": {
			file:  []wanted{{kind: "whatsappTemplates", fields: templateNamed("autumn_sale", "EN", "MARKETING", "Autumn sale: golden prices.", "")}},
			steps: 1, want: []string{"~ WhatsApp template autumn_sale EN", "draft: true -> false"},
		},
		"a pending change that is equal stays": {
			before: func(p *guardedProject) {
				p.execute(p.plan(MakeOptions{}, []*Item{p.item("whatsappTemplates", templateNamed("loyalty_points", "EN", "MARKETING", "You have 5 points.", ""))}))
			},
			file: []wanted{{kind: "whatsappTemplates", fields: templateNamed("loyalty_points", "EN", "MARKETING", "You have 5 points.", "")}},
			want: []string{"1 unchanged"},
		},
		"a review that runs keeps from other changes": {
			before: func(p *guardedProject) {
				p.execute(p.plan(MakeOptions{}, []*Item{p.item("whatsappTemplates", templateNamed("loyalty_points", "EN", "MARKETING", "You have 5 points.", ""))}))
			},
			file: []wanted{{kind: "whatsappTemplates", fields: templateNamed("loyalty_points", "EN", "MARKETING", "You have 6 points.", "")}},
			want: []string{"! change WhatsApp template loyalty_points EN", "because whatsapp_template_update needs", "(guard_whatsapp_template_update_state)", "1 can't be done"},
		},
		"a category is fixed, and the text is not": {
			file:  []wanted{{kind: "whatsappTemplates", fields: templateNamed("order_confirmed", "DE", "MARKETING", "Ihre Bestellung ist da.", "")}},
			steps: 1, want: []string{
				"~ WhatsApp template order_confirmed DE", "BODY.text:", "! change WhatsApp template order_confirmed DE", "category: UTILITY -> MARKETING",
				"its category UTILITY can't be changed", "(guard_whatsapp_template_category)", "1 to change, 0 to delete, 1 can't be done",
			},
		},
		"a new language in another category": {
			file: []wanted{{kind: "whatsappTemplates", fields: templateNamed("order_confirmed", "FR", "MARKETING", "Votre commande est la.", "")}},
			want: []string{"! create WhatsApp template order_confirmed FR", "(guard_whatsapp_template_language_category)"},
		},
		"a name that was deleted is locked": {
			before: func(p *guardedProject) {
				p.execute(p.plan(MakeOptions{}, nil, p.item("whatsappTemplates", `{"name":"order_confirmed","language":"DE","deleteSubmitted":true}`)))
			},
			file: []wanted{{kind: "whatsappTemplates", fields: templateNamed("order_confirmed", "DE", "UTILITY", "Ihre Bestellung ist da.", "")}},
			want: []string{"! create WhatsApp template order_confirmed DE", "is locked in DE until 2026-02", "(guard_whatsapp_template_name_locked)"},
		},
		"what lint refuses, once": {
			file: []wanted{{kind: "whatsappTemplates", fields: templateNamed("bad", "EN", "UTILITY", "{{1}}", "")}},
			want: []string{"! create WhatsApp template bad EN", "because details.components[0].examples: has 0 examples", "starts with a variable", "(guard_whatsapp_template_variables)"}, not: []string{"To know", "additionalInformation"},
		},
		"what lint warns of": {
			file:  []wanted{{kind: "whatsappTemplates", fields: templateNamed("warned", "EN", "UTILITY", "Big sale: 50% discount, buy now!", "")}},
			steps: 1, want: []string{"To know:", "* WhatsApp template warned EN: details.components[0].text: ", "(wa_category_marketing)"},
		},
		"a sender's profile": {
			file:  []wanted{{kind: "whatsappSenders", fields: `{"phoneNumber":"+15550100","details":{"about":"Closed","email":"care@example.com"}}`}},
			steps: 1, want: []string{"~ WhatsApp sender +15550100", `about: "Open all day" -> "Closed"`}, not: []string{"email"},
		},
		"a sender's number without its sign": {
			file: []wanted{{kind: "whatsappSenders", fields: `{"phoneNumber":"15550100","details":{"about":"Open all day"}}`}},
			want: []string{"1 unchanged"},
		},
		"a sender that does not exist": {
			file: []wanted{{kind: "whatsappSenders", fields: `{"phoneNumber":"+15550999","details":{"about":"Closed"}}`}},
			want: []string{"! create WhatsApp sender +15550999", "whatsapp_sender_create creates one"},
		},
		"an RCS sender is made, and has people to ask": {
			file:  []wanted{{kind: "rcsSenders", fields: `{"region":"EU","billingCategory":"CONVERSATIONAL","useCase":"OTP","details":{"brand":{"name":"Example News"},"testNumbers":["+15550111"]}}`}},
			steps: 1, want: []string{"+ RCS sender Example News", "(usually takes minutes, by Sinch)", "(a person: the owners of its test numbers"},
		},
		"what can't be changed of an RCS sender": {
			file:  []wanted{{kind: "rcsSenders", fields: `{"region":"US","billingCategory":"CONVERSATIONAL","useCase":"OTP","details":{"brand":{"name":"Example Shop","description":"News"}}}`}},
			steps: 1, want: []string{"~ RCS sender Example Shop", `description: "Orders and returns" -> "News"`, "! change RCS sender Example Shop", "region: EU -> US", "useCase: MULTIUSE -> OTP", "it is fixed when the RCS sender is created"},
		},
		"what a launch lacks": {
			file: []wanted{{kind: "rcsSenders", fields: `{"region":"EU","billingCategory":"CONVERSATIONAL","useCase":"MULTIUSE","launch":true,"details":{"brand":{"name":"Example Shop"}}}`}},
			want: []string{"! launch RCS sender Example Shop", "because it lacks what a launch needs: details.brand.{bannerUrl"}, not: []string{"additionalInformation"},
		},
		"an id of another project": {
			file: []wanted{{kind: "smsApps", fields: alerts(`,"id":"0123","region":"EU"`)}},
			want: []string{"! create SMS app 0123", "no SMS app with this id: correct the id, or leave it out"},
		},
		"an SMS app stays in its region": {
			file: []wanted{{kind: "smsApps", fields: alerts(`,"region":"US"`)}},
			want: []string{"! change SMS app Example alerts", "region: EU -> US", "create another one and delete this one"},
		},
		"a KakaoTalk sender and its template": {
			file: []wanted{
				{kind: "kakaotalkTemplates", fields: `{"plusFriendId":"examplenews","details":{"name":"Hi","language":"KO","content":"Hello","categoryCode":"001001"}}`},
				{kind: "kakaotalkSenders", fields: `{"plusFriendId":"examplenews","details":{"adminPhoneNo":"+15550120","name":"Example News","topLevelCategoryCode":"019","midLevelCategoryCode":"0006","subLevelCategoryCode":"0001"}}`},
			},
			steps: 2, want: []string{"+ KakaoTalk sender examplenews", "+ KakaoTalk template examplenews Hi", "(a person: when Kakao has accepted it, a code is sent"},
		},
		"a KakaoTalk template without its sender": {
			file: []wanted{{kind: "kakaotalkTemplates", fields: `{"plusFriendId":"unknown","details":{"name":"Hi","language":"KO","content":"Hello"}}`}},
			want: []string{"! create KakaoTalk template unknown Hi", `no KakaoTalk sender "unknown", and the file creates none`},
		},
		"a KakaoTalk template in another language": {
			file: []wanted{{kind: "kakaotalkTemplates", fields: `{"plusFriendId":"exampleshop","details":{"name":"Welcome","language":"EN","content":"Hello","categoryCode":"001001"}}`}},
			want: []string{"! change KakaoTalk template exampleshop Welcome", "details.language: KO -> EN"},
		},
		"only what is listed is deleted": {
			file:  []wanted{{kind: "webhooks", fields: `{"target":"https://example.com/hooks/all"}`, remove: true}, {kind: "smsApps", fields: `{"name":"not there"}`, remove: true}},
			steps: 1, want: []string{"- webhook https://example.com/hooks/all", "(asks: events stop reaching its target)", "0 to create, 0 to change, 1 to delete, 0 unchanged", "A person is asked about 1"},
		},
		"a template at Meta is deleted with a word of its own": {
			file: []wanted{{kind: "whatsappTemplates", fields: `{"name":"order_shipped","language":"EN"}`, remove: true}},
			want: []string{"! delete WhatsApp template order_shipped EN", "without deleteSubmitted only the draft"},
		},
		"only": {
			file: []wanted{
				{kind: "webhooks", fields: `{"target":"https://example.com/1","triggers":["ALL"],"secret":"a Secret of 21 signs"}`},
				{kind: "webhooks", fields: `{"target":"https://example.com/2","triggers":["ALL"],"secret":"a Secret of 21 signs"}`},
				{kind: "smsApps", fields: `{"name":"b","region":"EU"}`},
			},
			only: []string{"webhooks/*2", "sms*"}, steps: 2, want: []string{"+ webhook https://example.com/2", "+ SMS app b", "2 to create"}, not: []string{"https://example.com/1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := shop(t)
			if test.before != nil {
				test.before(p)
			}
			var items, remove []*Item
			for _, one := range test.file {
				if item := p.item(one.kind, one.fields); one.remove {
					remove = append(remove, item)
				} else {
					items = append(items, item)
				}
			}
			made := p.plan(MakeOptions{Only: test.only, Rotate: test.rotate}, items, remove...)
			text := made.Text(PrintOptions{})
			for _, want := range test.want {
				if strings.Count(text, want) != 1 {
					t.Errorf("%q is there %d times in\n%s", want, strings.Count(text, want), text)
				}
			}
			for _, not := range test.not {
				if strings.Contains(text, not) {
					t.Errorf("%q is in\n%s", not, text)
				}
			}
			if len(made.Steps) != test.steps {
				t.Errorf("%d steps, want %d:\n%s", len(made.Steps), test.steps, text)
			}
			p.execute(made)
			if again := p.plan(MakeOptions{Only: test.only}, items, remove...); len(again.Steps) > 0 {
				t.Errorf("after the plan was made:\n%s", again.Text(PrintOptions{}))
			}
		})
	}
}

// TestOrder plans what depends on something else: after it.
func TestOrder(t *testing.T) {
	p := shop(t)
	kakao := func(id string) *Item {
		return p.item("kakaotalkSenders", `{"plusFriendId":"`+id+`","details":{"adminPhoneNo":"+15550120","name":"N","topLevelCategoryCode":"019","midLevelCategoryCode":"0006","subLevelCategoryCode":"0001"}}`)
	}
	hook := func(i int) *Item {
		return p.item("webhooks", fmt.Sprintf(`{"target":"https://example.com/%d","triggers":["ALL"],"secret":"a Secret of 21 signs"}`, i))
	}
	items := []*Item{p.item("kakaotalkTemplates", `{"plusFriendId":"examplenews","details":{"name":"Hi","language":"KO","content":"Hello","categoryCode":"001001"}}`), kakao("examplenews")}
	for i := range 14 {
		items = append(items, hook(i))
	}
	remove := []*Item{
		p.item("kakaotalkTemplates", `{"plusFriendId":"exampleshop","name":"Welcome","details":{"name":"Welcome"}}`), p.item("kakaotalkSenders", `{"plusFriendId":"exampleshop"}`),
		p.item("webhooks", `{"target":"https://example.com/hooks/all"}`),
	}
	made := p.plan(MakeOptions{}, items, remove...)
	if len(made.Blocked) > 0 {
		t.Fatalf("%s", made.Text(PrintOptions{}))
	}
	at := func(id string) int {
		i := slices.IndexFunc(made.Steps, func(s *Step) bool { return s.ID == id })
		if i < 0 {
			t.Fatalf("no step %s in\n%s", id, jsonvalue.Encode(made.Steps))
		}
		return i
	}
	sender, template := at("kakaotalkSenders/examplenews/create"), at("kakaotalkTemplates/examplenews/Hi/create")
	if sender > template || !slices.Contains(made.Steps[template].After, "kakaotalkSenders/examplenews/create") {
		t.Error("the template does not wait for its sender")
	}
	if gone := at("webhooks/https://example.com/hooks/all/delete"); gone > at("webhooks/https://example.com/0/create") {
		t.Error("the webhook is deleted after others are created")
	}
	if last := made.Steps[at("webhooks/https://example.com/13/create")]; !slices.Contains(last.After, "webhooks/https://example.com/hooks/all/delete") {
		t.Errorf("the fifteenth webhook waits for %q, and not for the one that is deleted", last.After)
	}
	if first := made.Steps[at("webhooks/https://example.com/0/create")]; len(first.After) > 0 {
		t.Errorf("the third webhook waits for %q", first.After)
	}
	for i, step := range made.Steps {
		for _, before := range step.After {
			if at(before) > i {
				t.Errorf("%s comes before %s", step.ID, before)
			}
		}
	}
	// Without the deletion there is no place for the last.
	made = p.plan(MakeOptions{}, items, remove[:2]...)
	if len(made.Blocked) != 1 || made.Blocked[0].Key != "https://example.com/13" || made.Blocked[0].Code != "guard_webhook_limit" {
		t.Errorf("%s", jsonvalue.Encode(made.Blocked))
	}
}

// TestOnlyOfNothing is an error: a plan of nothing would look as if all was done.
func TestOnlyOfNothing(t *testing.T) {
	p := shop(t)
	d := &Document{Items: []*Item{p.item("smsApps", `{"name":"a","region":"EU"}`)}}
	_, err := Make(context.Background(), p, d, MakeOptions{Only: []string{"smsApps/*", "webhoks"}})
	if err == nil || !strings.Contains(err.Error(), `"webhoks" matches nothing`) || p.sent.Load() != 0 {
		t.Errorf("%v, after %d requests", err, p.sent.Load())
	}
}

// TestLaunch plans the launch of an RCS sender once all else of it is as it should be, and
// again for a country that is added.
func TestLaunch(t *testing.T) {
	p := newGuardedProject(t)
	sender := func(countries ...string) *Item {
		details := lint.LaunchSample([]string{"SE", "NO"})
		details["countries"] = asAny(countries)
		item := p.item("rcsSenders", `{"region":"EU","billingCategory":"CONVERSATIONAL","useCase":"OTP","launch":true,"details":`+string(jsonvalue.Encode(details))+`}`)
		return item
	}
	later := func(d time.Duration) {
		t.Helper()
		if _, err := p.box.AdvanceBy(context.Background(), d); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when string, item *Item, steps, blocked string) *Plan {
		t.Helper()
		made := p.plan(MakeOptions{}, []*Item{item})
		var does, not []string
		for _, step := range made.Steps {
			does = append(does, string(step.Action))
		}
		for _, one := range made.Blocked {
			not = append(not, string(one.Action))
		}
		if strings.Join(does, " ") != steps || strings.Join(not, " ") != blocked {
			t.Fatalf("%s: steps %q, blocked %q; want %q, %q\n%s", when, does, not, steps, blocked, made.Text(PrintOptions{}))
		}
		p.execute(made)
		return made
	}
	check("new", sender("SE"), "create", "launch")
	check("immediately", sender("SE"), "", "launch")
	later(time.Hour)
	launch := check("set up", sender("SE"), "launch", "")
	if call := launch.Steps[0].Calls[0]; call.Tool != "rcs_sender_launch" || call.Confirm == "" || !strings.Contains(call.Facts, "SE") || launch.Confirmed() != 1 {
		t.Errorf("the launch is %s", jsonvalue.Encode(launch.Steps))
	}
	check("launched", sender("SE"), "", "")
	later(60 * 24 * time.Hour)
	check("months later", sender("SE"), "", "")
	check("a country more", sender("SE", "NO"), "change", "launch")
	check("then", sender("NO", "SE"), "launch", "")
	check("in both", sender("NO", "SE"), "", "")
	brand := sender("SE")
	jsonvalue.Object(brand.Fields, "details.brand")["description"] = "Something else"
	made := check("the brand is frozen, the countries are not", brand, "change", "change")
	if made.Blocked[0].Code != "guard_rcs_update_launched" || len(made.Blocked[0].Changes) != 1 || made.Blocked[0].Changes[0].Path != "details.brand.description" ||
		len(made.Steps[0].Changes) != 1 || made.Steps[0].Changes[0].Path != "details.countries" {
		t.Errorf("%s", made.Text(PrintOptions{}))
	}
}

func asAny(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

// TestTwoOfOneName is an error that says which ids there are.
func TestTwoOfOneName(t *testing.T) {
	p := shop(t)
	p.must("sms_app_create", map[string]any{"name": "Example alerts", "region": "EU"})
	app := p.item("smsApps", `{"name":"Example alerts","region":"EU"}`)
	_, err := Make(context.Background(), p, &Document{Items: []*Item{app}}, MakeOptions{})
	two, ok := errors.AsType[*Ambiguous](err)
	if !ok || len(two.Faults) != 1 || two.Faults[0].At.Line != 1 || !strings.Contains(two.Error(), "write the id") {
		t.Fatalf("%v", err)
	}
	for _, has := range p.items() {
		if has.Kind == app.Kind && jsonvalue.Text(has.Fields, "name") == "Example alerts" {
			if !strings.Contains(err.Error(), has.ID) {
				t.Errorf("%v does not name %s", err, has.ID)
			}
			app.Identity["id"] = has.ID
		}
	}
	if made := p.plan(MakeOptions{}, []*Item{app}); made.Unchanged != 1 {
		t.Errorf("with an id: %s", made.Text(PrintOptions{}))
	}
}

// TestNoWhatsapp plans templates in a project without a WhatsApp account.
func TestNoWhatsapp(t *testing.T) {
	p := newGuardedProject(t)
	made := p.plan(MakeOptions{}, []*Item{
		p.item("whatsappTemplates", templateNamed("one", "EN", "UTILITY", "Your order has arrived.", "")),
		p.item("whatsappTemplates", templateNamed("one", "DE", "UTILITY", "Ihre Bestellung ist da.", "")),
	})
	text := made.Text(PrintOptions{})
	if len(made.Steps) > 0 || len(made.Blocked) != 2 || strings.Count(text, "no WhatsApp account that is ONBOARDED") != 1 {
		t.Error(text)
	}
}

// TestManyConfirmations notes that a plan has more marked calls than can be applied.
func TestManyConfirmations(t *testing.T) {
	p := shop(t)
	var remove []*Item
	for i := range guard.MaxMarked + 1 {
		name := fmt.Sprintf("app %d", i)
		p.must("sms_app_create", map[string]any{"name": name, "region": "EU"})
		remove = append(remove, p.item("smsApps", `{"name":"`+name+`"}`))
	}
	if text := p.plan(MakeOptions{}, nil, remove...).Text(PrintOptions{}); !strings.Contains(text, "split it with --only") {
		t.Error(text)
	}
	if text := p.plan(MakeOptions{}, nil, remove[1:]...).Text(PrintOptions{}); strings.Contains(text, "--only") {
		t.Error(text)
	}
}

// TestRequests counts the requests of a plan: the pages of the lists, and no more, though
// each call is checked by the rules of the guard.
func TestRequests(t *testing.T) {
	p := shop(t)
	var items []*Item
	for i := range 20 {
		for _, language := range []string{"EN", "DE", "FR"} {
			items = append(items, p.item("whatsappTemplates", templateNamed(fmt.Sprintf("many_%d", i), language, "UTILITY", fmt.Sprintf("Order %d arrived.", i), "")))
		}
	}
	items = append(items, p.item("webhooks", `{"target":"https://example.com/1","triggers":["ALL"],"secret":"a Secret of 21 signs"}`))
	p.sent.Store(0)
	made := p.plan(MakeOptions{}, items)
	if n := p.sent.Load(); n != 2 || len(made.Steps) != 61 {
		t.Errorf("%d requests, and %d steps", n, len(made.Steps))
	}
	p.execute(made)
	p.sent.Store(0)
	if made = p.plan(MakeOptions{}, items); p.sent.Load() != 2 || len(made.Steps) > 0 {
		t.Errorf("with what it made: %d requests, and %d steps", p.sent.Load(), len(made.Steps))
	}
	if _, err := p.box.AdvanceBy(context.Background(), 72*time.Hour); err != nil {
		t.Fatal(err)
	}
	p.sent.Store(0)
	if made = p.plan(MakeOptions{}, items); p.sent.Load() != 2 || len(made.Steps) > 0 {
		t.Errorf("days later: %d requests, and %d steps", p.sent.Load(), len(made.Steps))
	}
}
