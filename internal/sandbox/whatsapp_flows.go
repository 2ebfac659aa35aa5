package sandbox

import "slices"

var whatsappFlowHandlers = map[string]handler{
	"WhatsappFlowsController_listFlows_v1":       onboarded(listFlows),
	"WhatsappFlowsController_listFlowScreens_v1": onboarded(listFlowScreens),
}

// flows are the flows of every WABA: the API can't create flows.
var flows = []map[string]any{
	{"id": "1000000000000001", "name": "Feedback", "status": "FLOW_STATUS_PUBLISHED"},
	{"id": "1000000000000002", "name": "Booking", "status": "FLOW_STATUS_DRAFT"},
}

// screensOfFlow are the screens by flow; a draft has none.
var screensOfFlow = map[string][]any{
	"1000000000000001": {map[string]any{"id": "QUESTION_ONE"}, map[string]any{"id": "THANKS"}},
}

func listFlows(c *call) answer {
	return listDocuments(c, "flows", flows)
}

func listFlowScreens(c *call) answer {
	id := c.id("flowId")
	if !slices.ContainsFunc(flows, func(flow map[string]any) bool { return flow["id"] == id }) {
		return c.fail("flow_not_found")
	}
	if len(screensOfFlow[id]) == 0 {
		return c.fail("flow_screens_not_found")
	}
	return c.ok(map[string]any{"screens": screensOfFlow[id]})
}
