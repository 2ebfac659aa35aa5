package tools

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"papi-mcp/guides"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/prompts"
)

func complete(set *Set, source string, given map[string]string, begun string) string {
	return strings.Join(set.Complete(context.Background(), Caller{Principal: "me"}, source, given, begun), " ")
}

func TestCompletions(t *testing.T) {
	set, api := newSet(t, func(w http.ResponseWriter, r *http.Request) {
		switch path := strings.TrimPrefix(r.URL.Path, "/v1/projects/"); path {
		case project + "/whatsapp/templates":
			answerJSON(http.StatusOK, map[string]any{"templates": []any{
				map[string]any{"name": "order_late"}, map[string]any{"name": "Offer"}, map[string]any{"name": "order_late"}, map[string]any{"name": "hello"},
			}})(w, r)
		case "other/whatsapp/templates":
			answerJSON(http.StatusOK, map[string]any{"templates": []any{map[string]any{"name": "others"}}})(w, r)
		case project + "/whatsapp/templates/order_late":
			answerJSON(http.StatusOK, map[string]any{"templates": []any{map[string]any{"language": "EN"}, map[string]any{"language": "DE"}}})(w, r)
		default:
			answerJSON(http.StatusNotFound, nil)(w, r)
		}
	}, func(o *guard.Options) { o.Projects = []string{project, "other"} })
	for name, test := range map[string]struct {
		source string
		given  map[string]string
		begun  string
		want   string
	}{
		"projects":                         {"projects", nil, "", project + " other"},
		"families":                         {"families", nil, "whats", "whatsapp whatsapp_templates"},
		"families of triggers":             {"trigger_families", nil, "r", "rcs"},
		"tools":                            {"tools", nil, "webhook_re", "webhook_replace"},
		"error codes":                      {"error_codes", nil, "webhook_e", "webhook_exists"},
		"languages, whatever the case":     {"languages", nil, "en_u", "EN_US"},
		"use cases":                        {"rcs_use_cases", nil, "", "MULTIUSE OTP PROMOTIONAL TRANSACTIONAL"},
		"names, sorted, each once":         {"whatsapp_template_names", nil, "o", "Offer order_late"},
		"names of a project that is given": {"whatsapp_template_names", map[string]string{"projectId": "other"}, "", "others"},
		"names of a foreign project":       {"whatsapp_template_names", map[string]string{"projectId": "foreign"}, "", ""},
		"languages of a template":          {"whatsapp_template_languages", map[string]string{"templateName": "order_late"}, "", "DE EN"},
		"languages of none":                {"whatsapp_template_languages", nil, "", ""},
		"where the API fails":              {"rcs_senders", nil, "", ""},
		"an unknown source":                {"weather", nil, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := complete(set, test.source, test.given, test.begun); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	for _, r := range api.requests {
		if strings.Contains(r.path, "foreign") {
			t.Errorf("a project outside the allowlist was read: %s", r.path)
		}
	}
}

// One read serves a minute of typing, and all who type concurrently.
func TestACompletionReadsOnce(t *testing.T) {
	set, api := newSet(t, answerJSON(http.StatusOK, map[string]any{"senders": []any{map[string]any{"id": "s-1"}}}), nil)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if got := complete(set, "rcs_senders", nil, "s"); got != "s-1" {
				t.Errorf("got %q", got)
			}
		})
	}
	all.Wait()
	if n := api.count(); n != 1 {
		t.Errorf("%d reads", n)
	}
	if got := complete(set, "rcs_senders", nil, "x"); got != "" || api.count() != 1 {
		t.Errorf("got %q after %d reads", got, api.count())
	}
}

// A completion reads nothing that a call could not.
func TestACompletionReadsOnlyWithAToolThatIsOffered(t *testing.T) {
	api := &slowAPI{body: `{"senders":[{"id":"s-1"}]}`}
	for toolset, want := range map[string]string{"rcs": "s-1", "webhooks": ""} {
		if got := complete(slowSet(t, api, toolset), "rcs_senders", nil, ""); got != want || api.reads > 1 {
			t.Errorf("with %s: %q after %d reads, want %q", toolset, got, api.reads, want)
		}
	}
	if api.reads != 1 {
		t.Errorf("%d reads", api.reads)
	}
}

func TestKeptCompletionsEndAndAreBounded(t *testing.T) {
	c := completions{kept: map[string]completion{"old": {[]string{"x"}, time.Now().Add(-time.Second)}}}
	if _, ok := c.get("old"); ok {
		t.Error("an old one is still listed")
	}
	for i := range 10 * maxCompletionReads {
		c.put(string(rune('a'+i%26))+strings.Repeat("x", i), nil)
	}
	if len(c.kept) > maxCompletionReads {
		t.Errorf("%d are kept", len(c.kept))
	}
}

// What was read for one who may see a project is not shown to one who may not.
func TestAKeptCompletionIsOnlyForWhoMaySeeTheProject(t *testing.T) {
	set, _ := newSet(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			answerJSON(http.StatusCreated, map[string]any{"id": "b-1", "state": "DONE", "subproject": map[string]any{"id": "subproject"}})(w, r)
		case strings.Contains(r.URL.Path, "/subproject/"):
			answerJSON(http.StatusOK, map[string]any{"senders": []any{map[string]any{"id": "s-1"}}})(w, r)
		default:
			answerJSON(http.StatusOK, map[string]any{})(w, r)
		}
	}, func(o *guard.Options) { o.Projects = []string{project} })
	result(t, do(t, set, "bundle_create", map[string]any{"name": "Example", "region": "EU", "subproject": true})) // by "test"
	for _, asks := range []struct{ principal, want string }{{"other", ""}, {"test", "s-1"}, {"other", ""}} {
		got := set.Complete(t.Context(), Caller{Principal: asks.principal}, "rcs_senders", map[string]string{"projectId": "subproject"}, "")
		if strings.Join(got, " ") != asks.want {
			t.Errorf("%s gets %v, want %q", asks.principal, got, asks.want)
		}
	}
}

// What prompts name as a source exists.
func TestPromptsNameKnownSources(t *testing.T) {
	for _, p := range prompts.All() {
		for _, a := range p.Arguments {
			if _, known := sources()[a.Complete]; a.Complete != "" && !known {
				t.Errorf("%s %s: nothing completes %q", p.Name, a.Name, a.Complete)
			}
		}
	}
}

// Codes of the API, of this server and of its rules are completed alike.
func TestErrorCodesAreCompleted(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	for begun, want := range map[string]string{"webhook_e": "webhook_exists", "guard_all_a": "guard_all_alone", "confirmation_r": "confirmation_required"} {
		if got := set.Complete(t.Context(), Caller{}, "error_codes", nil, begun); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %v", begun, got)
		}
	}
}

func TestLinks(t *testing.T) {
	rejected, done := "REJECTED", "APPROVED"
	for name, test := range map[string]struct {
		tool    string
		outcome any
		want    string
	}{
		"an error of the API":         {"webhook_create", &Error{Status: 409, Code: "webhook_exists"}, "papi://errors/webhook_exists"},
		"an error that others know":   {"kakaotalk_sender_create", &Error{Status: 409, Code: "file_not_found"}, "papi://errors/kakaotalk.file_not_found"},
		"an unknown error":            {"webhook_create", &Error{Status: 409, Code: "new_code"}, ""},
		"an error of ours":            {"webhook_create", &Error{Code: "invalid_arguments"}, ""},
		"a refusal":                   {"webhook_create", &Error{Code: "guard_all_alone"}, "papi://guides/webhooks"},
		"a refusal for the project":   {"webhook_create", &Error{Code: "guard_project_unconfirmed"}, ""},
		"a thing that is stuck":       {"whatsapp_template_get", &Result{State: rejected}, "papi://guides/whatsapp_templates"},
		"a change that is stuck":      {"kakaotalk_sender_get", &Result{Pending: rejected}, "papi://guides/kakaotalk"},
		"a thing that is well":        {"whatsapp_template_get", &Result{State: done}, ""},
		"a sender's guide is another": {"whatsapp_sender_get", &Error{Code: "guard_register_state"}, "papi://guides/whatsapp/sender"},
	} {
		t.Run(name, func(t *testing.T) {
			set, _ := newSet(t, answerJSON(http.StatusOK, map[string]any{}), nil)
			got := ""
			if l := linkFor(set.tools[test.tool].row, test.outcome); l != nil {
				got = l.URI
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Every toolset of the API has a guide, so that each refusal has one to lead to.
func TestEveryToolsetHasItsGuide(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	for _, row := range set.opts.Rows {
		if !slices.Contains(guides.Families(), guides.OfTool(row.Toolset)) {
			t.Errorf("no guide for %s", row.Toolset)
		}
	}
	if page := ErrorPage("webhook_exists"); papi.ErrorCodes()["webhook_exists"] == nil || !strings.Contains(page, "`webhook_list`") {
		t.Errorf("the page does not lead on:\n%s", page)
	}
}
