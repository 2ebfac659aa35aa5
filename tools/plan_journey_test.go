package tools

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/store"
	"papi-mcp/internal/tokentest"
)

const projectB = "11111111-1111-1111-1111-111111111111"

// "Make project B like project A": at most 6 calls and 6,000 tokens of arguments and
// results, the confirmations included. The agent follows next, and gives what next needs.
func TestTheJourneyToASecondProject(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	t.Run("a token", func(t *testing.T) { journeyToB(t, nil) })
	t.Run("a form", func(t *testing.T) { journeyToB(t, &witness{says: guard.Accepted}) })
}

// journeyToB makes the journey, with the token where the client can not ask a person.
func journeyToB(t *testing.T, person *witness) {
	t.Setenv("PAPI_VAR_EXAMPLE_COM_A_SECRET", "correct-Horse-9-battery")
	s := newSandboxSet(t, func(o *Options, g *guard.Options) {
		g.Mode = guard.Auto
		o.PlanSecrets = []string{"EXAMPLE_COM_A_SECRET"}
	})
	for project, signup := range map[string]string{project: "5678", projectB: "6789"} {
		other := New(Options{Rows: catalog.Rows(), API: s.opts.API, Guard: guard.New(guard.Options{Default: project, Mode: guard.Off, Store: store.NewMemory(), Reader: dispatch.Reader{API: s.opts.API}})})
		result(t, do(t, other, "whatsapp_sender_create", object{"wabaId": "10000000000" + signup, "phoneNumberId": "20000000000" + signup, "authenticationCode": "from-the-signup-" + signup, "region": "EU", "businessManager": "SINCH_UK"}))
		s.box.Advance(10 * time.Minute)
		if project == projectB {
			continue
		}
		result(t, do(t, other, "webhook_create", object{"target": "https://example.com/a", "triggers": []string{"ALL"}, "secret": "correct-Horse-9-battery"}))
		for i := range 12 {
			result(t, do(t, other, "whatsapp_template_create", object{
				"name": fmt.Sprintf("notice_%d", i), "language": "EN", "category": "UTILITY", "status": "SUBMIT",
				"details": object{"components": []any{object{"type": "BODY", "text": fmt.Sprintf("The state of your order %d has changed.", i)}}},
			}))
		}
		result(t, do(t, other, "sms_app_create", object{"name": "Alerts", "region": "EU"}))
	}

	calls, tokens := 0, 0
	call := func(tool string, args map[string]any) (map[string]any, bool) {
		t.Helper()
		calls++
		caller := Caller{Principal: "test"}
		if person != nil {
			caller.Elicitor = person
		}
		out := s.Call(t.Context(), caller, tool, encode(args))
		answer := decoded(t, out)
		tokens += tokentest.Count(string(encode(args))) + tokentest.Count(string(encode(answer)))
		return answer, out.IsError
	}
	step := func(answer map[string]any) (string, map[string]any) {
		t.Helper()
		next := jsonvalue.Objects(answer, "next")
		if len(next) == 0 {
			t.Fatalf("no next in %s", encode(answer))
		}
		args := jsonvalue.Object(next[0], "args")
		if args == nil {
			args = map[string]any{}
		}
		for _, name := range jsonvalue.Texts(next[0], "needs") {
			switch name {
			case argProject:
				args[argProject] = projectB
			case argConfirm:
				args[argConfirm] = jsonvalue.Text(answer, "confirmation.token")
			}
		}
		return jsonvalue.Text(next[0], "tool"), args
	}
	answer, _ := call(catalog.ProjectExport, map[string]any{})
	tool, args := step(answer)
	answer, _ = call(tool, args)
	tool, apply := step(answer)
	answer, failed := call(tool, apply)
	if person == nil {
		if !failed || answer["errorCode"] != errorcode.ConfirmationRequired {
			t.Fatalf("no confirmation: %s", encode(answer))
		}
		tool, args = step(answer)
		answer, failed = call(tool, args)
	} else if len(person.asked) != 1 {
		t.Errorf("asked %q", person.asked)
	}
	if failed || jsonvalue.Field(answer, "data.done") != 14.0 || jsonvalue.Field(answer, "data.of") != 14.0 {
		t.Fatalf("not applied: %s", encode(answer))
	}
	if needs := jsonvalue.Texts(answer, "data.needs"); jsonvalue.Text(answer, "data.status") != appliedWaits || len(needs) != 1 || !strings.Contains(needs[0], "whatsapp_sender_create") {
		t.Errorf("the sender, which only a person can create: %s", encode(answer))
	}
	s.box.Advance(time.Hour)
	tool, args = step(answer)
	if answer, _ = call(tool, args); answer["settled"] != true {
		t.Errorf("not settled: %s", encode(answer))
	}
	t.Logf("%d calls, %d tokens", calls, tokens)
	if calls > 6 || tokens > 6000 {
		t.Errorf("%d calls with %d tokens: at most 6 with 6,000", calls, tokens)
	}

	// And again: nothing is left to do.
	exported := s.call(t, catalog.ProjectExport, map[string]any{})
	again := s.call(t, catalog.ProjectPlan, map[string]any{argExportID: jsonvalue.Text(exported, "ids.exportId"), argProject: projectB})
	if len(jsonvalue.List(again, "data.steps")) > 0 {
		t.Errorf("planned again: %s", encode(again))
	}
}

// The result of an apply has the ids of what can be waited for: the step that waits is cut
// to its size, and may not have them.
func TestAnApplyShowsWhatToWaitFor(t *testing.T) {
	s := newSandboxSet(t, nil)
	planned := s.call(t, catalog.ProjectPlan, object{argDocument: "smsApps: [{name: Alerts, region: EU}]"})
	applied := s.call(t, catalog.ProjectApply, object{argPlanID: jsonvalue.Text(planned, "ids.planId")})
	read := s.call(t, "sms_app_get", object{"smsAppId": jsonvalue.Text(applied, "ids.smsAppId")})
	if read["state"] != "PENDING_ADD" {
		t.Errorf("applied %s, read %s", encode(applied), encode(read))
	}
}

// What a call may not name is refused: another's document, references, an expired id.
func TestWhatDocumentsMayNotHave(t *testing.T) {
	s := newSandboxSet(t, nil)
	hook := "webhooks: [{target: https://example.com/a, triggers: [ALL], secret: \"${env:PAPI_VAR_HOOK_SECRET}\"}]"
	for name, test := range map[string]struct {
		args object
		want string
	}{
		"a secret that is not listed": {object{argDocument: hook}, errorcode.PlanInvalid},
		"a file":                      {object{argDocument: "webhooks: ${file:hooks.yaml}"}, errorcode.PlanInvalid},
		"both":                        {object{argDocument: hook, argExportID: "e1"}, errorcode.InvalidArguments},
		"neither":                     {object{}, errorcode.InvalidArguments},
		"an unknown export":           {object{argExportID: "e1"}, errorcode.PlanExpired},
		"a document of 257 KiB":       {object{argDocument: fmt.Sprintf("# %*s", 257<<10, "x")}, errorcode.InvalidArguments},
	} {
		if e := failure(t, do(t, s.Set, catalog.ProjectPlan, test.args)); e["errorCode"] != test.want {
			t.Errorf("%s: %s", name, encode(e))
		}
	}
	planned := s.call(t, catalog.ProjectPlan, object{argDocument: "smsApps: [{name: \"${var:NAME}\", region: EU}]", "vars": []string{"NAME=Alerts"}})
	id := jsonvalue.Text(planned, "ids.planId")
	out := s.Call(t.Context(), Caller{Principal: "someone else"}, catalog.ProjectApply, encode(object{argPlanID: id}))
	if e := failure(t, out); e["errorCode"] != errorcode.PlanExpired {
		t.Errorf("another's plan: %s", encode(e))
	}
	if r := s.call(t, catalog.ProjectApply, object{argPlanID: id}); jsonvalue.Text(r, "data.status") != appliedDone {
		t.Errorf("one's own: %s", encode(r))
	}
}
