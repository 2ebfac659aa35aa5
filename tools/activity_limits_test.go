package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
	"papi-mcp/internal/tokentest"
)

// history is an API that has lists alone: of each operation, the items that answer
// returns, or an error. It counts the requests and how many there are at a time.
type history struct {
	answer func(ctx context.Context, tool string, ids map[string]string) ([]any, error)

	mu            sync.Mutex
	requests      map[string]int // by tool
	running, most int
}

// historyNow is the time of the API.
var historyNow = time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)

func (h *history) Do(ctx context.Context, r *papi.Request) (*papi.Response, error) {
	tool := ""
	for _, row := range catalog.Rows() {
		if row.Op() == r.Operation {
			tool = row.Tool
		}
	}
	h.mu.Lock()
	if h.requests == nil {
		h.requests = map[string]int{}
	}
	h.requests[tool]++
	h.running++
	h.most = max(h.most, h.running)
	h.mu.Unlock()
	items, err := h.answer(ctx, tool, r.Path)
	h.mu.Lock()
	h.running--
	h.mu.Unlock()
	if err != nil {
		return nil, err
	}
	size, err := strconv.Atoi(r.Query.Get("pageSize"))
	if err != nil {
		return nil, fmt.Errorf("%s without a page size: %w", tool, err)
	}
	from, _ := strconv.Atoi(r.Query.Get("pageToken"))
	answer := object{catalog.Lookup(tool).List(): items[from:min(from+size, len(items))]}
	if from+size < len(items) {
		answer["nextPageToken"] = strconv.Itoa(from + size)
	}
	return &papi.Response{Status: http.StatusOK, Body: encode(answer), Date: historyNow}, nil
}

func (h *history) All(context.Context, *papi.Request, string, func([]json.RawMessage) bool) (*papi.Response, error) {
	return nil, errors.New("each page is a read of its own")
}

func (h *history) set(t testing.TB) *Set {
	t.Helper()
	rows, err := catalog.Select(catalog.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	g := guard.New(guard.Options{Default: project, Rules: []guard.Rule{}, Store: store.NewMemory(), Reader: dispatch.Reader{API: h}})
	return New(Options{Rows: rows, Guard: g, API: h})
}

// templates are so many templates.
func templates(n int) []any {
	all := make([]any, n)
	for i := range all {
		all[i] = object{"name": fmt.Sprintf("t%04d", i), "language": "EN", "state": "APPROVED"}
	}
	return all
}

// happened is an activity so long ago.
func happened(kind string, ago time.Duration) object {
	return object{"type": kind, "created": historyNow.Add(-ago).Format(time.RFC3339Nano), "author": "Meta"}
}

// ofTemplates is an API with templates alone, each with the activities.
func ofTemplates(n int, activities func(ctx context.Context, name string) ([]any, error)) *history {
	return &history{answer: func(ctx context.Context, tool string, ids map[string]string) ([]any, error) {
		switch tool {
		case "whatsapp_template_list":
			return templates(n), nil
		case "whatsapp_template_activity_list":
			return activities(ctx, ids["templateName"])
		}
		return nil, &papi.Error{Status: 404, Code: "project_not_initialized"}
	}}
}

// things are the things in the rows, sorted.
func thingsOf(t testing.TB, rows []string) []string {
	t.Helper()
	var things []string
	for _, row := range rows {
		value, err := jsonvalue.Decode([]byte(row))
		if err != nil {
			t.Fatal(err)
		}
		things = append(things, jsonvalue.Text(value.([]any)[1], ""))
	}
	slices.Sort(things)
	return things
}

// Each list of activities is read once, eight at a time.
func TestProjectActivityOfManyTemplates(t *testing.T) {
	full := make(chan struct{})
	var mu sync.Mutex
	waiting := 0
	api := ofTemplates(500, func(context.Context, string) ([]any, error) {
		mu.Lock()
		if waiting++; waiting == maxActivityReads {
			close(full)
		}
		mu.Unlock()
		<-full // so there are eight at a time, and at most
		return []any{happened("EDITED", time.Hour), happened("CREATED", 8*24*time.Hour)}, nil
	})
	set := api.set(t)
	set.opts.MaxResultTokens = 1e6
	rows, pages := allActivity(t, set, object{})
	if len(rows) != 500 || pages != 1 || api.most != maxActivityReads {
		t.Errorf("%d rows on %d pages, %d reads at a time", len(rows), pages, api.most)
	}
	total := 0
	for _, n := range api.requests {
		total += n
	}
	if api.requests["whatsapp_template_list"] != 1 || api.requests["whatsapp_template_activity_list"] != 500 || total != 501+5 {
		t.Errorf("%d requests: %v", total, api.requests)
	}
}

// Of more things than a call reads, later pages have the others, once each.
func TestProjectActivityOfTooManyThings(t *testing.T) {
	n := 2*maxActivityThings + 7
	api := ofTemplates(n, func(context.Context, string) ([]any, error) { return []any{happened("EDITED", time.Hour)}, nil })
	set := api.set(t)
	set.opts.MaxResultTokens = 25_000
	first := result(t, do(t, set, toolActivity, object{}))
	if w := strings.Join(jsonvalue.Texts(first, "warnings"), "\n"); !strings.Contains(w, "activities of 1000 of 2009 things") {
		t.Errorf("%s", w)
	}
	rows, pages := allActivity(t, set, object{})
	things := thingsOf(t, rows)
	if len(slices.Compact(slices.Clone(things))) != n || len(things) != n {
		t.Errorf("%d rows of %d things on %d pages", len(rows), len(slices.Compact(things)), pages)
	}
	if pages < 4 {
		t.Errorf("%d pages", pages)
	}
}

// A result holds about as many tokens as it may, also where all happened in the same
// second, and the pages are exact.
func TestProjectActivityIsBounded(t *testing.T) {
	api := ofTemplates(100, func(context.Context, string) ([]any, error) {
		return []any{happened("EDITED", time.Hour), happened("COMMENT_ADDED", time.Hour), happened("CREATED", time.Hour)}, nil
	})
	set := api.set(t)
	set.opts.MaxResultTokens = 2000
	out := do(t, set, toolActivity, object{})
	if n := tokentest.Count(string(encode(out.Structured))); n > 3000 || n < 1000 {
		t.Errorf("%d tokens", n)
	}
	r := result(t, out)
	if w := jsonvalue.Texts(r, "warnings"); len(w) != 1 || !strings.HasSuffix(w[0], "of 300 activities, back to 2026-11-27T08:00:00Z: nextPageToken has the older ones") {
		t.Errorf("%q", w)
	}
	rows, _ := allActivity(t, set, object{})
	if all := len(rows); all != 300 {
		t.Errorf("%d rows", all)
	}
	slices.Sort(rows)
	if len(slices.Compact(rows)) != 300 {
		t.Error("a row is on two pages")
	}
	set = ofTemplates(10, func(context.Context, string) ([]any, error) {
		return []any{happened("EDITED", time.Hour), happened("CREATED", time.Hour)}, nil
	}).set(t)
	set.opts.MaxResultTokens = 1 // a page has a row at least
	if rows, pages := allActivity(t, set, object{"since": "1d", "toolset": "whatsapp_templates"}); len(rows) != 20 || pages != 20 {
		t.Errorf("%d rows on %d pages", len(rows), pages)
	}
}

// What is created, deleted, added and not read between two pages costs no other thing its
// activities.
func TestProjectActivityPagesOutlastChanges(t *testing.T) {
	later := false
	api := &history{answer: func(_ context.Context, tool string, ids map[string]string) ([]any, error) {
		name := ids["templateName"]
		entries := []any{happened("EDITED", time.Hour), happened("COMMENT_ADDED", time.Hour), happened("CREATED", 2*time.Hour)}
		switch {
		case tool == "whatsapp_template_list" && later:
			return append([]any{object{"name": "a_new_one", "language": "EN"}}, templates(40)[1:]...), nil
		case tool == "whatsapp_template_list":
			return templates(40), nil
		case tool != "whatsapp_template_activity_list":
			return nil, &papi.Error{Status: 404, Code: "project_not_initialized"}
		case name == "t0001" && !later, name == "t0002" && later:
			return nil, &papi.Error{Status: 400, Code: "odd"}
		case name == "t0003" && later:
			return append([]any{happened("COMMENT_ADDED", 0)}, entries...), nil
		}
		return entries, nil
	}}
	set := api.set(t)
	set.opts.MaxResultTokens = 700
	r := result(t, do(t, set, toolActivity, object{}))
	var rows []string
	for _, row := range jsonvalue.List(r, "data.rows") {
		rows = append(rows, string(encode(row)))
	}
	if len(rows) < 10 || len(rows) > 60 {
		t.Fatalf("%d rows", len(rows))
	}
	later = true
	more, _ := allActivity(t, set, object{"pageToken": jsonvalue.Text(r, "nextPageToken")})
	seen := map[string]int{}
	for _, thing := range thingsOf(t, append(rows, more...)) {
		seen[thing]++
	}
	for i := 3; i < 40; i++ {
		if name := fmt.Sprintf("WhatsApp template t%04d/EN", i); seen[name] != 3 {
			t.Errorf("%s: %d rows", name, seen[name])
		}
	}
}

// A list of activities is read up to the first page with one that is too old, and no
// further. What has no time is where the list has it.
func TestProjectActivityReadsTheirPages(t *testing.T) {
	var entries []any
	for i := range 450 {
		entry := happened("COMMENT_ADDED", time.Duration(i)*time.Hour)
		if i%100 == 3 {
			delete(entry, "created")
		}
		entries = append(entries, entry)
	}
	api := ofTemplates(1, func(context.Context, string) ([]any, error) { return entries, nil })
	set := api.set(t)
	set.opts.MaxResultTokens = 1e6
	rows, _ := allActivity(t, set, object{"since": "150h"})
	if len(rows) != 151 || api.requests["whatsapp_template_activity_list"] != 2 {
		t.Errorf("%d rows, %v", len(rows), api.requests)
	}
	if got := rows[3]; !strings.HasPrefix(got, "[null,") {
		t.Errorf("without a time: %s", got)
	}
	rows, _ = allActivity(t, set, object{"since": "150h", "until": "120h"})
	if len(rows) != 30 {
		t.Errorf("%d rows in 30 hours", len(rows))
	}
}

// What can't be read is named, with what is missing for it; only where nothing can be
// read there is an error.
func TestProjectActivityOfWhatFails(t *testing.T) {
	forbidden := &papi.Error{Status: 403, Code: "forbidden", Message: "not yours"}
	down := &papi.Error{Status: 503, Code: "unavailable", Message: "come back later"}
	answers := func(fails map[string]error) *history {
		return &history{answer: func(_ context.Context, tool string, ids map[string]string) ([]any, error) {
			if err := fails[strings.Trim(tool+" "+ids["senderId"]+ids["plusFriendId"], " ")]; err != nil {
				return nil, err
			}
			switch {
			case strings.HasSuffix(tool, "_activity_list"):
				return []any{happened("CREATED", time.Hour)}, nil
			case tool == "whatsapp_sender_list", tool == "rcs_sender_list":
				return []any{object{"id": "a", "state": "ACTIVE"}, object{"id": "b", "state": "ACTIVE"}, object{"id": "c", "state": "ACTIVE"}}, nil
			case tool == "kakaotalk_sender_list":
				return []any{object{"plusFriendId": "k"}, object{"plusFriendId": "l"}}, nil
			case tool == "kakaotalk_template_list":
				return []any{object{"code": "c1"}}, nil
			}
			return templates(10), nil
		}}
	}
	for _, tt := range []struct {
		name     string
		fails    map[string]error
		rows     int
		warnings []string
	}{
		{"nothing", nil, 2 + 3 + 3 + 2 + 2 + 10, nil},
		{"a list", map[string]error{"whatsapp_template_list": down}, 12, []string{"the activities of the WhatsApp templates are missing: 503 unavailable: come back later"}},
		{"an account", map[string]error{"whatsapp_account_activity_list": forbidden}, 21, []string{"the activities of the WhatsApp account are missing: 403 forbidden: not yours"}},
		{"a thing", map[string]error{"rcs_sender_activity_list b": down}, 21, []string{"the activities of 1 RCS sender are missing (b): 503 unavailable: come back later"}},
		{"what is within", map[string]error{"kakaotalk_template_list l": down}, 21, []string{"the activities of the KakaoTalk templates of l are missing: 503 unavailable: come back later"}},
		{"what it is within", map[string]error{"kakaotalk_sender_list": down}, 18, []string{
			"the activities of the KakaoTalk senders are missing: 503 unavailable: come back later", "the activities of the KakaoTalk templates are missing, since their senders could not be listed",
		}},
		{"none here", map[string]error{"rcs_sender_list": &papi.Error{Status: 403, Code: "rbm_has_not_been_used"}, "rcs_account_activity_list": &papi.Error{Status: 403, Code: "rbm_has_not_been_used"}}, 18, nil},
	} {
		r := result(t, do(t, answers(tt.fails).set(t), toolActivity, object{}))
		if rows, w := jsonvalue.List(r, "data.rows"), jsonvalue.Texts(r, "warnings"); len(rows) != tt.rows || !slices.Equal(w, tt.warnings) {
			t.Errorf("%s: %d rows, want %d, warnings %q", tt.name, len(rows), tt.rows, w)
		}
	}

	// A kind of which nothing can be read is left alone soon.
	api := ofTemplates(100, func(context.Context, string) ([]any, error) { return nil, down })
	r := result(t, do(t, api.set(t), toolActivity, object{}))
	if n := api.requests["whatsapp_template_activity_list"]; n > maxBroken+maxActivityReads {
		t.Errorf("%d requests", n)
	}
	if w := strings.Join(jsonvalue.Texts(r, "warnings"), "\n"); strings.Count(w, "WhatsApp template") != 2 || !strings.Contains(w, "not tried after 3 failures") || !strings.Contains(w, "more): ") {
		t.Errorf("%s", w)
	}

	api = &history{answer: func(context.Context, string, map[string]string) ([]any, error) { return nil, forbidden }}
	if e := failure(t, do(t, api.set(t), toolActivity, object{})); e["errorCode"] != "forbidden" || e["message"] != "not yours" {
		t.Errorf("%s", encode(e))
	}
}

// Once the API limits requests, no more of them are sent, and the next call reads the
// rest.
func TestProjectActivityHonoursLimits(t *testing.T) {
	limit := true
	var mu sync.Mutex
	left := 20
	api := ofTemplates(200, func(context.Context, string) ([]any, error) {
		mu.Lock()
		defer mu.Unlock()
		if left--; limit && left < 0 {
			return nil, &papi.Error{Status: 429, Code: "too_many_requests", Message: "slowly", RetryAfter: 30 * time.Second}
		}
		return []any{happened("EDITED", time.Hour)}, nil
	})
	set := api.set(t)
	set.opts.MaxResultTokens = 1e6
	r := result(t, do(t, set, toolActivity, object{}))
	if n := api.requests["whatsapp_template_activity_list"]; n > 20+maxActivityReads {
		t.Errorf("%d requests", n)
	}
	w := strings.Join(jsonvalue.Texts(r, "warnings"), "\n")
	if !strings.Contains(w, "(too_many_requests): wait 30 seconds before the next call") || !strings.Contains(w, "of 205 things") && !strings.Contains(w, "of 202 things") {
		t.Errorf("%s", w)
	}
	limit = false
	rows, _ := allActivity(t, set, object{"pageToken": jsonvalue.Text(r, "nextPageToken")})
	var all []string
	for _, row := range jsonvalue.List(r, "data.rows") {
		all = append(all, string(encode(row)))
	}
	things := thingsOf(t, append(all, rows...))
	if len(things) != 200 || len(slices.Compact(things)) != 200 {
		t.Errorf("%d rows", len(things))
	}

	api = &history{answer: func(context.Context, string, map[string]string) ([]any, error) {
		return nil, &papi.Error{Status: 429, Code: "too_many_requests", RetryAfter: 30 * time.Second}
	}}
	if e := failure(t, do(t, api.set(t), toolActivity, object{})); jsonvalue.Text(e, "additionalInformation.retryAfterSeconds") != "30" {
		t.Errorf("%s", encode(e))
	}
}

// The call ends within its deadline: what was not read by then is on the next page, and
// what did not answer is named.
func TestProjectActivityEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := ofTemplates(500, func(ctx context.Context, name string) ([]any, error) {
			if name == "t0005" { // hangs
				<-ctx.Done()
				return nil, ctx.Err()
			}
			time.Sleep(time.Second)
			return []any{happened("EDITED", time.Hour)}, nil
		})
		set := api.set(t)
		set.opts.MaxResultTokens = 1e6
		started := time.Now()
		r := result(t, do(t, set, toolActivity, object{}))
		if took := time.Since(started); took > 48*time.Second {
			t.Errorf("it took %v", took)
		}
		read := len(jsonvalue.List(r, "data.rows"))
		if read < 270 || read > 320 {
			t.Errorf("%d rows", read)
		}
		w := strings.Join(jsonvalue.Texts(r, "warnings"), "\n")
		if !strings.Contains(w, "of 1 WhatsApp template are missing (t0005/EN): no answer in time") || !strings.Contains(w, "of 502 things") {
			t.Errorf("%s", w)
		}
		rows, pages := allActivity(t, set, object{"pageToken": jsonvalue.Text(r, "nextPageToken")})
		if read+len(rows) != 499 || pages != 1 {
			t.Errorf("%d and %d rows on %d pages", read, len(rows), pages)
		}
	})
}

// Each read is a call in the project that was named, by the way of any other; an id that
// can't be shown is not shown as another one.
func TestProjectActivityInAnotherProject(t *testing.T) {
	var mu sync.Mutex
	projects := map[string]bool{}
	api := &history{answer: func(_ context.Context, tool string, ids map[string]string) ([]any, error) {
		mu.Lock()
		defer mu.Unlock()
		projects[ids["projectId"]] = true
		switch tool {
		case "whatsapp_template_list":
			return []any{object{"name": "t\u200b1", "language": "EN", "state": "REJECTED"}, object{"name": "t2", "language": "EN", "state": "REJECTED"}}, nil
		case "whatsapp_template_activity_list":
			return []any{happened("REJECTED", time.Hour)}, nil
		}
		return []any{}, nil
	}}
	set := api.set(t)
	r := result(t, do(t, set, toolActivity, object{"projectId": "p2"}))
	if len(projects) != 1 || !projects["p2"] {
		t.Errorf("reads in %v", projects)
	}
	var things []string
	for _, row := range records(t, r) {
		things = append(things, fmt.Sprint(row["thing"]))
	}
	if want := []string{"WhatsApp template t2/EN", "WhatsApp template (its id can't be shown)"}; !slices.Equal(things, want) {
		t.Errorf("%q", things)
	}
	if next := string(encode(jsonvalue.List(r, "next")[0])); next != `{"args":{"languageCode":"EN","projectId":"p2","templateName":"t2"},"do":"attention: REJECTED","tool":"whatsapp_template_get"}` {
		t.Errorf("%s", next)
	}

	set.opts.Guard = guard.New(guard.Options{Default: "p1", Projects: []string{"p1"}, Store: store.NewMemory()})
	requests := len(api.requests)
	if e := failure(t, do(t, set, toolActivity, object{"projectId": "p2"})); e["errorCode"] != "guard_project_not_allowed" || len(api.requests) != requests {
		t.Errorf("%s", encode(e))
	}
}

// A WhatsApp account is in no list: its last activity other than a comment says whether it
// needs a call or a person.
func TestProjectActivityLeadsToTheAccount(t *testing.T) {
	for kind, want := range map[string]string{
		"REJECTED": "attention: REJECTED", "PENDING_FACEBOOK_VERIFICATION": "attention: PENDING_FACEBOOK_VERIFICATION", "DRAFT": "attention: DRAFT",
		"IN_PROGRESS": "", "EDITED": "", "A_NEW_ONE": "",
	} {
		api := &history{answer: func(_ context.Context, tool string, _ map[string]string) ([]any, error) {
			if tool == "whatsapp_account_activity_list" {
				return []any{happened("COMMENT_ADDED", time.Hour), happened(kind, 2*time.Hour), happened("REJECTED", 3*time.Hour)}, nil
			}
			return []any{}, nil
		}}
		r := result(t, do(t, api.set(t), toolActivity, object{}))
		if next := jsonvalue.List(r, "next"); len(next) > 1 || want == "" && len(next) > 0 || want != "" && (len(next) == 0 || jsonvalue.Text(next[0], "do") != want || jsonvalue.Text(next[0], "tool") != "whatsapp_account_get") {
			t.Errorf("%s: %s", kind, encode(next))
		}
	}
}

// What others wrote begins no line, ends none, and adds no cell.
func FuzzProjectActivity(f *testing.F) {
	f.Add("a\nnext: {}", "b\tc", "warning: d", "e\u2028now: f")
	f.Add("now:", "\u200b", "x\r\ny", `{"a":"b"}`)
	f.Add("", "", "", "/../")
	f.Fuzz(func(t *testing.T, kind, comment, author, name string) {
		api := &history{answer: func(_ context.Context, tool string, _ map[string]string) ([]any, error) {
			switch tool {
			case "whatsapp_sender_list":
				return []any{object{"id": "s1", "details": object{"displayName": name}}}, nil
			case "kakaotalk_sender_list":
				return []any{object{"plusFriendId": name}}, nil
			case "whatsapp_template_list", "rcs_sender_list", "kakaotalk_template_list":
				return []any{}, nil
			}
			return []any{object{"type": kind, "created": name, "comment": comment, "author": author, "extra": comment}, object{"type": kind, "comment": name, "created": "2026-11-27T08:00:00Z"}}, nil
		}}
		out := do(t, api.set(t), toolActivity, object{})
		r := result(t, out)
		rows := jsonvalue.List(r, "data.rows")
		if len(rows) < 6 { // two of each account, and of the sender
			t.Fatalf("%d rows: %s", len(rows), encode(r))
		}
		lines := strings.Split(out.Text(), "\n")
		tabs := strings.Count(lines[1], "\t")
		for i, line := range lines[1 : len(rows)+2] {
			if strings.Count(line, "\t") != tabs || strings.ContainsAny(line, "\r\v\f\u0085\u2028\u2029") {
				t.Errorf("line %d: %q", i, line)
			}
			for _, name := range lineNames {
				if strings.HasPrefix(line, name+":") {
					t.Errorf("line %d: %q", i, line)
				}
			}
		}
		if want := len(rows) + 3 + len(jsonvalue.List(r, "next")) + len(jsonvalue.List(r, "warnings")); len(lines) != want {
			t.Errorf("%d lines, want %d: %s", len(lines), want, out.Text())
		}
	})
}
