package catalog

var whatsappSender = &Resource{
	Name: "whatsapp_sender",
	Get:  "whatsapp_sender_get", List: "whatsapp_sender_list", Create: "whatsapp_sender_create",
	Empty:    Step{Do: "there is none: create one", Tool: "whatsapp_sender_create", Needs: []string{"details"}},
	Complete: map[string]Completion{"whatsapp_senders": {Field: "id"}},
	Reaches:  "ACTIVE",
	IDs:      map[string]string{"senderId": "id", "conversationAppId": "conversationApiAppDetails.id"},
	State:    "state", Pending: "changes.status",
	Parts: []Part{
		{
			Name: "displayName", Field: "metadata.displayName.status", Value: "metadata.displayName.value", Reason: "metadata.displayName.rejectionReason",
			Pending: underReview, Refused: turnedDown,
		},
		{
			Name: "username", Field: "metadata.username.status", Value: "metadata.username.value", Reason: "metadata.username.rejectionReason",
			Pending: underReview, Refused: turnedDown,
		},
		channelPart,
	},
	Reason: "changes.errorReason",
	Since:  "modified|created",
	Lasts:  whatsappSenderLasts,
}

// Statuses of a field that Meta reviews by itself.
var (
	underReview = []string{"PENDING", "DEFERRED"}
	turnedDown  = []string{"REJECTED", "EXPIRED"}
)

// channelPart is the channel in the Conversation app that a thing is connected
// to.
var channelPart = Part{
	Name: "channelStatus", Field: "conversationApiAppDetails.channelStatus", Value: "conversationApiAppDetails.id",
	Pending: []string{"PENDING"}, Refused: []string{"FAILING"},
}

func whatsappSenderWait(also string, more ...string) *Wait {
	return &Wait{
		Read:        "whatsapp_sender_get",
		Done:        []string{"ACTIVE"},
		Failed:      []string{"ERROR", "SUSPENDED", "INACTIVE", "changes.status=REJECTED", "changes.status=ERROR", "changes.status=MULTIPLE_WABA_ERROR"},
		NeedsAction: []string{"PENDING_VERIFICATION", "changes.status=DRAFT"},
		Running:     []string{"IN_PROGRESS", "changes.status=IN_PROGRESS"},
		Also:        also,
		Triggers: append([]string{
			"WHATSAPP_SENDER_ACTIVE", "WHATSAPP_SENDER_PENDING_VERIFICATION", "WHATSAPP_SENDER_REJECTED",
			"WHATSAPP_SENDER_ERROR", "WHATSAPP_SENDER_INACTIVE",
		}, more...),
	}
}

var whatsappSenders = []Row{
	{
		Tool: "whatsapp_sender_list", Operation: "WhatsappSendersController_listSenders_v1", Toolset: "whatsapp_senders", Effect: Read, Resource: whatsappSender,
		About: "List the project's WhatsApp senders (phone numbers); filter by state or by the status of pending changes.",
	},
	{
		Tool: "whatsapp_sender_get", Operation: "WhatsappSendersController_get_v1", Toolset: "whatsapp_senders", Effect: Read, Resource: whatsappSender,
		About: "Read one WhatsApp sender: state, pending changes, profile, quality, the Conversation app that it is connected to. Its bearerToken is shown only with reveal.",
	},
	{
		Tool: "whatsapp_sender_create", Operation: "WhatsappSendersController_createSender_v1", Toolset: "whatsapp_senders", Effect: Create, Resource: whatsappSender,
		About:     "Create a WhatsApp sender, in one of three ways that do not mix: Embedded Signup (wabaId, phoneNumberId, authenticationCode; no display name or other details: an update follows), a new number (details with countryCode, phoneNumber and displayName), or partner-initiated (phoneNumberProvider and details; submitted unless status is DRAFT). Asynchronous: follow it with whatsapp_sender_get; then register and verify.",
		Example:   `{"wabaId":"100000000000001","authenticationCode":"the code of the signup","region":"EU","businessManager":"SINCH_UK"}`,
		Wait:      whatsappSenderWait(""),
		Reconcile: &Reconcile{Read: "whatsapp_sender_list", Same: map[string]string{"details.phoneNumber": "phoneNumber", "details.countryCode": "countryCode"}, Unique: true},
	},
	{
		Tool: "whatsapp_sender_update", Operation: "WhatsappSendersController_update_v1", Toolset: "whatsapp_senders", Effect: Update, Resource: whatsappSender,
		About:   "Change the profile of an ACTIVE sender, or its pending changes in DRAFT or REJECTED. details is merged: fields left out stay, null deletes one. Without status the change is kept as a draft; status SUBMIT submits it, and alone submits the draft that pends. A new displayName is reviewed by Meta and pends in metadata.displayName.",
		Example: `{"details":{"about":"Open from 9 to 5."}}`,
		Wait:    whatsappSenderWait("metadata.displayName (a new display name pends there)", "WHATSAPP_SENDER_DISPLAY_NAME_UPDATED", "WHATSAPP_SENDER_USERNAME_UPDATED"),
	},
	{
		Tool: "whatsapp_sender_register", Operation: "WhatsappSendersController_register_v1", Toolset: "whatsapp_senders", Effect: Action, Resource: whatsappSender,
		About: "Have a one-time code sent to the phone number of a sender in PENDING_VERIFICATION. Ask the person how (SMS or VOICE), and then for the code; whatsapp_sender_verify takes it.",
		Next: []Step{
			{Do: "no code was sent, since Meta knows the number: verify without one", Tool: "whatsapp_sender_verify", When: "verificationCodeSent=false"},
			{Do: "ask the person for the code that arrived, and submit it", Tool: "whatsapp_sender_verify", Needs: []string{"code"}, Unless: "verificationCodeSent=false"},
		},
	},
	{
		Tool: "whatsapp_sender_verify", Operation: "WhatsappSendersController_verify_v1", Toolset: "whatsapp_senders", Effect: Action, Resource: whatsappSender, RegisteredElsewhere: true,
		About:   "Hand in the one-time code that whatsapp_sender_register had sent. Never guess a code. Leave it out only when Meta has already verified the number. Afterwards the sender becomes ACTIVE by itself: follow it with whatsapp_sender_get.",
		Next:    []Step{{Do: "see whether the sender has become ACTIVE, which it does by itself some time after the right code", Tool: "whatsapp_sender_get"}},
		Example: `{"code":"123456"}`,
		Wait:    whatsappSenderWait(""),
	},
	{
		Tool: "whatsapp_sender_username_suggest", Operation: "WhatsappSendersController_getSuggestedUsernames_v1", Toolset: "whatsapp_senders", Effect: Read,
		About: "Get usernames that are free for a sender.",
		Title: "Suggest usernames for WhatsApp sender",
		Next:  []Step{{Do: "ask the person which username to take, and set it", Tool: "whatsapp_sender_update", Args: map[string]any{"status": "SUBMIT"}, Needs: []string{"details"}}},
	},
	{
		Tool: "whatsapp_sender_changes_discard", Operation: "WhatsappSendersController_deleteChanges_v1", Toolset: "whatsapp_senders", Effect: Delete,
		About:   "Discard the pending changes of a sender, in status DRAFT, REJECTED or ERROR. A person must confirm.",
		Next:    []Step{{Do: "see the senders that are left: one that never was live went with its changes", Tool: "whatsapp_sender_list"}},
		Confirm: "pending changes of the sender are lost",
	},
	{
		Tool: "whatsapp_sender_delete", Operation: "WhatsappSendersController_delete_v1", Toolset: "whatsapp_senders", Effect: Delete,
		About:   "Mark a sender for removal: it stays ACTIVE for 30 days for its last messages and is then gone. A person must confirm.",
		Next:    []Step{{Do: "tell the person: it works for 30 more days, then it is gone; until then the list shows it as before", Tool: "whatsapp_sender_list"}},
		Confirm: "the sender goes after 30 days, and cannot be kept",
	},
	{
		Tool: "whatsapp_sender_activity_list", Operation: "WhatsappSendersController_listActivities_v1", Toolset: "whatsapp_senders", Effect: Read, Activities: true,
		About: "List what happened to a sender, newest first: edits, comments, rejections and errors (why, where it is said, is the comment). An approved update, display name or username and a suspension leave no entry: read them with whatsapp_sender_get.",
		Next:  activitiesStep("whatsapp_sender_comment_add"),
	},
	{
		Tool: "whatsapp_sender_comment_add", Operation: "WhatsappSendersController_createComment_v1", Toolset: "whatsapp_senders", Effect: Create,
		About:     "Add a comment to a sender, for the people who review it.",
		Title:     "Add comment to WhatsApp sender",
		Reconcile: commentReconcile("whatsapp_sender_activity_list"),
	},
}
