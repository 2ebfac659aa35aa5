package sandbox

import (
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// extraFields are the fields of a webhook's body other than type and payload, by its
// type, with the schema of the value; "" allows any text.
var extraFields = map[string]map[string]string{
	"RCS_SENDER_STATUS_UPDATED":                     {"previousState": "RcsSenderStatesEnum", "currentState": "RcsSenderStatesEnum"},
	"RCS_BRAND_REGISTRATION_PROCESS_STATUS_UPDATED": {"status": "RcsBrandRegistrationProcessStatusesEnum"},
	"RCS_SENDER_OPERATOR_STATUS_UPDATED": {
		"operator": "", "operatorCountry": "", "operatorPreviousStatus": "RcsOperatorStatusEnum", "operatorCurrentStatus": "RcsOperatorStatusEnum",
	},
	"WHATSAPP_TEMPLATE_CATEGORY_FUTURE_UPDATE": {"futureCategory": "WhatsappTemplateCategoryEnum"},
	"WHATSAPP_TEMPLATE_STATUS_UPDATED":         {"newState": "ARCHIVED,DISABLED,FLAGGED,PAUSED,REINSTATED,UNPAUSED"},
}

// extraFieldProblems describes how the extra fields of a webhook's body violate the
// contract's callbacks.
func extraFieldProblems(kind string, body map[string]any) (problems []string) {
	want := extraFields[kind]
	if strings.HasSuffix(kind, "_COMMENT_ADDED") {
		want = map[string]string{"comment": ""}
	}
	for name := range body {
		if _, known := want[name]; !known && name != "type" && name != "payload" {
			problems = append(problems, "has "+name)
		}
	}
	for name, of := range want {
		allowed := strings.Split(of, ",")
		if schema := papi.LookupSchema(of); schema != nil {
			allowed = strings.Split(supportedCodes(schema), ",")
		}
		if value := jsonvalue.Text(body, name); value == "" || of != "" && !slices.Contains(allowed, value) {
			problems = append(problems, name+" is "+value)
		}
	}
	return problems
}

// Every trigger of the contract is sent, in the form of its callback (which the end
// of every test checks).
func TestEveryTriggerIsSent(t *testing.T) {
	w := manual(t)
	w.hook("https://example.com/all", "ALL")
	happen := func(kind, id, value string) {
		t.Helper()
		w.post("/_sandbox/happen", obj{"event": kind, "id": id, "value": value}).ok()
	}
	comment := func(path string) {
		t.Helper()
		w.post(path+"/comments", obj{"comment": "Hello"}).ok()
	}

	w.post("/whatsapp", obj{"companyLegalName": "Reject Ltd", "clientBusinessManagerId": "1"}).ok()
	w.s.Advance(accountReview)
	w.patch("/whatsapp", obj{"wabaName": "Pending Ltd", "senderDetails": obj{"displayName": "Example", "businessCategory": "FINANCE_AND_BANKING"}}).ok()
	w.s.Advance(accountReview + accountVerification)
	comment("/whatsapp")
	happen(kindAccountLimit, "", "")
	happen(kindAccountChange, "", "DISABLE")

	id := w.activeSender("5550170")
	sender := "/whatsapp/senders/" + id
	comment(sender)
	w.patch(sender, obj{"status": "SUBMIT", "details": obj{"username": "example"}}).ok()
	w.s.Advance(usernameReview)
	happen(kindAccountLimit, "", "TIER_UNLIMITED")
	happen(kindSenderQuality, id, "RED")
	happen(kindSenderDisplayName, id, "APPROVED")
	for _, state := range []string{"SUSPENDED", "INACTIVE", "ERROR", "ACTIVE"} {
		happen(kindSenderState, id, state)
	}
	for _, number := range []string{"5550000", "5559999"} {
		w.post("/whatsapp/senders", partnerSender(number)).ok()
	}
	w.s.Advance(senderProvisioning)
	w.delete(sender).ok()

	w.approved("notified", "EN")
	comment(templatePath("notified", "EN"))
	for _, status := range []string{"FLAGGED", "PAUSED", "UNPAUSED", "DISABLED", "REINSTATED", "ARCHIVED"} {
		happen(kindTemplateStatus, "notified/EN", status)
	}
	happen(kindTemplateQuality, "notified/EN", "QUALITY_SCORE_RED")
	happen(kindTemplateFutureCategory, "notified/EN", "MARKETING")
	w.post("/whatsapp/templates", template("reject_notified", "EN")).ok()
	w.s.Advance(senderRemoval)
	w.delete("/whatsapp/templates/notified").ok()

	w.kakaoActive("shop")
	comment("/kakaotalk/senders/shop")
	templates := "/kakaotalk/senders/shop/templates"
	comment(templates + "/" + w.post(templates, kakaoTemplateBody("Welcome")).ok().str("code"))
	w.post(templates, kakaoTemplateBody("Reject me")).ok()
	w.patch("/kakaotalk/senders/shop", obj{"status": "SUBMIT", "details": obj{"name": "Reject us"}}).ok()
	w.s.Advance(kakaoReview)

	rcs := w.rcsInTest(rcsBody("Example", "US"))
	comment(rcs)
	comment("/rcs")
	w.post(rcs+"/launch", nil).ok()
	w.s.Advance(rcsBrand)
	w.launched(rcs)

	w.post("/bundles", obj{"name": "Alerts", "region": "EU", "smsApp": true}).ok()
	w.s.Advance(bundleTime)

	sent := map[string]bool{"ALL": true} // which has no webhooks of its own
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	for _, d := range w.s.state.Deliveries {
		sent[d.Type] = true
	}
	for _, trigger := range papi.LookupSchema("WebhookWebhookTriggersEnum").Enum {
		if kind := trigger.(string); !sent[kind] {
			t.Errorf("%s is not sent: have the sandbox send it where the thing changes so, and make that happen here", kind)
		}
	}
}
