package guard

import (
	"context"
	"slices"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
)

// comparison is a rule that reads what a template is compared with, by the name that it
// has among those of package lint.
type comparison struct {
	rule       *Rule
	name, path string
	// corrected is the field of the refusal's information with the right value.
	corrected string
	// needs is the argument without which there is nothing to read; "" for none.
	needs string
	// updates says that the rule is about a change, and not about the template.
	updates bool
}

var comparisons = []comparison{
	{rule: &ruleTemplateUnique, name: "wa_name_used", path: "name", needs: "name"},
	{rule: &ruleTemplateLanguageCategory, name: "wa_category_languages", path: "category", corrected: "category", needs: "name"},
	{rule: &ruleTemplatePricing, name: "wa_optimization", path: "details.optimization"},
	{rule: &ruleTemplateUpdateState, name: "wa_update_state", path: "templateName", updates: true},
	{rule: &ruleTemplateSource, name: "wa_meta_generated", path: "templateName", updates: true},
	{rule: &ruleTemplateCategory, name: "wa_category_fixed", path: "category", updates: true},
}

// CompareTemplate returns what the rules that read find in a create or an update of a
// WhatsApp template, all at the same time, as package lint would; changes says whether
// the template is to be changed. It settles the project of the call, adds warnings to it,
// and refuses a project that the caller may not read.
func (g *Guard) CompareTemplate(ctx context.Context, c *Call, changes bool) ([]lint.Finding, *Refusal) {
	var refusal *Refusal
	if c.ProjectID, refusal = g.Project(ctx, c.Principal, c.ProjectID); refusal != nil {
		return nil, refusal
	}
	c.reads = reads{g.opts.Reader, map[string]func() (map[string]any, error){}}
	needed := slices.DeleteFunc(slices.Clone(comparisons), func(one comparison) bool {
		return !one.rule.isNeeded(c) || one.updates && !changes || one.needs != "" && c.Args[one.needs] == nil
	})
	var wanted []*Read
	for _, one := range needed {
		wanted = append(wanted, one.rule.Reads...)
	}
	c.readAll(ctx, wanted)
	var found []lint.Finding
	for _, one := range needed {
		if r := one.rule.apply(ctx, g, c); r != nil {
			found = append(found, lint.Finding{
				Rule: one.name, Severity: lint.Refused, Path: one.path, Source: lint.Lookup(one.name).Source,
				Message: r.Message + "; " + r.Resolution, Corrected: jsonvalue.Text(r.Info, one.corrected),
			})
		}
	}
	slices.Sort(c.Warnings) // two rules may warn of the same read
	c.Warnings = slices.Compact(c.Warnings)
	return found, nil
}
