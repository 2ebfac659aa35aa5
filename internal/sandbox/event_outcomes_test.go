package sandbox

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// outcomes has what each event of the control API needs to happen to, and the
// outcomes that it may have; "" is the usual one.
var outcomes = map[string]struct {
	values []string
	of     func(w *harness) (id string)
}{
	kindAccountReview: {[]string{"", "ONBOARDED", "REJECTED", "PENDING_FACEBOOK_VERIFICATION"}, func(w *harness) string {
		w.post("/whatsapp", obj{"companyLegalName": "Example Ltd", "clientBusinessManagerId": "1"}).ok()
		return ""
	}},
	kindAccountLimit:      {slices.Concat([]string{""}, dailyLimits), func(w *harness) string { w.onboarded(); return "" }},
	kindAccountChange:     {[]string{"MAX_PRICE", "DISABLE", "SCHEDULE_FOR_DISABLE", "REINSTATE"}, func(w *harness) string { w.onboarded(); return "" }},
	kindSenderProvision:   {[]string{"", "PENDING_VERIFICATION", "REJECTED", "ERROR"}, newSender},
	kindSenderActivate:    {[]string{""}, func(w *harness) string { id := newSender(w); w.s.Advance(senderProvisioning); return id }},
	kindSenderRemove:      {[]string{""}, newSender},
	kindSenderUpdate:      {[]string{"", "APPROVED", "REJECTED", "ERROR"}, updatedSender(obj{"about": "New"})},
	kindSenderDisplayName: {[]string{"", "APPROVED", "REJECTED"}, updatedSender(obj{"displayName": "New"})},
	kindSenderUsername:    {[]string{"", "APPROVED", "REJECTED"}, updatedSender(obj{"username": "example"})},
	kindSenderQuality:     {[]string{"GREEN", "YELLOW", "RED", "UNKNOWN"}, updatedSender(obj{"about": "New"})},
	kindSenderState:       {[]string{"ACTIVE", "INACTIVE", "SUSPENDED", "ERROR"}, updatedSender(obj{"about": "New"})},
	kindTemplateReview: {slices.Concat([]string{"", "APPROVED"}, slices.Sorted(maps.Keys(rejections))), func(w *harness) string {
		w.onboarded()
		w.post("/whatsapp/templates", template("steered", "EN")).ok()
		w.s.Advance(templateSubmission)
		return "steered/EN"
	}},
	kindTemplateStatus: {[]string{"PAUSED", "UNPAUSED", "DISABLED", "REINSTATED", "FLAGGED", "ARCHIVED"}, func(w *harness) string {
		w.onboarded()
		w.approved("pause_steered", "EN")
		w.s.Advance(templatePause)
		return "pause_steered/EN"
	}},
	kindTemplateQuality:        {[]string{"QUALITY_SCORE_GREEN", "QUALITY_SCORE_YELLOW", "QUALITY_SCORE_RED", "QUALITY_SCORE_UNKNOWN"}, approvedTemplate},
	kindTemplateCategory:       {[]string{"AUTHENTICATION", "MARKETING", "UTILITY"}, approvedTemplate},
	kindTemplateFutureCategory: {[]string{"AUTHENTICATION", "MARKETING", "UTILITY"}, approvedTemplate},
	kindSmsAppProvision:        {[]string{"", "ACTIVE", "BLOCKED", "PROVISIONING_FAILED"}, func(w *harness) string { return w.post("/sms/smsApps", smsBody).ok().str("id") }},
	kindBundleFinish:           {[]string{"", "DONE", "FAILED"}, func(w *harness) string { return w.post("/bundles", clone(smsBody, obj{"smsApp": true})).ok().str("id") }},
	kindConversationChannel: {[]string{"instagram:ACTIVE", "messenger:ERROR", "telegram:FAILING", "viber:PENDING", "viber:BROKEN"}, func(w *harness) string {
		return w.post("/sms/smsApps", smsBody).ok().str("conversationApiAppDetails.id")
	}},
	kindKakaoSenderReview: {[]string{"", "APPROVED", "REJECTED"}, func(w *harness) string { w.post("/kakaotalk/senders", kakaoBody("shop")).ok(); return "shop" }},
	kindKakaoSenderState:  {[]string{"ACTIVE", "INACTIVE", "BLOCKED", "SUSPENDED"}, func(w *harness) string { w.kakaoActive("shop"); return "shop" }},
	kindKakaoSenderRemove: {[]string{""}, func(w *harness) string { w.kakaoActive("shop"); return "shop" }},
	kindKakaoTemplateReview: {[]string{"", "APPROVED", "REJECTED"}, func(w *harness) string {
		w.kakaoActive("shop")
		return "shop/" + w.post("/kakaotalk/senders/shop/templates", kakaoTemplateBody("Welcome")).ok().str("code")
	}},
	kindRcsSetup:    {[]string{""}, func(w *harness) string { return w.post("/rcs/senders", rcsBody("Example", "SE")).ok().str("id") }},
	kindRcsPrepared: {[]string{""}, launching("US")},
	kindRcsBrand:    {[]string{"", "COMPLETED", "REJECTED", "PENDING", "PENDING_REVIEW", "MANUAL_REVIEW", "INCOMPLETE", "ARCHIVED"}, launching("US")},
	kindRcsOperator: {[]string{"", "LAUNCHED", "REJECTED", "SUSPENDED", "PENDING", "PENDING_UNLAUNCHED", "UNLAUNCHED"}, func(w *harness) string {
		return launching("SE")(w) + "/SE/Telia"
	}},
	kindRcsUnlaunch: {[]string{""}, func(w *harness) string {
		id := launching("SE")(w)
		w.launched("/rcs/senders/" + id)
		return id
	}},
	kindRcsTestNumber: {[]string{"", "VERIFIED", "DECLINED", "EXPIRED", "FAILED", "INVALID", "PENDING", "REJECTED", "UNVERIFIED"}, func(w *harness) string {
		return launching("SE")(w) + "/+15550100"
	}},
}

var smsBody = obj{"name": "Social", "region": "EU", "convApiApp": true}

func newSender(w *harness) string {
	w.onboarded()
	return w.post("/whatsapp/senders", partnerSender("5550190")).ok().str("id")
}

func updatedSender(details obj) func(w *harness) string {
	return func(w *harness) string {
		w.onboarded()
		id := w.activeSender("5550190")
		w.s.Advance(displayNameReview)
		w.patch("/whatsapp/senders/"+id, obj{"status": "SUBMIT", "details": details}).ok()
		return id
	}
}

func approvedTemplate(w *harness) string {
	w.onboarded()
	w.approved("steered", "EN")
	return "steered/EN"
}

func launching(country string) func(w *harness) string {
	return func(w *harness) string {
		path := w.rcsInTest(rcsBody("Example", country))
		return w.post(path+"/launch", nil).ok().str("id")
	}
}

// Each event that the control API has happens with each of its outcomes, with no
// other and to nothing else; the docs list them.
func TestEveryOutcomeCanBeSet(t *testing.T) {
	docs, err := os.ReadFile("../../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Manual: true})
	defer s.Close()
	if got, want := slices.Sorted(maps.Keys(outcomes)), s.eventKinds(); !slices.Equal(got, want) {
		t.Errorf("tried are %v, of %v", got, want)
	}
	for kind, c := range outcomes {
		var row string
		for line := range strings.Lines(string(docs)) {
			if cells := strings.Split(line, "|"); len(cells) == 5 && strings.Contains(cells[1], "`"+kind+"`") {
				row = line
			}
		}
		for _, value := range c.values {
			t.Run(kind+"/"+value, func(t *testing.T) {
				w := manual(t)
				w.hook("https://example.com/all", "ALL")
				id := c.of(w)
				happen := func(id, value string) result {
					return w.post("/_sandbox/happen", obj{"event": kind, "id": id, "value": value})
				}
				if kind != kindAccountReview && kind != kindAccountLimit && kind != kindAccountChange {
					happen("none", value).fails("sandbox_invalid_control")
				}
				if !slices.Equal(c.values, []string{""}) {
					happen(id, "NONSENSE").fails("sandbox_invalid_control")
				}
				happen(id, value).ok()
				w.s.Advance(day) // the events that follow happen too
				if kind != kindConversationChannel && value != "" && !strings.Contains(row, "`"+value+"`") {
					t.Errorf("not in its row of the docs: %s", row)
				}
			})
		}
	}
}
