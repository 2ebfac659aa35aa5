package sandbox

import (
	"fmt"
	"regexp"
)

// What the contract asks of a template's content in the descriptions of its
// schemas, which no schema can check.

var numbered = regexp.MustCompile(`\{\{\d+\}\}`)

// ttls are the seconds that a category's messages may be retried for.
var ttls = map[string][2]float64{"AUTHENTICATION": {10, 900}, "UTILITY": {30, 43200}, "MARKETING": {43200, 2592000}}

// contentViolations says what is wrong with the details of a template that is
// submitted.
func contentViolations(details map[string]any, category string) []string {
	var found []string
	components, _ := details["components"].([]any)
	hasBody := false
	for i, item := range components {
		component, _ := item.(map[string]any)
		at := fmt.Sprintf("details.components[%d]", i)
		hasBody = hasBody || text(component, "type") == "BODY"
		found = append(found, exampleViolations(at, component)...)
		cards, _ := component["cards"].([]any)
		for n, card := range cards {
			card, _ := card.(map[string]any)
			inside, _ := card["components"].([]any)
			for m, item := range inside {
				component, _ := item.(map[string]any)
				found = append(found, exampleViolations(fmt.Sprintf("%s.cards[%d].components[%d]", at, n, m), component)...)
			}
		}
	}
	if !hasBody {
		found = append(found, "details.components must have a BODY")
	}
	if seconds, given := details["messageSendTtlSeconds"].(float64); given {
		if allowed, known := ttls[category]; known && (seconds < allowed[0] || seconds > allowed[1]) {
			found = append(found, fmt.Sprintf("details.messageSendTtlSeconds must be from %.0f to %.0f for %s", allowed[0], allowed[1], category))
		}
	}
	return found
}

// exampleViolations says which variables have no example.
func exampleViolations(at string, component map[string]any) []string {
	var found []string
	if numbered.MatchString(text(component, "text")) && component["examples"] == nil && component["example"] == nil {
		found = append(found, at+".examples must be given, since the text has a variable")
	}
	buttons, _ := component["buttons"].([]any)
	for i, item := range buttons {
		button, _ := item.(map[string]any)
		where := fmt.Sprintf("%s.buttons[%d]", at, i)
		if numbered.MatchString(text(button, "url")) && button["examples"] == nil && button["example"] == nil {
			found = append(found, where+".examples must be given, since the url has a variable")
		}
		if text(button, "flowAction") == "NAVIGATE" && text(button, "navigateScreen") == "" {
			found = append(found, where+".navigateScreen must be given for NAVIGATE")
		}
	}
	return found
}
