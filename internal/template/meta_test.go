package template

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/papi/papitest"
)

// kindsOfMeta have a template of Meta's for each kind of component and of button that
// the API has too.
var kindsOfMeta = map[string]string{
	"a body":               `{"type":"BODY","text":"Good day."}`,
	"a body of two":        `{"type":"BODY","text":"Good day {{1}}, {{2}} is ready.","example":{"body_text":[["Ann","A1"]]}}`,
	"a text header":        `{"type":"HEADER","format":"TEXT","text":"News {{1}} today","example":{"header_text":["1"]}}`,
	"an image":             `{"type":"HEADER","format":"IMAGE","example":{"header_handle":["https://example.com/a.png"]}}`,
	"a video":              `{"type":"HEADER","format":"VIDEO","example":{"header_handle":["https://example.com/a.mp4"]}}`,
	"a document":           `{"type":"HEADER","format":"DOCUMENT","example":{"header_handle":["https://example.com/a.pdf"]}}`,
	"a location":           `{"type":"HEADER","format":"LOCATION"}`,
	"a footer":             `{"type":"FOOTER","text":"Reply STOP to end"}`,
	"quick replies":        `{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Yes"},{"type":"QUICK_REPLY","text":"No"}]}`,
	"a number":             `{"type":"BUTTONS","buttons":[{"type":"PHONE_NUMBER","text":"Call","phone_number":"+15550100"}]}`,
	"links":                `{"type":"BUTTONS","buttons":[{"type":"URL","text":"Open","url":"https://example.com/"},{"type":"URL","text":"Track","url":"https://example.com/{{1}}","example":["https://example.com/x"]}]}`,
	"a coupon":             `{"type":"BUTTONS","buttons":[{"type":"COPY_CODE","example":["WINTER"]}]}`,
	"flows":                `{"type":"BUTTONS","buttons":[{"type":"FLOW","text":"Begin","flow_id":"1","flow_action":"NAVIGATE","navigate_screen":"FIRST"},{"type":"FLOW","text":"Ask","flow_id":"2","flow_action":"DATA_EXCHANGE"}]}`,
	"contact":              `{"type":"BUTTONS","buttons":[{"type":"REQUEST_CONTACT_INFO"}]}`,
	"an order":             `{"type":"BUTTONS","buttons":[{"type":"ORDER_DETAILS"}]}`,
	"a code to copy":       `{"type":"BUTTONS","buttons":[{"type":"OTP","otp_type":"COPY_CODE","text":"Copy"}]}`,
	"a code by a tap":      `{"type":"BUTTONS","buttons":[{"type":"OTP","otp_type":"ONE_TAP","text":"Copy","autofill_text":"Fill in","supported_apps":[{"package_name":"com.example.app","signature_hash":"K8a/AINcGX7"}]}]}`,
	"a code without a tap": `{"type":"BUTTONS","buttons":[{"type":"OTP","otp_type":"ZERO_TAP","text":"Copy","zero_tap_terms_accepted":true,"package_name":"com.example.app","signature_hash":"K8a/AINcGX7"}]}`,
	"an offer":             `{"type":"LIMITED_TIME_OFFER","limited_time_offer":{"text":"Ends soon","has_expiration":true}}`,
	"a carousel": `{"type":"CAROUSEL","cards":[{"components":[{"type":"HEADER","format":"IMAGE","example":{"header_handle":["https://example.com/a.png"]}},
		{"type":"BODY","text":"Card {{1}} here.","example":{"body_text":[["A"]]}},{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"More"},{"type":"URL","text":"Buy","url":"https://example.com/{{1}}","example":["https://example.com/x"]}]}]}]}`,
}

func ofMeta(t *testing.T, category, components string) obj {
	t.Helper()
	return decode(t, fmt.Sprintf(`{"name":"thing","language":"en_US","category":%q,"components":[%s]}`, category, components))
}

// converted wants arguments, and returns them with the notes, as PATH: NOTE.
func converted(t *testing.T, template any) (obj, []string) {
	t.Helper()
	args, notes, wrong := FromMeta(template)
	if wrong != nil {
		t.Fatalf("violations %s", jsonvalue.Encode(wrong))
	}
	texts := make([]string, len(notes))
	for i, note := range notes {
		texts[i] = note.Path + ": " + note.Note
	}
	return args, texts
}

// Both directions lose nothing, over every kind of component and button.
func TestRoundTrip(t *testing.T) {
	for kind, template := range kinds {
		t.Run("from ours: "+kind, func(t *testing.T) {
			template := jsonvalue.Without(template, "details.optimization.bidCountryMultiplierOverrides").(obj) // which Meta has in no template
			got, notes := converted(t, toMeta(template))
			same(t, got, template)
			same(t, notes, []string{})
		})
	}
	for kind, component := range kindsOfMeta {
		t.Run("from Meta's: "+kind, func(t *testing.T) {
			category := "MARKETING"
			if strings.Contains(kind, "code") {
				category = authentication
			}
			template := ofMeta(t, category, component)
			args, notes := converted(t, template)
			same(t, toMeta(args), template)
			same(t, notes, []string{})
			lower, _ := converted(t, inLowerCase(template))
			same(t, lower, args)
		})
	}
}

// Each kind of component and button of the contract is in both tables, and in the tests.
func TestEveryKindIsConverted(t *testing.T) {
	tested := map[any]bool{}
	for _, template := range kinds {
		for name, value := range jsonvalue.All(template) {
			if name == "type" || name == "format" || name == "otpType" {
				tested[value] = true
			}
		}
	}
	details := papi.LookupSchema("WhatsappTemplateDetailsInputDto")
	for _, component := range details.Properties["components"].Resolve().Items.Resolve().AnyOf {
		c := component.Resolve()
		kind := c.Properties["type"].Resolve().EnumTexts()[0]
		if componentFields[kind] == nil || !tested[kind] {
			t.Errorf("component %s is not converted, or not tested", kind)
		}
		if format := c.Properties["format"]; format != nil {
			for _, name := range format.Resolve().EnumTexts() {
				if !tested[name] {
					t.Errorf("format %s is not tested", name)
				}
			}
		}
		if kind != "BUTTONS" {
			continue
		}
		for _, button := range c.Properties["buttons"].Resolve().Items.Resolve().AnyOf {
			b := button.Resolve()
			kind := b.Properties["type"].Resolve().EnumTexts()[0]
			if !tested[kind] {
				t.Errorf("button %s is not tested", kind)
			}
			for name := range b.Properties {
				if name != "type" && !slices.ContainsFunc(buttonFields[kind], func(f field) bool { return f.ours == name }) {
					t.Errorf("%s of button %s is not converted", name, kind)
				}
			}
		}
	}
}

// Any template that the contract allows survives the round trip.
func TestRoundTripOfAnyTemplate(t *testing.T) {
	g := papitest.New(2)
	g.NoNull = true
	for i := range 500 {
		given := asShown(g.Value(input()).(obj)).(obj)
		given = jsonvalue.Without(given, "details.optimization.bidCountryMultiplierOverrides").(obj)
		for _, name := range []string{"status", "saveDraftOnFailure"} { // how it is created
			delete(given, name)
		}
		if given["category"] == authentication { // whose texts are Meta's
			given["category"] = "UTILITY"
		}
		given = withoutEmpty(given)
		got, notes := converted(t, toMeta(given))
		same(t, got, given)
		same(t, notes, []string{})
		if t.Failed() {
			t.Fatalf("template %d: %s", i, jsonvalue.Encode(given))
		}
	}
}

// withoutEmpty returns a value without lists of examples, of apps and of buttons that are
// empty, and what is only there for them.
func withoutEmpty(template obj) obj {
	return jsonvalue.Map(template, func(_ string, value any) (any, bool) {
		if object, ok := value.(obj); ok {
			for name, field := range object {
				if items, isList := field.(list); isList && len(items) == 0 && name != "components" && name != "cards" {
					delete(object, name)
				}
			}
		}
		return nil, false
	}).(obj)
}

func TestFromMeta(t *testing.T) {
	for _, tt := range []struct {
		name, category, components string
		want                       string // of details.components, "" for the same as with no notes
		notes                      []string
	}{
		{"named variables", "UTILITY", `{"type":"header","format":"text","text":"Order {{order_id}} news","example":{"header_text_named_params":[{"param_name":"order_id","example":"A1"}]}},
			{"type":"body","text":"Hi {{name}}, {{order_id}} of {{name}} is here.","example":{"body_text_named_params":[{"param_name":"order_id","example":"A1"},{"param_name":"name","example":"Ann"},{"param_name":"other","example":"x"}]}}`,
			`[{"type":"HEADER","format":"TEXT","text":"Order {{1}} news","examples":["A1"]},{"type":"BODY","text":"Hi {{1}}, {{2}} of {{1}} is here.","examples":["Ann","A1"]}]`,
			[]string{"components[0].text: variables have numbers: {{order_id}} is {{1}}", "components[1].text: variables have numbers: {{name}} is {{1}}, {{order_id}} is {{2}}",
				`components[1].example.body_text_named_params[2]: left out: the text has no variable "other"`}},
		{"a named variable without an example", "UTILITY", `{"type":"BODY","text":"Hi {{name}}, {{day}} it is.","example":{"body_text_named_params":[{"param_name":"day","example":"today"}]}}`,
			`[{"type":"BODY","text":"Hi {{1}}, {{2}} it is.","examples":["today"]}]`,
			[]string{"components[0].text: variables have numbers: {{name}} is {{1}}, {{day}} is {{2}}", "components[0].example.body_text_named_params: no example for {{name}}: each variable needs one"}},
		{"examples in other forms", "UTILITY", `{"type":"HEADER","format":"TEXT","text":"No. {{1}} now","example":{"header_text":"7"}},{"type":"BODY","text":"Of {{1}} and {{2}} here.","example":{"body_text":["a",2]}},{"type":"BUTTONS","buttons":[{"type":"COPY_CODE","example":"WINTER"},{"type":"FLOW","text":"Go","flow_id":17,"flow_action":"navigate","navigate_screen":"A"}]}`,
			`[{"type":"HEADER","format":"TEXT","text":"No. {{1}} now","examples":["7"]},{"type":"BODY","text":"Of {{1}} and {{2}} here.","examples":["a","2"]},{"type":"BUTTONS","buttons":[{"type":"COPY_CODE","examples":["WINTER"]},{"type":"FLOW","text":"Go","flowId":"17","flowAction":"NAVIGATE","navigateScreen":"A"}]}]`, nil},
		{"named variables with blanks and other letters", "UTILITY", `{"type":"BODY","text":"Hola {{ año }}, {{año}} y {{ 2 }} ya.","example":{"body_text_named_params":[{"param_name":"{{ año }}","example":"2026"},{"param_name":"2","example":"b"}]}}`,
			`[{"type":"BODY","text":"Hola {{1}}, {{1}} y {{2}} ya.","examples":["2026","b"]}]`, []string{"components[0].text: variables have numbers: {{año}} is {{1}}, {{2}} is {{2}}"}},
		{"more sets of examples", "UTILITY", `{"type":"BODY","text":"Of {{1}} here.","example":{"body_text":[["a"],["b"]]}}`,
			`[{"type":"BODY","text":"Of {{1}} here.","examples":["a"]}]`, []string{"components[0].example.body_text[1]: left out: the Provisioning API takes one example for each variable"}},
		{"an upload", "MARKETING", `{"type":"HEADER","format":"IMAGE","example":{"header_handle":["4::aW1hZ2U=:ARb"]}}`,
			`[{"type":"HEADER","format":"IMAGE"}]`, []string{"components[0].example.header_handle[0]: left out: it names an upload at Meta, and the Provisioning API fetches the file: give its public URL as examples: [{url}] of the header"}},
		{"a link of Meta's", "MARKETING", `{"type":"HEADER","format":"IMAGE","example":{"header_handle":["https://scontent.whatsapp.net/v/t1.png?oe=1"]}}`,
			`[{"type":"HEADER","format":"IMAGE","examples":[{"url":"https://scontent.whatsapp.net/v/t1.png?oe=1"}]}]`, []string{"components[0].example.header_handle[0]: a link of Meta's, which expires: a public URL of your own is safer"}},
		{"what an answer has of a code", authentication, `{"type":"BODY","text":"{{1}} is it.","add_security_recommendation":true,"example":{"body_text":[["1"]]}},{"type":"FOOTER","text":"Soon.","code_expiration_minutes":5},
			{"type":"BUTTONS","buttons":[{"type":"URL","text":"Copy","url":"https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}","example":["https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp1"]}]}`,
			`[{"type":"BODY","addSecurityRecommendation":true},{"type":"FOOTER","codeExpirationMinutes":5},{"type":"BUTTONS","buttons":[{"type":"OTP","otpType":"COPY_CODE","text":"Copy"}]}]`,
			[]string{"components[0].text: left out: Meta writes the body of an AUTHENTICATION template", "components[0].example: left out: Meta writes the body of an AUTHENTICATION template",
				"components[1].text: left out: Meta writes it; codeExpirationMinutes says how long the code is valid", "components[2].buttons[0]: an OTP button, which Meta's answers have as a link"}},
		{"what only the link of a code has", authentication, `{"type":"BODY"},{"type":"BUTTONS","buttons":[{"type":"URL","text":"Copy","url":"https://www.whatsapp.com/otp/code/?otp_type=ZERO_TAP&cta_display_name=Fill+in&package_name=com.example.a%2Ccom.example.b&signature_hash=K8a%2FAINcGX7%2CL9b%2BBJOdHY8&code_expiration_minutes=5&code=otp{{1}}"}]}`,
			`[{"type":"BODY"},{"type":"BUTTONS","buttons":[{"type":"OTP","otpType":"ZERO_TAP","text":"Copy","autofillText":"Fill in","supportedApps":[{"packageName":"com.example.a","signatureHash":"K8a/AINcGX7"},{"packageName":"com.example.b","signatureHash":"L9b+BJOdHY8"}]}]}]`,
			[]string{"components[1].buttons[0]: an OTP button, which Meta's answers have as a link", "components[1].buttons[0].zero_tap_terms_accepted: Meta's answers do not have it: set zeroTapTermsAccepted once the terms are accepted"}},
		{"a code whose link and fields differ", authentication, `{"type":"BODY"},{"type":"BUTTONS","buttons":[{"type":"URL","text":"Copy","otp_type":"ONE_TAP","autofill_text":"Fill","supported_apps":[{"package_name":"com.example.a","signature_hash":"K8a/AINcGX7"}],"url":"https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&cta_display_name=Other&package_name=com.example.b"}]}`,
			`[{"type":"BODY"},{"type":"BUTTONS","buttons":[{"type":"OTP","otpType":"ONE_TAP","text":"Copy","autofillText":"Fill","supportedApps":[{"packageName":"com.example.a","signatureHash":"K8a/AINcGX7"}]}]}]`,
			[]string{"components[1].buttons[0]: an OTP button, which Meta's answers have as a link"}},
		{"an OTP button without a label", authentication, `{"type":"BODY"},{"type":"BUTTONS","buttons":[{"type":"otp","otp_type":"copy_code"}]}`,
			`[{"type":"BODY"},{"type":"BUTTONS","buttons":[{"type":"OTP","otpType":"COPY_CODE"}]}]`, []string{"components[1].buttons[0].text: Meta has a label of its own in each language; the Provisioning API needs one as text"}},
		{"an OTP template without a button", authentication, `{"type":"BODY"},{"type":"BUTTONS","buttons":[{"type":"OTP","otp_type":"NO_BUTTONS"}]}`,
			`[{"type":"BODY"}]`, []string{"components[1].buttons[0]: left out: the Provisioning API has no otp_type NO_BUTTONS"}},
		{"buttons and components that the API does not have", "MARKETING", `{"type":"BODY","text":"Hi."},{"type":"CALL_PERMISSION_REQUEST"},{"type":"HEADER","format":"PRODUCT"},{"type":"BUTTONS","buttons":[{"type":"CATALOG","text":"See"},{"type":"MPM","text":"See"},{"type":"SPM","text":"See"},{"type":"VOICE_CALL","text":"Call","ttl_minutes":100},{"type":"QUICK_REPLY","text":"Ok"}]}`,
			`[{"type":"BODY","text":"Hi."},{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Ok"}]}]`,
			[]string{`components[1]: left out: the Provisioning API has no component of type "CALL_PERMISSION_REQUEST"`, `components[2]: left out: the Provisioning API has no header of format "PRODUCT"`,
				`components[3].buttons[0]: left out: the Provisioning API has no button of type "CATALOG"`, `components[3].buttons[1]: left out: the Provisioning API has no button of type "MPM"`,
				`components[3].buttons[2]: left out: the Provisioning API has no button of type "SPM"`, `components[3].buttons[3]: left out: the Provisioning API has no button of type "VOICE_CALL"`}},
		{"labels that WhatsApp writes", "MARKETING", `{"type":"BUTTONS","buttons":[{"type":"COPY_CODE","text":"Copy offer code","example":["A"]},{"type":"ORDER_DETAILS","text":"Pay"},{"type":"REQUEST_CONTACT_INFO","text":"Share"}]}`,
			`[{"type":"BUTTONS","buttons":[{"type":"COPY_CODE","examples":["A"]},{"type":"ORDER_DETAILS"},{"type":"REQUEST_CONTACT_INFO"}]}]`,
			[]string{"components[0].buttons[0].text: left out: WhatsApp writes the label of this button", "components[0].buttons[1].text: left out: WhatsApp writes the label of this button", "components[0].buttons[2].text: left out: WhatsApp writes the label of this button"}},
		{"flows by name", "MARKETING", `{"type":"BUTTONS","buttons":[{"type":"FLOW","text":"Go","flow_name":"a","icon":"PROMOTION"},{"type":"FLOW","text":"Do","flow_json":"{}","flow_action":"data_exchange"}]}`,
			`[{"type":"BUTTONS","buttons":[{"type":"FLOW","text":"Go","flowAction":"NAVIGATE"},{"type":"FLOW","text":"Do","flowAction":"DATA_EXCHANGE"}]}]`,
			[]string{"components[0].buttons[0].flow_action: NAVIGATE, which is Meta's default", "components[0].buttons[0].flow_name: left out: a flow is named by its id: give flowId; whatsapp_flow_list has the ids",
				"components[0].buttons[0].icon: left out: the Provisioning API has no such field", "components[0].buttons[1].flow_json: left out: a flow can't be made with the template: publish it at Meta first, and give flowId; whatsapp_flow_list has the ids"}},
		{"the variable of a link", "MARKETING", `{"type":"BUTTONS","buttons":[{"type":"URL","text":"Go","url":"https://example.com/{{path}}","example":"a/b","app_deep_link":{"meta_app_id":1}}]}`,
			`[{"type":"BUTTONS","buttons":[{"type":"URL","text":"Go","url":"https://example.com/{{1}}","examples":["https://example.com/a/b"]}]}]`,
			[]string{"components[0].buttons[0].url: variables have numbers: {{path}} is {{1}}", "components[0].buttons[0].example: the Provisioning API takes the complete URL: https://example.com/a/b", "components[0].buttons[0].app_deep_link: left out: the Provisioning API has no such field"}},
		{"wrong forms", "UTILITY", `"BODY",{"type":"BODY","text":"Hi.","example":["x"]},{"type":"BUTTONS","buttons":"x"},{"text":"x"}`,
			`[{"type":"BODY","text":"Hi."}]`,
			[]string{"components[0]: left out: it is a string, not an object", "components[1].example: left out: it is a list, not an object", "components[2].buttons: left out: it is a string, not a list of objects", "components[3]: left out: a component needs a type"}},
		{"what is wrong by the contract stays", "UTILITY", `{"type":"BODY","text":"{{ 1 }} and {{1"},{"type":"HEADER","text":"x"},{"type":"FOOTER","text":7}`,
			`[{"type":"BODY","text":"{{ 1 }} and {{1"},{"type":"HEADER","text":"x"},{"type":"FOOTER","text":7}]`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			given := ofMeta(t, tt.category, tt.components)
			before := jsonvalue.Encode(given)
			got, notes := converted(t, given)
			var want any
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			same(t, jsonvalue.Field(got, "details.components"), want)
			if !slices.Equal(notes, tt.notes) {
				t.Errorf("notes\n%s\nwant\n%s", strings.Join(notes, "\n"), strings.Join(tt.notes, "\n"))
			}
			if !reflect.DeepEqual(jsonvalue.Encode(given), before) {
				t.Error("the template was changed")
			}
		})
	}
}

func TestSettingsOfMeta(t *testing.T) {
	for _, tt := range []struct {
		name, template, want string
		notes                []string
	}{
		{"an answer", `{"id":"1","status":"REJECTED","rejected_reason":"INVALID_FORMAT","quality_score":{"score":"UNKNOWN"},"sub_category":"ORDER_STATUS","parameter_format":"POSITIONAL","cta_url_link_tracking_opted_out":true,"library_template_name":"x","previous_category":"MARKETING","correct_category":"MARKETING","anything":{"else":1},"name":"a_b","language":"pt_BR","category":"utility","allow_category_change":true,"message_send_ttl_seconds":60,"components":[{"type":"BODY","text":"x"}]}`,
			`{"name":"a_b","language":"PT_BR","category":"UTILITY","allowCategoryChange":true,"details":{"components":[{"type":"BODY","text":"x"}],"messageSendTtlSeconds":60}}`,
			[]string{"anything", "correct_category", "cta_url_link_tracking_opted_out", "id", "library_template_name", "previous_category", "quality_score", "rejected_reason", "status", "sub_category"}},
		{"a maximum price", `{"name":"a_b","language":"en","category":"MARKETING","bid_spec":{"bid_amount":500,"bid_strategy":"LOWEST_COST_WITH_BID_CAP","bid_more":1},"components":[{"type":"BODY","text":"x"}]}`,
			`{"name":"a_b","language":"EN","category":"MARKETING","details":{"components":[{"type":"BODY","text":"x"}],"optimization":{"bidAmount":500,"bidStrategy":"LOWEST_COST_WITH_BID_CAP"}}}`, []string{"bid_spec.bid_more"}},
		{"an old category", `{"name":"a_b","language":"fil","category":"SHIPPING_UPDATE","components":"[{\"type\":\"BODY\",\"text\":\"x\"}]"}`,
			`{"name":"a_b","language":"FIL","category":"UTILITY","details":{"components":[{"type":"BODY","text":"x"}]}}`, []string{"category"}},
		{"the language of a message", `{"name":"a_b","language":{"code":"zh_CN","policy":"deterministic"},"category":"UTILITY","components":[{"type":"BODY","text":"x"}]}`,
			`{"name":"a_b","language":"ZH_CN","category":"UTILITY","details":{"components":[{"type":"BODY","text":"x"}]}}`, []string{"language.policy"}},
		{"a region that the API does not have", `{"name":"a_b","language":"es_CO","category":"UTILITY","components":[{"type":"BODY","text":"x"}]}`,
			`{"name":"a_b","language":"ES","category":"UTILITY","details":{"components":[{"type":"BODY","text":"x"}]}}`, []string{"language"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, notes := converted(t, decode(t, tt.template))
			same(t, got, decode(t, tt.want))
			var paths []string
			for _, note := range notes {
				path, _, _ := strings.Cut(note, ": ")
				paths = append(paths, path)
			}
			same(t, paths, tt.notes)
		})
	}
}

// Each language of the contract is found by Meta's code for it.
func TestEveryLanguage(t *testing.T) {
	for _, language := range input().Properties["language"].Resolve().EnumTexts() {
		template := toMeta(obj{"name": "a_b", "language": language, "category": "UTILITY"})
		template["components"] = list{body}
		if got, notes := converted(t, template); got["language"] != language || len(notes) > 0 {
			t.Errorf("%s became %s, %v", language, got["language"], notes)
		}
	}
}

func TestWhatFromMetaRefuses(t *testing.T) {
	const components = `"components":[{"type":"BODY","text":"x"}]`
	for _, tt := range []struct{ name, template, want string }{
		{"a language of several", `{"name":"a_b","language":"zh","category":"UTILITY",` + components + `}`, "language: one of ZH_CN, ZH_HK, ZH_TW: which one it is must be known"},
		{"another language of several", `{"name":"a_b","language":"pt","category":"UTILITY",` + components + `}`, "language: one of PT_BR, PT_PT: which one it is must be known"},
		{"no language", `{"name":"a_b","language":"xx_YY","category":"UTILITY",` + components + `}`, "language: a language of the Provisioning API, such as EN, EN_US or PT_BR"},
		{"all that is missing", `{` + components + `}`, "name: required; language: required; category: required"},
		{"an unknown category", `{"name":"a_b","language":"en","category":"PROMO",` + components + `}`, "category: [AUTHENTICATION MARKETING UTILITY]"},
		{"a template of the library", `{"name":"a_b","language":"en","category":"UTILITY","library_template_name":"x"}`, "components: required: the Provisioning API has no template library"},
		{"components of another type", `{"name":"a_b","language":"en","category":"UTILITY","components":{"type":"BODY"}}`, "components: a list of objects"},
		{"arguments of ours", `{"name":"a_b","language":"EN","category":"UTILITY","details":{` + components + `}}`, ": it has details, as the arguments of whatsapp_template_create"},
		{"a message", `{"messaging_product":"whatsapp","template":{"name":"a_b","components":[]}}`, ": it is a message to send"},
		{"an error", `{"error":{"message":"Invalid OAuth access token"}}`, `: it is an error of Meta's: "Invalid OAuth access token"`},
		{"the answer to a create", `{"id":"1","status":"PENDING","category":"MARKETING"}`, ": it has no components: get it from Meta with fields=name,language,category,components"},
		{"something else", `{"a":1}`, ": it has no components; give a template as Meta's Graph API has it"},
		{"a text", `"x"`, ": it is a string, not a template"},
		{"null", `null`, ": it is null, not a template"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var value any
			if err := json.Unmarshal([]byte(tt.template), &value); err != nil {
				t.Fatal(err)
			}
			args, _, wrong := FromMeta(value)
			var texts []string
			for _, v := range wrong {
				texts = append(texts, fmt.Sprintf("%s: %v", v.Path, v.Allowed))
			}
			if got := strings.Join(texts, "; "); !strings.HasPrefix(got, tt.want) || args != nil {
				t.Errorf("violations %s, want %s", got, tt.want)
			}
		})
	}
}

func TestTemplates(t *testing.T) {
	const one = `{"name":"a_b","language":"en","category":"UTILITY","components":[{"type":"BODY","text":"x"}]}`
	for _, tt := range []struct {
		name string
		give any
		want int
		note string
		err  string
	}{
		{name: "one", give: decode(t, one), want: 1},
		{name: "a text", give: one, want: 1},
		{name: "a text with a byte order mark", give: "\ufeff" + one, want: 1},
		{name: "a list", give: "[" + one + "," + one + "]", want: 2},
		{name: "an answer", give: `{"data":[` + one + `],"paging":{"cursors":{}}}`, want: 1},
		{name: "an answer with more pages", give: `{"data":[` + one + `],"paging":{"next":"https://example.com/"}}`, want: 1, note: "paging.next"},
		{name: "templates of an account", give: `{"message_templates":{"data":[` + one + `]},"id":"1"}`, want: 1},
		{name: "several languages", give: strings.Replace(one, `"language":"en"`, `"languages":["en","es","de"]`, 1), want: 3},
		{name: "a list with others", give: "[" + one + ", 7]", want: 2},
		{name: "an empty list", give: `{"data":[]}`, err: "the list is empty"},
		{name: "nothing", give: " \n", err: "it is empty: give a template"},
		{name: "no JSON", give: `{"name": `, err: "it is not JSON"},
		{name: "two values", give: one + one, err: "it is not JSON"},
		{name: "a number", give: "7", err: "it is no template of Meta's: it is a number, not a template"},
		{name: "an object", give: `{"data":{}}`, err: "it is no template of Meta's: it has no components"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all, notes, err := Templates(tt.give)
			if len(all) != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.HasPrefix(err.Error(), tt.err) {
				t.Errorf("%d templates, error %v", len(all), err)
			}
			if tt.note != "" && (len(notes) != 1 || notes[0].Path != tt.note) {
				t.Errorf("notes %v, want %s", notes, tt.note)
			}
		})
	}
}

// Nothing in Meta's JSON is lost: what the arguments do not have is in a note.
func TestNothingIsLost(t *testing.T) {
	const marker = "marker7"
	for kind, component := range kindsOfMeta {
		category := "MARKETING"
		if strings.Contains(kind, "code") {
			category = authentication
		}
		for _, extra := range []string{marker, "example", "text"} {
			template := ofMeta(t, category, component)
			jsonvalue.Map(template, func(_ string, value any) (any, bool) {
				if object, ok := value.(obj); ok && object[extra] == nil {
					object[extra] = marker
				}
				return nil, false
			})
			count := strings.Count(string(jsonvalue.Encode(template)), `:"`+marker+`"`)
			args, notes, _ := FromMeta(template)
			if kept := strings.Count(string(jsonvalue.Encode(args)), `"`+marker+`"`); kept+len(notes) < count {
				t.Errorf("%s: of %d fields %s, %d are in the arguments and %d in notes %v", kind, count, extra, kept, len(notes), notes)
			}
		}
	}
}

func FuzzFromMeta(f *testing.F) {
	for _, component := range kindsOfMeta {
		f.Add(`{"name":"a","language":"en","category":"MARKETING","components":[` + component + `]}`)
	}
	for _, template := range kinds {
		f.Add(string(jsonvalue.Encode(template)))
	}
	f.Add(`{"data":[{"languages":["en",{"code":1}],"components":"[[]]"},null]}`)
	f.Fuzz(func(_ *testing.T, text string) {
		all, _, _ := Templates(text)
		for _, one := range all {
			FromMeta(one)
		}
		value, _ := jsonvalue.Decode([]byte(text))
		FromMeta(value)
		if object, ok := value.(obj); ok {
			FromAnswer(object)
			FromLive(object)
		}
	})
}
