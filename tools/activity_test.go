package tools

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
	"papi-mcp/internal/tokentest"
)

// shopWeek is a shop in which a week has passed since the seed, with something of each
// kind.
func shopWeek(t testing.TB) *sandbox.Sandbox {
	t.Helper()
	box := sandbox.New(sandbox.Options{Seed: 1, Manual: true})
	if err := box.Seed("shop"); err != nil {
		t.Fatal(err)
	}
	script := []step{
		advance("96h"),
		post("/whatsapp/comments", object{"comment": "Is the address right?"}),
		post("/whatsapp/templates", object{"name": "reject_news", "language": "EN", "category": "MARKETING", "details": object{"components": []any{object{"type": "BODY", "text": "News for you."}}}}),
		post("/rcs/comments", object{"comment": "A comment\nin two lines"}),
		advance("26h"),
		post("/kakaotalk/senders/exampleshop/comments", object{"comment": "Thank you"}),
	}
	script = append(script, rcsSender(0, "Launch")...)
	script = append(script, advance("24h"))
	if err := box.Play(bytes.NewReader(encode(script))); err != nil {
		t.Fatal(err)
	}
	return box
}

func TestProjectActivityOfAWeek(t *testing.T) {
	out := do(t, inSandbox(t, shopWeek(t), false), toolActivity, object{"since": "2026-01-06"})
	const launched = "RCS sender 5c5142e4-6b1c-43a5-8106-b1a122178c70 (Example Launch)"
	want := strings.Join([]string{
		`9 items; 6 types: 3 COMMENT_ADDED, 2 CREATED`,
		"time\tthing\tactivity\treason\tauthor",
		"2026-01-10T11:21:00Z\t" + launched + "\tACTIVE\t\tSinch",
		"2026-01-10T11:01:00Z\t" + launched + "\tTEST\t\tSinch",
		"2026-01-10T11:00:00Z\t" + launched + "\tCREATED\t\tProvisioning API user",
		"2026-01-10T11:00:00Z\tKakaoTalk sender exampleshop (Example Shop)\tCOMMENT_ADDED\tThank you\tProvisioning API user",
		"2026-01-09T09:02:30Z\tWhatsApp template reject_news/EN\tREJECTED\tthe format of the content is wrong\tMeta",
		"2026-01-09T09:00:00Z\tWhatsApp account\tCOMMENT_ADDED\tIs the address right?\tProvisioning API user",
		"2026-01-09T09:00:00Z\tRCS account\tCOMMENT_ADDED\tA comment\\nin two lines\tProvisioning API user",
		"2026-01-09T09:00:00Z\tWhatsApp template reject_news/EN\tIN_PROGRESS\t\tProvisioning API user",
		"2026-01-09T09:00:00Z\tWhatsApp template reject_news/EN\tCREATED\t\tProvisioning API user",
		"now: 2026-01-11T11:03:00Z",
		`next: {"do":"attention: LAUNCHED, operators=REJECTED","tool":"rcs_sender_get","args":{"senderId":"5c5142e4-6b1c-43a5-8106-b1a122178c70"}}`,
		`next: {"do":"attention: REJECTED","tool":"whatsapp_template_get","args":{"languageCode":"EN","templateName":"reject_news"}}`,
	}, "\n")
	if got := out.Text(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// all are the rows of all pages of project_activity.
func allActivity(t testing.TB, set *Set, args object) (rows []string, pages int) {
	t.Helper()
	for {
		r := result(t, do(t, set, toolActivity, args))
		for _, row := range jsonvalue.List(r, "data.rows") {
			rows = append(rows, string(encode(row)))
		}
		pages++
		token := jsonvalue.Text(r, "nextPageToken")
		if token == "" {
			return rows, pages
		}
		args = object{"pageToken": token}
	}
}

// The table is that of all lists of activities, each read on its own, within the times.
func TestProjectActivityIsTheUnionOfAllLists(t *testing.T) {
	box := sandbox.New(sandbox.Options{Seed: 1, Manual: true})
	if err := box.Play(bytes.NewReader(encode(projectScript()))); err != nil {
		t.Fatal(err)
	}
	set := inSandbox(t, box, false)
	set.opts.MaxResultTokens = 1500
	union := allLists(t, set)
	now := box.Now()
	var times []time.Time
	for at := range union {
		times = append(times, at)
	}
	slices.SortFunc(times, time.Time.Compare)
	if len(times) < 20 {
		t.Fatalf("only %d times", len(times))
	}
	for _, bounds := range [][2]time.Time{
		{now.Add(-defaultSince), {}},
		{times[len(times)/2], {}},
		{times[len(times)/2].Add(time.Second), {}},
		{times[2], times[len(times)-3]},
		{times[len(times)-1], {}},
		{times[3], times[4]},
		{now, {}},
	} {
		args, want := object{"since": stamp(bounds[0])}, []string{}
		if !bounds[1].IsZero() {
			args["until"] = stamp(bounds[1])
		}
		for at, entries := range union {
			if !at.Before(bounds[0]) && (bounds[1].IsZero() || at.Before(bounds[1])) {
				want = append(want, entries...)
			}
		}
		rows, pages := allActivity(t, set, args)
		got := make([]string, len(rows))
		last := "9"
		for i, row := range rows {
			value, err := jsonvalue.Decode([]byte(row))
			if err != nil {
				t.Fatal(err)
			}
			cells := value.([]any)
			at := fmt.Sprint(cells[0])
			if at > last {
				t.Errorf("%s after %s", at, last)
			}
			last = at
			cells = slices.Grow(cells, 5)[:5] // reason and author may be in no row of a page
			_, thing, _ := strings.Cut(fmt.Sprint(cells[1]), " ")
			thing, _, _ = strings.Cut(thing, " (")
			got[i] = strings.Join([]string{at, thing[strings.LastIndex(thing, " ")+1:], fmt.Sprint(cells[2])}, " ")
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%v: %d rows on %d pages, want %d", args, len(got), pages, len(want))
		}
		if bounds[0].Before(times[0]) && pages < 3 {
			t.Errorf("%v: %d pages", args, pages)
		}
	}
}

// allLists reads each list of activities by its own tool: by the time to the second, the
// ids of the things with what happened to them.
func allLists(t testing.TB, set *Set) map[time.Time][]string {
	t.Helper()
	union := map[time.Time][]string{}
	read := func(kind *catalog.History, args object) {
		ids := []string{}
		for _, name := range kind.Row.Op().PathIDs() {
			ids = append(ids, fmt.Sprint(args[name]))
		}
		args[argAll] = true
		id := cmp.Or(strings.Join(ids, "/"), "account")
		for _, entry := range records(t, result(t, do(t, set, kind.Row.Tool, args))) {
			at := jsonvalue.Time(entry, "created")
			union[at] = append(union[at], strings.Join([]string{stamp(at), id, fmt.Sprint(entry["type"])}, " "))
		}
	}
	for _, kind := range catalog.Histories() {
		if kind.List == nil {
			read(kind, object{})
			continue
		}
		parents := []object{{}}
		if kind.Within != nil {
			parents = nil
			for _, parent := range records(t, result(t, do(t, set, kind.Within.List.Tool, object{argAll: true}))) {
				parents = append(parents, object{"plusFriendId": parent["plusFriendId"]})
			}
		}
		for _, parent := range parents {
			list := jsonvalue.With(parent, argAll, true)
			for _, thing := range jsonvalue.List(result(t, do(t, set, kind.List.Tool, jsonvalue.With(list, argDetail, "full"))), "data."+kind.List.List()) {
				args := object{}
				for _, name := range kind.Row.Op().PathIDs() {
					args[name] = cmp.Or(jsonvalue.Text(thing, kind.Resource.IDs[name]), jsonvalue.Text(parent, name))
				}
				read(kind, args)
			}
		}
	}
	return union
}

func TestProjectActivityTimes(t *testing.T) {
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]moment{
		"7d": {Ago: 7 * 24 * time.Hour}, "24h": {Ago: 24 * time.Hour}, "90m": {Ago: 90 * time.Minute}, "2W": {Ago: 14 * 24 * time.Hour}, " 1d ": {Ago: 24 * time.Hour},
		"2026-11-20": {At: day}, "2026-11-20T09:00:00Z": {At: day.Add(9 * time.Hour)}, "2026-11-20t10:00:00.5+01:00": {At: day.Add(9*time.Hour + time.Second/2)},
	} {
		if got, ok := parseMoment(text, false); !ok || got != want {
			t.Errorf("%q: %v %v", text, got, ok)
		}
	}
	if got, _ := parseMoment("2026-11-20", true); got.At != day.AddDate(0, 0, 1) {
		t.Errorf("the end of a day: %v", got)
	}
	set := inSandbox(t, shopWeek(t), false)
	for _, text := range []string{"tomorrow", "0d", "7", "d", "7y", "1.5h", "-7d", "99999d", "2026-13-01", "2026-11-20T09:00:00", "2026-11-20 09:00", "last week"} {
		for _, name := range []string{"since", "until"} {
			e := failure(t, do(t, set, toolActivity, object{name: text}))
			v := jsonvalue.List(e, "additionalInformation.violations")
			if len(v) != 1 || jsonvalue.Text(v[0], "path") != name || jsonvalue.Text(v[0], "given") != text || !strings.Contains(jsonvalue.Text(v[0], "allowed"), "7d") {
				t.Errorf("%s %q: %s", name, text, encode(e))
			}
		}
	}
	for _, tt := range []struct {
		args    object
		path    string
		allowed string
	}{
		{object{"since": "2027-01-01"}, "since", "a time in the past: it is 2026-01-11T11:03:00Z now"},
		{object{"since": "1d", "until": "2d"}, "until", "a time after since, which is 2026-01-10T11:03:00Z"},
		{object{"pageToken": "abc"}, "pageToken", "nextPageToken of the last answer, as it is; leave it out to begin"},
		{object{"toolset": "sms"}, "toolset", ""},
	} {
		e := failure(t, do(t, set, toolActivity, tt.args))
		v := jsonvalue.List(e, "additionalInformation.violations")
		if len(v) != 1 || jsonvalue.Text(v[0], "path") != tt.path || tt.allowed != "" && jsonvalue.Text(v[0], "allowed") != tt.allowed {
			t.Errorf("%v: %s", tt.args, encode(e))
		}
	}
}

// A page token keeps the times and the toolset: arguments that are repeated do no harm.
func TestProjectActivityPagesKeepTheirBounds(t *testing.T) {
	box := shopWeek(t)
	set := inSandbox(t, box, false)
	set.opts.MaxResultTokens = 300
	first := result(t, do(t, set, toolActivity, object{"since": "30d", "toolset": "whatsapp_templates"}))
	token := jsonvalue.Text(first, "nextPageToken")
	step := jsonvalue.List(first, "next")[maxNext-1]
	if token == "" || jsonvalue.Text(step, "tool") != toolActivity {
		t.Fatalf("%s", encode(first))
	}
	if n := tokentest.Count(string(encode(step))); n > 110 {
		t.Errorf("the step has %d tokens: %s", n, encode(step))
	}
	want := encode(result(t, do(t, set, toolActivity, object{"pageToken": token}))["data"])
	box.Advance(26 * time.Hour)
	for _, args := range []object{{"pageToken": token}, {"pageToken": token, "since": "1h", "toolset": "whatsapp_templates"}} {
		if got := encode(result(t, do(t, set, toolActivity, args))["data"]); !bytes.Equal(got, want) {
			t.Errorf("%v: %s, want %s", args, got, want)
		}
	}
	failure(t, do(t, set, toolActivity, object{"pageToken": token, "toolset": "rcs"}))
	failure(t, do(t, set, toolActivity, object{"pageToken": "x" + token}))
	others := map[string]Outcome{
		"another caller":  set.Call(t.Context(), Caller{Principal: "someone else"}, toolActivity, encode(object{"pageToken": token})),
		"another project": do(t, set, toolActivity, object{"pageToken": token, "projectId": "another"}),
	}
	for name, got := range others {
		if said := pathsOf(failure(t, got))["pageToken"]; !strings.Contains(said, "another caller or call; leave it out to begin") {
			t.Errorf("%s: %s", name, encode(got.Structured))
		}
	}
}

// The tool is offered where a list of activities is, and says which are not.
func TestProjectActivityIsOfWhatIsOffered(t *testing.T) {
	box := shopWeek(t)
	offering := func(f catalog.Filter) *Set {
		rows, err := catalog.Select(f)
		if err != nil {
			t.Fatal(err)
		}
		set := inSandbox(t, box, false)
		return New(Options{Rows: rows, Guard: guard.New(guard.Options{Default: project, Store: store.NewMemory()}), API: set.opts.API})
	}
	r := result(t, do(t, offering(catalog.Filter{Toolsets: []string{"rcs"}, ReadOnly: true}), toolActivity, object{}))
	if w := jsonvalue.Texts(r, "warnings"); len(w) != 1 || w[0] != "not in it, since this server does not offer their activities: WhatsApp account, WhatsApp senders, KakaoTalk senders, WhatsApp templates, KakaoTalk templates" {
		t.Errorf("%q", w)
	}
	for _, row := range records(t, r) {
		if !strings.HasPrefix(fmt.Sprint(row["thing"]), "RCS ") {
			t.Errorf("%v", row)
		}
	}
	one := offering(catalog.Filter{Tools: []string{"kakaotalk_template_activity_list"}})
	if got := records(t, result(t, do(t, one, toolActivity, object{"since": "30d"}))); len(got) != 2 || !strings.HasPrefix(fmt.Sprint(got[0]["thing"]), "KakaoTalk template exampleshop/") {
		t.Errorf("of the templates alone: %v", got)
	}
	e := failure(t, do(t, one, toolActivity, object{"toolset": "rcs"}))
	if v := jsonvalue.List(e, "additionalInformation.violations"); string(encode(jsonvalue.Field(v[0], "allowed"))) != `["kakaotalk"]` {
		t.Errorf("%s", encode(e))
	}
	if none := offering(catalog.Filter{Toolsets: []string{"webhooks"}}); none.Offers(toolActivity) || none.Lists(toolActivity) {
		t.Error("without a list of activities there is nothing to read")
	}
}

// The schema's toolsets are those with lists of activities.
func TestProjectActivityToolsets(t *testing.T) {
	set := inSandbox(t, sandbox.New(sandbox.Options{Manual: true}), false)
	var listed []string
	for _, name := range set.coreTool(toolActivity).schema().Properties["toolset"].Enum {
		listed = append(listed, fmt.Sprint(name))
	}
	want := set.activityToolsets()
	slices.Sort(listed)
	slices.Sort(want)
	if !slices.Equal(listed, want) {
		t.Errorf("%v, want %v", listed, want)
	}
	if n := visible(t, listedTool(t, set, toolActivity)); n > 200 {
		t.Errorf("%d tokens in the list", n)
	} else {
		t.Logf("%d tokens in the list", n)
	}
	for _, phrase := range []string{"what happened this week", "what happened since yesterday", "what happened in the last 24 hours"} {
		if found := set.find(phrase); len(found) == 0 || found[0] != toolActivity {
			t.Errorf("%s: %v", phrase, found)
		}
	}
}
