package sandbox

import (
	"testing"

	"papi-mcp/internal/jsonvalue"
)

// The activity of a rejection has a reason, and an author other than the caller.
// The author of what the caller did is the caller.
func TestRejectionHasReasonAndAuthor(t *testing.T) {
	happen := func(w *harness, event, id, value string) {
		w.t.Helper()
		w.post("/_sandbox/happen", obj{"event": event, "id": id, "value": value}).ok()
	}
	type rejection struct {
		name string
		kind string // of the entry
		by   string
		do   func(w *harness) (path string)
	}
	cases := []rejection{
		{"whatsapp account", "REJECTED", byMeta, func(w *harness) string {
			w.post("/whatsapp", obj{"companyLegalName": "Reject Ltd", "clientBusinessManagerId": "1"}).ok()
			w.s.Advance(accountReview)
			return "/whatsapp"
		}},
		{"whatsapp sender", "REJECTED", byMeta, func(w *harness) string {
			w.onboarded()
			id := w.post("/whatsapp/senders", partnerSender("555"+suffixRejected)).ok().str("id")
			w.s.Advance(senderProvisioning)
			return "/whatsapp/senders/" + id
		}},
		{"whatsapp sender in error", "ERROR", bySinch, func(w *harness) string {
			w.onboarded()
			id := w.post("/whatsapp/senders", partnerSender("555"+suffixError)).ok().str("id")
			w.s.Advance(senderProvisioning)
			return "/whatsapp/senders/" + id
		}},
		{"whatsapp sender update", "REJECTED", byMeta, func(w *harness) string {
			id := updatedSender(obj{"description": "reject"})(w)
			w.s.Advance(senderUpdate)
			return "/whatsapp/senders/" + id
		}},
		{"kakaotalk sender", "REJECTED", byKakao, func(w *harness) string {
			w.post("/kakaotalk/senders", kakaoBody("shop")).ok()
			happen(w, kindKakaoSenderReview, "shop", "REJECTED")
			return "/kakaotalk/senders/shop"
		}},
		{"kakaotalk template", "REJECTED", byKakao, func(w *harness) string {
			w.kakaoActive("shop")
			code := w.post("/kakaotalk/senders/shop/templates", kakaoTemplateBody("Reject me")).ok().str("code")
			w.s.Advance(kakaoReview)
			return "/kakaotalk/senders/shop/templates/" + code
		}},
		{"rcs brand in the US", "COMMENT_ADDED", byRegistrar, func(w *harness) string {
			path := w.rcsInTest(rcsBody("Reject Example", "US"))
			w.post(path+"/launch", nil).ok().is("state", "PREPARING_LAUNCH")
			w.s.Advance(rcsBrand)
			w.get(path).ok().is("state", "UNLAUNCHED")
			return path
		}},
	}
	for code := range rejections {
		cases = append(cases, rejection{"whatsapp template " + code, "REJECTED", byMeta, func(w *harness) string {
			w.onboarded()
			w.post("/whatsapp/templates", template("offer", "EN")).ok()
			w.s.Advance(templateSubmission)
			happen(w, kindTemplateReview, "offer/EN", code)
			return templatePath("offer", "EN")
		}})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := manual(t)
			found := false
			for _, entry := range w.get(c.do(w) + "/activities").ok().items("notifications") {
				if kind := jsonvalue.Text(entry, "type"); kind == "CREATED" && jsonvalue.Text(entry, "author") != byCaller {
					t.Errorf("the caller's own entry: %v", entry)
				} else if kind != c.kind {
					continue
				}
				found = true
				if jsonvalue.Text(entry, "comment") == "" || jsonvalue.Text(entry, "author") != c.by {
					t.Errorf("an entry without a reason, or by the caller: %v", entry)
				}
			}
			if !found {
				t.Errorf("no entry %s", c.kind)
			}
		})
	}
}

// A refusal of the brand leaves what was launched before as it was, and says why
// all the same.
func TestRejectedBrandOfLaunchedSenderHasReason(t *testing.T) {
	w := manual(t)
	body := rcsBody("Reject Example", "US") // with the answers for the US
	body["details"].(obj)["countries"] = []any{"SE"}
	path := w.rcsInTest(body)
	w.post(path+"/launch", nil).ok()
	w.s.Advance(2 * rcsOperators)
	w.get(path).ok().is("state", "LAUNCHED")
	w.patch(path, obj{"details": obj{"countries": []any{"SE", "US"}}}).ok()
	w.post(path+"/launch", nil).ok().is("state", "PREPARING_LAUNCH")
	w.s.Advance(rcsBrand)
	w.get(path).ok().is("state", "LAUNCHED")
	last := w.get(path + "/activities").ok().items("notifications")[0]
	if last["type"] != "COMMENT_ADDED" || last["author"] != byRegistrar || last["comment"] == "" {
		t.Errorf("the last entry: %v", last)
	}
}

// A comparison ranks templates by the blocks of users, not by their order in the
// request.
func TestComparisonRanksByData(t *testing.T) {
	w := manual(t)
	w.onboarded()
	w.approved("popular_a", "EN")
	w.approved("popular_b", "EN")
	w.s.Advance(7 * day)
	compared := func(first, second string) (names, reasons []string) {
		t.Helper()
		got := w.post(templatePath(first, "EN")+"/compare", obj{"templates": []any{obj{"templateName": second, "templateLanguage": "EN"}}}).ok()
		for i, one := range got.items("templates") {
			if one["blockOrder"] != float64(i+1) {
				t.Errorf("blockOrder of %v", one)
			}
		}
		return got.names("templates", "name"), got.names("templates", "topBlockReason")
	}
	for score, want := range map[string]string{"QUALITY_SCORE_RED": "popular_b", "QUALITY_SCORE_YELLOW": "popular_b", "QUALITY_SCORE_GREEN": "popular_a"} {
		w.post("/_sandbox/happen", obj{"event": kindTemplateQuality, "id": "popular_a/EN", "value": score}).ok()
		for _, pair := range [][2]string{{"popular_a", "popular_b"}, {"popular_b", "popular_a"}} {
			names, reasons := compared(pair[0], pair[1])
			if names[0] != want {
				t.Errorf("popular_a is %s, asked as %v: %v", score, pair, names)
			}
			if score == "QUALITY_SCORE_RED" && reasons[1] != "SPAM" {
				t.Errorf("reasons %v", reasons)
			}
		}
	}
}
