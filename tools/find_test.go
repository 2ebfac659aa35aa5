package tools

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/tokentest"
)

// newDynamicSet returns the tools that a dynamic server offers for a filter.
func newDynamicSet(t testing.TB, filter catalog.Filter) *Set {
	t.Helper()
	plain, _ := newSet(t, answerJSON(200, map[string]any{}), nil)
	rows, err := catalog.Select(filter)
	if err != nil {
		t.Fatal(err)
	}
	opts := plain.opts
	opts.Rows, opts.Dynamic = rows, true
	return New(opts)
}

// searchFor returns the names of the tools that tool_find describes, and its answer.
func searchFor(t *testing.T, s *Set, query string) ([]string, map[string]any) {
	t.Helper()
	answer := result(t, do(t, s, toolFind, map[string]any{"query": query}))
	data := answer["data"].(map[string]any)
	var names []string
	for _, tool := range data["tools"].([]any) {
		names = append(names, tool.(map[string]any)["tool"].(string))
	}
	return names, answer
}

// The search has the right tool among its first three for 95 of 100 tasks, and for 107 of
// 109 that it was not tuned for, and answers in at most 400 tokens.
func TestToolFindKnowsTheTasks(t *testing.T) {
	s := newDynamicSet(t, catalog.Filter{})
	for file, enough := range map[string]int{"tasks.tsv": 95, "tasks_later.tsv": 107} {
		raw, err := os.ReadFile("../testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		tasks, known := 0, 0
		for line := range strings.Lines(string(raw)) {
			task, right, ok := strings.Cut(strings.TrimSpace(line), "\t")
			if !ok || strings.HasPrefix(line, "#") {
				continue
			}
			tasks++
			found, answer := searchFor(t, s, task)
			for tool := range strings.SplitSeq(right, ",") {
				if !s.Offers(tool) {
					t.Errorf("%s: %s is not offered", file, tool)
				}
			}
			if slices.ContainsFunc(found, func(tool string) bool { return slices.Contains(strings.Split(right, ","), tool) }) {
				known++
			} else {
				t.Logf("%s: %q finds %v, and not %s", file, task, found, right)
			}
			if n := tokentest.Count(string(encode(answer))); n > 400 {
				t.Errorf("%q is answered with %d tokens", task, n)
			}
		}
		t.Logf("%s: %d of %d", file, known, tasks)
		if known < enough {
			t.Errorf("%s: the right tool is found for %d of %d tasks, want %d", file, known, tasks, enough)
		}
	}
}

// Every tool is found by its name, its title and its phrases, in at most 400 tokens
// with the outline of its arguments.
func TestToolFindFindsEveryTool(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	s := newDynamicSet(t, catalog.Filter{Deprecated: true})
	missed, phrases := 0, 0
	for _, c := range s.core {
		if c.onlyDynamic {
			continue // leads to the others
		}
		if n := len(c.phrases); n < 3 || n > 5 {
			t.Errorf("%s has %d phrases", c.name, n)
		}
		if found, _ := searchFor(t, s, c.name); found[0] != c.name {
			t.Errorf("%s finds %v", c.name, found)
		}
	}
	for _, row := range s.opts.Rows {
		if found, _ := searchFor(t, s, row.Title); !slices.Contains(found, row.Tool) {
			t.Errorf("%q finds %v", row.Title, found)
		}
		for _, query := range []string{row.Tool, strings.ReplaceAll(row.Tool, "_", " ")} {
			found, answer := searchFor(t, s, query)
			if found[0] != row.Tool {
				t.Errorf("%q finds %v", query, found)
			}
			if n := tokentest.Count(string(encode(answer))); n > 400 {
				t.Errorf("%q is answered with %d tokens", query, n)
			}
			first := answer["data"].(map[string]any)["tools"].([]any)[0].(map[string]any)
			if want := s.Via(row.Tool); first["via"] != want || want == "" {
				t.Errorf("%s is called through %v, want %q", row.Tool, first["via"], want)
			}
			for _, name := range s.tools[row.Tool].arguments().advertised.MustHave(true) {
				if !strings.Contains(first["arguments"].(string), name) {
					t.Errorf("%s: no %s in %s", row.Tool, name, first["arguments"])
				}
			}
		}
		for _, phrase := range row.Phrases {
			phrases++
			if found, _ := searchFor(t, s, phrase); !slices.Contains(found, row.Tool) {
				missed++
				t.Logf("%q finds %v, and not %s", phrase, found, row.Tool)
			}
		}
	}
	if missed > phrases/50 {
		t.Errorf("%d of %d phrases don't find their tool", missed, phrases)
	}
}

// A code of the API or of ours leads to the tools that it is about, and to its page;
// so do the name of a state, inflections, other spellings and typos.
func TestToolFindUnderstands(t *testing.T) {
	s := newDynamicSet(t, catalog.Filter{})
	for query, want := range map[string]string{
		"webhook_exists":                    "webhook_list",
		"WEBHOOK_LIMIT_REACHED":             "webhook_list",
		"sender-already-registered":         "whatsapp_sender_verify",
		"error: launch_precondition_failed": "rcs_sender_launch",
		"guard_register_first":              "whatsapp_sender_verify",
		"guard_project_unconfirmed":         "project_confirm",
		"guard_project_missing":             "project_confirm",
		"sms_service_not_found":             "sms_app_create",
		"PENDING_VERIFICATION":              "whatsapp_sender_register",
		"translations of my template":       "whatsapp_template_language_list",
		"deleting webhooks":                 "webhook_delete",
		"the RCS agent's colour":            "rcs_sender_update",
		"lst all webhoks":                   "webhook_list",
		"webhookCreate":                     "webhook_create",
		"deleteSubmitted":                   "whatsapp_template_delete",
		"verify the number +1 555 010 0001": "whatsapp_sender_verify",
		"who changed the Kakao channel":     "kakaotalk_sender_activity_list",
		"what does this project contain":    "project_overview",
		"which arguments does a tool take":  "schema_get",
	} {
		if found, _ := searchFor(t, s, query); !slices.Contains(found, want) {
			t.Errorf("%q finds %v, and not %s", query, found, want)
		}
	}
	for query, want := range map[string]string{"webhook_exists": ErrorsURI + "webhook_exists", " guard_register_first ": ErrorsURI + "guard_register_first", "webhook": ""} {
		uri := ""
		if link := do(t, s, toolFind, map[string]any{"query": query}).Link; link != nil {
			uri = link.URI
		}
		if uri != want {
			t.Errorf("%q links to %q, want %q", query, uri, want)
		}
	}
}

// Where nothing fits, the answer says so and shows the families; a query that is no
// text, or too long, is refused.
func TestToolFindWithoutAMatch(t *testing.T) {
	s := newDynamicSet(t, catalog.Filter{})
	for _, query := range []string{"quantum pizza", "", "  ", "the of and", "?!", "дай мне пиццу", "_-'_"} {
		found, answer := searchFor(t, s, query)
		families, _ := answer["data"].(map[string]any)["families"].(string)
		if len(found) > 0 || len(answer["warnings"].([]any)) != 1 || !strings.Contains(families, "whatsapp_templates") {
			t.Errorf("%q: %v", query, answer)
		}
	}
	for _, args := range []map[string]any{{}, {"query": strings.Repeat("a", 501)}, {"query": map[string]any{}}, {"query": "webhook", "more": 1}} {
		if e := failure(t, do(t, s, toolFind, args)); e["errorCode"] != "invalid_arguments" {
			t.Errorf("%v: %v", args, e)
		}
	}
}

// The search knows only what the server offers.
func TestToolFindRespectsWhatIsOffered(t *testing.T) {
	for name, c := range map[string]struct {
		filter catalog.Filter
		query  string
		not    string
		family string // that is not offered
	}{
		"read-only":  {catalog.Filter{ReadOnly: true}, "delete a webhook", "webhook_delete", "none"},
		"toolsets":   {catalog.Filter{Toolsets: []string{"webhooks"}}, "delete a template", "whatsapp_template_delete", "rcs"},
		"tools":      {catalog.Filter{Tools: []string{"sms_app_list"}}, "rename sms app", "sms_app_update", "webhooks"},
		"deprecated": {catalog.Filter{}, "long-lived Meta token", "whatsapp_access_token_create", "whatsapp_deprecated"},
	} {
		s := newDynamicSet(t, c.filter)
		out := do(t, s, toolFind, map[string]any{"query": c.query})
		if strings.Contains(string(encode(out.Structured)), c.not) {
			t.Errorf("%s: %s", name, encode(out.Structured))
		}
		for _, tool := range s.Tools() {
			if tool.Name == toolFind && strings.Contains(tool.Description, c.family) {
				t.Errorf("%s: the index has %s: %s", name, c.family, tool.Description)
			}
		}
	}
}

// The outline of the best match shows what the list of tools shows, and a tool of the
// server's own all of its arguments.
func TestToolFindShowsTheListedArguments(t *testing.T) {
	for query, want := range map[string]struct{ shown, not string }{
		"whatsapp_template_list": {"filterStates:", "fieldMask"},
		"webhook_list":           {"all:boolean", "fields:"},
		"project_confirm":        {"projectId:", "confirm:"},
	} {
		set := newDynamicSet(t, catalog.Filter{})
		outline := jsonvalue.Text(jsonvalue.List(result(t, do(t, set, "tool_find", map[string]any{"query": query})), "data.tools")[0], "arguments")
		if !strings.Contains(outline, want.shown) || strings.Contains(outline, want.not) {
			t.Errorf("%s: %s", query, outline)
		}
	}
	withoutDefault, _ := newSet(t, answerJSON(http.StatusOK, nil), func(o *guard.Options) { o.Default = "" })
	found := jsonvalue.List(result(t, do(t, withoutDefault, "tool_find", map[string]any{"query": "webhook_list"})), "data.tools")
	if outline := jsonvalue.Text(found[0], "arguments"); !strings.Contains(outline, "projectId!:") {
		t.Errorf("without a default project: %s", outline)
	}
}
