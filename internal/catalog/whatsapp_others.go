package catalog

var whatsappFlow = &Resource{Name: "whatsapp_flow", Get: "whatsapp_flow_list", List: "whatsapp_flow_list"}

var whatsappFlows = []Row{
	{
		Tool: "whatsapp_flow_list", Operation: "WhatsappFlowsController_listFlows_v1", Toolset: "whatsapp_flows", Effect: Read, Resource: whatsappFlow,
		About: "List the WhatsApp Flows of the project's WhatsApp Business Account, for FLOW buttons of templates.",
		Next:  []Step{{Do: "see the screens of a flow", Tool: "whatsapp_flow_screen_list", Needs: []string{"flowId"}}},
	},
	{
		Tool: "whatsapp_flow_screen_list", Operation: "WhatsappFlowsController_listFlowScreens_v1", Toolset: "whatsapp_flows", Effect: Read,
		About: "List the screens of a WhatsApp Flow.",
	},
}

// whatsappSolution is shown by its list, which alone shows which one is assigned.
var whatsappSolution = &Resource{
	Name: "whatsapp_solution",
	Get:  "whatsapp_solution_list", List: "whatsapp_solution_list", Create: "whatsapp_solution_create",
	IDs: map[string]string{"solutionId": "id"},
}

var whatsappSolutions = []Row{
	{
		Tool: "whatsapp_solution_list", Operation: "WhatsappSolutionsController_listSolutions_v1", Toolset: "whatsapp_solutions", Effect: Read, Resource: whatsappSolution,
		About: "List the project's WhatsApp multi-partner solutions, and which one is assigned.",
	},
	{
		Tool: "whatsapp_solution_get", Operation: "WhatsappSolutionsController_getSolution_v1", Toolset: "whatsapp_solutions", Effect: Read, Resource: whatsappSolution,
		About: "Read one WhatsApp solution.",
	},
	{
		Tool: "whatsapp_solution_create", Operation: "WhatsappSolutionsController_createSolution_v1", Toolset: "whatsapp_solutions", Effect: Create, Resource: whatsappSolution,
		About:     "Create a WhatsApp solution with the accessToken of the embedded solution flow. The answer shows what was made and, in failedSolutions, what was not.",
		Next:      []Step{{Do: "see which solution is assigned", Tool: "whatsapp_solution_list"}},
		Example:   `{"accessToken":"the token of the signup"}`,
		Reconcile: &Reconcile{Read: "whatsapp_solution_list", Same: map[string]string{"details.name": "details.name"}},
	},
	{
		Tool: "whatsapp_solution_assign", Operation: "WhatsappSolutionsController_assignSolution_v1", Toolset: "whatsapp_solutions", Effect: Action, Resource: whatsappSolution,
		About:   "Assign a solution to the project, so that Embedded Signup can onboard it. A person must confirm.",
		Next:    []Step{{Do: "onboard a sender by Embedded Signup", Tool: "whatsapp_sender_create", Needs: []string{"wabaId", "phoneNumberId", "authenticationCode"}}},
		Confirm: "once the project is onboarded its solution cannot be changed",
	},
}

var whatsappDeprecated = []Row{
	{
		Tool: "whatsapp_waba_list", Operation: "WhatsappEmbeddedSignupHelperController_listWabaDetailsForToken_v1", Toolset: DeprecatedToolset, Effect: Read, Deprecated: true,
		About:   "List the WhatsApp Business Accounts and shared numbers of a Meta token. Changes nothing. Deprecated.",
		Title:   "List WhatsApp Business Accounts",
		Example: `{"facebookToken":"the token of the signup"}`,
	},
	{
		Tool: "whatsapp_access_token_create", Operation: "WhatsappEmbeddedSignupHelperController_createLongLivedAccessToken_v1", Toolset: DeprecatedToolset, Effect: Create, Deprecated: true,
		About:     "Make a long-lived Meta access token of a token or code of the embedded signup. A person must confirm. Deprecated.",
		Title:     "Create Meta access token",
		Example:   `{"facebookCode":"the code of the signup"}`,
		Confirm:   "makes a Meta access token that is valid for 60 days",
		Reconcile: &Reconcile{},
	},
}
