package tools

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/tokentest"
)

// rcsSenderIn is a sender that lacks nothing for a launch in Sweden, in a state, and
// edited: nil removes what is at a path.
func rcsSenderIn(t testing.TB, state string, edits map[string]any) map[string]any {
	t.Helper()
	raw, err := os.ReadFile("../internal/lint/testdata/rcs_sender_launchable.json")
	if err != nil {
		t.Fatal(err)
	}
	var sender map[string]any
	if err := json.Unmarshal(raw, &sender); err != nil {
		t.Fatal(err)
	}
	sender["id"], sender["state"] = "s", state
	for path, value := range edits {
		names := strings.Split(path, ".")
		object := part(sender, names[:len(names)-1]...)
		if object[names[len(names)-1]] = value; value == nil {
			delete(object, names[len(names)-1])
		}
	}
	return sender
}

// readinessOfSender is what the tool shows of a sender, in front of all rules.
func readinessOfSender(t testing.TB, sender, args map[string]any) (set *Set, api *api, r map[string]any) {
	t.Helper()
	set, api = newSet(t, answerJSON(http.StatusOK, sender), func(o *guard.Options) { o.Rules = nil })
	if args == nil {
		args = map[string]any{"senderId": "s"}
	}
	return set, api, result(t, do(t, set, catalog.RcsReadiness, args))
}

// table are the rows of a table in a result, by their first cell.
func tableRows(r map[string]any, path string) map[string][]any {
	rows := map[string][]any{}
	for _, row := range jsonvalue.List(r, path+".rows") {
		cells := row.([]any)
		rows[cells[0].(string)] = cells
	}
	return rows
}

// One answer has the state, the brand, the media with their sizes, the questions with
// their texts, and what is required and what only advised.
func TestReadinessShowsAllThatALaunchNeeds(t *testing.T) {
	sender := rcsSenderIn(t, "IN_TEST", map[string]any{
		"details.countries":                                    []any{"SE", "GB"},
		"details.brand.logoUrl":                                nil,
		"details.brand.emails":                                 []any{map[string]any{"address": "care@example.com"}},
		"details.questionnaire.general.questions":              map[string]any{"optInDescription": map[string]any{"question": "How do people opt in?", "suggestedAnswers": []any{"By a form", "In the shop"}}},
		"details.questionnaire.general.answers.videoUris":      nil,
		"details.questionnaire.verification.answers.email":     nil,
		"details.questionnaire.general.answers.screenshotUris": nil,
	})
	_, api, r := readinessOfSender(t, sender, nil)
	if r["state"] != "IN_TEST" || jsonvalue.Text(r, "data.launch") != "incomplete" {
		t.Errorf("state %v, launch %v", r["state"], jsonvalue.Text(r, "data.launch"))
	}
	want := []any{"details.brand.logoUrl", "details.questionnaire.gb.answers.{brandIndustry, companyLegalName, messagesVolume}", "details.questionnaire.verification.answers.email"}
	if got := jsonvalue.List(r, "data.missing"); !slices.Equal(got, want) {
		t.Errorf("missing %q", got)
	}
	want = []any{"details.brand.phones", "details.questionnaire.gb.answers.{companyRegistrationNumber, fullCompanyAddress, messagesFrequency}", "details.questionnaire.general.answers.videoUris"}
	if got := jsonvalue.List(r, "data.advised"); !slices.Equal(got, want) {
		t.Errorf("advised %q", got)
	}
	if got := jsonvalue.Object(r, "data.where"); got["SE"] != "lacks no answers" || got["GB"] != "lacks answers" {
		t.Errorf("where %v", got)
	}
	for path, rows := range map[string]map[string]string{
		"data.media": {
			"bannerUrl": `"required",true,"public URL of the banner: image/jpeg or image/png, at most 200KB, exactly 1440 x 448 px, aspect ratio 45:14"`,
			"logoUrl":   `"required",false,"public URL of the logo: image/jpeg or image/png, at most 50KB, exactly 224 x 224 px, aspect ratio 1:1"`,
			"videoUris": `"advised",false,"public videos of the sender, for review only; else the launch waits until Sinch has produced one"`,
		},
		"data.brand":                  {"privacyPolicyUrl": `"required",true`, "emails": `"advised",true`, "phones": `"advised",false,"a phone and an email are better than one of them"`},
		"data.questions.general":      {"optInDescription": `"required",true,"How do people opt in?"`, "triggerDescription": `"required",true,"what triggers a message"`},
		"data.questions.verification": {"email": `"required",false,"of the verification contact"`, "title": `"optional",false`},
		"data.questions.gb":           {"messagesVolume": `"required",false`, "companyRegistrationNumber": `"advised",false`},
	} {
		found := tableRows(r, path)
		for name, cells := range rows {
			if got := string(encode(found[name])); !strings.HasPrefix(got, `["`+name+`",`+cells) {
				t.Errorf("%s: %s, want %s", path, got, cells)
			}
		}
	}
	for _, says := range []string{"freezes brand, media and answers", "then only details.countries can be changed"} {
		if !strings.Contains(jsonvalue.Text(r, "data.freezes"), says) {
			t.Errorf("freezes: %v", jsonvalue.Text(r, "data.freezes"))
		}
	}
	if got := jsonvalue.Text(r, "data.later"); !strings.HasPrefix(got, "FR, US can't follow") {
		t.Errorf("later: %s", got)
	}
	// The sender, and the questions that it does not show; no image and no video.
	paths := []string{}
	for _, request := range api.requests {
		paths = append(paths, request.method+" "+strings.TrimPrefix(request.path, "/v1/projects/"+project+"/rcs/"))
	}
	if !slices.Equal(paths, []string{"GET senders/s", "GET questionnaire/OTP"}) {
		t.Errorf("requests %q", paths)
	}
}

// The questions come from the operation, which is asked for the countries of the launch;
// where it fails, from the contract.
func TestReadinessReadsTheQuestions(t *testing.T) {
	broken := false
	set, api := newSet(t, func(w http.ResponseWriter, r *http.Request) {
		if broken {
			answerJSON(http.StatusForbidden, map[string]any{"errorCode": "forbidden_error", "message": "no"})(w, r)
			return
		}
		answerJSON(http.StatusOK, map[string]any{"gb": map[string]any{"questions": map[string]any{
			"brandIndustry": map[string]any{"question": "In which sector?", "suggestedAnswers": []any{"Retail", "Travel"}},
		}}})(w, r)
	}, nil)
	args := map[string]any{"countries": []any{"GB"}, "useCase": "OTP"}
	row := func() string {
		return string(encode(tableRows(result(t, do(t, set, catalog.RcsReadiness, args)), "data.questions.gb")["brandIndustry"]))
	}
	if got := row(); got != `["brandIndustry","required","In which sector?","Retail | Travel"]` {
		t.Errorf("got %s", got)
	}
	if got := api.last(); !strings.HasSuffix(got.path, "/rcs/questionnaire/OTP") || !slices.Equal(got.query["countries"], []string{"GB"}) {
		t.Errorf("asked for %s %v", got.path, got.query)
	}
	broken = true
	if got := row(); got != `["brandIndustry","required","business sector"]` {
		t.Errorf("without the operation: %s", got)
	}
	if got := encode(result(t, do(t, set, catalog.RcsReadiness, args))["warnings"]); !strings.Contains(string(got), "rcs_questionnaire_get could not be read (forbidden_error)") {
		t.Errorf("warnings %s", got)
	}
	before := api.count()
	delete(args, "useCase") // which the operation is about
	if got := row(); got != `["brandIndustry","required","business sector"]` || api.count() != before {
		t.Errorf("without a use case: %s, %d requests", got, api.count()-before)
	}
}

// What is LAUNCHED, waiting and refused is shown by country and operator, with the remark.
func TestReadinessShowsWhatOperatorsDecided(t *testing.T) {
	operator := func(name, status, remark string) any {
		return map[string]any{"name": name, "status": status, "remark": remark}
	}
	sender := rcsSenderIn(t, "LAUNCHED", map[string]any{"details.countries": []any{"SE", "DE", "DK"}, "countryStatus": []any{
		map[string]any{"country": "SE", "status": "LAUNCHED", "operators": []any{
			operator("North", "LAUNCHED", ""), operator("South", "PENDING", ""), operator("East", "LAUNCHED", ""), operator("West", "REJECTED", "The logo is blurred."),
		}},
		map[string]any{"country": "DE", "status": "REJECTED", "operators": []any{operator("Mid", "SUSPENDED", "For a month."), operator("Far", "NEW_STATUS", "")}},
	}})
	_, _, r := readinessOfSender(t, sender, nil)
	const want = `{"cols":["country","is","operators","status","remark"],"rows":[` +
		`["SE","launched","North, East","LAUNCHED",null],["SE","waiting","South","PENDING",null],["SE","refused","West","REJECTED","The logo is blurred."],` +
		`["DE","refused","Mid","SUSPENDED","For a month."],["DE","unknown","Far","NEW_STATUS",null],["DK","not asked",null,"NOT_LAUNCHED",null]]}`
	if got := string(encode(jsonvalue.Field(r, "data.operators"))); got != want {
		t.Errorf("operators %s", got)
	}
	if got := string(encode(jsonvalue.Field(r, "data.where"))); got != `{"DE":"REJECTED","DK":"lacks no answers","SE":"LAUNCHED"}` {
		t.Errorf("where %s", got)
	}
	var said []string
	for _, n := range jsonvalue.Objects(r, "next") {
		said = append(said, jsonvalue.Text(n, "tool")+" "+jsonvalue.Text(n, "do"))
	}
	if len(said) != 3 || said[0] != "rcs_sender_comment_add 2 operators refused it (countryStatus): ask reviewers" || !strings.Contains(said[1], "ask Sinch support") || !strings.HasPrefix(said[2], "rcs_sender_launch") {
		t.Errorf("next %q", said)
	}
}

// After a refusal next says what can be done, and by whom: that depends on what can still
// be changed, and on the status.
func TestNextAfterARefusalSaysWhoActs(t *testing.T) {
	const invalid = "INVALID_IN_GOOGLE_MY_BUSINESS"
	for _, tt := range []struct {
		name, state string
		statuses    []string
		want        []string // beginnings of the steps that the refusal adds
	}{
		{"fixed", "LAUNCHED", []string{"REJECTED"}, []string{"1 operator refused it (countryStatus): ask reviewers", "no call changes its brand or answers any more: a person can ask Sinch support"}},
		{"while launching", "LAUNCHING", []string{"SUSPENDED", "LAUNCHED"}, []string{"1 operator refused", "no call changes"}},
		{"the business", "LAUNCHED", []string{invalid}, []string{"1 operator refused", "a person must have the business verified again in Google My Business"}},
		{"both", "LAUNCHED", []string{invalid, "REJECTED"}, []string{"2 operators refused", "a person must have", "no call changes"}},
		{"still changeable", "PREPARING_LAUNCH", []string{"REJECTED"}, []string{"1 operator refused", "check again"}},
		{"taken down: it is corrected", "UNLAUNCHED", []string{"REJECTED"}, []string{"read its activities", "correct what they or the remarks in countryStatus name", "once the cause is resolved"}},
	} {
		var operators []any
		for _, status := range tt.statuses {
			operators = append(operators, map[string]any{"name": "North", "status": status, "remark": "The logo is blurred."})
		}
		sender := rcsSenderIn(t, tt.state, map[string]any{"countryStatus": []any{map[string]any{"country": "SE", "status": "PENDING", "operators": operators}}})
		set, _, r := readinessOfSender(t, sender, nil)
		for tool, next := range map[string][]any{
			catalog.RcsReadiness: jsonvalue.List(r, "next"),
			"rcs_sender_get":     jsonvalue.List(result(t, do(t, set, "rcs_sender_get", map[string]any{"senderId": "s"})), "next"),
		} {
			for i, want := range tt.want {
				if i >= len(next) || !strings.HasPrefix(jsonvalue.Text(next[i], "do"), want) {
					t.Errorf("%s, %s: step %d is not %q: %s", tt.name, tool, i, want, encode(next))
				}
			}
		}
	}
}

// The launch is refused for exactly what the tool calls missing, and for nothing where it
// calls it ready.
func TestALaunchIsRefusedForWhatReadinessMisses(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	required := 0
	check := func(name string, sender map[string]any) {
		set, _, r := readinessOfSender(t, sender, nil)
		refused := do(t, set, "rcs_sender_launch", map[string]any{"senderId": "s"})
		launch, missing := jsonvalue.Text(r, "data.launch"), jsonvalue.Texts(r, "data.missing")
		if ready := launch == "ready" || launch == "launched"; ready == refused.IsError {
			t.Errorf("%s: %s, and the launch is refused: %v", name, launch, refused.IsError)
		}
		if !refused.IsError {
			return
		}
		e := failure(t, refused)
		reasons := slices.DeleteFunc(jsonvalue.Texts(e, "additionalInformation.missing"), func(reason string) bool { return strings.HasPrefix(reason, "state: ") })
		if e["errorCode"] != "guard_rcs_launch_requirements" || !slices.Equal(lint.GroupPaths(reasons), missing) {
			t.Errorf("%s: the launch is refused for %q, and %q is missing", name, reasons, missing)
		}
	}
	for _, state := range append(enumOf("RcsSenderStatesEnum"), "") {
		check(state, rcsSenderIn(t, state, nil))
		check(state+" without a banner", rcsSenderIn(t, state, map[string]any{"details.brand.bannerUrl": nil}))
	}
	_, _, complete := readinessOfSender(t, rcsSenderIn(t, "IN_TEST", nil), nil)
	for section, path := range map[string]string{
		"brand": "details.brand.", "media": "details.brand.", "questions.general": "details.questionnaire.general.answers.", "questions.verification": "details.questionnaire.verification.answers.",
	} {
		for name, row := range tableRows(complete, "data."+section) {
			if row[1] == "required" {
				required++
				check(name, rcsSenderIn(t, "IN_TEST", map[string]any{path + name: nil}))
			}
		}
	}
	if required != 11 {
		t.Errorf("%d values are required", required)
	}
	check("no contact", rcsSenderIn(t, "IN_TEST", map[string]any{"details.brand.emails": nil}))
	check("no country", rcsSenderIn(t, "IN_TEST", map[string]any{"details.countries": nil}))
	check("Britain", rcsSenderIn(t, "IN_TEST", map[string]any{"details.countries": []any{"SE", "GB"}}))
}

// What is missing is what the update needs, as far as a step has room.
func TestReadinessLeadsToWhatIsMissing(t *testing.T) {
	needs := func(edits, args map[string]any) string {
		_, _, r := readinessOfSender(t, rcsSenderIn(t, "IN_TEST", edits), args)
		return string(encode(jsonvalue.List(r, "next")[0]))
	}
	const ask = `{"args":{"senderId":"s"},"do":"ask the person for what is missing, and give all of it","needs":`
	for _, tt := range []struct {
		name        string
		edits, args map[string]any
		want        string
	}{
		{"two values", map[string]any{"details.brand.bannerUrl": nil, "details.brand.logoUrl": nil}, nil, ask + `["details.brand.{bannerUrl, logoUrl}"],"tool":"rcs_sender_update"}`},
		{"too many to name", map[string]any{"details": map[string]any{}}, nil, ask + `["details"],"tool":"rcs_sender_update"}`},
		{"nothing", nil, nil, `{"args":{"senderId":"s"},"do":"it has what a launch needs: if the person agrees, launch it","tool":"rcs_sender_launch"}`},
		{"one more country", nil, map[string]any{"senderId": "s", "countries": []any{"DE"}}, `{"args":{"details":{"countries":["SE","DE"]},"senderId":"s"},"do":"add the countries, if the person agrees","tool":"rcs_sender_update"}`},
		{"one that asks", nil, map[string]any{"senderId": "s", "countries": []any{"GB"}}, ask + `["details.countries","details.questionnaire.gb.answers.{brandIndustry, companyLegalName, messagesVolume}"],"tool":"rcs_sender_update"}`},
	} {
		if got := needs(tt.edits, tt.args); got != tt.want {
			t.Errorf("%s: %s", tt.name, got)
		}
	}
	_, _, r := readinessOfSender(t, rcsSenderIn(t, "LAUNCHED", nil), map[string]any{"senderId": "s", "countries": []any{"GB"}})
	if got := jsonvalue.Text(r, "next"); jsonvalue.Text(r, "data.launch") != "incomplete" || !strings.HasPrefix(jsonvalue.Text(jsonvalue.List(r, "next")[0], "do"), "first a person must ask Sinch support to add the answers") {
		t.Errorf("a country whose answers can't be given any more: %s", got)
	}
}

// Each read of a sender that is not launched names the tool.
func TestReadsOfASenderNameReadiness(t *testing.T) {
	if row := catalog.Lookup("rcs_sender_get"); !strings.Contains(row.About, catalog.RcsReadiness) {
		t.Errorf("it says %s", row.About)
	}
	for _, state := range []string{"DRAFT", "IN_TEST"} {
		set, _, _ := readinessOfSender(t, rcsSenderIn(t, state, nil), nil)
		next := jsonvalue.List(result(t, do(t, set, "rcs_sender_get", map[string]any{"senderId": "s"})), "next")
		if !slices.ContainsFunc(next, func(n any) bool {
			return jsonvalue.Text(n, "tool") == catalog.RcsReadiness && jsonvalue.Text(n, "args.senderId") == "s"
		}) {
			t.Errorf("%s: %s", state, encode(next))
		}
	}
}

// The sample for a launch in any country creates a sender that lacks nothing, and is not
// even advised anything.
func TestTheSampleCreatesASenderThatIsReady(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	all := papi.LookupSchema("RcsInputRcsCountryCodesEnum").EnumTexts()
	sets := [][]string{all, {"GB", "FR"}}
	for _, country := range all {
		sets = append(sets, []string{country})
	}
	box := newSandboxSet(t, nil)
	for _, countries := range sets {
		r := result(t, do(t, box.Set, catalog.RcsReadiness, map[string]any{"countries": countries, "useCase": "PROMOTIONAL"}))
		created := do(t, box.Set, "rcs_sender_create", jsonvalue.Object(r, "data.sample"))
		if created.IsError {
			t.Errorf("%v: %s", countries, encode(created.Structured))
			continue
		}
		box.box.Advance(time.Hour)
		r = result(t, do(t, box.Set, catalog.RcsReadiness, map[string]any{"senderId": jsonvalue.Text(result(t, created), "ids.senderId")}))
		if jsonvalue.Text(r, "data.launch") != "ready" || jsonvalue.Field(r, "data.missing") != nil || jsonvalue.Field(r, "data.advised") != nil {
			t.Errorf("%v: %s, missing %v, advised %v", countries, jsonvalue.Text(r, "data.why"), jsonvalue.List(r, "data.missing"), jsonvalue.List(r, "data.advised"))
		}
	}
}

// What it can't know it says: without countries it asks for them, and the US answers
// that depend on others name the condition.
func TestReadinessWithoutASender(t *testing.T) {
	box := newSandboxSet(t, nil)
	r := result(t, do(t, box.Set, catalog.RcsReadiness, map[string]any{}))
	if n := jsonvalue.List(r, "next")[0]; jsonvalue.Text(n, "tool") != catalog.RcsReadiness || string(encode(jsonvalue.Field(n, "needs"))) != `["countries"]` || jsonvalue.Field(r, "data.sample") != nil {
		t.Errorf("without countries: %s", encode(r))
	}
	r = result(t, do(t, box.Set, catalog.RcsReadiness, map[string]any{"countries": []any{"US"}}))
	for name, need := range map[string]string{"addressState": "required if taxIdCountry is US", "stockSymbol": "required if ownershipType is PUBLIC", "taxId": "required"} {
		if row := tableRows(r, "data.questions.us")[name]; len(row) < 2 || row[1] != need {
			t.Errorf("%s: %v", name, row)
		}
	}
	if row := tableRows(r, "data.questions.verification")["phone"]; row[1] != "required" {
		t.Errorf("the phone that the US questionnaire needs: %v", row)
	}
	e := failure(t, do(t, box.Set, catalog.RcsReadiness, map[string]any{"countries": []any{"IE"}}))
	if v := jsonvalue.List(e, "additionalInformation.violations"); e["errorCode"] != "invalid_arguments" || len(v) != 1 || jsonvalue.Text(v[0], "path") != "countries[0]" {
		t.Errorf("a country without RCS: %s", encode(e))
	}
	e = failure(t, do(t, box.Set, catalog.RcsReadiness, map[string]any{"senderId": "00000000-0000-0000-0000-0000000000aa"}))
	if !slices.ContainsFunc(jsonvalue.List(e, "next"), func(n any) bool {
		return jsonvalue.Text(n, "tool") == "rcs_sender_create" || jsonvalue.Text(n, "tool") == "rcs_sender_list"
	}) {
		t.Errorf("a sender that is not there: %s", encode(e))
	}
}

// It belongs to the toolset, and is offered with it or by its name.
func TestReadinessBelongsToRCS(t *testing.T) {
	offering := func(filter catalog.Filter) *Set {
		rows, err := catalog.Select(filter)
		if err != nil {
			t.Fatal(err)
		}
		all, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
		return New(Options{Rows: rows, Own: filter.Own(), Guard: all.opts.Guard, API: all.opts.API})
	}
	for _, tt := range []struct {
		filter catalog.Filter
		want   bool
	}{
		{catalog.Filter{Toolsets: []string{"rcs"}}, true},
		{catalog.Filter{ReadOnly: true}, true},
		{catalog.Filter{Toolsets: []string{"webhooks"}}, false},
		{catalog.Filter{Toolsets: []string{"webhooks"}, Tools: []string{catalog.RcsReadiness}}, true},
	} {
		if set := offering(tt.filter); set.Offers(catalog.RcsReadiness) != tt.want {
			t.Errorf("%+v: it is not %v", tt.filter, tt.want)
		}
	}
	tool := listedTool(t, offering(catalog.Filter{}), catalog.RcsReadiness)
	if !*tool.Annotations.ReadOnlyHint {
		t.Error("it only reads")
	}
}

// What it shows is small: of a typical sender in Sweden at most 750 tokens, of one in all
// countries with questions of their own at most 2,200, with or without its answers, and
// of what is to be created with its sample.
func TestReadinessIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	box := newSandboxSet(t, nil)
	show := func(what string, most int, args map[string]any) map[string]any {
		out := do(t, box.Set, catalog.RcsReadiness, args)
		if got := tokentest.Count(asText(t, out.Structured)); got > most {
			t.Errorf("%s has %d tokens, at most %d", what, got, most)
		} else {
			t.Logf("%s: %d tokens", what, got)
		}
		return result(t, out)
	}
	for _, tt := range []struct {
		countries            []any
		without, with, empty int
	}{{[]any{"SE"}, 900, 750, 750}, {[]any{"US", "GB", "FR"}, 2_200, 1_600, 1_800}} {
		name := string(encode(tt.countries))
		sample := jsonvalue.Object(show(name+" to create", tt.without, map[string]any{"countries": tt.countries, "useCase": "OTP"}), "data.sample")
		id := func(args map[string]any) map[string]any {
			created := result(t, do(t, box.Set, "rcs_sender_create", args))
			box.box.Advance(time.Hour)
			return map[string]any{"senderId": jsonvalue.Text(created, "ids.senderId")}
		}
		complete := id(sample)
		show(name+" complete", tt.with, complete)
		empty := maps.Clone(sample)
		empty["details"] = map[string]any{"countries": tt.countries}
		show(name+" empty", tt.empty, id(empty))
		result(t, do(t, box.Set, "rcs_sender_launch", complete))
		box.box.Advance(90 * 24 * time.Hour)
		show(name+" launched", tt.with, complete)
	}
}
