package tools

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/tokentest"
)

// newEmptyProject returns all tools on a project with nothing in it, and a function that
// returns the API's last answer.
func newEmptyProject(t *testing.T, edit func(*guard.Options)) (*Set, func() string) {
	t.Helper()
	box := sandbox.New(sandbox.Options{Seed: 1, Manual: true})
	t.Cleanup(box.Close)
	var last atomic.Value
	set, _ := newSet(t, func(w http.ResponseWriter, r *http.Request) {
		answered := httptest.NewRecorder()
		r.SetBasicAuth("key", "secret")
		box.ServeHTTP(answered, r)
		last.Store(answered.Body.String())
		for name, values := range answered.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answered.Code)
		_, _ = w.Write(answered.Body.Bytes())
	}, edit)
	return set, func() string { return last.Load().(string) }
}

// Each list of a project with nothing in it is an empty list, in few tokens with the one
// step that comes first, also where the API answers with an error.
func TestListsOfAnEmptyProject(t *testing.T) {
	set, raw := newEmptyProject(t, nil)
	walked, errors := 0, 0
	for _, row := range lists() {
		if len(row.Op().PathIDs()) > 0 || row.Op().Body != nil {
			continue
		}
		walked++
		path, _, _ := strings.Cut(row.Columns[0].Path, "|")
		for name, args := range map[string]map[string]any{"": nil, " full": {"detail": "full"}, " fields": {"fields": []any{path}}, " all": {"all": true}} {
			if name == " all" && row.Op().Parameter("pageToken") == nil {
				continue
			}
			out := do(t, set, row.Tool, args)
			if out.IsError {
				t.Errorf("%s%s: %s", row.Tool, name, encode(out.Structured))
				continue
			}
			r := out.Structured.(*Result)
			if data := string(encode(r.Data)); !strings.Contains(data, `"rows":[]`) && !strings.Contains(data, `"`+row.List()+`":[]`) || len(r.Warnings) > 0 {
				t.Errorf("%s%s: %s", row.Tool, name, encode(r))
			}
			if len(r.Next) != 1 || !strings.HasPrefix(r.Next[0].Do, "none yet: ") {
				t.Errorf("%s%s: next is %s", row.Tool, name, encode(r.Next))
			}
			if name != "" {
				continue
			}
			text := out.Text()
			if !strings.HasPrefix(text, "0 items\nnext: {\"do\":\"none yet: ") {
				t.Errorf("%s: %s", row.Tool, text)
			}
			if n := tokentest.Count(text); n > 60 {
				t.Errorf("%s: %d tokens: %s", row.Tool, n, text)
			}
			if strings.Contains(raw(), "errorCode") {
				errors++
			}
		}
	}
	if walked < 10 || errors < 5 {
		t.Errorf("%d lists, %d of them errors of the API", walked, errors)
	}
}

// Where the step that comes first is not offered, it is the next one; where none is, the
// result says what is missing.
func TestListsOfAnEmptyProjectWithFewTools(t *testing.T) {
	full, _ := newEmptyProject(t, nil)
	for name, tt := range map[string]struct {
		filter catalog.Filter
		tool   string
		next   string
	}{
		"all":        {catalog.Filter{}, "whatsapp_sender_list", `[{"do":"none yet: see whether an account is being onboarded","tool":"whatsapp_account_get"}]`},
		"the second": {catalog.Filter{Toolsets: []string{"whatsapp_senders"}}, "whatsapp_sender_list", `[{"do":"none yet: onboard by Embedded Signup","tool":"whatsapp_sender_create","needs":["wabaId","phoneNumberId","authenticationCode"]}]`},
		"templates":  {catalog.Filter{Toolsets: []string{"whatsapp_templates"}}, "whatsapp_template_list", `[{"do":"none yet: the project is not set up for WhatsApp"}]`},
		"kakaotalk":  {catalog.Filter{ReadOnly: true}, "kakaotalk_sender_list", `[{"do":"none yet: the project is not set up for KakaoTalk"}]`},
		"read-only":  {catalog.Filter{ReadOnly: true}, "rcs_sender_list", `[{"do":"none yet: the project has not used RCS"}]`},
	} {
		opts := full.opts
		rows, err := catalog.Select(tt.filter)
		if err != nil {
			t.Fatal(err)
		}
		opts.Rows = rows
		r := do(t, New(opts), tt.tool, nil).Structured.(*Result)
		if got := string(encode(r.Next)); got != tt.next {
			t.Errorf("%s: %s, want %s", name, got, tt.next)
		}
	}
}

// A call about a thing says that the project has none of its kind yet, and what to do
// first.
func TestReadsOfThingsInAnEmptyProject(t *testing.T) {
	set, _ := newEmptyProject(t, nil)
	codes := map[string]bool{}
	for _, row := range catalog.Rows() {
		if row.Writes() || row.Op().Body != nil {
			continue
		}
		out := do(t, set, row.Tool, example(set.tools[row.Tool].arguments()))
		e, failed := out.Structured.(*Error)
		if !failed || !catalog.NoneHere(e.Code) {
			continue
		}
		codes[e.Code] = true
		if len(row.Columns) > 0 && len(row.Op().PathIDs()) == 0 {
			t.Errorf("%s is an error: %s", row.Tool, encode(e))
		}
		if !strings.HasPrefix(e.Message, "none yet: ") || !strings.Contains(e.Resolution, "first") || len(e.Next) == 0 || e.Next[0].Tool == "" {
			t.Errorf("%s: %s", row.Tool, encode(e))
		}
	}
	for _, code := range []string{"account_not_found", "project_not_initialized", "rbm_has_not_been_used"} {
		if !codes[code] {
			t.Errorf("no call returned %s", code)
		}
	}
}

// Other errors of a list stay errors, and so do those of a write. A create that failed
// does not lead to itself.
func TestOtherErrorsStayErrors(t *testing.T) {
	for _, tt := range []struct {
		tool, code string
		status     int
		message    string
	}{
		{"whatsapp_sender_list", "unauthorized_error", 401, "m"},
		{"whatsapp_sender_list", "internal_error", 400, "m"},
		{"rcs_sender_create", "rbm_has_not_been_used", 403, "m"},
		{"whatsapp_template_sync", "project_not_initialized", 400, "m"},
		{"whatsapp_template_language_list", "project_not_initialized", 400, "none yet: the project is not set up for WhatsApp"},
	} {
		set, _ := newSet(t, answerJSON(tt.status, map[string]any{"errorCode": tt.code, "message": "m", "resolution": "r"}), nil)
		e := failure(t, do(t, set, tt.tool, example(set.tools[tt.tool].arguments())))
		if e["errorCode"] != tt.code || e["message"] != tt.message {
			t.Errorf("%s: %s", tt.tool, encode(e))
		}
	}
	for _, next := range nextAfterError(catalog.Lookup("rcs_sender_create"), nil, &papi.Error{Status: 403, Code: "rbm_has_not_been_used"}) {
		if next.Tool != "" {
			t.Errorf("a create that failed leads to %s", encode(next))
		}
	}
}

// The overview of an empty project, and the answer to its confirmation, say that it is
// empty and what comes first; so does project_confirm where no project is configured but
// a default.
func TestTheOverviewOfAnEmptyProject(t *testing.T) {
	set, _ := newEmptyProject(t, func(o *guard.Options) { o.Mode, o.Default, o.Projects = guard.Auto, project, nil })
	shown := do(t, set, "project_confirm", nil).Structured.(*Result)
	if projects := shown.Data.(map[string]any)["projects"].([]string); len(projects) != 1 || len(shown.Next) != 1 || shown.Next[0].Args[argProject] != project {
		t.Errorf("project_confirm without an id: %s", encode(shown))
	}
	for tool, args := range map[string]map[string]any{"project_overview": nil, "project_confirm": {"projectId": project}} {
		r := result(t, do(t, set, tool, args))
		o := jsonvalue.Object(r, "data")
		if inner := jsonvalue.Object(r, "data.overview"); len(inner) > 0 {
			o = inner
		}
		if o["looks"] != "an empty project: nothing is set up yet" || o["whatsappAccount"] != "none" || r["warnings"] != nil {
			t.Errorf("%s: %s", tool, encode(r))
		}
		next := jsonvalue.List(r, "next")
		if len(next) != 1 || !strings.Contains(jsonvalue.Text(next[0], "do"), "which channel to set up first") {
			t.Errorf("%s: next is %s", tool, encode(next))
		}
	}
}

// A project of which not all could be read is not called empty, and one with a webhook
// is not.
func TestWhatIsNoEmptyProject(t *testing.T) {
	for name, o := range map[string]*overview{
		"a webhook":    {WhatsappAccount: noAccount, Webhooks: []any{map[string]any{}}},
		"an account":   {WhatsappAccount: "ONBOARDED"},
		"an app":       {WhatsappAccount: noAccount, Counts: map[string]counts{"smsApps": {Total: 1}}},
		"not all read": {WhatsappAccount: noAccount, NotRead: map[string]string{"smsApps": "m"}},
	} {
		if o.empty() || strings.Contains(o.looks(), "empty") || len(o.next()) > 0 {
			t.Errorf("%s: %s", name, o.looks())
		}
	}
}

// An argument is completed with nothing in an empty project, without an error.
func TestCompletionsInAnEmptyProject(t *testing.T) {
	set, _ := newEmptyProject(t, nil)
	for _, resource := range catalog.Resources() {
		for name := range resource.Complete {
			if values := set.Complete(t.Context(), Caller{Principal: "test"}, name, map[string]string{"templateName": "a", "senderId": "s"}, ""); len(values) > 0 {
				t.Errorf("%s: %v", name, values)
			}
		}
	}
}

// The page of each code says the same as the call.
func TestPagesSayNoneYet(t *testing.T) {
	for _, resource := range catalog.Resources() {
		if resource.NoneHere == "" {
			continue
		}
		page := ErrorPage(catalog.Lookup(resource.Get).Toolset + "." + resource.NoneHere)
		if page == "" {
			page = ErrorPage(resource.NoneHere)
		}
		if !strings.Contains(page, "None yet: the project ") || !strings.Contains(page, "- Next: ") {
			t.Errorf("%s: %s", resource.NoneHere, page)
		}
	}
}
