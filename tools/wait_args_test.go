package tools

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/audit"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
)

// pathsOf are the paths of an error's violations, with what each says.
func pathsOf(e map[string]any) map[string]string {
	paths := map[string]string{}
	for _, v := range jsonvalue.Objects(e, "additionalInformation.violations") {
		path, _ := v["path"].(string)
		paths[path] = string(encode(v))
	}
	return paths
}

// All that is wrong with the arguments of a wait is reported together.
func TestBadArgumentsOfAWait(t *testing.T) {
	set, api := newSet(t, answerJSON(http.StatusOK, inState("ACTIVE")), nil)
	many := make([]any, 21)
	for i := range many {
		many[i] = aSender("S" + string(rune('a'+i)))
	}
	for name, tt := range map[string]struct {
		args map[string]any
		want map[string]string // path: part of what is said
	}{
		"nothing":         {map[string]any{}, map[string]string{"for": "rcs_sender_get"}},
		"an empty list":   {map[string]any{"for": []any{}}, map[string]string{"for": ""}},
		"too many":        {map[string]any{"for": many}, map[string]string{"for": "20"}},
		"a list":          {map[string]any{"for": []any{waitItem("whatsapp_sender_list", nil)}}, map[string]string{"for[0].tool": `"nearest":"whatsapp_sender_get"`}},
		"a write":         {map[string]any{"for": []any{waitItem("rcs_sender_launch", nil)}}, map[string]string{"for[0].tool": `"nearest":"rcs_sender_get"`}},
		"an invitation":   {map[string]any{"for": []any{waitItem("rcs_test_number_add", nil)}}, map[string]string{"for[0].tool": `"nearest":"rcs_test_number_get"`}},
		"a mistyped tool": {map[string]any{"for": []any{waitItem("whatsap_sender_get", nil)}}, map[string]string{"for[0].tool": `"nearest":"whatsapp_sender_get"`}},
		"no states":       {map[string]any{"for": []any{waitItem("webhook_get", map[string]any{"webhookId": "W"})}}, map[string]string{"for[0].tool": "whatsapp_template_get"}},
		"no id":           {map[string]any{"for": []any{waitItem("whatsapp_sender_get", map[string]any{"senderID": "S"})}}, map[string]string{"for[0].args.senderId": "", "for[0].args.senderID": ""}},
		"twice":           {map[string]any{"for": []any{aSender("S"), aSender("T"), waitItem("whatsapp_sender_get", map[string]any{"senderId": "S", "projectId": project})}}, map[string]string{"for[2]": "for[0] is the same"}},
		"several": {map[string]any{"for": []any{waitItem("no_such_tool", nil), aSender("S", "ACTIV"), aSender(`a\b`)}, "until": "soon", "timeoutSeconds": 301},
			map[string]string{"for[0].tool": "", "for[1].state[0]": `"nearest":"ACTIVE"`, "for[2].args.senderId": "", "until": "changed", "timeoutSeconds": "300"}},
		"too short":      {map[string]any{"for": []any{aSender("S")}, "timeoutSeconds": 0}, map[string]string{"timeoutSeconds": "1"}},
		"not in a list":  {map[string]any{"tool": "whatsapp_sender_get", "args": map[string]any{"senderId": "S"}}, map[string]string{"for": `[{\"args\":{\"senderId\":\"S\"},\"tool\":\"whatsapp_sender_get\"}]`, "tool": "", "args": ""}},
		"a forged one":   {map[string]any{"for": []any{aSender("S")}, "cursor": "AAAAAAAA.x:y:ACTIVE"}, map[string]string{"cursor": "the cursor of the last answer"}},
		"no cursor":      {map[string]any{"for": []any{aSender("S")}, "cursor": "again"}, map[string]string{"cursor": ""}},
		"a wrong number": {map[string]any{"for": []any{aSender("S")}, "timeoutSeconds": "soon"}, map[string]string{"timeoutSeconds": ""}},
	} {
		e := failure(t, do(t, set, toolWait, tt.args))
		got := pathsOf(e)
		if e["errorCode"] != "invalid_arguments" || len(got) != len(tt.want) {
			t.Errorf("%s: %s", name, encode(e))
		}
		for path, part := range tt.want {
			if text, ok := got[path]; !ok || !strings.Contains(text, part) {
				t.Errorf("%s: %s is %s, want %q in it", name, path, text, part)
			}
		}
	}
	if api.count() != 0 {
		t.Errorf("%d requests", api.count())
	}
}

// Harmless slips are corrected, with a warning.
func TestSlipsInTheArgumentsOfAWait(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, inState("ACTIVE")), nil)
	for name, args := range map[string]map[string]any{
		"no list":     {"for": aSender("S")},
		"a text":      {"for": `[{"tool": "whatsapp_sender_get", "args": {"senderId": "S"}}]`},
		"args a text": {"for": []any{map[string]any{"tool": "whatsapp_sender_get", "args": `{"senderId": "S"}`}}},
		"a number":    {"for": []any{aSender("S")}, "timeoutSeconds": "20"},
		"one state":   {"for": []any{map[string]any{"tool": "whatsapp_sender_get", "args": map[string]any{"senderId": "S"}, "state": "ACTIVE"}}},
		"more args":   {"for": []any{waitItem("whatsapp_sender_get", map[string]any{"senderId": "S", "detail": "full"})}},
	} {
		r := result(t, do(t, set, toolWait, args))
		if r["settled"] != true || len(jsonvalue.List(r, "warnings")) != 1 {
			t.Errorf("%s: %s", name, encode(r))
		}
	}
}

// A cursor belongs to its things, and to no other server.
func TestTheCursorOfAWait(t *testing.T) {
	set, api := newSet(t, answerJSON(http.StatusOK, map[string]any{"id": "S", "state": "ACTIVE", "changes": map[string]any{"status": "A STATE; of:\u200btrouble 🙂"}}), nil)
	other, _ := newSet(t, answerJSON(http.StatusOK, inState("ACTIVE")), nil)
	r := result(t, do(t, set, toolWait, map[string]any{"for": []any{aSender("S")}, "timeoutSeconds": 1, "until": "settled"}))
	cursor, _ := r["cursor"].(string)
	if cursor == "" || strings.Trim(cursor, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:;%+") != "" {
		t.Fatalf("the cursor is %q", cursor)
	}
	with := func(cursor string, things ...any) map[string]any {
		return map[string]any{"for": things, "cursor": cursor, "timeoutSeconds": 1}
	}
	if again := result(t, do(t, set, toolWait, with(cursor, aSender("S"), aSender("T")))); len(records(t, again)) != 2 {
		t.Errorf("with one thing more: %s", encode(again))
	}
	before := api.count()
	for name, got := range map[string]Outcome{
		"of other things":     do(t, set, toolWait, with(cursor, aSender("T"))),
		"altered":             do(t, set, toolWait, with(strings.Replace(cursor, ":", ":x", 1), aSender("S"))),
		"of another server":   do(t, other, toolWait, with(cursor, aSender("S"))),
		"of another project":  do(t, set, toolWait, with(cursor, waitItem("whatsapp_sender_get", map[string]any{"senderId": "S", "projectId": "p2"}))),
		"of a read by others": do(t, set, toolWait, with(cursor, waitItem("rcs_sender_get", map[string]any{"senderId": "S"}))),
	} {
		if said := pathsOf(failure(t, got))["cursor"]; said == "" {
			t.Errorf("%s: %s", name, encode(got.Structured))
		}
	}
	stranger := set.Call(t.Context(), Caller{Principal: "someone else"}, toolWait, encode(with(cursor, aSender("S"))))
	if said := pathsOf(failure(t, stranger))["cursor"]; !strings.Contains(said, "another caller or call; leave it out to begin") {
		t.Errorf("of another caller: %s", encode(stranger.Structured))
	}
	if api.count() != before {
		t.Error("something was read")
	}
}

// A wait is refused where its reads would be, with a line in the audit log.
func TestAWaitThatMayNotRead(t *testing.T) {
	set, api := newSet(t, answerJSON(http.StatusOK, inState("ACTIVE")), func(o *guard.Options) { o.Projects = []string{project} })
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	set.opts.Audit = audit.File(path)
	for name, args := range map[string]map[string]any{
		"in args":         {"for": []any{aSender("S"), waitItem("whatsapp_sender_get", map[string]any{"senderId": "T", "projectId": "not-allowed"})}},
		"for all of them": {"for": []any{aSender("S")}, "projectId": "not-allowed"},
	} {
		e := failure(t, do(t, set, toolWait, args))
		if e["errorCode"] != "guard_project_not_allowed" || api.count() != 0 {
			t.Errorf("%s: %d requests, %s", name, api.count(), encode(e))
		}
	}
	if raw, err := os.ReadFile(path); err != nil || strings.Count(string(raw), `"tool":"wait"`) != 2 || strings.Count(string(raw), "guard_project_not_allowed") != 2 {
		t.Errorf("the audit log has %s, %v", raw, err)
	}
}

// A server that offers few tools waits for what it offers; one that only reads waits.
func TestAWaitWithFewTools(t *testing.T) {
	full, _ := newSet(t, answerJSON(http.StatusOK, inState("ACTIVE")), nil)
	with := func(filter catalog.Filter) *Set {
		rows, err := catalog.Select(filter)
		if err != nil {
			t.Fatal(err)
		}
		opts := full.opts
		opts.Rows = rows
		return New(opts)
	}
	if r := result(t, do(t, with(catalog.Filter{ReadOnly: true}), toolWait, map[string]any{"for": []any{aSender("S")}})); r["settled"] != true || strings.Contains(string(encode(r["next"])), "_update") {
		t.Errorf("read-only: %s", encode(r))
	}
	e := failure(t, do(t, with(catalog.Filter{Toolsets: []string{"rcs"}}), toolWait, map[string]any{"for": []any{aSender("S")}}))
	if !strings.Contains(pathsOf(e)["for[0].tool"], "this one is left out by --toolsets") {
		t.Errorf("without its toolset: %s", encode(e))
	}
}

// The things of several projects are read in their own.
func TestAWaitInSeveralProjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var paths []string
		set, _ := newChangingSet(t, func(_ time.Duration, path string) apiAnswer {
			paths = append(paths, path)
			return apiAnswer{thing: inState("PENDING_VERIFICATION")}
		}, nil)
		r := waitOn(t, set, map[string]any{"projectId": "p1"}, waitItem("whatsapp_sender_get", map[string]any{"senderId": "S", "projectId": "p2"}))
		if len(paths) != 1 || !strings.Contains(paths[0], "/p2/") {
			t.Errorf("read %v", paths)
		}
		if next := string(encode(r["next"])); !strings.Contains(next, "p2") {
			t.Errorf("next %s", next)
		}
		waitOn(t, set, map[string]any{"projectId": "p1"}, aSender("S"))
		if !strings.Contains(paths[1], "/p1/") {
			t.Errorf("read %v", paths)
		}
	})
}
