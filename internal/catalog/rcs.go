package catalog

var rcs = []Row{
	{
		Tool: "rcs_sender_list", Operation: "RcsSendersController_listSenders_v1", Effect: Read, Resource: rcsSender,
		About: "List the project's RCS senders (agents); search matches part of the text.",
	},
	{
		Tool: "rcs_sender_get", Operation: "RcsSendersController_getSender_v1", Effect: Read, Resource: rcsSender,
		About: "Read one RCS sender: state, launch status by country and operator, test numbers, brand, questionnaire. Its authToken is shown only with reveal; detail full adds the questions' texts.",
	},
	{
		Tool: "rcs_sender_create", Operation: "RcsSendersController_createSender_v1", Effect: Create, Resource: rcsSender,
		About: "Create an RCS sender. region, billingCategory and useCase are enough; brand, countries, test numbers and questionnaire can follow with rcs_sender_update before the launch.",
		Wait: &Wait{
			Read:     "rcs_sender_get",
			Classes:  map[string]Class{"UNLAUNCHED": ActionRequired},
			Triggers: []string{"RCS_SENDER_STATUS_UPDATED"},
		},
		Reconcile: &Reconcile{Read: "rcs_sender_list", Same: map[string]string{"details.brand.name": "details.brand.name"}, Since: "created"},
	},
	{
		Tool: "rcs_sender_update", Operation: "RcsSendersController_updateSender_v1", Effect: Update, Resource: rcsSender,
		About:   "Change an RCS sender. details is merged, object by object: fields left out keep their value, null deletes where the schema allows it, and a list (countries, testNumbers) replaces the old one, so list all of its items. In LAUNCHING and LAUNCHED only details.countries can be changed.",
		Example: `{"details":{"brand":{"description":"News of your orders"}}}`,
	},
	{
		Tool: "rcs_questionnaire_get", Operation: "RcsQuestionnaireController_getQuestions_v1", Effect: Read,
		About: "Read the questions that a launch must answer, for a use case and countries. The answers go into details.questionnaire of rcs_sender_update.",
		Next:  []Step{{Do: "give the answers to the sender", Tool: "rcs_sender_update", Needs: []string{"senderId", "details"}}},
	},
	{
		Tool: "rcs_sender_launch", Operation: "RcsSendersController_launchSender_v1", Effect: Action, Resource: rcsSender,
		About:   "Submit a complete RCS sender to Google and the carriers of its countries. It can't be withdrawn. Each operator decides on its own, and the API states no time for that: follow it with rcs_sender_get. A person must confirm.",
		Confirm: "submits the sender to Google and the carriers; it cannot be called back, and afterwards only countries can be changed",
		Wait: &Wait{
			Read:     "rcs_sender_get",
			Classes:  map[string]Class{"IN_TEST": Pending, "DRAFT": Unknown},
			Triggers: []string{"RCS_SENDER_STATUS_UPDATED", "RCS_SENDER_OPERATOR_STATUS_UPDATED", "RCS_BRAND_REGISTRATION_PROCESS_STATUS_UPDATED"},
		},
	},
	{
		Tool: "rcs_test_number_add", Operation: "RcsSendersController_addTestNumbers_v1", Effect: Action, Resource: rcsTestNumber,
		About: "Invite phones to test an RCS sender; each owner must accept the invitation. A number that was verified must be verified again.",
		Title: "Add RCS test numbers",
		Next:  []Step{{Do: "after the owner accepts, check", Tool: "rcs_test_number_get", Needs: []string{"testNumber"}}},
		Wait:  rcsTestNumberWait,
	},
	{
		Tool: "rcs_test_number_get", Operation: "RcsSendersController_getTestNumberState_v1", Effect: Read, Resource: rcsTestNumber,
		About: "Read whether the owner of a test number has accepted the invitation.",
	},
	{
		Tool: "rcs_test_number_reinvite", Operation: "RcsSendersController_retryTestNumber_v1", Effect: Action, Resource: rcsTestNumber,
		About: "Send the invitation to a test number again. A number that was VERIFIED must be verified again.",
		Wait:  rcsTestNumberWait,
	},
	{
		Tool: "rcs_test_number_capabilities_get", Operation: "RcsSendersController_getTestNumberCapabilities_v1", Effect: Read,
		About: "Read which RCS features the phone of a verified test number supports.",
	},
	{
		Tool: "rcs_test_number_delete", Operation: "RcsSendersController_deleteTestNumber_v1", Effect: Delete,
		About:   "Remove a test number from an RCS sender. A person must confirm.",
		Next:    []Step{{Do: "see which test numbers the sender has", Tool: "rcs_sender_get"}},
		Confirm: "the number can no longer test the sender",
	},
	activityList("rcs_sender_activity_list", "RcsSendersController_listActivities_v1", "List what happened to an RCS sender, newest first: edits, comments, launched (ACTIVE) and taken down (INACTIVE). What the operators decide leaves no entry: countryStatus of rcs_sender_get has it, with their remarks."),
	commentAdd("rcs_sender_comment_add", "RcsSendersController_createSenderComment_v1", "Add a comment to an RCS sender, for the people who review it."),
	activityList("rcs_account_activity_list", "RcsAccountsController_listActivities_v1", "List what happened to the project's RCS account, newest first."),
	commentAdd("rcs_account_comment_add", "RcsAccountsController_createComment_v1", "Add a comment to the project's RCS account."),
}
