package guard

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
)

// launchableSender is an RCS sender that lacks nothing for a launch in Sweden.
func launchableSender() map[string]any {
	raw, err := os.ReadFile("../lint/testdata/rcs_sender_launchable.json")
	if err != nil {
		panic(err)
	}
	var sender map[string]any
	if err := json.Unmarshal(raw, &sender); err != nil {
		panic(err)
	}
	return sender
}

func TestALaunchDependsOnTheState(t *testing.T) {
	for _, tt := range []struct {
		name  string
		state string
		want  string // "" where the state allows it
	}{
		{"a launched one may be launched in more countries", "LAUNCHED", ""},
		{"one that was taken down may be launched again", "UNLAUNCHED", ""},
		{"not while it is being prepared", "PREPARING_LAUNCH", "state: PREPARING_LAUNCH, and only IN_TEST, LAUNCHING, LAUNCHED, UNLAUNCHED can be launched"},
		{"a draft", "DRAFT", "state: DRAFT, and only IN_TEST, LAUNCHING, LAUNCHED, UNLAUNCHED can be launched"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sender := launchableSender()
			sender["state"] = tt.state
			if got := strings.Join(launchMissing(lint.NewLaunch(sender)), "; "); got != tt.want {
				t.Errorf("missing %q, want %q", got, tt.want)
			}
		})
	}
}

// down is an API that answers nothing.
var down = &papi.Error{Code: "internal_error", Status: http.StatusInternalServerError}

// gone is the API's answer for what is not there.
var gone = &papi.Error{Code: "sender_not_found", Status: http.StatusNotFound}

func TestALaunchIsRefusedUntilTheSenderIsComplete(t *testing.T) {
	complete, err := json.Marshal(launchableSender())
	if err != nil {
		t.Fatal(err)
	}
	french := launchableSender()
	jsonvalue.Object(french, "details")["countries"] = []any{"SE", "FR"}
	more, err := json.Marshal(french)
	if err != nil {
		t.Fatal(err)
	}
	const launch = `{"senderId": "s"}`
	checkRule(t, []ruleCase{
		{name: "what is asked and not needed is a warning", tool: "rcs_sender_launch", args: launch, api: map[string]string{"rcs_sender_get": string(more)}, want: codeRequired, warn: "details.questionnaire.fr.answers.siren"},
		{name: "a draft", tool: "rcs_sender_launch", args: launch, api: map[string]string{"rcs_sender_get": `{"state": "DRAFT", "useCase": "OTP"}`}, want: "rcs_launch_requirements", says: "missing", next: "rcs_sender_update"},
		{name: "one whose launch is being prepared waits", tool: "rcs_sender_launch", args: launch, api: map[string]string{"rcs_sender_get": `{"state": "PREPARING_LAUNCH", "useCase": "OTP"}`}, want: "rcs_launch_requirements", says: "ends on its own", next: "rcs_sender_get"},
		{name: "a complete one is asked about, with one read for rule and summary", tool: "rcs_sender_launch", args: launch, api: map[string]string{"rcs_sender_get": string(complete)}, want: codeRequired, reads: []string{"rcs_sender_get"}},
		{name: "a sender that is not there is left to the API", tool: "rcs_sender_launch", args: launch, fail: gone, want: codeRequired},
		{name: "a read that fails refuses the launch", tool: "rcs_sender_launch", args: launch, fail: down, want: "read_failed", next: "rcs_sender_get"},
	})
}

func TestALaunchedSenderChangesItsCountriesOnly(t *testing.T) {
	in := func(state string) map[string]string {
		return map[string]string{"rcs_sender_get": `{"state": "` + state + `"}`}
	}
	const both = `{"senderId": "s", "details": {"countries": ["SE"], "brand": {"name": "New"}}}`
	checkRule(t, []ruleCase{
		{name: "LAUNCHED, another field", tool: "rcs_sender_update", args: both, api: in("LAUNCHED"), want: "rcs_update_launched", says: "details.brand", next: "rcs_sender_update"},
		{name: "LAUNCHING, another field", tool: "rcs_sender_update", args: both, api: in("LAUNCHING"), want: "rcs_update_launched"},
		{name: "test numbers have a tool of their own", tool: "rcs_sender_update", args: `{"senderId": "s", "details": {"testNumbers": ["+15550100"]}}`, api: in("LAUNCHED"), want: "rcs_update_launched", next: "rcs_test_number_add"},
		{name: "PREPARING_LAUNCH may change all", tool: "rcs_sender_update", args: both, api: in("PREPARING_LAUNCH"), want: "allowed"},
		{name: "countries alone", tool: "rcs_sender_update", args: `{"senderId": "s", "details": {"countries": ["SE"]}}`, api: in("LAUNCHED"), want: "allowed", reads: []string{"rcs_sender_get"}},
		{name: "a read that fails leaves it to the API", tool: "rcs_sender_update", args: both, fail: down, want: "allowed", warn: "the API decides"},
	})
}

func TestUSAnswersOfAPrivateCompanyNameNoStock(t *testing.T) {
	answers := func(more string) string {
		return `{"senderId": "s", "details": {"questionnaire": {"us": {"answers": {` + more + `}}}}}`
	}
	test := map[string]string{"rcs_sender_get": `{"state": "IN_TEST"}`}
	checkRule(t, []ruleCase{
		{name: "PRIVATE with a symbol", tool: "rcs_sender_update", args: answers(`"ownershipType": "PRIVATE", "stockSymbol": "EX"`), want: "rcs_us_answers", says: "stockSymbol"},
		{name: "PRIVATE alone", tool: "rcs_sender_update", args: answers(`"ownershipType": "PRIVATE"`), api: test, want: "allowed"},
		{name: "PRIVATE taking the symbol away", tool: "rcs_sender_update", args: answers(`"ownershipType": "PRIVATE", "stockSymbol": null`), api: test, want: "allowed"},
		{name: "PUBLIC with a symbol", tool: "rcs_sender_update", args: answers(`"ownershipType": "PUBLIC", "stockSymbol": "EX"`), api: test, want: "allowed"},
		{name: "PUBLIC and no CORPORATION", tool: "rcs_sender_update", args: answers(`"ownershipType": "PUBLIC", "legalForm": "PARTNERSHIP"`), want: "rcs_us_answers", says: "PUBLIC company is a CORPORATION", reads: []string{}},
		{name: "PUBLIC and a CORPORATION", tool: "rcs_sender_update", args: answers(`"ownershipType": "PUBLIC", "legalForm": "CORPORATION"`), api: test, want: "allowed"},
		{name: "PRIVATE and a PARTNERSHIP", tool: "rcs_sender_update", args: answers(`"ownershipType": "PRIVATE", "legalForm": "PARTNERSHIP"`), api: test, want: "allowed"},
		{name: "a new PUBLIC company without stock", tool: "rcs_sender_create", args: `{"details":{"questionnaire":{"us":{"answers":{"ownershipType":"PUBLIC","stockExchange":"NYSE"}}}}}`, want: "rcs_us_answers", says: "needs stockExchange and stockSymbol", reads: []string{}},
		{name: "a new PUBLIC company with it", tool: "rcs_sender_create", args: `{"details":{"questionnaire":{"us":{"answers":{"ownershipType":"PUBLIC","stockExchange":"NYSE","stockSymbol":"EX"}}}}}`, want: "allowed"},
		{name: "a new company of neither kind yet", tool: "rcs_sender_create", args: `{"details":{"questionnaire":{"us":{"answers":{"companyLegalName":"Example"}}}}}`, want: "allowed"},
		{name: "a state abroad", tool: "rcs_sender_update", args: answers(`"taxIdCountry": "DE", "addressState": "CA"`), api: test, want: "allowed", warn: "addressState is ignored"},
		{name: "a US tax id", tool: "rcs_sender_update", args: answers(`"taxIdCountry": "US", "taxId": "00-0000000"`), api: test, want: "allowed"},
		{name: "a US tax id of another form", tool: "rcs_sender_update", args: answers(`"taxIdCountry": "US", "taxId": "00-000000"`), want: "rcs_us_answers", says: "two digits, a hyphen, seven digits"},
		{name: "a tax id of another country", tool: "rcs_sender_update", args: answers(`"taxIdCountry": "DE", "taxId": "DE000"`), api: test, want: "allowed"},
		{name: "answers of the first version under the second", tool: "rcs_sender_update", args: strings.TrimSuffix(answers(`"ein": "00-0000000"`), "}") + `, "usQuestionnaireVersion": "v2"}`, api: test, want: "allowed", warn: "look like those of v1"},
		{name: "answers of the second version under the first", tool: "rcs_sender_update", args: strings.TrimSuffix(answers(`"ownershipType": "PUBLIC"`), "}") + `, "usQuestionnaireVersion": "v1"}`, api: test, want: "allowed", warn: "look like those of v2"},
	})
}

func TestTestNumbersAreTheSenders(t *testing.T) {
	complete, err := json.Marshal(launchableSender())
	if err != nil {
		t.Fatal(err)
	}
	api := map[string]string{"rcs_sender_get": string(complete)}
	many := make([]string, maxInvitations+1)
	for i := range many {
		many[i] = fmt.Sprintf(`"+155502%02d"`, i)
	}
	add := func(numbers ...string) string {
		return `{"senderId": "s", "testNumbers": [` + strings.Join(numbers, ",") + `]}`
	}
	checkRule(t, []ruleCase{
		{name: "an unknown number is not invited again", tool: "rcs_test_number_reinvite", args: `{"senderId": "s", "testNumber": "+15550199"}`, api: api, want: "rcs_test_number", next: "rcs_test_number_add"},
		{name: "nor taken out", tool: "rcs_test_number_delete", args: `{"senderId": "s", "testNumber": "+15550199"}`, api: api, want: "rcs_test_number"},
		{name: "a known one is, when a person agrees", tool: "rcs_test_number_delete", args: `{"senderId": "s", "testNumber": "+15550100"}`, api: api, want: codeRequired, reads: []string{"rcs_sender_get"}},
		{name: "the owner of a VERIFIED one has to accept again", tool: "rcs_test_number_reinvite", args: `{"senderId": "s", "testNumber": "+15550100"}`, api: api, want: "allowed", warn: "UNVERIFIED again"},
		{name: "a DECLINED one may be refused by the API", tool: "rcs_test_number_add", args: add(`"+15550101"`), api: api, want: "allowed", warn: "DECLINED"},
		{name: "a new one", tool: "rcs_test_number_add", args: add(`"+15550102"`), api: api, want: "allowed"},
		{name: "20 in one call", tool: "rcs_test_number_add", args: add(many[:maxInvitations]...), api: api, want: "allowed"},
		{name: "21 in one call", tool: "rcs_test_number_add", args: add(many...), api: api, want: "allowed", warn: "21 numbers in one call"},
		{name: "an answer without states proves nothing", tool: "rcs_test_number_reinvite", args: `{"senderId": "s", "testNumber": "+15550199"}`, api: map[string]string{"rcs_sender_get": `{"state": "IN_TEST"}`}, want: "allowed"},
	})
}

func TestTestNumbersArePhoneNumbers(t *testing.T) {
	test := map[string]string{"rcs_sender_get": `{"state": "IN_TEST"}`}
	add := func(number string) string { return `{"senderId": "s", "testNumbers": ["` + number + `"]}` }
	const rule = "rcs_test_number_form"
	checkRule(t, []ruleCase{
		{name: "6 digits", tool: "rcs_test_number_add", args: add("+155501"), api: test, want: "allowed"},
		{name: "5 digits", tool: "rcs_test_number_add", args: add("+15550"), want: rule, says: "+15550", reads: []string{}},
		{name: "15 digits", tool: "rcs_test_number_add", args: add("+155501234567890"), api: test, want: "allowed"},
		{name: "16 digits", tool: "rcs_test_number_add", args: add("+1555012345678901"), want: rule},
		{name: "blanks", tool: "rcs_test_number_add", args: add("+1 555 0100"), want: rule},
		{name: "without the plus sign", tool: "rcs_test_number_add", args: add("15550100"), want: rule, says: "15550100", reads: []string{}},
		{name: "as it is called within the country", tool: "rcs_test_number_add", args: add("05550100"), want: rule},
		{name: "the same behind a plus sign", tool: "rcs_test_number_add", args: add("+05550100"), want: rule},
		{name: "00 for the plus sign", tool: "rcs_test_number_add", args: add("0015550100"), want: rule},
		{name: "without the plus sign, in a new sender", tool: "rcs_sender_create", args: `{"details": {"testNumbers": ["+15550100", "15550101"]}}`, want: rule, says: `["15550101"]`},
		{name: "without the plus sign, to be invited again", tool: "rcs_test_number_reinvite", args: `{"senderId": "s", "testNumber": "15550100"}`, want: rule, next: "rcs_sender_get"},
		{name: "without the plus sign, to be taken out", tool: "rcs_test_number_delete", args: `{"senderId": "s", "testNumber": "15550100"}`, want: rule, next: "rcs_sender_get"},
		{name: "in a new sender", tool: "rcs_sender_create", args: `{"details": {"testNumbers": ["my phone"]}}`, want: rule},
		{name: "in an update", tool: "rcs_sender_update", args: `{"senderId": "s", "details": {"testNumbers": ["my phone"]}}`, want: rule},
		{name: "to be invited again", tool: "rcs_test_number_reinvite", args: `{"senderId": "s", "testNumber": "my phone"}`, want: rule},
	})
}

func TestALaunchSaysWhatItDoes(t *testing.T) {
	f := newFixture(nil).confirmed(t)
	f.api["rcs_sender_get"] = launchableSender()
	launch := func() *Call { return call("rcs_sender_launch", map[string]any{"senderId": "s"}) }
	first := f.Check(t.Context(), launch()).Refuse.Confirmation
	for _, part := range []string{`"Example Shop"`, "IN_TEST", "1 country: SE"} {
		if !strings.Contains(first.Summary, part) {
			t.Errorf("the summary lacks %s: %s", part, first.Summary)
		}
	}
	if strings.Contains(first.Summary, "video") {
		t.Errorf("it speaks of a video that is there: %s", first.Summary)
	}
	put(f.api["rcs_sender_get"], "details.countries", []any{"SE", "DE"})
	again := launch()
	again.Confirm = first.Token
	v := f.Check(t.Context(), again)
	if v.Refuse == nil || v.Refuse.Info["reason"] != reasonChanged {
		t.Fatalf("a country was added in between: got %+v", v)
	}
	if !strings.Contains(v.Refuse.Confirmation.Summary, "2 countries: SE, DE") {
		t.Errorf("the new summary is old: %s", v.Refuse.Confirmation.Summary)
	}
}

func TestABrandNamesEachContactOnce(t *testing.T) {
	brand := func(fields string) string {
		return `{"region": "EU", "billingCategory": "CONVERSATIONAL", "useCase": "OTP", "details": {"brand": {` + fields + `}}}`
	}
	const tool, rule = "rcs_sender_create", "rcs_brand_unique"
	checkRule(t, []ruleCase{
		{name: "one label for two emails", tool: tool, args: brand(`"emails": [{"label": "l", "address": "a@example.com"}, {"label": "l", "address": "b@example.com"}]`), want: "allowed"},
		{name: "an email twice", tool: tool, args: brand(`"emails": [{"label": "a", "address": "a@example.com"}, {"label": "b", "address": "a@example.com"}]`), want: rule, says: "details.brand.emails[1].address"},
		{name: "all together", tool: tool, args: brand(`"phones": [{"number": "+15550100"}, {"number": "+15550100"}], "websites": [{"url": "https://example.com"}, {"url": "https://example.com"}]`), want: rule, says: "phones[1].number, details.brand.websites[1].url"},
		{name: "an email that is taken away", tool: tool, args: brand(`"emails": null`), want: "allowed"},
	})
}

func TestADeprecatedBillingCategoryIsAWarning(t *testing.T) {
	create := func(category string) string {
		return `{"region": "EU", "billingCategory": "` + category + `", "useCase": "OTP"}`
	}
	cases := []ruleCase{}
	// The contract says which are deprecated.
	for value, about := range papi.LookupSchema("RcsInputSenderBillingCategoriesEnum").EnumDescriptions {
		warn := ""
		if _, instead, deprecated := strings.Cut(about, "deprecated, use "); deprecated {
			warn = "billingCategory " + value + " is deprecated and will be removed: " + instead
		}
		cases = append(cases, ruleCase{name: value, tool: "rcs_sender_create", args: create(value), want: "allowed", warn: warn, reads: []string{}})
	}
	if len(cases) < 5 {
		t.Fatalf("the contract has %d billing categories", len(cases))
	}
	checkRule(t, cases)
}

// A country that is added after the launch, or named in a new sender, without
// the answers that it asks for.
func TestACountryWithoutItsAnswersIsAWarning(t *testing.T) {
	gb := `"gb": {"answers": {"brandIndustry": "Retail", "companyLegalName": "Example Ltd", "messagesVolume": "0 - 10K messages", "companyRegistrationNumber": "1", "fullCompanyAddress": "1 Example Street", "messagesFrequency": "Once per day"}}`
	fr := `"fr": {"answers": {"fullCompanyAddress": "1 Rue Example", "siren": "000000000"}}`
	const create, update = "rcs_sender_create", "rcs_sender_update"
	in := func(state, questionnaire string) map[string]string {
		return map[string]string{"rcs_sender_get": `{"state": "` + state + `", "details": {"countries": ["SE"], "questionnaire": {` + questionnaire + `}}}`}
	}
	fresh := func(country, questionnaire string) string {
		return `{"region": "EU", "billingCategory": "CONVERSATIONAL", "useCase": "OTP", "details": {"countries": ["` + country + `"], "questionnaire": {` + questionnaire + `}}}`
	}
	add := func(countries, more string) string {
		return `{"senderId": "s", "details": {"countries": [` + countries + `]` + more + `}}`
	}
	read := []string{"rcs_sender_get"}
	checkRule(t, []ruleCase{
		{name: "a new sender in Sweden", tool: create, args: fresh("SE", ""), want: "allowed", reads: []string{}},
		{name: "in Britain", tool: create, args: fresh("GB", ""), want: "allowed", warn: "details.countries has GB, whose launch needs details.questionnaire.gb.answers.{brandIndustry, companyLegalName, messagesVolume}, and whose questionnaire asks for"},
		{name: "in Britain, with the answers", tool: create, args: fresh("GB", gb), want: "allowed"},
		{name: "in France", tool: create, args: fresh("FR", ""), want: "allowed", warn: "details.countries has FR, whose questionnaire asks for details.questionnaire.fr.answers.{fullCompanyAddress, siren} (the API decides): give the answers before the first launch"},
		{name: "in the US", tool: create, args: fresh("US", ""), want: "allowed", warn: "details.questionnaire.verification.answers.phone"},

		{name: "Britain is added while testing", tool: update, args: add(`"SE", "GB"`, ""), api: in("IN_TEST", ""), want: "allowed", warn: "details.countries adds GB, whose launch needs details.questionnaire.gb.answers.{brandIndustry, companyLegalName, messagesVolume}", reads: read},
		{name: "with its answers", tool: update, args: add(`"SE", "GB"`, `, "questionnaire": {`+gb+`}`), api: in("IN_TEST", ""), want: "allowed"},
		{name: "after its answers", tool: update, args: add(`"SE", "GB"`, ""), api: in("LAUNCHED", gb), want: "allowed"},
		{name: "Britain is added after the launch", tool: update, args: add(`"SE", "GB"`, ""), api: in("LAUNCHED", ""), want: "allowed", warn: "in LAUNCHED they can't be given any more: ask the person to contact Sinch support about adding the answers"},
		{name: "while launching", tool: update, args: add(`"SE", "US"`, ""), api: in("LAUNCHING", ""), want: "allowed", warn: "in LAUNCHING they can't be given any more"},
		{name: "France is added after the launch", tool: update, args: add(`"SE", "FR"`, ""), api: in("LAUNCHED", ""), want: "allowed", warn: "asks for details.questionnaire.fr.answers.{fullCompanyAddress, siren}"},
		{name: "France is added after its answers", tool: update, args: add(`"SE", "FR"`, ""), api: in("LAUNCHED", fr), want: "allowed"},
		{name: "answers that the same update removes", tool: update, args: add(`"SE", "GB"`, `, "questionnaire": {"gb": {"answers": {"messagesVolume": null}}}`), api: in("IN_TEST", gb), want: "allowed", warn: "whose launch needs details.questionnaire.gb.answers.messagesVolume:"},
		{name: "a country that it has", tool: update, args: add(`"SE"`, ""), api: in("LAUNCHED", ""), want: "allowed"},
		{name: "a country less", tool: update, args: `{"senderId": "s", "details": {"countries": null}}`, api: in("IN_TEST", ""), want: "allowed", reads: []string{}},
		{name: "answers after the launch", tool: update, args: `{"senderId": "s", "details": {"questionnaire": {` + gb + `}}}`, api: in("LAUNCHED", ""), want: "rcs_update_launched", says: "only details.countries can be changed"},
	})
}

// A launched sender is never sent to give answers that it can't give any more.
func TestALaunchOfALaunchedSenderHasAWayOut(t *testing.T) {
	for _, tt := range []struct {
		name  string
		state string
		edit  map[string]any
		stay  []string // the countries of the update that next offers; nil for none
	}{
		{"Britain besides Sweden", "LAUNCHED", map[string]any{"details.countries": []any{"SE", "GB"}}, []string{"SE"}},
		{"the US while launching", "LAUNCHING", map[string]any{"details.countries": []any{"SE", "US", "DE"}}, []string{"SE", "DE"}},
		{"nothing but Britain", "LAUNCHED", map[string]any{"details.countries": []any{"GB"}}, nil},
		{"a banner", "LAUNCHED", map[string]any{"details.brand.bannerUrl": nil}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(nil).confirmed(t)
			sender := launchableSender()
			put(sender, "state", tt.state)
			for path, value := range tt.edit {
				put(sender, path, value)
			}
			f.api["rcs_sender_get"] = sender
			r := f.Check(t.Context(), call("rcs_sender_launch", map[string]any{"senderId": "s"})).Refuse
			if r == nil || r.Code != "guard_rcs_launch_requirements" || !strings.Contains(r.Resolution, "in "+tt.state+" only the countries can be changed") {
				t.Fatalf("got %+v", r)
			}
			if !strings.Contains(r.Resolution, "ask the person to contact Sinch support") {
				t.Errorf("it does not say what a person can do: %s", r.Resolution)
			}
			var stay []string
			for _, next := range r.Next {
				if next.Tool != "rcs_sender_update" {
					continue
				}
				details, _ := next.Args["details"].(map[string]any)
				if len(next.Needs) > 0 || len(details) != 1 {
					t.Errorf("it sends one to change what can't be changed: %+v", next)
				}
				stay, _ = details["countries"].([]string)
			}
			if !slices.Equal(stay, tt.stay) {
				t.Errorf("the countries that stay are %v, not %v", stay, tt.stay)
			}
		})
	}
}

func TestTheQuestionAboutALaunchNamesCountriesThatCantFollow(t *testing.T) {
	summary := func(edit map[string]any) string {
		f := newFixture(nil).confirmed(t)
		sender := launchableSender()
		for path, value := range edit {
			put(sender, path, value)
		}
		f.api["rcs_sender_get"] = sender
		r := f.Check(t.Context(), call("rcs_sender_launch", map[string]any{"senderId": "s"})).Refuse
		if r == nil || r.Confirmation == nil {
			t.Fatalf("got %+v", r)
		}
		return r.Confirmation.Summary
	}
	if got := summary(nil); !strings.Contains(got, "can't be given later") || !strings.Contains(got, "Add the answers for FR, GB, US first") {
		t.Errorf("before the first launch: %s", got)
	}
	fr := map[string]any{"details.questionnaire.fr.answers": map[string]any{"fullCompanyAddress": "1 Rue Example", "siren": "000000000"}}
	if got := summary(fr); !strings.Contains(got, "Add the answers for GB, US first") {
		t.Errorf("with the answers of France: %s", got)
	}
	if got := summary(map[string]any{"state": "LAUNCHED"}); strings.Contains(got, "given later") {
		t.Errorf("after the launch: %s", got)
	}
}
