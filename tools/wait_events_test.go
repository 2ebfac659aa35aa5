package tools

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/jsonvalue"
)

// promptly is how soon a wait ends after the event.
const promptly = time.Second

// waiting is a wait that runs.
type waiting struct {
	w    *receiving
	done chan map[string]any
}

// wait starts a wait, and returns when it has read its things for the first time.
func (w *receiving) wait(args object, things ...any) *waiting {
	w.t.Helper()
	for len(w.asked) > 0 {
		<-w.asked
	}
	call := object{"for": things}
	for name, value := range args {
		call[name] = value
	}
	one := &waiting{w, make(chan map[string]any, 1)}
	go func() {
		out := w.set.Call(context.Background(), Caller{Principal: "test"}, toolWait, encode(call))
		value, _ := jsonvalue.Decode(encode(out.Structured))
		one.done <- jsonvalue.Object(value, "")
	}()
	for range things {
		one.reads()
	}
	return one
}

// reads waits until a thing is read.
func (o *waiting) reads() {
	o.w.t.Helper()
	select {
	case <-o.w.asked:
	case <-time.After(10 * time.Second):
		o.w.t.Fatal("the wait reads nothing")
	}
}

// ends is the row of a wait that must end now, and what it says besides.
func (o *waiting) ends() (row, all map[string]any) {
	o.w.t.Helper()
	select {
	case all = <-o.done:
		return records(o.w.t, all)[0], all
	case <-time.After(promptly):
		o.w.t.Fatalf("the wait did not end within %v", promptly)
		return nil, nil
	}
}

// goesOn fails where the wait has ended.
func (o *waiting) goesOn(after string) {
	o.w.t.Helper()
	select {
	case all := <-o.done:
		o.w.t.Fatalf("it ended after %s: %s", after, encode(all))
	default:
	}
}

func (w *receiving) requested() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.requests
}

// A webhook ends a wait within a second, where polling would take ten: the template is
// read when its event comes, and says what it is.
func TestAWebhookEndsAWait(t *testing.T) {
	w := newReceiving(t, nil)
	w.subscribed()
	w.template("offer")
	wait := w.wait(nil, aTemplate("offer"))
	w.happen("whatsapp_template_review", "offer/EN_US", "SCAM")
	row, all := wait.ends()
	if row["state"] != "REJECTED" || row["class"] != "Failure" || row["reason"] != "SCAM" || all["settled"] != true || all["reads"] != nil {
		t.Errorf("%s", encode(all))
	}
}

// Where nothing brings the events, a wait polls; it says which of both it does.
func TestAWaitSaysWhenItReads(t *testing.T) {
	t.Parallel()
	w := newReceiving(t, nil)
	w.template("offer")
	said := func(set *Set) any {
		return result(t, waitAs(t.Context(), t, set, Caller{Principal: "test"}, object{"timeoutSeconds": 1}, aTemplate("offer")))["reads"]
	}
	without := w.newSet(nil, nil, nil)
	if got := said(without); got != "polling every 2 s to 1 min" {
		t.Errorf("without a receiver: %v", got)
	}
	if got := said(w.set); got != "polling every 2 s to 1 min" {
		t.Errorf("without a subscription: %v", got)
	}
	id := jsonvalue.Text(w.call(toolEventSubscribe, object{}), "ids.webhookId")
	if got := said(w.set); got != "on events, else every 10 s to 5 min" {
		t.Errorf("with a subscription: %v", got)
	}
	w.call(webhookDelete, object{"webhookId": id})
	if got := said(w.set); got != "polling every 2 s to 1 min" {
		t.Errorf("after it was ended: %v", got)
	}
}

// What came before a wait does not end it: the first read counts.
func TestEventsBeforeAWait(t *testing.T) {
	w := newReceiving(t, nil)
	w.subscribed()
	w.template("offer", "news")
	w.happen("whatsapp_template_review", "offer/EN_US", "SCAM")
	w.received(2)
	row, _ := w.wait(nil, aTemplate("offer")).ends()
	if row["state"] != "REJECTED" {
		t.Errorf("%s", encode(row))
	}
	wait := w.wait(object{"until": untilChanged}, aTemplate("offer"))
	w.happen("whatsapp_template_review", "news/EN_US", "SCAM") // of another thing
	w.received(1)
	wait.goesOn("an event of another thing")
	w.call("whatsapp_template_update", object{"templateName": "offer", "languageCode": "EN_US", "status": "SUBMIT", "details": templateDetails("Another text.")})
	w.happen("whatsapp_template_review", "offer/EN_US", "APPROVED")
	if row, _ := wait.ends(); row["before"] != "REJECTED" || row["state"] == "REJECTED" {
		t.Errorf("%s", encode(row))
	}
}

// An event that comes twice is one event, and wakes no one a second time; two events about
// the same change are two, and change nothing more.
func TestEventsThatComeTwice(t *testing.T) {
	w := newReceiving(t, nil)
	target := w.subscribed()
	w.template("offer")
	w.happen("whatsapp_template_review", "offer/EN_US", "SCAM")
	w.received(2)
	wait := w.wait(object{"until": untilChanged, "timeoutSeconds": 300}, aTemplate("offer"))
	w.mu.Lock()
	first, body := w.deliveries[len(w.deliveries)-1], w.bodies[len(w.bodies)-1]
	w.mu.Unlock()
	before := w.requested()
	again, err := http.NewRequest(http.MethodPost, target, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	again.Header = first.Header.Clone()
	resp, err := w.server.Client().Do(again)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("again: %v, %v", resp, err)
	}
	resp.Body.Close()
	if got := typesOf(w.events(object{"ids": []string{"offer"}})); !slices.Equal(got, []string{"WHATSAPP_TEMPLATE_REJECTED"}) {
		t.Errorf("events %v", got)
	}
	if status := w.send(target, w.secrets[0], string(body)); status != http.StatusOK { // with another nonce
		t.Fatal(status)
	}
	wait.reads()
	if got := typesOf(w.events(object{"ids": []string{"offer"}})); len(got) != 2 {
		t.Errorf("events %v", got)
	}
	if n := w.requested() - before; n != 1 {
		t.Errorf("%d reads for a repetition and an event", n)
	}
	wait.goesOn("events about nothing new")
	w.call("whatsapp_template_update", object{"templateName": "offer", "languageCode": "EN_US", "status": "SUBMIT", "details": templateDetails("Another text.")})
	w.send(target, w.secrets[0], `{"type":"WHATSAPP_TEMPLATE_STATUS_UPDATED"}`) // of which thing it does not say
	wait.ends()
}

// Events that come out of order, or say what is not so, do not decide: what the API says
// when it is read does.
func TestEventsOutOfOrder(t *testing.T) {
	w := newReceiving(t, nil)
	target := w.subscribed()
	w.template("offer")
	wait := w.wait(nil, aTemplate("offer"))
	w.report(target, "WHATSAPP_TEMPLATE_APPROVED", aTemplateIn("APPROVED", "offer"), nil)
	wait.reads()
	w.report(target, "WHATSAPP_TEMPLATE_REJECTED", aTemplateIn("REJECTED", "offer"), nil)
	wait.reads()
	wait.goesOn("events that are not so")
	w.mu.Lock()
	w.hold = make(chan struct{})
	w.mu.Unlock()
	w.happen("whatsapp_template_review", "offer/EN_US", "APPROVED")
	w.happen("whatsapp_template_status", "offer/EN_US", "PAUSED")
	w.mu.Lock()
	close(w.hold)
	w.hold = nil
	w.mu.Unlock()
	row, _ := wait.ends()
	if row["state"] != "PAUSED" { // by the first event, which says APPROVED
		t.Errorf("%s", encode(row))
	}
}

// An event that is late ends the wait when it comes.
func TestLateEvents(t *testing.T) {
	w := newReceiving(t, nil)
	w.subscribed()
	w.template("offer")
	wait := w.wait(nil, aTemplate("offer"))
	hold := make(chan struct{})
	w.mu.Lock()
	w.hold = hold
	w.mu.Unlock()
	w.happen("whatsapp_template_review", "offer/EN_US", "SCAM")
	if w.requested() == 0 {
		t.Fatal("nothing was asked")
	}
	wait.goesOn("a change without an event")
	w.mu.Lock()
	w.hold = nil
	w.mu.Unlock()
	close(hold)
	if row, _ := wait.ends(); row["state"] != "REJECTED" {
		t.Errorf("%s", encode(row))
	}
}

// An event that is forged wakes no one, and is not listed; nor is one of long ago.
func TestForgedEvents(t *testing.T) {
	w := newReceiving(t, nil)
	target := w.subscribed()
	w.template("offer")
	wait := w.wait(nil, aTemplate("offer"))
	before := w.requested()
	body := `{"type":"WHATSAPP_TEMPLATE_APPROVED","payload":{"name":"offer","language":"EN_US","state":"APPROVED"}}`
	for name, status := range map[string]int{
		"another secret":      w.send(target, "another-secret-0123456789", body),
		"another target":      w.send(w.server.URL+"/events/ABCDEFGHIJKLMNOPQRSTUVWXYZ", w.secrets[0], body),
		"a day old":           w.sendSigned(target, w.secrets[0], "n-1", body, time.Now().Add(-25*time.Hour)),
		"signed in an hour":   w.sendSigned(target, w.secrets[0], "n-2", body, time.Now().Add(time.Hour)),
		"right, and not JSON": w.send(target, w.secrets[0], "APPROVED"),
	} {
		if status < 400 || status >= 500 {
			t.Errorf("%s: status %d", name, status)
		}
	}
	if rows := w.events(object{"ids": []string{"offer"}}); len(rows) > 0 {
		t.Errorf("listed: %s", encode(rows))
	}
	w.send(target, w.secrets[0], body) // a right one, after which all that wakes has woken
	wait.reads()
	if n := w.requested() - before; n != 1 {
		t.Errorf("%d reads", n)
	}
	wait.goesOn("forged events")
}

// settles begins a wait for a thing, moves the sandbox's clock from change to change, and
// returns the row of the wait, which must end with the event of the last change.
func (w *receiving) settles(until string, thing any) object {
	w.t.Helper()
	wait := w.wait(object{"timeoutSeconds": 300}, thing)
	for range 40 {
		advanced, err := w.box.AdvanceToChange(w.t.Context())
		if err != nil || len(advanced.Changes) == 0 {
			w.t.Fatalf("nothing changes any more, %v", err)
		}
		for _, c := range advanced.Changes {
			if strings.HasPrefix(c.After, until) {
				row, _ := wait.ends()
				return row
			}
		}
		wait.goesOn("a change of something else")
	}
	w.t.Fatalf("it never becomes %s", until)
	return nil
}

// The journeys of waiting, each by the events of the API alone: a wait ends within a second
// of the webhook, at any point of a process that takes hours.
func TestJourneysByEvents(t *testing.T) {
	sender := object{"wabaId": "100000000005678", "phoneNumberId": "200000000005678", "authenticationCode": "from-the-signup", "region": "EU", "businessManager": "SINCH_UK"}
	for name, travel := range map[string]func(w *receiving, j *journey){
		"a WhatsApp account": func(w *receiving, j *journey) {
			j.call("whatsapp_account_create", object{"wabaName": "Example", "clientBusinessManagerId": "100000000000001", "senderDetails": object{"businessCategory": "OTHER", "displayName": "Example Shop"}})
			j.isRow(w.settles("ONBOARDED", waitItem("whatsapp_account_get", object{})), object{"tool": "whatsapp_account_get", "before": some, "state": "ONBOARDED", "class": "Success"})
		},
		"a WhatsApp sender": func(w *receiving, j *journey) {
			id := jsonvalue.Text(j.call("whatsapp_sender_create", sender), "ids.senderId")
			j.isRow(w.settles("PENDING_VERIFICATION", aSender(id)), object{"tool": "whatsapp_sender_get", "before": some, "state": "PENDING_VERIFICATION", "class": "ActionRequired", "since": some})
		},
		"a template": func(w *receiving, j *journey) {
			j.call("whatsapp_sender_create", sender)
			j.call("whatsapp_template_create", object{"name": "reject_scam", "language": "EN_US", "category": "MARKETING", "details": templateDetails("Too good to be true.")})
			j.isRow(w.settles("REJECTED", aTemplate("reject_scam")), object{"tool": "whatsapp_template_get", "before": some, "state": "REJECTED", "class": "Failure", "since": some, "reason": "SCAM"})
			j.call("whatsapp_template_update", object{"templateName": "reject_scam", "languageCode": "EN_US", "status": "SUBMIT", "details": templateDetails("Ten percent off all week.")})
			j.isRow(w.settles("APPROVED", aTemplate("reject_scam")), object{"tool": "whatsapp_template_get", "before": some, "state": "APPROVED", "class": "Success"})
		},
		"a launch of an RCS sender": func(w *receiving, j *journey) {
			r := j.call("rcs_sender_create", object{"region": "EU", "billingCategory": "CONVERSATIONAL", "useCase": "MULTIUSE"})
			id := jsonvalue.Text(r, "ids.senderId")
			j.call("rcs_sender_update", object{"senderId": id, "details": object{"brand": object{"name": "Example Shop", "description": "refuse Orange"}}})
			w.settles("IN_TEST", waitItem("rcs_sender_get", object{"senderId": id}))
			var details object
			if err := json.Unmarshal([]byte(launchDetails), &details); err != nil {
				t.Fatal(err)
			}
			j.call("rcs_sender_update", object{"senderId": id, "details": details})
			j.call("rcs_sender_launch", object{"senderId": id})
			row := w.settles("LAUNCHED", waitItem("rcs_sender_get", object{"senderId": id}, "LAUNCHED"))
			j.isRow(row, object{"tool": "rcs_sender_get", "before": some, "state": "LAUNCHED", "class": "Success", "since": some, "reason": refusedByOrange})
		},
		"a bundle": func(w *receiving, j *journey) {
			r := j.call("bundle_create", object{"name": "Social shop", "region": "EU", "subproject": true, "smsApp": true, "convApp": object{"name": "Social shop"}})
			j.isRow(w.settles("DONE", waitItem("bundle_get", object{"bundleId": jsonvalue.Text(r, "ids.bundleId")})), object{"tool": "bundle_get", "before": some, "state": "DONE", "class": "Success"})
		},
		"a KakaoTalk sender": func(w *receiving, j *journey) {
			j.call("kakaotalk_sender_create", object{"plusFriendId": "exampleshop", "details": object{"adminPhoneNo": "+15550120", "name": "Example Shop", "topLevelCategoryCode": "019", "midLevelCategoryCode": "0006", "subLevelCategoryCode": "0001"}})
			item := waitItem("kakaotalk_sender_get", object{"plusFriendId": "exampleshop"})
			j.isRow(w.settles("INACTIVE", item), object{"tool": "kakaotalk_sender_get", "before": some, "state": "INACTIVE", "class": "ActionRequired", "since": some})
			j.call("kakaotalk_sender_register", object{"plusFriendId": "exampleshop"})
			code, err := strconv.Atoi(w.code)
			if err != nil {
				t.Fatal(err)
			}
			wait := w.wait(object{"timeoutSeconds": 300, "until": untilChanged}, item)
			j.call("kakaotalk_sender_verify", object{"plusFriendId": "exampleshop", "code": code})
			if row, _ := wait.ends(); row["state"] != "ACTIVE" {
				t.Errorf("%s", encode(row))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newReceiving(t, nil)
			w.subscribed()
			travel(w, &journey{t: t, box: w.box, set: w.set})
		})
	}
}
