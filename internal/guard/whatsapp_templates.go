package guard

import (
	"cmp"
	"fmt"
	"slices"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// TemplateExists is the code of a create whose name and language a template has.
const TemplateExists = "guard_whatsapp_template_unique"

var ruleTemplateUnique = Rule{
	Code:   TemplateExists,
	About:  "A WhatsApp template's name is unique within a language.",
	Tools:  []string{"whatsapp_template_create"},
	Source: "createTemplate, 1.2.117",
	Reads:  []*Read{readWhatsappLanguages},
	check:  templateUnique,
}

func templateUnique(c *Call, a answers) *Refusal {
	for _, template := range jsonvalue.Objects(a.of(readWhatsappLanguages), "templates") {
		if template["language"] != c.Args["language"] {
			continue
		}
		id := map[string]any{"templateName": c.Args["name"], "languageCode": template["language"]}
		return &Refusal{
			Message:    fmt.Sprintf("the project already has a template named %q in %v", c.Args["name"], template["language"]),
			Resolution: "give another name or language, or update that template",
			Info:       id,
			Next: []catalog.Next{
				nextCall("check the existing template", "whatsapp_template_get", id),
				nextCall("or change it", "whatsapp_template_update", id, "details"),
			},
		}
	}
	return nil
}

var ruleTemplateLanguageCategory = Rule{
	Code:   "guard_whatsapp_template_language_category",
	About:  "A WhatsApp template has one category in all its languages.",
	Tools:  []string{"whatsapp_template_create"},
	Source: "createTemplate, 1.2.117",
	Reads:  []*Read{readWhatsappLanguages},
	check:  templateLanguageCategory,
}

// templateLanguageCategory checks where the languages agree on a category: which
// one counts where they do not, the contract does not say.
func templateLanguageCategory(c *Call, a answers) *Refusal {
	var used []string
	for _, template := range jsonvalue.Objects(a.of(readWhatsappLanguages), "templates") {
		used = append(used, jsonvalue.Text(template, "category"))
	}
	slices.Sort(used)
	used = slices.Compact(used)
	if len(used) != 1 || used[0] == "" || used[0] == catalog.Unrecognized || c.Args["category"] == nil || used[0] == c.Args["category"] {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("the template %q is %s in its other languages, and all of them have the same category", c.Args["name"], used[0]),
		Resolution: "give that category, or another name",
		Info:       map[string]any{"category": used[0]},
		Next:       []catalog.Next{nextCall("create it in the category of its other languages", "whatsapp_template_create", jsonvalue.With(c.Args, "category", used[0]))},
	}
}

var ruleTemplateUpdateState = stateRule(catalog.WhatsappTemplateUpdate, readWhatsappTemplate)

var ruleTemplateSource = Rule{
	Code:   "guard_whatsapp_template_source",
	About:  "A WhatsApp template that Meta generated can't be updated.",
	Tools:  []string{"whatsapp_template_update"},
	Source: "updateTemplate, 1.2.117",
	Reads:  []*Read{readWhatsappTemplate},
	check:  templateSource,
}

func templateSource(_ *Call, a answers) *Refusal {
	if a.of(readWhatsappTemplate)["isMetaGenerated"] != true {
		return nil
	}
	return &Refusal{
		Message:    "Meta generated this template, so it can't be updated",
		Resolution: "create a template of the project's own, with another name",
		Next:       []catalog.Next{nextCall("create a template", "whatsapp_template_create", nil, "name", "language", "category", "details")},
	}
}

var ruleTemplatePricing = Rule{
	Code:    "guard_whatsapp_template_pricing",
	About:   "A WhatsApp template has an optimization only if the account has the maximum price feature. A warning, since the contract's own examples do it: an optimization in another category than MARKETING.",
	Tools:   []string{"whatsapp_template_create", "whatsapp_template_update"},
	Source:  "createTemplate, updateTemplate, 1.2.117",
	When:    "an optimization is given",
	applies: func(c *Call) bool { return jsonvalue.Object(c.Args, "details.optimization") != nil },
	Reads:   []*Read{readWhatsappAccount},
	check:   templatePricing,
}

func templatePricing(c *Call, a answers) *Refusal {
	if a.of(readWhatsappAccount)["wabaMaxPriceOnboarded"] == false {
		return &Refusal{
			Message:    "details.optimization bids for the delivery, and the project's WhatsApp account has no maximum price feature (wabaMaxPriceOnboarded is false)",
			Resolution: "leave details.optimization out, or ask the person to have the feature enabled for the WhatsApp Business Account",
			Info:       map[string]any{"wabaMaxPriceOnboarded": false},
			Next:       []catalog.Next{readWhatsappAccount.next(c, "check the account")},
		}
	}
	if category := jsonvalue.Text(c.Args, "category"); category != "" && category != "MARKETING" {
		c.Warn(fmt.Sprintf("details.optimization is for MARKETING templates, and this one is %s: the API decides", category))
	}
	return nil
}

var ruleTemplateCategory = withState(catalog.WhatsappTemplateCategory, Rule{
	About: fmt.Sprintf("The category of a WhatsApp template, and allowCategoryChange, are changed in a %s that was never reviewed, or when %s for %s.",
		oneOf(catalog.WhatsappTemplateCategory.Changes), oneOf(catalog.WhatsappTemplateCategory.Live), incorrectCategory),
	When:    "category or allowCategoryChange is given",
	applies: func(c *Call) bool { return c.Args["category"] != nil || c.Args["allowCategoryChange"] != nil },
	Reads:   []*Read{readWhatsappTemplate},
	check:   templateCategory,
})

// incorrectCategory is the rejectionCode with which the category may be changed.
const incorrectCategory = "INCORRECT_CATEGORY"

// templateCategory allows a category that stays as it is.
func templateCategory(c *Call, a answers) *Refusal {
	template := a.of(readWhatsappTemplate)
	state := cmp.Or(jsonvalue.Text(template, "state"), pending(template))
	p := catalog.WhatsappTemplateCategory
	rejected := slices.Contains(p.Live, state) && jsonvalue.Text(template, "rejectionCode") == incorrectCategory
	if state == "" || slices.Contains(p.Changes, state) || rejected {
		return nil
	}
	if c.Args["allowCategoryChange"] == nil && c.Args["category"] == template["category"] {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("the template is %s: its category %v can't be changed, nor can allowCategoryChange", state, template["category"]),
		Resolution: "leave category and allowCategoryChange out, or create another template in the other category",
		Info:       map[string]any{"state": state, "category": template["category"]},
		Next:       []catalog.Next{readWhatsappTemplate.next(c, "check the template")},
	}
}

var ruleTemplateDraft = withState(catalog.WhatsappTemplateDelete, Rule{
	About:   "Without deleteSubmitted, only the draft of a WhatsApp template is deleted: one that was submitted to Meta, or is under review, is not.",
	When:    "deleteSubmitted is not true",
	applies: func(c *Call) bool { return c.Args["deleteSubmitted"] != true },
	Reads:   []*Read{readWhatsappTemplate},
	check:   templateDraft,
})

func templateDraft(c *Call, a answers) *Refusal {
	template := a.of(readWhatsappTemplate)
	state, changes := jsonvalue.Text(template, "state"), pending(template)
	wrong, known := "", catalog.LookupResource("whatsapp_template").At("", changes).Name != ""
	switch {
	case changes == "" && state != "":
		wrong = fmt.Sprintf("it has no draft: it is %s, without pending changes", state)
	case known && !catalog.WhatsappTemplateDelete.AllowsChanges(changes):
		wrong = fmt.Sprintf("Meta is reviewing it (its pending changes are %s)", changes)
	default:
		return nil
	}
	return &Refusal{
		Message:    "without deleteSubmitted only the draft of a template is deleted, and " + wrong,
		Resolution: "leave the template as it is, or ask the person whether the template at Meta should be deleted too: then set deleteSubmitted: true",
		Info:       stateInfo(state, changes),
		Next: []catalog.Next{
			readWhatsappTemplate.next(c, "check the template"),
			nextCall("delete it at Meta too, which locks the name in this language for 30 days", "whatsapp_template_delete", jsonvalue.With(pathArgs(c.Row, c.Args), "deleteSubmitted", true)),
		},
	}
}

var whatsappTemplateSummaries = []Summary{
	{Tool: "whatsapp_template_delete", Reads: []*Read{readWhatsappTemplate}, text: askTemplateDelete},
	{Tool: "whatsapp_template_delete_all_languages", Reads: []*Read{readWhatsappLanguages}, text: askTemplateDeleteAll},
	{Tool: "whatsapp_template_analytics_enable", text: func(map[string]any, answers) sentences {
		return sentences{
			ask:    "Turn on template analytics for the project's WhatsApp Business Account",
			effect: "This applies to all of the account's templates, and can't be turned off again.",
		}
	}},
	{Tool: "whatsapp_access_token_create", text: func(map[string]any, answers) sentences {
		return sentences{ask: "Create a long-lived Meta access token", effect: "It is valid for 60 days."}
	}},
}

func askTemplateDelete(args map[string]any, a answers) sentences {
	s := sentences{
		ask:    "Delete the draft of the WhatsApp template",
		name:   fmt.Sprintf("%s in %s", Name(jsonvalue.Text(args, "templateName")), Word(jsonvalue.Text(args, "languageCode"))),
		effect: "Only the draft is deleted (deleteSubmitted is false): a template that was submitted to Meta stays as it is.",
		facts:  stateAndChanges(a.of(readWhatsappTemplate)),
	}
	if args["deleteSubmitted"] == true {
		s.ask = "Delete the WhatsApp template"
		s.effect = "deleteSubmitted is true: the template that was submitted to Meta is deleted too, no more messages can be sent with it, and this name can't be used again in this language for 30 days."
	}
	return s
}

func askTemplateDeleteAll(args map[string]any, a answers) sentences {
	var languages []string
	for _, template := range jsonvalue.Objects(a.of(readWhatsappLanguages), "templates") {
		languages = append(languages, fmt.Sprintf("%s (%s)", Word(jsonvalue.Text(template, "language")), Word(cmp.Or(jsonvalue.Text(template, "state"), pending(template), "UNKNOWN"))))
	}
	slices.Sort(languages)
	has := func(most int) string {
		return fmt.Sprintf("It has %s: %s.", papi.Count(len(languages), "language"), listed(languages, most))
	}
	return sentences{
		ask:    "Delete the WhatsApp template",
		name:   Name(jsonvalue.Text(args, "templateName")) + " in all its languages",
		effect: "Its name can't be used again for 30 days. Messages that are on their way are still attempted for 30 days.",
		facts:  has(2 * maxListed),
		brief:  has(maxBrief),
	}
}
