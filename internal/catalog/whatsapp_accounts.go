package catalog

var whatsappAccount = &Resource{
	Name: "whatsapp_account",
	Get:  "whatsapp_account_get", Create: "whatsapp_account_create",
	State: "state", Pending: "changes.status",
	Parts:   []Part{{Name: "wabaBanState", Field: "wabaBanState", Refused: []string{"SCHEDULE_FOR_DISABLE", "DISABLE"}}},
	History: "whatsapp_account_activity_list",
	Lasts:   whatsappAccountLasts,
}

var whatsappAccountWait = &Wait{
	Read:        "whatsapp_account_get",
	Done:        []string{"ONBOARDED"},
	Failed:      []string{"REJECTED", "changes.status=REJECTED"},
	NeedsAction: []string{"PENDING_FACEBOOK_VERIFICATION", "changes.status=PENDING_FACEBOOK_VERIFICATION", "changes.status=DRAFT"},
	Running:     []string{"changes.status=IN_PROGRESS"},
	Also:        "the first sender, which senderDetails creates: whatsapp_sender_list",
	Triggers:    []string{"WHATSAPP_ACCOUNT_ONBOARDED", "WHATSAPP_ACCOUNT_REJECTED", "WHATSAPP_ACCOUNT_PENDING_VERIFICATION"},
}

// activitiesStep follows a list of activities: what to do about the thing is
// said by the thing's own read, and those who review it can be asked.
func activitiesStep(comment string) []Step {
	return []Step{{Do: "tell the person what it shows: not each change of state is listed, and a refusal need not say why. Who reviews it can be asked by a comment", Tool: comment, Needs: []string{"comment"}}}
}

// commentReconcile finds a comment among the newest activities.
func commentReconcile(activities string) *Reconcile {
	return &Reconcile{Read: activities, Same: map[string]string{"comment": "comment"}, Since: "created"}
}

var whatsappAccounts = []Row{
	{
		Tool: "whatsapp_account_get", Operation: "WhatsappAccountsController_getAccount_v1", Toolset: "whatsapp_accounts", Effect: Read, Resource: whatsappAccount,
		About: "Read the project's WhatsApp account: whether it is onboarded, its business manager and limits. 404 account_not_found means that there is none yet.",
	},
	{
		Tool: "whatsapp_account_create", Operation: "WhatsappAccountsController_createAccount_v1", Toolset: "whatsapp_accounts", Effect: Create, Resource: whatsappAccount,
		About:     "Create the project's one WhatsApp account, and its first sender by senderDetails. Asynchronous: the answer is often still IN_PROGRESS; follow it with whatsapp_account_get. With Meta's Embedded Signup use whatsapp_sender_create instead.",
		Wait:      whatsappAccountWait,
		Reconcile: &Reconcile{Read: "whatsapp_account_get", Unique: true, Resend: true},
	},
	{
		Tool: "whatsapp_account_update", Operation: "WhatsappAccountsController_updateAccount_v1", Toolset: "whatsapp_accounts", Effect: Update, Resource: whatsappAccount,
		About:   "Correct a REJECTED WhatsApp account, which hands it in again at once. What is given is merged: fields left out stay.",
		Example: `{"wabaName":"Example Shop"}`,
		Wait:    whatsappAccountWait,
	},
	{
		Tool: "whatsapp_account_delete", Operation: "WhatsappAccountsController_deleteAccount_v1", Toolset: "whatsapp_accounts", Effect: Delete, Resource: whatsappAccount,
		About:   "Delete the project's WhatsApp account, which must have no senders and no pending sender changes. A person must confirm. Closed beta.",
		Next:    []Step{{Do: "tell the person that the account is gone; see what is left in the project", Tool: "project_overview"}},
		Confirm: "the WhatsApp account of the project is deleted",
	},
	{
		Tool: "whatsapp_account_activity_list", Operation: "WhatsappAccountsController_listActivities_v1", Toolset: "whatsapp_accounts", Effect: Read, Activities: true,
		About: "List what happened to the WhatsApp account, newest first: edits, comments, rejections (why, where it is said, is the comment). Being onboarded leaves no entry: read the state with whatsapp_account_get.",
		Next:  activitiesStep("whatsapp_account_comment_add"),
	},
	{
		Tool: "whatsapp_account_comment_add", Operation: "WhatsappAccountsController_createComment_v1", Toolset: "whatsapp_accounts", Effect: Create,
		About:     "Add a comment to the WhatsApp account, for the people who review it.",
		Title:     "Add comment to WhatsApp account",
		Reconcile: commentReconcile("whatsapp_account_activity_list"),
	},
}
