package sandbox

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

var whatsappSignupHandlers = map[string]handler{
	"WhatsappEmbeddedSignupHelperController_listWabaDetailsForToken_v1":    listWabas,
	"WhatsappEmbeddedSignupHelperController_createLongLivedAccessToken_v1": createLongLivedToken,
}

// signupScheme is the beginning of a signup's code or token that contains values in
// the form of a query: signup:displayName=Example+Shop&phoneNumber=5550123. They
// are what the person enters into the form of the embedded signup, which the API
// gets from Meta.
const signupScheme = "signup:"

// signupForm are the names of values other than the sender's details.
var signupForm = []string{"clientBusinessManagerId", "countryCode", "phoneNumber", "wabaId", "wabaName"}

// parseSignup reads the values in a signup's code or token. There are none where it
// does not begin with the scheme.
func parseSignup(signup string) (map[string]any, []string) {
	query, ok := strings.CutPrefix(signup, signupScheme)
	if !ok {
		return nil, nil
	}
	given, err := url.ParseQuery(query)
	if err != nil {
		return nil, []string{"the signup's code: " + err.Error()}
	}
	details := papi.LookupSchema("WhatsappSenderDetailsDto").Properties
	values := map[string]any{}
	var problems []string
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value := given.Get(name)
		values[name] = value
		switch property := details[name]; {
		case property != nil:
			for _, v := range property.Violations(value, papi.CheckOptions{}) {
				problems = append(problems, fmt.Sprintf("the signup's code: %s: %v", name, v.Allowed))
			}
		case !slices.Contains(signupForm, name):
			all := slices.Sorted(maps.Keys(details))
			problems = append(problems, fmt.Sprintf("the signup's code: %q is not one of %s", name, strings.Join(slices.Sorted(slices.Values(append(all, signupForm...))), ", ")))
		case name != "wabaName" && !isDigits(value):
			problems = append(problems, fmt.Sprintf("the signup's code: %s: must be digits", name))
		}
	}
	return values, problems
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// helperProblem is the error code for the body of a helper of the older embedded
// signup, or "".
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

// listWabas answers one WABA with two numbers: that of the project, where it has
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
