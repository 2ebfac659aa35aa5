package tools

import "papi-mcp/internal/catalog"

// firstKakaotalkSender is what to do in a project without a KakaoTalk account.
// The categories are listed for a project that has one, and the first sender,
// which makes it, names categories: whether a draft without them makes it, the
// contract does not say.
var firstKakaotalkSender = []catalog.Step{
	{Do: "try to create the first sender as a draft without category codes: that may set up the project, although the API's documentation does not say so", Tool: "kakaotalk_sender_create", Args: map[string]any{"status": "DRAFT"}, Needs: []string{"plusFriendId", "details"}},
	{Do: "then kakaotalk_sender_category_list shows the categories, and kakaotalk_sender_update gives the draft three codes and submits it; if the list still can't be read, a person must ask Sinch support for the codes"},
	{Do: "or create the first sender directly, if the person knows its three category codes", Tool: "kakaotalk_sender_create", Needs: []string{"plusFriendId", "details"}},
}
