package catalog

var kakaotalkSender = &Resource{
	Name: "kakaotalk_sender",
	Get:  "kakaotalk_sender_get", List: "kakaotalk_sender_list", Create: "kakaotalk_sender_create",
	NoneHere: "project_not_initialized",
	Empty:    Step{Do: "choose categories, then create one", Tool: "kakaotalk_sender_category_list"},
	Complete: map[string]Completion{"kakaotalk_senders": {Field: "plusFriendId"}},
	Bulky:    []string{"id"}, // no call takes it
	IDs:      map[string]string{"plusFriendId": "plusFriendId"},
	State:    "state", Pending: "changes.status",
	States: []State{
		{
			Name: "INACTIVE", Class: ActionRequired, Means: "exists, but is not active", Moves: "`kakaotalk_sender_register`",
			Next: []Step{{Do: "start the registration: a code is sent to the channel's manager", Tool: "kakaotalk_sender_register"}},
		},
		{
			Name: "VERIFYING", Class: ActionRequired, Means: "being verified: a code was sent", Moves: "`kakaotalk_sender_verify`",
			Next: []Step{{Do: "submit the code that the person got; kakaotalk_sender_register sends another", Tool: "kakaotalk_sender_verify", Needs: []string{"code"}}},
		},
		{
			Name: "ACTIVE", Class: Success, Production: true, Means: "can send",
			Next: []Step{{Do: "the sender is ready; see its templates", Tool: "kakaotalk_template_list"}},
		},
		{Name: "BLOCKED", Class: Failure, Means: "can't be used", Moves: "Sinch support", Next: []Step{askSupport("plusFriendId")}},
		{Name: "SUSPENDED", Class: Failure, Means: "suspended temporarily, for administrative or policy reasons", Moves: "Sinch support", Next: []Step{askSupport("plusFriendId")}},
	},
	Changes: []State{
		{
			Name: "DRAFT", Class: ActionRequired, Means: "only saved", Moves: "`kakaotalk_sender_update` with `status` SUBMIT",
			Next: append([]Step{{
				Do: "if it lacks its three category codes, choose them with the person", Tool: "kakaotalk_sender_category_list",
				Check: func(sender any) bool {
					return lacks(sender, KakaotalkCategoryFields...)
				},
			}}, submitDraft(KakaotalkSenderUpdate, "KakaotalkInputSenderDetailsDto")...),
		},
		{
			Name: "IN_PROGRESS", Class: Pending, Means: "submitted, being processed", Moves: "Sinch and Kakao", Lasts: Lasting{First: hour, Overdue: 7 * day},
			Next: []Step{{Do: "check again {again}: the change is being reviewed{since}", Tool: "kakaotalk_sender_get"}},
		},
		{ // an update takes only a DRAFT, unlike WhatsApp's
			Name: "REJECTED", Class: Failure, Means: "reviewed and rejected; it can't be edited", Moves: "`kakaotalk_sender_changes_discard`, then submit the change again",
			Next: []Step{
				{Do: "read its activities: one may say why", Tool: "kakaotalk_sender_activity_list"},
				{Do: "discard the change, if the person agrees; then submit a corrected one", Tool: "kakaotalk_sender_changes_discard"},
			},
		},
	},
	Since:         "modified|created",
	Preconditions: []*Precondition{KakaotalkSenderUpdate, KakaotalkSenderDiscard, KakaotalkSenderRegister, KakaotalkSenderVerify},
}

// KakaotalkCategoryFields are the codes of a sender's category, from the top down
// (KakaotalkInputSenderDetailsDto, 1.2.117).
var KakaotalkCategoryFields = []string{"topLevelCategoryCode", "midLevelCategoryCode", "subLevelCategoryCode"}

// What the state of a KakaoTalk sender must be.
var (
	KakaotalkSenderUpdate = &Precondition{
		Code: "guard_kakaotalk_sender_update_state", About: "A KakaoTalk sender can be updated", Tools: []string{"kakaotalk_sender_update"},
		Live: []string{"ACTIVE"}, Changes: []string{"DRAFT"},
		Errors: []string{"sender_not_updatable", "sender_changes_not_updatable"}, Source: "updateSender, 1.2.117",
	}
	KakaotalkSenderDiscard = &Precondition{
		Code: "guard_kakaotalk_sender_discard_state", About: "Pending changes of a KakaoTalk sender can be discarded", Tools: []string{"kakaotalk_sender_changes_discard"},
		Changes: []string{"DRAFT", "REJECTED"}, MustPend: true, FailClosed: true,
		Errors: []string{"sender_changes_not_deletable", "sender_changes_not_found"}, Source: "deleteChanges, 1.2.117",
	}
	KakaotalkSenderRegister = &Precondition{
		Code: "guard_kakaotalk_register_state", About: "A KakaoTalk sender can be registered", Tools: []string{"kakaotalk_sender_register"},
		NotLive: []string{"ACTIVE"},
		Errors:  []string{"not_allowed_register"}, Source: "registerSender, 1.2.117",
	}
	KakaotalkSenderVerify = &Precondition{
		Code: "guard_kakaotalk_verify_state", About: "A KakaoTalk sender can be verified", Tools: []string{"kakaotalk_sender_verify"},
		Live: []string{"VERIFYING"}, MustBeLive: true,
		Errors: []string{"not_allowed_verify"}, Source: "verifySender, 1.2.117",
	}
)

var kakaotalkTemplate = &Resource{
	Name: "kakaotalk_template",
	Get:  "kakaotalk_template_get", List: "kakaotalk_template_list", Create: "kakaotalk_template_create",
	Empty: Step{Do: "choose a category, then create one", Tool: "kakaotalk_template_category_list"},
	Bulky: []string{"id"}, // no call takes it
	IDs:   map[string]string{"templateCode": "code"},
	State: "state", Pending: "changes.status",
	States: []State{
		{Name: "APPROVED", Class: Success, Means: "can be sent"},
		kakaotalkTemplateRejected,
	},
	Changes: []State{
		{
			Name: "DRAFT", Class: ActionRequired, Means: "only saved", Moves: "`kakaotalk_template_update` with `status` SUBMIT",
			Next: submitDraft(KakaotalkTemplateUpdate, "KakaotalkInputTemplateDetailsDto"),
		},
		{
			Name: "IN_PROGRESS", Class: Pending, Means: "submitted, being processed", Moves: "Kakao", Lasts: Lasting{First: hour, Overdue: 7 * day},
			Next: []Step{{Do: "check again {again}: in review{since}", Tool: "kakaotalk_template_get"}},
		},
		kakaotalkTemplateRejected,
	},
	Since:         "modified|created",
	Preconditions: []*Precondition{KakaotalkTemplateUpdate, KakaotalkTemplateDiscard},
}

// What the state of a KakaoTalk template must be.
var (
	KakaotalkTemplateUpdate = &Precondition{
		Code: "guard_kakaotalk_template_update_state", About: "A KakaoTalk template can be updated", Tools: []string{"kakaotalk_template_update"},
		Live: []string{"APPROVED", "REJECTED"}, Changes: []string{"DRAFT", "REJECTED"},
		Errors: []string{"template_not_updatable", "template_changes_not_updatable"}, Source: "updateTemplate, 1.2.117",
	}
	KakaotalkTemplateDiscard = &Precondition{
		Code: "guard_kakaotalk_template_discard_state", About: "The draft of a KakaoTalk template can be discarded", Tools: []string{"kakaotalk_template_changes_discard"},
		Changes: []string{"DRAFT"}, MustPend: true, NeverSubmitted: true, FailClosed: true,
		Errors: []string{"template_not_deletable"}, Source: "deleteTemplateDraft, 1.2.117",
	}
)

var kakaotalkTemplateRejected = State{
	Name: "REJECTED", Class: Failure, Means: "reviewed and rejected", Moves: "`kakaotalk_template_update`",
	Next: []Step{
		{Do: "read its activities: one may say why", Tool: "kakaotalk_template_activity_list"},
		resubmit(KakaotalkTemplateUpdate, "correct and submit it"),
	},
}

var kakaotalkSenderWait = &Wait{
	Read:     "kakaotalk_sender_get",
	Triggers: []string{"KAKAOTALK_SENDER_ACTIVE", "KAKAOTALK_SENDER_INACTIVE", "KAKAOTALK_SENDER_REJECTED"},
}

var kakaotalkTemplateWait = &Wait{
	Read:     "kakaotalk_template_get",
	Triggers: []string{"KAKAOTALK_TEMPLATE_APPROVED", "KAKAOTALK_TEMPLATE_REJECTED"},
}

var kakaotalk = []Row{
	{
		Tool: "kakaotalk_sender_category_list", Operation: "KakaotalkCategoriesController_listSenderCategories_v1", Effect: Read,
		About:   "List the business categories for KakaoTalk senders, a tree of three levels; a sender has one code from each.",
		Phrases: []string{"business categories for a Kakao channel", "which industry code do I choose", "top, mid and sub level codes"},
		Next:    []Step{{Do: "put three codes of this list into the existing draft", Tool: "kakaotalk_sender_update", Needs: []string{"plusFriendId", "details"}}, {Do: "or create a sender with them", Tool: "kakaotalk_sender_create", Needs: []string{"plusFriendId", "details"}}},
		Columns: []Column{
			{Name: "topLevelCategoryCode", Path: "code"},
			{Name: "name", Path: "name"},
			{Name: "midLevelCategoryCode: subLevelCategoryCode", Path: "subcategories", Show: lowerCategories},
		},
	},
	{
		Tool: "kakaotalk_template_category_list", Operation: "KakaotalkCategoriesController_getTemplateCategories_v1", Effect: Read,
		About:   "List the categories for the templates of a KakaoTalk sender.",
		Phrases: []string{"categories for Alimtalk messages", "which category code fits my Kakao message", "types of notification templates at Kakao"},
		Next:    []Step{{Do: "create a template with a categoryCode of this list", Tool: "kakaotalk_template_create", Needs: []string{"details"}}},
		Columns: []Column{
			{Name: "name", Path: "name"},
			{Name: "nameEnglish", Path: "nameEnglish"},
			{Name: "categoryCode", Path: "subcategories", Show: templateCategories},
		},
	},
	{
		Tool: "kakaotalk_sender_list", Operation: "KakaotalkSendersController_listSenders_v1", Effect: Read, Resource: kakaotalkSender,
		About:   "List the project's KakaoTalk senders.",
		Phrases: []string{"which Kakao channels do we have", "show our plus friends", "all Korean senders"},
		Columns: []Column{
			{Name: "plusFriendId", Path: "plusFriendId"},
			{Name: "name", Path: "details.name|changes.details.name"},
			{Name: "state", Path: "state", Count: "state"},
			{Name: "pending", Path: "changes.status", From: FromPending},
			{Name: "adminPhoneNo", Path: "details.adminPhoneNo|changes.details.adminPhoneNo"},
		},
	},
	{
		Tool: "kakaotalk_sender_get", Operation: "KakaotalkSendersController_getSender_v1", Effect: Read, Resource: kakaotalkSender,
		About:   "Read one KakaoTalk sender: state, pending changes, profile.",
		Phrases: []string{"is the Kakao channel active", "status of a plus friend", "is the Korean sender blocked or dormant", "look at a Kakao profile"},
	},
	{
		Tool: "kakaotalk_sender_create", Operation: "KakaotalkSendersController_createSender_v1", Effect: Create, Resource: kakaotalkSender,
		About:     "Create a KakaoTalk sender for a channel, by its PlusFriend id (with @); submitted unless status is DRAFT. Asynchronous: follow it with kakaotalk_sender_get, then register and verify.",
		Phrases:   []string{"add a Kakao channel", "start messaging in Korea", "onboard a plus friend", "set up Kakao business messages"},
		Done:      "created",
		Wait:      kakaotalkSenderWait,
		Reconcile: &Reconcile{Read: "kakaotalk_sender_get", Args: map[string]string{"plusFriendId": "plusFriendId"}, Unique: true, Resend: true},
	},
	{
		Tool: "kakaotalk_sender_update", Operation: "KakaotalkSendersController_updateSender_v1", Effect: Update, Resource: kakaotalkSender,
		About: "Change an ACTIVE KakaoTalk sender, or its pending changes in DRAFT. details is merged: fields left out keep their value. Without status the change is kept as a draft; SUBMIT submits it, also alone.",
		Phrases: []string{
			"edit the Kakao profile", "change the logo of a Kakao channel",
			"set the category codes of a plus friend", "submit the Kakao draft", "new administrator phone for Kakao",
		},
		Done:    "updated",
		Example: `{"details":{"name":"Example Shop"}}`,
		Wait:    kakaotalkSenderWait,
	},
	{
		Tool: "kakaotalk_sender_register", Operation: "KakaotalkSendersController_registerSender_v1", Effect: Action, Resource: kakaotalkSender,
		About:   "Have a one-time code sent to the person who manages the channel of a KakaoTalk sender that is not ACTIVE; submit it with kakaotalk_sender_verify.",
		Phrases: []string{"send the Kakao verification code", "request an OTP for the plus friend", "reactivate an inactive Kakao channel", "start the registration at Kakao"},
		Done:    "code requested",
	},
	{
		Tool: "kakaotalk_sender_verify", Operation: "KakaotalkSendersController_verifySender_v1", Effect: Action, Resource: kakaotalkSender,
		About:   "Submit the code that kakaotalk_sender_register requested, for a sender in VERIFYING. Ask the person for it; never guess one.",
		Phrases: []string{"enter the Kakao code", "confirm the channel with the PIN", "the admin got a number from Kakao", "submit the OTP of the plus friend"},
		Done:    "verified",
		Wait:    kakaotalkSenderWait,
	},
	{
		Tool: "kakaotalk_sender_changes_discard", Operation: "KakaotalkSendersController_deleteChanges_v1", Effect: Delete,
		About:   "Discard a KakaoTalk sender's pending changes in DRAFT or REJECTED.",
		Phrases: []string{"undo edits of a Kakao channel", "cancel the pending change of a plus friend", "drop the rejected Kakao update"},
		Done:    "changes discarded",
		Next:    []Step{{Do: "see which senders are left: one that was never live is gone", Tool: "kakaotalk_sender_list"}},
		Confirm: "pending changes of the sender are lost",
	},
	{
		Tool: "kakaotalk_sender_delete", Operation: "KakaotalkSendersController_deleteSender_v1", Effect: Delete,
		About:   "Remove a KakaoTalk sender: it stays active for 60 days, then it is gone.",
		Phrases: []string{"remove a Kakao channel", "unlink a plus friend", "stop using Kakao", "deactivate the Korean sender"},
		Done:    "marked for removal",
		Next:    []Step{{Do: "inform the person: it works for 60 more days, then it is gone; until then lists still show it", Tool: "kakaotalk_sender_list"}},
		Confirm: "the sender goes after 60 days, and cannot be kept",
	},
	activityList("kakaotalk_sender_activity_list", "KakaotalkSendersController_listActivities_v1", "List the history of a KakaoTalk sender: edits, comments, rejections with their reason. Approved updates, blocks and suspensions have no entry: see kakaotalk_sender_get.",
		"history of a Kakao channel", "why was the plus friend rejected", "who changed the Kakao profile"),
	commentAdd("kakaotalk_sender_comment_add", "KakaotalkSendersController_createComment_v1", "Add a comment to a KakaoTalk sender, for its reviewers.",
		"reply to Kakao about the channel", "note on a plus friend", "tell the reviewers something about the Korean sender"),
	{
		Tool: "kakaotalk_template_list", Operation: "KakaotalkTemplatesController_listTemplates_v1", Effect: Read, Resource: kakaotalkTemplate,
		About:   "List the templates of a KakaoTalk sender.",
		Phrases: []string{"which Alimtalk templates do we have", "show Kakao messages", "approved Kakao templates", "notification templates of a plus friend"},
		Columns: []Column{
			{Name: "templateCode", Path: "code"},
			{Name: "name", Path: "details.name|changes.details.name"},
			{Name: "language", Path: "details.language|changes.details.language", Count: "language"},
			{Name: "categoryCode", Path: "details.categoryCode|changes.details.categoryCode"},
			{Name: "state", Path: "state", Count: "state"},
			{Name: "pending", Path: "changes.status", From: FromPending},
		},
	},
	{
		Tool: "kakaotalk_template_get", Operation: "KakaotalkTemplatesController_get_v1", Effect: Read, Resource: kakaotalkTemplate,
		About:   "Read one KakaoTalk template: state, pending changes, content.",
		Phrases: []string{"is the Alimtalk template approved", "why was the Kakao message rejected", "show the text of a Kakao template"},
	},
	{
		Tool: "kakaotalk_template_create", Operation: "KakaotalkTemplatesController_createTemplate_v1", Effect: Create, Resource: kakaotalkTemplate,
		About:     "Create a template of a KakaoTalk sender, with a unique name, and submit it, or keep it with status DRAFT. Asynchronous: follow it with kakaotalk_template_get.",
		Phrases:   []string{"new Alimtalk template", "submit a Kakao message for review", "write a Korean notification", "brand message with buttons for Kakao"},
		Done:      "created",
		Example:   `{"details":{"name":"order_shipped","language":"KO","content":"Order #{number} is on its way."}}`,
		Wait:      kakaotalkTemplateWait,
		Reconcile: &Reconcile{Read: "kakaotalk_template_list", Same: map[string]string{"details.name": "details.name|changes.details.name"}, Unique: true, Resend: true},
	},
	{
		Tool: "kakaotalk_template_update", Operation: "KakaotalkTemplatesController_updateTemplate_v1", Effect: Update, Resource: kakaotalkTemplate,
		About:   "Change an APPROVED or REJECTED KakaoTalk template, or its pending changes in DRAFT or REJECTED. details is merged: fields left out keep their value, but buttons replaces the list. Without status the change is kept as a draft; SUBMIT submits it, also alone. Asynchronous: follow it with kakaotalk_template_get.",
		Phrases: []string{"edit an Alimtalk template", "fix the rejected Kakao message and resubmit", "change buttons or text of a Kakao template", "submit a Kakao draft"},
		Done:    "updated",
		Example: `{"details":{"content":"Your order #{number} is on its way."}}`,
		Wait:    kakaotalkTemplateWait,
	},
	{
		Tool: "kakaotalk_template_changes_discard", Operation: "KakaotalkTemplatesController_deleteTemplateDraft_v1", Effect: Delete,
		About:   "Discard the draft of a KakaoTalk template that was never submitted.",
		Phrases: []string{"delete an unsubmitted Alimtalk draft", "undo edits of a Kakao template", "throw the Kakao draft away"},
		Done:    "draft discarded",
		Next:    []Step{{Do: "see which templates are left: one that was never live is gone", Tool: "kakaotalk_template_list"}},
		Confirm: "the draft of the template is lost",
	},
	{
		Tool: "kakaotalk_template_delete", Operation: "KakaotalkTemplatesController_deleteTemplate_v1", Effect: Delete,
		About:   "Delete a KakaoTalk template.",
		Phrases: []string{"remove an Alimtalk template", "get rid of a Kakao message", "erase the notification template at Kakao"},
		Done:    "deleted",
		Next:    []Step{{Do: "see which templates are left", Tool: "kakaotalk_template_list"}},
		Confirm: "the template is deleted",
	},
	activityList("kakaotalk_template_activity_list", "KakaotalkTemplatesController_listActivities_v1", "List the history of a KakaoTalk template: edits, comments, rejections with their reason. An approval has no entry: see kakaotalk_template_get.",
		"history of an Alimtalk template", "what did Kakao say about the message", "log of a Kakao template"),
	commentAdd("kakaotalk_template_comment_add", "KakaotalkTemplatesController_createComment_v1", "Add a comment to a KakaoTalk template, for its reviewers.",
		"reply to the reviewer of an Alimtalk template", "note on a Kakao message", "explain the Kakao template"),
}
