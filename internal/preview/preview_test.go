package preview

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
)

// decoded is a JSON text with single quotes as a value.
func decoded(t testing.TB, text string) map[string]any {
	t.Helper()
	value, err := jsonvalue.Decode([]byte(strings.ReplaceAll(text, "'", `"`)))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value.(map[string]any)
}

// fromWhatsApp is the preview of a template of these components, without what lint finds.
func fromWhatsApp(t testing.TB, language, category, components string) *Message {
	t.Helper()
	m := FromWhatsApp(decoded(t, fmt.Sprintf("{'name': 'a_template', 'language': '%s', 'category': '%s', 'details': {'components': [%s]}}", language, category, components)))
	m.Findings = nil
	return m
}

// Each kind of component, with its examples filled in.
func TestFromWhatsApp(t *testing.T) {
	image, video, pdf := lint.MediaSizes["IMAGE"], lint.MediaSizes["VIDEO"], lint.MediaSizes["DOCUMENT"]
	for name, tt := range map[string]struct {
		language, category, components string
		want                           Message
	}{
		"text": {"EN", "UTILITY", `{'type': 'HEADER', 'format': 'TEXT', 'text': 'For {{1}}', 'examples': ['Ana']},
			{'type': 'BODY', 'text': 'Order {{1}}, again {{1}}, on {{2}}.', 'examples': ['A-1', 'Monday']}, {'type': 'FOOTER', 'text': 'Example Shop'}`,
			Message{Card: Card{Title: "For Ana", Body: "Order A-1, again A-1, on Monday.", Footer: "Example Shop"}}},
		"a variable without an example stays": {"EN", "UTILITY", `{'type': 'BODY', 'text': '{{1}} {{2}} {{0}} {{99999999999999999999}} {{name}}', 'examples': ['A', '']}`,
			Message{Card: Card{Body: "A {{2}} {{0}} {{99999999999999999999}} {{name}}"}}},
		"an example is no variable": {"EN", "UTILITY", `{'type': 'BODY', 'text': 'To {{1}} and {{2}}', 'examples': ['{{2}}', 'B']}`,
			Message{Card: Card{Body: "To {{2}} and B"}}},
		"image": {"EN", "UTILITY", `{'type': 'HEADER', 'format': 'IMAGE', 'examples': [{'url': 'https://example.com/a/My%20shoes.png?size=1#top'}]}`,
			Message{Card: Card{Media: &Media{"IMAGE", "My shoes.png", image}}}},
		"video without an example": {"EN", "UTILITY", `{'type': 'HEADER', 'format': 'VIDEO'}`, Message{Card: Card{Media: &Media{"VIDEO", "", video}}}},
		"document of a URL without a file": {"EN", "UTILITY", `{'type': 'HEADER', 'format': 'DOCUMENT', 'examples': [{'url': 'https://example.com/'}]}`,
			Message{Card: Card{Media: &Media{"DOCUMENT", "https://example.com/", pdf}}}},
		"location": {"EN", "UTILITY", `{'type': 'HEADER', 'format': 'LOCATION'}`, Message{Card: Card{Media: &Media{"LOCATION", "", "the place is set when the message is sent"}}}},
		"offer": {"EN", "MARKETING", `{'type': 'LIMITED_TIME_OFFER', 'text': 'Ends soon', 'hasExpiration': true}, {'type': 'BUTTONS', 'buttons': [{'type': 'COPY_CODE', 'examples': ['SAVE20']}]}`,
			Message{Offer: &Offer{"Ends soon", true, "SAVE20"}, Card: Card{Buttons: []Button{{Type: "COPY_CODE", Fixed: "copies the code", Detail: "SAVE20"}}}}},
		"buttons": {"EN", "MARKETING", `{'type': 'BUTTONS', 'buttons': [
			{'type': 'URL', 'text': 'Shop', 'url': 'https://example.com/{{1}}', 'examples': ['https://example.com/a']}, {'type': 'URL', 'text': 'Site', 'url': 'https://example.com'},
			{'type': 'PHONE_NUMBER', 'text': 'Call', 'phoneNumber': '+15550100'}, {'type': 'QUICK_REPLY', 'text': 'Stop'},
			{'type': 'FLOW', 'text': 'Book', 'flowId': '12', 'flowAction': 'NAVIGATE', 'navigateScreen': 'START'},
			{'type': 'REQUEST_CONTACT_INFO'}, {'type': 'ORDER_DETAILS'}]}`,
			Message{Card: Card{Buttons: []Button{
				{Type: "URL", Text: "Shop", Detail: "https://example.com/a"}, {Type: "URL", Text: "Site", Detail: "https://example.com"},
				{Type: "PHONE_NUMBER", Text: "Call", Detail: "+15550100"}, {Type: "QUICK_REPLY", Text: "Stop"}, {Type: "FLOW", Text: "Book", Detail: "flow 12, screen START"},
				{Type: "REQUEST_CONTACT_INFO", Fixed: "asks for the contact details"}, {Type: "ORDER_DETAILS", Fixed: "shows the order and how to pay"},
			}}}},
		"carousel": {"EN", "MARKETING", `{'type': 'BODY', 'text': 'Two:'}, {'type': 'CAROUSEL', 'cards': [
			{'components': [{'type': 'HEADER', 'format': 'IMAGE', 'examples': [{'url': 'https://example.com/1.png'}]}, {'type': 'BODY', 'text': 'One {{1}}', 'examples': ['shoe']}]},
			{'components': [{'type': 'BODY', 'text': 'Other'}, {'type': 'BUTTONS', 'buttons': [{'type': 'QUICK_REPLY', 'text': 'Yes'}]}]}]}`,
			Message{Card: Card{Body: "Two:"}, Cards: []Card{
				{Media: &Media{"IMAGE", "1.png", image}, Body: "One shoe"},
				{Body: "Other", Buttons: []Button{{Type: "QUICK_REPLY", Text: "Yes"}}},
			}}},
		"authentication": {"ES", "AUTHENTICATION", `{'type': 'BODY', 'addSecurityRecommendation': true}, {'type': 'FOOTER', 'codeExpirationMinutes': 5},
			{'type': 'BUTTONS', 'buttons': [{'type': 'OTP', 'otpType': 'ONE_TAP', 'text': 'Copy', 'autofillText': 'Fill'}]}`,
			Message{Card: Card{
				BodyFixed:   "the code, in a sentence that WhatsApp writes in ES; WhatsApp's advice not to share the code",
				FooterFixed: "that the code expires after 5 minutes, in a sentence that WhatsApp writes in ES",
				Buttons:     []Button{{Type: "OTP", Text: "Copy", Detail: `fills in the code in your app, labelled "Fill" there`}},
			}}},
		"authentication without a body": {"", "AUTHENTICATION", "", Message{Card: Card{BodyFixed: "the code, in a sentence that WhatsApp writes"}}},
		"nothing":                       {"EN", "UTILITY", "", Message{}},
	} {
		t.Run(name, func(t *testing.T) {
			tt.want.Channel, tt.want.Name, tt.want.Language, tt.want.Category = WhatsApp, "a_template", tt.language, tt.category
			if got := fromWhatsApp(t, tt.language, tt.category, tt.components); !reflect.DeepEqual(*got, tt.want) {
				t.Errorf("got  %s\nwant %s", jsonvalue.Encode(got), jsonvalue.Encode(tt.want))
			}
		})
	}
}

func TestFromKakaoTalk(t *testing.T) {
	for name, tt := range map[string]struct {
		details string
		want    Message
	}{
		"text": {`'content': 'Dear #{name}', 'emphasizeType': 'EMPHASIZE_TYPE_TEXT', 'title': 'Sent', 'subtitle': 'Order'`,
			Message{Card: Card{Title: "Sent", Subtitle: "Order", Body: "Dear #{name}"}}},
		"what is not emphasized is not shown": {`'content': 'Hello', 'title': 'Sent', 'imageName': 'a.png', 'extra': 'More'`, Message{Card: Card{Body: "Hello"}}},
		"image": {`'content': 'Hello', 'emphasizeType': 'EMPHASIZE_TYPE_IMAGE', 'imageUrl': 'https://example.com/a.png'`,
			Message{Card: Card{Body: "Hello", Media: &Media{"IMAGE", "a.png", "JPEG or PNG, 2:1, at least 500 x 250 pixels, at most 500 kB"}}}},
		"extra":    {`'content': 'Hello', 'messageType': 'EXTRA_INFORMATION', 'extra': 'More'`, Message{Card: Card{Body: "Hello", Footer: "More"}}},
		"ad":       {`'content': 'Hello', 'messageType': 'AD_INCLUDED'`, Message{Card: Card{Body: "Hello", FooterFixed: "KakaoTalk's own text, which invites to add the channel"}}},
		"security": {`'content': 'Hello', 'securityFlag': true`, Message{Card: Card{Body: "Hello"}, Notes: []string{"A security template: the text is shown only on the main device."}}},
		"buttons, in their order": {`'content': 'Hello', 'buttons': [{'ordering': 2, 'type': 'WEB_LINK', 'name': 'Shop', 'linkMo': 'https://example.com'}, {'ordering': 1, 'type': 'CHANNEL_ID_ADDED', 'name': 'Add'}]`,
			Message{Card: Card{Body: "Hello", Buttons: []Button{{Type: "CHANNEL_ID_ADDED", Text: "Add", Detail: "adds the channel"}, {Type: "WEB_LINK", Text: "Shop", Detail: "https://example.com"}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			tt.want.Channel, tt.want.Name, tt.want.Language = KakaoTalk, "notice", "KO"
			got := FromKakaoTalk(decoded(t, "{'plusFriendId': '@example', 'details': {'name': 'notice', 'language': 'KO', "+tt.details+"}}"))
			if !reflect.DeepEqual(*got, tt.want) {
				t.Errorf("got  %s\nwant %s", jsonvalue.Encode(got), jsonvalue.Encode(tt.want))
			}
		})
	}
}

// What the contract refuses in a KakaoTalk template is found; a draft may leave out its
// content.
func TestKakaoTalkFindings(t *testing.T) {
	wrong := FromKakaoTalk(decoded(t, "{'plusFriendId': '@example', 'details': {'name': 'notice', 'language': 'XX', 'buttons': [{'ordering': 9, 'type': 'WEB_LINK', 'name': 'Shop'}]}}"))
	var paths []string
	for _, f := range wrong.Findings {
		paths = append(paths, f.Path)
		if f.Rule != "kakaotalk_schema" || f.Severity != lint.Refused || f.Source != "KakaotalkInputTemplateDto, "+papi.ContractVersion || f.Message == "" {
			t.Errorf("%+v", f)
		}
	}
	if want := []string{"details.buttons[0].ordering", "details.content", "details.language"}; !slices.Equal(paths, want) {
		t.Errorf("found at %v, want %v", paths, want)
	}
	if draft := FromKakaoTalk(decoded(t, "{'plusFriendId': '@example', 'status': 'DRAFT', 'details': {'name': 'notice', 'language': 'KO'}}")); len(draft.Findings) > 0 {
		t.Errorf("in a draft: %+v", draft.Findings)
	}
}

// Findings are those of lint, the worst first. A frame has the size of its file, so the
// advice about it is left out.
func TestFindings(t *testing.T) {
	m := FromWhatsApp(decoded(t, `{'name': 'a_template', 'language': 'EN', 'category': 'UTILITY', 'details': {'components': [
		{'type': 'HEADER', 'format': 'IMAGE', 'examples': [{'url': 'https://example.com/a.png'}]}, {'type': 'BODY', 'text': 'Hello [Name], your order is on its way to {{1}}', 'examples': ['you']}]}}`))
	var found []string
	for _, f := range m.Findings {
		found = append(found, string(f.Severity)+" "+f.Rule)
	}
	if want := []string{"refused wa_variable_edge", "likely wa_placeholder_left"}; !slices.Equal(found, want) {
		t.Errorf("found %v, want %v", found, want)
	}
}

func TestManyFindings(t *testing.T) {
	one := "{'type': 'BODY', 'text': '{{1}}'}"
	m := FromWhatsApp(decoded(t, "{'details': {'components': ["+one+strings.Repeat(", "+one, 99)+"]}}"))
	if len(m.Findings) != maxFindings || len(m.Notes) != 1 || !strings.HasSuffix(m.Notes[0], " more findings left out: correct these first.") {
		t.Errorf("%d findings, notes %q", len(m.Findings), m.Notes)
	}
}

// The languages of the contract that are written from right to left.
func TestRightToLeft(t *testing.T) {
	var found []string
	for _, language := range papi.LookupSchema("WhatsappInputTemplateLanguagesEnum").EnumTexts() {
		if fromWhatsApp(t, language, "UTILITY", "").RTL {
			found = append(found, language)
		}
	}
	if want := []string{"AR", "FA", "HE", "UR"}; !slices.Equal(found, want) {
		t.Errorf("%v, want %v", found, want)
	}
	if !isRTL("ar_EG") || isRTL("") {
		t.Error("a language with a region, or none")
	}
}

// types are the values of type of the variants of a schema's items.
func types(t *testing.T, schema, list string) []string {
	t.Helper()
	var all []string
	for _, variant := range papi.LookupSchema(schema).Properties[list].Items.AnyOf {
		kind := variant.Resolve().Properties["type"].Resolve()
		all = append(all, kind.EnumTexts()...)
	}
	if len(all) < 3 {
		t.Fatalf("%s has the types %v", schema, all)
	}
	return all
}

// Each type of button in the contract has an icon, and each of KakaoTalk says what it
// does.
func TestEachButtonOfTheContract(t *testing.T) {
	script := file("page.js")
	for _, kind := range types(t, "WhatsappButtonsComponentInputDto", "buttons") {
		if !strings.Contains(script, kind+": '") && !strings.Contains(script, "icons."+kind+" = ") {
			t.Errorf("%s has no icon", kind)
		}
		b := button(map[string]any{"type": kind, "text": "Label", "url": "https://example.com", "phoneNumber": "+15550100", "examples": []any{"1"}, "otpType": "COPY_CODE", "flowId": "1"})
		if b.Detail == "" && b.Fixed == "" && kind != "QUICK_REPLY" {
			t.Errorf("%s does not say what it does", kind)
		}
	}
	for _, kind := range papi.LookupSchema("KakaotalkInputKakaoTalkButtonTypeEnum").EnumTexts() {
		if kakaoDetails[kind] == "" && kind != "WEB_LINK" && kind != "APP_LINK" {
			t.Errorf("%s does not say what it does", kind)
		}
	}
	for _, kind := range papi.LookupSchema("WhatsappInputOtpTypeEnum").EnumTexts() {
		if otpDetails[kind] == "" {
			t.Errorf("OTP %s does not say what it does", kind)
		}
	}
}

// Whatever the arguments are, there is a preview.
func FuzzAnyArguments(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"details": 1}`, `{"details": {"components": {}}}`, `{"details": {"components": [1, null, {}, {"type": 1}, {"type": "BUTTONS", "buttons": {}}]}}`,
		`{"name": [], "details": {"components": [{"type": "BODY", "text": 5, "examples": "x"}, {"type": "HEADER", "format": "IMAGE", "examples": ["x", {"url": 1}, {"url": "%zz"}]}, {"type": "CAROUSEL", "cards": [1, {"components": 2}]}]}}`,
		`{"details": {"content": {}, "buttons": [{"ordering": "x"}, {"ordering": 1e999}]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		value, err := jsonvalue.Decode(raw)
		args, ok := value.(map[string]any)
		if err != nil || !ok {
			return
		}
		for _, m := range []*Message{FromWhatsApp(args), FromKakaoTalk(args)} {
			if text := m.Text(); text != papi.Printable(text) {
				t.Errorf("hidden characters in %q", text)
			}
			page, err := m.Page()
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(strings.ToLower(string(page)), "</script"); n != 2 {
				t.Errorf("%d scripts end", n)
			}
			var shown Message
			if err := json.Unmarshal(embedded(t, page), &shown); err != nil || !bytes.Equal(jsonvalue.Encode(&shown), jsonvalue.Encode(m)) {
				t.Errorf("the data is %s, want %s (%v)", jsonvalue.Encode(&shown), jsonvalue.Encode(m), err)
			}
		}
	})
}
