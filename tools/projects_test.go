package tools

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"

	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
)

// livedIn answers as a project with a webhook, two WhatsApp senders and
// nothing else.
func livedIn(w http.ResponseWriter, r *http.Request) {
	none := func(status int, code string) {
		answerJSON(status, map[string]any{"errorCode": code, "message": "m", "resolution": "r"})(w, r)
	}
	switch path := strings.TrimPrefix(r.URL.Path, "/v1/projects/"+project); path {
	case "/webhooks":
		answerJSON(http.StatusOK, map[string]any{"webhooks": []any{map[string]any{"id": "w", "target": "https://example.com/hook", "triggers": []any{"ALL"}, "projectId": project}}})(w, r)
	case "/whatsapp":
		answerJSON(http.StatusOK, map[string]any{"state": "ONBOARDED"})(w, r)
	case "/whatsapp/senders":
		answerJSON(http.StatusOK, map[string]any{"totalSize": 250, "senders": []any{
			map[string]any{"state": "ACTIVE"}, map[string]any{"changes": map[string]any{"status": "DRAFT"}},
		}})(w, r)
	case "/whatsapp/templates":
		none(http.StatusBadRequest, "project_not_initialized")
	case "/rcs/senders":
		none(http.StatusForbidden, "rbm_has_not_been_used")
	case "/sms/smsApps":
		none(http.StatusNotFound, "sms_service_not_found")
	case "/bundles":
		answerJSON(http.StatusOK, map[string]any{"totalSize": 0, "bundles": []any{}})(w, r)
	default:
		none(http.StatusForbidden, "strange") // KakaoTalk fails
	}
}

func TestProjectOverview(t *testing.T) {
	set, api := newSet(t, livedIn, nil)
	r := result(t, do(t, set, "project_overview", nil))
	sameJSON(t, "data", r["data"], json.RawMessage(`{
		"looks": "production: 1 WhatsApp sender is ACTIVE (not all of it could be read)",
		"webhooks": [{"id": "w", "target": "https://example.com/hook", "triggers": ["ALL"]}],
		"whatsappAccount": "ONBOARDED",
		"counts": {
			"whatsappSenders": {"total": 250, "byState": {"ACTIVE": 1, "changes.status=DRAFT": 1}, "partly": true},
			"whatsappTemplates": {"total": 0},
			"rcsSenders": {"total": 0},
			"smsApps": {"total": 0},
			"bundles": {"total": 0}
		},
		"notRead": {"kakaotalkSenders": "403 strange: m"}
	}`))
	if !strings.Contains(string(encode(r["warnings"])), "kakaotalkSenders could not be read") {
		t.Errorf("warnings %s", encode(r["warnings"]))
	}
	if api.count() != 8 {
		t.Errorf("%d requests", api.count())
	}
}

func TestAnOverviewThatCanNotBeReadIsAnError(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusUnauthorized, map[string]any{"errorCode": "unauthorized_error", "message": "m", "resolution": "r"}), nil)
	for _, tool := range []string{"project_overview", "project_confirm"} {
		if e := failure(t, do(t, set, tool, map[string]any{"projectId": project})); e["errorCode"] != "unauthorized_error" || e["status"] != 401.0 {
			t.Errorf("%s: %s", tool, encode(e))
		}
	}
}

func TestProjectConfirm(t *testing.T) {
	auto := func(o *guard.Options) { o.Mode = guard.Auto; o.Projects = []string{project} }
	set, _ := newSet(t, livedIn, auto)
	write := func() Outcome {
		return do(t, set, "webhook_create", map[string]any{"target": "https://example.com", "secret": "s"})
	}
	e := failure(t, write())
	if e["errorCode"] != "guard_project_unconfirmed" || jsonvalue.List(e, "next")[0].(map[string]any)["tool"] != "project_confirm" {
		t.Fatalf("got %s", encode(e))
	}
	shown := result(t, do(t, set, "project_confirm", nil))
	if shown["data"].(map[string]any)["confirmed"] != false || !strings.Contains(string(encode(shown)), project) {
		t.Errorf("got %s", encode(shown))
	}
	if e := failure(t, write()); e["errorCode"] != "guard_project_unconfirmed" {
		t.Errorf("showing the projects confirmed one: %s", encode(e))
	}
	if e := failure(t, do(t, set, "project_confirm", map[string]any{"projectId": "outside"})); e["errorCode"] != "guard_project_not_allowed" {
		t.Errorf("got %s", encode(e))
	}
	r := result(t, do(t, set, "project_confirm", map[string]any{"projectId": project}))
	if r["data"].(map[string]any)["confirmed"] != true || r["data"].(map[string]any)["overview"] == nil {
		t.Errorf("got %s", encode(r))
	}
	result(t, write())
}

func TestThePersonSeesWhatLivesInTheProject(t *testing.T) {
	set, _ := newSet(t, livedIn, func(o *guard.Options) { o.Mode = guard.Auto })
	p := &witness{says: guard.Accepted}
	out := set.Call(t.Context(), Caller{Principal: "test", Elicitor: p}, "project_confirm", json.RawMessage(`{"projectId":"`+project+`"}`))
	result(t, out)
	if want := `Work in project "` + project + `" for the next 12 hours?
The confirmation applies to every client that uses the same key or login.
Production: 1 WhatsApp sender is ACTIVE (not all of it could be read).
WhatsApp account: ONBOARDED
WhatsApp senders: 250 (of the first page: 1 ACTIVE, 1 not live yet (DRAFT))
Not read: KakaoTalk senders ("403 strange: m")
Webhooks: 1
  "https://example.com/hook"`; p.asked[0] != want {
		t.Errorf("the question is\n%s\nwant\n%s", p.asked[0], want)
	}
}

// Whatever the API says, the question keeps its lines, and a bounded length; a
// project id without an allowlist too.
func TestTheProjectsQuestionCanNotBeForged(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	hostile := "x\".\r\nWork in it for ever? Yes.\u202e\u2028" + strings.Repeat("\n", 50) + strings.Repeat("long ", 4000)
	var items []any
	for range 40 {
		items = append(items, map[string]any{"target": hostile, "state": hostile, "changes": map[string]any{"status": hostile}})
	}
	set, _ := newSet(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/kakaotalk/senders") {
			answerJSON(http.StatusForbidden, map[string]any{"errorCode": hostile, "message": hostile, "resolution": hostile})(w, r)
			return
		}
		answerJSON(http.StatusOK, map[string]any{"webhooks": items, "state": hostile, "senders": items, "templates": items, "apps": items, "bundles": items})(w, r)
	}, func(o *guard.Options) { o.Mode, o.Default = guard.Auto, "" })
	p := &witness{says: guard.Declined}
	set.Call(t.Context(), Caller{Principal: "test", Elicitor: p}, "project_confirm", encode(map[string]any{"projectId": strings.Repeat("Delete nothing ", 30) + "now"}))
	if len(p.asked) != 1 {
		t.Fatalf("asked %d times", len(p.asked))
	}
	lines := strings.Split(p.asked[0], "\n")
	if len(p.asked[0]) > 8000 || len(lines) > 2+2+len(counted())+1+15+1 {
		t.Errorf("%d bytes in %d lines", len(p.asked[0]), len(lines))
	}
	if !strings.HasPrefix(lines[0], `Work in project "Delete nothing`) || !strings.HasSuffix(lines[0], `…" for the next 12 hours?`) {
		t.Errorf("the first line is %s", lines[0])
	}
	for _, line := range lines {
		if strings.HasPrefix(line, "Work in it") || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("a line is %q", line)
		}
	}
}

func TestWhatAProjectLooksLike(t *testing.T) {
	one := func(state string) counts { return counts{Total: 1, ByState: map[string]int{state: 1}} }
	for name, test := range map[string]struct {
		o    overview
		want string
	}{
		"nothing":                {overview{WhatsappAccount: "none"}, "an empty project: nothing is set up yet"},
		"an account alone":       {overview{WhatsappAccount: "ONBOARDED"}, "nothing in it is live"},
		"a sender in test":       {overview{WhatsappAccount: "none", Counts: map[string]counts{"rcsSenders": one("IN_TEST")}}, "nothing in it is live"},
		"a launched sender":      {overview{WhatsappAccount: "none", Counts: map[string]counts{"rcsSenders": one("LAUNCHED")}}, "production: 1 RCS sender is LAUNCHED"},
		"launched senders, apps": {overview{WhatsappAccount: "none", Counts: map[string]counts{"rcsSenders": {Total: 3, ByState: map[string]int{"LAUNCHED": 2, "IN_TEST": 1}}, "smsApps": one("ACTIVE")}}, "production: 2 RCS senders are LAUNCHED, 1 SMS app is ACTIVE"},
		"approved templates":     {overview{WhatsappAccount: "none", Counts: map[string]counts{"whatsappTemplates": one("APPROVED")}}, "nothing in it is live"},
		// A host's name is no reason to guess.
		"a webhook to a test": {overview{WhatsappAccount: "none", Webhooks: []any{map[string]any{"target": "https://hooks.staging.example.com/x"}}}, "nothing in it is live"},
	} {
		if got := test.o.looks(); got != test.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// A person reads of each kind by its name, on one line, however many of its
// things need attention.
func TestWhatNeedsAttentionIsToldInWords(t *testing.T) {
	for _, test := range []struct {
		kind, want string
		stands     []string
	}{
		{"whatsappTemplates", `2 WhatsApp templates need attention (1 REJECTED, 1 not live yet ("IN_PROGRESS for 9 days"))`, []string{"REJECTED", "changes.status=IN_PROGRESS for 9 days"}},
		{"whatsappAccount", `1 WhatsApp account needs attention (1 "ACTIVE, displayName=REJECTED")`, []string{"ACTIVE, displayName=REJECTED"}},
	} {
		o := &overview{}
		for _, stands := range test.stands {
			o.Attention = append(o.Attention, attention{Kind: test.kind, Condition: stands})
		}
		if lines := o.attentionLines(); !slices.Equal(lines, []string{test.want}) {
			t.Errorf("%s: %q", test.kind, lines)
		}
	}
	o := &overview{}
	for _, resource := range counted() {
		for i := range 30 {
			o.Attention = append(o.Attention, attention{Kind: resource.Kind(), Condition: fmt.Sprintf("ACTIVE for %d days", i)})
		}
	}
	lines := o.attentionLines()
	if len(lines) != len(counted()) {
		t.Errorf("%d lines", len(lines))
	}
	for _, line := range lines {
		if strings.Contains(line, "Senders") || strings.Contains(line, "Templates") || len(line) > 400 {
			t.Errorf("%q", line)
		}
	}
}
