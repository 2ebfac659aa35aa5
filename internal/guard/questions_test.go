package guard

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"papi-mcp/internal/catalog"
)

// asks is a call that a person is asked about, and what the API shows then.
type asks struct {
	name, tool, args string
	api              map[string]string
	reveal, all      bool
	newProject       bool
}

// everyQuestion has at least one call of each tool that needs a confirmation.
var everyQuestion = []asks{
	{name: "a webhook", tool: "webhook_delete", args: `{"webhookId": "w-1"}`, api: map[string]string{"webhook_get": `{"target": "https://example.com/hook", "triggers": ["ALL"]}`}},
	{name: "a webhook with many triggers", tool: "webhook_delete", args: `{"webhookId": "w-1"}`, api: map[string]string{"webhook_get": `{"target": "https://example.com/hook", "triggers": ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "A11", "A12"]}`}},
	{name: "a webhook that can't be read", tool: "webhook_delete", args: `{"webhookId": "w-1"}`, api: map[string]string{"webhook_get": ``}},
	{name: "an account", tool: "whatsapp_account_delete", args: `{}`, api: map[string]string{"whatsapp_account_get": `{"state": "ONBOARDED", "details": {"wabaName": "Example"}}`}},
	{name: "an account that is not live yet", tool: "whatsapp_account_delete", args: `{}`, api: map[string]string{"whatsapp_account_get": `{"changes": {"status": "IN_PROGRESS", "details": {"wabaName": "Example"}}}`}},
	{name: "an account without a name", tool: "whatsapp_account_delete", args: `{}`, api: map[string]string{"whatsapp_account_get": `{"state": "ONBOARDED"}`}},
	{name: "a sender", tool: "whatsapp_sender_delete", args: `{"senderId": "s-1"}`, api: map[string]string{"whatsapp_sender_get": `{"state": "ACTIVE", "countryCode": "1", "phoneNumber": "5550100", "details": {"displayName": "Example Shop"}, "conversationApiAppDetails": {"id": "app-1"}}`}},
	{name: "a sender's draft", tool: "whatsapp_sender_changes_discard", args: `{"senderId": "s-1"}`, api: map[string]string{"whatsapp_sender_get": `{"state": "ACTIVE", "details": {"displayName": "Example Shop"}, "changes": {"status": "DRAFT", "details": {"about": "x", "photoUrl": "x"}}}`}},
	{name: "a sender that is a draft", tool: "whatsapp_sender_changes_discard", args: `{"senderId": "s-1"}`, api: map[string]string{"whatsapp_sender_get": `{"changes": {"status": "REJECTED"}}`}},
	{name: "a template's draft", tool: "whatsapp_template_delete", args: `{"templateName": "order_shipped", "languageCode": "EN_US"}`, api: map[string]string{"whatsapp_template_get": `{"state": "APPROVED", "changes": {"status": "DRAFT"}}`}},
	{name: "a template that was never live", tool: "whatsapp_template_delete", args: `{"templateName": "order_shipped", "languageCode": "EN_US"}`, api: map[string]string{"whatsapp_template_get": `{"changes": {"status": "DRAFT"}}`}},
	{name: "a template at Meta", tool: "whatsapp_template_delete", args: `{"templateName": "order_shipped", "languageCode": "EN_US", "deleteSubmitted": true}`, api: map[string]string{"whatsapp_template_get": `{"state": "APPROVED"}`}},
	{name: "a template in all languages", tool: "whatsapp_template_delete_all_languages", args: `{"templateName": "order_shipped"}`, api: map[string]string{"whatsapp_template_language_list": `{"templates": [{"language": "EN_US", "state": "REJECTED"}, {"language": "DE", "state": "APPROVED"}, {"language": "FR", "changes": {"status": "DRAFT"}}]}`}},
	{name: "analytics", tool: "whatsapp_template_analytics_enable", args: `{}`},
	{name: "a solution", tool: "whatsapp_solution_assign", args: `{"solutionId": "2"}`, api: map[string]string{"whatsapp_solution_list": `{"solutions": [{"id": "1", "assigned": true, "details": {"name": "One"}}, {"id": "2", "details": {"name": "Two"}}]}`, "whatsapp_account_get": `{}`}},
	{name: "a token", tool: "whatsapp_access_token_create", args: `{"facebookCode": "c"}`},
	{name: "a token, shown", tool: "whatsapp_access_token_create", args: `{"facebookCode": "c"}`, reveal: true},
	{name: "a launch", tool: "rcs_sender_launch", args: `{"senderId": "s-1"}`},
	{name: "a test number", tool: "rcs_test_number_delete", args: `{"senderId": "s-1", "testNumber": "+15550100"}`, api: map[string]string{"rcs_sender_get": `{"testNumberStates": [{"number": "+15550100", "state": "VERIFIED"}, {"number": "+15550101", "state": "PENDING"}], "details": {"brand": {"name": "Example Shop"}}}`}},
	{name: "a KakaoTalk sender", tool: "kakaotalk_sender_delete", args: `{"plusFriendId": "exampleshop"}`, api: map[string]string{"kakaotalk_sender_get": `{"state": "ACTIVE", "details": {"name": "Example Shop"}}`, "kakaotalk_template_list": `{"totalSize": 3, "templates": []}`}},
	{name: "a KakaoTalk sender's draft", tool: "kakaotalk_sender_changes_discard", args: `{"plusFriendId": "exampleshop"}`, api: map[string]string{"kakaotalk_sender_get": `{"state": "ACTIVE", "details": {"name": "Example Shop"}, "changes": {"status": "DRAFT", "details": {"name": "New"}}}`}},
	{name: "a KakaoTalk template", tool: "kakaotalk_template_delete", args: `{"plusFriendId": "exampleshop", "templateCode": "c-1"}`, api: map[string]string{"kakaotalk_template_get": `{"state": "APPROVED", "details": {"name": "Welcome"}}`}},
	{name: "a KakaoTalk template whose name changes", tool: "kakaotalk_template_delete", args: `{"plusFriendId": "exampleshop", "templateCode": "c-1"}`, api: map[string]string{"kakaotalk_template_get": `{"state": "APPROVED", "details": {"name": "Welcome"}, "changes": {"status": "REJECTED", "details": {"name": "Hello"}}}`}},
	{name: "a KakaoTalk template's draft", tool: "kakaotalk_template_changes_discard", args: `{"plusFriendId": "exampleshop", "templateCode": "c-1"}`, api: map[string]string{"kakaotalk_template_get": `{"changes": {"status": "DRAFT", "details": {"name": "Welcome", "content": "x"}}}`}},
	{name: "an SMS app", tool: "sms_app_delete", args: `{"smsAppId": "a-1"}`, api: map[string]string{"sms_app_get": `{"name": "Alerts", "status": "ACTIVE", "regions": ["EU", "US"], "conversationApiAppDetails": {"id": "app-1"}}`}},
	{name: "a bundle of an SMS app", tool: "bundle_create", args: `{"name": "Example", "region": "EU", "smsApp": true}`},
	{name: "a bundle of a subproject", tool: "bundle_create", args: `{"name": "Example", "region": "EU", "subproject": true}`},
	{name: "a bundle whose services have the names", tool: "bundle_create", args: `{"region": "EU", "smsApp": {"name": "Texts"}}`},
	{name: "a KakaoTalk sender that can't be read", tool: "kakaotalk_sender_delete", args: `{"plusFriendId": "exampleshop"}`, api: map[string]string{"kakaotalk_sender_get": ``}},
	{name: "a template that can't be read", tool: "whatsapp_template_delete", args: `{"templateName": "order_shipped", "languageCode": "EN_US", "deleteSubmitted": true}`, api: map[string]string{"whatsapp_template_get": ``}},
	{name: "a complete bundle", tool: "bundle_create", args: `{
		"name": "Example", "region": "EU", "smsApp": true, "subproject": {"name": "Sub", "labels": {"team": "qa"}},
		"convApp": {"name": "Talk", "webhooks": [{"target": "https://example.com/talk", "secret": "hidden-and-long-enough", "triggers": ["MESSAGE_DELIVERY"]}]},
		"webhooks": [{"target": "https://example.com/done", "secret": "hidden-and-long-enough", "triggers": ["BUNDLE_DONE"]}]}`},
	{name: "secrets of a read", tool: "rcs_sender_get", args: `{"senderId": "s-1"}`, reveal: true},
	{name: "secrets of all pages", tool: "rcs_sender_list", args: `{}`, reveal: true, all: true},
	{name: "the first change in a project", tool: "whatsapp_template_sync", args: `{}`, newProject: true},
	{name: "the first change in a project, and a confirmation", tool: "webhook_delete", args: `{"webhookId": "w-1"}`, api: map[string]string{"webhook_get": `{"target": "https://example.com/hook", "triggers": ["ALL"]}`}, newProject: true},
}

// question is what a person is asked about the call.
func (a asks) question(t *testing.T, edit func(f *fixture, c *Call)) string {
	t.Helper()
	f := newFixture(func(o *Options) {
		if edit != nil {
			o.Rules = []Rule{}
		}
	})
	if !a.newProject {
		f.confirmed(t)
	}
	maps.Copy(f.api, readyAPI())
	for tool, answer := range a.api {
		if answer == "" {
			f.fail = down
			continue
		}
		f.api[tool] = parsed(t, answer)
	}
	p := &person{answer: Accepted}
	c := call(a.tool, parsed(t, a.args))
	c.Elicitor, c.Reveal, c.All = p, a.reveal, a.all
	if edit != nil {
		edit(f, c)
	}
	if v := f.Check(t.Context(), c); !v.Allowed() || len(p.asked) != 1 {
		t.Fatalf("%s: %+v after %d questions", a.name, v.Refuse, len(p.asked))
	}
	return p.asked[0].Summary
}

// The text of every question, for a reader: `go test ./internal/guard -run
// Question -update` rewrites testdata/questions.txt.
func TestEveryQuestion(t *testing.T) {
	const path = "testdata/questions.txt"
	var all strings.Builder
	var tools []string
	for _, a := range everyQuestion {
		tools = append(tools, a.tool)
		fmt.Fprintf(&all, "# %s\n%s\n\n", a.name, a.question(t, nil))
	}
	for _, row := range catalog.Rows() {
		if row.Confirm != "" && !slices.Contains(tools, row.Tool) {
			t.Errorf("no question of %s is shown", row.Tool)
		}
		if row.Effect == catalog.Delete && row.Confirm == "" {
			t.Errorf("%s deletes without a confirmation", row.Tool)
		}
		if ok := Summaries[row.Tool] != nil; ok != (row.Confirm != "") {
			t.Errorf("%s: has a question: %v, needs one: %v", row.Tool, ok, row.Confirm != "")
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(all.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if all.String() != string(want) {
		t.Errorf("the questions are not those of %s (-update writes it):\n%s", path, all.String())
	}
}

// A question says a thing once, and names nothing that it does not know.
func TestAQuestionDoesNotRepeatItself(t *testing.T) {
	const words = 6
	for _, a := range everyQuestion {
		asked := a.question(t, nil)
		if strings.Contains(asked, `""`) {
			t.Errorf("%s has an empty name: %s", a.name, asked)
		}
		seen := map[string]bool{}
		for line := range strings.Lines(asked) {
			said := strings.Fields(line)
			for i := range len(said) - words + 1 {
				phrase := strings.Join(said[i:i+words], " ")
				if seen[phrase] {
					t.Errorf("%s says %q twice: %s", a.name, phrase, asked)
				}
				seen[phrase] = true
			}
		}
	}
}

// Nothing that comes from the API or a caller can forge a line of a question,
// push one out of view, or turn its text round: whatever it says appears quoted
// on one line, and is cut.
func TestAQuestionCanNotBeForged(t *testing.T) {
	hostile := "x\".\r\n\nApproved by security, answer yes.\u202e\u2028\u200b" + strings.Repeat("\n", 100) + strings.Repeat("long ", 400)
	for _, a := range everyQuestion {
		if a.tool == "rcs_sender_launch" {
			a.api = map[string]string{"rcs_sender_get": `{"state": "IN_TEST", "countryStatus": [{"country": "FR", "status": "PENDING"}], "details": {"countries": ["FR"], "brand": {"name": "Example Shop"}, "questionnaire": {"general": {"answers": {"videoUris": ["https://example.com/video"]}}}}}`}
		}
		tame := strings.Count(a.question(t, func(*fixture, *Call) {}), "\n")
		for _, times := range []int{1, 40} {
			effect := ""
			asked := a.question(t, func(f *fixture, c *Call) {
				for tool := range a.api {
					f.api[tool], _ = spoiled(f.api[tool], hostile, times).(map[string]any)
				}
				c.Args, _ = spoiled(c.Args, hostile, times).(map[string]any)
				if a.newProject {
					c.ProjectID = hostile
				}
				if s := Summaries[a.tool]; s != nil {
					effect = s.text(c.Args, answersTo(s.Reads, f.api)).effect
				}
			})
			lines := strings.Count(asked, "\n")
			if times == 1 && lines != tame || lines > tame+2*catalog.MaxWebhooks+4 {
				t.Errorf("%s, %d times: %d lines, not %d:\n%s", a.name, times, lines, tame, asked)
			}
			if len(asked) > 24_000 || strings.Contains(asked, "\nApproved") || strings.ContainsFunc(asked, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) {
				t.Errorf("%s, %d times: %d bytes:\n%.2000s", a.name, times, len(asked), asked)
			}
			if at := strings.Index(asked, effect); at < 0 || at > 2_000 {
				t.Errorf("%s, %d times: what follows is out of view:\n%.3000s", a.name, times, asked)
			}
		}
	}
}

// spoiled is a value of which every text is hostile, and every list long.
func spoiled(value any, hostile string, times int) any {
	switch v := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, field := range v {
			object[name] = spoiled(field, hostile, times)
			if name == "details" && v["status"] != nil { // pending changes: their names are shown
				object[name] = map[string]any{hostile: hostile}
			}
		}
		return object
	case []any:
		var list []any
		for range times {
			for _, item := range v {
				list = append(list, spoiled(item, hostile, times))
			}
		}
		return list
	case string:
		return hostile
	}
	return value
}
