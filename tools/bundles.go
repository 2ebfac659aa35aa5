package tools

var bundleNext = byState{
	"IN_PROGRESS": {{do: "look again in a minute: the bundle is being made", tool: "bundle_get"}},
	"DONE":        {{do: "look at the SMS app, whose channel may still be pending", tool: "sms_app_get"}},
	"FAILED":      {{do: "data tells what was made; the person asks Sinch support for the rest"}},
}
