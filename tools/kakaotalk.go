package tools

import "papi-mcp/internal/catalog"

var kakaotalkSenderNext = byState{
	"changes.status=IN_PROGRESS": {{Do: "look again {again}: the change is being reviewed{since}", Tool: "kakaotalk_sender_get"}},
	"changes.status=DRAFT": append([]catalog.Step{{
		Do: "where it lacks its three category codes, choose them with the person", Tool: "kakaotalk_sender_category_list",
		Check: lacksKakaotalkCategory,
	}}, submitDraft("kakaotalk_sender_update", senderUpdatable)...),
	"changes.status=REJECTED": { // an update takes only a DRAFT, unlike WhatsApp's
		{Do: "read what happened to it: a comment may say why", Tool: "kakaotalk_sender_activity_list"},
		{Do: "when the person agrees, discard the change, so that a corrected one can be handed in", Tool: "kakaotalk_sender_changes_discard"},
	},
	"INACTIVE":  {{Do: "start the registration: a code goes to the channel's manager", Tool: "kakaotalk_sender_register"}},
	"VERIFYING": {{Do: "ask the person for the code that arrived, and hand it in; if none arrived, kakaotalk_sender_register sends another", Tool: "kakaotalk_sender_verify", Needs: []string{"code"}}},
	"ACTIVE":    {{Do: "the sender is ready; look at its templates", Tool: "kakaotalk_template_list"}},
	"BLOCKED":   {askSupport("plusFriendId")},
	"SUSPENDED": {askSupport("plusFriendId")},
}

// lacksKakaotalkCategory reports whether the draft of a sender that never was live
// lacks one of its category codes.
func lacksKakaotalkCategory(sender any) bool {
	return lacks(sender, "topLevelCategoryCode", "midLevelCategoryCode", "subLevelCategoryCode")
}

// firstKakaotalkSender is what to do in a project without a KakaoTalk account.
// The categories are listed for a project that has one, and the first sender,
// which makes it, names categories: whether a draft without them makes it, the
// contract does not say.
var firstKakaotalkSender = []catalog.Step{
	{Do: "try a first sender as a draft without category codes: that may set the project up, though the API's documentation does not say so", Tool: "kakaotalk_sender_create", Args: map[string]any{"status": "DRAFT"}, Needs: []string{"plusFriendId", "details"}},
	{Do: "then kakaotalk_sender_category_list shows the categories, and kakaotalk_sender_update gives the draft three codes and submits it; where the list still can't be read, a person asks Sinch support for the codes"},
	{Do: "or create the first sender at once, where the person knows its three category codes", Tool: "kakaotalk_sender_create", Needs: []string{"plusFriendId", "details"}},
}

var kakaotalkTemplateRejected = []catalog.Step{
	{Do: "read what happened to it: a comment may say why it was rejected", Tool: "kakaotalk_template_activity_list"},
	{Do: "correct it and submit it again", Tool: "kakaotalk_template_update", Args: map[string]any{"status": "SUBMIT"}, Needs: []string{"details"}, States: kakaotalkTemplateUpdatable},
}

var kakaotalkTemplateNext = byState{
	"changes.status=DRAFT":       submitDraft("kakaotalk_template_update", kakaotalkTemplateUpdatable),
	"changes.status=IN_PROGRESS": {{Do: "look again {again}: it is being reviewed{since}", Tool: "kakaotalk_template_get"}},
	"changes.status=REJECTED":    kakaotalkTemplateRejected,
	"REJECTED":                   kakaotalkTemplateRejected,
	"APPROVED":                   {},
}

// stopped is what to do about a thing that no call here brings back, and whose
// activities have an entry for its state.
func stopped(activities, id string) []catalog.Step {
	return []catalog.Step{{Do: "read what happened to it: a comment may say why", Tool: activities}, askSupport(id)}
}

// askSupport is the last way for a thing that no call here brings back.
func askSupport(id string) catalog.Step {
	return catalog.Step{Do: "no call here brings it back: a person asks Sinch support, with the projectId and the " + id}
}
