package guard

import (
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/template"
)

// ruleTemplateLint refuses a submit for all that package lint refuses, in one answer.
// Those of lint's rules that have a code of their own are listed as rules of the
// guard, which this one checks (lintRules).
var ruleTemplateLint = Rule{
	Code:     "guard_whatsapp_template_lint",
	About:    "A WhatsApp template that is submitted breaks no rule that Meta publishes as a mechanical reason for a rejection; ignoreLint lets those through that it names. Warnings: what Meta likely rejects or moves to another category, and all findings in a draft. docs/lint.md lists the rules. An update is checked as the template will be.",
	Tools:    []string{"whatsapp_template_create", "whatsapp_template_update"},
	Source:   "createTemplate, updateTemplate, 1.2.117",
	Reads:    []*Read{readWhatsappTemplate},
	ReadsFor: []string{"whatsapp_template_update"},
	Partial:  true,
	check:    templateLint,
}

// lintRules are ruleTemplateLint, and a rule for each code that lint's rules have.
func lintRules() []Rule {
	all := []Rule{ruleTemplateLint}
	for _, from := range lint.Rules {
		if from.Code == "" {
			continue
		}
		i := slices.IndexFunc(all, func(r Rule) bool { return r.Code == from.Code })
		if i < 0 {
			i = len(all)
			all = append(all, Rule{Code: from.Code, Tools: ruleTemplateLint.Tools, CheckedBy: ruleTemplateLint.Code})
		}
		all[i].About = strings.TrimSpace(all[i].About + " " + from.About)
		all[i].Source = joinSources(all[i].Source, from.Source)
	}
	return all
}

// joinSources joins two sources, each of which ends with the version of the contract.
func joinSources(a, b string) string {
	if a == "" {
		return b
	}
	names := strings.Split(a, ", ")
	for name := range strings.SplitSeq(b, ", ") {
		if !slices.Contains(names, name) {
			names = slices.Insert(names, len(names)-1, name)
		}
	}
	return strings.Join(names, ", ")
}

// submitsTemplate reports whether the call submits the template: a create does
// by default, an update only when it is asked to.
func submitsTemplate(c *Call) bool {
	if c.Row.Tool == "whatsapp_template_create" {
		return c.Args["status"] != catalog.AsDraft
	}
	return c.Args["status"] == catalog.Submit
}

// templateLint keeps a submit from being sent, and warns of all else. A draft is
// saved whatever it lacks.
func templateLint(c *Call, a answers) *Refusal {
	var refused []lint.Finding
	var warnings []string
	for _, f := range lint.Check(templateOf(c, a)) {
		rule := lint.Lookup(f.Rule)
		ignored := slices.Contains(c.IgnoreLint, f.Rule) && !rule.FromContract()
		named := c.Args["templateName"] != nil && !strings.HasPrefix(f.Path, "details") // exists already
		switch {
		case ignored || named || f.Severity == lint.Advice:
		case f.Severity == lint.Refused && submitsTemplate(c):
			refused = append(refused, f)
		case f.Severity == lint.Refused:
			warnings = append(warnings, fmt.Sprintf("%s: %s (%s; a submit is refused for it)", f.Path, f.Message, f.Rule))
		default:
			warnings = append(warnings, fmt.Sprintf("%s: %s (%s)", f.Path, f.Message, f.Rule))
		}
	}
	if more := len(warnings) - maxFindings; more > 0 {
		warnings = append(warnings[:maxFindings], papi.Count(more, "more finding"))
	}
	for _, w := range warnings {
		c.Warn(w)
	}
	refusal := refuseFindings(refused, c.IgnoreLint)
	if refusal != nil && c.Args["templateName"] != nil && c.Args["details"] == nil {
		refusal.Next = append(refusal.Next, seeStored(c, refused))
	}
	return refusal
}

// seeStored is the step to the details of a template that is only submitted: to those
// with the corrections made, where some are mechanical.
func seeStored(c *Call, refused []lint.Finding) catalog.Next {
	if slices.ContainsFunc(refused, func(f lint.Finding) bool { return f.Corrected != "" }) {
		return nextCall("see the stored details, corrected where that is mechanical", catalog.WhatsappTemplateLint,
			map[string]any{"name": c.Args["templateName"], "language": c.Args["languageCode"]})
	}
	return nextCall("see the stored details, and submit them corrected", "whatsapp_template_get",
		map[string]any{"templateName": c.Args["templateName"], "languageCode": c.Args["languageCode"]})
}

// maxFindings is of how many findings a call is warned.
const maxFindings = 10

// maxInMessage is how many findings the message of a refusal names, for people who read
// no further.
const maxInMessage = 2

// refuseFindings is the refusal with all findings; nil for none. Its code is that of
// the first one's rule.
func refuseFindings(refused []lint.Finding, ignored []string) *Refusal {
	if len(refused) == 0 {
		return nil
	}
	var metas, kept, where []string
	for _, f := range refused {
		rule := lint.Lookup(f.Rule)
		where = append(where, fmt.Sprintf("%s (%s)", f.Rule, f.Path))
		switch {
		case !rule.FromContract():
			metas = append(metas, f.Rule)
		case slices.Contains(ignored, f.Rule):
			kept = append(kept, f.Rule)
		}
	}
	if more := len(where) - maxInMessage; more > 0 {
		where = append(where[:maxInMessage], fmt.Sprintf("%d more", more))
	}
	slices.Sort(metas)
	resolution := "correct all findings, and call again"
	if metas = slices.Compact(metas); len(metas) > 0 {
		resolution += "; if the person wants Meta to decide, give ignoreLint: " + string(jsonvalue.Encode(metas))
	}
	if len(kept) > 0 {
		slices.Sort(kept)
		resolution += fmt.Sprintf("; %s can't be ignored, since the contract asks for it", strings.Join(slices.Compact(kept), ", "))
	}
	var next []catalog.Next
	if slices.ContainsFunc(refused, func(f lint.Finding) bool { return f.Rule == "wa_flow_screen" }) {
		next = append(next, nextCall("see the flow's screens", "whatsapp_flow_screen_list", nil, "flowId"))
	}
	return &Refusal{
		Code:       lint.Lookup(refused[0].Rule).Code,
		Message:    "the template is not submitted: " + strings.Join(where, ", "),
		Resolution: resolution,
		Info:       map[string]any{"findings": refused},
		Next:       next,
	}
}

// templateOf is the template as it will be after the call: an update leaves what it
// does not give as it is stored, and removes an optimization that is null.
func templateOf(c *Call, a answers) lint.Template {
	var stored, details map[string]any
	if answer := a[readWhatsappTemplate]; answer != nil {
		stored = template.FromAnswer(answer)
		details = jsonvalue.Object(stored, "details")
		isKnown := jsonvalue.Object(answer, "details") != nil || jsonvalue.Object(answer, "changes.details") != nil
		if isKnown && details["components"] == nil {
			details = jsonvalue.With(details, "components", []any{})
		}
	}
	details = template.Update(details, jsonvalue.Object(c.Args, "details"))
	given := func(names ...string) string {
		for _, name := range names {
			if text := jsonvalue.Text(c.Args, name); text != "" {
				return text
			}
		}
		return jsonvalue.Text(stored, names[0])
	}
	return lint.Template{
		Name: given("name", "templateName"), Language: given("language", "languageCode"), Category: given("category"), Details: details,
	}
}
