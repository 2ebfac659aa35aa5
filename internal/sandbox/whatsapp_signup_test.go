package sandbox

import (
	"net/url"
	"strings"
	"testing"

	"papi-mcp/internal/jsonvalue"
)

// A signup's code can say what the person entered: the account and the sender
// have that.
func TestSignupWithValues(t *testing.T) {
	said := url.Values{
		"countryCode": {"44"}, "phoneNumber": {"5550" + suffixKnownToMeta}, "displayName": {"Example & Sons"}, "vertical": {"EDUCATION"},
		"about": {"We teach."}, "websiteOne": {"https://example.com"}, "wabaName": {"Example Ltd"}, "wabaId": {"123"}, "clientBusinessManagerId": {"456"},
	}.Encode()
	for name, body := range map[string]obj{
		"code":           {"wabaId": "", "phoneNumberId": "77", "authenticationCode": signupScheme + said},
		"older token":    {"name": "Example", "facebookAccessToken": signupScheme + said, "details": obj{"displayName": "Example & Sons", "vertical": "EDUCATION"}},
		"older code, no": {"name": "Example", "facebookCode": signupScheme + said, "details": obj{"displayName": "Example & Sons", "vertical": "EDUCATION"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := manual(t)
			id := w.post("/whatsapp/senders", body).ok().str("id")
			w.get("/whatsapp").ok().is("wabaId", "123", "details.wabaName", "Example Ltd", "details.clientBusinessManagerId", "456", "state", "ONBOARDED")
			w.s.Advance(senderProvisioning)
			path := "/whatsapp/senders/" + id
			w.get(path).ok().is("countryCode", "44", "phoneNumber", "5550"+suffixKnownToMeta, "details.displayName", "Example & Sons",
				"details.vertical", "EDUCATION", "details.about", "We teach.", "details.websiteOne", "https://example.com")
			if got := w.post(path+"/register", obj{"method": "SMS"}).ok(); got.body["verificationCodeSent"] != false {
				t.Errorf("the end of the number means nothing: %v", got.body)
			}
			w.s.Advance(displayNameReview)
			w.get(path).ok().is("metadata.displayName.status", "APPROVED")
		})
	}
}

func TestSignupWithInvalidValues(t *testing.T) {
	for said, want := range map[string]string{
		"number=5550123":        "is not one of",
		"vertical=BAKERY":       "vertical",
		"phoneNumber=%2B155501": "phoneNumber: must be digits",
		"%zz":                   "escape",
	} {
		w := manual(t)
		got := w.post("/whatsapp/senders", obj{"wabaId": "", "phoneNumberId": "77", "authenticationCode": signupScheme + said}).fails("invalid_input")
		info := strings.Join(jsonvalue.Texts(jsonvalue.Object(got.body, "additionalInformation"), "validationErrors"), " ")
		if !strings.Contains(info, want) {
			t.Errorf("%s: %s", said, info)
		}
		w.get("/whatsapp").fails("account_not_found")
	}
}

// A project id that is none is 401 for every operation of a strict sandbox, as
// at the API.
func TestStrictProjectsAreUUIDs(t *testing.T) {
	w := newHarness(t, Options{Manual: true, StrictProjects: true})
	w.get("/webhooks").ok()
	for _, id := range []string{"%7BprojectId%7D", "my-project", "00000000000000000000000000000000", "01ARZ3NDEKTSV4RRFFQ69G5FAV"} {
		in := w.in(id)
		in.get("/webhooks").fails("unauthorized_error")
		in.get("/sms/smsApps").fails("unauthorized_error")
		in.post("/rcs/senders", obj{}).fails("unauthorized_error")
	}
	manual(t).in("%7BprojectId%7D").get("/webhooks").ok()
}
