package tools

import "papi-mcp/internal/catalog"

// firstKakaotalkSender is what to do in a project without a KakaoTalk account.
// The categories are listed for a project that has one, and the first sender,
// which makes it, names categories: whether a draft without them makes it, the
// contract does not say.
var firstKakaotalkSender = []catalog.Step{
	{Do: "try to create the first sender as a draft without category codes: that may set up the project", Tool: "kakaotalk_sender_create", Args: map[string]any{"status": "DRAFT"}, Needs: []string{"plusFriendId", "details"}},
	{Do: "then take three codes from kakaotalk_sender_category_list, and submit the draft with them; if that is empty, ask Sinch support for the codes"},
	{Do: "or create it directly, if the person knows its three codes", Tool: "kakaotalk_sender_create", Needs: []string{"plusFriendId", "details"}},
}
