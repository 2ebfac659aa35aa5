package tools

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/tokentest"
)

// ofTemplate are the arguments of a create with these components.
func ofTemplate(components ...object) object {
	return object{"name": "order_shipped", "language": "EN_US", "category": "UTILITY", "details": object{"components": components}}
}

func footer(text string) object { return object{"type": "FOOTER", "text": text} }

func buttons(all ...object) object { return object{"type": "BUTTONS", "buttons": all} }

func quickReply(text string) object { return object{"type": "QUICK_REPLY", "text": text} }

// ruleFindings are those of a lint, by their rules.
func ruleFindings(r map[string]any) map[string]map[string]any {
	found := map[string]map[string]any{}
	for _, one := range jsonvalue.Objects(r, "data.findings") {
		found[jsonvalue.Text(one, "rule")] = one
	}
	return found
}

var rightBody = body("Your order {{1}} is on its way to you today.", "1001")

// Without compare nothing is read where the call has the template, and with compare
// nothing but the project's templates and account.
func TestLintReadsOnlyToCompare(t *testing.T) {
	set, api := newSet(t, answerJSON(http.StatusOK, map[string]any{"templates": []any{}}), nil)
	args := ofTemplate(rightBody)
	update := object{"templateName": "order_shipped", "languageCode": "EN_US", "category": "UTILITY", "details": args["details"]}
	for _, given := range []object{args, update, {"details": args["details"]}, ofTemplate(footer("*no* body"))} {
		result(t, do(t, set, catalog.WhatsappTemplateLint, given))
	}
	if api.count() != 0 {
		t.Errorf("%d requests: %v", api.count(), api.requests)
	}
	args["compare"] = true
	args["details"].(object)["optimization"] = object{"bidStrategy": "LOWEST_COST_WITH_BID_CAP", "bidAmount": 5}
	result(t, do(t, set, catalog.WhatsappTemplateLint, args))
	var paths []string
	for _, r := range api.requests {
		if r.method != http.MethodGet {
			t.Errorf("%s %s", r.method, r.path)
		}
		_, path, _ := strings.Cut(r.path, project)
		paths = append(paths, path)
	}
	slices.Sort(paths)
	if got, want := strings.Join(paths, " "), "/whatsapp /whatsapp/templates /whatsapp/templates/order_shipped"; got != want {
		t.Errorf("compare reads %s, want %s", got, want)
	}
}

// Without findings there is no list of them, and no counter: the next step is the create.
func TestLintWithoutFindings(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	r := result(t, do(t, set, catalog.WhatsappTemplateLint, ofTemplate(rightBody, footer("Example Shop"))))
	if len(r) != 2 || r["next"] == nil || r["done"] != "nothing found" {
		t.Errorf("%s", encode(r))
	}
	next := jsonvalue.Objects(r, "next")[0]
	if next["tool"] != templateCreate || jsonvalue.Text(next, "args.name") != "order_shipped" {
		t.Errorf("next is %s", encode(next))
	}
	r = result(t, do(t, set, catalog.WhatsappTemplateLint, object{"details": object{"components": []object{rightBody}}}))
	if needs := jsonvalue.Texts(jsonvalue.Objects(r, "next")[0], "needs"); !slices.Equal(needs, []string{"name", "language", "category", "details"}) {
		t.Errorf("of the details alone, next needs %v", needs)
	}
	r = result(t, do(t, set, catalog.WhatsappTemplateLint, object{"templateName": "order_shipped", "languageCode": "EN_US", "category": "UTILITY", "details": object{"components": []object{rightBody}}}))
	next = jsonvalue.Objects(r, "next")[0]
	if next["tool"] != templateUpdate || jsonvalue.Text(next, "args.status") != "SUBMIT" || jsonvalue.Text(next, "args.templateName") != "order_shipped" {
		t.Errorf("of an update, next is %s", encode(next))
	}
}

// A finding has its rule, severity, path, message and source, and the corrected text
// where that is mechanical. Violations of the contract are findings too.
func TestLintFindings(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	r := result(t, do(t, set, catalog.WhatsappTemplateLint, ofTemplate(
		object{"type": "HEADER", "format": "TEXT", "text": "Good\nnews \U0001F389"},
		body("Buy now and get 20% off with {{1}}", "A1"),
		buttons(quickReply(strings.Repeat("x", 26))),
		object{"type": "FOOTERS"},
	)))
	found := ruleFindings(r)
	for rule, want := range map[string]struct{ severity, path string }{
		"wa_header_text":        {"refused", "details.components[0].text"},
		"wa_variable_edge":      {"refused", "details.components[1].text"},
		"wa_length":             {"refused", "details.components[2].buttons[0].text"},
		"wa_schema":             {"refused", "details.components[3].type"},
		"wa_category_marketing": {"likely", "details.components[1].text"},
	} {
		f := found[rule]
		if f["severity"] != want.severity || f["path"] != want.path || f["message"] == "" || f["source"] == "" {
			t.Errorf("%s: %s", rule, encode(f))
		}
	}
	if got := found["wa_header_text"]["corrected"]; got != "Good news" {
		t.Errorf("the corrected header is %q", got)
	}
	if found["wa_variable_edge"]["corrected"] != nil {
		t.Errorf("words are invented: %s", encode(found["wa_variable_edge"]))
	}
	order := ""
	for _, f := range jsonvalue.Objects(r, "data.findings") {
		order += jsonvalue.Text(f, "severity")[:1]
	}
	if strings.Contains(order, "lr") || strings.Contains(order, "al") {
		t.Errorf("the order of severities is %s", order)
	}
	next := jsonvalue.Objects(r, "next")[0]
	if next["tool"] != templateCreate || !slices.Contains(jsonvalue.Texts(next, "needs"), "details") || jsonvalue.Text(next, "args.name") != "order_shipped" {
		t.Errorf("next is %s", encode(next))
	}
	for _, f := range found {
		if name := jsonvalue.Text(f, "rule"); lint.Lookup(name) == nil {
			t.Errorf("no rule %s", name)
		}
	}
}

// What a submit needs is missed, though a draft may lack it.
func TestLintMissesWhatASubmitNeeds(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, object{"name": "n", "language": "FR", "category": "UTILITY", "changes": object{"status": "DRAFT"}}), nil)
	for _, args := range []object{{"details": object{}}, {"category": "UTILITY"}, {"category": "UTILITY", "status": "DRAFT", "details": object{"components": []object{}}}, {"name": "n", "language": "FR"}} {
		if r := result(t, do(t, set, catalog.WhatsappTemplateLint, args)); ruleFindings(r)["wa_body_missing"] == nil {
			t.Errorf("%s: %s", encode(args), encode(r))
		}
	}
}

// Two findings about one text have the same corrected text, which is right.
func TestLintCorrectionsHoldTogether(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	args, _ := parseObject(encode(ofTemplate(rightBody, footer("*Example*\nShop \U0001F389"), buttons(quickReply("_Yes_\n")))))
	r := result(t, do(t, set, catalog.WhatsappTemplateLint, args))
	all := jsonvalue.Objects(r, "data.findings")
	if len(all) < 2 {
		t.Fatalf("%s", encode(r))
	}
	for _, f := range all {
		setText(args, jsonvalue.Text(f, "path"), jsonvalue.Text(f, "corrected"))
	}
	if again := result(t, do(t, set, catalog.WhatsappTemplateLint, args)); again["data"] != nil {
		t.Errorf("corrected, it has %s", encode(again))
	}
}

// A template with many mistakes has a short answer, which says how much was left out.
func TestLintIsBounded(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	var cards []object
	for range 10 {
		cards = append(cards, object{"components": []object{
			body("{{1}}{{2}} *" + strings.Repeat("ä", 140) + "\t\t {{4}} {name} [TODO] https://wa.me/1"),
			buttons(quickReply("*a*\n"), object{"type": "URL", "text": "\U0001F389", "url": "https://bit.ly/{{2}}x"}),
		}})
	}
	r := result(t, do(t, set, catalog.WhatsappTemplateLint, ofTemplate(rightBody, object{"type": "CAROUSEL", "cards": cards})))
	if n := tokentest.Count(string(encode(r))); n > 1_800 {
		t.Errorf("it has %d tokens", n)
	}
	shown := len(jsonvalue.List(r, "data.findings"))
	if warned := strings.Join(jsonvalue.Texts(r, "warnings"), " "); shown < 3 || !strings.Contains(warned, "more findings left out") {
		t.Errorf("%d findings, warnings: %s", shown, warned)
	}
}

// compare finds what only the project's own templates and account show.
func TestLintCompares(t *testing.T) {
	s := newSandboxSet(t, nil)
	s.onboard(t)
	const long = "Your order {{1}} left our warehouse this morning and will be with you in the course of the %s, in the place that you have chosen for it."
	s.template(t, "stored", rightBody)
	s.template(t, "stored_too", body(fmt.Sprintf(long, "afternoon"), "1001"))
	compared := func(args object) map[string]map[string]any {
		t.Helper()
		if without := ruleFindings(s.call(t, catalog.WhatsappTemplateLint, args)); len(without) > 0 {
			t.Errorf("without compare there is %s", encode(without))
		}
		args["compare"] = true
		return ruleFindings(s.call(t, catalog.WhatsappTemplateLint, args))
	}
	with := func(edit object) object {
		args := ofTemplate(body("Something quite different happens with order {{1}} this week.", "1001"))
		for name, value := range edit {
			args[name] = value
		}
		return args
	}
	same := ofTemplate(rightBody)["details"]
	similar := ofTemplate(body(fmt.Sprintf(long, "evening"), "1001"))["details"]
	bid := with(nil)["details"].(object)
	bid["optimization"] = object{"bidStrategy": "LOWEST_COST_WITH_BID_CAP", "bidAmount": 5}
	for rule, args := range map[string]object{
		"wa_duplicate":          with(object{"details": same}),
		"wa_similar":            with(object{"details": similar}),
		"wa_name_used":          with(object{"name": "stored"}),
		"wa_category_languages": with(object{"name": "stored", "language": "FR", "category": "MARKETING"}),
		"wa_optimization":       with(object{"category": "MARKETING", "details": bid}),
	} {
		found := compared(args)
		if len(found) != 1 || found[rule] == nil || found[rule]["path"] == "" || found[rule]["source"] == "" || lint.Lookup(rule) == nil {
			t.Errorf("%s: %s", rule, encode(found))
		}
	}
	if r := s.call(t, catalog.WhatsappTemplateLint, object{"compare": true, "details": with(nil)["details"]}); r["data"] != nil || r["warnings"] != nil {
		t.Errorf("without a name: %s", encode(r))
	}
	if found := compared(with(nil)); len(found) > 0 {
		t.Errorf("another text: %s", encode(found))
	}
	if fixed := compared(with(object{"name": "stored", "language": "FR", "category": "MARKETING"}))["wa_category_languages"]["corrected"]; fixed != "UTILITY" {
		t.Errorf("the category is corrected to %v", fixed)
	}
	if found := compared(object{"name": "stored", "language": "EN_US"}); len(found) > 0 {
		t.Errorf("a template is compared with itself: %s", encode(found))
	}
	s.call(t, templateCreate, with(object{"name": "in_review"}))
	update := object{"templateName": "in_review", "languageCode": "EN_US", "category": "UTILITY", "details": with(nil)["details"]}
	s.box.Advance(time.Minute)
	if found := compared(update); found["wa_update_state"] == nil {
		t.Errorf("an update of a template in review: %s", encode(found))
	}
}

// All pages of the project's templates are compared; what could not be read is said.
func TestLintComparesAllPages(t *testing.T) {
	stored := func(name, text string) object {
		return object{"name": name, "language": "EN_US", "category": "UTILITY", "state": "APPROVED", "details": object{"components": []object{body(text, "1001")}}}
	}
	last := object{"templates": []object{stored("last", "Your order {{1}} is on its way to you today.")}}
	set, _ := newSet(t, func(w http.ResponseWriter, r *http.Request) {
		switch token := r.URL.Query().Get("pageToken"); {
		case !strings.HasSuffix(r.URL.Path, "/templates"):
			answerJSON(http.StatusOK, object{"templates": []any{}})(w, r)
		case token == "":
			answerJSON(http.StatusOK, object{"templates": []object{stored("first", "Quite another text.")}, "nextPageToken": "more"})(w, r)
		case last == nil:
			answerJSON(http.StatusForbidden, object{"errorCode": "forbidden"})(w, r)
		default:
			answerJSON(http.StatusOK, last)(w, r)
		}
	}, nil)
	args := ofTemplate(rightBody)
	args["compare"] = true
	r := result(t, do(t, set, catalog.WhatsappTemplateLint, args))
	if found := ruleFindings(r)["wa_duplicate"]; !strings.Contains(jsonvalue.Text(found, "message"), "last") || r["warnings"] != nil {
		t.Errorf("%s", encode(r))
	}
	last = nil
	r = result(t, do(t, set, catalog.WhatsappTemplateLint, args))
	if warned := strings.Join(jsonvalue.Texts(r, "warnings"), "\n"); !strings.Contains(warned, "whatsapp_template_list could not be read (forbidden)") {
		t.Errorf("%s", encode(r))
	}
	more := 0
	set, _ = newSet(t, func(w http.ResponseWriter, r *http.Request) {
		more++
		answerJSON(http.StatusOK, object{"templates": []any{}, "nextPageToken": fmt.Sprint(more)})(w, r)
	}, nil)
	r = result(t, do(t, set, catalog.WhatsappTemplateLint, args))
	if warned := strings.Join(jsonvalue.Texts(r, "warnings"), "\n"); !strings.Contains(warned, "only the first") {
		t.Errorf("%s", encode(r))
	}
}

// In a rejected template nothing is found that was not: its activities say more, and no
// step leads back to the lint.
func TestLintOfATemplateThatExists(t *testing.T) {
	for _, tt := range []struct{ name, state, changes, tool string }{
		{"approved", "APPROVED", "", ""},
		{"rejected", "REJECTED", "", "whatsapp_template_activity_list"},
		{"a draft", "", "DRAFT", templateUpdate},
		{"in review", "PENDING", "", toolWait},
	} {
		t.Run(tt.name, func(t *testing.T) {
			details := object{"components": []object{rightBody}}
			answer := object{"name": "order_shipped", "language": "EN_US", "category": "UTILITY"}
			if tt.state != "" {
				answer["state"], answer["details"] = tt.state, details
			} else {
				answer["changes"] = object{"status": tt.changes, "details": details}
			}
			set, api := newSet(t, answerJSON(http.StatusOK, answer), nil)
			r := result(t, do(t, set, catalog.WhatsappTemplateLint, object{"name": "order_shipped", "language": "EN_US"}))
			if api.count() != 1 || r["data"] != nil || jsonvalue.Text(r, "ids.templateName") != "order_shipped" || jsonvalue.Text(r, "state") != tt.state || jsonvalue.Text(r, "pending") != tt.changes {
				t.Errorf("%d requests: %s", api.count(), encode(r))
			}
			next := jsonvalue.Objects(r, "next")
			if tt.tool == "" && next != nil || tt.tool != "" && (len(next) == 0 || next[0]["tool"] != tt.tool) {
				t.Errorf("next is %s", encode(r["next"]))
			}
			if slices.ContainsFunc(next, func(n map[string]any) bool { return n["tool"] == catalog.WhatsappTemplateLint }) {
				t.Errorf("next leads back: %s", encode(next))
			}
		})
	}
}

// The finding that a name is locked needs no read, and follows the API's clock.
func TestLintKnowsNamesThatWereDeletedHere(t *testing.T) {
	var clock func() time.Time
	s := newSandboxSet(t, func(_ *Options, g *guard.Options) { g.APINow = func() time.Time { return clock() } })
	clock = s.box.Now
	s.onboard(t)
	s.template(t, "order_shipped", rightBody)
	s.call(t, "whatsapp_template_delete", object{"templateName": "order_shipped", "languageCode": "EN_US", "deleteSubmitted": true})
	args := ofTemplate(rightBody)
	found, free := ruleFindings(s.call(t, catalog.WhatsappTemplateLint, args))["wa_name_locked"], s.box.Now().Add(30*24*time.Hour)
	if found["severity"] != "refused" || found["path"] != "name" || found["corrected"] != "order_shipped_v2" || !strings.Contains(jsonvalue.Text(found, "message"), free.Format(time.DateOnly)) {
		t.Errorf("%s", encode(found))
	}
	if e := failure(t, do(t, s.Set, templateCreate, args)); e["errorCode"] != "guard_whatsapp_template_name_locked" {
		t.Errorf("the create is answered with %s", encode(e))
	}
	s.box.Advance(31 * 24 * time.Hour)
	if r := s.call(t, catalog.WhatsappTemplateLint, args); r["data"] != nil {
		t.Errorf("after 31 days: %s", encode(r))
	}
	s.call(t, templateCreate, args)
}
