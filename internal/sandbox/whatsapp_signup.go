package sandbox

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"papi-mcp/internal/papi"
)

// signupScheme begins a signup's code or token that says what was signed up, in
// the form of a query: signup:displayName=Example+Shop&phoneNumber=5550123. It
// stands for what the person entered in the form of the embedded signup, which
// the API learns from Meta.
const signupScheme = "signup:"

// signupForm are the names that it may have besides the sender's details.
var signupForm = []string{"clientBusinessManagerId", "countryCode", "phoneNumber", "wabaId", "wabaName"}

// parseSignup reads what a signup says of itself: nothing, where its code does
// not begin so.
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
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value := given.Get(name)
		values[name] = value
		switch property := details[name]; {
		case property != nil:
			for _, v := range property.Violations(value, papi.Mode{}) {
				wrong = append(wrong, fmt.Sprintf("the signup's code: %s: %v", name, v.Allowed))
			}
		case !slices.Contains(signupForm, name):
			all := slices.Sorted(maps.Keys(details))
			wrong = append(wrong, fmt.Sprintf("the signup's code: %q is none of %s", name, strings.Join(slices.Sorted(slices.Values(append(all, signupForm...))), ", ")))
		case name != "wabaName" && !isDigits(value):
			wrong = append(wrong, fmt.Sprintf("the signup's code: %s: digits", name))
		}
	}
	return values, wrong
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
