package sandbox

import (
	"maps"
	"strings"
	"time"

	"papi-mcp/internal/jsonvalue"
)

func init() { maps.Copy(walks, otherWalks) }

// kakaoBody is the body of a KakaoTalk sender.
func kakaoBody(id string) obj {
	return obj{"plusFriendId": id, "details": obj{
		"adminPhoneNo": "+15550100", "name": "Example", "topLevelCategoryCode": "019", "midLevelCategoryCode": "0006", "subLevelCategoryCode": "0001",
	}}
}

// kakaoActive brings a KakaoTalk sender to ACTIVE.
func (w *world) kakaoActive(id string) {
	w.t.Helper()
	w.post("/kakaotalk/senders", kakaoBody(id)).ok().is("changes.status", "IN_PROGRESS")
	w.s.Advance(kakaoReview)
	path := "/kakaotalk/senders/" + id
	w.get(path).ok().is("state", "INACTIVE")
	code := w.post(path+"/register", nil).ok().is("state", "VERIFYING").header.Get(HeaderCode)
	w.post(path+"/verify", `{"code":`+code+`}`).ok().is("state", "ACTIVE")
}

func kakaoTemplateBody(name string) obj {
	return obj{"details": obj{"name": name, "language": "KO", "content": "Hello", "categoryCode": "001001"}}
}

var otherWalks = map[string]func(w *world){
	"whatsapp flows and solutions": func(w *world) {
		solution := w.post("/whatsapp/solutions", obj{"accessToken": "t", "businessManager": "SINCH_UK", "details": obj{"name": "One"}}).ok()
		id := jsonvalue.Text(solution.items("solutions")[0], "id")
		w.get("/whatsapp/solutions").ok()
		w.post("/whatsapp/solutions/"+id+"/assign", nil).ok()
		if got := w.get("/whatsapp/solutions/" + id).ok(); got.body["assigned"] != true {
			w.t.Errorf("not assigned: %v", got.body)
		}
		failed := w.post("/whatsapp/solutions", obj{"accessToken": "invalid", "businessManager": "SINCH_UK", "details": obj{"name": "Two"}}).ok()
		if len(failed.items("failedSolutions")) != 1 || len(failed.items("solutions")) != 1 {
			w.t.Errorf("a refused token: %v", failed.body)
		}
		w.onboarded()
		page := w.get("/whatsapp/flows?pageSize=1").ok()
		if next := w.get("/whatsapp/flows?pageSize=1&pageToken=" + page.str("nextPageToken")).ok(); next.names("flows", "name")[0] != "Booking" {
			w.t.Errorf("second page: %v", next.body)
		}
		w.get("/whatsapp/flows?pageToken=x&pageSize=x").ok() // no error is documented
		w.get("/whatsapp/flows/1000000000000001/screens").ok()
		w.post("/whatsapp/wabaDetails", obj{"facebookToken": "t"}).ok()
		w.post("/whatsapp/longLivedAccessToken", obj{"facebookCode": "c"}).ok()
	},
	"sms": func(w *world) {
		id := w.post("/sms/smsApps", obj{"name": "Alerts", "region": "EU", "convApiApp": true}).ok().is("status", "PENDING_ADD", "conversationApiAppDetails.channelStatus", "PENDING").str("id")
		w.s.Advance(smsProvisioning)
		w.get("/sms/smsApps/"+id).ok().is("status", "ACTIVE", "conversationApiAppDetails.channelStatus", "ACTIVE")
		w.patch("/sms/smsApps/"+id, obj{"name": "News"}).ok().is("name", "News")
		w.get("/sms/smsApps").ok()
		w.delete("/sms/smsApps/" + id).ok()
	},
	"bundles and conversation": func(w *world) {
		r := receive(w.t)
		made := w.post("/bundles", obj{
			"name": "Social shop", "region": "EU", "subproject": obj{"labels": obj{"env": "test"}}, "smsApp": true,
			"convApp":  obj{"processingMode": "DISPATCH", "webhooks": []any{obj{"target": "https://example.com/", "triggers": []any{"MESSAGE_DELIVERY"}}}},
			"webhooks": []any{obj{"target": r.URL, "secret": "hush", "triggers": []any{"BUNDLE_DONE"}}},
		}).ok().is("state", "IN_PROGRESS", "subproject.status", "PENDING", "smsApp.status", "PENDING_ADD", "convApp.smsChannelStatus", "PENDING")
		path := "/bundles/" + made.str("id")
		w.s.Advance(bundleTime)
		w.get(path).ok().is("state", "DONE", "subproject.status", "READY", "smsApp.status", "PENDING_ADD")
		w.s.Advance(smsProvisioning)
		done := w.get(path).ok().is("smsApp.status", "ACTIVE", "convApp.smsChannelStatus", "ACTIVE")
		if statuses := done.items("webhookDeliveryStatuses"); len(statuses) != 1 || statuses[0]["httpStatusCode"] != float64(200) {
			w.t.Errorf("delivery statuses %v", statuses)
		}
		if got := strings.Join(r.types(), " "); got != "BUNDLE_DONE" {
			w.t.Errorf("delivered %q", got)
		}
		sub := w.in(made.str("subproject", "id"))
		if got := sub.get("/webhooks").ok().items("webhooks"); len(got) != 1 {
			w.t.Errorf("the subproject has webhooks %v", got)
		}
		sub.get("/sms/smsApps/"+made.str("smsApp", "id")).ok().is("status", "ACTIVE")
		for _, channel := range []string{"instagram", "messenger", "telegram", "viber"} {
			sub.get("/conversation/apps/"+made.str("convApp", "id")+"/"+channel).ok().is("status", "ACTIVE")
		}
		for query, want := range map[string]int{
			"": 1, "filterStates=DONE": 1, "filterStates=FAILED": 0, "filterSmsAppIds=" + made.str("smsApp", "id"): 1,
			"filterConvAppIds=" + noULID: 0, "pageSize=25": 1,
		} {
			if got := w.get("/bundles?" + query).ok().items("bundles"); len(got) != want {
				w.t.Errorf("%s: %d bundles, want %d", query, len(got), want)
			}
		}
		failed := w.post("/bundles", obj{"name": "Fail", "region": "US", "smsApp": obj{"name": "Own"}}).ok().str("id")
		w.s.Advance(bundleTime)
		w.get("/bundles/"+failed).ok().is("state", "FAILED")
	},
	"kakaotalk": func(w *world) {
		w.kakaoActive("shop")
		path := "/kakaotalk/senders/shop"
		w.get("/kakaotalk/categories/senders").ok()
		w.get("/kakaotalk/categories/senders/shop/templates").ok()
		w.get("/kakaotalk/senders?filterStates=ACTIVE").ok()
		w.get(path + "/activities").ok()
		w.post(path+"/comments", obj{"comment": "Hi"}).ok()
		w.patch(path, obj{"details": obj{"name": "New", "logoImage": nil}}).ok().is("changes.status", "DRAFT")
		w.delete(path + "/changes").ok()
		w.patch(path, obj{"status": "SUBMIT", "details": obj{"name": "Newer"}}).ok().is("changes.status", "IN_PROGRESS")
		w.s.Advance(kakaoReview)
		w.get(path).ok().is("details.name", "Newer", "state", "ACTIVE")

		made := w.post(path+"/templates", kakaoTemplateBody("Welcome")).ok().is("changes.status", "IN_PROGRESS")
		one := path + "/templates/" + made.str("code")
		w.s.Advance(kakaoReview)
		w.get(one).ok().is("state", "APPROVED", "details.messageType", "BASIC")
		w.get(path + "/templates?templateName=Wel&filterStates=APPROVED").ok()
		w.patch(one, obj{}).ok().is("changes.status", "")
		w.patch(one, obj{"details": obj{"title": "T"}}).ok().is("changes.status", "DRAFT")
		w.delete(one + "/changes").fails("template_not_deletable") // it was submitted before
		w.patch(one, obj{"status": "SUBMIT", "details": obj{"title": "T"}}).ok().is("changes.status", "IN_PROGRESS")
		w.s.Advance(kakaoReview)
		w.get(one).ok().is("details.title", "T", "details.content", "Hello")
		w.get(one + "/activities").ok()
		w.post(one+"/comments", obj{"comment": "Hi"}).ok()

		draft := path + "/templates/" + w.post(path+"/templates", clone(kakaoTemplateBody("Draft"), obj{"status": "DRAFT"})).ok().str("code")
		w.delete(draft + "/changes").ok()
		w.get(draft).fails("template_not_found")

		bad := path + "/templates/" + w.post(path+"/templates", kakaoTemplateBody("Reject me")).ok().str("code")
		w.s.Advance(kakaoReview)
		w.get(bad).ok().is("state", "REJECTED")
		w.delete(bad + "/changes").fails("template_not_deletable")
		w.patch(bad, obj{"status": "SUBMIT", "details": obj{"name": "Good"}}).ok()
		w.s.Advance(kakaoReview)
		w.get(bad).ok().is("state", "APPROVED", "details.name", "Good")
		w.delete(one).ok()
		w.delete(path).ok()
		w.s.Advance(kakaoRemoval - time.Second)
		w.get(path).ok().is("state", "ACTIVE")
		w.s.Advance(time.Second)
		w.get(path).fails("sender_not_found")
	},
}
