package tools

import "papi-mcp/internal/catalog"

// smsAppNext follows the row: every status that is neither the end nor a
// failure is on its way.
var smsAppNext = smsAppStates()

func smsAppStates() byState {
	next := byState{"ACTIVE": {}}
	for _, failed := range catalog.Lookup("sms_app_create").Wait.Failed {
		next[failed] = []step{{do: "the person asks Sinch support: this API can't mend the app"}}
	}
	next[otherState] = []step{{do: "look again in a minute: its status is on its way", tool: "sms_app_get"}}
	return next
}
