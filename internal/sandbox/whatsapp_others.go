package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"papi-mcp/internal/jsonvalue"
)

// whatsappSolution is a multi-partner solution of a project.
type whatsappSolution struct {
	Doc map[string]any `json:"doc"` // as it is answered
}

var whatsappOtherHandlers = map[string]handler{
	"WhatsappFlowsController_listFlows_v1":       onboarded(listFlows),
	"WhatsappFlowsController_listFlowScreens_v1": onboarded(listFlowScreens),
	"WhatsappSolutionsController_listSolutions_v1": func(c *call) answer {
		return c.ok(map[string]any{"solutions": c.project.renderSolutions()})
	},
	"WhatsappSolutionsController_createSolution_v1":                        createSolution,
	"WhatsappSolutionsController_getSolution_v1":                           onSolution(func(c *call, w *whatsappSolution) answer { return c.ok(w.Doc) }),
	"WhatsappSolutionsController_assignSolution_v1":                        onSolution(assignSolution),
	"WhatsappEmbeddedSignupHelperController_listWabaDetailsForToken_v1":    listWabas,
	"WhatsappEmbeddedSignupHelperController_createLongLivedAccessToken_v1": createLongLivedToken,
}

// flows are the flows of every WABA: the API can't make any.
var flows = []map[string]any{
	{"id": "1000000000000001", "name": "Feedback", "status": "FLOW_STATUS_PUBLISHED"},
	{"id": "1000000000000002", "name": "Booking", "status": "FLOW_STATUS_DRAFT"},
}

// screensOfFlow has the screens by flow; a draft has none yet.
var screensOfFlow = map[string][]any{
	"1000000000000001": {map[string]any{"id": "QUESTION_ONE"}, map[string]any{"id": "THANKS"}},
}

func listFlows(c *call) answer {
	return listPage(c, documentTable(flows), "flows", 50, filter{}, func(l document) map[string]any { return l.doc })
}

func listFlowScreens(c *call) answer {
	id := c.id("flowId")
	if !slices.ContainsFunc(flows, func(flow map[string]any) bool { return flow["id"] == id }) {
		return c.fail("flow_not_found")
	}
	if len(screensOfFlow[id]) == 0 {
		return c.fail("flow_screens_not_found")
	}
	return c.ok(map[string]any{"screens": screensOfFlow[id]})
}

func onSolution(do func(*call, *whatsappSolution) answer) handler {
	return func(c *call) answer {
		for _, w := range c.project.Solutions {
			if w.Doc["id"] == c.id("solutionId") {
				return do(c, w)
			}
		}
		return c.fail("solution_not_found")
	}
}

func (p *project) renderSolutions() []any {
	shown := make([]any, len(p.Solutions))
	for i, w := range p.Solutions {
		shown[i] = w.Doc
	}
	return shown
}

// createSolution fails, in its answer, with an access token that is refused and
// where the name holds "fail".
func createSolution(c *call) answer {
	name := jsonvalue.Text(c.body, "details.name")
	partner := c.digits(c.project.stream("apps"), 15)
	failed := []any{}
	if magicSignups[jsonvalue.Text(c.body, "accessToken")] != "" || strings.Contains(strings.ToLower(name), "fail") {
		failed = append(failed, map[string]any{"partnerAppId": partner, "errorCode": "CREATION_FAILED", "errorMessage": "the solution could not be made"})
	} else {
		app, _ := strconv.ParseFloat(partner, 64) // digits
		c.project.Solutions = append(c.project.Solutions, &whatsappSolution{Doc: map[string]any{
			"id":         c.digits(c.project.stream("solutions"), 16),
			"details":    map[string]any{"name": name},
			"ownerApp":   map[string]any{"id": float64(100000000000001), "name": "Sinch " + jsonvalue.Text(c.body, "businessManager")},
			"partnerApp": map[string]any{"id": app, "name": name},
			"assigned":   false,
		}})
	}
	return c.ok(map[string]any{"solutions": c.project.renderSolutions(), "failedSolutions": failed})
}

// assignSolution assigns one solution. Once the project is onboarded, the one
// that it has stays.
func assignSolution(c *call, w *whatsappSolution) answer {
	assigned := slices.ContainsFunc(c.project.Solutions, func(other *whatsappSolution) bool { return other.Doc["assigned"] == true })
	if a := c.project.Account; assigned && a != nil && a.state() == "ONBOARDED" {
		return c.fail("solution_cannot_be_reassigned")
	}
	for _, other := range c.project.Solutions {
		other.Doc["assigned"] = other == w
	}
	return c.ok(nil)
}

// helperProblem is the code for what a helper of the older signup was given, or
// "".
func (c *call) helperProblem() string {
	manager := jsonvalue.Text(c.body, "businessManager")
	if manager == foreignBusinessManager {
		return "invalid_business_manager_for_environment"
	}
	if a := c.project.Account; a != nil && manager != "" && manager != jsonvalue.Text(a.Doc, "businessManager") {
		return "invalid_business_manager"
	}
	if code := jsonvalue.Text(c.body, "facebookCode"); magicSignups[code] == "invalid_facebook_token" || c.state.UsedSignups[code] {
		return "invalid_facebook_code"
	}
	for _, given := range []string{jsonvalue.Text(c.body, "facebookToken"), jsonvalue.Text(c.body, "facebookCode")} {
		if code := magicSignups[given]; code != "" && c.documents(code) {
			return code
		}
	}
	return ""
}

func createLongLivedToken(c *call) answer {
	if jsonvalue.Text(c.body, "facebookToken") == "" && jsonvalue.Text(c.body, "facebookCode") == "" {
		return c.failBody("invalid_input", []string{"facebookToken or facebookCode must be given"})
	}
	if code := c.helperProblem(); code != "" {
		return c.fail(code)
	}
	if code := jsonvalue.Text(c.body, "facebookCode"); code != "" {
		c.state.UsedSignups[code] = true
	}
	return c.ok(map[string]any{"longLivedAccessToken": "EAA" + c.letters(c.project.stream("meta"), 40)})
}

// listWabas shows one WABA with two numbers: that of the project, where it has
// one.
func listWabas(c *call) answer {
	if code := c.helperProblem(); code != "" {
		return c.fail(code)
	}
	waba := "100000000000001"
	if a := c.project.Account; a != nil {
		waba = jsonvalue.Text(a.Doc, "wabaId")
	}
	numbers := []any{}
	for i := range 2 {
		id := fmt.Sprintf("20000000000000%d", i+1)
		provisioned := slices.ContainsFunc(c.project.Senders.all(), func(w *whatsappSender) bool { return w.PhoneNumberID == id && w.state() == "ACTIVE" })
		numbers = append(numbers, map[string]any{"id": id, "displayPhoneNumber": fmt.Sprintf("+1 555 000000%d", i+1), "provisioned": provisioned})
	}
	return c.ok(map[string]any{"wabas": []any{map[string]any{"id": waba, "numbers": numbers}}})
}
