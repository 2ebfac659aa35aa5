package catalog

var kakaotalkSender = &Resource{
	Name: "kakaotalk_sender",
	Get:  "kakaotalk_sender_get", List: "kakaotalk_sender_list", Create: "kakaotalk_sender_create",
	Empty:    Step{Do: "there is none: choose categories, then create one", Tool: "kakaotalk_sender_category_list"},
	Complete: map[string]Completion{"kakaotalk_senders": {Field: "plusFriendId"}},
	Reaches:  "ACTIVE",
	IDs:      map[string]string{"plusFriendId": "plusFriendId"},
	State:    "state", Pending: "changes.status",
	Since: "modified|created", Lasts: kakaotalkLasts,
}

var kakaotalkTemplate = &Resource{
	Name: "kakaotalk_template",
	Get:  "kakaotalk_template_get", List: "kakaotalk_template_list", Create: "kakaotalk_template_create",
	Empty: Step{Do: "there is none: choose a category, then create one", Tool: "kakaotalk_template_category_list"},
	IDs:   map[string]string{"templateCode": "code"},
	State: "state", Pending: "changes.status",
	Since: "modified|created", Lasts: kakaotalkLasts,
}

var kakaotalkSenderWait = &Wait{
	Read:        "kakaotalk_sender_get",
	Done:        []string{"ACTIVE"},
	Failed:      []string{"BLOCKED", "SUSPENDED", "changes.status=REJECTED"},
	NeedsAction: []string{"INACTIVE", "VERIFYING", "changes.status=DRAFT"},
	Running:     []string{"changes.status=IN_PROGRESS"},
	Triggers:    []string{"KAKAOTALK_SENDER_ACTIVE", "KAKAOTALK_SENDER_INACTIVE", "KAKAOTALK_SENDER_REJECTED"},
}

var kakaotalkTemplateWait = &Wait{
	Read:        "kakaotalk_template_get",
	Done:        []string{"APPROVED"},
	Failed:      []string{"REJECTED", "changes.status=REJECTED"},
	NeedsAction: []string{"changes.status=DRAFT"},
	Running:     []string{"changes.status=IN_PROGRESS"},
	Triggers:    []string{"KAKAOTALK_TEMPLATE_APPROVED", "KAKAOTALK_TEMPLATE_REJECTED"},
}

var kakaotalk = []Row{
	{
		Tool: "kakaotalk_sender_category_list", Operation: "KakaotalkCategoriesController_listSenderCategories_v1", Toolset: "kakaotalk", Effect: Read,
		About: "List the business categories for KakaoTalk senders, a tree of three levels; a sender names a code of each.",
		Next:  []Step{{Do: "give three codes of this list to the draft that is there", Tool: "kakaotalk_sender_update", Needs: []string{"plusFriendId", "details"}}, {Do: "or create a sender with them", Tool: "kakaotalk_sender_create", Needs: []string{"plusFriendId", "details"}}},
	},
	{
		Tool: "kakaotalk_template_category_list", Operation: "KakaotalkCategoriesController_getTemplateCategories_v1", Toolset: "kakaotalk", Effect: Read,
		About: "List the categories for the templates of a KakaoTalk sender; a template names one code.",
		Next:  []Step{{Do: "create a template with a categoryCode of this list", Tool: "kakaotalk_template_create", Needs: []string{"details"}}},
	},
	{
		Tool: "kakaotalk_sender_list", Operation: "KakaotalkSendersController_listSenders_v1", Toolset: "kakaotalk", Effect: Read, Resource: kakaotalkSender,
		About: "List the project's KakaoTalk senders; filter by state or by the status of pending changes.",
	},
	{
		Tool: "kakaotalk_sender_get", Operation: "KakaotalkSendersController_getSender_v1", Toolset: "kakaotalk", Effect: Read, Resource: kakaotalkSender,
		About: "Read one KakaoTalk sender: state, pending changes, profile.",
	},
	{
		Tool: "kakaotalk_sender_create", Operation: "KakaotalkSendersController_createSender_v1", Toolset: "kakaotalk", Effect: Create, Resource: kakaotalkSender,
		About:     "Create a KakaoTalk sender for a KakaoTalk channel, by its PlusFriend id (such as @example). A project has one KakaoTalk account. Submitted unless status is DRAFT. Asynchronous: follow it with kakaotalk_sender_get; then register and verify.",
		Wait:      kakaotalkSenderWait,
		Reconcile: &Reconcile{Read: "kakaotalk_sender_get", Args: map[string]string{"plusFriendId": "plusFriendId"}, Unique: true, Resend: true},
	},
	{
		Tool: "kakaotalk_sender_update", Operation: "KakaotalkSendersController_updateSender_v1", Toolset: "kakaotalk", Effect: Update, Resource: kakaotalkSender,
		About:   "Change an ACTIVE KakaoTalk sender, or its pending changes in DRAFT. details is merged: fields left out stay, null deletes the logo. Without status the change is kept as a draft; status SUBMIT submits it, and alone submits the draft that pends.",
		Example: `{"details":{"name":"Example Shop"}}`,
		Wait:    kakaotalkSenderWait,
	},
	{
		Tool: "kakaotalk_sender_register", Operation: "KakaotalkSendersController_registerSender_v1", Toolset: "kakaotalk", Effect: Action, Resource: kakaotalkSender,
		About: "Start the registration of a KakaoTalk sender that is not ACTIVE: a one-time code goes to the person who manages the channel. kakaotalk_sender_verify takes it.",
	},
	{
		Tool: "kakaotalk_sender_verify", Operation: "KakaotalkSendersController_verifySender_v1", Toolset: "kakaotalk", Effect: Action, Resource: kakaotalkSender,
		About: "Hand in the one-time code that kakaotalk_sender_register had sent, for a sender in VERIFYING. Ask the person for the code; never guess one.",
		Wait:  kakaotalkSenderWait,
	},
	{
		Tool: "kakaotalk_sender_changes_discard", Operation: "KakaotalkSendersController_deleteChanges_v1", Toolset: "kakaotalk", Effect: Delete,
		About:   "Discard the pending changes of a KakaoTalk sender, in status DRAFT or REJECTED. A person must confirm.",
		Next:    []Step{{Do: "see the senders that are left: one that never was live went with its changes, and a corrected one can be handed in", Tool: "kakaotalk_sender_list"}},
		Confirm: "pending changes of the sender are lost",
	},
	{
		Tool: "kakaotalk_sender_delete", Operation: "KakaotalkSendersController_deleteSender_v1", Toolset: "kakaotalk", Effect: Delete,
		About:   "Mark a KakaoTalk sender for removal: it stays active for 60 days for its last messages and is then gone. A person must confirm.",
		Next:    []Step{{Do: "tell the person: it works for 60 more days, then it is gone; until then the list shows it as before", Tool: "kakaotalk_sender_list"}},
		Confirm: "the sender goes after 60 days, and cannot be kept",
	},
	{
		Tool: "kakaotalk_sender_activity_list", Operation: "KakaotalkSendersController_listActivities_v1", Toolset: "kakaotalk", Effect: Read, Activities: true,
		About: "List what happened to a KakaoTalk sender, newest first: edits, comments, rejections (why, where it is said, is the comment). An approved update, a block and a suspension leave no entry: read the state with kakaotalk_sender_get.",
		Next:  activitiesStep("kakaotalk_sender_comment_add"),
	},
	{
		Tool: "kakaotalk_sender_comment_add", Operation: "KakaotalkSendersController_createComment_v1", Toolset: "kakaotalk", Effect: Create,
		About:     "Add a comment to a KakaoTalk sender, for the people who review it.",
		Title:     "Add comment to KakaoTalk sender",
		Reconcile: commentReconcile("kakaotalk_sender_activity_list"),
	},
	{
		Tool: "kakaotalk_template_list", Operation: "KakaotalkTemplatesController_listTemplates_v1", Toolset: "kakaotalk", Effect: Read, Resource: kakaotalkTemplate,
		About: "List the templates of a KakaoTalk sender; templateName matches the beginning of the name.",
	},
	{
		Tool: "kakaotalk_template_get", Operation: "KakaotalkTemplatesController_get_v1", Toolset: "kakaotalk", Effect: Read, Resource: kakaotalkTemplate,
		About: "Read one KakaoTalk template by its code: state, pending changes, content.",
	},
	{
		Tool: "kakaotalk_template_create", Operation: "KakaotalkTemplatesController_createTemplate_v1", Toolset: "kakaotalk", Effect: Create, Resource: kakaotalkTemplate,
		About:     "Create a template of a KakaoTalk sender and submit it for review, or keep it with status DRAFT. Its name must be unique. Asynchronous: follow it with kakaotalk_template_get.",
		Example:   `{"details":{"name":"order_shipped","language":"KO","content":"Order #{number} is on its way."}}`,
		Wait:      kakaotalkTemplateWait,
		Reconcile: &Reconcile{Read: "kakaotalk_template_list", Same: map[string]string{"details.name": "details.name|changes.details.name"}, Unique: true, Resend: true},
	},
	{
		Tool: "kakaotalk_template_update", Operation: "KakaotalkTemplatesController_updateTemplate_v1", Toolset: "kakaotalk", Effect: Update, Resource: kakaotalkTemplate,
		About:   "Change an APPROVED or REJECTED KakaoTalk template, or its pending changes in DRAFT or REJECTED. details is merged: fields left out stay, but buttons replaces the whole list. Without status the change is kept as a draft; status SUBMIT submits it, and alone submits the draft that pends.",
		Example: `{"details":{"content":"Your order #{number} is on its way."}}`,
		Wait:    kakaotalkTemplateWait,
	},
	{
		Tool: "kakaotalk_template_changes_discard", Operation: "KakaotalkTemplatesController_deleteTemplateDraft_v1", Toolset: "kakaotalk", Effect: Delete,
		About:   "Discard the draft of a KakaoTalk template that was never submitted. A person must confirm.",
		Next:    []Step{{Do: "see the templates that are left: one that never was live went with its draft", Tool: "kakaotalk_template_list"}},
		Confirm: "the draft of the template is lost",
	},
	{
		Tool: "kakaotalk_template_delete", Operation: "KakaotalkTemplatesController_deleteTemplate_v1", Toolset: "kakaotalk", Effect: Delete,
		About:   "Delete a KakaoTalk template. A person must confirm.",
		Next:    []Step{{Do: "see which templates are left", Tool: "kakaotalk_template_list"}},
		Confirm: "the template is deleted",
	},
	{
		Tool: "kakaotalk_template_activity_list", Operation: "KakaotalkTemplatesController_listActivities_v1", Toolset: "kakaotalk", Effect: Read, Activities: true,
		About: "List what happened to a KakaoTalk template, newest first: edits, comments, rejections (why, where it is said, is the comment). An approval leaves no entry: read the state with kakaotalk_template_get.",
		Next:  activitiesStep("kakaotalk_template_comment_add"),
	},
	{
		Tool: "kakaotalk_template_comment_add", Operation: "KakaotalkTemplatesController_createComment_v1", Toolset: "kakaotalk", Effect: Create,
		About:     "Add a comment to a KakaoTalk template, for the people who review it.",
		Title:     "Add comment to KakaoTalk template",
		Reconcile: commentReconcile("kakaotalk_template_activity_list"),
	},
}
