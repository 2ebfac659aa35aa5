// Package lint says what a WhatsApp template lacks to be approved. Its rules are a
// table: each has a stable name, a severity and the place that says so, which is an
// operation or schema of the contract, or a page of Meta's. It reads nothing from the
// API, and changes nothing.
package lint

import "slices"

// Severity says what a finding means for a template that is submitted.
type Severity string

// The severities.
const (
	// Refused: the contract says so, or Meta publishes it as a mechanical reason for a
	// rejection. It stops a submit before it leaves.
	Refused Severity = "refused"
	// Likely: often rejected, or moved to another category. It is told as a warning.
	Likely Severity = "likely"
	// Advice: worth a look.
	Advice Severity = "advice"
)

// Finding is one thing that is wrong with a template.
type Finding struct {
	// Rule is the name of the rule, wa_...; stable.
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	// Path is where it was found in the arguments: details.components[0].text.
	Path string `json:"path"`
	// Message says what is wrong, and what is allowed.
	Message string `json:"message"`
	// Source is an operation or schema of the contract, or the URL of Meta's page.
	Source string `json:"source"`
	// Corrected is the text at Path as it should be; "" where that is not mechanical.
	Corrected string `json:"corrected,omitempty"`
}

// Rule is one thing that the contract or Meta asks of a template.
type Rule struct {
	// Name is wa_...; stable.
	Name     string
	Severity Severity
	// About says the rule in a sentence.
	About string
	// Source is an operation or schema of the contract with its version, or the URL of
	// Meta's page. The contract's findings can't be ignored.
	Source string
	// Code is the errorCode with which the guard refuses a submit; "" means that of all
	// of Meta's rules.
	Code string
}

// Lookup returns the rule of a name, or nil.
func Lookup(name string) *Rule {
	i := slices.IndexFunc(Rules, func(r Rule) bool { return r.Name == name })
	if i < 0 {
		return nil
	}
	return &Rules[i]
}
