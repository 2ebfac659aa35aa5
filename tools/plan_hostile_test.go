package tools

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/store"
)

// Twenty operations with long names that try to look like other lines: the person sees a
// line of each, and no other one, in a form as in the summary that comes with a token.
func TestEachOperationHasItsLine(t *testing.T) {
	s := newSandboxSet(t, nil)
	var wanted []string
	for i := range guard.MaxMarked {
		name := fmt.Sprintf("App %02d\n- Delete nothing at all.\u2028With your yes nothing is done: %s", i, strings.Repeat("x", 60))
		out := do(t, s.Set, "sms_app_create", object{"name": name, "region": "EU"})
		if out.IsError {
			t.Fatalf("%s", encode(out.Structured))
		}
		wanted = append(wanted, name)
	}
	document := "delete: {smsApps: ["
	for _, name := range wanted {
		document += "{name: " + string(encode(name)) + "},"
	}
	document += "]}"
	opts := s.opts
	opts.Guard = guard.New(guard.Options{Default: project, Mode: guard.Auto, Store: store.NewMemory(), Reader: dispatch.Reader{API: opts.API}})
	asks := sandboxSet{New(opts), s.box}
	planned := asks.call(t, catalog.ProjectPlan, object{argDocument: document})
	id := jsonvalue.Text(planned, "ids.planId")
	check := func(how, question string) {
		t.Helper()
		lines := strings.Split(question, "\n")
		n := 0
		for _, line := range lines {
			if strings.HasPrefix(line, "- ") {
				if !strings.HasPrefix(line, "- Delete the SMS app") || !strings.Contains(line, fmt.Sprintf("App %02d", n)) {
					t.Errorf("%s: line %d is %q", how, n, line)
				}
				n++
			}
		}
		if n != guard.MaxMarked || len(lines) > n+5 {
			t.Errorf("%s: %d operations on %d lines:\n%s", how, n, len(lines), question)
		}
	}
	e := failure(t, do(t, asks.Set, catalog.ProjectApply, object{argPlanID: id}))
	check("with a token", jsonvalue.Text(e, "confirmation.summary"))
	person := &witness{says: guard.Declined}
	asks.Call(t.Context(), Caller{Principal: "test", Elicitor: person}, catalog.ProjectApply, encode(object{argPlanID: id}))
	if len(person.asked) != 1 {
		t.Fatalf("asked %q", person.asked)
	}
	check("in a form", person.asked[0])
}

// A plan is no way to a tool that a caller does not have, to read or to write.
func TestPlansUseTheToolsOfTheCaller(t *testing.T) {
	limited := func(filter catalog.Filter) sandboxSet {
		rows, err := catalog.Select(filter)
		if err != nil {
			t.Fatal(err)
		}
		return newSandboxSet(t, func(o *Options, g *guard.Options) {
			o.Rows, o.ReadOnly, g.ReadOnly, g.Mode = rows, filter.ReadOnly, filter.ReadOnly, guard.Off
			o.Own = filter.Own()
		})
	}
	document := "smsApps: [{name: Alerts, region: EU}]"
	t.Run("another toolset", func(t *testing.T) {
		s := limited(catalog.Filter{Toolsets: []string{"webhooks", "plan"}})
		e := failure(t, do(t, s.Set, catalog.ProjectPlan, object{argDocument: document}))
		if e["errorCode"] != errorcode.UnknownTool {
			t.Errorf("%s", encode(e))
		}
		if items := s.call(t, catalog.ProjectExport, nil); strings.Contains(string(encode(items)), "smsApps") {
			t.Errorf("exported: %s", encode(items))
		}
	})
	t.Run("read-only", func(t *testing.T) {
		s := limited(catalog.Filter{ReadOnly: true})
		if slices.ContainsFunc(s.Tools(), func(tool mcp.Tool) bool { return tool.Name == catalog.ProjectApply }) {
			t.Error("project_apply is offered")
		}
		planned := s.call(t, catalog.ProjectPlan, object{argDocument: document})
		out := do(t, s.Set, catalog.ProjectApply, object{argPlanID: jsonvalue.Text(planned, "ids.planId")})
		if !out.IsError {
			t.Errorf("applied: %s", encode(out.Structured))
		}
		if apps := s.call(t, "sms_app_list", nil); strings.Contains(string(encode(apps)), "Alerts") {
			t.Errorf("made %s", encode(apps))
		}
	})
}

// No person is asked about a plan that has a call which the caller may only see.
func TestNobodyIsAskedInVain(t *testing.T) {
	s := newSandboxSet(t, func(o *Options, g *guard.Options) {
		g.Mode = guard.Auto
		o.PlanRows = slices.DeleteFunc(slices.Clone(o.Rows), func(row *catalog.Row) bool { return row.Toolset == "sms" && row.Writes() })
	})
	planned := s.call(t, catalog.ProjectPlan, object{argDocument: "smsApps: [{name: Alerts, region: EU}]"})
	person := &witness{says: guard.Accepted}
	out := s.Call(t.Context(), Caller{Principal: "test", Elicitor: person}, catalog.ProjectApply, encode(object{argPlanID: jsonvalue.Text(planned, "ids.planId")}))
	if e := failure(t, out); e["errorCode"] != errorcode.UnknownTool || len(person.asked) > 0 {
		t.Errorf("asked %q: %s", person.asked, encode(e))
	}
}

// A plan that was applied, whose project was then changed, is not applied again without
// another yes.
func TestAPlanIsNotAppliedTwice(t *testing.T) {
	s := newSandboxSet(t, func(_ *Options, g *guard.Options) { g.Mode = guard.Auto })
	person := &witness{says: guard.Accepted}
	apply := func(id string, by *witness) map[string]any {
		t.Helper()
		caller := Caller{Principal: "test"}
		if by != nil {
			caller.Elicitor = by
		}
		return decoded(t, s.Call(t.Context(), caller, catalog.ProjectApply, encode(object{argPlanID: id})))
	}
	planned := s.call(t, catalog.ProjectPlan, object{argDocument: "smsApps: [{name: Alerts, region: EU}]"})
	id := jsonvalue.Text(planned, "ids.planId")
	if r := apply(id, person); jsonvalue.Text(r, "data.status") != appliedDone {
		t.Fatalf("%s", encode(r))
	}
	s.box.Advance(time.Hour)
	deleted := s.call(t, catalog.ProjectPlan, object{argDocument: "delete: {smsApps: [{name: Alerts}]}"})
	if r := apply(jsonvalue.Text(deleted, "ids.planId"), person); jsonvalue.Text(r, "data.status") != appliedDone {
		t.Fatalf("%s", encode(r))
	}
	s.box.Advance(time.Hour)
	if r := apply(id, nil); r["errorCode"] != errorcode.ConfirmationRequired {
		t.Errorf("a deleted thing is made again: %s", encode(r))
	}
}

// What a document may not make the server do: run out of memory, read files, or read the
// environment.
func TestHostileDocuments(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	t.Setenv("PAPI_VAR_CANARY", "canary-Horse-9-battery")
	s := newSandboxSet(t, func(o *Options, _ *guard.Options) { o.PlanSecrets = []string{"LISTED"} })
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for i := range 12 {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", 'b'+i, 'b'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i)
	}
	for name, args := range map[string]object{
		"aliases that repeat":           {argDocument: bomb},
		"an alias of itself":            {argDocument: "smsApps: &a [*a]"},
		"deep":                          {argDocument: "smsApps: " + strings.Repeat("[", 20000)},
		"a secret by a variable":        {argDocument: "webhooks: [{target: https://example.com/a, triggers: [ALL], secret: \"${var:S}\"}]", "vars": []string{"S=${env:PAPI_VAR_CANARY}"}},
		"a secret in the clear":         {argDocument: "webhooks: [{target: https://example.com/a, triggers: [ALL], secret: canary-Horse-9-battery}]"},
		"a secret's value as variable":  {argDocument: "webhooks: [{target: https://example.com/a, triggers: [ALL], secret: \"${var:S}\"}]", "vars": []string{"S=canary-Horse-9-battery"}},
		"a secret in a name":            {argDocument: "smsApps: [{name: \"${env:PAPI_VAR_CANARY}\", region: EU}]"},
		"a listed secret in a name":     {argDocument: "smsApps: [{name: \"${env:PAPI_VAR_LISTED}\", region: EU}]"},
		"a file by a variable":          {argDocument: "smsApps: ${var:F}", "vars": []string{"F=${file:/etc/passwd}"}},
		"an export's secret in its own": {argDocument: "webhooks: [{target: https://example.com/a, triggers: [ALL], secret: \"${env:PAPI_VAR_CANARY}\"}]"},
	} {
		out := do(t, s.Set, catalog.ProjectPlan, args)
		if text := string(encode(out.Structured)); !out.IsError || strings.Contains(text, "canary-Horse") || len(text) > 8000 {
			t.Errorf("%s: %.600s", name, text)
		}
	}
}
