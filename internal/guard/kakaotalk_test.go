package guard

import (
	"testing"
)

func TestAKakaoTalkSenderIsThereOnce(t *testing.T) {
	const create = `{"plusFriendId": "p"}`
	list := func(senders string) map[string]string {
		return map[string]string{"kakaotalk_sender_list": `{"senders": [` + senders + `]}`}
	}
	checkRule(t, []ruleCase{
		{name: "the same id", tool: "kakaotalk_sender_create", args: create, api: list(`{"plusFriendId": "p", "state": "ACTIVE"}`), want: "kakaotalk_sender_unique", next: "kakaotalk_sender_get"},
		{name: "another id", tool: "kakaotalk_sender_create", args: create, api: list(`{"plusFriendId": "q", "state": "ACTIVE"}`), want: "allowed"},
		{name: "the account may be on its way", tool: "kakaotalk_sender_create", args: create, api: list(`{"plusFriendId": "q", "changes": {"status": "IN_PROGRESS"}}`), want: "allowed", warn: "account_is_in_progress"},
		{name: "the first of the project", tool: "kakaotalk_sender_create", args: create, fail: gone, want: "allowed"},
		{name: "a read that fails leaves it to the API", tool: "kakaotalk_sender_create", args: create, fail: down, want: "allowed", warn: "the API decides"},
	})
}

func TestKakaoTalkSenderCategories(t *testing.T) {
	api := map[string]string{
		"kakaotalk_sender_get":  `{"state": "ACTIVE"}`,
		"kakaotalk_sender_list": `{"senders": []}`,
		"kakaotalk_sender_category_list": `{"categories": [
			{"code": "001", "subcategories": [{"code": "0001", "subcategories": [{"code": "0001"}]}]},
			{"code": "019", "subcategories": [{"code": "0006", "subcategories": [{"code": "0001"}, {"code": "0002"}]}]}
		]}`,
	}
	create := func(top, mid, sub string) string {
		return `{"plusFriendId": "p", "details": {"topLevelCategoryCode": "` + top + `", "midLevelCategoryCode": "` + mid + `", "subLevelCategoryCode": "` + sub + `"}}`
	}
	const rule, list = "kakaotalk_sender_category", "kakaotalk_sender_category_list"
	checkRule(t, []ruleCase{
		{name: "a path of the tree", tool: "kakaotalk_sender_create", args: create("019", "0006", "0002"), api: api, want: "allowed"},
		{name: "codes of two branches", tool: "kakaotalk_sender_create", args: create("001", "0006", "0001"), api: api, want: rule, says: "001 > 0006 > 0001", next: list},
		{name: "two digits", tool: "kakaotalk_sender_create", args: create("19", "0006", "0001"), api: api, want: "kakaotalk_category_form", says: "topLevelCategoryCode must have exactly 3 digits", next: list, reads: []string{}},
		{name: "all wrong forms together", tool: "kakaotalk_sender_create", args: create("019", "6", "00x1"), api: api, want: "kakaotalk_category_form", says: "midLevelCategoryCode must have exactly 4 digits; details.subLevelCategoryCode"},
		{name: "a draft with none needs no read", tool: "kakaotalk_sender_create", args: `{"plusFriendId": "p", "status": "DRAFT"}`, api: api, want: "allowed", reads: []string{"kakaotalk_sender_list"}},
		{name: "an update of one level that is somewhere", tool: "kakaotalk_sender_update", args: `{"plusFriendId": "p", "details": {"midLevelCategoryCode": "0006"}}`, api: api, want: "allowed"},
		{name: "an update of one level that is nowhere", tool: "kakaotalk_sender_update", args: `{"plusFriendId": "p", "details": {"midLevelCategoryCode": "0009"}}`, api: api, want: rule},
		{name: "before the first sender there is no tree to read", tool: "kakaotalk_sender_create", args: create("019", "0006", "0001"), fail: gone, want: "allowed"},
	})
}

func TestKakaoTalkSendersChangeInTheirStates(t *testing.T) {
	in := func(thing string) map[string]string { return map[string]string{"kakaotalk_sender_get": thing} }
	const (
		update  = `{"plusFriendId": "p", "details": {"name": "New"}}`
		discard = `{"plusFriendId": "p"}`
		rule    = "kakaotalk_sender_update_state"
	)
	checkRule(t, []ruleCase{
		{name: "ACTIVE", tool: "kakaotalk_sender_update", args: update, api: in(`{"state": "ACTIVE"}`), want: "allowed"},
		{name: "ACTIVE with a draft of changes", tool: "kakaotalk_sender_update", args: update, api: in(`{"state": "ACTIVE", "changes": {"status": "DRAFT"}}`), want: "allowed"},
		{name: "a draft that never was live", tool: "kakaotalk_sender_update", args: update, api: in(`{"changes": {"status": "DRAFT"}}`), want: "allowed"},
		{name: "BLOCKED", tool: "kakaotalk_sender_update", args: update, api: in(`{"state": "BLOCKED"}`), want: rule, says: "its state is BLOCKED", next: "kakaotalk_sender_get"},
		{name: "INACTIVE", tool: "kakaotalk_sender_update", args: update, api: in(`{"state": "INACTIVE"}`), want: rule},
		{name: "changes in review", tool: "kakaotalk_sender_update", args: update, api: in(`{"state": "ACTIVE", "changes": {"status": "IN_PROGRESS"}}`), want: rule, says: "IN_PROGRESS"},
		{name: "changes that were rejected", tool: "kakaotalk_sender_update", args: update, api: in(`{"changes": {"status": "REJECTED"}}`), want: rule},
		{name: "an update whose read fails goes to the API", tool: "kakaotalk_sender_update", args: update, fail: down, want: "allowed", warn: "the API decides"},

		{name: "a draft is discarded", tool: "kakaotalk_sender_changes_discard", args: discard, api: in(`{"changes": {"status": "DRAFT"}}`), want: codeRequired, reads: []string{"kakaotalk_sender_get"}},
		{name: "rejected changes are discarded", tool: "kakaotalk_sender_changes_discard", args: discard, api: in(`{"state": "ACTIVE", "changes": {"status": "REJECTED"}}`), want: codeRequired},
		{name: "changes in review are not", tool: "kakaotalk_sender_changes_discard", args: discard, api: in(`{"changes": {"status": "IN_PROGRESS"}}`), want: "kakaotalk_sender_discard_state"},
		{name: "nothing is there to discard", tool: "kakaotalk_sender_changes_discard", args: discard, api: in(`{"state": "ACTIVE"}`), want: "kakaotalk_sender_discard_state", says: "no pending changes"},
		{name: "a discard whose read fails is refused", tool: "kakaotalk_sender_changes_discard", args: discard, fail: down, want: "read_failed"},
	})
}

func TestKakaoTalkTemplatesChangeInTheirStates(t *testing.T) {
	in := func(thing string) map[string]string { return map[string]string{"kakaotalk_template_get": thing} }
	const (
		update  = `{"plusFriendId": "p", "templateCode": "c", "details": {"content": "Hello"}}`
		discard = `{"plusFriendId": "p", "templateCode": "c"}`
	)
	checkRule(t, []ruleCase{
		{name: "APPROVED", tool: "kakaotalk_template_update", args: update, api: in(`{"state": "APPROVED"}`), want: "allowed"},
		{name: "REJECTED", tool: "kakaotalk_template_update", args: update, api: in(`{"state": "REJECTED"}`), want: "allowed"},
		{name: "a draft", tool: "kakaotalk_template_update", args: update, api: in(`{"changes": {"status": "DRAFT"}}`), want: "allowed"},
		{name: "rejected changes", tool: "kakaotalk_template_update", args: update, api: in(`{"state": "APPROVED", "changes": {"status": "REJECTED"}}`), want: "allowed"},
		{name: "in review", tool: "kakaotalk_template_update", args: update, api: in(`{"changes": {"status": "IN_PROGRESS"}}`), want: "kakaotalk_template_update_state", next: "kakaotalk_template_get"},

		{name: "a draft is discarded", tool: "kakaotalk_template_changes_discard", args: discard, api: in(`{"changes": {"status": "DRAFT"}}`), want: codeRequired, reads: []string{"kakaotalk_template_get"}},
		{name: "what was submitted is not", tool: "kakaotalk_template_changes_discard", args: discard, api: in(`{"changes": {"status": "REJECTED"}}`), want: "kakaotalk_template_discard_state"},
		{name: "the draft of one that was submitted is not", tool: "kakaotalk_template_changes_discard", args: discard, api: in(`{"state": "APPROVED", "changes": {"status": "DRAFT"}}`), want: "kakaotalk_template_discard_state", says: "needs a draft that was never submitted, and its state is APPROVED"},
		{name: "a discard whose read fails is refused", tool: "kakaotalk_template_changes_discard", args: discard, fail: down, want: "read_failed"},
	})
}

func TestKakaoTalkTemplateNamesAndCategories(t *testing.T) {
	api := map[string]string{
		"kakaotalk_template_get": `{"state": "APPROVED"}`,
		"kakaotalk_template_list": `{"templates": [
			{"code": "a", "details": {"name": "Welcome"}},
			{"code": "b", "changes": {"details": {"name": "Welcome back"}}}
		]}`,
		"kakaotalk_template_category_list": `{"categories": [{"subcategories": [{"code": "001001"}]}]}`,
	}
	create := func(details string) string { return `{"plusFriendId": "p", "details": {` + details + `}}` }
	update := func(details string) string {
		return `{"plusFriendId": "p", "templateCode": "a", "details": {` + details + `}}`
	}
	checkRule(t, []ruleCase{
		{name: "a name that is taken", tool: "kakaotalk_template_create", args: create(`"name": "Welcome"`), api: api, want: "kakaotalk_template_unique", says: "a", next: "kakaotalk_template_get"},
		{name: "the name of a draft is taken too", tool: "kakaotalk_template_update", args: update(`"name": "Welcome back"`), api: api, want: "kakaotalk_template_unique"},
		{name: "a name that only begins alike", tool: "kakaotalk_template_create", args: create(`"name": "Wel"`), api: api, want: "allowed"},
		{name: "a template keeps its own name", tool: "kakaotalk_template_update", args: update(`"name": "Welcome"`), api: api, want: "allowed"},

		{name: "a category that is there", tool: "kakaotalk_template_create", args: create(`"categoryCode": "001001"`), api: api, want: "allowed"},
		{name: "one that is not", tool: "kakaotalk_template_create", args: create(`"categoryCode": "001009"`), api: api, want: "kakaotalk_template_category", next: "kakaotalk_template_category_list"},
		{name: "none needs no read", tool: "kakaotalk_template_create", args: create(`"categoryCode": "999999"`), api: api, want: "allowed", reads: []string{}},
		{name: "a list that is truncated proves nothing", tool: "kakaotalk_template_create", args: create(`"categoryCode": "001009"`), want: "allowed",
			api: map[string]string{"kakaotalk_template_category_list": `{"nextPageToken": "more", "categories": [{"subcategories": [{"code": "001001"}]}]}`}},

		{name: "two buttons of a type", tool: "kakaotalk_template_create", args: create(`"buttons": [{"type": "WEB_LINK"}, {"type": "APP_LINK"}, {"type": "WEB_LINK"}]`), want: "kakaotalk_buttons", says: "buttons[2]"},
		{name: "two buttons of two types", tool: "kakaotalk_template_create", args: create(`"buttons": [{"type": "WEB_LINK"}, {"type": "APP_LINK"}]`), want: "allowed"},
	})
}

func TestAVariableOfWhatsAppInAKakaoTalkTemplateIsAWarning(t *testing.T) {
	details := func(fields string) string {
		return `{"plusFriendId": "@f", "details": {` + fields + `}}`
	}
	const create, update = "kakaotalk_template_create", "kakaotalk_template_update"
	checkRule(t, []ruleCase{
		{name: "KakaoTalk's own", tool: create, args: details(`"content": "Order #{number}"`), want: "allowed"},
		{name: "WhatsApp's", tool: create, args: details(`"content": "Order {{1}}"`), want: "allowed", warn: `details.content contains "{{1}}", which is how WhatsApp's variables are written; KakaoTalk's are written #{name}`},
		{name: "with a name", tool: update, args: details(`"title": "{{name}}"`), want: "allowed", warn: `details.title contains "{{name}}"`},
		{name: "in a button", tool: create, args: details(`"buttons": [{"type": "WEB_LINK", "name": "Open", "linkMo": "https://example.com/{{1}}"}]`), want: "allowed", warn: "details.buttons[0].linkMo contains"},
	})
}
