package catalog

import "slices"

var smsApp = &Resource{
	Name: "sms_app",
	Get:  "sms_app_get", List: "sms_app_list", Create: "sms_app_create",
	NoneHere: "sms_service_not_found",
	Empty:    Step{Do: "create one", Tool: "sms_app_create", Needs: []string{"name", "region"}},
	Bulky:    []string{"smsServiceId"}, // no call takes it
	IDs:      map[string]string{"smsAppId": "id", "conversationAppId": "conversationApiAppDetails.id"},
	State:    "status",
	States: slices.Concat(
		[]State{{Name: "ACTIVE", Class: Success, Production: true, Means: "ready for use"}},
		same(smsAppGoesOn("being created"), "PENDING_ADD", "IN_PROGRESS_ADD", "PROVISIONING", "PROVISIONING_ADD"),
		same(smsAppGoesOn("being changed"), "PENDING_UPDATE", "IN_PROGRESS_UPDATE", "PROVISIONING_UPDATE"),
		same(smsAppGoesOn("being blocked"), "PENDING_BLOCK", "IN_PROGRESS_BLOCK", "PROVISIONING_BLOCK"),
		same(smsAppGoesOn("being unblocked"), "PENDING_UNBLOCK", "IN_PROGRESS_UNBLOCK", "PROVISIONING_UNBLOCK"),
		same(smsAppGoesOn("being deleted"), "PENDING_DELETE", "IN_PROGRESS_DELETE", "DEPROVISIONING"),
		same(smsAppGoesOn("in an unknown status"), "STATUS_UNSPECIFIED", Unrecognized),
		same(smsAppFailed("not created; don't create another one"), "FAILED_ADD", "PROVISIONING_ADD_FAILED", "PROVISIONING_FAILED"),
		same(smsAppFailed("a later change failed"), "FAILED_UPDATE", "FAILED_BLOCK", "FAILED_UNBLOCK", "FAILED_DELETE",
			"PROVISIONING_UPDATE_FAILED", "PROVISIONING_BLOCK_FAILED", "PROVISIONING_UNBLOCK_FAILED", "DEPROVISIONING_FAILED"),
		same(smsAppFailed("blocked, not usable"), "BLOCKED"),
		same(smsAppFailed("deleted"), "DELETED"),
	),
	Parts: []Part{channelPart("sms_app_get")},
}

func smsAppGoesOn(means string) State {
	return State{
		Class: Pending, Means: means, Moves: "Sinch", Lasts: Lasting{First: minute, Overdue: day},
		Next: []Step{{Do: "check again {again}: the app is " + means + "{since}", Tool: "sms_app_get"}},
	}
}

func smsAppFailed(means string) State {
	return State{
		Class: Failure, Means: means, Moves: "Sinch support",
		Next: []Step{{Do: "ask the person to contact Sinch support, with the projectId and the smsAppId: no call here repairs the app"}},
	}
}

var sms = []Row{
	{
		Tool: "sms_app_list", Operation: "SmsSmsAppsController_listSmsApps_v1", Effect: Read, Resource: smsApp,
		About:   "List the project's SMS apps.",
		Phrases: []string{"which SMS services do we have", "show service plans", "all text messaging apps", "who can send texts"},
		Columns: []Column{
			{Name: "smsAppId", Path: "id"},
			{Name: "name", Path: "name"},
			{Name: "state", Path: "status", Count: "state"},
			{Name: "regions", Path: "regions", Show: commaSeparated},
			{Name: "test", Path: "test"},
			{Name: "conversationAppId", Path: "conversationApiAppDetails.id"},
			{Name: "channelStatus", Path: "conversationApiAppDetails.channelStatus"},
		},
	},
	{
		Tool: "sms_app_get", Operation: "SmsSmsAppsController_getSmsApp_v1", Effect: Read, Resource: smsApp,
		About:   "Read one SMS app: status, regions, Conversation app.",
		Phrases: []string{"is the SMS service active", "region of a service plan", "which conversation app is the SMS app linked to", "status of text messaging"},
	},
	{
		Tool: "sms_app_create", Operation: "SmsSmsAppsController_createSmsApp_v1", Effect: Create, Resource: smsApp,
		About:     "Create an SMS app: alone, with a new Conversation app (convApiApp), or connected to one that exists (convApiAppId).",
		Phrases:   []string{"start sending SMS", "new service plan", "set up text messages", "connect SMS to a conversation app", "order an SMS service in the EU or US"},
		Done:      "created",
		Wait:      &Wait{Read: "sms_app_get"},
		Reconcile: &Reconcile{Read: "sms_app_list", Same: map[string]string{"name": "name"}},
	},
	{
		Tool: "sms_app_update", Operation: "SmsSmsAppsController_updateSmsApp_v1", Effect: Update, Resource: smsApp,
		About:   "Rename an SMS app: this changes nothing else.",
		Phrases: []string{"rename a service plan", "new name for the SMS app", "change the title of the text messaging service"},
		Done:    "renamed",
		Example: `{"name":"Alerts"}`,
	},
	{
		Tool: "sms_app_delete", Operation: "SmsSmsAppsController_deleteSmsApp_v1", Effect: Delete,
		About:   "Delete an SMS app.",
		Phrases: []string{"cancel a service plan", "remove the SMS service", "stop text messaging", "close an SMS app"},
		Done:    "deleted",
		Next:    []Step{{Do: "see which SMS apps are left", Tool: "sms_app_list"}},
		Confirm: "the SMS app is deleted",
	},
}
