package lint

import (
	"fmt"
	"sync"
	"unicode/utf8"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// createBody is the schema of a template that is created.
var createBody = sync.OnceValue(func() *papi.Schema {
	return catalog.Lookup("whatsapp_template_create").Op().Variants()[0]
})

// violations are those of the contract: what is too long or too short, and all else.
// What the template does not give is not checked.
func (v *view) violations() []papi.Violation {
	if v.checked {
		return v.contract
	}
	v.checked = true
	check := func(name string, value any) {
		opts := papi.CheckOptions{Closed: true, Formats: true}
		for _, one := range createBody().Properties[name].Violations(value, opts) {
			one.Path = papi.JoinPath(name, one.Path)
			v.contract = append(v.contract, one)
		}
	}
	for _, given := range []struct{ name, value string }{{"name", v.Name}, {"language", v.Language}, {"category", v.Category}} {
		if given.value != "" {
			check(given.name, given.value)
		}
	}
	if v.Details["components"] != nil { // else wa_body_missing says so
		check("details", v.Details)
	}
	return v.contract
}

// The contract's own example has a footer of 62 characters, and a card of 3 buttons.
const (
	maxFooter      = 62
	maxCardButtons = 3
)

func checkLength(v *view, r *report) {
	asInExample := map[string]bool{}
	for _, c := range v.components {
		if c.kind == "FOOTER" && utf8.RuneCountInString(c.text("text")) <= maxFooter {
			asInExample[c.path+".text"] = true
		}
		if c.inCard && len(c.buttons) <= maxCardButtons {
			asInExample[c.path+".buttons"] = true
		}
	}
	for _, one := range v.violations() {
		if !one.Limit {
			continue
		}
		severity := Refused
		if asInExample[one.Path] {
			severity = Likely
		}
		r.addAs(severity, one.Path, "", "is too long or too short: %v", one.Allowed)
	}
}

// checkSchema leaves out what a rule with words of its own has found.
func checkSchema(v *view, r *report) {
	for _, one := range v.violations() {
		if one.Limit || r.hasRefused(one.Path) {
			continue
		}
		message := fmt.Sprintf("does not fit the contract, which says: %v", one.Allowed)
		if values, isList := one.Allowed.([]any); isList {
			message = fmt.Sprintf("is %v; allowed: %s", one.Given, jsonvalue.Join(values, "", ", "))
		}
		if one.Nearest != "" {
			message += fmt.Sprintf("; did you mean %s?", one.Nearest)
		}
		r.add(one.Path, "%s", papi.Truncate(message, maxViolation))
	}
}

const maxViolation = 200
