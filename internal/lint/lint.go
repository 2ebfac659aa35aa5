// Package lint says what a WhatsApp template lacks to be approved, and an RCS sender to
// be launched (NewLaunch). The rules for templates are a table: each has a stable name, a
// severity, the place that says so, which is an operation or schema of the contract or a
// page of Meta's, and a function that checks a template, taken apart once for all rules.
// The package reads nothing from the API, and changes nothing.
package lint

import (
	"fmt"
	"slices"
	"strings"
)

// Severity says what a finding means for a template that is submitted.
type Severity string

// The severities.
const (
	// Refused: the contract says so, or Meta publishes it as a mechanical reason for a
	// rejection. It stops a submit before it leaves.
	Refused Severity = "refused"
	// Likely: often rejected, or moved to another category. It becomes a warning.
	Likely Severity = "likely"
	// Advice: worth a look.
	Advice Severity = "advice"
)

// Template is a template as the arguments of whatsapp_template_create have it. What
// is not known is "" or nil: then the rules that depend on it find nothing.
type Template struct {
	Name, Language, Category string
	Details                  map[string]any
}

// Finding is one thing that is wrong with a template.
type Finding struct {
	// Rule is the name of the rule, wa_...; stable.
	Rule string `json:"rule"`
	// Severity is the rule's, or less where this case of it is less certain.
	Severity Severity `json:"severity"`
	// Path is where it was found in the arguments: details.components[0].text.
	Path string `json:"path"`
	// Message says what is wrong, and what is allowed. It follows the path in a
	// sentence.
	Message string `json:"message"`
	// Source is an operation or schema of the contract, or the URL of Meta's page.
	Source string `json:"source"`
	// Corrected is the text at Path as it should be; "" where that is not mechanical.
	Corrected string `json:"corrected,omitempty"`
}

// Rule is one thing that the contract or Meta asks of a template.
type Rule struct {
	// Name is wa_...; stable.
	Name string
	// Severity is the highest that its findings have.
	Severity Severity
	// About says the rule in a sentence.
	About string
	// Source is an operation or schema of the contract with its version, or the URL of
	// a page.
	Source string
	// Code is the errorCode with which the guard refuses a submit; "" means that of all
	// of Meta's rules.
	Code string

	// check reports what is wrong; nil where more must be known than the template.
	check func(v *view, r *report)
}

// FromContract reports whether the contract is the rule's source: its findings can't
// be ignored.
func (r *Rule) FromContract() bool { return !strings.HasPrefix(r.Source, "https://") }

// Lookup returns the rule of a name, or nil.
func Lookup(name string) *Rule {
	i := slices.IndexFunc(Rules, func(r Rule) bool { return r.Name == name })
	if i < 0 {
		return nil
	}
	return &Rules[i]
}

// Check returns all that is wrong with a template that is to be submitted, in the
// order of Rules; nil where nothing is. It never panics, whatever the details are.
func Check(t Template) []Finding {
	var all []Finding
	v := newView(t)
	for i := range Rules {
		if rule := &Rules[i]; rule.check != nil {
			rule.check(v, &report{rule: rule, all: &all})
		}
	}
	return all
}

// report collects the findings of a rule.
type report struct {
	rule *Rule
	all  *[]Finding
}

// add reports a finding with the severity of the rule.
func (r *report) add(path, format string, args ...any) {
	r.addAs(r.rule.Severity, path, "", format, args...)
}

// fix is add with the corrected text; "" for none.
func (r *report) fix(path, corrected, format string, args ...any) {
	r.addAs(r.rule.Severity, path, corrected, format, args...)
}

// addAs reports a finding, once.
func (r *report) addAs(severity Severity, path, corrected, format string, args ...any) {
	found := Finding{
		Rule: r.rule.Name, Severity: severity, Path: path, Message: fmt.Sprintf(format, args...),
		Source: r.rule.Source, Corrected: corrected,
	}
	if !slices.Contains(*r.all, found) {
		*r.all = append(*r.all, found)
	}
}

// hasRefused reports whether a rule has found something at the path that is refused.
func (r *report) hasRefused(path string) bool {
	return slices.ContainsFunc(*r.all, func(f Finding) bool { return f.Path == path && f.Severity == Refused })
}
