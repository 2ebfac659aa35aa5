package guard

import (
	"fmt"
	"slices"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

var (
	readWhatsappTemplate = Read{Tool: "whatsapp_template_get"}

	// The languages that a new template's name is in already.
	readWhatsappLanguages = Read{Tool: "whatsapp_template_language_list", args: sameTemplateName}
)

var whatsappTemplateRules = []Rule{
	{
		Name:  "whatsapp_button_url",
		About: "A URL button leads neither to wa.me nor to whatsapp.com, has no variable but a {{1}} at its very end, and has an example when, and only when, it ends so; a draft may leave the example out.",
		Tools: []string{"whatsapp_template_create", "whatsapp_template_update"},
		check: buttonURLs,
	},
	{
		Name:  "whatsapp_button_flow",
		About: "A FLOW button that navigates names its first screen; a draft may leave it out.",
		Tools: []string{"whatsapp_template_create", "whatsapp_template_update"},
		check: flowButtons,
	},
	{
		Name:  "whatsapp_carousel_cards",
		About: "The cards of a carousel have the same components, each a header and a body; a draft may leave them out.",
		Tools: []string{"whatsapp_template_create", "whatsapp_template_update"},
		check: carouselCards,
	},
	{
		Name:  "whatsapp_template_unique",
		About: "A WhatsApp template's name is used once in a language.",
		Tools: []string{"whatsapp_template_create"},
		Reads: []Read{readWhatsappLanguages},
		judge: templateUnique,
	},
	{
		Name:  "whatsapp_template_language_category",
		About: "A WhatsApp template has one category in all its languages.",
		Tools: []string{"whatsapp_template_create"},
		Reads: []Read{readWhatsappLanguages},
		judge: templateLanguageCategory,
	},
	{
		Name:  "whatsapp_template_pricing",
		About: "A WhatsApp template has an optimization where the account has the maximum price feature. Told as a warning, since the contract's own examples do it: an optimization in another category than MARKETING.",
		Tools: []string{"whatsapp_template_create", "whatsapp_template_update"},
		Reads: []Read{{Tool: "whatsapp_account_get", When: "an optimization is given", needed: givesOptimization}},
		judge: templatePricing,
	},
	{
		Name:  "whatsapp_template_update_content",
		About: "Told as a warning: components of an update that names no category, and that do not go with the template's own, as whatsapp_template_body tells of others.",
		Tools: []string{"whatsapp_template_update"},
		Reads: []Read{{Tool: "whatsapp_template_get", When: "components are given and no category", needed: keepsCategoryOfComponents}},
		Warns: true,
		judge: templateUpdateContent,
	},
	{
		Name:  "whatsapp_template_update_ttl",
		About: "messageSendTtlSeconds of an update that names no category lies within what the template's own category allows.",
		Tools: []string{"whatsapp_template_update"},
		Reads: []Read{{Tool: "whatsapp_template_get", When: "a messageSendTtlSeconds is given and no category", needed: keepsCategory}},
		judge: templateUpdateTTL,
	},
	{
		Name:  "whatsapp_template_update_state",
		About: "A WhatsApp template is updated when APPROVED, REJECTED, PAUSED, DISABLED or not yet live, and while its pending changes are DRAFT or REJECTED.",
		Tools: []string{"whatsapp_template_update"},
		Reads: []Read{readWhatsappTemplate},
		judge: standing{states: []string{"APPROVED", "REJECTED", "PAUSED", "DISABLED"}, changes: []string{"DRAFT", "REJECTED"}}.judge(readWhatsappTemplate),
	},
	{
		Name:  "whatsapp_template_source",
		About: "A WhatsApp template that Meta made is not updated.",
		Tools: []string{"whatsapp_template_update"},
		Reads: []Read{readWhatsappTemplate},
		judge: templateSource,
	},
	{
		Name:  "whatsapp_template_category",
		About: "The category of a WhatsApp template, and allowCategoryChange, are changed in a draft that was never reviewed, or when REJECTED for INCORRECT_CATEGORY.",
		Tools: []string{"whatsapp_template_update"},
		Reads: []Read{{Tool: "whatsapp_template_get", When: "category or allowCategoryChange is given", needed: changesCategory}},
		judge: templateCategory,
	},
	{
		Name:   "whatsapp_template_delete_draft",
		About:  "Without deleteSubmitted, what is deleted of a WhatsApp template is a draft: one that Meta has, or is reviewing, is not deleted.",
		Tools:  []string{"whatsapp_template_delete"},
		Reads:  []Read{{Tool: "whatsapp_template_get", When: "deleteSubmitted is not true", needed: keepsSubmitted}},
		Closed: true,
		judge:  templateDraft,
	},
}

func sameTemplateName(c *Call) map[string]any {
	return map[string]any{"templateName": c.Args["name"]}
}

func templateUnique(c *Call, s seen) *Refusal {
	for _, template := range jsonvalue.Objects(s["whatsapp_template_language_list"], "templates") {
		if template["language"] != c.Args["language"] {
			continue
		}
		id := map[string]any{"templateName": c.Args["name"], "languageCode": template["language"]}
		return &Refusal{
			Message:    fmt.Sprintf("the project has a template named %q in %v already", c.Args["name"], template["language"]),
			Resolution: "give another name or language, or update that template",
			Info:       id,
			Next: []catalog.Next{
				{Do: "look at the template that is there", Tool: "whatsapp_template_get", Args: id, Needs: []string{}},
				{Do: "or change it", Tool: "whatsapp_template_update", Args: id, Needs: []string{"details"}},
			},
		}
	}
	return nil
}

// templateLanguageCategory judges where the languages agree on a category: which
// one the API goes by where they do not, the contract does not say.
func templateLanguageCategory(c *Call, s seen) *Refusal {
	var used []string
	for _, template := range jsonvalue.Objects(s["whatsapp_template_language_list"], "templates") {
		used = append(used, jsonvalue.Text(template, "category"))
	}
	slices.Sort(used)
	used = slices.Compact(used)
	if len(used) != 1 || used[0] == "" || used[0] == "UNRECOGNIZED" || c.Args["category"] == nil || used[0] == c.Args["category"] {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("the template %q is %s in its other languages, and has one category in all of them", c.Args["name"], used[0]),
		Resolution: "give that category, or another name",
		Info:       map[string]any{"category": used[0]},
		Next:       []catalog.Next{{Do: "create it in the category of its other languages", Tool: "whatsapp_template_create", Args: jsonvalue.With(c.Args, "category", used[0]), Needs: []string{}}},
	}
}

func templateSource(_ *Call, s seen) *Refusal {
	if s["whatsapp_template_get"]["isMetaGenerated"] != true {
		return nil
	}
	return &Refusal{
		Message:    "Meta made the template by itself, and such a template can't be updated",
		Resolution: "create a template of the project's own, with another name",
		Next:       []catalog.Next{{Do: "create a template", Tool: "whatsapp_template_create", Args: map[string]any{}, Needs: []string{"name", "language", "category", "details"}}},
	}
}

func givesOptimization(c *Call) bool { return jsonvalue.Object(c.Args, "details.optimization") != nil }

func templatePricing(c *Call, s seen) *Refusal {
	if s["whatsapp_account_get"]["wabaMaxPriceOnboarded"] == false {
		return &Refusal{
			Message:    "details.optimization bids for the delivery, and the project's WhatsApp account has no maximum price feature (wabaMaxPriceOnboarded is false)",
			Resolution: "leave details.optimization out, or ask the person to have the feature enabled for the WhatsApp Business Account",
			Info:       map[string]any{"wabaMaxPriceOnboarded": false},
			Next:       []catalog.Next{readWhatsappAccount.next(c, "look at the account")},
		}
	}
	if category := jsonvalue.Text(c.Args, "category"); category != "" && category != "MARKETING" {
		c.Warn(fmt.Sprintf("details.optimization is for MARKETING templates, and this one is %s: the API judges", category))
	}
	return nil
}

func keepsCategory(c *Call) bool {
	_, given := number(jsonvalue.Field(c.Args, "details.messageSendTtlSeconds"))
	return given && c.Args["category"] == nil
}

func templateUpdateTTL(c *Call, s seen) *Refusal {
	return wrongTTL(c, jsonvalue.Text(s["whatsapp_template_get"], "category"))
}

func keepsCategoryOfComponents(c *Call) bool {
	return len(jsonvalue.Objects(c.Args, "details.components")) > 0 && c.Args["category"] == nil
}

func templateUpdateContent(c *Call, s seen) *Refusal {
	for i, component := range jsonvalue.Objects(c.Args, "details.components") {
		warnOfCategory(c, jsonvalue.Text(s["whatsapp_template_get"], "category"), component, fmt.Sprintf("details.components[%d]", i))
	}
	return nil
}

func changesCategory(c *Call) bool {
	return c.Args["category"] != nil || c.Args["allowCategoryChange"] != nil
}

// templateCategory lets a category stay as it is.
func templateCategory(c *Call, s seen) *Refusal {
	template := s["whatsapp_template_get"]
	state := or(jsonvalue.Text(template, "state"), pending(template))
	if state == "" || state == "DRAFT" || state == "REJECTED" && jsonvalue.Text(template, "rejectionCode") == "INCORRECT_CATEGORY" {
		return nil
	}
	if c.Args["allowCategoryChange"] == nil && c.Args["category"] == template["category"] {
		return nil
	}
	return &Refusal{
		Message:    fmt.Sprintf("the template is %s: its category %v is frozen, and allowCategoryChange with it", state, template["category"]),
		Resolution: "leave category and allowCategoryChange out, or create another template in the other category",
		Info:       map[string]any{"state": state, "category": template["category"]},
		Next:       []catalog.Next{readWhatsappTemplate.next(c, "look at the template")},
	}
}

func keepsSubmitted(c *Call) bool { return c.Args["deleteSubmitted"] != true }

// templateDraft knows what the API answers with
// template_not_deletable_due_to_input_config, or template_changes_not_found.
func templateDraft(c *Call, s seen) *Refusal {
	template := s["whatsapp_template_get"]
	state, changes := jsonvalue.Text(template, "state"), pending(template)
	wrong := ""
	switch {
	case changes == "IN_PROGRESS":
		wrong = "Meta is reviewing it (its pending changes are IN_PROGRESS)"
	case changes == "" && state != "":
		wrong = fmt.Sprintf("it has no draft: it is %s, without pending changes", state)
	default:
		return nil
	}
	return &Refusal{
		Message:    "without deleteSubmitted only the draft of a template is deleted, and " + wrong,
		Resolution: "leave the template as it is, or ask the person whether the template at Meta is to go too: then give deleteSubmitted: true",
		Info:       map[string]any{"state": or(state, "not live yet"), "changes": or(changes, "none")},
		Next: []catalog.Next{
			readWhatsappTemplate.next(c, "look at the template, and what comes next for it"),
			{
				Do:   "only when the person wants the template at Meta gone too (its name is then locked in this language for 30 days): deleteSubmitted says so",
				Tool: "whatsapp_template_delete", Args: jsonvalue.With(pathArgs(c.Row, c.Args), "deleteSubmitted", true), Needs: []string{},
			},
		},
	}
}

var (
	readLanguages = Read{Tool: "whatsapp_template_language_list"}

	whatsappTemplateSummaries = []Summary{
		{Tool: "whatsapp_template_delete", Reads: []Read{readWhatsappTemplate}, text: askTemplateDelete},
		{Tool: "whatsapp_template_delete_all_languages", Reads: []Read{readLanguages}, text: askTemplateDeleteAll},
		{Tool: "whatsapp_template_analytics_enable", text: func(map[string]any, seen) sentences {
			return sentences{
				ask:    "Turn on template analytics for the project's WhatsApp Business Account",
				effect: "They are on for all of the account's templates, and nothing turns them off again.",
			}
		}},
		{Tool: "whatsapp_access_token_create", text: func(map[string]any, seen) sentences {
			return sentences{ask: "Make a long-lived Meta access token", effect: "It is valid for 60 days."}
		}},
	}
)

func askTemplateDelete(args map[string]any, answers seen) sentences {
	s := sentences{
		ask:    "Delete the draft of the WhatsApp template",
		name:   fmt.Sprintf("%s in %s", Name(jsonvalue.Text(args, "templateName")), Word(jsonvalue.Text(args, "languageCode"))),
		effect: "Only the draft is deleted (deleteSubmitted is false): a template that Meta has stays as it is.",
		facts:  stateAndChanges(answers.of(readWhatsappTemplate)),
	}
	if args["deleteSubmitted"] == true {
		s.ask = "Delete the WhatsApp template"
		s.effect = "deleteSubmitted is true: the template that was submitted to Meta is deleted too, no more messages can be sent with it, and this name can't be used again in this language for 30 days."
	}
	return s
}

func askTemplateDeleteAll(args map[string]any, answers seen) sentences {
	var languages []string
	for _, template := range jsonvalue.Objects(answers.of(readLanguages), "templates") {
		languages = append(languages, fmt.Sprintf("%s (%s)", Word(jsonvalue.Text(template, "language")), Word(or(jsonvalue.Text(template, "state"), or(pending(template), "DRAFT")))))
	}
	slices.Sort(languages)
	return sentences{
		ask:    "Delete the WhatsApp template",
		name:   Name(jsonvalue.Text(args, "templateName")) + " in all its languages",
		effect: "Its name can't be used again for 30 days. Messages that are on their way are still attempted for 30 days.",
		facts:  fmt.Sprintf("It has %s: %s.", count(len(languages), "language", "languages"), listed(languages, 2*maxListed)),
	}
}
