package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// hides has a character of each class that no output may hold.
const hides = "\x00\x1b\x7f\u0085" + // controls
	"\u202a\u202e\u2066\u2069" + // bidi
	"\U000e0041\U000e007f" + // tags
	"\u200b\u2060\ufeff\u00ad\u180e\u2062\ufff9" + // format characters without a script
	"\u115f\u1160\u3164\uffa0" + // fillers
	"\u2028\u2029" + // separators
	"a\ufe00\ufe01\U000e0100" // selectors beyond the first

// honest is what must survive.
const honest = "❤️ 👩‍👩‍👧 می\u200cخواهم \u200fשלום"

// hidden reports the same by other means than papi.Printable.
func hiddenIn(text string) string {
	var found []string
	var before rune
	for _, r := range text {
		selector := r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0100 && r <= 0xe01ef
		bad := unicode.IsControl(r) && r != '\n' && r != '\t' ||
			r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r >= 0xe0000 && r <= 0xe007f ||
			strings.ContainsRune("\u200b\u2060\ufeff\u00ad\u180e\u2062\ufff9\u115f\u1160\u3164\uffa0\u2028\u2029", r) ||
			selector && (before >= 0xfe00 && before <= 0xfe0f || before >= 0xe0100 && before <= 0xe01ef)
		if bad {
			found = append(found, fmt.Sprintf("%U", r))
		}
		before = r
	}
	return strings.Join(found, " ")
}

// hostile makes a value hostile: each text holds what hides, and each object has
// a key that does. A text that reads "idx" once cleaned was an id.
func hostile(value any) any {
	switch v := value.(type) {
	case string:
		return "id" + hides + "x https://agent:hunter2@example.com/ " + honest
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = hostile(item)
		}
		return out
	case map[string]any:
		out := map[string]any{"key" + hides: "value" + hides, "bearer" + hides[:1] + "Token": "s3cret"}
		for name, field := range v {
			out[name] = hostile(field)
		}
		return out
	}
	return value
}

// look fails the test where an outcome holds what hides, or a password.
func look(t *testing.T, out Outcome, revealed bool) {
	t.Helper()
	see := func(text string) {
		if bad := hiddenIn(text); bad != "" {
			t.Errorf("hidden characters %s in %.200q", bad, text)
		}
		if strings.Contains(text, "hunter2") || !revealed && strings.Contains(text, "s3cret") {
			t.Errorf("a secret is shown: %.200q", text)
		}
	}
	if out.Question != nil {
		see(out.Question.Summary)
		return
	}
	shown := decoded(t, out)
	eachText(shown, see)
	for _, part := range []string{"ids", "next", "nextPageToken", "projectId"} {
		if raw := string(encode(shown[part])); strings.Contains(raw, "idax") || strings.Contains(raw, "idx") {
			t.Errorf("%s has an id that was altered: %s", part, raw)
		}
	}
	if out.Link != nil {
		see(out.Link.URI + out.Link.Name + out.Link.Description)
	}
	warned := 0
	warnings, _ := shown["warnings"].([]any)
	for _, w := range warnings {
		if strings.HasPrefix(w.(string), "hidden characters were removed") {
			warned++
		}
	}
	if warned > 1 {
		t.Errorf("%d warnings: %s", warned, encode(warnings))
	}
}

// fits reports whether a path is one of an operation's.
func fits(template, path string) bool {
	names, parts := strings.Split(template, "/"), strings.Split(path, "/")
	return len(names) == len(parts) && !slices.ContainsFunc(names, func(name string) bool {
		part := parts[0]
		parts = parts[1:]
		return name != part && !strings.HasPrefix(name, "{")
	})
}

// roundTripper is the client of a protocol in which the question is the result.
type roundTripper struct{}

func (roundTripper) Answered() (string, guard.Answer, bool) { return "", "", false }

func (roundTripper) Ask(context.Context, guard.Question) guard.Answer { return guard.Pending }

// Nothing that an API or a caller can write causes a hidden character, an
// altered id or a password of a URL into any answer of any tool.
func TestAHostileAPI(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	answers := map[string]http.HandlerFunc{
		"every text": func(w http.ResponseWriter, r *http.Request) {
			value := map[string]any{}
			for _, c := range catalog.Rows() {
				if s := c.Op().Answer(); s != nil && c.Op().Method == r.Method && fits(c.Op().Path, r.URL.Path) {
					value, _ = s.Sample(true).(map[string]any)
				}
			}
			if value == nil {
				value = map[string]any{}
			}
			value["nextPageToken"] = "x"
			answerJSON(http.StatusOK, hostile(value))(w, r)
		},
		"an error of its own": func(w http.ResponseWriter, r *http.Request) {
			answerJSON(http.StatusConflict, hostile(map[string]any{
				"errorCode": "x", "message": "x", "resolution": "x", "additionalInformation": map[string]any{"webhookId": "x", "list": []any{"x", map[string]any{"y": "x"}}},
			}))(w, r)
		},
		"a known error": func(w http.ResponseWriter, r *http.Request) {
			value := hostile(map[string]any{"message": "x", "resolution": []any{"x"}, "additionalInformation": []any{"x"}}).(map[string]any)
			value["errorCode"] = "webhook_exists"
			answerJSON(http.StatusConflict, value)(w, r)
		},
		"a page": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, hostile(""))
		},
		"a page as success": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, hostile("")) },
	}
	for name, says := range answers {
		t.Run(name, func(t *testing.T) {
			open, _ := newSet(t, says, nil)
			guarded, _ := newSet(t, says, func(o *guard.Options) { o.Mode, o.Rules = guard.Auto, nil })
			for _, row := range catalog.Rows() {
				t.Run(row.Tool, func(t *testing.T) {
					a := newArguments(row, true)
					least, _ := a.checked.Sample(false).(map[string]any)
					variants := []map[string]any{{}}
					if name == "every text" {
						variants = append(variants, map[string]any{argFields: []any{"id" + hides, "state"}}, map[string]any{argDryRun: true}, map[string]any{argReveal: true, argDetail: "full"})
					}
					for i, own := range variants {
						if _, takes := a.advertised.Properties[argFields]; i == 1 && !takes {
							continue
						}
						revealed := own[argReveal] == true
						args := map[string]any{argProject: project}
						for name, value := range least {
							args[name] = value
						}
						for name, value := range own {
							if _, takes := a.advertised.Properties[name]; takes {
								args[name] = value
							}
						}
						raw := encode(args)
						look(t, do(t, open, row.Tool, args), revealed)
						look(t, guarded.Call(t.Context(), Caller{Principal: "test", CommandLine: true}, row.Tool, raw), revealed)
						look(t, guarded.Call(t.Context(), Caller{Principal: "test", Elicitor: roundTripper{}}, row.Tool, raw), revealed)
						if i > 0 {
							continue
						}
						args[argProject] = "p" + hides
						look(t, do(t, open, row.Tool, args), revealed)
						args = hostile(args).(map[string]any)
						look(t, do(t, open, row.Tool, args), revealed)
						delete(args, argProject)
						look(t, do(t, open, row.Tool, args), revealed)
					}
				})
			}
			revealed := false
			for _, set := range []*Set{open, guarded} {
				for tool, args := range map[string]map[string]any{
					"project_overview": {}, "project_confirm": {"projectId": project}, "schema_get": {"tool": "x" + hides}, "no_such" + hides: {},
				} {
					look(t, do(t, set, tool, args), revealed)
					look(t, set.Call(t.Context(), Caller{Principal: "test", Elicitor: roundTripper{}}, tool, encode(args)), revealed)
					look(t, do(t, set, tool, hostile(map[string]any{"projectId": "x", "tool": "x"}).(map[string]any)), revealed)
				}
				for source := range sources() {
					for _, value := range set.Complete(t.Context(), Caller{Principal: "test"}, source, map[string]string{"templateName": "x"}, "") {
						if hiddenIn(value) != "" || strings.HasPrefix(value, "id") {
							t.Errorf("%s completes %q", source, value)
						}
					}
				}
			}
		})
	}
}

func TestWhatPeopleWriteSurvives(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, map[string]any{
		"id": "w-1", "name": honest, honest: "key", "text": "one\r\ntwo\r\n", "state": "ACTIVE",
	}), nil)
	r := result(t, do(t, set, "webhook_get", map[string]any{"webhookId": "w-1"}))
	data := r["data"].(map[string]any)
	if data["name"] != honest || data[honest] != "key" || data["text"] != "one\ntwo\n" || len(jsonvalue.List(r, "warnings")) != 0 {
		t.Errorf("got %s", encode(r))
	}
}

// What was removed is reported once for all of an answer, with its places.
func TestRemovalIsToldOnce(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, map[string]any{"notifications": []any{
		map[string]any{"comment": "do\u202e this", "k\u200bey": "v"}, map[string]any{"comment": "and\u200b that"},
	}}), nil)
	r := result(t, do(t, set, "whatsapp_account_activity_list", nil))
	want := "hidden characters were removed from data.cols.key, data.rows[0].comment, data.rows[1].comment"
	if warnings := jsonvalue.List(r, "warnings"); len(warnings) != 1 || warnings[0] != want {
		t.Errorf("warnings %s", encode(warnings))
	}
}

func TestIdentifiersAreLeftOutAndNeverAltered(t *testing.T) {
	answers := map[string]map[string]any{
		"webhook_list":          {"webhooks": []any{map[string]any{"id": "a\u200bb", "target": "https://example.com"}, map[string]any{"id": "good"}}, "nextPageToken": "t\u200b"},
		"webhook_get":           {"id": "a\u200bb", "target": "https://example.com"},
		"whatsapp_template_get": {"name": "order\u200b_shipped", "language": "DE", "state": "REJECTED"},
	}
	set, _ := newSet(t, func(w http.ResponseWriter, r *http.Request) {
		tool := "webhook_get"
		switch {
		case strings.HasSuffix(r.URL.Path, "/webhooks"):
			tool = "webhook_list"
		case strings.Contains(r.URL.Path, "templates"):
			tool = "whatsapp_template_get"
		}
		answerJSON(http.StatusOK, answers[tool])(w, r)
	}, nil)

	r := result(t, do(t, set, "webhook_list", nil))
	hooks := records(t, r)
	if first := hooks[0]; first["webhookId"] != nil || first["target"] != "https://example.com" || hooks[1]["webhookId"] != "good" {
		t.Errorf("data %s", encode(hooks))
	}
	if r["nextPageToken"] != nil || len(jsonvalue.List(r, "next")) != 0 {
		t.Errorf("a page token: %s", encode(r))
	}
	if !strings.Contains(string(encode(r["warnings"])), "left out, since it can't be shown exactly as it is: nextPageToken, ") {
		t.Errorf("warnings %s", encode(r["warnings"]))
	}

	r = result(t, do(t, set, "webhook_get", map[string]any{"webhookId": "x"}))
	if ids := jsonvalue.Object(r, "ids"); len(ids) != 0 {
		t.Errorf("ids %s", encode(ids))
	}

	r = result(t, do(t, set, "whatsapp_template_get", map[string]any{"templateName": "order_shipped", "languageCode": "DE"}))
	if ids := jsonvalue.Object(r, "ids"); ids["templateName"] != nil || ids["languageCode"] != "DE" || jsonvalue.Field(r, "data.name") != nil {
		t.Errorf("got %s", encode(r))
	}
	for _, n := range jsonvalue.List(r, "next") {
		step := n.(map[string]any)
		if args, needs := jsonvalue.Object(step, "args"), jsonvalue.List(step, "needs"); args["languageCode"] != nil && (args["templateName"] != nil || !slices.Contains(needs, any("templateName"))) {
			t.Errorf("next %s", encode(step))
		}
	}
}

// An error is of a bounded size, whatever the API answers.
func TestErrorsOfTheAPIAreBounded(t *testing.T) {
	long := strings.Repeat("y", 1<<20)
	list := make([]any, 1000)
	for i := range list {
		list[i] = map[string]any{fmt.Sprint("k", i): []any{strings.Repeat("y", 1000), json.Number(strings.Repeat("9", 3000))}}
	}
	for name, value := range map[string]map[string]any{
		"texts":  {"errorCode": long, "message": long, "resolution": long, "additionalInformation": map[string]any{"a": long, long: "b"}},
		"lists":  {"errorCode": "x", "additionalInformation": map[string]any{"a": list, "b": []any{list, list, list}}},
		"a list": {"errorCode": "x", "additionalInformation": list},
	} {
		set, _ := newSet(t, answerJSON(http.StatusConflict, value), nil)
		raw := encode(do(t, set, "webhook_list", nil).Structured)
		if len(raw) > 2*maxErrorBytes {
			t.Errorf("%s: %d bytes", name, len(raw))
		}
	}
}

// What is sent is what was given.
func TestWhatIsSentIsNotAltered(t *testing.T) {
	set, api := newSet(t, answerJSON(http.StatusOK, map[string]any{}), nil)
	do(t, set, "sms_app_create", map[string]any{"name": "a\u200b\u202eb\r\n", "region": "EU"})
	var sent map[string]any
	if err := json.Unmarshal([]byte(api.last().body), &sent); err != nil || sent["name"] != "a\u200b\u202eb\r\n" {
		t.Errorf("sent %q", api.last().body)
	}
	do(t, set, "kakaotalk_sender_get", map[string]any{"plusFriendId": "@a\u200bb"})
	if got := api.last().path; !strings.HasSuffix(got, "a%E2%80%8Bb") {
		t.Errorf("sent %q", got)
	}
	if papi.Printable("a\u200bb") != "ab" {
		t.Error("the test tries nothing")
	}
}

// Every field of a result and of an error is made plain, those that are yet to
// come among them: the test fills each with what hides.
func TestEveryFieldIsMadePlain(t *testing.T) {
	violations := []papi.Violation{{}}
	poison(reflect.ValueOf(violations).Index(0), 0)
	for _, of := range []any{
		&Result{Data: &overview{}}, &Result{Data: &toolSchema{}}, &Result{Data: &dryRunData{}}, &Result{Data: &subscribed{}}, &Result{Data: map[string]any{"violations": violations}},
		&Error{}, &Error{Info: map[string]any{"violations": violations}},
	} {
		poison(reflect.ValueOf(of), 0)
		if e, ok := of.(*Error); ok {
			e.Confirmation.Token = "ours"
		}
		raw := string(encode(of))
		if hiddenIn(strings.ReplaceAll(raw, `\u200b`, "\u200b")) == "" {
			t.Fatalf("nothing was filled: %s", raw)
		}
		var shown any
		if err := json.Unmarshal(encode(sanitize(Outcome{Structured: of}).Structured), &shown); err != nil {
			t.Fatal(err)
		}
		eachText(shown, func(text string) {
			if bad := hiddenIn(text); bad != "" {
				t.Errorf("%T: %q holds %s", of, text, bad)
			}
		})
	}
}

// poison sets every text in a value.
func poison(v reflect.Value, depth int) {
	if depth > 12 || v.Type() == reflect.TypeFor[*papi.Schema]() {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		poison(v.Elem(), depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				poison(v.Field(i), depth+1)
			}
		}
	case reflect.String:
		v.SetString("a\u200bb")
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		poison(v.Index(0), depth+1)
	case reflect.Map:
		if v.Type() == reflect.TypeFor[map[string]any]() && v.Len() > 0 { // filled already
			return
		}
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		poison(value, depth+1)
		v.SetMapIndex(reflect.ValueOf("k\u200b").Convert(v.Type().Key()), value)
	case reflect.Interface:
		if v.IsNil() {
			v.Set(reflect.ValueOf("a\u200bb"))
		} else if inner := v.Elem(); inner.Kind() == reflect.Pointer {
			poison(inner, depth+1)
		}
	}
}
