package papi

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestViolations(t *testing.T) {
	const (
		webhook  = "WebhookWebhookController_createWebhook_v1"
		template = "WhatsappTemplatesController_createTemplate_v1"
		sender   = "WhatsappSendersController_createSender_v1"
		rcs      = "RcsSendersController_createSender_v1"
		kakao    = "KakaotalkSendersController_createSender_v1"
	)
	closed, draft := CheckOptions{Closed: true, Formats: true}, CheckOptions{Closed: true, Draft: true, Formats: true}
	valid := `"target":"https://example.com/hook","secret":"s","triggers":["ALL"]`
	head := `"name":"ab","language":"EN_US","category":"UTILITY"`

	for _, test := range []struct {
		name string
		op   string
		opts CheckOptions
		body string
		want string // path: allowed [given] (nearest), one a line
	}{
		{"valid", webhook, closed, `{` + valid + `}`, ``},
		{"numbers as a decoder may keep them", "KakaotalkSendersController_verifySender_v1", closed, `{"code":123456}`, ``},
		{"no object", webhook, closed, `[]`, `: object [[]]`},
		{"all in one list, by path", webhook, closed, `{"target":"example.com","triggers":["ALLE"]}`, `
secret: required, string [<nil>]
target: a URL such as https://example.com/path [example.com]
triggers[0]: a list with WHATSAPP_SENDER_ACTIVE [ALLE] (ALL)`},

		{"an unknown name in a closed object", webhook, closed, `{` + valid + `,"tarrget":1}`,
			`tarrget: no such name; known: secret, target, triggers [1] (target)`},
		{"one far from all", webhook, closed, `{` + valid + `,"zebra":true}`,
			`zebra: no such name; known: secret, target, triggers [true]`},
		{"one in an open object", webhook, CheckOptions{}, `{` + valid + `,"tarrget":1}`, ``},
		{"one deep inside", template, closed, `{` + head + `,"details":{"components":[],"komponents":1}}`,
			`details.komponents: no such name; known: components, messageSendTtlSeconds, optimization [1] (components)`},

		{"a secret is not shown", webhook, closed, `{"target":"https://example.com","secret":42,"triggers":["ALL"]}`, `secret: string [***]`},
		{"nor under a wrong name", webhook, closed, `{` + valid + `,"bearerToken":"x"}`, `bearerToken: no such name; known: secret, target, triggers [***]`},
		{"nor inside of what is shown", webhook, closed, `{"target":{"code":"x","a":1},"secret":"s","triggers":["ALL"]}`, `target: string [map[a:1 code:***]]`},
		{"a file where a URL is needed", webhook, closed, `{"target":"data:text/plain,x","secret":"x","triggers":["ALL"]}`, `target: a URL such as https://example.com/path; for a file, give its public URL: there is no upload [data:text/plain,x]`},
		{"a handle where a URL is needed", webhook, closed, `{"target":"4::aW1h","secret":"x","triggers":["ALL"]}`, `target: a URL such as https://example.com/path; for a file, give its public URL: there is no upload [4::aW1h]`},
		{"a path where a URL is needed", webhook, closed, `{"target":"C:\\\\a.png","secret":"x","triggers":["ALL"]}`, `target: a URL such as https://example.com/path; for a file, give its public URL: there is no upload [C:\\a.png]`},
		{"a long text is cut", webhook, closed, `{"target":"` + strings.Repeat("é", 300) + `","secret":"s","triggers":["ALL"]}`,
			`target: a URL such as https://example.com/path [` + strings.Repeat("é", 99) + `…]`},

		{"an enum, in other letters", template, closed, `{"name":"ab","language":"en_us","category":"UTILITY","details":{"components":[]}}`,
			`language: a list with PT_BR [en_us] (EN_US)`},
		{"a pattern", template, closed, `{"name":"Ab","language":"EN_US","category":"UTILITY","details":{"components":[]}}`,
			`name: a text that matches ^[a-z0-9][a-z0-9_]*[a-z0-9]$ [Ab]`},
		{"an email address", rcs, closed, `{"region":"EU","billingCategory":"BASIC_MESSAGE","useCase":"OTP","details":{"brand":{"emails":[{"address":"example.com","label":"x"}]}}}`,
			`details.brand.emails[0].address: an email address such as name@example.com [example.com]`},
		{"an email address with a name", rcs, closed, `{"region":"EU","billingCategory":"BASIC_MESSAGE","useCase":"OTP","details":{"brand":{"emails":[{"address":"A <a@example.com>","label":"x"}]}}}`,
			`details.brand.emails[0].address: an email address such as name@example.com [A <a@example.com>]`},
		{"a code too short", "WhatsappSendersController_verify_v1", closed, `{"code":"12345"}`, `code: a string of exactly 6 characters, without spaces [***]`},
		{"a code with a space", "WhatsappSendersController_verify_v1", closed, `{"code":"12 456"}`, `code: a string of exactly 6 characters, without spaces [***]`},
		{"a code as a number where it is a string", "WhatsappSendersController_verify_v1", closed, `{"code":123456}`, `code: string [***]`},

		{"what a draft may leave out", template, draft, `{` + head + `,"status":"DRAFT"}`, ``},
		{"and others may not", template, closed, `{` + head + `}`, `details: required, object [<nil>]`},
		{"what a draft may not leave out", template, draft, `{"name":"ab","category":"UTILITY"}`,
			`language: required, one of AF, AR, AZ, … [<nil>]`},
		{"deep inside a draft", template, draft, `{` + head + `,"details":{"components":[{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY"}]}]}}`, ``},
		{"deep inside of others", template, closed, `{` + head + `,"details":{"components":[{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY"}]}]}}`,
			`details.components[0].buttons[0].text: required, string [<nil>]`},
		{"a draft of another family", kakao, draft, `{"plusFriendId":"@friend"}`, ``},

		{"a union by its type", template, closed, `{` + head + `,"details":{"components":[{"type":"HEADER","format":"TEXT","text":5}]}}`,
			`details.components[0].text: string [5]`},
		{"a union within a union", template, closed, `{` + head + `,"details":{"components":[{"type":"BUTTONS","buttons":[{"type":"URL","text":"x"}]}]}}`,
			`details.components[0].buttons[0].url: required, string [<nil>]`},
		{"a type that no variant has", template, closed, `{` + head + `,"details":{"components":[{"type":"BODI","text":"x"}]}}`,
			`details.components[0].type: a list with CAROUSEL [BODI] (BODY)`},
		{"a union by the names that were used", sender, closed, `{"authenticationCode":7}`, `
authenticationCode: string [***]
phoneNumberId: required, string [<nil>]`},
		{"a signup without a WABA: the API looks it up", sender, closed, `{"phoneNumberId":"1","authenticationCode":"c"}`, ``},
		{"a union by a name, with a wrong value", sender, closed, `{"phoneNumberProvider":"CUSTOMR","details":{"countryCode":"1","displayName":"x","vertical":"OTHER"}}`,
			`phoneNumberProvider: a list with CUSTOMER [CUSTOMR] (CUSTOMER)`},
		{"a union without a clue", sender, closed, `{}`, `: one of these forms: with phoneNumberId; with details; with phoneNumberProvider and details [<nil>]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, number := range []bool{false, true} {
				decoder := json.NewDecoder(strings.NewReader(test.body))
				if number {
					decoder.UseNumber()
				}
				var value any
				if err := decoder.Decode(&value); err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, v := range Lookup(test.op).Body.Violations(value, test.opts) {
					got = append(got, line(v, test.want))
				}
				if want := strings.TrimSpace(test.want); strings.Join(got, "\n") != want {
					t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
				}
			}
		})
	}
}

// line writes a violation as the table does: of a list of values it has the
// one that is wanted, a long sentence ends where the wanted one does.
func line(v Violation, want string) string {
	allowed := fmt.Sprint(v.Allowed)
	if values, ok := v.Allowed.([]any); ok {
		allowed = "a list"
		for _, value := range values {
			if mention := fmt.Sprintf("a list with %v [", value); strings.Contains(want, mention) {
				allowed = strings.TrimSuffix(mention, " [")
			}
		}
	}
	if begin, _, cut := strings.Cut(want, "…"); cut {
		if _, begin, ok := strings.Cut(begin, v.Path+": "); ok && strings.HasPrefix(allowed, begin) {
			allowed = begin + "…"
		}
	}
	text := fmt.Sprintf("%s: %s [%v]", v.Path, allowed, v.Given)
	if v.Nearest != "" {
		text += " (" + v.Nearest + ")"
	}
	return text
}

func TestNullWhereItDeletes(t *testing.T) {
	for _, f := range families {
		for name, s := range f.load().schema {
			for property, p := range s.Properties {
				p = p.Resolve()
				if len(p.Enum) > 0 && p.Type.Has("null") {
					if found := p.Violations(nil, CheckOptions{}); len(found) > 0 {
						t.Errorf("%s.%s refuses null: %v", name, property, found)
					}
				}
			}
		}
	}
}

func TestMask(t *testing.T) {
	answer := map[string]any{
		"bearerToken": "x", "secret": nil, "code": "T1",
		"list": []any{map[string]any{"authToken": map[string]any{"a": 1}}},
	}
	got, err := json.Marshal(AnswerSecrets.Mask(answer))
	if want := `{"bearerToken":"***","code":"T1","list":[{"authToken":"***"}],"secret":null}`; err != nil || string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if answer["bearerToken"] != "x" {
		t.Error("the answer itself was changed")
	}
	got, err = json.Marshal(RequestSecrets.Mask(map[string]any{"code": "123456", "name": "x"}))
	if err != nil || string(got) != `{"code":"***","name":"x"}` {
		t.Errorf("got %s", got)
	}
}
