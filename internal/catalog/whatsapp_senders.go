package catalog

var whatsappSender = &Resource{
	Name: "whatsapp_sender",
	Get:  "whatsapp_sender_get", List: "whatsapp_sender_list", Create: "whatsapp_sender_create",
	NoneHere: "project_not_initialized",
	Empty:    Step{Do: "create one", Tool: "whatsapp_sender_create", Needs: []string{"details"}},
	Complete: map[string]Completion{"whatsapp_senders": {Field: "id"}},
	Bulky:    []string{"compatibleRegions", "metaLocalStorage"},
	IDs:      map[string]string{"senderId": "id", "conversationAppId": "conversationApiAppDetails.id"},
	State:    "state", Pending: "changes.status",
	States: []State{
		{
			Name: "IN_PROGRESS", Class: Pending, Means: "being set up", Moves: "Sinch and Meta", Lasts: Lasting{First: minute, Overdue: day},
			Next: []Step{{Do: "check again {again}: the sender is being set up{since}", Tool: "whatsapp_sender_get"}},
		},
		{
			Name: "PENDING_VERIFICATION", Class: ActionRequired, Means: "waits for the code", Moves: "`whatsapp_sender_register`, then `whatsapp_sender_verify`",
			Next: []Step{
				{Do: "have a code sent by SMS or VOICE", Tool: "whatsapp_sender_register", Needs: []string{"method"}},
				{Do: "submit the code that the person got", Tool: "whatsapp_sender_verify", Needs: []string{"code"}},
				{Do: "after the correct code it becomes ACTIVE: check again", Tool: "whatsapp_sender_get"},
			},
		},
		{
			Name: "ACTIVE", Class: Success, Production: true, Means: "can send",
			Next: []Step{{Do: "it is ready; a first message needs an approved template", Tool: "whatsapp_template_list"}},
		},
		{Name: "INACTIVE", Class: Failure, Means: "exists, but is not active", Moves: "Sinch support", Next: stopped("whatsapp_sender_activity_list", "senderId")},
		{Name: "SUSPENDED", Class: Failure, Means: "suspended temporarily, for administrative or policy reasons", Moves: "Sinch support", Next: []Step{askSupport("senderId")}},
		{Name: "ERROR", Class: Failure, Means: "an operation failed", Moves: "Sinch support", Next: stopped("whatsapp_sender_activity_list", "senderId")},
	},
	Changes: []State{
		{
			Name: "DRAFT", Class: ActionRequired, Means: "only saved", Moves: "`whatsapp_sender_update` with `status` SUBMIT",
			Next: submitDraft(WhatsappSenderUpdate, "WhatsappInputSenderPartnerInitiatedDetailsDto"),
		},
		{
			Name: "IN_PROGRESS", Class: Pending, Means: "submitted, being processed", Moves: "Sinch and Meta", Lasts: Lasting{First: minute, Overdue: day},
			Next: []Step{{Do: "check again {again}: the change is under way{since}", Tool: "whatsapp_sender_get"}},
		},
		{
			Name: "REJECTED", Class: Failure, Means: "reviewed and rejected", Moves: "`whatsapp_sender_update` or `whatsapp_sender_changes_discard`",
			Next: []Step{
				{Do: "read its activities: one may say why", Tool: "whatsapp_sender_activity_list"},
				resubmit(WhatsappSenderUpdate, "correct and submit it"),
				{Do: "or discard the change, if the person agrees", Tool: "whatsapp_sender_changes_discard"},
			},
		},
		{ // changes in ERROR can't be updated, only discarded
			Name: "ERROR", Class: Failure, Means: "the change failed", Moves: "`whatsapp_sender_changes_discard`, then submit the change again",
			Next: []Step{
				{Do: "changes.errorReason says why; its activities may say more", Tool: "whatsapp_sender_activity_list"},
				{Do: "discard the change, if the person agrees; then submit it again", Tool: "whatsapp_sender_changes_discard"},
			},
		},
		{
			Name: "MULTIPLE_WABA_ERROR", Class: Failure, Means: "the project has several WhatsApp Business Accounts; deprecated", Moves: "Sinch support",
			Next: []Step{{Do: "the project has more than one WhatsApp Business Account: ask the person to contact Sinch support"}},
		},
	},
	Parts: []Part{
		{
			Name: "displayName", Field: "metadata.displayName.status", Value: "metadata.displayName.value", Reason: "metadata.displayName.rejectionReason",
			States: reviewedByMeta("display name", resubmit(WhatsappSenderUpdate, "choose another display name")),
		},
		{
			Name: "username", Field: "metadata.username.status", Value: "metadata.username.value", Reason: "metadata.username.rejectionReason",
			States: reviewedByMeta("username",
				Step{Do: "see which usernames are free", Tool: "whatsapp_sender_username_suggest", Requires: WhatsappSenderUpdate},
				resubmit(WhatsappSenderUpdate, "set the chosen username")),
		},
		channelPart("whatsapp_sender_get"),
	},
	Reason:        "changes.errorReason",
	Since:         "modified|created",
	Quality:       "qualityRating",
	Preconditions: []*Precondition{WhatsappSenderUpdate, WhatsappSenderDisplayName, WhatsappSenderDiscard, WhatsappSenderRegister},
}

// What the state of a WhatsApp sender must be.
var (
	WhatsappSenderUpdate = &Precondition{
		Code: "guard_whatsapp_sender_update_state", About: "A WhatsApp sender can be updated", Tools: []string{"whatsapp_sender_update"},
		Live: []string{"ACTIVE"}, Changes: []string{"DRAFT", "REJECTED"},
		Errors: []string{"sender_not_updatable", "sender_changes_not_updatable"}, Source: "update, 1.2.117",
	}
	WhatsappSenderDisplayName = &Precondition{
		Code: "guard_whatsapp_display_name_review", About: "The display name of a WhatsApp sender can be changed", Tools: []string{"whatsapp_sender_update"},
		Field: "metadata.displayName.status", NotLive: []string{"PENDING"},
		Errors: []string{"sender_display_name_update_not_allowed"}, Source: "update, 1.2.117",
	}
	WhatsappSenderDiscard = &Precondition{
		Code: "guard_whatsapp_sender_discard_state", About: "Pending changes of a WhatsApp sender can be discarded", Tools: []string{"whatsapp_sender_changes_discard"},
		Changes: []string{"DRAFT", "REJECTED", "ERROR"}, MustPend: true, FailClosed: true,
		Errors: []string{"sender_changes_not_deletable", "sender_changes_not_found"}, Source: "deleteChanges, 1.2.117",
	}
	WhatsappSenderRegister = &Precondition{
		Code: "guard_register_state", About: "A WhatsApp sender can be registered and verified", Tools: []string{"whatsapp_sender_register", "whatsapp_sender_verify"},
		Live: []string{"PENDING_VERIFICATION"}, MustBeLive: true,
		Errors: []string{"not_allowed_register", "not_allowed_verify"}, Source: "register, verify, 1.2.117",
	}
)

// reviewedByMeta are the statuses of a field that Meta reviews on its own
// (WhatsappWhatsAppSenderFieldUpdateStatusEnum, 1.2.117); again is what to do
// where it did not get through.
func reviewedByMeta(field string, again ...Step) []State {
	return []State{
		{Name: "APPROVED", Class: Success, Means: "approved and applied"},
		{
			Name: "PENDING", Class: Pending, Means: "under review", Moves: "Meta", Lasts: Lasting{First: 10 * minute, Overdue: 3 * day},
			Next: []Step{{Do: "check again {again}: Meta reviews the " + field + "{since}", Tool: "whatsapp_sender_get"}},
		},
		{
			Name: "DEFERRED", Class: Pending, Means: "the review is deferred", Moves: "Meta", Lasts: Lasting{First: hour, Overdue: 7 * day},
			Next: []Step{{Do: "check again {again}: " + field + " review deferred{since}", Tool: "whatsapp_sender_get"}},
		},
		{Name: "REJECTED", Class: Failure, Means: "reviewed and rejected", Moves: "`whatsapp_sender_update`, with another one", Next: again},
		{Name: "EXPIRED", Class: Failure, Means: "expired before completion", Moves: "`whatsapp_sender_update`, with another one", Next: again},
		{Name: "DELETED", Means: "removed"},
		{Name: "RESERVED", Means: "reserved, not finally approved"},
		{Name: "UNSPECIFIED", Means: "no status is given"},
		unrecognized,
	}
}

// Unrecognized is what the API shows for a value that it does not know itself.
const Unrecognized = "UNRECOGNIZED"

var unrecognized = State{Name: Unrecognized, Means: "a value that the API does not know"}

// channelPart is the channel in the Conversation app that a thing is connected
// to.
func channelPart(get string) Part {
	return Part{
		Name: "channelStatus", Field: "conversationApiAppDetails.channelStatus", Value: "conversationApiAppDetails.id",
		States: []State{
			{Name: "ACTIVE", Class: Success, Means: "works"},
			{
				Name: "PENDING", Class: Pending, Means: "the channel in the Conversation app is being set up", Moves: "Sinch", Lasts: Lasting{First: minute, Overdue: day},
				Next: []Step{{Do: "check again {again}: channel setup{since}", Tool: get}},
			},
			{
				Name: "FAILING", Class: Failure, Means: "the channel in the Conversation app fails", Moves: "a person, in the Sinch Dashboard",
				Next: []Step{{Do: "its channel in the Conversation app is {status}: ask the person to check it in the Sinch Dashboard"}},
			},
			unrecognized,
		},
	}
}

func whatsappSenderWait(more ...string) *Wait {
	return &Wait{
		Read: "whatsapp_sender_get",
		Triggers: append([]string{
			"WHATSAPP_SENDER_ACTIVE", "WHATSAPP_SENDER_PENDING_VERIFICATION", "WHATSAPP_SENDER_REJECTED",
			"WHATSAPP_SENDER_ERROR", "WHATSAPP_SENDER_INACTIVE",
		}, more...),
	}
}

var whatsappSenders = []Row{
	{
		Tool: "whatsapp_sender_list", Operation: "WhatsappSendersController_listSenders_v1", Effect: Read, Resource: whatsappSender,
		About:   "List the project's WhatsApp senders (phone numbers).",
		Phrases: []string{"which WhatsApp numbers do we have", "show our WhatsApp lines", "all phone numbers on WhatsApp", "which numbers are still inactive or pending"},
		Columns: []Column{
			{Name: "senderId", Path: "id"},
			{Name: "name", Path: "details.displayName|changes.details.displayName"},
			{Name: "countryCode", Path: "countryCode"},
			{Name: "phoneNumber", Path: "phoneNumber"},
			{Name: "state", Path: "state", Count: "state"},
			{Name: "pending", Path: "changes.status", From: FromPending},
			{Name: "refused", Path: "metadata.displayName.status|metadata.username.status|conversationApiAppDetails.channelStatus", From: FromRefused},
			{Name: "errorCode", Path: "changes.errorCode"},
			{Name: "qualityRating", Path: "qualityRating", Show: unlessUnknown},
			{Name: "conversationAppId", Path: "conversationApiAppDetails.id"},
		},
	},
	{
		Tool: "whatsapp_sender_get", Operation: "WhatsappSendersController_get_v1", Effect: Read, Resource: whatsappSender,
		About: "Read one WhatsApp sender: state, pending changes, profile, quality, Conversation app. bearerToken is shown only with reveal: true.",
		Phrases: []string{
			"is this number active on WhatsApp", "quality rating of a number",
			"messaging limit tier", "status of the display name review", "why can't this line send",
		},
	},
	{
		Tool: "whatsapp_sender_create", Operation: "WhatsappSendersController_createSender_v1", Effect: Create, Resource: whatsappSender,
		About: "Create a WhatsApp sender in one of three ways: Embedded Signup (wabaId, phoneNumberId, authenticationCode; no details), a new number (details with countryCode, phoneNumber, displayName), or partner-initiated (phoneNumberProvider and details; submitted unless status is DRAFT). Asynchronous: call wait with whatsapp_sender_get, then register and verify.",
		Phrases: []string{
			"add a phone number to WhatsApp", "connect a new line", "finish the Facebook embedded signup with wabaId and code",
			"bring my own number", "get a number from a provider for WhatsApp",
		},
		Done:      "created",
		Keep:      []string{"countryCode", "phoneNumber", "changes.errorCode", "changes.errorReason"},
		Example:   `{"wabaId":"100000000000001","authenticationCode":"the code of the signup","region":"EU","businessManager":"SINCH_UK"}`,
		Wait:      whatsappSenderWait(),
		Reconcile: &Reconcile{Read: "whatsapp_sender_list", Same: map[string]string{"details.phoneNumber": "phoneNumber", "details.countryCode": "countryCode"}, Unique: true},
	},
	{
		Tool: "whatsapp_sender_update", Operation: "WhatsappSendersController_update_v1", Effect: Update, Resource: whatsappSender,
		About: "Change the profile of an ACTIVE WhatsApp sender, or its pending changes in DRAFT or REJECTED. details is merged: fields left out keep their value. Without status the change is kept as a draft; SUBMIT submits it, also alone. Meta reviews a new displayName.",
		Phrases: []string{
			"edit the WhatsApp business profile", "upload a new logo or profile photo", "change the display name",
			"set the about text, website, email or opening address", "submit the pending draft of a number",
		},
		Done:    "updated",
		Keep:    []string{"changes.errorCode", "changes.errorReason"},
		Example: `{"details":{"about":"Open from 9 to 5."}}`,
		Wait:    whatsappSenderWait("WHATSAPP_SENDER_DISPLAY_NAME_UPDATED", "WHATSAPP_SENDER_USERNAME_UPDATED"),
	},
	{
		Tool: "whatsapp_sender_register", Operation: "WhatsappSendersController_register_v1", Effect: Action, Resource: whatsappSender,
		About:   "Have a one-time code sent to a WhatsApp sender in PENDING_VERIFICATION. Ask the person for the method, then for the code, and submit it with whatsapp_sender_verify.",
		Phrases: []string{"send me the verification code", "request an OTP by SMS or voice call", "resend the PIN", "start verifying a phone number", "I did not get a code"},
		Done:    "code requested",
		Keep:    []string{"verificationCodeSent"},
		Next: []Step{
			{Do: "Meta knows the number: verify without a code", Tool: "whatsapp_sender_verify", When: "verificationCodeSent=false"},
			{Do: "ask the person for the code", Tool: "whatsapp_sender_verify", Needs: []string{"code"}, Unless: "verificationCodeSent=false"},
		},
	},
	{
		Tool: "whatsapp_sender_verify", Operation: "WhatsappSendersController_verify_v1", Effect: Action, Resource: whatsappSender, RegisteredElsewhere: true,
		About:   "Submit the code that whatsapp_sender_register requested; never guess one. Leave it out only if Meta has verified the number. Asynchronous: call wait with whatsapp_sender_get.",
		Phrases: []string{"enter the OTP", "the code is 123456", "confirm ownership of the number with the PIN", "submit the verification code for WhatsApp"},
		Done:    "verified",
		Next:    []Step{{Do: "wait until it is ACTIVE", Tool: "whatsapp_sender_get", Waits: true, Ends: []string{"ACTIVE"}}}, // it shows PENDING_VERIFICATION at first
		Example: `{"code":"123456"}`,
		Wait:    whatsappSenderWait(),
	},
	{
		Tool: "whatsapp_sender_username_suggest", Operation: "WhatsappSendersController_getSuggestedUsernames_v1", Effect: Read,
		About:   "Suggest free usernames for a WhatsApp sender.",
		Phrases: []string{"ideas for a username", "is there a free handle", "which business username is available"},
		Title:   "Suggest usernames for WhatsApp sender",
		Next:    []Step{{Do: "set the chosen username", Tool: "whatsapp_sender_update", Args: map[string]any{"status": Submit}, Needs: []string{"details"}}},
	},
	{
		Tool: "whatsapp_sender_changes_discard", Operation: "WhatsappSendersController_deleteChanges_v1", Effect: Delete,
		About: "Discard a WhatsApp sender's pending changes in DRAFT, REJECTED or ERROR.",
		Phrases: []string{
			"undo the edits of a number that are not live", "cancel the pending profile change",
			"revert the draft of a WhatsApp number", "drop the rejected display name",
		},
		Done:    "changes discarded",
		Next:    []Step{{Do: "see which senders are left: one that was never live was removed with its changes", Tool: "whatsapp_sender_list"}},
		Confirm: "pending changes of the sender are lost",
	},
	{
		Tool: "whatsapp_sender_delete", Operation: "WhatsappSendersController_delete_v1", Effect: Delete,
		About:   "Remove a WhatsApp sender: it stays ACTIVE for 30 days, then it is gone.",
		Phrases: []string{"disconnect a number from WhatsApp", "deactivate a phone number", "we no longer need this line", "release the number"},
		Done:    "marked for removal",
		Next:    []Step{{Do: "inform the person: it works for 30 more days, then it is gone; until then lists still show it", Tool: "whatsapp_sender_list"}},
		Confirm: "the sender goes after 30 days, and cannot be kept",
	},
	activityList("whatsapp_sender_activity_list", "WhatsappSendersController_listActivities_v1", "List the history of a WhatsApp sender: edits, comments, rejections and errors with their reason. Approved updates and suspensions have no entry: see whatsapp_sender_get.",
		"history of a phone number", "why was the number rejected", "who changed the WhatsApp profile", "timeline of a line", "what went wrong with this number"),
	commentAdd("whatsapp_sender_comment_add", "WhatsappSendersController_createComment_v1", "Add a comment to a WhatsApp sender, for its reviewers.",
		"tell the reviewers something about a number", "reply to a question on the WhatsApp number", "leave a note on a line"),
}
