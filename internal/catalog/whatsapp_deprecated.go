package catalog

var whatsappDeprecated = []Row{
	{
		Tool: "whatsapp_waba_list", Operation: "WhatsappEmbeddedSignupHelperController_listWabaDetailsForToken_v1", Effect: Read,
		About:   "List the WhatsApp Business Accounts and shared numbers of a Meta token. Changes nothing. Deprecated.",
		Phrases: []string{"which WABAs does this Facebook token see", "list business accounts by token", "numbers shared in the old embedded signup"},
		Title:   "List WhatsApp Business Accounts",
		Example: `{"facebookToken":"the token of the signup"}`,
		Columns: []Column{
			{Name: "wabaId", Path: "id"},
			{Name: "phoneNumberId", Path: "numbers", Show: wabaNumbers},
		},
	},
	{
		Tool: "whatsapp_access_token_create", Operation: "WhatsappEmbeddedSignupHelperController_createLongLivedAccessToken_v1", Effect: Create,
		About:     "Create a long-lived Meta access token from a token or code of the embedded signup. Deprecated.",
		Phrases:   []string{"exchange the Facebook code for a token", "long-lived Meta token", "extend an access token"},
		Done:      "token created",
		Keep:      []string{"longLivedAccessToken"},
		Title:     "Create Meta access token",
		Example:   `{"facebookCode":"the code of the signup"}`,
		Confirm:   "makes a Meta access token that is valid for 60 days",
		Reconcile: &Reconcile{},
	},
}
