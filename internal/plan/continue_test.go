package plan

import (
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/store"
)

// A plan that was made now continues a run if it is the rest of it; else it says in what it
// is not.
func TestWhatContinuesARun(t *testing.T) {
	step := func(key string, action Action, change func(*Call)) *Step {
		call := Call{Tool: "sms_app_" + string(action), Arguments: map[string]any{"name": key}, Facts: "as it was"}
		if change != nil {
			change(&call)
		}
		return &Step{ID: "smsApps/" + key + "/" + string(action), Action: action, Kind: "smsApps", Key: key, Calls: []Call{call}}
	}
	whole := []*Step{step("Done", Create, nil), step("Begun", Create, nil), step("Open", Delete, nil)}
	for name, test := range map[string]struct {
		now   []*Step
		grant bool
		want  string // "" continues it
	}{
		"the rest":                            {whole[1:], true, ""},
		"less: another caller did it":         {whole[2:], true, ""},
		"nothing is left":                     {nil, true, ""},
		"a further step of one that is begun": {[]*Step{step("Begun", Change, nil), whole[2]}, true, ""},
		"one that was done is needed again":   {whole, true, "needed again, though it was done"},
		"one more":                            {append([]*Step{step("New", Create, nil)}, whole[1:]...), true, "smsApps/New/create is not in that plan"},
		"other arguments":                     {[]*Step{whole[1], step("Open", Delete, func(c *Call) { c.Arguments["name"] = "x" })}, true, "other arguments of sms_app_delete"},
		"other facts":                         {[]*Step{whole[1], step("Open", Delete, func(c *Call) { c.Facts = "another" })}, true, `it was "as it was", and is "another"`},
		"another tool":                        {[]*Step{whole[1], step("Open", Delete, func(c *Call) { c.Tool = "webhook_delete" })}, true, "webhook_delete in place of sms_app_delete"},
		"another action":                      {[]*Step{whole[1], step("Open", Change, nil)}, true, "smsApps/Open/change takes the place of smsApps/Open/delete"},
		"the grant has expired":               {whole[1:], false, "no run"},
	} {
		t.Run(name, func(t *testing.T) {
			s, owner := store.NewMemory(), Owner{"realm", "me", "project"}
			run, err := Begin(t.Context(), s, owner, &Plan{ProjectID: "project", Hash: "hash", Steps: whole}, Approval{"grant", "hash"}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range []progress{{Calls: 1, Done: true}, {Sent: time.Now()}} {
				if err := run.record.writeStep(t.Context(), s, i, p); err != nil {
					t.Fatal(err)
				}
			}
			now := &Plan{ProjectID: "project", Hash: "now", Steps: test.now}
			for other, by := range map[string]Owner{
				"another principal": {"realm", "you", "project"}, "another project": {"realm", "me", "b"}, "another API": {"sandbox", "me", "project"},
			} {
				if run, _, err := Continue(t.Context(), s, by, now, "hash", func(Approval) (bool, error) { return true, nil }); run != nil || err != nil {
					t.Errorf("continued by %s: %v", other, err)
				}
			}
			run, differs, err := Continue(t.Context(), s, owner, now, "hash", func(a Approval) (bool, error) { return test.grant && a.Grant == "grant", nil })
			if err != nil {
				t.Fatal(err)
			}
			said := strings.Join(differs, "; ")
			switch {
			case test.want == "" && (run == nil || said != ""):
				t.Errorf("not continued: %s", said)
			case test.want != "" && run != nil:
				t.Error("continued")
			case test.want != "" && test.want != "no run" && !strings.Contains(said, test.want):
				t.Errorf("%q, want %q", said, test.want)
			}
		})
	}
}
