package catalog

var whatsappAccount = &Resource{
	Name: "whatsapp_account",
	Get:  "whatsapp_account_get", Create: "whatsapp_account_create",
	NoneHere: "account_not_found",
	Bulky:    []string{"details.senderDetails.metaLocalStorage", "changes.details.senderDetails.metaLocalStorage"},
	State:    "state", Pending: "changes.status",
	States: []State{
		{
			Name: "ONBOARDED", Class: Success, Means: "onboarding is done: senders and templates can be created",
			Next: []Step{{Do: "see the senders", Tool: "whatsapp_sender_list"}},
		},
		whatsappAccountVerification,
		whatsappAccountRejected,
	},
	Changes: []State{
		{
			Name: "IN_PROGRESS", Class: Pending, Means: "submitted, onboarding is under way", Moves: "Sinch and Meta", Lasts: Lasting{First: 5 * minute, Overdue: 3 * day},
			Next: []Step{{Do: "check again {again}: onboarding is under way{since}", Tool: "whatsapp_account_get"}},
		},
		whatsappAccountVerification,
		{
			Name: "DRAFT", Class: ActionRequired, Means: "only saved", Moves: "Sinch support: no call submits it, since only a rejected account can be updated",
			Next: []Step{{Do: "no call submits a draft, since only a REJECTED account can be updated: ask the person to contact Sinch support"}},
		},
		whatsappAccountRejected,
	},
	Parts: []Part{{Name: "wabaBanState", Field: "wabaBanState", States: []State{
		{Name: "REINSTATE", Class: Success, Means: "the account is back, without restrictions"},
		{Name: "SCHEDULE_FOR_DISABLE", Class: ActionRequired, Means: "Meta will disable the account after a grace or appeal period", Moves: "an appeal in Meta Business Manager", Next: whatsappAccountBanned},
		{Name: "DISABLE", Class: Failure, Means: "Meta disabled the account", Moves: "an appeal in Meta Business Manager", Next: whatsappAccountBanned},
		unrecognized,
	}}},
	History:       "whatsapp_account_activity_list",
	Preconditions: []*Precondition{WhatsappAccountUpdate, WhatsappSolutionAssign},
}

// What the state of a WhatsApp account must be.
var (
	WhatsappAccountUpdate = &Precondition{
		Code: "guard_whatsapp_account_update_state", About: "A WhatsApp account can be updated", Tools: []string{"whatsapp_account_update"},
		Live: []string{"REJECTED"}, Changes: []string{"REJECTED"}, Either: true,
		Errors: []string{"account_not_updatable"}, Source: "updateAccount, 1.2.117",
	}
	WhatsappSolutionAssign = &Precondition{
		Code: "guard_whatsapp_solution_assigned", About: "The WhatsApp solution of a project is replaced by another", Tools: []string{"whatsapp_solution_assign"},
		NotLive: []string{"ONBOARDED"}, FailClosed: true,
		Errors: []string{"solution_cannot_be_reassigned"}, Source: "assignSolution, 1.2.117",
	}
)

// The same as a state and as the status of a change.
var (
	whatsappAccountVerification = State{
		Name: "PENDING_FACEBOOK_VERIFICATION", Class: ActionRequired, Means: "Meta verifies the business", Moves: "the person, in Meta Business Manager",
		Lasts: Lasting{First: day, Overdue: 14 * day, Ask: "Meta or Sinch support"},
		Next: []Step{
			{Do: "ask the person to finish the business verification in Meta Business Manager"},
			{Do: "then check again {again}{since}", Tool: "whatsapp_account_get"},
		},
	}
	whatsappAccountRejected = State{
		Name: "REJECTED", Class: Failure, Means: "reviewed and rejected", Moves: "`whatsapp_account_update`, possible only here",
		Next: []Step{
			{Do: "read its activities: one may say why", Tool: "whatsapp_account_activity_list"},
			{Do: "correct it with the person, which submits it again", Tool: "whatsapp_account_update", Needs: []string{"wabaName", "clientBusinessManagerId", "senderDetails"}},
		},
	}
)

var whatsappAccountBanned = []Step{{Do: "{status}: Meta disables the account: a person must appeal in Meta Business Manager, and ask Sinch support, with the wabaId"}}

var whatsappAccountWait = &Wait{
	Read:     "whatsapp_account_get",
	Triggers: []string{"WHATSAPP_ACCOUNT_ONBOARDED", "WHATSAPP_ACCOUNT_REJECTED", "WHATSAPP_ACCOUNT_PENDING_VERIFICATION"},
}

var whatsappAccounts = []Row{
	{
		Tool: "whatsapp_account_get", Operation: "WhatsappAccountsController_getAccount_v1", Effect: Read, Resource: whatsappAccount,
		About: "Read the project's WhatsApp account: onboarding state, business manager, limits. account_not_found: there is none yet.",
		Phrases: []string{
			"is our WABA ready", "are we onboarded to WhatsApp", "has Meta verified our company",
			"daily messaging limit of the business account", "was the account banned or disabled",
		},
	},
	{
		Tool: "whatsapp_account_create", Operation: "WhatsappAccountsController_createAccount_v1", Effect: Create, Resource: whatsappAccount,
		About: "Create the project's one WhatsApp account, with its first sender (senderDetails). Asynchronous: follow it with whatsapp_account_get. With Meta's Embedded Signup use whatsapp_sender_create instead.",
		Phrases: []string{
			"get started with WhatsApp", "onboard our company to WhatsApp", "open a WABA",
			"sign the business up without the embedded dialog", "first time setup of WhatsApp Business",
		},
		Done:      "created",
		Wait:      whatsappAccountWait,
		Reconcile: &Reconcile{Read: "whatsapp_account_get", Unique: true, Resend: true},
	},
	{
		Tool: "whatsapp_account_update", Operation: "WhatsappAccountsController_updateAccount_v1", Effect: Update, Resource: whatsappAccount,
		About: "Correct a REJECTED WhatsApp account and submit it again. Fields left out keep their value.",
		Phrases: []string{
			"resubmit the rejected WABA", "correct company details after Meta refused the onboarding",
			"onboarding failed, try the application again", "fix the business information of the account",
		},
		Done:    "updated and submitted again",
		Example: `{"wabaName":"Example Shop"}`,
		Wait:    whatsappAccountWait,
	},
	{
		Tool: "whatsapp_account_delete", Operation: "WhatsappAccountsController_deleteAccount_v1", Effect: Delete, Resource: whatsappAccount,
		About:   "Delete the project's WhatsApp account; it must have no senders and no pending sender changes. Closed beta.",
		Phrases: []string{"close the WABA", "remove our company from WhatsApp altogether", "offboard the WhatsApp business", "cancel the WhatsApp account"},
		Done:    "deleted",
		Next:    []Step{{Do: "inform the person that the account is gone; see what is left in the project", Tool: "project_overview"}},
		Confirm: "the WhatsApp account of the project is deleted",
	},
	activityList("whatsapp_account_activity_list", "WhatsappAccountsController_listActivities_v1", "List the history of the WhatsApp account: edits, comments, rejections with their reason. The onboarding has no entry: see whatsapp_account_get.",
		"history of the WABA", "reason why onboarding was refused", "what did the reviewers say about our company", "log of the business account"),
	commentAdd("whatsapp_account_comment_add", "WhatsappAccountsController_createComment_v1", "Add a comment to the WhatsApp account, for its reviewers.",
		"message the people who review our onboarding", "explain something about the WABA to support", "note on the business account", "reply to the onboarding team"),
}
