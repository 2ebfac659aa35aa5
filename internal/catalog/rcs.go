package catalog

var rcs = []Row{
	{
		Tool: "rcs_sender_list", Operation: "RcsSendersController_listSenders_v1", Effect: Read, Resource: rcsSender,
		About: "List the project's RCS senders (agents).",
		Columns: []Column{
			{Name: "senderId", Path: "id"},
			{Name: "name", Path: "details.brand.name"},
			{Name: "state", Path: "state", Count: "state"},
			{Name: "operators", Path: "countryStatus", Show: operatorsByStatus},
			{Name: "countries", Path: "details.countries", Show: commaSeparated},
			{Name: "testNumbers", Path: "testNumberStates", Show: testNumbersByState},
			{Name: "brandRegistration", Path: "brandDetails.registration.status"},
			{Name: "useCase", Path: "useCase"},
			{Name: "region", Path: "region"},
			{Name: "modified", Path: "modified"},
			{Name: "launched", Path: "launched"},
			{Name: "conversationAppId", Path: "conversationApiAppDetails.id"},
		},
	},
	{
		Tool: "rcs_sender_get", Operation: "RcsSendersController_getSender_v1", Effect: Read, Resource: rcsSender,
		About: "Read one RCS sender: state, launch status by country and operator, test numbers, brand, questionnaire. authToken is shown only with reveal: true.",
	},
	{
		Tool: "rcs_sender_create", Operation: "RcsSendersController_createSender_v1", Effect: Create, Resource: rcsSender,
		About: "Create an RCS sender. Brand, countries, test numbers and questionnaire can follow with rcs_sender_update before the launch.",
		Done:  "created",
		Wait: &Wait{
			Read:     "rcs_sender_get",
			Classes:  map[string]Class{"UNLAUNCHED": ActionRequired},
			Triggers: []string{"RCS_SENDER_STATUS_UPDATED"},
		},
		Reconcile: &Reconcile{Read: "rcs_sender_list", Same: map[string]string{"details.brand.name": "details.brand.name"}, Since: "created"},
	},
	{
		Tool: "rcs_sender_update", Operation: "RcsSendersController_updateSender_v1", Effect: Update, Resource: rcsSender,
		About:   "Change an RCS sender. details is merged, object by object: fields left out keep their value, but a list (countries, testNumbers) replaces the old one. In LAUNCHING and LAUNCHED only details.countries can change.",
		Done:    "updated",
		Example: `{"details":{"brand":{"description":"News of your orders"}}}`,
	},
	{
		Tool: "rcs_questionnaire_get", Operation: "RcsQuestionnaireController_getQuestions_v1", Effect: Read,
		About: "Read the questions that an RCS launch must answer; the answers go into details.questionnaire of rcs_sender_update.",
		Next:  []Step{{Do: "give the answers to the sender", Tool: "rcs_sender_update", Needs: []string{"senderId", "details"}}},
	},
	{
		Tool: "rcs_sender_launch", Operation: "RcsSendersController_launchSender_v1", Effect: Action, Resource: rcsSender,
		About:   "Submit a complete RCS sender to Google and the carriers of its countries; this can't be withdrawn. Each operator decides on its own, in no stated time: follow it with rcs_sender_get.",
		Done:    "launch submitted",
		Confirm: "submits the sender to Google and the carriers; it cannot be called back, and afterwards only countries can be changed",
		Wait: &Wait{
			Read:     "rcs_sender_get",
			Classes:  map[string]Class{"IN_TEST": Pending, "DRAFT": Unknown},
			Triggers: []string{"RCS_SENDER_STATUS_UPDATED", "RCS_SENDER_OPERATOR_STATUS_UPDATED", "RCS_BRAND_REGISTRATION_PROCESS_STATUS_UPDATED"},
		},
	},
	{
		Tool: "rcs_test_number_add", Operation: "RcsSendersController_addTestNumbers_v1", Effect: Action, Resource: rcsTestNumber,
		About: "Invite phones to test an RCS sender; each owner must accept, also of a number verified before.",
		Done:  "invited",
		Keep:  []string{"testNumbers.number", "testNumbers.state"},
		Title: "Add RCS test numbers",
		Next:  []Step{{Do: "after the owner accepts, check", Tool: "rcs_test_number_get", Needs: []string{"testNumber"}}},
		Wait:  rcsTestNumberWait,
	},
	{
		Tool: "rcs_test_number_get", Operation: "RcsSendersController_getTestNumberState_v1", Effect: Read, Resource: rcsTestNumber,
		About: "Read whether the owner of an RCS test number has accepted the invitation.",
	},
	{
		Tool: "rcs_test_number_reinvite", Operation: "RcsSendersController_retryTestNumber_v1", Effect: Action, Resource: rcsTestNumber,
		About: "Invite an RCS test number again; a VERIFIED one must be verified again.",
		Done:  "invited again",
		Wait:  rcsTestNumberWait,
	},
	{
		Tool: "rcs_test_number_capabilities_get", Operation: "RcsSendersController_getTestNumberCapabilities_v1", Effect: Read,
		About: "Read which RCS features the phone of a verified test number supports.",
	},
	{
		Tool: "rcs_test_number_delete", Operation: "RcsSendersController_deleteTestNumber_v1", Effect: Delete,
		About:   "Remove a test number from an RCS sender.",
		Done:    "deleted",
		Next:    []Step{{Do: "see which test numbers the sender has", Tool: "rcs_sender_get"}},
		Confirm: "the number can no longer test the sender",
	},
	activityList("rcs_sender_activity_list", "RcsSendersController_listActivities_v1", "List the history of an RCS sender: edits, comments, launched (ACTIVE) and taken down (INACTIVE). What operators decide has no entry: see countryStatus of rcs_sender_get."),
	commentAdd("rcs_sender_comment_add", "RcsSendersController_createSenderComment_v1", "Add a comment to an RCS sender, for its reviewers."),
	activityList("rcs_account_activity_list", "RcsAccountsController_listActivities_v1", "List the history of the project's RCS account."),
	commentAdd("rcs_account_comment_add", "RcsAccountsController_createComment_v1", "Add a comment to the project's RCS account."),
}
