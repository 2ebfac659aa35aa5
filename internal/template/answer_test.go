package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"testing"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/papi/papitest"
	"papi-mcp/internal/sandbox"
)

// obj and list are the values of JSON.
type (
	obj  = map[string]any
	list = []any
)

// kinds have a template for each kind of component and of button.
var kinds = map[string]obj{
	"a body": marketing(obj{"type": "BODY", "text": "Good day."}),
	"a body with variables": marketing(
		obj{"type": "BODY", "text": "Good day {{1}}, your code {{2}} is ready.", "examples": list{"Ann", "A1"}}),
	"a text header": marketing(obj{"type": "HEADER", "format": "TEXT", "text": "News"}, body),
	"a text header with a variable": marketing(
		obj{"type": "HEADER", "format": "TEXT", "text": "Save {{1}} today", "examples": list{"20 %"}}, body),
	"an image": marketing(header("IMAGE", "png"), body), "a video": marketing(header("VIDEO", "mp4"), body),
	"a document": marketing(header("DOCUMENT", "pdf"), body),
	"a location": marketing(obj{"type": "HEADER", "format": "LOCATION"}, body),
	"a footer":   marketing(body, obj{"type": "FOOTER", "text": "Reply STOP to end"}),
	"buttons": marketing(body, buttons(
		obj{"type": "QUICK_REPLY", "text": "Stop"},
		obj{"type": "PHONE_NUMBER", "text": "Call", "phoneNumber": "+15550100"},
		obj{"type": "URL", "text": "Open", "url": "https://example.com/a"},
		obj{"type": "URL", "text": "Track", "url": "https://example.com/{{1}}", "examples": list{"https://example.com/x"}},
		obj{"type": "COPY_CODE", "examples": list{"WINTER"}},
	)),
	"flows": marketing(body, buttons(
		obj{"type": "FLOW", "text": "Begin", "flowId": "1", "flowAction": "NAVIGATE", "navigateScreen": "FIRST"},
		obj{"type": "FLOW", "text": "Ask", "flowId": "2", "flowAction": "DATA_EXCHANGE"},
	)),
	"contact":              marketing(body, buttons(obj{"type": "REQUEST_CONTACT_INFO"})),
	"an order":             utility(body, buttons(obj{"type": "ORDER_DETAILS"})),
	"an offer":             marketing(obj{"type": "LIMITED_TIME_OFFER", "text": "Ends soon", "hasExpiration": true}, body),
	"an open offer":        marketing(obj{"type": "LIMITED_TIME_OFFER", "text": "Ends soon"}, body),
	"a carousel":           marketing(body, obj{"type": "CAROUSEL", "cards": list{card("png"), card("jpg")}}),
	"a code to copy":       otp(obj{"type": "OTP", "otpType": "COPY_CODE", "text": "Copy"}),
	"a code by a tap":      otp(obj{"type": "OTP", "otpType": "ONE_TAP", "text": "Copy", "autofillText": "Fill in", "supportedApps": supported}),
	"a code without a tap": otp(obj{"type": "OTP", "otpType": "ZERO_TAP", "text": "Copy", "zeroTapTermsAccepted": true, "supportedApps": supported}),
	"a code in an old app": otp(obj{"type": "OTP", "otpType": "ONE_TAP", "text": "Copy",
		"packageName": "com.example.app", "signatureHash": "K8a/AINcGX7"}),
	"settings": {"name": "thing", "language": "PT_BR", "category": "MARKETING", "allowCategoryChange": true, "details": obj{
		"components": list{body}, "messageSendTtlSeconds": float64(43200),
		"optimization": obj{"bidAmount": float64(500), "bidStrategy": "LOWEST_COST_WITH_BID_CAP", "bidCountryMultiplierOverrides": obj{"US": "1.2"}},
	}},
}

var (
	body      = obj{"type": "BODY", "text": "Good day."}
	supported = list{obj{"packageName": "com.example.app", "signatureHash": "K8a/AINcGX7"}}
)

func of(category string, components ...any) obj {
	return obj{"name": "thing", "language": "EN_US", "category": category, "details": obj{"components": components}}
}

func marketing(components ...any) obj { return of("MARKETING", components...) }
func utility(components ...any) obj   { return of("UTILITY", components...) }

// otp is an AUTHENTICATION template.
func otp(button obj) obj {
	return of(authentication, obj{"type": "BODY", "addSecurityRecommendation": true}, obj{"type": "FOOTER", "codeExpirationMinutes": float64(5)}, buttons(button))
}

func header(format, extension string) obj {
	return obj{"type": "HEADER", "format": format, "examples": list{obj{"url": "https://example.com/a." + extension}}}
}

func buttons(all ...any) obj { return obj{"type": "BUTTONS", "buttons": all} }

func card(extension string) obj {
	return obj{"components": list{
		header("IMAGE", extension),
		obj{"type": "BODY", "text": "Card for {{1}} here.", "examples": list{"Ann"}},
		buttons(
			obj{"type": "QUICK_REPLY", "text": "More"},
			obj{"type": "URL", "text": "Buy", "url": "https://example.com/{{1}}", "examples": list{"https://example.com/x"}}),
	}}
}

// account is a sandbox with a WhatsApp account that may set a maximum price.
type account struct {
	t      *testing.T
	s      *sandbox.Sandbox
	client *http.Client
}

func newAccount(t *testing.T) *account {
	t.Helper()
	s := sandbox.New(sandbox.Options{Seed: 1, Manual: true})
	t.Cleanup(s.Close)
	if err := s.Seed("shop"); err != nil {
		t.Fatal(err)
	}
	return &account{t, s, &http.Client{Transport: s.Transport()}}
}

// do makes a request, which must succeed.
func (a *account) do(method, path string, body any) obj {
	a.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		a.t.Fatal(err)
	}
	r, err := http.NewRequest(method, "http://sandbox/v1/projects/"+sandbox.DefaultProject+"/whatsapp/templates"+path, bytes.NewReader(raw))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+sandbox.StaticToken)
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := a.client.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	var out obj
	if err := json.Unmarshal(text, &out); err != nil || answer.StatusCode/100 != 2 {
		a.t.Fatalf("%s %s %s: %d %s", method, path, raw, answer.StatusCode, text)
	}
	return out
}

// stored creates a template under a name, and returns the answer that shows it.
func (a *account) stored(template obj, name, status string) obj {
	a.t.Helper()
	given := jsonvalue.With(jsonvalue.With(template, "name", name), "status", status)
	a.do("POST", "", given)
	return a.do("GET", "/"+name+"/languages/"+jsonvalue.Text(template, "language"), nil)
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %s\nwant %s", jsonvalue.Encode(got), jsonvalue.Encode(want))
	}
}

// What an answer shows can be created as it is, and is the same then: each kind of
// component as a draft, in review and live.
func TestFromAnswerCreatesTheSameTemplate(t *testing.T) {
	a, n := newAccount(t), 0
	name := func() string { n++; return fmt.Sprintf("copy_%d", n) }
	for kind, template := range kinds {
		for _, status := range []string{"DRAFT", "SUBMIT"} {
			t.Run(kind+" "+status, func(t *testing.T) {
				if status == "SUBMIT" && template["category"] != authentication {
					template = unlike(template, name())
				}
				if kind == "settings" && status == "SUBMIT" { // the account has no maximum price
					template = jsonvalue.Without(template, "details.optimization").(obj)
				}
				first := a.stored(template, name(), status)
				got := FromAnswer(first)
				same(t, got, jsonvalue.With(template, "name", first["name"]))
				if status == "DRAFT" {
					again := FromAnswer(a.stored(got, name(), status))
					same(t, jsonvalue.With(again, "name", ""), jsonvalue.With(got, "name", ""))
				}
				if status == "SUBMIT" {
					a.s.Advance(2 * time.Hour)
					live := a.do("GET", "/"+jsonvalue.Text(first, "name")+"/languages/"+jsonvalue.Text(first, "language"), nil)
					want := jsonvalue.Without(jsonvalue.With(template, "name", first["name"]), "allowCategoryChange")
					same(t, FromLive(live), want)
					same(t, FromAnswer(live), want)
				}
			})
		}
	}
}

// unlike returns a template with another body: two templates may not have the same
// content.
func unlike(template obj, word string) obj {
	return jsonvalue.Map(template, func(name string, value any) (any, bool) {
		if name == "text" && value == body["text"] {
			return "Good day, " + word + ".", true
		}
		if text, ok := value.(string); ok && len(text) > 20 && name == "text" {
			return text + " " + word + ".", true
		}
		return nil, false
	}).(obj)
}

// Every template that the contract allows comes back from the sandbox.
func TestFromAnswerOfAnyDraft(t *testing.T) {
	a, g := newAccount(t), papitest.New(1)
	g.Draft, g.NoNull = true, true
	for i := range 300 {
		template := g.Value(papi.LookupSchema("WhatsappTemplateInputDto")).(obj)
		template["name"] = fmt.Sprintf("any_%d", i)
		delete(template, "saveDraftOnFailure")
		got := FromAnswer(a.stored(template, template["name"].(string), "DRAFT"))
		want := jsonvalue.Without(asShown(template), "status").(obj)
		if want["details"] == nil {
			want["details"] = obj{}
		}
		same(t, got, want)
		if t.Failed() {
			t.FailNow()
		}
	}
}

// asShown returns a template with what answers show of it: no mime type, and one example
// of a text header.
func asShown(template obj) any {
	var out any
	raw, _ := json.Marshal(template)
	_ = json.Unmarshal(raw, &out) // with the types of decoded JSON
	return jsonvalue.Map(out, func(_ string, value any) (any, bool) {
		object, ok := value.(obj)
		if !ok {
			return nil, false
		}
		delete(object, "mimeType")
		for name, field := range object {
			if field == false && name != "zeroTapTermsAccepted" { // the default
				delete(object, name)
			}
		}
		if examples := jsonvalue.List(object, "examples"); object["format"] == "TEXT" && object["examples"] != nil {
			object["examples"] = examples[:min(1, len(examples))]
			if len(examples) == 0 {
				delete(object, "examples")
			}
		}
		return nil, false
	})
}

func TestFromAnswer(t *testing.T) {
	for _, tt := range []struct{ name, answer, want string }{
		{"null and what only answers have",
			`{"whatsappId":"1","state":"APPROVED","name":"a_b","language":"EN","category":"UTILITY","rejectionCode":null,"qualityScore":"UNRECOGNIZED","changes":null,"analytics":[],"isMetaGenerated":false,
			"details":{"components":[{"type":"HEADER","format":"TEXT","text":"Hi","example":null},{"type":"BODY","text":"x","examples":null,"addSecurityRecommendation":null},{"type":"FOOTER","text":"y","codeExpirationMinutes":null}],"messageSendTtlSeconds":null,"optimization":null}}`,
			`{"name":"a_b","language":"EN","category":"UTILITY","details":{"components":[{"type":"HEADER","format":"TEXT","text":"Hi"},{"type":"BODY","text":"x"},{"type":"FOOTER","text":"y"}]}}`},
		{"changes of a part lie over what is live",
			`{"name":"a_b","language":"EN","category":"UTILITY","details":{"components":[{"type":"BODY","text":"live"}],"messageSendTtlSeconds":60},"changes":{"status":"DRAFT","details":{"messageSendTtlSeconds":90}}}`,
			`{"name":"a_b","language":"EN","category":"UTILITY","details":{"components":[{"type":"BODY","text":"live"}],"messageSendTtlSeconds":90}}`},
		{"values that only answers have",
			`{"name":"a_b","language":"UNRECOGNIZED","category":"UNRECOGNIZED","details":{"components":[{"type":"BUTTONS","buttons":[{"type":"FLOW","text":"x","flowId":"1","flowAction":"UNKNOWN"},{"type":"COPY_CODE","text":"Copy","examples":["A"]}]}],"optimization":{"bidAmount":1,"bidStrategy":"BID_STRATEGY_UNSPECIFIED"}}}`,
			`{"name":"a_b","details":{"components":[{"type":"BUTTONS","buttons":[{"type":"FLOW","text":"x","flowId":"1"},{"type":"COPY_CODE","examples":["A"]}]}],"optimization":{"bidAmount":1}}}`},
		{"a kind of component that requests don't have",
			`{"name":"a_b","details":{"components":[{"type":"POLL","options":["a"]}]}}`,
			`{"name":"a_b","details":{"components":[{"type":"POLL","options":["a"]}]}}`},
		{"Meta's own texts",
			`{"name":"a_b","language":"EN","category":"AUTHENTICATION","details":{"components":[{"type":"BODY","text":"{{1}} is your code.","examples":["1"],"addSecurityRecommendation":true},{"type":"FOOTER","text":"Expires in 5 minutes.","codeExpirationMinutes":5}]}}`,
			`{"name":"a_b","language":"EN","category":"AUTHENTICATION","details":{"components":[{"type":"BODY","addSecurityRecommendation":true},{"type":"FOOTER","codeExpirationMinutes":5}]}}`},
		{"a text of a draft stays", `{"name":"a_b","category":"AUTHENTICATION","changes":{"status":"DRAFT","details":{"components":[{"type":"BODY","text":"Mine."}]}}}`,
			`{"name":"a_b","category":"AUTHENTICATION","details":{"components":[{"type":"BODY","text":"Mine."}]}}`},
		{"nothing", `{}`, `{}`},
		{"other types", `{"name":1,"details":[],"changes":{"details":{"components":{"type":"BODY"}}}}`, `{"name":1,"details":{"components":{"type":"BODY"}}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			given, before, want := decode(t, tt.answer), decode(t, tt.answer), decode(t, tt.want)
			same(t, FromAnswer(given), want)
			same(t, given, before) // it is not changed
		})
	}
}

func decode(t *testing.T, text string) obj {
	t.Helper()
	var out obj
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}
