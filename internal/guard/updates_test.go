package guard

import "testing"

func TestAnUpdateNamesAField(t *testing.T) {
	active := map[string]string{
		"kakaotalk_sender_get": `{"state": "ACTIVE"}`,
		"rcs_sender_get":       `{"state": "IN_TEST"}`,
		"whatsapp_sender_get":  `{"state": "ACTIVE"}`,
	}
	checkRule(t, []ruleCase{
		{name: "nothing", tool: "sms_app_update", args: `{"smsAppId": "s"}`, want: "empty_update", next: "sms_app_update"},
		{name: "a name", tool: "sms_app_update", args: `{"smsAppId": "s", "name": "Shop"}`, want: "allowed"},
		{name: "objects without a field", tool: "rcs_sender_update", args: `{"senderId": "s", "details": {"brand": {}, "questionnaire": {"us": {"answers": {}}}}}`, want: "empty_update", reads: []string{}},
		{name: "the version of a questionnaire is not a field", tool: "rcs_sender_update", args: `{"senderId": "s", "details": {}, "usQuestionnaireVersion": "v2"}`, want: "empty_update"},
		{name: "null is a field", tool: "rcs_sender_update", args: `{"senderId": "s", "details": {"countries": null}}`, want: "allowed"},
		{name: "false is a field", tool: "rcs_sender_update", args: `{"senderId": "s", "details": {"questionnaire": {"us": {"answers": {"embeddedLink": false}}}}}`, api: active, want: "allowed"},
		{name: "status DRAFT alone changes nothing", tool: "kakaotalk_sender_update", args: `{"plusFriendId": "p", "status": "DRAFT"}`, want: "empty_update"},
		{name: "status SUBMIT alone may submit what is pending", tool: "kakaotalk_sender_update", args: `{"plusFriendId": "p", "status": "SUBMIT"}`, api: active, want: "allowed"},
		{name: "a KakaoTalk template's update may be empty", tool: "kakaotalk_template_update", args: `{"plusFriendId": "p", "templateCode": "c"}`, want: "allowed"},
	})
}
