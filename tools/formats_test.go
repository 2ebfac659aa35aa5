package tools

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/sandbox"
)

// The forms that the contract gives to strings, by its formats and texts. The
// arguments' check and the sandbox's are written apart, and agree.
func TestFormats(t *testing.T) {
	const refused, doubtful, taken = "refused", "doubtful", ""
	sender := func(name, value string) string {
		fields := map[string]string{"countryCode": "44", "phoneNumber": "5550100001", "displayName": "x"}
		fields[name] = value
		return fmt.Sprintf(`{"details":%s}`, encode(fields))
	}
	partner := func(name, value string) string {
		fields := map[string]string{"countryCode": "44", "displayName": "x", "vertical": "OTHER"}
		fields[name] = value
		return fmt.Sprintf(`{"phoneNumberProvider":"CUSTOMER","details":%s}`, encode(fields))
	}
	button := func(fields string) string {
		return `{"plusFriendId":"@example","details":{"name":"n","language":"KO","content":"c","buttons":[{"ordering":1,"type":"WEB_LINK","name":"b",` + fields + `}]}}`
	}
	template := func(more string) string {
		return `{"name":"a_b","language":"EN_US","category":"MARKETING","details":{"components":[{"type":"BODY","text":"Hi there."}]` + more + `}}`
	}
	buttons := func(fields string) string {
		return `{"name":"a_b","language":"EN_US","category":"MARKETING","details":{"components":[{"type":"BODY","text":"Hi there."},{"type":"BUTTONS","buttons":[{"text":"x",` + fields + `}]}]}}`
	}
	kakao := func(phone string) string {
		return `{"plusFriendId":"@example","details":{"adminPhoneNo":"` + phone + `","name":"n","topLevelCategoryCode":"001","midLevelCategoryCode":"0001","subLevelCategoryCode":"0001"}}`
	}
	bids := func(overrides string) string {
		return template(`,"optimization":{"bidAmount":1,"bidStrategy":"LOWEST_COST_WITH_BID_CAP","bidCountryMultiplierOverrides":` + overrides + `}`)
	}
	brand := func(name, value string) string {
		return `{"region":"EU","billingCategory":"CONVERSATIONAL","useCase":"OTP","details":{"brand":{"` + name + `":` + value + `}}}`
	}
	hook := func(target string) string {
		return `{"target":"` + target + `","secret":"Zx81-vQp3-77Lm","triggers":["ALL"]}`
	}
	for _, tt := range []struct {
		tool  string
		cases map[string][]string
	}{
		{"whatsapp_sender_create", map[string][]string{
			refused: {
				sender("countryCode", "GB"), sender("countryCode", "+44"), sender("countryCode", "044"), sender("countryCode", "4 4"), sender("countryCode", ""), sender("countryCode", "44123"),
				sender("phoneNumber", "+15550100001"), sender("phoneNumber", "5550 100001"), sender("phoneNumber", "5550-100001"), sender("phoneNumber", "call me"), sender("phoneNumber", ""),
				partner("countryCode", "UK"), partner("phoneNumber", "+15550100001"), partner("email", "a.example.com"), partner("websiteOne", "example.com"), partner("websiteOne", "https://example.com/a b"), partner("photoUrl", "data:image/png;base64,AAAA"),
				partner("photoUrl", "DATA:text/plain,x"), partner("photoUrl", "file:///home/me/a.png"), partner("photoUrl", "blob:https://example.com/x"), partner("photoUrl", "4::aW1hZ2UvcG5n:ARb:e:1700000000"), partner("photoUrl", "1234567890123456"),
				partner("photoUrl", "/home/me/a.png"), partner("photoUrl", `C:\\Users\\me\\a.png`), partner("photoUrl", "a.png"), partner("photoUrl", "ftp://example.com/a.png"),
			},
			taken: {sender("countryCode", "1"), sender("countryCode", "380"), partner("phoneNumber", "5550100001"), partner("email", "a@example.com"), partner("websiteOne", "https://example.com")},
		}},
		{"webhook_create", map[string][]string{
			refused: {hook("https://example.com:99999/h"), hook("https://example.com:0/h"), hook("https://example.com/h "), hook(" https://example.com/h"), hook("https://example.com/a b"), hook("https://exa mple.com/"), hook(`https://example.com/\t`), hook(`https://example.com/\n`), hook(`https://example.com/\u00a0`), hook("example.com/h"), hook("//example.com/h"), hook("https:/example.com"), hook("ftp://example.com/h"), hook("https://")},
			taken:   {hook("https://example.com/h?a=b%20c#d"), hook("https://user@example.com:8443/h"), hook("https://[2001:db8::1]/h"), hook("https://[2001:db8::1]:8443/h")},
		}},
		{"kakaotalk_sender_create", map[string][]string{
			refused:  {kakao(" +15550100001"), kakao("call me"), kakao("+1-555-0100-00x"), kakao("12"), kakao("++15550100001"), kakao("1-800-FLOWERS")},
			doubtful: {kakao("0555-010-0001"), kakao("15550100001")},
			taken:    {kakao("+15550100001"), kakao("+1 555 0100001")},
		}},
		{"kakaotalk_template_create", map[string][]string{
			refused: {button(`"linkMo":"example.com"`), button(`"linkMo":"https://exa mple.com"`), button(`"schemeIos":"exampleshop://a b"`), button(`"schemeIos":"exampleshop"`)},
			doubtful: {
				button(`"linkMo":"https://#{var}"`), button(`"linkPc":"#{link}"`), button(`"schemeIos":"exampleshop://open"`), button(`"schemeAndroid":"market://details?id=com.example"`),
				button(`"schemeAndroid":"intent://open#Intent;scheme=exampleshop;package=com.example;end"`),
			},
			taken: {button(`"linkMo":"https://example.com/a","linkPc":"http://example.com/?a=#{b}"`)},
		}},
		{"whatsapp_template_create", map[string][]string{
			refused: {
				bids(`{"US":"10.1"}`), bids(`{"US":"-1"}`), bids(`{"US":"1,2"}`), bids(`{"US":"1e1"}`), bids(`{"US":"0x1"}`), bids(`{"US":""}`), bids(`{"US":".5"}`), bids(`{"US":"1."}`), bids(`{"US":"NaN"}`), bids(`{"US":"+1"}`),
				bids(`{"UK":"1.2"}`), bids(`{"USA":"1.2"}`), bids(`{"us":"1.2"}`), bids(`{"Germany":"1.2"}`),
				buttons(`"type":"PHONE_NUMBER","phoneNumber":"call us"`), buttons(`"type":"URL","url":"www.example.com"`), buttons(`"type":"URL","url":"https://example.com/ {{1}}","examples":["https://example.com/1"]`),
			},
			doubtful: {buttons(`"type":"FLOW","flowId":"flow-id","flowAction":"DATA_EXCHANGE"`), buttons(`"type":"PHONE_NUMBER","phoneNumber":"15550100001"`)},
			taken: {
				bids(`{"US":"1.2","GB":"0.0","DE":"10.0","FR":"10","BR":"1"}`), buttons(`"type":"PHONE_NUMBER","phoneNumber":"+1 555 0100001"`), buttons(`"type":"FLOW","flowId":"123","flowAction":"DATA_EXCHANGE"`),
				buttons(`"type":"URL","url":"https://example.com/{{1}}","examples":["https://example.com/1"]`), buttons(`"type":"URL","url":"https://www.example.com?name={{1}}","examples":["https://www.example.com?name=a"]`),
			},
		}},
		{"rcs_sender_create", map[string][]string{
			refused: {brand("color", `"blue"`), brand("color", `"#FFF"`), brand("color", `"1A73E8"`), brand("color", `"#1A73E8FF"`), brand("color", `"#GGGGGG"`), brand("color", `"# 1A73E"`), brand("color", `""`), brand("color", `"#+1A73E"`), brand("logoUrl", `"https://example.com/my logo.png"`), brand("privacyPolicyUrl", `"see our site"`)},
			taken:   {brand("color", `"#1a73e8"`), brand("color", `"#000000"`), brand("logoUrl", `"https://example.com/my%20logo.png"`)},
		}},
		{"whatsapp_template_compare", map[string][]string{
			refused:  {`{"templates":[{"templateName":"b_c","templateLanguage":"EN"}],"endTimestamp":"2026-07-01T00:00:00Z"}`, `{"templates":[{"templateName":"b_c","templateLanguage":"EN"}],"endTimestamp":-1}`, `{"templates":[{"templateName":"b_c","templateLanguage":"EN"}],"endTimestamp":1.5}`},
			doubtful: {`{"templates":[{"templateName":"b_c","templateLanguage":"EN"}],"endTimestamp":1694612898}`},
			taken:    {`{"templates":[{"templateName":"b_c","templateLanguage":"EN"}],"endTimestamp":1694612898734}`},
		}},
		{"whatsapp_sender_verify", map[string][]string{
			refused: {`{"code":"12345"}`, `{"code":"1234567"}`, `{"code":"12 456"}`, `{"code":""}`},
			taken:   {`{"code":"123456"}`},
		}},
	} {
		row := catalog.Lookup(tt.tool)
		for want, cases := range tt.cases {
			for _, given := range cases {
				var args map[string]any
				if err := json.Unmarshal([]byte(given), &args); err != nil {
					t.Fatalf("%s: %v", given, err)
				}
				body := maps.Clone(args)
				for _, p := range row.Op().Parameters {
					if p.In == "path" && p.Name != argProject {
						args[p.Name] = example(newArguments(row, true))[p.Name]
						if given, ok := body[p.Name]; ok {
							args[p.Name] = given
						}
					}
				}
				parsed, e := parseObject(encode(args))
				if e != nil {
					t.Fatal(e)
				}
				c, e := newArguments(row, true).check(parsed)
				switch {
				case (e != nil) != (want == refused):
					t.Errorf("%s %s is not %q: %s", tt.tool, given, want, encode(e))
				case e == nil && (len(c.warnings) > 0) != (want == doubtful):
					t.Errorf("%s %s is not %q: %v", tt.tool, given, want, c.warnings)
				}
				if status, answer := askSandbox(row, args, body); (status == http.StatusBadRequest) != (want == refused) {
					t.Errorf("%s %s is not %q in the sandbox: %d %s", tt.tool, given, want, status, answer)
				}
			}
		}
	}
}

// askSandbox sends a body to an empty sandbox, past all checks of ours. That
// there is nothing to change is not the body's fault.
func askSandbox(row *catalog.Row, args, body map[string]any) (int, string) {
	api := sandbox.New(sandbox.Options{Manual: true})
	defer api.Close()
	path := strings.ReplaceAll(row.Op().Path, "{"+argProject+"}", project)
	for _, p := range row.Op().Parameters {
		if p.In == "path" && p.Name != argProject {
			path = strings.ReplaceAll(path, "{"+p.Name+"}", fmt.Sprint(args[p.Name]))
			if row.Tool != "kakaotalk_sender_create" {
				delete(body, p.Name)
			}
		}
	}
	r := httptest.NewRequest(row.Op().Method, "https://sandbox.invalid"+path, strings.NewReader(string(encode(body))))
	r.SetBasicAuth("key", "secret")
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	text := w.Body.String()
	if strings.Contains(text, "project_not_initialized") {
		return http.StatusNotFound, text
	}
	return w.Code, text
}
