package tools

var bundleNext = byState{
	"IN_PROGRESS": {{Do: "look again {again}: the bundle is being made{since}", Tool: "bundle_get"}},
	"DONE": {
		{Do: "look at the SMS app, whose channel may still be pending", Tool: "sms_app_get", When: "smsApp.id", Unless: "smsApp.status=ACTIVE"},
		{Do: "look again {again}: the SMS channel of the Conversation app is being set up", Tool: "bundle_get", When: "convApp.smsChannelStatus=PENDING"},
		{Do: "the SMS channel of the Conversation app fails: a person looks at it in the Sinch Dashboard", When: "convApp.smsChannelStatus=FAILING"},
		{Do: "look again {again}: the subproject is still being set up", Tool: "bundle_get", When: "subproject.status=PENDING"},
		{Do: "the parts are in the subproject: before anything is changed in it, confirm it with the person", Tool: "project_confirm", When: "subproject.id"},
	},
	"FAILED": {{Do: "data tells what was made; the person asks Sinch support for the rest, with the projectId and the bundleId"}},
}
