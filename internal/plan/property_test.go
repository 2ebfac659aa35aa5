package plan

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"papi-mcp/internal/jsonvalue"
)

// TestPlanIsEmptyAfterIt plays random files on a project: each plan is made, and planned
// again it is empty; what the project then has, as a file would have it, needs no plan.
// PAPI_TEST_ROUNDS is how many projects there are.
func TestPlanIsEmptyAfterIt(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	rounds := 8
	if n, err := strconv.Atoi(os.Getenv("PAPI_TEST_ROUNDS")); err == nil {
		rounds = n
	}
	steps, blocked := map[string]int{}, map[string]int{}
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		p := shop(t)
		gone := map[string]bool{} // KakaoTalk senders
		for file := range 4 {
			f := &randomFile{p: p, r: r}
			items, remove := f.items()
			remove = slices.DeleteFunc(remove, func(i *Item) bool { return i.Kind == kakaotalkSenders && gone[i.Key] })
			made := p.plan(MakeOptions{}, items, remove...)
			for _, step := range made.Steps {
				gone[step.Key] = gone[step.Key] || step.Kind == kakaotalkSenders.Name && step.Action == Delete
				steps[step.Kind+" "+string(step.Action)]++
			}
			for _, one := range made.Blocked {
				blocked[one.Code]++
			}
			p.execute(made)
			again := p.plan(MakeOptions{}, items, remove...)
			// The API lists a KakaoTalk sender for 60 days after it was deleted, as if it was not.
			again.Steps = slices.DeleteFunc(again.Steps, func(s *Step) bool { return s.Kind == kakaotalkSenders.Name && s.Action == Delete })
			if len(again.Steps) > 0 {
				t.Fatalf("seed %d, file %d: after\n%s\nit needs\n%s", seed, file, made.Text(PrintOptions{}), again.Text(PrintOptions{}))
			}
			if exported := p.plan(MakeOptions{}, p.desired()); len(exported.Steps)+len(exported.Blocked) > 0 {
				t.Fatalf("seed %d, file %d: what it has needs\n%s", seed, file, exported.Text(PrintOptions{}))
			}
			if r.IntN(2) == 0 {
				if _, err := p.box.AdvanceBy(context.Background(), time.Duration(r.IntN(72))*time.Hour); err != nil {
					t.Fatal(err)
				}
				if exported := p.plan(MakeOptions{}, p.desired()); len(exported.Steps)+len(exported.Blocked) > 0 {
					t.Fatalf("seed %d, file %d: hours later, what it has needs\n%s", seed, file, exported.Text(PrintOptions{}))
				}
			}
		}
	}
	t.Logf("steps %v, blocked %v", steps, blocked)
	for _, kind := range Kinds {
		for _, action := range []Action{Create, Change, Delete} {
			tool := map[Action]string{Create: kind.Create, Change: kind.Update, Delete: kind.Delete}[action]
			if tool != "" && steps[kind.Name+" "+string(action)] == 0 {
				t.Errorf("no plan has a step to %s one of %s", action, kind.Name)
			}
		}
	}
}

// randomFile makes items of every kind.
type randomFile struct {
	p *guardedProject
	r *rand.Rand
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// some are a few of the values, in any order.
func some(r *rand.Rand, from ...string) []any {
	from = slices.Clone(from)
	r.Shuffle(len(from), func(i, j int) { from[i], from[j] = from[j], from[i] })
	var list []any
	for _, one := range from[:1+r.IntN(len(from))] {
		list = append(list, one)
	}
	return list
}

// items are those of a file, and those that it deletes: of each kind a few of the same
// names, so that later files are about the same things.
func (f *randomFile) items() (items, remove []*Item) {
	seen := map[string]bool{}
	add := func(kind string, fields map[string]any) {
		item := f.p.item(kind, string(jsonvalue.Encode(fields)))
		if seen[itemKey(item)] {
			return
		}
		seen[itemKey(item)] = true
		if item.Kind.Delete != "" && f.r.IntN(5) == 0 {
			remove = append(remove, item)
			return
		}
		items = append(items, item)
	}
	for range f.r.IntN(5) {
		add("webhooks", f.webhook())
	}
	for range f.r.IntN(8) {
		add("whatsappTemplates", f.template())
	}
	for range f.r.IntN(3) {
		add("whatsappSenders", f.sender())
		add("rcsSenders", f.rcs())
		add("smsApps", map[string]any{"name": pick(f.r, "Example alerts", "News", "Codes"), "region": "EU"})
	}
	if f.r.IntN(2) == 0 {
		add("kakaotalkSenders", f.kakaoSender())
	}
	for range f.r.IntN(4) {
		add("kakaotalkTemplates", f.kakaoTemplate())
	}
	items = slices.DeleteFunc(items, func(item *Item) bool { return item.Kind.Name == "smsApps" && f.r.IntN(3) == 0 && f.rename(item) })
	return items, remove
}

// rename gives an SMS app that the project has by its id another name, and reports
// whether a file can't have it.
func (f *randomFile) rename(item *Item) bool {
	for _, has := range f.p.items() {
		if sameThing(item, has) && has.Kind == item.Kind {
			item.Identity = map[string]string{fieldID: has.ID}
			item.Key = has.ID
			item.Fields["name"] = item.Fields["name"].(string) + "!"
			return false
		}
	}
	return false
}

func (f *randomFile) webhook() map[string]any {
	triggers := some(f.r, "BUNDLE_DONE", "RCS_SENDER_STATUS_UPDATED", "WHATSAPP_SENDER_ACTIVE")
	if f.r.IntN(3) == 0 {
		triggers = []any{"ALL"}
	}
	return map[string]any{
		"target":   fmt.Sprintf("https://example.com/hooks/%s", pick(f.r, "all", "whatsapp", "a", "b", "c")),
		"triggers": triggers, "secret": "a Secret of 21 signs",
	}
}

func (f *randomFile) template() map[string]any {
	name := pick(f.r, "order_confirmed", "order_shipped", "loyalty_points", "autumn_sale", "visit", "receipt", "login_code")
	category := map[string]string{"order_confirmed": "UTILITY", "order_shipped": "UTILITY", "visit": "UTILITY", "receipt": "UTILITY", "login_code": "AUTHENTICATION"}[name]
	if category == "" {
		category = "MARKETING"
	}
	language := pick(f.r, "EN", "DE", "FR")
	components := []any{map[string]any{
		"type": "BODY", "text": fmt.Sprintf("Dear customer of %s in %s, number {{1}} is number %d for you.", name, language, f.r.IntN(4)), "examples": []any{"7"},
	}}
	if category == "AUTHENTICATION" {
		components = []any{
			map[string]any{"type": "BODY", "addSecurityRecommendation": f.r.IntN(2) == 0},
			map[string]any{"type": "FOOTER", "codeExpirationMinutes": pick(f.r, 5, 10)},
			map[string]any{"type": "BUTTONS", "buttons": []any{map[string]any{"type": "OTP", "otpType": "COPY_CODE", "text": "Copy"}}},
		}
	} else {
		if f.r.IntN(2) == 0 {
			components = append(components, map[string]any{"type": "FOOTER", "text": pick(f.r, "Example Shop", "Example")})
		}
		if f.r.IntN(3) == 0 {
			components = append(components, map[string]any{"type": "HEADER", "format": "TEXT", "text": pick(f.r, "News", "Hello")})
		}
		if f.r.IntN(3) == 0 {
			components = append(components, map[string]any{"type": "BUTTONS", "buttons": []any{
				map[string]any{"type": "QUICK_REPLY", "text": "Yes"},
				map[string]any{"type": "URL", "text": "See", "url": pick(f.r, "https://example.com", "https://example.com/a")},
			}})
		}
	}
	f.r.Shuffle(len(components), func(i, j int) { components[i], components[j] = components[j], components[i] })
	fields := map[string]any{"name": name, "language": language, "category": category, "details": map[string]any{"components": components}}
	if f.r.IntN(3) == 0 {
		fields["draft"] = true
	}
	if f.r.IntN(2) == 0 { // of a template that is deleted
		fields["deleteSubmitted"] = true
	}
	return fields
}

func (f *randomFile) sender() map[string]any {
	details := map[string]any{}
	for _, name := range []string{"about", "address", "websiteTwo", "email"} {
		switch f.r.IntN(4) {
		case 0:
			details[name] = nil
		case 1:
			details[name] = map[string]string{"about": "Open", "address": "Example Street 1", "websiteTwo": "https://example.com/2", "email": "care2@example.com"}[name]
		}
	}
	if f.r.IntN(4) == 0 {
		details["displayName"] = pick(f.r, "Example Care", "Example Help")
	}
	fields := map[string]any{"phoneNumber": pick(f.r, "+15550100", "15550101", "+1 555 0999"), "details": details}
	if f.r.IntN(4) == 0 {
		fields["draft"] = true
	}
	return fields
}

func (f *randomFile) rcs() map[string]any {
	brand := map[string]any{"name": pick(f.r, "Example Shop", "Example News"), "color": pick(f.r, "#336699", "#33669A", "#33669a", "#000000")}
	if f.r.IntN(2) == 0 {
		brand["emails"] = pick[any](f.r, nil,
			[]any{map[string]any{"label": "Care", "address": "care@example.com"}},
			[]any{map[string]any{"label": "A", "address": "a@example.com"}, map[string]any{"label": "B", "address": "b@example.com"}},
			[]any{map[string]any{"label": "B", "address": "b@example.com"}, map[string]any{"label": "A", "address": "a@example.com"}})
	}
	details := map[string]any{"brand": brand, "countries": some(f.r, "DE", "FR", "GB")}
	if f.r.IntN(3) == 0 {
		details["questionnaire"] = map[string]any{"gb": map[string]any{"answers": map[string]any{"brandIndustry": pick(f.r, "Retail", "Travel")}}}
	}
	return map[string]any{"region": pick(f.r, "EU", "EU", "US"), "billingCategory": "CONVERSATIONAL", "useCase": "MULTIUSE", "details": details}
}

func (f *randomFile) kakaoSender() map[string]any {
	details := map[string]any{
		"adminPhoneNo": pick(f.r, "+15550120", "+15550121"), "name": pick(f.r, "Example Shop", "Shop"),
		"topLevelCategoryCode": "019", "midLevelCategoryCode": "0006", "subLevelCategoryCode": "0001",
	}
	fields := map[string]any{"plusFriendId": pick(f.r, "exampleshop", "examplenews"), "details": details}
	if f.r.IntN(3) == 0 {
		fields["draft"] = true
	}
	return fields
}

func (f *randomFile) kakaoTemplate() map[string]any {
	name := pick(f.r, "Welcome", "Hello", "Bye")
	details := map[string]any{"name": name, "language": "KO", "content": pick(f.r, "Hello", "Hi there"), "categoryCode": pick(f.r, "001001", "999999")}
	switch f.r.IntN(3) {
	case 0:
		details["buttons"] = []any{}
	case 1:
		buttons := []any{
			map[string]any{"ordering": 1, "type": "BOT_KEYWORD", "name": "Ask"},
			map[string]any{"ordering": 2, "type": "WEB_LINK", "name": "See", "linkMo": "https://example.com/m"},
		}
		f.r.Shuffle(len(buttons), func(i, j int) { buttons[i], buttons[j] = buttons[j], buttons[i] })
		details["buttons"] = buttons
	}
	fields := map[string]any{"plusFriendId": pick(f.r, "exampleshop", "examplenews"), "name": name, "details": details}
	if f.r.IntN(3) == 0 {
		fields["draft"] = true
	}
	return maps.Clone(fields)
}
