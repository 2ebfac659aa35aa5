package tools

var kakaotalkSenderNext = byState{
	"changes.status=IN_PROGRESS": {{do: "look again {again}: the change is being reviewed{since}", tool: "kakaotalk_sender_get"}},
	"changes.status=DRAFT": append([]step{{
		do: "where it lacks its three category codes, choose them with the person", tool: "kakaotalk_sender_category_list",
		check: lacksKakaotalkCategory,
	}}, submitDraft("kakaotalk_sender_update", senderUpdatable)...),
	"changes.status=REJECTED": { // an update takes only a DRAFT, unlike WhatsApp's
		{do: "read what happened to it: a comment may say why", tool: "kakaotalk_sender_activity_list"},
		{do: "when the person agrees, discard the change, so that a corrected one can be handed in", tool: "kakaotalk_sender_changes_discard"},
	},
	"INACTIVE":  {{do: "start the registration: a code goes to the channel's manager", tool: "kakaotalk_sender_register"}},
	"VERIFYING": {{do: "ask the person for the code that arrived, and hand it in; if none arrived, kakaotalk_sender_register sends another", tool: "kakaotalk_sender_verify", needs: []string{"code"}}},
	"ACTIVE":    {{do: "the sender is ready; look at its templates", tool: "kakaotalk_template_list"}},
	"BLOCKED":   {askSupport("plusFriendId")},
	"SUSPENDED": {askSupport("plusFriendId")},
}

// lacksKakaotalkCategory tells whether the draft of a sender that never was live
// lacks one of its category codes.
func lacksKakaotalkCategory(sender any) bool {
	return lacks(sender, "topLevelCategoryCode", "midLevelCategoryCode", "subLevelCategoryCode")
}

// firstKakaotalkSender is what to do in a project without a KakaoTalk account.
// The categories are listed for a project that has one, and the first sender,
// which makes it, names categories: whether a draft without them makes it, the
// contract does not say.
var firstKakaotalkSender = []step{
	{do: "try a first sender as a draft without category codes: that may set the project up, though the API's documentation does not say so", tool: "kakaotalk_sender_create", args: map[string]any{"status": "DRAFT"}, needs: []string{"plusFriendId", "details"}},
	{do: "then kakaotalk_sender_category_list shows the categories, and kakaotalk_sender_update gives the draft three codes and submits it; where the list still can't be read, a person asks Sinch support for the codes"},
	{do: "or create the first sender at once, where the person knows its three category codes", tool: "kakaotalk_sender_create", needs: []string{"plusFriendId", "details"}},
}

var kakaotalkTemplateRejected = []step{
	{do: "read what happened to it: a comment may say why it was rejected", tool: "kakaotalk_template_activity_list"},
	{do: "correct it and submit it again", tool: "kakaotalk_template_update", args: map[string]any{"status": "SUBMIT"}, needs: []string{"details"}, states: kakaotalkTemplateUpdatable},
}

var kakaotalkTemplateNext = byState{
	"changes.status=DRAFT":       submitDraft("kakaotalk_template_update", kakaotalkTemplateUpdatable),
	"changes.status=IN_PROGRESS": {{do: "look again {again}: it is being reviewed{since}", tool: "kakaotalk_template_get"}},
	"changes.status=REJECTED":    kakaotalkTemplateRejected,
	"REJECTED":                   kakaotalkTemplateRejected,
	"APPROVED":                   {},
}

// stopped is what to do about a thing that no call here brings back, and whose
// activities have an entry for its state.
func stopped(activities, id string) []step {
	return []step{{do: "read what happened to it: a comment may say why", tool: activities}, askSupport(id)}
}

// askSupport is the last way for a thing that no call here brings back.
func askSupport(id string) step {
	return step{do: "no call here brings it back: a person asks Sinch support, with the projectId and the " + id}
}
