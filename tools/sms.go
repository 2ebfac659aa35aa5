package tools

import "papi-mcp/internal/catalog"

// smsAppNext follows the row: every status that is neither the end nor a
// failure is on its way.
var smsAppNext = smsAppStates()

func smsAppStates() byState {
	next := byState{"ACTIVE": {}}
	for _, failed := range catalog.Lookup("sms_app_create").Wait.Failed {
		next[failed] = []catalog.Step{{Do: "the person asks Sinch support, with the projectId and the smsAppId: no call here repairs the app"}}
	}
	next[otherState] = []catalog.Step{{Do: "look again {again}: its status is on its way{since}", Tool: "sms_app_get"}}
	return next
}
