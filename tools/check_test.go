package tools

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

func TestModelSlipsAreCoerced(t *testing.T) {
	for _, tt := range []struct {
		name, tool, given string
		sent              string // the query or the body of the request
		warns             string // what the warning names
	}{
		{"a number as a text", "webhook_list", `{"pageSize":"5"}`, `pageSize=5`, "pageSize"},
		{"a bare value for a list of one", "whatsapp_sender_list", `{"filterStates":"ACTIVE"}`, `filterStates=ACTIVE`, "filterStates"},
		{"the spelling of a fixed value", "whatsapp_sender_list", `{"filterStates":["pending-verification"]}`, `filterStates=PENDING_VERIFICATION`, "filterStates[0]"},
		{"null for an optional argument", "webhook_list", `{"pageToken":null}`, ``, "pageToken"},
		{"a boolean as a text", "whatsapp_template_delete", `{"templateName":"a_b","languageCode":"en_us","deleteSubmitted":"true"}`, `deleteSubmitted=true`, "deleteSubmitted"},
		{"a number for a text", "whatsapp_sender_verify", `{"senderId":"s","code":123456,"registeredElsewhere":true}`, `{"code":"123456"}`, "code"},
		{"a text for a number", "kakaotalk_sender_verify", `{"plusFriendId":"@f","code":"123456"}`, `{"code":123456}`, "code"},
		{"an object as a text", "rcs_sender_update", `{"senderId":"s","details":"{\"countries\":[\"se\"]}"}`, `{"details":{"countries":["SE"]}}`, "details"},
		{"no triggers are ALL", "webhook_create", `{"target":"https://example.com/h","secret":"s"}`, `{"secret":"s","target":"https://example.com/h","triggers":["ALL"]}`, "triggers"},
		{"no triggers in a replacement are ALL", "webhook_replace", `{"webhookId":"w","target":"https://example.com/h","secret":"s"}`, `{"secret":"s","target":"https://example.com/h","triggers":["ALL"]}`, "triggers"},
		{"no triggers in an update stay as they are", "webhook_update", `{"webhookId":"w","secret":"s"}`, `{"secret":"s"}`, ""},
		{"triggers as a list of webhooks shows them", "webhook_update", `{"webhookId":"w","triggers":"whatsapp_template_approved whatsapp_template_rejected bundle_done"}`,
			`{"triggers":["WHATSAPP_TEMPLATE_APPROVED","WHATSAPP_TEMPLATE_REJECTED","BUNDLE_DONE"]}`, "read as WHATSAPP_TEMPLATE_APPROVED, WHATSAPP_TEMPLATE_REJECTED, BUNDLE_DONE"},
		{"fixed values in a text", "whatsapp_sender_list", `{"filterStates":"active, pending-verification"}`, `filterStates=ACTIVE&filterStates=PENDING_VERIFICATION`, "filterStates[0]"},
		{"null that deletes is sent", "whatsapp_sender_update", `{"senderId":"s","details":{"about":null}}`, `{"details":{"about":null}}`, ""},
		{"null that removes is sent", "whatsapp_template_update", `{"templateName":"a_b","languageCode":"DE","details":{"optimization":null}}`, `{"details":{"optimization":null}}`, ""},
		{"the variant by its fixed values", "whatsapp_template_update", `{"templateName":"a_b","languageCode":"DE","details":{"components":[{"type":"body","text":"hi"}]}}`,
			`{"details":{"components":[{"text":"hi","type":"BODY"}]}}`, "details.components[0].type"},
		{"an integer with a point", "webhook_list", `{"pageSize":5.0}`, `pageSize=5`, ""},
		{"an integer with an exponent", "webhook_list", `{"pageSize":"1e1"}`, `pageSize=10`, "pageSize"},
		{"blanks around a fixed value", "sms_app_create", `{"name":"a","region":" eu "}`, `{"name":"a","region":"EU"}`, "region"},
		{"big numbers stay exact", "kakaotalk_sender_verify", `{"plusFriendId":"@f","code":9007199254740993}`, `{"code":9007199254740993}`, ""},
		{"a boolean or an object as a text", "bundle_create", `{"name":"a","region":"EU","smsApp":"true","convApp":"{\"name\":\"b\"}"}`, `{"convApp":{"name":"b"},"name":"a","region":"EU","smsApp":true}`, "smsApp: the string converted to true"},
		{"the end of one value, where all begin alike", "kakaotalk_template_create", `{"plusFriendId":"@f","details":{"name":"a","language":"ko","content":"c","emphasizeType":"TEXT"}}`,
			`{"details":{"content":"c","emphasizeType":"EMPHASIZE_TYPE_TEXT","language":"KO","name":"a"}}`, `details.emphasizeType: \"TEXT\" converted to \"EMPHASIZE_TYPE_TEXT\"`},
		{"the other code of a country", "rcs_sender_update", `{"senderId":"s","details":{"countries":["UK","se"]}}`, `{"details":{"countries":["GB","SE"]}}`, "details.countries[0]"},
		{"a language with its country", "whatsapp_template_create", `{"name":"a_b","language":"pt-br","category":"utility","status":"draft"}`, `{"category":"UTILITY","language":"PT_BR","name":"a_b","status":"DRAFT"}`, "language"},
		{"a number where digits are meant", "whatsapp_sender_create", `{"details":{"countryCode":1,"phoneNumber":5550100001,"displayName":"x"}}`, `{"details":{"countryCode":"1","displayName":"x","phoneNumber":"5550100001"}}`, "details.countryCode"},
		{"the link of an app", "kakaotalk_template_create", `{"plusFriendId":"@f","details":{"name":"a","language":"KO","content":"c","buttons":[{"ordering":1,"type":"APP_LINK","name":"b","schemeIos":"exampleshop://open"}]}}`,
			`{"details":{"buttons":[{"name":"b","ordering":1,"schemeIos":"exampleshop://open","type":"APP_LINK"}],"content":"c","language":"KO","name":"a"}}`, "details.buttons[0].schemeIos"},
		{"a deprecated variant", "whatsapp_account_create", `{"clientBusinessManagerId":"1","companyLegalName":"Example"}`, `{"clientBusinessManagerId":"1","companyLegalName":"Example"}`, "the body"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			row := catalog.Lookup(tt.tool)
			set, api := newSet(t, answerTo(row.Op(), http.StatusOK, map[string]any{}), nil)
			r := result(t, do(t, set, tt.tool, json.RawMessage(tt.given)))
			got := api.last()
			sent := got.body
			if row.Op().Body == nil {
				var pairs []string
				for name, values := range got.query {
					for _, v := range values {
						pairs = append(pairs, name+"="+v)
					}
				}
				sent = strings.Join(pairs, "&")
			}
			if strings.TrimSpace(sent) != tt.sent {
				t.Errorf("sent %s, want %s", sent, tt.sent)
			}
			warnings := string(encode(r["warnings"]))
			if tt.warns == "" && r["warnings"] != nil || !strings.Contains(warnings, tt.warns) {
				t.Errorf("warnings %s, want one of %q", warnings, tt.warns)
			}
		})
	}
}

// The triggers that the table of webhooks shows can be given back as they are, in one
// text or in parts.
func TestShownTriggersAreRead(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	all := papi.LookupSchema("WebhookWebhookTriggersEnum").EnumTexts()
	column := catalog.Lookup("webhook_list").Columns[slices.IndexFunc(catalog.Lookup("webhook_list").Columns, func(c catalog.Column) bool { return c.Name == "triggers" })]
	texts := func(values []string) (list []any) {
		for _, value := range values {
			list = append(list, value)
		}
		return list
	}
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		var triggers []string
		for _, i := range random.Perm(len(all))[:1+n%len(all)] {
			triggers = append(triggers, all[i])
		}
		shown := column.Show(texts(triggers)).(string)
		slices.Sort(triggers)
		for _, given := range []any{shown, []any{shown}, texts(strings.Fields(shown)), texts(strings.Split(shown, ",")), strings.ReplaceAll(shown, " ", ", ")} {
			for _, tool := range []string{"webhook_create", "webhook_replace", "webhook_update"} {
				args := map[string]any{"webhookId": "w", "target": "https://example.com/h", "secret": "sixteen-or-more-signs", "triggers": given}
				if tool == "webhook_create" {
					delete(args, "webhookId")
				}
				c, e := newArguments(catalog.Lookup(tool), true).check(args)
				if e != nil {
					t.Fatalf("%s %v: %s", tool, given, encode(e))
				}
				if got := slices.Sorted(slices.Values(jsonvalue.Texts(c.args, "triggers"))); !slices.Equal(got, triggers) {
					t.Fatalf("%s %v: %q, want %q", tool, given, got, triggers)
				}
			}
		}
	}
	for given, allowed := range map[string]string{
		"whatsapp_template":                       "WHATSAPP_TEMPLATE_APPROVED",
		"template.approved":                       "KAKAOTALK_TEMPLATE_APPROVED",
		"_rejected":                               "WHATSAPP_TEMPLATE_REJECTED",
		"ALL whatsapp_template_lost":              "WHATSAPP_TEMPLATE_REJECTED",
		"bundle_done whatsapp_sender_aktive":      "WHATSAPP_SENDER_ACTIVE",
		"whatsapp_template_approved, sender_lost": "WHATSAPP_SENDER_ACTIVE",
	} {
		_, e := newArguments(catalog.Lookup("webhook_update"), true).check(map[string]any{"webhookId": "w", "triggers": given})
		if text := string(encode(e)); e == nil || !strings.Contains(text, `"`+allowed+`"`) {
			t.Errorf("%s does not show %s: %s", given, allowed, text)
		}
	}
}

// A code of digits may begin with zeros, and be given as text: as a number it
// is the same code.
func TestACodeWithLeadingZeros(t *testing.T) {
	set, api := newSet(t, answerJSON(http.StatusOK, map[string]any{"plusFriendId": "@a", "state": "ACTIVE"}), nil)
	for given, want := range map[string]string{`"012345"`: `{"code":12345}`, `"000000"`: `{"code":0}`, `654321`: `{"code":654321}`} {
		result(t, do(t, set, "kakaotalk_sender_verify", json.RawMessage(`{"plusFriendId":"@a","code":`+given+`}`)))
		if got := api.last().body; got != want {
			t.Errorf("%s: sent %s", given, got)
		}
	}
	e := failure(t, do(t, set, "kakaotalk_sender_verify", json.RawMessage(`{"plusFriendId":"@a","code":"12a45"}`)))
	if e["errorCode"] != "invalid_arguments" {
		t.Errorf("got %s", encode(e))
	}
}

func TestAllViolationsAreToldAtOnce(t *testing.T) {
	set, api := newSet(t, answerJSON(http.StatusOK, nil), nil)
	type place struct{ path, allowed, nearest string }
	for _, tt := range []struct {
		name, tool, given string
		want              []place
	}{
		{"unknown, missing and wrong", "whatsapp_template_create",
			`{"nam":"Bad Name","language":"XX","category":"MARKETING","details":{"components":[{"type":"BODIE","text":"x"}]}}`,
			[]place{
				{"details.components[0].type", "BODY", "BODY"},
				{"language", "EN_US", ""},
				{"nam", "no such name", "name"},
				{"name", "required", ""},
			}},
		{"an id that is missing", "webhook_get", `{}`, []place{{"webhookId", "required", ""}}},
		{"an argument of another tool", "webhook_get", `{"webhookId":"w","all":true}`, []place{{"all", "no such name", ""}}},
		{"out of bounds", "webhook_list", `{"pageSize":16}`, []place{{"pageSize", "at most 15", ""}}},
		{"not a URL", "webhook_create", `{"target":"example","secret":"s"}`, []place{{"target", "a URL", ""}}},
		{"a code of 5", "whatsapp_sender_verify", `{"senderId":"s","code":"12345"}`, []place{{"code", "exactly 6 characters", ""}}},
		{"mixed variants", "whatsapp_sender_create", `{"wabaId":"1","phoneNumberId":"2","phoneNumberProvider":"SINCH"}`, []place{{"phoneNumberProvider", "not allowed with the other names", ""}}},
		{"no signup with a new number", "whatsapp_sender_create", `{"wabaId":"1","phoneNumberId":"2","details":{"displayName":"x"}}`, []place{{"details", "not allowed with the other names", ""}}},
		{"a place too high", "whatsapp_template_create", `{"name":"a_b","language":"it","category":"utility","components":[{"type":"BODY","text":"Hi there now."}]}`,
			[]place{{"components", "it belongs in details", "details.components"}, {"details", "required", ""}}},
		{"another one too high", "whatsapp_template_create", `{"name":"a_b","language":"IT","category":"UTILITY","messageSendTtlSeconds":600,"details":{"components":[{"type":"BODY","text":"Hi there now."}]}}`,
			[]place{{"messageSendTtlSeconds", "it belongs in details", "details.messageSendTtlSeconds"}}},
		{"a country too high", "whatsapp_sender_create", `{"countryCode":"49","details":{"displayName":"x","phoneNumber":"5550100001"}}`,
			[]place{{"countryCode", "it belongs in details", "details.countryCode"}, {"details.countryCode", "required, digits, such as", ""}}},
		{"a name of many places", "rcs_sender_create", `{"region":"EU","billingCategory":"CONVERSATIONAL","useCase":"OTP","answers":{}}`,
			[]place{{"answers", "it belongs in details.questionnaire.fr or in details.questionnaire.gb or in details.questionnaire.general or 2 other places",
				"details.questionnaire.fr.answers, details.questionnaire.gb.answers, details.questionnaire.general.answers"}}},
		{"a place too low", "whatsapp_template_create", `{"name":"a_b","language":"IT","details":{"components":[{"type":"BODY","text":"Hi there now."}],"category":"UTILITY"}}`,
			[]place{{"category", "required", ""}, {"details.category", "it belongs at the top level", "category"}}},
		{"a place too high, next to a name like it", "whatsapp_sender_create", `{"phoneNumberProvider":"CUSTOMER","phoneNumber":"5550100001","details":{"displayName":"x","vertical":"OTHER","countryCode":"1"}}`,
			[]place{{"phoneNumber", "it belongs in details", "details.phoneNumber"}}},
		{"a sibling's place", "rcs_sender_create", `{"region":"EU","billingCategory":"CONVERSATIONAL","useCase":"OTP","details":{"logoUrl":"https://example.com/a.png"},"countries":["GB"]}`,
			[]place{{"countries", "it belongs in details", "details.countries"}, {"details.logoUrl", "it belongs in details.brand", "details.brand.logoUrl"}}},
		{"answers without their object", "rcs_sender_create", `{"region":"EU","billingCategory":"CONVERSATIONAL","useCase":"OTP","details":{"questionnaire":{"verification":{"name":"Ann"},"us":{"taxId":"1"}}}}`,
			[]place{{"details.questionnaire.us.answers", "required", ""}, {"details.questionnaire.us.taxId", "it belongs in details.questionnaire.us.answers", "details.questionnaire.us.answers.taxId"},
				{"details.questionnaire.verification.answers", "required", ""}, {"details.questionnaire.verification.name", "it belongs in details.questionnaire.verification.answers", "details.questionnaire.verification.answers.name"}}},
		{"a template without its details", "kakaotalk_template_create", `{"plusFriendId":"@f","name":"a","content":"b","buttons":[]}`,
			[]place{{"buttons", "it belongs in details", "details.buttons"}, {"content", "it belongs in details", "details.content"}, {"details", "required", ""}, {"name", "it belongs in details", "details.name"}}},
		{"buttons next to their component", "whatsapp_template_create", `{"name":"a_b","language":"EN","category":"UTILITY","details":{"components":[{"type":"BODY","text":"Hi there."}],"buttons":[]}}`,
			[]place{{"details.buttons", "it belongs in details.components[]", "details.components[].buttons"}}},
		{"names of Meta's", "whatsapp_template_create", `{"name":"a_b","language":"EN","category":"AUTHENTICATION","details":{"components":[{"type":"BODY","add_security_recommendation":true},{"type":"BUTTONS","buttons":[{"type":"OTP","otp_type":"COPY_CODE","text":"Copy"}]}]}}`,
			[]place{{"details.components[0].add_security_recommendation", "no such name", "addSecurityRecommendation"}, {"details.components[1].buttons[0].otpType", "COPY_CODE", ""}, {"details.components[1].buttons[0].otp_type", "no such name", "otpType"}}},
		{"an example of Meta's", "whatsapp_template_create", `{"name":"a_b","language":"EN","category":"UTILITY","details":{"components":[{"type":"BODY","text":"Hi {{1}}, hello.","example":{"body_text":[["Ann"]]}}]}}`,
			[]place{{"details.components[0].example", "no such name", "examples"}}},
		{"a language of several", "whatsapp_template_create", `{"name":"a_b","language":"zh","category":"UTILITY","status":"DRAFT"}`, []place{{"language", "... of 72: schema_get path language", "ZH_CN, ZH_HK, ZH_TW"}}},
		{"a country where it is none of ours", "rcs_sender_update", `{"senderId":"s","details":{"countries":["IE"]}}`, []place{{"details.countries[0]", "... of 25: schema_get path details.countries", ""}}},
		{"a name of its own next to one elsewhere", "rcs_sender_create", `{"region":"EU","billingCategory":"CONVERSATIONAL","useCase":"OTP","details":{"brand":{"emails":[{"email":"a@example.com","label":"x"}]}}}`,
			[]place{{"details.brand.emails[0].address", "required", ""}, {"details.brand.emails[0].email", "no such name", "address"}}},
		{"another API's name, a place too high", "kakaotalk_template_create", `{"plusFriendId":"@f","templateContent":"b","details":{"name":"a","language":"KO","content":"c"}}`, []place{{"templateContent", "it belongs in details", "details.content"}}},
		{"names of Meta's that would tell the form", "whatsapp_sender_create", `{"waba_id":"1","phone_number_id":"2"}`,
			[]place{{"", "one of these forms", ""}, {"phone_number_id", "no such name", "phoneNumberId"}, {"waba_id", "no such name", "wabaId"}}},
		{"a place too high, and no form", "whatsapp_sender_create", `{"phoneNumber":"5550100001"}`, []place{{"", "one of these forms", ""}, {"phoneNumber", "it belongs in details", "details.phoneNumber"}}},
		{"a place too deep", "webhook_create", `{"webhook":{"target":"https://example.com/h","secret":"Zx81-vQp3-77Lm"}}`,
			[]place{{"secret", "required", ""}, {"target", "required", ""}, {"webhook", "give what it holds one level up: secret, target", ""}}},
		{"another name for the type", "whatsapp_template_create", `{"name":"a_b","language":"EN","category":"UTILITY","details":{"components":[{"type":"BODY","text":"Hi there."},{"type":"BUTTONS","buttons":[{"sub_type":"URL","text":"x","url":"https://example.com"}]}]}}`,
			[]place{{"details.components[1].buttons[0].sub_type", "no such name", "type"}, {"details.components[1].buttons[0].type", "required, one of COPY_CODE", ""}}},
		{"a text for an object", "whatsapp_template_create", `{"name":"a_b","language":"EN","category":"UTILITY","details":{"components":[{"type":"BODY","text":"Hi there."},{"type":"HEADER","format":"IMAGE","examples":["https://example.com/a.png"]}]}}`,
			[]place{{"details.components[1].examples[0]", "object: {url*:url, mimeType:", ""}}},
		{"no text for a fixed value", "sms_app_create", `{"name":"a","region":null}`, []place{{"region", "BR", ""}}},
		{"blanks around ids", "whatsapp_sender_create", `{"wabaId":"1 ","phoneNumberId":" 2","authenticationCode":"x"}`, []place{{"phoneNumberId", "without blanks around it", "2"}, {"wabaId", "without blanks around it", "1"}}},
		{"ids that were not filled in", "whatsapp_template_comment_add", `{"templateName":"{templateName}","languageCode":"EN","comment":"x"}`, []place{{"templateName", "a placeholder that was not filled in", ""}}},
		{"a plus sign before a country code", "whatsapp_sender_create", `{"details":{"countryCode":"+44","phoneNumber":"5550100001","displayName":"x"}}`, []place{{"details.countryCode", "digits only", "44"}}},
		{"a variable in a file's URL", "whatsapp_template_create", `{"name":"a_b","language":"EN","category":"UTILITY","details":{"components":[{"type":"BODY","text":"Hi there."},{"type":"HEADER","format":"IMAGE","examples":[{"url":"https://example.com/{{1}}.png"}]}]}}`,
			[]place{{"details.components[1].examples[0].url", "a placeholder that was not filled in", ""}}},
		{"a host that was not filled in", "webhook_create", `{"target":"https://<your-host>/h","secret":"Zx81-vQp3-77Lm"}`, []place{{"target", "a placeholder that was not filled in", ""}}},
		{"no port", "webhook_create", `{"target":"https://example.com:99999/h","secret":"Zx81-vQp3-77Lm"}`, []place{{"target", "a port from 1 to 65535", ""}}},
		{"a variable in a host", "whatsapp_template_create", `{"name":"a_b","language":"EN","category":"UTILITY","details":{"components":[{"type":"BODY","text":"Hi there."},{"type":"BUTTONS","buttons":[{"type":"URL","text":"x","url":"https://{{1}}.example.com","examples":["https://a.example.com"]}]}]}}`,
			[]place{{"details.components[1].buttons[0].url", "a {{1}} is allowed only at its end", ""}}},
		{"blanks around a phone number", "kakaotalk_sender_create", `{"plusFriendId":"@f","details":{"adminPhoneNo":" +15550100001","name":"n","topLevelCategoryCode":"001","midLevelCategoryCode":"0001","subLevelCategoryCode":"0001"}}`, []place{{"details.adminPhoneNo", "a phone number", ""}}},
		{"no boolean", "bundle_create", `{"name":"a","region":"EU","smsApp":"yes","convApp":[true]}`, []place{{"convApp", "boolean or object: {consentManagerSettings:", ""}, {"smsApp", "boolean or object: {name:<=255}|true, such as true", ""}}},
		{"more than a footer holds", "whatsapp_template_create", `{"name":"a_b","language":"EN","category":"UTILITY","details":{"components":[{"type":"BODY","text":"Hi there."},{"type":"FOOTER","text":"` + strings.Repeat("x", 62) + `"}]}}`,
			[]place{{"details.components[1].text", "at most 60 characters (given: 62)", ""}}},
		{"more buttons than a card has", "whatsapp_template_create", `{"name":"a_b","language":"EN","category":"MARKETING","details":{"components":[{"type":"BODY","text":"Hi there."},{"type":"CAROUSEL","cards":[{"components":[{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"a"},{"type":"QUICK_REPLY","text":"b"},{"type":"QUICK_REPLY","text":"c"}]}]}]}]}}`,
			[]place{{"details.components[1].cards[0].components[0].buttons", "at most 2 items (given: 3)", ""}}},
		{"no fields in details", "rcs_sender_update", `{"senderId":"s"}`, []place{{"details", "required", ""}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := failure(t, do(t, set, tt.tool, json.RawMessage(tt.given)))
			if e["errorCode"] != "invalid_arguments" || e["status"] != nil {
				t.Fatalf("got %s", encode(e))
			}
			found := e["additionalInformation"].(map[string]any)["violations"].([]any)
			if len(found) != len(tt.want) {
				t.Fatalf("got %s", encode(found))
			}
			for i, want := range tt.want {
				got := found[i].(map[string]any)
				nearest, _ := got["nearest"].(string)
				if got["path"] != want.path || nearest != want.nearest || !strings.Contains(string(encode(got["allowed"])), want.allowed) {
					t.Errorf("got %s, want %+v", encode(got), want)
				}
			}
		})
	}
	if api.count() != 0 {
		t.Errorf("%d requests were made", api.count())
	}
}

func TestSecretsAreNotRepeatedInViolations(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	for tool, args := range map[string]map[string]any{
		"webhook_create":         {"target": "https://example.com", "secret": strings.Repeat("canary", 30)},
		"whatsapp_sender_verify": {"senderId": "s", "code": "canary1"},
		"sms_app_create":         {"name": "n", "region": "EU", "secret": "canary"},
	} {
		if text := string(encode(failure(t, do(t, set, tool, args)))); strings.Contains(text, "canary") {
			t.Errorf("%s: %s", tool, text)
		}
	}
}

func TestBadIDsAreRefusedBeforeARequest(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	set, api := newSet(t, answerJSON(http.StatusOK, map[string]any{}), nil)
	for _, id := range []string{" a", "a\u00a0", "../x", "a/b", `a\b`, "%2e%2e", "%2E.", "", ".", "..", "a\x00b", "a\nb", strings.Repeat("x", 10<<20)} {
		for tool, args := range map[string]map[string]any{
			"webhook_get":                     {"webhookId": id},
			"rcs_test_number_get":             {"senderId": "s", "testNumber": id},
			"whatsapp_template_language_list": {"templateName": id},
			"webhook_list":                    {"projectId": id},
		} {
			out := do(t, set, tool, args)
			e := failure(t, out)
			if len(encode(e)) > 2000 {
				t.Errorf("%s: an error of %d bytes", tool, len(encode(e)))
			}
			if id == "" && tool == "webhook_list" {
				continue
			}
			if e["errorCode"] != "invalid_arguments" {
				t.Errorf("%s with %.20q: %v", tool, id, e["errorCode"])
			}
		}
	}
	if api.count() != 0 {
		t.Errorf("%d requests were made", api.count())
	}
	for _, id := range []string{"+15550100001", "@example", "a b", "ü", "a%b"} {
		result(t, do(t, set, "kakaotalk_sender_get", map[string]any{"plusFriendId": id}))
	}
}

func TestArgumentsThatAreNoObject(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	for _, raw := range []string{`[]`, `"x"`, `5`, `{`, `{} {}`, `true`} {
		if e := failure(t, do(t, set, "webhook_list", json.RawMessage(`0`))); e["errorCode"] != "invalid_arguments" {
			t.Errorf("%s: %v", raw, e["errorCode"])
		}
		out := set.Call(t.Context(), Caller{Principal: "test"}, "webhook_list", json.RawMessage(raw))
		if e := failure(t, out); e["errorCode"] != "invalid_arguments" {
			t.Errorf("%s: %v", raw, e["errorCode"])
		}
	}
}

func TestTheViolationsToldAreBounded(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	args := map[string]any{}
	for i := range maxNames {
		args[fmt.Sprintf("unknown%d", i)] = i
	}
	info := failure(t, do(t, set, "webhook_list", args))["additionalInformation"].(map[string]any)
	if shown := len(info["violations"].([]any)); shown == 0 || info["more"] != float64(maxNames-shown) {
		t.Errorf("%d listed, more: %v", len(info["violations"].([]any)), info["more"])
	}
}

// What is too big to be shown is described in JSON's words, not in Go's.
func TestViolationsSpeakJSON(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	many := strings.Repeat(`{"a":"bbbbbbbbbbbbbbbbbbbb"},`, 20) + `1`
	for _, args := range []string{`{"target":[` + many + `],"secret":"s"}`, `{"target":{"x":[` + many + `]},"secret":"s"}`, `[` + many + `]`, `"x"`, `true`, `1`} {
		text := string(encode(failure(t, do(t, set, "webhook_create", json.RawMessage(args)))))
		if strings.Contains(text, "interface {}") || strings.Contains(text, "map[") || strings.Contains(text, "float64") || strings.Contains(text, "json.Number") {
			t.Errorf("%.60s: %s", args, text)
		}
	}
}

// No two values of a list differ only in spelling, so that a corrected value can't
// mean another one.
func TestSpellingsDoNotCollide(t *testing.T) {
	for _, row := range catalog.Rows() {
		var look func(path string, s *papi.Schema)
		look = func(path string, s *papi.Schema) {
			s = s.Resolve()
			values := s.EnumTexts()
			for _, value := range values {
				loose := strings.ReplaceAll(strings.ToLower(value), "_", "-")
				if meant := papi.CanonicalValue(loose, values); meant != value {
					t.Errorf("%s: %s is taken as %s", path, loose, meant)
				}
			}
			for name, p := range s.Properties {
				look(path+"."+name, p)
			}
			if s.Items != nil {
				look(path+"[]", s.Items)
			}
			for _, v := range s.AnyOf {
				look(path, v)
			}
		}
		look(row.Tool, newArguments(row, true).checked)
	}
}

func TestADraftMayLeaveOut(t *testing.T) {
	set, api := newSet(t, answerJSON(http.StatusCreated, map[string]any{}), nil)
	draft := map[string]any{"status": "DRAFT", "name": "a_b", "language": "EN_US", "category": "MARKETING"}
	result(t, do(t, set, "whatsapp_template_create", draft))
	var sent map[string]any
	if err := json.Unmarshal([]byte(api.last().body), &sent); err != nil || !reflect.DeepEqual(sent, draft) {
		t.Errorf("sent %s", api.last().body)
	}
	// What is refused for that alone says so, for each tool that saves.
	for tool, args := range map[string]map[string]any{
		"whatsapp_template_create":  {"status": "SUBMIT", "name": "a_b", "language": "EN_US", "category": "MARKETING"},
		"kakaotalk_sender_create":   {"plusFriendId": "@f", "details": map[string]any{"name": "Example", "adminPhoneNo": "+15550100"}},
		"kakaotalk_template_create": {"plusFriendId": "@f", "details": map[string]any{"name": "Example", "language": "KO"}},
	} {
		if e := failure(t, do(t, set, tool, args)); !strings.Contains(fmt.Sprint(e["resolution"]), "save it with status DRAFT") {
			t.Errorf("%s: %v", tool, e["resolution"])
		}
		args["nonsense"] = 1
		if e := failure(t, do(t, set, tool, args)); strings.Contains(fmt.Sprint(e["resolution"]), "DRAFT") {
			t.Errorf("%s, with nonsense: %v", tool, e["resolution"])
		}
	}
	// An update keeps a draft unless its status is SUBMIT.
	result(t, do(t, set, "whatsapp_template_update", map[string]any{
		"templateName": "a_b", "languageCode": "DE", "details": map[string]any{"components": []any{map[string]any{"type": "HEADER", "format": "TEXT"}}},
	}))
}

// FuzzCheck: whatever comes as arguments, the check answers, and what it lets
// through keeps to the contract.
func FuzzCheck(f *testing.F) {
	tools := catalog.Rows()
	for i, row := range tools {
		least := newArguments(row, true).checked.Sample(false)
		f.Add(i, string(encode(least)))
	}
	f.Add(0, `{"pageSize":"5","fields":[null,{"a":"\u202e"}]}`)
	f.Add(13, `{"details":"[[[[","wabaId":1e400}`)
	all := make([]*arguments, len(tools))
	for i, row := range tools {
		all[i] = newArguments(row, true)
	}
	f.Fuzz(func(t *testing.T, i int, raw string) {
		a := all[uint(i)%uint(len(all))]
		given, e := parseObject(json.RawMessage(raw))
		if e != nil {
			return
		}
		c, e := a.check(given)
		if e != nil {
			if len(e.Info["violations"].([]papi.Violation)) == 0 {
				t.Error("refused without a violation")
			}
			return
		}
		again, e := a.check(c.args)
		if e != nil {
			t.Fatalf("what was let through is refused: %s", encode(e))
		}
		if !reflect.DeepEqual(again.args, c.args) {
			t.Errorf("coerced twice differs: %v and %v", c.args, again.args)
		}
	})
}

// A draft is offered where something is missing, not where something is wrong.
func TestADraftIsOfferedForWhatItMayLackAlone(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	body := `{"type":"BODY","text":"Hi there."}`
	for _, tt := range []struct {
		name, status, components string
		offered                  bool
	}{
		{"nothing is there", "", ``, true},
		{"a URL that is none", "", body + `,{"type":"BUTTONS","buttons":[{"type":"URL","text":"x","url":"a"}]}`, false},
		{"a URL that is missing", "", body + `,{"type":"BUTTONS","buttons":[{"type":"URL","text":"x"}]}`, true},
		{"a status that is none", `"status":"APPROVED",`, body, false},
	} {
		details := `"details":{"components":[` + tt.components + `]}`
		if tt.components == "" {
			details = `"details":{}`
		}
		e := failure(t, do(t, set, "whatsapp_template_create", json.RawMessage(`{"name":"a_b","language":"EN","category":"UTILITY",`+tt.status+details+`}`)))
		if got := strings.Contains(fmt.Sprint(e["resolution"]), "DRAFT"); got != tt.offered {
			t.Errorf("%s: %v", tt.name, e["resolution"])
		}
	}
}
