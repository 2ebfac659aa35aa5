package sandbox

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/jsonvalue"
)

// rcsSender is an RCS sender.
type rcsSender struct {
	history
	schedule
	ID       string           `json:"id"`
	Number   int              `json:"number"`
	Doc      map[string]any   `json:"doc"`     // the API's answer, without details and states of numbers and countries
	Details  map[string]any   `json:"details"` // in the form of requests
	State    string           `json:"state"`
	Numbers  []*rcsTestNumber `json:"numbers"`
	Launches []*rcsCountry    `json:"launches"`
}

// rcsTestNumber is a phone that may test a sender.
type rcsTestNumber struct {
	schedule
	Number    string    `json:"number"`
	State     string    `json:"state"`
	Submitted time.Time `json:"submitted"`
}

// Senders are listed oldest first, and filtered by state.
func (r *rcsSender) sortKey() string { return fmt.Sprintf("%09d", r.Number) }
func (r *rcsSender) facet() string   { return r.State }

func (r *rcsSender) brand() string { return jsonvalue.Text(r.Details, "brand.name") }

func (r *rcsSender) countries() []string { return jsonvalue.Texts(r.Details, "countries") }

var rcsHandlers = map[string]handler{
	"RcsAccountsController_listActivities_v1":           onRcsAccount(func(c *call) answer { return c.listActivities(c.project.Rcs) }),
	"RcsAccountsController_createComment_v1":            onRcsAccount(commentRcsAccount),
	"RcsQuestionnaireController_getQuestions_v1":        rcsQuestions,
	"RcsSendersController_listSenders_v1":               listRcsSenders,
	"RcsSendersController_createSender_v1":              createRcsSender,
	"RcsSendersController_getSender_v1":                 onRcsSender(func(c *call, r *rcsSender) answer { return c.ok(c.renderRcsSender(r)) }),
	"RcsSendersController_updateSender_v1":              onRcsSender(updateRcsSender),
	"RcsSendersController_listActivities_v1":            onRcsSender(func(c *call, r *rcsSender) answer { return c.listActivities(&r.history) }),
	"RcsSendersController_createSenderComment_v1":       onRcsSender(commentRcsSender),
	"RcsSendersController_launchSender_v1":              onRcsSender(launchRcsSender),
	"RcsSendersController_addTestNumbers_v1":            onRcsSender(withSupplier(addTestNumbers)),
	"RcsSendersController_getTestNumberState_v1":        onRcsSender(withSupplier(onTestNumber(func(c *call, _ *rcsSender, n *rcsTestNumber) answer { return c.ok(n.render()) }))),
	"RcsSendersController_retryTestNumber_v1":           onRcsSender(withSupplier(onTestNumber(retryTestNumber))),
	"RcsSendersController_deleteTestNumber_v1":          onRcsSender(withSupplier(onTestNumber(deleteTestNumber))),
	"RcsSendersController_getTestNumberCapabilities_v1": onRcsSender(withSupplier(onTestNumber(testNumberCapabilities))),
}

// onRcsAccount is for a project that has an RCS account: one that has, or had,
// a sender.
func onRcsAccount(do handler) handler {
	return func(c *call) answer {
		if c.project.Rcs == nil {
			return c.fail("account_not_found")
		}
		return do(c)
	}
}

// rcsMagicError is the error code of Google or a supplier that a brand's name asks
// for, or "".
func (c *call) rcsMagicError(brand string) string {
	if code := c.magicError(brand); code != "" {
		return code
	}
	if strings.Contains(brand, "supplier ATT") && c.documents("invalid_region_for_att_supplier") {
		return "invalid_region_for_att_supplier"
	}
	return ""
}

func onRcsSender(do func(*call, *rcsSender) answer) handler {
	handle := withResource(findRcsSender, "senderId", "sender_not_found", func(c *call, r *rcsSender) answer {
		if code := c.rcsMagicError(r.brand()); code != "" && (code != "invalid_region_for_att_supplier" || r.Doc["region"] != "US") {
			return c.fail(code)
		}
		return do(c, r)
	})
	return func(c *call) answer {
		if c.project.Rcs == nil && c.documents("rbm_has_not_been_used") {
			return c.fail("rbm_has_not_been_used")
		}
		return handle(c)
	}
}

// renderRcsSender returns the API's answer for a sender.
func (s *Sandbox) renderRcsSender(r *rcsSender) map[string]any {
	doc := clone(r.Doc, map[string]any{"state": r.State})
	details := clone(r.Details, nil)
	details["questionnaire"] = renderQuestionnaire(jsonvalue.Object(r.Details, "questionnaire"), r.countries())
	doc["details"] = details
	numbers := make([]any, len(r.Numbers))
	for i, n := range r.Numbers {
		numbers[i] = n.render()
	}
	doc["testNumberStates"] = numbers
	doc["countryStatus"] = r.renderCountries()
	return doc
}

func (s *Sandbox) saveRcsSender(p *project, r *rcsSender) {
	r.Doc["modified"] = formatTime(s.now)
	p.RcsSenders.put(r.ID, r)
}

func (s *Sandbox) notifyRcsSender(p *project, r *rcsSender, kind string, more map[string]any) {
	s.emit(p, "rcs/senders/"+r.ID, kind, clone(more, map[string]any{"payload": s.renderRcsSender(r)}))
}

// setRcsState puts a sender into a state, and notifies the webhooks of a change.
func (s *Sandbox) setRcsState(p *project, r *rcsSender, state string) {
	before := r.State
	r.State = state
	s.saveRcsSender(p, r)
	if before != state {
		s.notifyRcsSender(p, r, "RCS_SENDER_STATUS_UPDATED", map[string]any{"previousState": before, "currentState": state})
	}
}

func commentRcsAccount(c *call) answer {
	return c.comment(c.project.Rcs, func(comment map[string]any) {
		c.emit(c.project, "rcs/account", "RCS_ACCOUNT_COMMENT_ADDED", comment)
	})
}

func commentRcsSender(c *call, r *rcsSender) answer {
	return c.comment(&r.history, func(comment map[string]any) {
		c.notifyRcsSender(c.project, r, "RCS_SENDER_COMMENT_ADDED", comment)
	})
}

// listRcsSenders answers a page in order of creation, or, where the request
// searches or sorts, of the senders found.
func listRcsSenders(c *call) answer {
	if c.project.Rcs == nil {
		return c.fail("rbm_has_not_been_used")
	}
	all := c.project.RcsSenders
	for _, r := range all.all() {
		if code := c.rcsMagicError(r.brand()); code != "" {
			return c.fail(code)
		}
	}
	inStates := c.stateFilter()
	given := func(name string) string { return jsonvalue.Text(c.query, name) }
	if given("search")+given("filterSenderName")+given("filterSenderIds")+given("filterConversationApiAppId")+given("sortColumn")+given("sortDirection") == "" {
		return listPage(c, all, "senders", 50, inStates, c.renderRcsSender)
	}
	found := slices.DeleteFunc(all.all(), func(r *rcsSender) bool {
		ids := given("filterSenderIds")
		return !inStates.facet(r.State) ||
			!contains(r.brand(), given("search")) ||
			!contains(r.brand(), given("filterSenderName")) ||
			ids != "" && !slices.Contains(strings.Split(ids, ","), r.ID) ||
			given("filterConversationApiAppId") != "" // no sender is connected to an app
	})
	slices.SortStableFunc(found, func(a, b *rcsSender) int {
		switch given("sortColumn") {
		case "NAME":
			return strings.Compare(a.brand(), b.brand())
		case "STATE":
			return strings.Compare(a.State, b.State)
		case "MODIFIED":
			return strings.Compare(jsonvalue.Text(a.Doc, "modified"), jsonvalue.Text(b.Doc, "modified"))
		}
		return a.Number - b.Number
	})
	if given("sortDirection") == "DESC" {
		slices.Reverse(found)
	}
	docs := make([]map[string]any, len(found))
	for i, r := range found {
		docs[i] = c.renderRcsSender(r)
	}
	return listDocuments(c, "senders", docs)
}

var hostingRegions = map[string]string{"EU": "EUROPE", "US": "NORTH_AMERICA", "BR": "NORTH_AMERICA"}

// createRcsSender creates a draft, or, where the brand is given, a sender that
// gets ready for its tests.
func createRcsSender(c *call) answer {
	details := clone(jsonvalue.Object(c.body, "details"), nil)
	if code := c.rcsMagicError(jsonvalue.Text(details, "brand.name")); code != "" && code != "invalid_region_for_att_supplier" {
		return c.fail(code)
	}
	answers := jsonvalue.Object(c.rawBody, "details.questionnaire.us.answers")
	if found := usAnswerViolations(answers, true); len(found) > 0 {
		return c.failBody("invalid_input", messages(found))
	}
	if answers != nil && !isLegacyUS(answers) { // answers in part match several variants
		jsonvalue.Object(details, "questionnaire.us")["answers"] = clone(answers, nil)
	}
	if code := brandProblem(jsonvalue.Object(details, "brand")); code != "" {
		return c.fail(code)
	}
	numbers := jsonvalue.Texts(details, "testNumbers")
	if slices.ContainsFunc(numbers, func(n string) bool { return !isPhone(n) }) {
		return c.fail("add_test_number_invalid")
	}
	if c.project.Rcs == nil {
		c.project.Rcs = &history{}
		c.project.Rcs.record(c.now, "CREATED")
	}
	r := &rcsSender{ID: c.uuid(c.project.stream("rcsSenders")), Number: c.project.nextNumber(), Details: details, State: "DRAFT"}
	r.Doc = map[string]any{"id": r.ID, "created": formatTime(c.now), "hostingRegion": hostingRegions[jsonvalue.Text(c.body, "region")]}
	maps.Copy(r.Doc, only(c.body, "region", "billingCategory", "useCase"))
	r.record(c.now, "CREATED")
	for _, number := range numbers {
		c.invite(c.project, r, number)
	}
	c.setUpRcsSender(r)
	return c.ok(c.renderRcsSender(r))
}

// setUpRcsSender begins the setup of a draft that has a brand.
func (c *call) setUpRcsSender(r *rcsSender) {
	c.saveRcsSender(c.project, r)
	if r.State == "DRAFT" && jsonvalue.Object(r.Details, "brand") != nil {
		c.setRcsState(c.project, r, "IN_PROGRESS")
		c.reschedule(&r.schedule, rcsSetup, event{Kind: kindRcsSetup, Project: c.project.ID, ID: r.ID})
	}
}

// brandProblem is the error code for a brand's images, or "".
func brandProblem(brand map[string]any) string {
	return cmp.Or(imageProblem(jsonvalue.Text(brand, "bannerUrl")), imageProblem(jsonvalue.Text(brand, "logoUrl")))
}

func updateRcsSender(c *call, r *rcsSender) answer {
	given := jsonvalue.Object(c.body, "details")
	if len(given) == 0 {
		return c.fail("no_fields_to_update")
	}
	if r.State == "LAUNCHING" || r.State == "LAUNCHED" {
		for name := range given {
			if name != "countries" {
				return c.fail("fields_not_updatable")
			}
		}
	}
	details := clone(r.Details, nil)
	mergePatch(details, given)
	if jsonvalue.Object(given, "questionnaire.us") != nil {
		if found := usAnswerViolations(jsonvalue.Object(details, "questionnaire.us.answers"), false); len(found) > 0 {
			return c.failBody("invalid_input", messages(found))
		}
	}
	for _, number := range jsonvalue.Texts(given, "testNumbers") {
		if code := c.testNumberProblem(r, number); code != "" {
			return c.fail(code)
		}
	}
	r.Details = details
	r.record(c.now, "EDITED")
	for _, number := range jsonvalue.Texts(given, "testNumbers") {
		if r.number(number) == nil {
			c.invite(c.project, r, number)
		}
	}
	if _, set := given["testNumbers"]; set {
		wanted := jsonvalue.Texts(details, "testNumbers")
		r.Numbers = slices.DeleteFunc(r.Numbers, func(n *rcsTestNumber) bool { return !slices.Contains(wanted, n.Number) })
	}
	c.setUpRcsSender(r)
	return c.ok(c.renderRcsSender(r))
}
