package tools

import (
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
)

// launchJourney is an agent that knows no tool but rcs_sender_readiness: all other calls
// come from next. The person gives what next needs, and agrees to everything.
type launchJourney struct {
	t      *testing.T
	box    sandboxSet
	calls  []string
	person map[string]any // what the person gives, by what is needed
	id     string         // of the sender, once there is one
}

func newLaunchJourney(t *testing.T, brand string) *launchJourney {
	j := &launchJourney{t: t, box: newSandboxSet(t, func(o *Options, g *guard.Options) {
		g.Mode = guard.Auto
		o.Sandbox = nil // whose clock the API does not have
	})}
	j.person = map[string]any{"region": "EU", "billingCategory": "CONVERSATIONAL", "useCase": "TRANSACTIONAL", "comment": "What would be accepted?", "projectId": project, "brand": brand}
	return j
}

// call makes a call; the person agrees where the guard asks, and the agent repeats the
// call where the project was not confirmed.
func (j *launchJourney) call(tool string, args map[string]any) map[string]any {
	j.t.Helper()
	j.calls = append(j.calls, tool)
	out := do(j.t, j.box.Set, tool, args)
	if !out.IsError {
		r := result(j.t, out)
		if id := jsonvalue.Text(r, "ids.senderId"); id != "" {
			j.id = id
		}
		if sample := jsonvalue.Object(r, "data.sample.details"); sample != nil { // which the person fills in
			jsonvalue.Object(sample, "brand")["description"] = j.person["brand"]
			j.person["details"] = sample
		}
		return r
	}
	e := failure(j.t, out)
	n := jsonvalue.Objects(e, "next")[0]
	switch e["errorCode"] {
	case errorcode.ConfirmationRequired:
		return j.call(tool, jsonvalue.With(args, "confirm", jsonvalue.Text(e, "confirmation.token")))
	case errorcode.ProjectUnconfirmed:
		j.call(jsonvalue.Text(n, "tool"), j.argsOf(n))
		return j.call(tool, args)
	}
	j.t.Fatalf("%s: %s", tool, encode(e))
	return nil
}

// follow makes the first call of next. Before a wait, time passes.
func (j *launchJourney) follow(r map[string]any, passes time.Duration) map[string]any {
	j.t.Helper()
	for _, n := range jsonvalue.Objects(r, "next") {
		if tool := jsonvalue.Text(n, "tool"); tool != "" {
			j.box.box.Advance(passes)
			return j.call(tool, j.argsOf(n))
		}
	}
	j.t.Fatalf("nothing to call in %s", encode(r))
	return nil
}

// argsOf are the arguments of a step, with what the person gives.
func (j *launchJourney) argsOf(n map[string]any) map[string]any {
	args := jsonvalue.Object(n, "args")
	if args == nil {
		args = map[string]any{}
	}
	for _, need := range jsonvalue.Texts(n, "needs") {
		name, _, _ := strings.Cut(need, ".")
		if j.person[name] == nil {
			j.t.Fatalf("the person is asked for %s: %s", need, encode(n))
		}
		args[name] = j.person[name]
	}
	return args
}

// An RCS sender goes from nothing to its launch with readiness as the only guide, in at
// most 8 calls, in each country that has questions of its own.
func TestALaunchGuidedByReadiness(t *testing.T) {
	for _, countries := range [][]any{{"SE"}, {"GB", "FR"}, {"US"}} {
		j := newLaunchJourney(t, "Orders and returns")
		r := j.call(catalog.RcsReadiness, map[string]any{"countries": countries, "useCase": "TRANSACTIONAL"})
		for _, want := range []string{"IN_PROGRESS", "IN_TEST"} {
			if r = j.follow(r, 10*time.Minute); r["state"] != want && !strings.Contains(string(encode(r["data"])), want) {
				t.Fatalf("%v: after %v it is not %s: %s", countries, j.calls, want, encode(r))
			}
		}
		r = j.call(catalog.RcsReadiness, map[string]any{"senderId": j.id})
		if r = j.follow(r, 0); r["state"] != "LAUNCHING" && r["state"] != "PREPARING_LAUNCH" {
			t.Errorf("%v: it is %v", countries, r["state"])
		}
		t.Logf("%v: %v", countries, j.calls)
		if len(j.calls) > 8 {
			t.Errorf("%v: %d calls: %v", countries, len(j.calls), j.calls)
		}
		j.box.box.Advance(90 * 24 * time.Hour)
		if r = j.call(catalog.RcsReadiness, map[string]any{"senderId": j.id}); r["state"] != "LAUNCHED" || jsonvalue.Text(r, "data.launch") != "launched" {
			t.Errorf("%v: in the end it is %v", countries, r["state"])
		}
	}
}

// So does a draft that exists: what is missing is given in one update.
func TestADraftIsCompletedByReadiness(t *testing.T) {
	j := newLaunchJourney(t, "Orders and returns")
	j.call("project_confirm", map[string]any{"projectId": project})
	j.call("rcs_sender_create", map[string]any{"region": "EU", "billingCategory": "CONVERSATIONAL", "useCase": "OTP", "details": map[string]any{"countries": []any{"SE"}}})
	j.call(catalog.RcsReadiness, map[string]any{"countries": []any{"SE"}}) // for the sample
	j.calls = nil
	r := j.call(catalog.RcsReadiness, map[string]any{"senderId": j.id})
	if r = j.follow(r, 0); r["state"] != "IN_PROGRESS" {
		t.Fatalf("it is %v", r["state"])
	}
	j.follow(r, 10*time.Minute)
	if r = j.follow(j.call(catalog.RcsReadiness, map[string]any{"senderId": j.id}), 0); r["state"] != "LAUNCHING" || len(j.calls) > 8 {
		t.Errorf("it is %v after %v", r["state"], j.calls)
	}
}

// Where an operator refuses, the reviewers are asked, and a person can ask Sinch support;
// the sender stays live at the others. Where all refuse, it is corrected and launched
// again.
func TestAnOperatorRefusesTheLaunch(t *testing.T) {
	launched := func(brand string) (*launchJourney, map[string]any) {
		j := newLaunchJourney(t, brand)
		r := j.follow(j.call(catalog.RcsReadiness, map[string]any{"countries": []any{"SE"}, "useCase": "OTP"}), 0)
		j.follow(r, 10*time.Minute)
		j.follow(j.call(catalog.RcsReadiness, map[string]any{"senderId": j.id}), 0)
		j.box.box.Advance(90 * 24 * time.Hour)
		return j, j.call(catalog.RcsReadiness, map[string]any{"senderId": j.id})
	}
	j, r := launched("refuse Telia")
	if r["state"] != "LAUNCHED" || !strings.Contains(string(encode(r["data"])), `["SE","refused","Telia","REJECTED","The sender does not fit the operator's policy."]`) {
		t.Fatalf("it is %s", encode(r))
	}
	if got := string(encode(r["next"])); !strings.Contains(got, "a person can ask Sinch support") {
		t.Errorf("next %s", got)
	}
	j.follow(r, 0)
	if last := j.calls[len(j.calls)-1]; last != "rcs_sender_comment_add" {
		t.Errorf("the first step is %s", last)
	}

	j, r = launched("refuse Tele2 refuse Telenor refuse Telia refuse Three")
	if r["state"] != "UNLAUNCHED" {
		t.Fatalf("it is %s", encode(r))
	}
	details := jsonvalue.Object(j.person, "details")
	jsonvalue.Object(details, "brand")["description"] = "Orders and returns"
	var update map[string]any
	for _, n := range jsonvalue.Objects(r, "next") {
		if jsonvalue.Text(n, "tool") == "rcs_sender_update" {
			update = n
		}
	}
	j.call("rcs_sender_update", j.argsOf(update))
	r = j.call(catalog.RcsReadiness, map[string]any{"senderId": j.id})
	for _, n := range jsonvalue.Objects(r, "next") {
		if jsonvalue.Text(n, "tool") == "rcs_sender_launch" {
			j.call("rcs_sender_launch", j.argsOf(n))
		}
	}
	j.box.box.Advance(90 * 24 * time.Hour)
	if r = j.call(catalog.RcsReadiness, map[string]any{"senderId": j.id}); r["state"] != "LAUNCHED" {
		t.Errorf("corrected and launched again it is %v", r["state"])
	}
}
