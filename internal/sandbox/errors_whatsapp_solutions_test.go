package sandbox

import "papi-mcp/internal/jsonvalue"

// solutionErrors are those of flows, solutions and the helpers of embedded signup.
var solutionErrors = func() []errorCase {
	const (
		flows       = "WhatsappFlowsController_listFlows_v1"
		screens     = "WhatsappFlowsController_listFlowScreens_v1"
		getSolution = "WhatsappSolutionsController_getSolution_v1"
		assign      = "WhatsappSolutionsController_assignSolution_v1"
		wabas       = "WhatsappEmbeddedSignupHelperController_listWabaDetailsForToken_v1"
		longLived   = "WhatsappEmbeddedSignupHelperController_createLongLivedAccessToken_v1"
	)
	after := func(do func(*harness) result) func(*harness) result {
		return func(w *harness) result { w.onboarded(); return do(w) }
	}
	all := []errorCase{
		{flows, "project_not_initialized", func(w *harness) result { return w.get("/whatsapp/flows") }},
		{screens, "project_not_initialized", func(w *harness) result { return w.get("/whatsapp/flows/1/screens") }},
		{screens, "flow_not_found", after(func(w *harness) result { return w.get("/whatsapp/flows/1/screens") })},
		{screens, "flow_screens_not_found", after(func(w *harness) result { return w.get("/whatsapp/flows/1000000000000002/screens") })},
		{getSolution, "solution_not_found", func(w *harness) result { return w.get("/whatsapp/solutions/1") }},
		{assign, "solution_not_found", func(w *harness) result { return w.post("/whatsapp/solutions/1/assign", nil) }},
		{assign, "solution_cannot_be_reassigned", after(func(w *harness) result {
			made := w.post("/whatsapp/solutions", obj{"accessToken": "t", "businessManager": "SINCH_UK", "details": obj{"name": "One"}}).ok()
			path := "/whatsapp/solutions/" + jsonvalue.Text(made.items("solutions")[0], "id") + "/assign"
			w.post(path, nil).ok() // the first one replaces none
			return w.post(path, nil)
		})},
		{longLived, "invalid_facebook_code", func(w *harness) result {
			w.post("/whatsapp/longLivedAccessToken", obj{"facebookCode": "invalid"}).fails("invalid_facebook_code")
			w.post("/whatsapp/longLivedAccessToken", obj{"facebookCode": "once"}).ok()
			return w.post("/whatsapp/longLivedAccessToken", obj{"facebookCode": "once"})
		}},
		{longLived, "invalid_input", func(w *harness) result { return w.post("/whatsapp/longLivedAccessToken", obj{}) }},
		{wabas, "invalid_input", func(w *harness) result { return w.post("/whatsapp/wabaDetails", obj{}) }},
	}
	for operation, path := range map[string]string{wabas: "/whatsapp/wabaDetails", longLived: "/whatsapp/longLivedAccessToken"} {
		for code, body := range map[string]any{
			"invalid_facebook_token":                   obj{"facebookToken": "invalid"},
			"facebook_Request_limit_reached":           obj{"facebookToken": "limit"},
			"log_in_facebook_required":                 obj{"facebookToken": "login"},
			"invalid_business_manager_for_environment": obj{"facebookToken": "t", "businessManager": foreignBusinessManager},
			"invalid_payload":                          "x",
		} {
			all = append(all, errorCase{operation, code, func(w *harness) result { return w.post(path, body) }})
		}
		all = append(all, errorCase{operation, "invalid_business_manager", after(func(w *harness) result {
			return w.post(path, obj{"facebookToken": "t", "businessManager": "SINCH_BR"})
		})})
	}
	return all
}()
