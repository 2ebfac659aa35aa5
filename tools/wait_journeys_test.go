package tools

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/store"
)

// journey is an agent that knows nothing but its first call: each later one is a step
// that the answer before it leads to, with what a person knows. Time is that of a
// bubble of synctest, which the sandbox's clock follows.
type journey struct {
	t    *testing.T
	box  *sandbox.Sandbox
	set  *Set
	code string // the last one-time code, which only the person gets

	mu    sync.Mutex
	reads int // requests at the API

	next   []any          // of the last answer
	waited map[string]any // the arguments of the last wait
	cursor string         // of its answer
	path   []string       // the calls so far
	known  map[string]any // ids of the last result that has some
}

// journeys runs a test in a bubble, with a sandbox whose clock runs at a speed.
func journeys(t *testing.T, speed float64, travel func(j *journey)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Helper()
		j := &journey{t: t, box: sandbox.New(sandbox.Options{Seed: 1, Speed: speed})}
		defer j.box.Close()
		client, err := papi.New(papi.Config{BaseURL: "http://sandbox", AccessToken: sandbox.StaticToken, Transport: j})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := catalog.Select(catalog.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		opts := guard.Options{Default: sandbox.DefaultProject, Mode: guard.Off, Store: store.NewMemory(), Reader: dispatch.Reader{API: client}}
		j.set = New(Options{Rows: rows, Guard: guard.New(opts), API: client, Now: j.box.Now, Speed: speed})
		travel(j)
	})
}

// RoundTrip passes a request on to the sandbox, and a one-time code to the person.
func (j *journey) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := j.box.Transport().RoundTrip(r)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.reads++
	if err == nil && resp.Header.Get(sandbox.HeaderCode) != "" {
		j.code = resp.Header.Get(sandbox.HeaderCode)
	}
	return resp, err
}

// call makes a call that must succeed.
func (j *journey) call(tool string, args map[string]any) map[string]any {
	j.t.Helper()
	j.path = append(j.path, tool+" "+string(encode(args)))
	raw, err := json.Marshal(args)
	if err != nil {
		j.t.Fatal(err)
	}
	out := j.set.Call(context.Background(), Caller{Principal: "agent"}, tool, raw)
	r := decoded(j.t, out)
	if out.IsError {
		j.t.Fatalf("an error: %s\nafter\n  %s", encode(r), strings.Join(j.path, "\n  "))
	}
	j.next, _ = r["next"].([]any)
	if ids := jsonvalue.Object(r, "ids"); len(ids) > 0 {
		j.known = ids
	}
	if tool == toolWait {
		j.waited, j.cursor = args, jsonvalue.Text(r, "cursor")
	}
	return r
}

// take takes the first step of the last answer that leads to a tool. It gives what the
// step needs, and nothing else.
func (j *journey) take(tool string, needs map[string]any) map[string]any {
	j.t.Helper()
	for _, n := range j.next {
		step := n.(map[string]any)
		if step["tool"] != tool {
			continue
		}
		needed := jsonvalue.Texts(step, "needs")
		args := maps.Clone(jsonvalue.Object(step, "args"))
		if args == nil {
			args = map[string]any{}
		}
		if tool == toolWait && slices.Equal(needed, []string{"for", "cursor"}) { // again, as before
			maps.Copy(args, j.waited)
			args["cursor"], needed = j.cursor, nil
		}
		needed = slices.DeleteFunc(needed, func(name string) bool { return j.repeats(args, name) })
		given := slices.Sorted(maps.Keys(needs))
		if slices.Sort(needed); !slices.Equal(needed, given) {
			j.t.Fatalf("the step needs %v, not %v: %s", needed, given, encode(step))
		}
		maps.Copy(args, needs)
		return j.call(tool, args)
	}
	j.t.Fatalf("no step leads to %s: %s\nafter\n  %s", tool, encode(j.next), strings.Join(j.path, "\n  "))
	return nil
}

// repeats gives a wait an id that its step was too long for.
func (j *journey) repeats(args map[string]any, name string) bool {
	id, ok := strings.CutPrefix(name, "for[0].args.")
	if !ok || j.known[id] == nil {
		return false
	}
	thing := maps.Clone(jsonvalue.Object(jsonvalue.List(args, "for")[0], ""))
	thing["args"] = jsonvalue.With(jsonvalue.Object(thing, "args"), id, j.known[id])
	args["for"] = []any{thing}
	return true
}

// waits takes the steps to wait until all has settled, and returns the row of the one
// thing in the last result. Each wait lasts for as long as several clients allow.
func (j *journey) waits() object {
	j.t.Helper()
	return j.waitsIn(nil)
}

// waitsIn gives the first of the steps what it needs.
func (j *journey) waitsIn(needs object) object {
	j.t.Helper()
	for range 40 {
		began := time.Now()
		r := j.take(toolWait, needs)
		needs = nil
		if lasted := time.Since(began); lasted > defaultWait {
			j.t.Errorf("a wait lasted %v", lasted)
		}
		rows := records(j.t, r)
		if len(rows) != 1 {
			j.t.Fatalf("not one row: %s", encode(r))
		}
		if jsonvalue.Text(r, "now") < jsonvalue.Text(rows[0], "since") {
			j.t.Errorf("since after now: %s", encode(r))
		}
		if r["settled"] == true {
			return rows[0]
		}
	}
	j.t.Fatalf("it never settles:\n  %s", strings.Join(j.path, "\n  "))
	return nil
}

// isRow checks the cells of a row; "" is one that the row does not have, and some is any
// that it has.
func (j *journey) isRow(row object, want object) {
	j.t.Helper()
	for _, column := range []string{"tool", "before", "state", "class", "since", "reason"} {
		got := jsonvalue.Text(row, column)
		if wanted, _ := want[column].(string); got != wanted && (wanted != some || got == "") {
			j.t.Errorf("%s is %q, want %q: %s\nafter\n  %s", column, got, wanted, encode(row), strings.Join(j.path, "\n  "))
		}
	}
}

const some = "*"

// says checks that a step of the last answer begins so.
func (j *journey) says(begins string) {
	j.t.Helper()
	if !slices.ContainsFunc(j.next, func(n any) bool { return strings.HasPrefix(jsonvalue.Text(n, "do"), begins) }) {
		j.t.Errorf("no step says %q: %s\nafter\n  %s", begins, encode(j.next), strings.Join(j.path, "\n  "))
	}
}

// leadsTo reports whether a step of the last answer leads to a tool.
func (j *journey) leadsTo(tool string) bool {
	return slices.ContainsFunc(j.next, func(n any) bool { return jsonvalue.Text(n, "tool") == tool })
}

// launchable brings an RCS sender from nothing to where only the launch is left.
func (j *journey) launchable() {
	j.t.Helper()
	j.call("rcs_sender_create", object{"region": "EU", "billingCategory": "CONVERSATIONAL", "useCase": "MULTIUSE"})
	j.take("rcs_sender_update", object{"details": object{"brand": object{"name": "Example Shop", "description": "refuse Orange"}}})
	j.isRow(j.waits(), object{"tool": "rcs_sender_get", "before": "IN_PROGRESS", "state": "IN_TEST", "class": "Success", "since": "2000-01-01T00:01:00Z"})
	var details object
	if err := json.Unmarshal([]byte(launchDetails), &details); err != nil {
		j.t.Fatal(err)
	}
	j.take("rcs_sender_update", object{"details": details})
}

// launchDetails are what a launch in France and Sweden needs.
const launchDetails = `{
	"countries": ["FR", "SE"],
	"brand": {
		"emails": [{"label": "Care", "address": "care@example.com"}],
		"bannerUrl": "https://example.com/banner.png", "logoUrl": "https://example.com/logo.png",
		"privacyPolicyUrl": "https://example.com/privacy", "termsOfServiceUrl": "https://example.com/terms"
	},
	"questionnaire": {
		"general": {"answers": {
			"optInDescription": "By a form", "triggerDescription": "After a purchase", "interactionsDescription": "Order status",
			"optOutDescription": "STOP", "videoUris": ["https://example.com/video"]
		}},
		"verification": {"answers": {"name": "Example Manager", "email": "care@example.com", "website": "https://example.com", "phone": "+15550100"}},
		"fr": {"answers": {"fullCompanyAddress": "1 Rue Example", "siren": "000000000"}}
	}
}`

const refusedByOrange = "REJECTED FR Orange: The sender does not fit the operator's policy."

// IN_TEST ends a create, and not a launch. One operator refuses the sender, and the
// others carry it.
func TestJourneyOfAnRCSLaunch(t *testing.T) {
	journeys(t, 60, func(j *journey) {
		j.launchable()
		j.take("rcs_sender_launch", nil)
		j.isRow(j.waits(), object{"tool": "rcs_sender_get", "before": "LAUNCHING", "state": "LAUNCHED", "class": "Success", "since": some, "reason": refusedByOrange})
		j.says("1 operator refused it")
		j.take("rcs_sender_comment_add", object{"comment": "Why did Orange refuse it?"})
	})
}

// In the API a launch takes weeks: the agent comes back, and does not wait.
func TestJourneyOfARealRCSLaunch(t *testing.T) {
	journeys(t, 1, func(j *journey) {
		j.launchable()
		j.take("rcs_sender_launch", nil)
		if j.leadsTo(toolWait) {
			t.Errorf("a launch of weeks is waited for: %s", encode(j.next))
		}
		j.says("check again tomorrow")
		time.Sleep(24 * time.Hour)
		if r := j.take("rcs_sender_get", nil); r["state"] != "LAUNCHED" {
			t.Errorf("after a day: %s", encode(r))
		}
		j.says("1 operator refused it")
	})
}

// The wait for a bundle is in its project; for what is in the subproject, in that one.
func TestJourneyOfABundle(t *testing.T) {
	journeys(t, 1, func(j *journey) {
		r := j.call("bundle_create", object{"name": "Social shop", "region": "EU", "subproject": true, "smsApp": true, "convApp": object{"name": "Social shop"}})
		subproject := jsonvalue.Text(r, "ids.subprojectId")
		j.isRow(j.waits(), object{"tool": "bundle_get", "before": "IN_PROGRESS", "state": "DONE", "class": "Success"})
		j.take("project_confirm", nil)
		r = j.call("sms_app_create", object{"projectId": subproject, "name": "Second", "region": "EU"})
		j.isRow(j.waitsIn(object{"projectId": subproject}), object{"tool": "sms_app_get", "before": "PENDING_ADD", "state": "ACTIVE", "class": "Success"})
		thing := jsonvalue.List(j.waited, "for")[0]
		if got := jsonvalue.Text(thing, "args.smsAppId"); got != jsonvalue.Text(r, "ids.smsAppId") || jsonvalue.Text(j.waited, "projectId") != subproject {
			t.Errorf("waited for %s in the subproject %s", encode(j.waited), subproject)
		}
	})
}

// The agent learns why a template was rejected, corrects it and submits it again.
func TestJourneyOfARejectedTemplate(t *testing.T) {
	for _, speed := range []float64{1, 60} {
		journeys(t, speed, func(j *journey) {
			j.call("whatsapp_sender_create", object{"wabaId": "100000000005678", "phoneNumberId": "200000000005678", "authenticationCode": "from-the-signup", "region": "EU", "businessManager": "SINCH_UK"})
			j.call("whatsapp_template_create", object{"name": "reject_scam", "language": "EN_US", "category": "MARKETING", "details": templateDetails("Too good to be true.")})
			j.isRow(j.waits(), object{"tool": "whatsapp_template_get", "before": some, "state": "REJECTED", "class": "Failure", "since": some, "reason": "SCAM"})
			steps := j.next
			if r := j.take("whatsapp_template_activity_list", nil); !strings.Contains(string(encode(r)), "REJECTED") {
				t.Errorf("its activities do not say that it was rejected: %s", encode(r))
			}
			j.next = steps
			j.take("whatsapp_template_update", object{"details": templateDetails("Ten percent off all week.")})
			j.isRow(j.waits(), object{"tool": "whatsapp_template_get", "before": some, "state": "APPROVED", "class": "Success"})
		})
	}
}

func templateDetails(text string) object {
	return object{"components": []any{object{"type": "BODY", "text": text}}}
}

// The person's verification at Meta is in between: the agent asks for it, and waits for
// what comes of it.
func TestJourneyOfAnAccount(t *testing.T) {
	create := object{"wabaName": "pending Example", "clientBusinessManagerId": "100000000000001", "senderDetails": object{"businessCategory": "OTHER", "displayName": "Example Shop"}}
	verification := object{"tool": "whatsapp_account_get", "before": "changes.status=IN_PROGRESS", "state": "changes.status=PENDING_FACEBOOK_VERIFICATION", "class": "ActionRequired", "since": "2000-01-01T00:02:00Z"}
	journeys(t, 60, func(j *journey) {
		j.call("whatsapp_account_create", create)
		j.isRow(j.waits(), verification)
		j.says("ask the person to finish the business verification")
		row := j.waits()
		if row["state"] == verification["state"] {
			row = j.waits()
		}
		j.isRow(row, object{"tool": "whatsapp_account_get", "before": verification["state"], "state": "ONBOARDED", "class": "Success", "since": row["since"]})
		j.take("whatsapp_sender_list", nil)
	})
	journeys(t, 1, func(j *journey) { // days of a person: the agent comes back
		j.call("whatsapp_account_create", create)
		j.isRow(j.waits(), verification)
		j.says("then check again tomorrow")
		time.Sleep(24 * time.Hour)
		if r := j.take("whatsapp_account_get", nil); r["state"] != "ONBOARDED" {
			t.Errorf("after a day: %s", encode(r))
		}
	})
}

// The review of a display name continues while the person enters the code, and after it:
// the sender is ACTIVE, and its name is refused later. The agent sets another one.
func TestJourneyOfARejectedDisplayName(t *testing.T) {
	journeys(t, 1, func(j *journey) {
		j.call("whatsapp_sender_create", object{"wabaId": "100000000005678", "phoneNumberId": "200000000005678", "authenticationCode": "signup:displayName=reject+Example", "region": "EU", "businessManager": "SINCH_UK"})
		j.isRow(j.waits(), object{"tool": "whatsapp_sender_get", "before": "changes.status=IN_PROGRESS", "state": "PENDING_VERIFICATION", "class": "ActionRequired", "since": "2000-01-01T00:01:00Z"})
		j.take("whatsapp_sender_register", object{"method": "SMS"})
		j.take("whatsapp_sender_verify", object{"code": j.code})
		j.isRow(j.waits(), object{"tool": "whatsapp_sender_get", "before": "PENDING_VERIFICATION", "state": "ACTIVE", "class": "Success", "since": some})
		j.isRow(j.waits(), object{"tool": "whatsapp_sender_get", "before": "displayName=PENDING", "state": "ACTIVE", "class": "Failure", "since": "2000-01-01T00:06:00Z", "reason": "displayName=REJECTED; the name does not fit the business"})
		j.take("whatsapp_sender_update", object{"details": object{"displayName": "Example Shop"}})
		j.isRow(j.waits(), object{"tool": "whatsapp_sender_get", "before": some, "state": "ACTIVE", "class": "Success", "since": some})
	})
}

// The sender needs a code from its manager's phone; with it, it is ACTIVE immediately.
func TestJourneyOfAKakaoTalkSender(t *testing.T) {
	journeys(t, 60, func(j *journey) {
		j.call("kakaotalk_sender_create", object{"plusFriendId": "exampleshop", "details": object{"adminPhoneNo": "+15550120", "name": "Example Shop", "topLevelCategoryCode": "019", "midLevelCategoryCode": "0006", "subLevelCategoryCode": "0001"}})
		j.isRow(j.waits(), object{"tool": "kakaotalk_sender_get", "before": "changes.status=IN_PROGRESS", "state": "INACTIVE", "class": "ActionRequired", "since": "2000-01-01T00:02:00Z"})
		j.take("kakaotalk_sender_register", nil)
		code, err := strconv.Atoi(j.code)
		if err != nil {
			t.Fatal(err)
		}
		r := j.take("kakaotalk_sender_verify", object{"code": code})
		if r["state"] != "ACTIVE" {
			j.isRow(j.waits(), object{"tool": "kakaotalk_sender_get", "before": "VERIFYING", "state": "ACTIVE", "class": "Success", "since": some})
		}
		j.take("kakaotalk_template_list", nil)
	})
}
