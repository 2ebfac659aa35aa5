package catalog

var whatsappTemplate = &Resource{
	Name: "whatsapp_template",
	Get:  "whatsapp_template_get", List: "whatsapp_template_list", Create: "whatsapp_template_create",
	NoneHere: "project_not_initialized",
	Empty:    Step{Do: "create one", Tool: "whatsapp_template_create", Needs: []string{"name", "language", "category", "details"}},
	Complete: map[string]Completion{
		"whatsapp_template_names":     {Field: "name"},
		"whatsapp_template_languages": {Tool: "whatsapp_template_language_list", Field: "language", Args: []string{"templateName"}},
	},
	Bulky:     []string{"whatsappId"}, // no call takes it
	Summaries: map[string]func(any) any{"isMetaGenerated": onlyTrue},
	IDs:       map[string]string{"templateName": "name", "languageCode": "language"},
	State:     "state", Pending: "changes.status",
	States: []State{
		{
			Name: "PENDING", Class: Pending, Means: "waits for approval", Moves: "Meta", Lasts: Lasting{First: 5 * minute, Overdue: 2 * day},
			Next: []Step{{Do: "check again {again}: in review{since}", Tool: "whatsapp_template_get"}},
		},
		{Name: "APPROVED", Class: Success, Means: "can be sent"},
		{
			Name: "PAUSED", Class: Failure, Means: "can't be used until it is resumed", Moves: "Meta; or `whatsapp_template_update`, with a better text",
			Next: []Step{resubmit(WhatsappTemplateUpdate, "Meta may resume it on its own; else improve it and submit it again")},
		},
		{
			Name: "DISABLED", Class: Failure, Means: "can't be sent", Moves: "`whatsapp_template_update`, with a better text; or a new template under another name",
			Next: []Step{resubmit(WhatsappTemplateUpdate, "change it with the person and submit it again")},
		},
		whatsappTemplateRejected,
	},
	Changes: []State{
		{
			Name: "DRAFT", Class: ActionRequired, Means: "only saved", Moves: "`whatsapp_template_update` with `status` SUBMIT",
			Next: submitDraft(WhatsappTemplateUpdate, "WhatsappTemplateDetailsInputDto"),
		},
		{
			Name: "IN_PROGRESS", Class: Pending, Means: "submitted, being processed", Moves: "Sinch and Meta", Lasts: Lasting{First: minute, Overdue: day},
			Next: []Step{{Do: "check again {again}: in review{since}", Tool: "whatsapp_template_get"}},
		},
		whatsappTemplateRejected,
	},
	Reason:        "rejectionCode",
	Quality:       "qualityScore",
	History:       "whatsapp_template_activity_list",
	Preconditions: []*Precondition{WhatsappTemplateUpdate, WhatsappTemplateCategory, WhatsappTemplateDelete},
}

// What the state of a WhatsApp template must be.
var (
	WhatsappTemplateUpdate = &Precondition{
		Code: "guard_whatsapp_template_update_state", About: "A WhatsApp template can be updated", Tools: []string{"whatsapp_template_update"},
		Live: []string{"APPROVED", "REJECTED", "PAUSED", "DISABLED"}, Changes: []string{"DRAFT", "REJECTED"},
		Errors: []string{"template_not_updatable", "template_changes_not_updatable"}, Source: "updateTemplate, 1.2.117",
	}
	// WhatsappTemplateCategory: a REJECTED one also needs the rejectionCode
	// INCORRECT_CATEGORY.
	WhatsappTemplateCategory = &Precondition{
		Code: "guard_whatsapp_template_category", About: "The category of a WhatsApp template can be changed", Tools: []string{"whatsapp_template_update"},
		Live: []string{"REJECTED"}, Changes: []string{"DRAFT"},
		Errors: []string{"template_category_not_updatable", "template_allow_category_change_not_updatable"}, Source: "updateTemplate, 1.2.117",
	}
	// WhatsappTemplateDelete holds without deleteSubmitted.
	WhatsappTemplateDelete = &Precondition{
		Code: "guard_whatsapp_template_delete_draft", About: "The draft of a WhatsApp template can be deleted", Tools: []string{"whatsapp_template_delete"},
		Changes: []string{"DRAFT", "REJECTED"}, MustPend: true, FailClosed: true,
		Errors: []string{"template_not_deletable_due_to_input_config", "template_changes_not_found"}, Source: "deleteTemplateByNameAndLanguage, 1.2.117",
	}
)

var whatsappTemplateRejected = State{
	Name: "REJECTED", Class: Failure, Means: "rejected; `rejectionCode` says why", Moves: "`whatsapp_template_update`",
	Next: []Step{
		{Do: "rejectionCode says why; find what to correct", Tool: WhatsappTemplateLint},
		{Do: "its activities may say more", Tool: "whatsapp_template_activity_list"},
		resubmit(WhatsappTemplateUpdate, "correct it and submit it again"),
	},
}

var whatsappTemplateWait = &Wait{
	Read:     "whatsapp_template_get",
	Triggers: []string{"WHATSAPP_TEMPLATE_APPROVED", "WHATSAPP_TEMPLATE_REJECTED", "WHATSAPP_TEMPLATE_STATUS_UPDATED"},
}

// templateColumns are those of WhatsApp templates, besides the name.
var templateColumns = []Column{
	{Name: "languageCode", Path: "language", Count: "language"},
	{Name: "category", Path: "category"},
	{Name: "state", Path: "state", Count: "state"},
	{Name: "pending", Path: "changes.status", From: FromPending},
	{Name: "qualityScore", Path: "qualityScore", Show: unlessUnknown},
	{Name: "rejectionCode", Path: "rejectionCode"},
	{Name: "isMetaGenerated", Path: "isMetaGenerated", Show: onlyTrue}, // which can't be updated
}

var whatsappTemplates = []Row{
	{
		Tool: "whatsapp_template_list", Operation: "WhatsappTemplatesController_listTemplates_v1", Effect: Read, Resource: whatsappTemplate,
		About: "List the project's WhatsApp templates; each is a name in one language.",
		Phrases: []string{
			"which message templates do we have", "show all HSMs", "find paused or rejected templates",
			"which templates are approved", "count templates by status",
		},
		Columns: append([]Column{{Name: "templateName", Path: "name", Count: "name"}}, templateColumns...),
	},
	{
		Tool: "whatsapp_template_language_list", Operation: "WhatsappTemplatesController_listTemplatesByName_v1", Effect: Read, Resource: whatsappTemplate,
		About:   "List the languages of one WhatsApp template name.",
		Phrases: []string{"translations of a template", "which languages does this template have", "is it available in French", "all locales of one message template"},
		Columns: templateColumns, // the name is the caller's
	},
	{
		Tool: "whatsapp_template_get", Operation: "WhatsappTemplatesController_getTemplate_v1", Effect: Read, Resource: whatsappTemplate,
		About:   "Read one language of a WhatsApp template: state, pending changes, rejection reason, quality, analytics.",
		Phrases: []string{"is my template approved", "why was the template rejected", "show the text of a template", "status of an HSM", "how does a template perform"},
	},
	{
		Tool: "whatsapp_template_create", Operation: "WhatsappTemplatesController_createTemplate_v1", Effect: Create, Resource: whatsappTemplate, Lints: true,
		About: "Create a WhatsApp template of the project (not of a sender) and submit it, or keep it with status DRAFT. whatsapp_template_lint checks it first. It needs a BODY component, and an example for each variable. Asynchronous: call wait with whatsapp_template_get.",
		Phrases: []string{
			"write a new message template", "submit an HSM for approval", "marketing message with image and buttons",
			"one-time password message with a copy code button", "add a translation of a template",
		},
		Done:      "created",
		Keep:      []string{"rejectionCode"},
		Example:   `{"name":"order_shipped","details":{"components":[{"type":"BODY","text":"Order {{1}} is on its way.","examples":["1001"]}]}}`,
		Wait:      whatsappTemplateWait,
		Reconcile: &Reconcile{Read: "whatsapp_template_get", Args: map[string]string{"templateName": "name", "languageCode": "language"}, Unique: true, Resend: true},
	},
	{
		Tool: "whatsapp_template_update", Operation: "WhatsappTemplatesController_updateTemplate_v1", Effect: Update, Resource: whatsappTemplate, Lints: true,
		About: "Change a draft, or a REJECTED, APPROVED, PAUSED or DISABLED WhatsApp template. details is merged: fields left out keep their value, but components replaces the list. Without status the change is kept as a draft; SUBMIT submits it, also alone. Asynchronous: call wait with whatsapp_template_get.",
		Phrases: []string{
			"edit the wording of a template", "fix a rejected HSM and send it again",
			"change the category to utility", "add a button to an approved message", "submit a draft template to Meta",
		},
		Done:    "updated",
		Keep:    []string{"rejectionCode"},
		Example: `{"details":{"components":[{"type":"BODY","text":"Your order {{1}} is on its way.","examples":["1001"]}]}}`,
		Wait:    whatsappTemplateWait,
	},
	{
		Tool: "whatsapp_template_delete", Operation: "WhatsappTemplatesController_deleteTemplateByNameAndLanguage_v1", Effect: Delete,
		About:   "Delete one language of a WhatsApp template: its draft, or with deleteSubmitted also the template at Meta. To use the language again soon, update it instead.",
		Phrases: []string{"remove one translation of a template", "delete the draft of an HSM", "take the French version away", "get rid of a message template"},
		Done:    "deleted",
		Title:   "Delete WhatsApp template in one language",
		Next:    []Step{{Do: "see which templates are left", Tool: "whatsapp_template_list"}},
		Confirm: "the draft of this language goes; with deleteSubmitted=true the template submitted to Meta too, and its name and language are locked for 30 days",
	},
	{
		Tool: "whatsapp_template_delete_all_languages", Operation: "WhatsappTemplatesController_deleteTemplatesByName_v1", Effect: Delete,
		About:   "Delete all languages of a WhatsApp template name, at Meta too.",
		Phrases: []string{"remove a template completely", "delete every translation", "erase an HSM in all locales", "purge the entire template name"},
		Done:    "deleted in all languages",
		Title:   "Delete WhatsApp template in all languages",
		Next:    []Step{{Do: "see which templates are left", Tool: "whatsapp_template_list"}},
		Confirm: "every language of the template goes; the name is locked for 30 days",
	},
	{
		Tool: "whatsapp_template_compare", Operation: "WhatsappTemplatesController_compareTemplates_v1", Effect: Read,
		About:   "Compare the results of two WhatsApp templates, each sent at least 1,000 times in the timeframe.",
		Phrases: []string{"A/B test of two templates", "which message performs better", "compare block rate and sends of templates", "template versus template statistics"},
		Title:   "Compare WhatsApp templates",
		Example: `{"templates":[{"templateName":"order_sent","templateLanguage":"EN_US"}]}`,
	},
	{
		Tool: "whatsapp_template_sync", Operation: "WhatsappTemplatesController_syncTemplates_v1", Effect: Action,
		About: "Bring the project's WhatsApp templates up to date with Meta's; rarely needed. It returns nothing: see whatsapp_template_list.",
		Phrases: []string{
			"import templates from Meta", "refresh templates from Facebook Business Manager",
			"templates made in WhatsApp Manager are missing", "pull the latest from Meta",
		},
		Done:       "sync started",
		Title:      "Sync WhatsApp templates",
		Next:       []Step{{Do: "check the templates", Tool: "whatsapp_template_list"}},
		Idempotent: true,
	},
	{
		Tool: "whatsapp_template_analytics_enable", Operation: "WhatsappTemplateAnalyticsHelpersController_enableTemplateAnalytics_v1", Effect: Action,
		About:      "Permanently turn on Meta's template analytics for the complete WhatsApp Business Account.",
		Phrases:    []string{"switch on template statistics", "I want to see reads and clicks", "activate insights", "metrics of message templates are missing"},
		Done:       "analytics enabled",
		Next:       []Step{{Do: "read a template's analytics", Tool: "whatsapp_template_list"}},
		Confirm:    "turns template analytics on for the WhatsApp Business Account; nothing turns them off again",
		Idempotent: true,
	},
	activityList("whatsapp_template_activity_list", "WhatsappTemplatesController_listActivities_v1", "List the history of one language of a WhatsApp template: edits, comments, rejections with their reason. Approvals and pauses have no entry: see whatsapp_template_get.",
		"history of a template", "what did the reviewer say about the HSM", "who edited the template", "log of a message template"),
	commentAdd("whatsapp_template_comment_add", "WhatsappTemplatesController_createComment_v1", "Add a comment to one language of a WhatsApp template, for its reviewers.",
		"explain the template to the reviewer", "reply to the review of an HSM", "appeal note on a rejected template", "leave a remark on a message template"),
}
