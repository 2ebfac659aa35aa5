package catalog

var smsApp = &Resource{
	Name: "sms_app",
	Get:  "sms_app_get", List: "sms_app_list", Create: "sms_app_create",
	Empty:   Step{Do: "there is none: create one", Tool: "sms_app_create", Needs: []string{"name", "region"}},
	Reaches: "ACTIVE",
	IDs:     map[string]string{"smsAppId": "id", "conversationAppId": "conversationApiAppDetails.id"},
	State:   "status",
	Parts:   []Part{channelPart},
	Lasts:   smsAppLasts,
}

var sms = []Row{
	{
		Tool: "sms_app_list", Operation: "SmsSmsAppsController_listSmsApps_v1", Toolset: "sms", Effect: Read, Resource: smsApp,
		About: "List the project's SMS apps. 404 sms_service_not_found means that there are none.",
	},
	{
		Tool: "sms_app_get", Operation: "SmsSmsAppsController_getSmsApp_v1", Toolset: "sms", Effect: Read, Resource: smsApp,
		About: "Read one SMS app: status, regions, the Conversation app that it is connected to.",
	},
	{
		Tool: "sms_app_create", Operation: "SmsSmsAppsController_createSmsApp_v1", Toolset: "sms", Effect: Create, Resource: smsApp,
		About: "Create an SMS app, by itself, with a new Conversation app (convApiApp true), or connected to one that exists (convApiAppId).",
		Wait: &Wait{
			Read: "sms_app_get",
			Done: []string{"ACTIVE"},
			Failed: []string{
				"BLOCKED", "DELETED", "PROVISIONING_FAILED", "PROVISIONING_ADD_FAILED", "FAILED_ADD", "FAILED_BLOCK", "FAILED_DELETE", "FAILED_UNBLOCK",
				"FAILED_UPDATE", "DEPROVISIONING_FAILED", "PROVISIONING_BLOCK_FAILED", "PROVISIONING_UNBLOCK_FAILED", "PROVISIONING_UPDATE_FAILED",
			},
			Also: "every other status is on its way",
		},
		Reconcile: &Reconcile{Read: "sms_app_list", Same: map[string]string{"name": "name"}},
	},
	{
		Tool: "sms_app_update", Operation: "SmsSmsAppsController_updateSmsApp_v1", Toolset: "sms", Effect: Update, Resource: smsApp,
		About:   "Rename an SMS app: it changes nothing else.",
		Example: `{"name":"Alerts"}`,
	},
	{
		Tool: "sms_app_delete", Operation: "SmsSmsAppsController_deleteSmsApp_v1", Toolset: "sms", Effect: Delete,
		About:   "Delete an SMS app. A person must confirm.",
		Next:    []Step{{Do: "see which SMS apps are left", Tool: "sms_app_list"}},
		Confirm: "the SMS app is deleted",
	},
}
