package sandbox

import (
	"fmt"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
)

// The rules for a template's content that are in the descriptions of the
// contract's schemas, but can't be expressed by a schema.

var numbered = lazyregexp.New(`\{\{\d+\}\}`)

// ttls are the limits of messageSendTtlSeconds by category.
var ttls = map[string][2]float64{"AUTHENTICATION": {10, 900}, "UTILITY": {30, 43200}, "MARKETING": {43200, 2592000}}

// contentViolations returns the violations of the rules in the details of a
// template that is submitted.
func contentViolations(details map[string]any, category string) []string {
	var found []string
	hasBody := false
	for i, component := range jsonvalue.Objects(details, "components") {
		path := fmt.Sprintf("details.components[%d]", i)
		hasBody = hasBody || jsonvalue.Text(component, "type") == "BODY"
		found = append(found, exampleViolations(path, component)...)
		for n, card := range jsonvalue.Objects(component, "cards") {
			for m, component := range jsonvalue.Objects(card, "components") {
				found = append(found, exampleViolations(fmt.Sprintf("%s.cards[%d].components[%d]", path, n, m), component)...)
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

// exampleViolations returns the fields that a component's variables and buttons
// need.
func exampleViolations(path string, component map[string]any) []string {
	var found []string
	if numbered.MatchString(jsonvalue.Text(component, "text")) && component["examples"] == nil && component["example"] == nil {
		found = append(found, path+".examples must be given, since the text has a variable")
	}
	for i, button := range jsonvalue.Objects(component, "buttons") {
		where := fmt.Sprintf("%s.buttons[%d]", path, i)
		if numbered.MatchString(jsonvalue.Text(button, "url")) && button["examples"] == nil && button["example"] == nil {
			found = append(found, where+".examples must be given, since the url has a variable")
		}
		if jsonvalue.Text(button, "flowAction") == "NAVIGATE" && jsonvalue.Text(button, "navigateScreen") == "" {
			found = append(found, where+".navigateScreen must be given for NAVIGATE")
		}
	}
	return found
}
