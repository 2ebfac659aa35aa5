package catalog

var bundle = &Resource{
	Name: "bundle",
	Get:  "bundle_get", List: "bundle_list", Create: "bundle_create",
	Empty: Step{
		Do:   "create one, with what the person wants of subproject, convApp and smsApp",
		Tool: "bundle_create", Needs: []string{"name", "region", "subproject", "convApp", "smsApp"},
	},
	Bulky: []string{"projectId", "webhooks.projectId", "subproject.parentProjectId", "smsApp.smsServiceId"}, // of the subproject, or of the call
	IDs:   map[string]string{"bundleId": "id", "smsAppId": "smsApp.id", "conversationAppId": "convApp.id", "subprojectId": "subproject.id"},
	State: "state",
	States: []State{
		{
			Name: "IN_PROGRESS", Class: Pending, Means: "being created", Moves: "Sinch", Lasts: Lasting{First: minute, Overdue: day},
			Next: []Step{{Do: "check again {again}: the bundle is being created{since}", Tool: "bundle_get"}},
		},
		{
			Name: "DONE", Class: Success, Means: "everything was created; the SMS channel may become active a little later",
			Next: []Step{
				{Do: "check the SMS app, whose channel may still be pending", Tool: "sms_app_get", When: "smsApp.id", Unless: "smsApp.status=ACTIVE"},
				{Do: "check again {again}: the SMS channel of the Conversation app is being set up", Tool: "bundle_get", When: "convApp.smsChannelStatus=PENDING"},
				{Do: "the SMS channel of the Conversation app fails: ask the person to check it in the Sinch Dashboard", When: "convApp.smsChannelStatus=FAILING"},
				{Do: "check again {again}: the subproject is still being set up", Tool: "bundle_get", When: "subproject.status=PENDING"},
				{Do: "the parts are in the subproject: confirm it with the person before a change in it", Tool: "project_confirm", When: "subproject.id"},
			},
		},
		{
			Name: "FAILED", Class: Failure, Means: "not everything was created. Don't repeat the call: it would create again what exists already", Moves: "Sinch support",
			Next: []Step{{Do: "data shows what was created; for the rest, ask the person to contact Sinch support, with the projectId and the bundleId"}},
		},
	},
}

var bundles = []Row{
	{
		Tool: "bundle_list", Operation: "BundlesBundlesController_list_v1", Effect: Read, Resource: bundle,
		About:   "List the project's bundles.",
		Phrases: []string{"which bundles did we order", "show subprojects with their apps", "all customer set-ups", "packages that are still in progress"},
		Columns: []Column{ // the ids of its apps are in bundle_get: here they would be most of the list
			{Name: "bundleId", Path: "id"},
			{Name: "name", Path: "name"},
			{Name: "state", Path: "state", Count: "state"},
			{Name: "region", Path: "region"},
			{Name: "smsAppStatus", Path: "smsApp.status"},
			{Name: "smsChannelStatus", Path: "convApp.smsChannelStatus"},
			{Name: "subprojectId", Path: "subproject.id"},
		},
	},
	{
		Tool: "bundle_get", Operation: "BundlesBundlesController_get_v1", Effect: Read, Resource: bundle,
		About:   "Read one bundle and what it created: subproject, SMS app, Conversation app, webhooks.",
		Phrases: []string{"is the bundle ready", "did the subproject get created", "which ids did the bundle make", "why did the bundle fail"},
	},
	{
		Tool: "bundle_create", Operation: "BundlesBundlesController_create_v1", Effect: Create, Resource: bundle,
		About: "Create a subproject, an SMS app, a Conversation app and webhooks in one call; request at least one of them, and name the bundle or each part. No call removes a subproject or a Conversation app. Asynchronous: call wait with bundle_get.",
		Phrases: []string{
			"create a subproject", "onboard a new customer with everything together",
			"set up a tenant with SMS and conversation app", "subaccount for a client", "new conversation app",
		},
		Done:    "creation started",
		Keep:    []string{"webhooks.id", "webhooks.target", "convApp.webhooks.id", "convApp.webhooks.target"},
		Example: `{"name":"Example Shop","smsApp":true}`,
		Confirm: "creates what the body asks for: a subproject, a Conversation app, an SMS app, webhooks; this API has no call that removes a subproject or a Conversation app",
		Wait: &Wait{
			Read:     "bundle_get",
			Triggers: []string{"BUNDLE_DONE"},
		},
		Reconcile: &Reconcile{Read: "bundle_list", Same: map[string]string{"name": "name"}},
	},
}
