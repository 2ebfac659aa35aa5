package sandbox

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The magic values of docs/sandbox.md whose result is a state; those whose result is
// an error are tested with the errors.
func TestMagicOutcomes(t *testing.T) {
	tpl := func(name string) func(w *harness) result {
		return func(w *harness) result {
			w.onboarded()
			body := template(name, "EN")
			body["details"] = obj{"components": []any{obj{"type": "BODY", "text": "Hello."}}} // a text without magic
			w.post("/whatsapp/templates", body).ok()
			w.s.Advance(templateSubmission + templateReview)
			return w.get(templatePath(name, "EN"))
		}
	}
	sender := func(number string) func(w *harness) result {
		return func(w *harness) result {
			w.onboarded()
			id := w.post("/whatsapp/senders", partnerSender(number)).ok().str("id")
			w.s.Advance(senderProvisioning)
			return w.get("/whatsapp/senders/" + id)
		}
	}
	for name, c := range map[string]struct {
		do   func(w *harness) result
		want []string // paths and values
	}{
		"sender 0000":           {sender("5550000"), []string{"state", "", "changes.status", "REJECTED"}},
		"sender 9999":           {sender("5559999"), []string{"changes.status", "ERROR", "changes.errorCode", "CANNOT_REGISTER_NEW_WHATSAPP_SENDER"}},
		"template":              {tpl("reject_it"), []string{"state", "REJECTED", "rejectionCode", "INVALID_FORMAT"}},
		"template scam":         {tpl("reject_scam"), []string{"rejectionCode", "SCAM"}},
		"template abusive":      {tpl("reject_abusive"), []string{"rejectionCode", "ABUSIVE_CONTENT"}},
		"template category":     {tpl("reject_category"), []string{"rejectionCode", "INCORRECT_CATEGORY"}},
		"template recategorize": {tpl("recategorize_it"), []string{"state", "REJECTED", "rejectionCode", "INCORRECT_CATEGORY"}},
		"template always": {func(w *harness) result {
			tpl("reject_always")(w)
			w.patch(templatePath("reject_always", "EN"), obj{"status": "SUBMIT"}).ok()
			w.s.Advance(templateSubmission + templateReview)
			return w.get(templatePath("reject_always", "EN"))
		}, []string{"state", "REJECTED"}},
		"template disable": {func(w *harness) result {
			tpl("disable_it")(w).is("state", "APPROVED")
			w.s.Advance(time.Hour)
			return w.get(templatePath("disable_it", "EN"))
		}, []string{"state", "DISABLED"}},
		"sms fail": {func(w *harness) result {
			id := w.post("/sms/smsApps", obj{"name": "Fail", "region": "EU"}).ok().str("id")
			w.s.Advance(smsProvisioning)
			return w.get("/sms/smsApps/" + id)
		}, []string{"status", "PROVISIONING_FAILED"}},
		"kakaotalk sender": {func(w *harness) result {
			body := kakaoBody("shop")
			body["details"].(obj)["name"] = "Reject us"
			w.post("/kakaotalk/senders", body).ok()
			w.s.Advance(kakaoReview)
			return w.get("/kakaotalk/senders/shop")
		}, []string{"changes.status", "REJECTED"}},
		"signup expired": {func(w *harness) result {
			got := w.post("/whatsapp/senders", obj{"wabaId": "", "phoneNumberId": "77", "authenticationCode": "expired", "region": "US"})
			return result{t: got.t, status: 200, body: got.body}
		}, []string{"errorCode", "invalid_facebook_token"}},
		"bundle without channels": {func(w *harness) result {
			app := w.post("/bundles", obj{"name": "Telegram only", "region": "EU", "convApp": true}).ok().str("convApp.id")
			w.get("/conversation/apps/" + app + "/viber").fails("conversation_app_no_viber_channel")
			return w.get("/conversation/apps/" + app + "/telegram")
		}, []string{"status", "ACTIVE"}},
	} {
		t.Run(name, func(t *testing.T) { c.do(manual(t)).ok().is(c.want...) })
	}
}

func TestCodesAreInTheLog(t *testing.T) {
	var log bytes.Buffer
	s := New(Options{Manual: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	defer s.Close()
	w := &harness{t: t, s: s, client: &http.Client{Transport: s.Transport()}, project: DefaultProject}
	w.post("/kakaotalk/senders", kakaoBody("shop")).ok()
	w.s.Advance(kakaoReview)
	code := w.post("/kakaotalk/senders/shop/register", nil).ok().header.Get(HeaderCode)
	if len(code) != 6 || !strings.Contains(log.String(), "code="+code) {
		t.Errorf("code %q, log %s", code, log.String())
	}
}
