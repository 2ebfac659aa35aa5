package sandbox

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// validRequests make a valid request of each operation of a family.
var validRequests = map[string]func(w *harness){
	"webhooks": func(w *harness) {
		id := w.post("/webhooks", obj{"target": "http://127.0.0.1:9/a", "secret": "s", "triggers": []any{"BUNDLE_DONE"}}).ok().str("id")
		w.get("/webhooks").ok()
		w.get("/webhooks/"+id).ok().is("target", "http://127.0.0.1:9/a", "projectId", w.project)
		w.patch("/webhooks/"+id, obj{"triggers": []any{"ALL"}}).ok().is("target", "http://127.0.0.1:9/a")
		w.put("/webhooks/"+id, obj{"target": "http://127.0.0.1:9/b", "secret": "t", "triggers": []any{"ALL"}}).ok().is("target", "http://127.0.0.1:9/b")
		w.delete("/webhooks/" + id).ok()
	},
	"whatsapp accounts": func(w *harness) {
		w.post("/whatsapp", obj{"companyLegalName": "Reject Ltd", "clientBusinessManagerId": "1"}).ok()
		w.post("/whatsapp/comments", obj{"comment": "Why?"}).ok()
		w.s.Advance(accountReview)
		w.patch("/whatsapp", obj{"wabaName": "Example Ltd", "senderDetails": obj{"displayName": "Example", "businessCategory": "FINANCE_AND_BANKING"}}).ok()
		w.s.Advance(accountReview)
		w.get("/whatsapp").ok()
		w.get("/whatsapp/activities").ok()
		w.put("/whatsapp/enableTemplateAnalytics", nil).ok()
	},
	"whatsapp senders": func(w *harness) {
		w.onboarded()
		id := w.activeSender("5550160")
		w.get("/whatsapp/senders").ok()
		path := "/whatsapp/senders/" + id
		w.get(path + "/suggestedUsernames").ok()
		w.get(path + "/activities").ok()
		w.post(path+"/comments", obj{"comment": "Hi"}).ok()
		w.patch(path, obj{"details": obj{"about": "x"}}).ok()
		w.delete(path + "/changes").ok()
		w.delete(path).ok()
	},
	"whatsapp sender bodies": func(w *harness) {
		w.post("/whatsapp/senders", obj{"wabaId": "", "phoneNumberId": "77", "authenticationCode": "c", "region": "US"}).ok().is("region", "US", "metaLocalStorage", "US")
		w.post("/whatsapp/senders", obj{"details": obj{"countryCode": "1", "phoneNumber": "5550161", "displayName": "Example"}}).ok().is("numberProvider", "CUSTOMER")
		w.post("/whatsapp/senders", obj{"phoneNumberProvider": "SINCH", "details": obj{"countryCode": "1", "displayName": "Example", "vertical": "OTHER"}}).ok().is("numberProvider", "SINCH")
		w.post("/whatsapp/senders", obj{"name": "Example", "facebookAccessToken": "t", "details": obj{"displayName": "Example", "vertical": "OTHER"}}).ok()
	},
	"whatsapp templates": func(w *harness) {
		w.onboarded()
		w.put("/whatsapp/enableTemplateAnalytics", nil).ok()
		w.approved("popular_one", "EN")
		w.approved("popular_two", "EN")
		w.s.Advance(7 * day)
		path := templatePath("popular_one", "EN")
		w.get("/whatsapp/templates").ok()
		w.get("/whatsapp/templates?fieldMask=name&fieldMask=analytics.0.sent").ok()
		w.get("/whatsapp/templates/popular_one").ok()
		if got := w.get(path + "?templateAnalyticsDateRange=WEEK").ok().items("analytics"); len(got) != 1 || got[0]["sent"] != float64(7000) {
			w.t.Errorf("analytics %v", got)
		}
		w.get(path + "/activities").ok()
		w.post(path+"/comments", obj{"comment": "Hi"}).ok()
		w.post(path+"/compare", obj{"timeframe": "7", "templates": []any{obj{"templateName": "popular_two", "templateLanguage": "EN"}}}).ok()
		w.post("/whatsapp/templates/sync", nil).ok()
		w.patch(path, obj{"details": obj{"messageSendTtlSeconds": 60}}).ok()
		w.delete(path).ok()
		w.delete("/whatsapp/templates/popular_one").ok()
		w.post("/_sandbox/happen", obj{"event": kindAccountChange, "value": "MAX_PRICE"}).ok()
		w.post("/whatsapp/templates", richTemplate).ok()
		w.s.Advance(templateSubmission + templateReview)
		rich := w.get(templatePath("rich", "EN_US")).ok().is("state", "APPROVED", "details.optimization.bidStrategy", "BID_STRATEGY_LOWEST_COST_WITH_BID_CAP")
		if header := rich.body["details"].(obj)["components"].([]any)[0].(obj); header["example"] != "20" {
			w.t.Errorf("header %v", header)
		}
	},
	"whatsapp account deleted": func(w *harness) {
		w.post("/whatsapp", obj{"companyLegalName": "Example Ltd", "clientBusinessManagerId": "1"}).ok()
		w.delete("/whatsapp").ok()
	},
	"whatsapp flows and solutions": func(w *harness) {
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
	"sms": func(w *harness) {
		id := w.post("/sms/smsApps", obj{"name": "Alerts", "region": "EU", "convApiApp": true}).ok().is("status", "PENDING_ADD", "conversationApiAppDetails.channelStatus", "PENDING").str("id")
		w.s.Advance(smsProvisioning)
		w.get("/sms/smsApps/"+id).ok().is("status", "ACTIVE", "conversationApiAppDetails.channelStatus", "ACTIVE")
		w.patch("/sms/smsApps/"+id, obj{"name": "News"}).ok().is("name", "News")
		w.get("/sms/smsApps").ok()
		w.delete("/sms/smsApps/" + id).ok()
	},
	"bundles and conversation": func(w *harness) {
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
		sub := w.in(made.str("subproject.id"))
		if got := sub.get("/webhooks").ok().items("webhooks"); len(got) != 1 {
			w.t.Errorf("the subproject has webhooks %v", got)
		}
		sub.get("/sms/smsApps/"+made.str("smsApp.id")).ok().is("status", "ACTIVE")
		for _, channel := range []string{"instagram", "messenger", "telegram", "viber"} {
			sub.get("/conversation/apps/"+made.str("convApp.id")+"/"+channel).ok().is("status", "ACTIVE")
		}
		for query, want := range map[string]int{
			"": 1, "filterStates=DONE": 1, "filterStates=FAILED": 0, "filterSmsAppIds=" + made.str("smsApp.id"): 1,
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
	"kakaotalk": requestKakaotalk,
	"rcs":       requestRcs,
}

// richTemplate has a component of each kind.
var richTemplate = obj{"name": "rich", "language": "EN_US", "category": "MARKETING", "details": obj{
	"messageSendTtlSeconds": 86400,
	"optimization":          obj{"bidAmount": 500, "bidStrategy": "LOWEST_COST_WITH_BID_CAP", "bidCountryMultiplierOverrides": obj{"US": "1.2"}},
	"components": []any{
		obj{"type": "HEADER", "format": "TEXT", "text": "Save {{1}}%", "examples": []any{"20"}},
		obj{"type": "BODY", "text": "Good day {{1}}, this is for you.", "examples": []any{"Ann"}},
		obj{"type": "FOOTER", "text": "Reply STOP to end"},
		obj{"type": "BUTTONS", "buttons": []any{
			obj{"type": "PHONE_NUMBER", "text": "Call", "phoneNumber": "+15550100"},
			obj{"type": "URL", "text": "Open", "url": "https://example.com/{{1}}", "examples": []any{"https://example.com/a"}},
			obj{"type": "QUICK_REPLY", "text": "Stop"},
			obj{"type": "FLOW", "text": "Begin", "flowId": "1", "flowAction": "NAVIGATE", "navigateScreen": "FIRST"},
			obj{"type": "COPY_CODE", "examples": []any{"WINTER"}},
		}},
		obj{"type": "CAROUSEL", "cards": []any{obj{"components": []any{
			obj{"type": "HEADER", "format": "IMAGE", "examples": []any{obj{"url": "https://example.com/a.png", "mimeType": "IMAGE/PNG"}}},
			obj{"type": "BODY", "text": "One card."},
			obj{"type": "BUTTONS", "buttons": []any{obj{"type": "QUICK_REPLY", "text": "More"}}},
		}}}},
	},
}}

func TestEveryOperationAnswersAValidRequest(t *testing.T) {
	good := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(validRequests)) {
		t.Run(name, func(t *testing.T) {
			w := manual(t)
			w.hook("https://example.com/all", "ALL") // so that all webhooks are sent, and checked
			validRequests[name](w)
			maps.Copy(good, w.client.Transport.(*contractChecker).good)
		})
	}
	w := manual(t)
	if err := w.s.Seed("shop"); err != nil {
		t.Fatal(err)
	}
	for id := range w.s.handlers {
		if !good[id] && !w.sample(papi.Lookup(id)) {
			t.Errorf("%s has no valid request, and does not accept a sample of its arguments", id)
		}
	}
}

// sample calls an operation on the seeded shop with the least body that the
// contract allows, and reports whether it succeeds.
func (w *harness) sample(op *papi.Operation) bool {
	var body any
	if variants := op.Variants(); len(variants) > 0 {
		body = variants[0].Sample(false)
	}
	return w.do(op.Method, w.samplePath(op), body).status < 300
}

// samplePath is the path of an operation with ids of the seeded shop.
func (w *harness) samplePath(op *papi.Operation) string {
	first := func(path, list, field string) string { return jsonvalue.Text(w.get(path).ok().items(list)[0], field) }
	sender := first("/whatsapp/senders?filterStates=ACTIVE", "senders", "id")
	if op.Family() == "Rcs" {
		sender = first("/rcs/senders", "senders", "id")
	}
	return strings.NewReplacer(
		"/v1/projects/{projectId}", "", "{senderId}", sender,
		"{webhookId}", first("/webhooks", "webhooks", "id"), "{bundleId}", first("/bundles", "bundles", "id"),
		"{smsAppId}", first("/sms/smsApps", "smsApps", "id"), "{plusFriendId}", "exampleshop",
		"{templateCode}", first("/kakaotalk/senders/exampleshop/templates", "templates", "code"),
		"{templateName}", "order_shipped", "{languageCode}", "EN", "{solutionId}", "1",
	).Replace(op.Path)
}

// call.ok relies on one status of success for each operation.
func TestEachOperationHasOneSuccess(t *testing.T) {
	for _, op := range papi.Operations() {
		if len(op.Answers) != 1 {
			t.Errorf("%s has %d", op.ID, len(op.Answers))
		}
	}
}

// The answer to any body that the contract allows is an answer of the contract.
func TestSamplesOfEveryBody(t *testing.T) {
	w := manual(t)
	if err := w.s.Seed("shop"); err != nil {
		t.Fatal(err)
	}
	for _, op := range papi.Operations() {
		if op.Body == nil {
			continue
		}
		path := w.samplePath(op)
		for _, variant := range op.Variants() {
			w.do(op.Method, path, variant.Sample(false))
			w.do(op.Method, path, variant.Sample(true))
		}
	}
	w.s.Advance(40 * day)
}
