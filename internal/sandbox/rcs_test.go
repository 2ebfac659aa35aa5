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

func init() {
	walks["rcs"] = walkRcs
}

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
func (w *world) rcsInTest(body obj) string {
	w.t.Helper()
	path := "/rcs/senders/" + w.post("/rcs/senders", body).ok().is("state", "IN_PROGRESS").str("id")
	w.s.Advance(rcsSetup)
	w.get(path).ok().is("state", "IN_TEST")
	return path
}

// launched lets all operators decide.
func (w *world) launched(path string) {
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
		if found := schema.Violations(one.body["payload"], papi.Mode{Closed: true}); len(found) > 0 {
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

	// A brand that is refused takes nothing from countries that are launched.
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
			if schema := current[c.key]; c.part == "us" && !strings.HasSuffix(c.query, "v1") && len(schema.Violations(one, papi.Mode{})) > 0 {
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

func walkRcs(w *world) {
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

var rcsErrors = func() []provocation {
	const (
		accountList    = "RcsAccountsController_listActivities_v1"
		accountComment = "RcsAccountsController_createComment_v1"
		ask            = "RcsQuestionnaireController_getQuestions_v1"
		list           = "RcsSendersController_listSenders_v1"
		create         = "RcsSendersController_createSender_v1"
		get            = "RcsSendersController_getSender_v1"
		update         = "RcsSendersController_updateSender_v1"
		activities     = "RcsSendersController_listActivities_v1"
		comment        = "RcsSendersController_createSenderComment_v1"
		launch         = "RcsSendersController_launchSender_v1"
		add            = "RcsSendersController_addTestNumbers_v1"
		number         = "RcsSendersController_getTestNumberState_v1"
		retry          = "RcsSendersController_retryTestNumber_v1"
		remove         = "RcsSendersController_deleteTestNumber_v1"
		capabilities   = "RcsSendersController_getTestNumberCapabilities_v1"
		senders        = "/rcs/senders"
		unknown        = senders + "/00000000-0000-4000-8000-000000000000"
		noID           = senders + "/x"
		tester         = "+15550100"
	)
	minimal := obj{"region": "EU", "billingCategory": "CONVERSATIONAL", "useCase": "MULTIUSE"}
	inTest := func(do func(w *world, path string) result) func(*world) result {
		return func(w *world) result {
			path := w.rcsInTest(rcsBody("Example", "SE"))
			w.s.Advance(rcsInvitation)
			return do(w, path)
		}
	}
	declined := func(do func(w *world, path string) result) func(*world) result {
		return inTest(func(w *world, path string) result {
			w.post(path+"/testNumbers", obj{"testNumbers": []any{"+1555" + suffixDeclines}}).ok()
			w.s.Advance(rcsInvitation)
			return do(w, path)
		})
	}
	calls := map[string]func(w *world, path string) result{
		get: func(w *world, path string) result { return w.get(path) },
		update: func(w *world, path string) result {
			return w.patch(path, obj{"details": obj{"countries": []any{"SE"}}})
		},
		activities: func(w *world, path string) result { return w.get(path + "/activities") },
		comment:    func(w *world, path string) result { return w.post(path+"/comments", obj{"comment": "Hi"}) },
		launch:     func(w *world, path string) result { return w.post(path+"/launch", nil) },
		add: func(w *world, path string) result {
			return w.post(path+"/testNumbers", obj{"testNumbers": []any{tester}})
		},
		number:       func(w *world, path string) result { return w.get(path + "/testNumbers/" + tester) },
		retry:        func(w *world, path string) result { return w.get(path + "/testNumbers/" + tester + "/retry") },
		remove:       func(w *world, path string) result { return w.delete(path + "/testNumbers/" + tester) },
		capabilities: func(w *world, path string) result { return w.get(path + "/testNumbers/" + tester + "/capabilities") },
	}
	image := func(file string) obj {
		return clone(minimal, obj{"details": obj{"brand": obj{"name": "A", "logoUrl": "https://example.com/" + file}}})
	}
	all := []provocation{
		{accountList, "account_not_found", func(w *world) result { return w.get("/rcs/activities") }},
		{accountList, "invalid_page_size", func(w *world) result { return w.get("/rcs/activities?pageSize=x") }},
		{accountList, "invalid_page_token", inTest(func(w *world, _ string) result { return w.get("/rcs/activities?pageToken=x") })},
		{accountComment, "account_not_found", func(w *world) result { return w.post("/rcs/comments", obj{"comment": "Hi"}) }},
		{accountComment, "invalid_input", func(w *world) result { return w.post("/rcs/comments", obj{}) }},
		{accountComment, "invalid_payload", func(w *world) result { return w.post("/rcs/comments", "x") }},
		{ask, "questionnaire_invalid_use_case", func(w *world) result { return w.get("/rcs/questionnaire/FUN") }},
		{ask, "questionnaire_invalid_country", func(w *world) result { return w.get("/rcs/questionnaire/OTP?countries=XX") }},
		{list, "invalid_page_size", func(w *world) result { return w.get(senders + "?pageSize=x") }},
		{list, "invalid_page_token", inTest(func(w *world, _ string) result { return w.get(senders + "?pageToken=x") })},
		{list, "invalid_filter_states", func(w *world) result { return w.get(senders + "?filterStates=x") }},
		{list, "rbm_has_not_been_used", func(w *world) result { return w.get(senders) }},
		{create, "invalid_input", func(w *world) result { return w.post(senders, obj{}) }},
		{create, "invalid_payload", func(w *world) result { return w.post(senders, "x") }},
		{create, "add_test_number_invalid", func(w *world) result {
			return w.post(senders, clone(minimal, obj{"details": obj{"testNumbers": []any{"soon"}}}))
		}},
		{create, "file_invalid_mime_type", func(w *world) result { return w.post(senders, image("a.gif")) }},
		{create, "file_not_found", func(w *world) result { return w.post(senders, image("missing.png")) }},
		{create, "file_size_too_large", func(w *world) result { return w.post(senders, image("too-large.png")) }},
		{create, "file_has_wrong_dimensions", func(w *world) result { return w.post(senders, image("wrong-dimensions.png")) }},
		{create, "file_unexpected_error", func(w *world) result { return w.post(senders, image("broken.png")) }},
		{update, "invalid_input", func(w *world) result { return w.patch(unknown, obj{}) }},
		{update, "invalid_payload", func(w *world) result { return w.patch(unknown, "x") }},
		{update, "no_fields_to_update", inTest(func(w *world, path string) result { return w.patch(path, obj{"details": obj{}}) })},
		{update, "fields_not_updatable", inTest(func(w *world, path string) result {
			w.post(path+"/launch", nil).ok()
			return w.patch(path, obj{"details": obj{"brand": obj{"name": "x"}}})
		})},
		{update, "add_test_number_invalid", inTest(func(w *world, path string) result {
			return w.patch(path, obj{"details": obj{"testNumbers": []any{"soon"}}})
		})},
		{update, "blocked_because_the_recipient_declined", declined(func(w *world, path string) result {
			return w.patch(path, obj{"details": obj{"testNumbers": []any{"+1555" + suffixDeclines}}})
		})},
		{activities, "invalid_page_size", func(w *world) result { return w.get(unknown + "/activities?pageSize=x") }},
		{activities, "invalid_page_token", inTest(func(w *world, path string) result { return w.get(path + "/activities?pageToken=x") })},
		{comment, "invalid_input", func(w *world) result { return w.post(unknown+"/comments", obj{}) }},
		{comment, "invalid_payload", func(w *world) result { return w.post(unknown+"/comments", "x") }},
		{launch, "launch_invalid_agent_state", func(w *world) result {
			return w.post(senders+"/"+w.post(senders, minimal).ok().str("id")+"/launch", nil)
		}},
		{launch, "launch_precondition_failed", func(w *world) result {
			return w.post(w.rcsInTest(clone(minimal, obj{"details": obj{"brand": obj{"name": "A"}}}))+"/launch", nil)
		}},
		{add, "invalid_input", func(w *world) result { return w.post(unknown+"/testNumbers", obj{"testNumbers": []any{1}}) }},
		{add, "add_test_number_invalid", inTest(func(w *world, path string) result {
			return w.post(path+"/testNumbers", obj{"testNumbers": []any{"soon"}})
		})},
		{add, "user_cannot_be_reached", inTest(func(w *world, path string) result {
			return w.post(path+"/testNumbers", obj{"testNumbers": []any{"+1555" + suffixNoRCS}})
		})},
		{add, "add_test_number_not_allowed_before_launch", inTest(func(w *world, path string) result {
			return w.post(path+"/testNumbers", obj{"testNumbers": []any{"+1555" + suffixAfterLaunch}})
		})},
		{add, "blocked_because_the_recipient_declined", declined(func(w *world, path string) result {
			return w.post(path+"/testNumbers", obj{"testNumbers": []any{"+1555" + suffixDeclines}})
		})},
		{retry, "add_test_number_invalid", inTest(func(w *world, path string) result { return w.get(path + "/testNumbers/soon/retry") })},
		{retry, "add_test_number_not_allowed_before_launch", func(w *world) result {
			body := rcsBody("Example", "SE")
			body["details"].(obj)["testNumbers"] = []any{"+1555" + suffixAfterLaunch}
			return w.get(w.rcsInTest(body) + "/testNumbers/+1555" + suffixAfterLaunch + "/retry")
		}},
		{retry, "blocked_because_the_recipient_declined", declined(func(w *world, path string) result {
			return w.get(path + "/testNumbers/+1555" + suffixDeclines + "/retry")
		})},
		{capabilities, "blocked_because_the_recipient_declined", declined(func(w *world, path string) result {
			return w.get(path + "/testNumbers/+1555" + suffixDeclines + "/capabilities")
		})},
		{capabilities, "user_has_not_accepted_invite", inTest(func(w *world, path string) result {
			w.get(path + "/testNumbers/" + tester + "/retry").ok()
			return w.get(path + "/testNumbers/" + tester + "/capabilities")
		})},
		{capabilities, "user_cannot_be_reached", inTest(func(w *world, path string) result {
			w.post(path+"/testNumbers", obj{"testNumbers": []any{"+1555" + suffixLosesRCS}}).ok()
			w.s.Advance(rcsInvitation)
			return w.get(path + "/testNumbers/+1555" + suffixLosesRCS + "/capabilities")
		})},
	}
	for _, code := range []string{"invalid_google_agent", "rbm_has_not_been_used", "rbm_webhook_incorrect_secret", "rbm_resources_not_found", "rbm_too_many_requests"} {
		all = append(all, provocation{create, code, func(w *world) result {
			return w.post(senders, clone(minimal, obj{"details": obj{"brand": obj{"name": "error:" + code}}}))
		}})
	}
	// What Google and the suppliers may answer is asked for by the brand's name.
	renamed := func(operation, code, name string) provocation {
		return provocation{operation, code, inTest(func(w *world, path string) result {
			w.patch(path, obj{"details": obj{"brand": obj{"name": name}}}).ok()
			if operation == list {
				return w.get(senders)
			}
			return calls[operation](w, path)
		})}
	}
	for operation, codes := range map[string][]string{
		list:         {"rbm_too_many_requests"},
		get:          {"rbm_too_many_requests"},
		update:       {"rbm_too_many_requests", "rbm_resources_not_found", "invalid_google_agent"},
		launch:       {"rbm_too_many_requests", "rbm_resources_not_found", "launch_invalid_verification_state", "verification_suspended_in_gmb"},
		add:          {"rbm_too_many_requests"},
		number:       {"rbm_too_many_requests"},
		retry:        {"rbm_too_many_requests"},
		remove:       {"rbm_too_many_requests"},
		capabilities: {"rbm_too_many_requests", "wrong_supplier_configuration", "looking_up_the_rbm_agent"},
	} {
		for _, code := range codes {
			all = append(all, renamed(operation, code, "error:"+code))
		}
	}
	for operation, do := range calls {
		op := papi.Lookup(operation)
		for code, provoke := range map[string]func(w *world) result{
			"invalid_id_format":     func(w *world) result { return do(w, noID) },
			"rbm_has_not_been_used": func(w *world) result { return do(w, unknown) },
			"sender_not_found":      inTest(func(w *world, _ string) result { return do(w, unknown) }),
			"no_google_supplier":    func(w *world) result { return do(w, senders+"/"+w.post(senders, minimal).ok().str("id")) },
			"invalid_region_for_att_supplier": inTest(func(w *world, path string) result {
				w.patch(path, obj{"details": obj{"brand": obj{"name": "supplier ATT"}}}).ok()
				return do(w, path)
			}),
			"user_is_not_tester_for_agent": inTest(func(w *world, path string) result {
				w.delete(path + "/testNumbers/" + tester).ok()
				return do(w, path)
			}),
		} {
			if statusOf(op, code) != 0 {
				all = append(all, provocation{operation, code, provoke})
			}
		}
	}
	return all
}()

// A launch needs what the contract calls needed at launch, and no question
// beside it.
func TestRcsLaunchNeedsWhatTheContractMarks(t *testing.T) {
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
