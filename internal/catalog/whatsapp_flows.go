package catalog

var whatsappFlow = &Resource{
	Name: "whatsapp_flow", Get: "whatsapp_flow_list", List: "whatsapp_flow_list",
	Empty: Step{Do: "flows are created at Meta: ask the person to create one there, if they need it"},
}

var whatsappFlows = []Row{
	{
		Tool: "whatsapp_flow_list", Operation: "WhatsappFlowsController_listFlows_v1", Effect: Read, Resource: whatsappFlow,
		About:   "List the WhatsApp Flows of the WhatsApp Business Account, for FLOW buttons of templates.",
		Phrases: []string{"which WhatsApp forms do we have", "show our Flows", "find a flow id for a button", "interactive forms made at Meta"},
		Next:    []Step{{Do: "see the screens of a flow", Tool: "whatsapp_flow_screen_list", Needs: []string{"flowId"}}},
		Columns: []Column{
			{Name: "flowId", Path: "id"},
			{Name: "name", Path: "name"},
			{Name: "state", Path: "status", Count: "state"},
		},
	},
	{
		Tool: "whatsapp_flow_screen_list", Operation: "WhatsappFlowsController_listFlowScreens_v1", Effect: Read,
		About:   "List the screens of a WhatsApp Flow.",
		Phrases: []string{"pages of a form", "steps of a flow", "which screen should the flow button open", "first screen of a form"},
		Columns: []Column{{Name: "navigateScreen", Path: "id"}},
	},
}
