package catalog

// whatsappSolution is shown by its list, which alone shows which one is assigned.
var whatsappSolution = &Resource{
	Name: "whatsapp_solution",
	Get:  "whatsapp_solution_list", List: "whatsapp_solution_list", Create: "whatsapp_solution_create",
	Empty: Step{Do: "create one, if the person needs a partner solution", Tool: "whatsapp_solution_create", Needs: []string{"accessToken", "businessManager", "details"}},
	Bulky: []string{"ownerApp.id"}, // Sinch's own
	IDs:   map[string]string{"solutionId": "id"},
}

var whatsappSolutions = []Row{
	{
		Tool: "whatsapp_solution_list", Operation: "WhatsappSolutionsController_listSolutions_v1", Effect: Read, Resource: whatsappSolution,
		About:   "List the WhatsApp multi-partner solutions, and which one is assigned.",
		Phrases: []string{"which partner solutions exist", "multi-partner set-ups", "tech provider and solution partner", "which solution is assigned"},
		Columns: []Column{
			{Name: "solutionId", Path: "id"},
			{Name: "name", Path: "details.name"},
			{Name: "assigned", Path: "assigned"},
			{Name: "ownerApp", Path: "ownerApp.name"},
			{Name: "partnerApp", Path: "partnerApp.name"},
			{Name: "partnerAppId", Path: "partnerApp.id"},
		},
	},
	{
		Tool: "whatsapp_solution_get", Operation: "WhatsappSolutionsController_getSolution_v1", Effect: Read, Resource: whatsappSolution,
		About:   "Read one WhatsApp multi-partner solution.",
		Phrases: []string{"look at one partner solution", "status of a multi-partner solution", "details of the tech provider set-up"},
	},
	{
		Tool: "whatsapp_solution_create", Operation: "WhatsappSolutionsController_createSolution_v1", Effect: Create, Resource: whatsappSolution,
		About:     "Create a WhatsApp solution with the accessToken of the embedded solution flow. failedSolutions lists what was not created.",
		Phrases:   []string{"set up a partner solution", "become a tech provider", "add a multi-partner solution with a Meta token", "join a solution partner"},
		Done:      "created",
		Keep:      []string{"solutions.id", "solutions.details.name", "failedSolutions"},
		Next:      []Step{{Do: "see which solution is assigned", Tool: "whatsapp_solution_list"}},
		Example:   `{"accessToken":"the token of the signup"}`,
		Reconcile: &Reconcile{Read: "whatsapp_solution_list", Same: map[string]string{"details.name": "details.name"}},
	},
	{
		Tool: "whatsapp_solution_assign", Operation: "WhatsappSolutionsController_assignSolution_v1", Effect: Action, Resource: whatsappSolution,
		About: "Assign a WhatsApp solution to the project, so that Embedded Signup can onboard it.",
		Phrases: []string{
			"choose the partner solution of a project", "use this solution for embedded signup",
			"switch the project to a tech provider", "activate a multi-partner solution",
		},
		Done:    "assigned",
		Next:    []Step{{Do: "onboard a sender by Embedded Signup", Tool: "whatsapp_sender_create", Needs: []string{"wabaId", "phoneNumberId", "authenticationCode"}}},
		Confirm: "once the project is onboarded its solution cannot be changed",
	},
}
