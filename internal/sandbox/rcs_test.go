package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// rcsBody is the body of a sender that may be launched in the countries.
func rcsBody(name string, countries ...any) obj {
	questionnaire := obj{
		"general": obj{"answers": obj{
			"optInDescription": "By a form", "triggerDescription": "After a purchase", "interactionsDescription": "Order status",
			"optOutDescription": "STOP", "videoUris": []any{"https://example.com/video"},
		}},
		"verification": obj{"answers": obj{"name": "Ann", "email": "ann@example.com", "website": "https://example.com", "phone": "+15550100"}},
		"fr":           obj{"answers": obj{"fullCompanyAddress": "1 Rue Example", "siren": "000000000"}},
		"gb": obj{"answers": obj{
			"brandIndustry": "Education", "companyLegalName": "Example Ltd", "companyRegistrationNumber": "00000000", "fullCompanyAddress": "1 Example Road",
			"messagesVolume": "0 - 10K messages", "messagesFrequency": "Once per day", "campaignLength": "1 month",
		}},
	}
	if slices.Contains(countries, any("US")) {
		questionnaire["us"] = obj{"answers": usAnswers()}
	}
	return obj{"region": "EU", "billingCategory": "CONVERSATIONAL", "useCase": "MULTIUSE", "details": obj{
		"countries": countries, "questionnaire": questionnaire, "testNumbers": []any{"+15550100"},
		"brand": obj{
			"name": name, "description": "Refuse Orange", "emails": []any{obj{"label": "Care", "address": "care@example.com"}},
			"bannerUrl": "https://example.com/banner.png", "logoUrl": "https://example.com/logo.png",
			"privacyPolicyUrl": "https://example.com/privacy", "termsOfServiceUrl": "https://example.com/terms",
		},
	}}
}

func usAnswers() obj {
	schema := papi.LookupSchema("RcsUsPrivateBrandCampaignSenderDetailsQuestionnaireUSAnswersInputDto")
	answers := schema.Sample(false).(obj)
	if s := schema.Properties["taxId"]; s != nil {
		answers["taxId"] = "00-0000000"
	}
	return answers
}

// rcsInTest makes a sender that is in its tests.
func (w *harness) rcsInTest(body obj) string {
	w.t.Helper()
	path := "/rcs/senders/" + w.post("/rcs/senders", body).ok().is("state", "IN_PROGRESS").str("id")
	w.s.Advance(rcsSetup)
	w.get(path).ok().is("state", "IN_TEST")
	return path
}

// launched lets all operators decide.
func (w *harness) launched(path string) {
	w.t.Helper()
	w.s.Advance(rcsOperators + 20*rcsOperatorStep)
	w.get(path).ok().is("state", "LAUNCHED")
}

func TestRcsFromDraftToLaunchedInTwoCountries(t *testing.T) {
	r := receive(t)
	w := manual(t)
	w.hook(r.URL, "ALL")
	w.get("/rcs/senders").fails("rbm_has_not_been_used")
	draft := w.post("/rcs/senders", obj{"region": "EU", "billingCategory": "CONVERSATIONAL", "useCase": "MULTIUSE"}).ok().is("state", "DRAFT", "hostingRegion", "EUROPE")
	path := "/rcs/senders/" + draft.str("id")
	w.post(path+"/launch", nil).fails("launch_invalid_agent_state")
	w.patch(path, obj{"details": obj{"brand": obj{"name": "Example"}}}).ok().is("state", "IN_PROGRESS")
	w.s.Advance(rcsSetup)
	w.get(path).ok().is("state", "IN_TEST")

	refused := w.post(path+"/launch", nil).fails("launch_precondition_failed")
	missing := refused.body["additionalInformation"].(obj)["validationErrors"].([]any)
	if len(missing) != 13 {
		t.Errorf("%d things are missing: %v", len(missing), missing)
	}
	w.patch(path, obj{"details": rcsBody("Example", "FR", "SE")["details"]}).ok()
	if status := w.get(path).ok().items("countryStatus"); jsonvalue.Text(status[0], "status") != "NOT_LAUNCHED" {
		t.Errorf("before the launch: %v", status)
	}
	w.post(path+"/launch", nil).ok().is("state", "LAUNCHING")
	w.patch(path, obj{"details": obj{"brand": obj{"name": "Other"}}}).fails("fields_not_updatable")
	w.launched(path)
	for _, country := range w.get(path).ok().items("countryStatus") {
		if jsonvalue.Text(country, "status") != "LAUNCHED" {
			t.Errorf("%v", country)
		}
		for _, item := range country["operators"].([]any) {
			o := item.(obj)
			want := "LAUNCHED"
			if o["name"] == "Orange" {
				want = "REJECTED"
			}
			if o["status"] != want || (o["remark"] != nil) != (want == "REJECTED") {
				t.Errorf("%v", o)
			}
		}
	}

	// A launched sender may be launched again, for new countries.
	w.patch(path, obj{"details": obj{"countries": []any{"FR", "SE", "GB"}}}).ok()
	w.post(path+"/launch", nil).ok().is("state", "LAUNCHING")
	w.launched(path)
	w.post("/_sandbox/happen", obj{"event": kindRcsUnlaunch, "id": draft.str("id")}).ok()
	w.get(path).ok().is("state", "UNLAUNCHED")
	w.post(path+"/launch", nil).ok().is("state", "LAUNCHING")
	w.launched(path)

	w.s.Settle()
	schema := papi.LookupSchema("RcsSenderDto")
	seen := map[string]bool{}
	for _, one := range r.got {
		seen[jsonvalue.Text(one.body, "type")] = true
		if found := schema.Violations(one.body["payload"], papi.CheckOptions{Closed: true}); len(found) > 0 {
			t.Errorf("%v: %v", one.body["type"], messages(found))
		}
	}
	if !seen["RCS_SENDER_STATUS_UPDATED"] || !seen["RCS_SENDER_OPERATOR_STATUS_UPDATED"] {
		t.Errorf("delivered %v", slices.Collect(maps.Keys(seen)))
	}
}

func TestRcsInTheUSWaitsForTheBrand(t *testing.T) {
	w := manual(t)
	path := w.rcsInTest(rcsBody("Example", "US"))
	w.post(path+"/launch", nil).ok().is("state", "PREPARING_LAUNCH", "brandDetails.status", "DRAFT", "brandDetails.registration.status", "NEW")
	w.s.Advance(rcsBrand)
	w.get(path).ok().is("state", "LAUNCHING", "brandDetails.registration.status", "COMPLETED")
	w.launched(path)

	path = w.rcsInTest(rcsBody("Reject Example", "US"))
	w.post(path+"/launch", nil).ok()
	w.s.Advance(rcsBrand)
	refused := w.get(path).ok().is("state", "UNLAUNCHED")
	if got := refused.items("countryStatus")[0]["status"]; got != "NOT_LAUNCHED" {
		t.Errorf("no operator was asked, and the country is %v", got)
	}

	// The rejection of a brand changes nothing in countries that are launched.
	path = w.rcsInTest(rcsBody("Reject Example", "SE", "US"))
	w.patch(path, obj{"details": obj{"countries": []any{"SE"}}}).ok()
	w.post(path+"/launch", nil).ok()
	w.launched(path)
	w.patch(path, obj{"details": obj{"countries": []any{"SE", "US"}}}).ok()
	w.post(path+"/launch", nil).ok().is("state", "PREPARING_LAUNCH")
	w.s.Advance(rcsBrand)
	got := w.get(path).ok().is("state", "LAUNCHED").items("countryStatus")
	if got[0]["status"] != "LAUNCHED" || got[1]["status"] != "NOT_LAUNCHED" {
		t.Errorf("countries %v", got)
	}
}

func TestRcsUSAnswersOfBothVersions(t *testing.T) {
	w := manual(t)
	body := rcsBody("Example", "US")
	answers := body["details"].(obj)["questionnaire"].(obj)["us"].(obj)["answers"].(obj)
	answers["ownershipType"] = "PUBLIC" // without an exchange
	w.post("/rcs/senders", body).fails("invalid_input")
	legacy := rcsBody("Example", "US")
	legacy["details"].(obj)["questionnaire"].(obj)["us"] = obj{"answers": obj{"companyLegalName": "Example Inc", "ein": "00-0000000"}}
	path := w.rcsInTest(legacy)
	got := w.post(path+"/launch", nil).fails("launch_precondition_failed")
	for _, missing := range got.body["additionalInformation"].(obj)["validationErrors"].([]any) {
		if !strings.Contains(missing.(string), "questionnaire.us.answers") {
			t.Errorf("missing: %v", missing)
		}
	}
	whole := obj{
		"companyLegalName": "Example Inc", "ein": "00-0000000", "brandIndustry": "Education",
		"fullCompanyAddress": "1 Example Road", "smsCampaign": "None", "messagesVolume": "0 - 10K messages",
	}
	legacy["details"].(obj)["questionnaire"].(obj)["us"] = obj{"answers": whole}
	for name, body := range map[string]obj{"older": legacy, "current": rcsBody("Example", "US")} {
		path := w.rcsInTest(body)
		questions := jsonvalue.Object(w.get(path).ok().body, "details.questionnaire.us.questions")
		if older := questions["ein"] != nil; older != (name == "older") {
			t.Errorf("%s answers stand beside the questions %v", name, questions)
		}
		w.post(path+"/launch", nil).ok()
		w.s.Advance(rcsBrand)
		w.launched(path)
	}
}

// US answers may come in parts: a launch alone needs them all.
func TestRcsUSAnswersInParts(t *testing.T) {
	w := manual(t)
	body := rcsBody("Example", "US")
	us := body["details"].(obj)["questionnaire"].(obj)["us"].(obj)
	whole := us["answers"].(obj)
	for _, c := range []struct {
		answers obj
		wrong   string
	}{
		{obj{}, ""},
		{obj{"companyLegalName": "Example Inc"}, ""},
		{obj{"companyLegalName": "Example Inc", "ownershipType": "PRIVATE", "taxIdCountry": "US"}, ""},
		{obj{"taxIdCountry": "DE", "addressState": "CA"}, ""},
		{obj{"stockExchange": "NYSE"}, ""},
		{obj{"messagesVolume": "many"}, "messagesVolume"},
		{obj{"sampleMessages": []any{"short"}}, "sampleMessages"},
		{obj{"ownershipType": "PRIVATE", "stockSymbol": "EX"}, "stockSymbol"},
		{obj{"ownershipType": "PUBLIC"}, "stockExchange"},
		{obj{"taxIdCountry": "US", "taxId": "123456789"}, "taxId"},
		{obj{"taxIdCountry": "DE", "taxId": "DE 123"}, ""},
	} {
		us["answers"] = c.answers
		got := w.post("/rcs/senders", body)
		if c.wrong != "" {
			if said := fmt.Sprint(got.fails("invalid_input").body["additionalInformation"]); !strings.Contains(said, c.wrong) {
				t.Errorf("%v: %s", c.answers, said)
			}
			continue
		}
		if kept := jsonvalue.Object(got.ok().body, "details.questionnaire.us.answers"); len(kept) != len(c.answers) {
			t.Errorf("of %v is kept %v", c.answers, kept)
		}
	}
	us["answers"] = obj{"ownershipType": "PRIVATE"}
	path := w.rcsInTest(body)
	w.post(path+"/launch", nil).fails("launch_precondition_failed")
	rest := maps.Clone(whole)
	delete(rest, "ownershipType")
	w.patch(path, obj{"details": obj{"questionnaire": obj{"us": obj{"answers": rest}}}}).ok()
	w.post(path+"/launch", nil).ok().is("state", "PREPARING_LAUNCH")
}

// What the questionnaire suggests is an answer that the API takes.
func TestRcsSuggestedAnswers(t *testing.T) {
	w := manual(t)
	current := papi.LookupSchema("RcsBrandCampaignUpdateSenderDetailsQuestionnaireUSAnswersInputDto").Properties
	for _, c := range []struct{ query, part, key, want string }{
		{"US", "us", "ownershipType", "PRIVATE"},
		{"US", "us", "legalForm", "LIMITED_LIABILITY_COMPANY"},
		{"US&usQuestionnaireBrandCampaignVersion=NON_US_PRIVATE", "us", "brandIndustry", "TECHNOLOGY"},
		{"US", "us", "messagesVolume", ""}, // a number
		{"US&usQuestionnaireVersion=v1", "us", "messagesVolume", "10K - 100K messages"},
		{"GB", "gb", "messagesVolume", "10K - 100K messages"},
		{"GB", "gb", "brandIndustry", "Education"},
		{"GB", "gb", "campaignLength", "1 month"},
	} {
		got := w.get("/rcs/questionnaire/MULTIUSE?countries=" + c.query).ok()
		suggested, _ := jsonvalue.Object(got.body, c.part+".questions."+c.key)["suggestedAnswers"].([]any)
		if c.want == "" && len(suggested) > 0 || c.want != "" && !slices.Contains(suggested, any(c.want)) {
			t.Errorf("%s, %s: %v, want %q", c.query, c.key, suggested, c.want)
		}
		for _, one := range suggested {
			if schema := current[c.key]; c.part == "us" && !strings.HasSuffix(c.query, "v1") && len(schema.Violations(one, papi.CheckOptions{})) > 0 {
				t.Errorf("%s: %v is suggested, and refused", c.key, one)
			}
		}
	}
}

func TestRcsWithoutAVideoIsPrepared(t *testing.T) {
	w := manual(t)
	body := rcsBody("Example", "SE")
	delete(body["details"].(obj)["questionnaire"].(obj)["general"].(obj)["answers"].(obj), "videoUris")
	path := w.rcsInTest(body)
	w.post(path+"/launch", nil).ok().is("state", "PREPARING_LAUNCH")
	w.s.Advance(rcsPreparation)
	w.get(path).ok().is("state", "LAUNCHING")
}

func TestRcsTestNumbers(t *testing.T) {
	w := manual(t)
	path := w.rcsInTest(rcsBody("Example", "SE"))
	w.post(path+"/testNumbers", obj{"testNumbers": []any{"+1555010" + suffixDeclines, "+1555010" + suffixSilent}}).ok()
	w.s.Advance(rcsInvitation)
	for number, state := range map[string]string{"+15550100": "VERIFIED", "+1555010" + suffixDeclines: "DECLINED", "+1555010" + suffixSilent: "UNVERIFIED"} {
		w.get(path+"/testNumbers/"+number).ok().is("state", state)
	}
	w.s.Advance(rcsInvitationTTL)
	w.get(path+"/testNumbers/+1555010"+suffixSilent).ok().is("state", "EXPIRED")
	w.get(path+"/testNumbers/+15550100/retry").ok().is("state", "UNVERIFIED")
	w.s.Advance(rcsInvitation)
	w.get(path + "/testNumbers/+15550100/capabilities").ok()
	w.delete(path + "/testNumbers/+15550100").ok()
	w.get(path + "/testNumbers/+15550100").fails("user_is_not_tester_for_agent")
}

func TestRcsListIsSearchedAndSorted(t *testing.T) {
	w := manual(t)
	for _, name := range []string{"Beta shop", "Alpha shop", "Gamma"} {
		w.post("/rcs/senders", rcsBody(name, "SE")).ok()
	}
	names := func(query string) string {
		var out []string
		for _, sender := range w.get("/rcs/senders?" + query).ok().items("senders") {
			out = append(out, jsonvalue.Text(sender, "details.brand.name"))
		}
		return strings.Join(out, ",")
	}
	for query, want := range map[string]string{
		"":                                     "Beta shop,Alpha shop,Gamma",
		"search=SHOP":                          "Beta shop,Alpha shop",
		"sortColumn=NAME":                      "Alpha shop,Beta shop,Gamma",
		"sortColumn=NAME&sortDirection=DESC":   "Gamma,Beta shop,Alpha shop",
		"filterStates=IN_TEST":                 "",
		"filterSenderName=gam&search=a":        "Gamma",
		"filterConversationApiAppId=" + noULID: "",
	} {
		if got := names(query); got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
}

func requestRcs(w *harness) {
	path := w.rcsInTest(rcsBody("Example", "FR"))
	w.get("/rcs/senders").ok()
	w.get(path + "/activities").ok()
	w.post(path+"/comments", obj{"comment": "Hi"}).ok()
	w.post("/rcs/comments", obj{"comment": "Hi"}).ok()
	w.get("/rcs/activities").ok()
	w.post(path+"/testNumbers", obj{"testNumbers": []any{"+15550100"}}).ok()
	w.s.Advance(rcsInvitation)
	w.get(path + "/testNumbers/+15550100").ok()
	w.get(path + "/testNumbers/+15550100/capabilities").ok()
	w.get(path + "/testNumbers/+15550100/retry").ok()
	w.delete(path + "/testNumbers/+15550100").ok()
	w.patch(path, obj{"details": obj{"countries": []any{"FR", "US"}, "questionnaire": obj{"us": obj{"answers": usAnswers()}}}}).ok()
	w.post(path+"/launch", nil).ok()
	w.get("/rcs/questionnaire/OTP").ok()
	for _, version := range []string{"US_PUBLIC", "US_PRIVATE", "NON_US_PUBLIC", "NON_US_PRIVATE"} {
		w.get("/rcs/questionnaire/MULTIUSE?countries=US&countries=GB&countries=FR&usQuestionnaireBrandCampaignVersion=" + version).ok()
	}
	w.get("/rcs/questionnaire/MULTIUSE?countries=US").ok()
	w.get("/rcs/questionnaire/MULTIUSE?countries=US&usQuestionnaireVersion=v1").ok()
}

// A launch needs what the contract calls needed at launch, and no other
// answer.
func TestRcsLaunchNeedsTheAnswersOfTheContract(t *testing.T) {
	w := manual(t)
	body := rcsBody("Example", "GB", "FR")
	questionnaire := jsonvalue.Object(body, "details.questionnaire")
	delete(questionnaire, "fr")
	questionnaire["gb"] = obj{"answers": obj{"brandIndustry": "Education", "companyLegalName": "Example Ltd"}}
	path := w.rcsInTest(body)
	refused := w.post(path+"/launch", nil).fails("launch_precondition_failed")
	missing := refused.body["additionalInformation"].(obj)["validationErrors"].([]any)
	if len(missing) != 1 || missing[0] != "details.questionnaire.gb.answers.messagesVolume must be given" {
		t.Errorf("missing: %v", missing)
	}
	w.patch(path, obj{"details": obj{"questionnaire": obj{"gb": obj{"answers": obj{"messagesVolume": "0 - 10K messages"}}}}}).ok()
	w.post(path+"/launch", nil).ok().is("state", "LAUNCHING")
}
