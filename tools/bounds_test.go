package tools

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/tokentest"
)

// fewTokens checks that an error is small, whatever the caller wrote.
func fewTokens(t *testing.T, where string, e *Error) {
	t.Helper()
	if n := tokentest.Count(string(encode(e))); n >= maxErrorTokens {
		t.Errorf("%s: %d tokens: %s", where, n, encode(e))
	}
	for _, n := range e.Next {
		if project := n.Args[argProject]; project != nil && n.Tool != "project_confirm" {
			n.Args = jsonvalue.With(n.Args, argProject, nil)
			delete(n.Args, argProject)
		}
		n.Via = ""
		small(t, where, n)
	}
}

// A confirmation is small where the question is long, and says what matters: what is
// created or lost, how much of it, and that there is no way back.
func TestALongQuestionIsAnsweredBriefly(t *testing.T) {
	hooks := make([]any, 15)
	for i := range hooks {
		hooks[i] = map[string]any{"target": fmt.Sprintf("https://hooks%d.example.com/provisioning/events/%d", i, i), "secret": "s3cret-s3cret-s3cret", "triggers": []any{"WHATSAPP_SENDER_ACTIVE", "WHATSAPP_SENDER_REJECTED", "BUNDLE_DONE"}}
	}
	talk := jsonvalue.With(hooks[0].(map[string]any), "triggers", []any{"BATCH_STATUS_UPDATE"})
	var countries, status, languages []any
	for i, code := range strings.Fields("US AT BE BR CA CH CZ DE DK ES FI FR GB IE IN IT MX NL NO PL PT SE SG SK ZA") {
		countries = append(countries, code)
		status = append(status, map[string]any{"country": code, "status": "PENDING_LAUNCH"})
		languages = append(languages, map[string]any{"name": "x", "language": code, "state": "APPROVED", "id": i})
	}
	for _, tt := range []struct {
		tool   string
		args   map[string]any
		answer map[string]any
		says   []string
	}{
		{"bundle_create", map[string]any{
			"name": "Example", "region": "EU", "smsApp": true, "subproject": map[string]any{"name": strings.Repeat("Example shop ", 10)},
			"convApp":  map[string]any{"name": "Talk", "webhooks": []any{talk, jsonvalue.With(talk, "target", "https://talk.example.com/events")}},
			"webhooks": hooks,
		}, nil, []string{"no call to remove a subproject or a Conversation app", "an SMS app", "15 webhooks to hooks0.example.com, hooks1.example.com, hooks2.example.com and 12 more", "its 2 webhooks to"}},
		{"rcs_sender_launch", map[string]any{"senderId": realistic["senderId"]}, map[string]any{
			"state": "IN_TEST", "countryStatus": status, "details": map[string]any{"countries": countries, "brand": map[string]any{"name": "Example Shop"}},
		}, []string{"can't be withdrawn", "25 countries: US (PENDING_LAUNCH)", "and 22 more"}},
		{"rcs_sender_launch", map[string]any{"senderId": realistic["senderId"]}, map[string]any{
			"state": "IN_TEST", "details": map[string]any{"countries": []any{"SE", "DE", "AT"}, "brand": map[string]any{"name": "Example Shop"}},
		}, []string{"can't be withdrawn", "Add the answers for FR, GB, US first"}},
		{"whatsapp_template_delete_all_languages", map[string]any{"templateName": strings.Repeat("order_shipped_", 30)}, map[string]any{"templates": languages}, []string{"25 languages: AT (APPROVED)", "and 22 more", "for 30 days"}},
		{"whatsapp_template_delete", map[string]any{"templateName": strings.Repeat("order_shipped_", 30), "languageCode": "EN_US", "deleteSubmitted": true}, map[string]any{"state": "APPROVED"}, []string{"can't be used again in this language"}},
	} {
		for _, named := range []bool{false, true} {
			set, _ := newSet(t, answerJSON(http.StatusOK, tt.answer), func(o *guard.Options) { o.Mode, o.Default = guard.Auto, realisticProject })
			result(t, do(t, set, "project_confirm", map[string]any{argProject: realisticProject}))
			args := tt.args
			if named {
				args = jsonvalue.With(args, argProject, realisticProject)
			}
			e := do(t, set, tt.tool, args).Structured.(*Error)
			if e.Confirmation == nil || len(e.Next) != 1 {
				t.Fatalf("%s: %s", tt.tool, encode(e))
			}
			fewTokens(t, tt.tool, e)
			for _, text := range tt.says {
				if !strings.Contains(e.Confirmation.Summary, text) {
					t.Errorf("%s does not say %q: %s", tt.tool, text, e.Confirmation.Summary)
				}
			}
			again := jsonvalue.With(args, argConfirm, e.Confirmation.Token) // it is for this very call
			result(t, do(t, set, tt.tool, again))
		}
	}
}

// However many mistakes a call has, and however long what was given is.
func TestManyLongMistakesAreAnsweredBriefly(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	long := map[string]string{
		"words": strings.Repeat("order shipped ", 40), "digits": strings.Repeat("1f8c8dc54a764f7e", 40), "signs": strings.Repeat(`{"\`, 100),
		"letters of another script": strings.Repeat("注文が発送されました", 40), "symbols": strings.Repeat("🚀é", 60), "paths": strings.Repeat("a.b[0].c", 60),
	}
	for name, text := range long {
		for _, n := range []int{1, 3, 8, maxNames / 2} {
			for _, tool := range []string{"webhook_create", "rcs_sender_create", "whatsapp_template_create", "project_overview", "schema_get"} {
				top, inner := map[string]any{}, map[string]any{}
				for i := range n {
					top[fmt.Sprint(text, i)] = text
					inner[fmt.Sprint(text, i)] = map[string]any{text: text}
				}
				for _, args := range []map[string]any{
					top, {"details": inner}, {"triggers": []any{text, text}, "target": text, "secret": 1},
					{"tool": text, "path": text}, {"name": text, "language": text, "category": text, "region": text, "details": map[string]any{"components": []any{text, inner, text}, "countries": []any{text, text}, "brand": inner}},
				} {
					out := do(t, set, tool, args)
					if !out.IsError {
						continue
					}
					fewTokens(t, tool+", "+name, out.Structured.(*Error))
				}
			}
		}
	}
}

// What is left out of a list of violations is counted.
func TestViolationsThatAreLeftOutAreCounted(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	for _, n := range []int{1, 2, 8, 60, maxNames - 1} {
		args := map[string]any{"webhookId": "w"}
		for i := range n {
			args[fmt.Sprintf("unknown%d", i)] = i
		}
		e := do(t, set, "webhook_get", args).Structured.(*Error)
		more, _ := e.Info["more"].(int)
		if shown := e.Info["violations"].([]papi.Violation); len(shown) == 0 || len(shown)+more != n || !strings.Contains(e.Message, fmt.Sprint(n)) && n > 1 {
			t.Errorf("%d: %s", n, encode(e))
		}
	}
}

// A step asks for what is long in it, and keeps what is short or only it knows.
func TestLongArgumentsOfAStepAreAskedFor(t *testing.T) {
	long := strings.Repeat("x1", 60)
	step := boundSteps([]catalog.Next{{Do: "or change it", Tool: "whatsapp_template_update", Args: map[string]any{
		"templateName": long, "languageCode": "EN_US", argProject: realisticProject,
	}}})[0]
	if want := `{"do":"or change it","tool":"whatsapp_template_update","args":{"languageCode":"EN_US","projectId":"` + realisticProject + `"},"needs":["templateName"]}`; string(encode(step)) != want {
		t.Errorf("%s, want %s", encode(step), want)
	}
	var given map[string]any
	_ = json.Unmarshal([]byte(`{"senderId":"1f8c8dc5-4a76-4f7e-b602-b4eb9195c4ec"}`), &given)
	if step := boundSteps([]catalog.Next{{Do: "check again", Tool: "whatsapp_sender_get", Args: given}})[0]; len(step.Args) != 1 {
		t.Errorf("a short id is asked for: %s", encode(step))
	}
}

// The JSON that a result keeps of the time when it was bounded is that of the result.
func TestTheKeptJSONIsThatOfTheResult(t *testing.T) {
	kept := 0
	for _, s := range samples(t) {
		out := s.answered(t)
		raw, err := out.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if want := jsonvalue.Encode(out.Structured); string(raw) != string(want) {
			t.Errorf("%s: kept %s, and it is %s", s.row.Tool, raw, want)
		}
		if r, isResult := out.Structured.(*Result); isResult && r.encoded != nil {
			kept++
		}
	}
	if kept == 0 {
		t.Error("no result keeps its JSON")
	}
}

// A table is replaced by its items only where these are clean in all they have: the table
// may not show it.
func TestItemsThatAreNotCleanStayATable(t *testing.T) {
	for about, want := range map[string]bool{"clean": true, "not\u200b clean": false} {
		items := []any{map[string]any{"id": "ONE", "about": about}}
		r := &Result{Tool: "whatsapp_flow_screen_list", answer: []byte(`{}`), isWhole: func() bool { return true }}
		r.Data = &Table{Cols: []string{"id"}, Rows: [][]any{{"ONE"}}, items: items}
		bound(Outcome{Structured: r})
		if _, got := r.Data.(*Items); got != want {
			t.Errorf("an item that is %q: shown as it is is %v", about, got)
		}
	}
}
