package tools

var bundleNext = byState{
	"IN_PROGRESS": {{do: "look again {again}: the bundle is being made{since}", tool: "bundle_get"}},
	"DONE": {
		{do: "look at the SMS app, whose channel may still be pending", tool: "sms_app_get", when: "smsApp.id", unless: "smsApp.status=ACTIVE"},
		{do: "look again {again}: the SMS channel of the Conversation app is being set up", tool: "bundle_get", when: "convApp.smsChannelStatus=PENDING"},
		{do: "the SMS channel of the Conversation app fails: a person looks at it in the Sinch Dashboard", when: "convApp.smsChannelStatus=FAILING"},
		{do: "look again {again}: the subproject is still being set up", tool: "bundle_get", when: "subproject.status=PENDING"},
		{do: "the parts are in the subproject: before anything is changed in it, confirm it with the person", tool: "project_confirm", when: "subproject.id"},
	},
	"FAILED": {{do: "data tells what was made; the person asks Sinch support for the rest, with the projectId and the bundleId"}},
}
