package lint

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

// launchableSender is an RCS sender that lacks nothing for a launch in Sweden.
func launchableSender(t *testing.T) map[string]any {
	t.Helper()
	raw, err := os.ReadFile("testdata/rcs_sender_launchable.json")
	if err != nil {
		t.Fatal(err)
	}
	var sender map[string]any
	if err := json.Unmarshal(raw, &sender); err != nil {
		t.Fatal(err)
	}
	return sender
}

// put sets the value at a dotted path, or removes it where it is nil.
func put(object map[string]any, path string, value any) {
	name, rest, deeper := strings.Cut(path, ".")
	switch {
	case deeper:
		inner, ok := object[name].(map[string]any)
		if !ok {
			inner = map[string]any{}
			object[name] = inner
		}
		put(inner, rest, value)
	case value == nil:
		delete(object, name)
	default:
		object[name] = value
	}
}

// usAnswered are complete answers of the second US questionnaire.
func usAnswered(ownership, taxCountry string) map[string]any {
	answers := map[string]any{"ownershipType": ownership, "taxIdCountry": taxCountry}
	for _, key := range papi.LookupSchema(usSchemas[usCampaign(answers)]).Required {
		if answers[key] == nil {
			answers[key] = "given"
		}
	}
	return answers
}

func TestALaunchReportsAllThatIsMissing(t *testing.T) {
	const (
		general      = "details.questionnaire.general.answers."
		verification = "details.questionnaire.verification.answers."
		gb           = "details.questionnaire.gb.answers."
		fr           = "details.questionnaire.fr.answers."
		us           = "details.questionnaire.us.answers."
	)
	countries := func(codes ...any) map[string]any { return map[string]any{"details.countries": codes} }
	plus := func(m map[string]any, more map[string]any) map[string]any { maps.Copy(m, more); return m }
	for _, tt := range []struct {
		name    string
		edit    map[string]any // what the sender has, by path; nil for what it lacks
		missing []string
		asked   []string
	}{
		{name: "a complete sender lacks nothing"},
		{name: "no country", edit: map[string]any{"details.countries": []any{}}, missing: []string{"details.countries"}},
		{name: "a phone does for an email", edit: map[string]any{"details.brand.emails": nil, "details.brand.phones": []any{map[string]any{"number": "+15550100"}}}},
		{name: "neither phone nor email", edit: map[string]any{"details.brand.emails": nil}, missing: []string{"details.brand.phones or details.brand.emails"}},
		{name: "images and policies", edit: map[string]any{"details.brand.bannerUrl": nil, "details.brand.logoUrl": "", "details.brand.privacyPolicyUrl": nil, "details.brand.termsOfServiceUrl": nil},
			missing: []string{"details.brand.bannerUrl", "details.brand.logoUrl", "details.brand.privacyPolicyUrl", "details.brand.termsOfServiceUrl"}},
		{name: "answers that every sender gives", edit: map[string]any{general + "optOutDescription": nil, verification + "website": nil}, missing: []string{general + "optOutDescription", verification + "website"}},
		{name: "a video is not needed", edit: map[string]any{general + "videoUris": nil}},
		{name: "Britain asks three things", edit: plus(countries("GB"), map[string]any{gb + "brandIndustry": "Retail"}),
			missing: []string{gb + "companyLegalName", gb + "messagesVolume"}, asked: []string{gb + "companyRegistrationNumber", gb + "fullCompanyAddress", gb + "messagesFrequency"}},
		{name: "France asks, and the contract marks nothing as needed", edit: countries("FR"), asked: []string{fr + "fullCompanyAddress", fr + "siren"}},
		{name: "Britain needs what is marked as needed, and asks for the rest", edit: countries("GB"),
			missing: []string{gb + "brandIndustry", gb + "companyLegalName", gb + "messagesVolume"}, asked: []string{gb + "companyRegistrationNumber", gb + "fullCompanyAddress", gb + "messagesFrequency"}},
		{name: "one French answer leaves the rest to the API", edit: plus(countries("FR"), map[string]any{fr + "siren": "000000000"}), asked: []string{fr + "fullCompanyAddress"}},
		{name: "answers of a country that is not launched are not asked for", edit: map[string]any{fr + "siren": "000000000"}},
		{name: "the second US questionnaire asks for the verification's phone", edit: plus(countries("US"), map[string]any{"details.questionnaire.us.answers": usAnswered("PRIVATE", "DE")}),
			missing: []string{verification + "phone"}},
		{name: "a US company names its state", edit: plus(countries("US"), map[string]any{"details.questionnaire.us.answers": usAnswered("PRIVATE", "DE"), us + "taxIdCountry": "US", verification + "phone": "+15550100"}),
			missing: []string{us + "addressState"}},
		{name: "a public company names its stock", edit: plus(countries("US"), map[string]any{"details.questionnaire.us.answers": usAnswered("PRIVATE", "US"), us + "ownershipType": "PUBLIC", verification + "phone": "+15550100"}),
			missing: []string{us + "stockExchange", us + "stockSymbol"}},
		{name: "false is an answer", edit: plus(countries("US"), map[string]any{"details.questionnaire.us.answers": usAnswered("PUBLIC", "US"), us + "ageGatedContent": false, verification + "phone": "+15550100"})},
		{name: "the first US questionnaire asks less", edit: plus(countries("US"), map[string]any{us + "ein": "00-0000000", us + "companyLegalName": "Example Ltd", us + "brandIndustry": "Retail"}),
			missing: []string{us + "messagesVolume"}, asked: []string{us + "fullCompanyAddress"}},
		{name: "everything", edit: map[string]any{"details": map[string]any{}},
			missing: []string{
				"details.brand.bannerUrl", "details.brand.logoUrl", "details.brand.phones or details.brand.emails", "details.brand.privacyPolicyUrl", "details.brand.termsOfServiceUrl", "details.countries",
				general + "interactionsDescription", general + "optInDescription", general + "optOutDescription", general + "triggerDescription",
				verification + "email", verification + "name", verification + "website",
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sender := launchableSender(t)
			for _, path := range slices.Sorted(maps.Keys(tt.edit)) {
				put(sender, path, tt.edit[path])
			}
			got := NewLaunch(sender)
			if !slices.Equal(got.Missing, tt.missing) {
				t.Errorf("missing:\n%s\nwant:\n%s", strings.Join(got.Missing, "\n"), strings.Join(tt.missing, "\n"))
			}
			if !slices.Equal(got.Asked, tt.asked) {
				t.Errorf("asked: %v, want %v", got.Asked, tt.asked)
			}
		})
	}
}

// What the contract calls needed at launch is what the launch is refused for:
// no more, and no less.
func TestTheContractSaysWhatACountryNeeds(t *testing.T) {
	schemas := map[string]string{"GB": "RcsSenderDetailsQuestionnaireGBAnswersInputDto", "FR": "RcsSenderDetailsQuestionnaireFRAnswersInputDto"}
	for country, name := range schemas {
		for key, property := range papi.LookupSchema(name).Properties {
			needed := strings.Contains(property.Resolve().Description, "needed at launch")
			if got := slices.Contains(papi.LookupSchema(name).NeededAtLaunch(), key); got != needed {
				t.Errorf("%s: %s is needed: %v, as the contract has it: %v", country, key, got, needed)
			}
			known := needed || slices.Contains(countryAsks[country].asked, key) || property.Deprecated || strings.HasSuffix(key, "Metadata")
			if !known {
				t.Errorf("%s: nothing asks for %s", country, key)
			}
		}
	}
	for key, property := range papi.LookupSchema("RcsSenderDetailsQuestionnaireUSAnswersInputDto").Properties {
		if needed := strings.Contains(property.Resolve().Description, "needed at launch"); slices.Contains(papi.LookupSchema(usFirst.schema).NeededAtLaunch(), key) != needed {
			t.Errorf("US, the first questionnaire: %s is needed: %v", key, needed)
		}
	}
	for version, name := range usSchemas {
		complete := papi.LookupSchema(name)
		for key, property := range complete.Properties {
			if strings.Contains(property.Resolve().Description, "needed at launch") && !slices.Contains(complete.Required, key) {
				t.Errorf("US, %s: %s is needed at launch and not required", version, key)
			}
		}
	}
}

// A sender in test is completed, or launched: not both.
func TestStepsOfASenderInTest(t *testing.T) {
	complete, incomplete := launchableSender(t), launchableSender(t)
	put(incomplete, "details.countries", nil)
	for name, test := range map[string]struct {
		sender any
		want   []string
	}{
		"complete":   {complete, []string{"rcs_test_number_add", "rcs_sender_readiness", "rcs_sender_launch"}},
		"incomplete": {incomplete, []string{"rcs_test_number_add", "rcs_sender_readiness", "rcs_sender_update"}},
	} {
		var got []string
		for _, step := range catalog.LookupResource("rcs_sender").At("IN_TEST", "").Next {
			if step.Fits(test.sender) && LaunchFits(step, test.sender) {
				got = append(got, step.Tool)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// What the state of a sender means for its launch.
func TestALaunchDependsOnTheState(t *testing.T) {
	type verdict struct {
		ready, waits, fixed bool
		problem             string
	}
	const only = ", and only IN_TEST, LAUNCHING, LAUNCHED, UNLAUNCHED can be launched"
	for state, want := range map[string]verdict{
		"":                 {problem: "state: none" + only},
		"DRAFT":            {problem: "state: DRAFT" + only},
		"IN_TEST":          {ready: true},
		"PREPARING_LAUNCH": {waits: true, problem: "state: PREPARING_LAUNCH" + only},
		"LAUNCHED":         {ready: true, fixed: true},
	} {
		sender := launchableSender(t)
		sender["state"] = state
		l := NewLaunch(sender)
		if got := (verdict{l.Ready(), l.Waits, l.Fixed, l.StateProblem()}); got != want {
			t.Errorf("%s: %+v", state, got)
		}
	}
}

// Countries that ask for answers of their own can't follow a launch without them.
func TestCountriesThatCantFollow(t *testing.T) {
	sender := launchableSender(t)
	if got := NewLaunch(sender).Later; !slices.Equal(got, []string{"FR", "GB", "US"}) {
		t.Errorf("without answers: %v", got)
	}
	put(sender, "details.countries", []any{"SE", "GB"})
	put(sender, "details.questionnaire.fr.answers", map[string]any{"siren": "000000000", "fullCompanyAddress": "1 Rue Example"})
	put(sender, "details.questionnaire.us.answers", usAnswered("PUBLIC", "US"))
	if got := NewLaunch(sender).Later; !slices.Equal(got, []string{"US"}) { // which also needs a phone
		t.Errorf("with answers: %v", got)
	}
	put(sender, "details.questionnaire.verification.answers.phone", "+15550100")
	if got := NewLaunch(sender).Later; got != nil {
		t.Errorf("with the phone: %v", got)
	}
}

// What a launch makes of each value: the contract's words, and what is only advised.
func TestWhatALaunchMakesOfAValue(t *testing.T) {
	value := func(sender map[string]any, path string) string {
		for _, v := range NewLaunch(sender).Values {
			if strings.HasSuffix(v.Path, path) {
				return fmt.Sprint(v.Need, " ", v.When, " ", v.Given)
			}
		}
		return "none"
	}
	sender, us := launchableSender(t), launchableSender(t)
	put(us, "details.countries", []any{"US"})
	abroad := launchableSender(t)
	put(abroad, "details.countries", []any{"US"})
	put(abroad, "details.questionnaire.us.answers", usAnswered("PRIVATE", "DE"))
	first := launchableSender(t)
	put(first, "details.countries", []any{"US"})
	put(first, "details.questionnaire.us.answers", map[string]any{"ein": "00-0000000"})
	for _, tt := range []struct {
		sender     map[string]any
		path, want string
	}{
		{sender, "brand.bannerUrl", "required  true"},
		{sender, "brand.name", "advised  true"},
		{sender, "brand.phones", "advised  false"},
		{sender, "brand.color", "optional  false"},
		{sender, "general.answers.videoUris", "advised  true"},
		{sender, "verification.answers.phone", "optional  false"},
		{sender, "verification.answers.partner", "none"},
		{us, "verification.answers.phone", "required  false"},
		{us, "us.answers.addressState", "required taxIdCountry is US false"},
		{us, "us.answers.stockSymbol", "required ownershipType is PUBLIC false"},
		{abroad, "us.answers.addressState", "none"},
		{abroad, "us.answers.stockSymbol", "none"},
		{first, "verification.answers.phone", "optional  false"},
		{first, "us.answers.fullCompanyAddress", "asked  false"},
	} {
		if got := value(tt.sender, tt.path); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.path, got, tt.want)
		}
	}
}

// A sample of a launch in any country lacks nothing, and is not asked for more.
func TestALaunchSampleLacksNothing(t *testing.T) {
	all := papi.LookupSchema("RcsInputRcsCountryCodesEnum").EnumTexts()
	raw, err := json.Marshal(map[string]any{"state": "IN_TEST", "details": LaunchSample(all)})
	if err != nil {
		t.Fatal(err)
	}
	var sender map[string]any
	if err := json.Unmarshal(raw, &sender); err != nil {
		t.Fatal(err)
	}
	if l := NewLaunch(sender); !l.Ready() || l.Missing != nil || l.Asked != nil || !l.HasVideo() {
		t.Errorf("missing %v, asked %v", l.Missing, l.Asked)
	}
}

// Whatever an answer holds, it can be checked.
func TestALaunchOfAnything(t *testing.T) {
	for _, raw := range []string{`null`, `{}`, `{"state":1,"details":"x"}`, `{"details":{"countries":"SE","brand":[],"questionnaire":{"us":1}}}`, `{"details":{"countries":["US",1,null,"."]}}`} {
		var sender map[string]any
		if err := json.Unmarshal([]byte(raw), &sender); err != nil {
			t.Fatal(err)
		}
		if l := NewLaunch(sender); l.Ready() || len(GroupPaths(l.Missing)) == 0 {
			t.Errorf("%s is ready", raw)
		}
	}
}
