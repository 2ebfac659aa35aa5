package catalog

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"papi-mcp/internal/papi"
)

func TestEachOperationHasOneRow(t *testing.T) {
	tools, operations := map[string]bool{}, map[string]bool{}
	for _, r := range Rows() {
		if tools[r.Tool] || operations[r.Operation] {
			t.Errorf("%s, or its operation %s, has two rows", r.Tool, r.Operation)
		}
		tools[r.Tool], operations[r.Operation] = true, true
	}
	for _, op := range papi.Operations() {
		if !operations[op.ID] {
			t.Errorf("%s %s has no row: add one with Operation %q to its family's file in this package", op.Method, op.Path, op.ID)
		}
	}
	if len(tools) != len(papi.Operations()) {
		t.Errorf("%d rows for %d operations", len(tools), len(papi.Operations()))
	}
}

// What a row names must exist, and what its kind asks for must be there.
func TestRowsHoldTogether(t *testing.T) {
	for _, r := range Rows() {
		t.Run(r.Tool, func(t *testing.T) {
			op := r.Op()
			if r.About == "" || len(r.About) > 420 {
				t.Errorf("About has %d characters", len(r.About))
			}
			if op.Deprecated != r.Deprecated || r.Deprecated != (r.Toolset == DeprecatedToolset) {
				t.Errorf("deprecated: row %v, contract %v, toolset %s", r.Deprecated, op.Deprecated, r.Toolset)
			}
			if r.Effect == Delete && r.Confirm == "" {
				t.Error("a delete without a confirmation")
			}
			if (r.Confirm != "") != strings.Contains(r.Description(), "Asks for confirmation; no dryRun needed.") || !strings.HasPrefix(r.Description(), r.About) {
				t.Errorf("the description does not say what Confirm and About do: %s", r.Description())
			}
			if (r.Effect == Create) != (r.Reconcile != nil) {
				t.Error("each create, and nothing else, says how it is found again")
			}
			if r.Wait != nil {
				read := Lookup(r.Wait.Read)
				if read == nil || read.Effect != Read || read.Resource != r.Resource {
					t.Errorf("waits by %q, which does not show its resource", r.Wait.Read)
				}
				for _, trigger := range r.Wait.Triggers {
					if !slices.Contains(papi.LookupSchema("WebhookWebhookTriggersEnum").Enum, any(trigger)) {
						t.Errorf("no trigger %s", trigger)
					}
				}
			}
			if rec := r.Reconcile; rec != nil && rec.Read != "" {
				read := Lookup(rec.Read)
				if read == nil || read.Writes() {
					t.Errorf("reconciled by %q", rec.Read)
				}
			}
		})
	}
}

func TestSelect(t *testing.T) {
	names := func(rows []*Row) []string {
		var all []string
		for _, r := range rows {
			all = append(all, r.Tool)
		}
		return all
	}
	ofWebhooks, deprecated := 0, 0
	for _, op := range papi.Operations() {
		switch {
		case op.Deprecated:
			deprecated++
		case op.Family() == "Webhook":
			ofWebhooks++
		}
	}
	current := len(papi.Operations()) - deprecated
	tests := []struct {
		name   string
		filter Filter
		want   int
		has    string
		lacks  string
	}{
		{"default: all but the deprecated", Filter{}, current, "webhook_list", "whatsapp_waba_list"},
		{"all is never the deprecated toolset", Filter{Toolsets: []string{"all"}}, current, "sms_app_get", "whatsapp_waba_list"},
		{"all with deprecated", Filter{Toolsets: []string{"all"}, Deprecated: true}, current + deprecated, "whatsapp_waba_list", ""},
		{"one toolset", Filter{Toolsets: []string{"webhooks"}}, ofWebhooks, "webhook_delete", "sms_app_get"},
		{"tools alone mean only those", Filter{Tools: []string{"sms_app_get"}}, 1, "sms_app_get", "webhook_list"},
		{"tools add to toolsets", Filter{Toolsets: []string{"webhooks"}, Tools: []string{"sms_app_get"}}, ofWebhooks + 1, "sms_app_get", "bundle_get"},
		{"read-only is applied last", Filter{Toolsets: []string{"webhooks"}, Tools: []string{"sms_app_delete"}, ReadOnly: true}, 2, "webhook_get", "sms_app_delete"},
		{"the deprecated toolset when named", Filter{Toolsets: []string{DeprecatedToolset}, Deprecated: true}, deprecated, "whatsapp_waba_list", "webhook_list"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, err := Select(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			got := names(rows)
			if len(got) != tt.want || !slices.Contains(got, tt.has) || slices.Contains(got, tt.lacks) {
				t.Errorf("got %d tools, want %d, with %q and without %q", len(got), tt.want, tt.has, tt.lacks)
			}
		})
	}
}

func TestSelectRefusesUnknownNames(t *testing.T) {
	tests := []struct {
		name    string
		filter  Filter
		nearest string
	}{
		{"toolset", Filter{Toolsets: []string{"webhook"}}, "webhooks"},
		{"tool", Filter{Tools: []string{"webhook_lst"}}, "webhook_list"},
		{"deprecated toolset without the flag", Filter{Toolsets: []string{DeprecatedToolset}}, ""},
		{"deprecated tool without the flag", Filter{Tools: []string{"whatsapp_waba_list"}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Select(tt.filter)
			var unknown *UnknownError
			if !errors.As(err, &unknown) {
				t.Fatalf("got %v", err)
			}
			if tt.nearest != "" && (unknown.Nearest != tt.nearest || !strings.Contains(err.Error(), "did you mean")) {
				t.Errorf("got %v", err)
			}
			if tt.nearest == "" && !unknown.Deprecated {
				t.Errorf("got %v", err)
			}
		})
	}
}

// statesOf are the states, and statuses of pending changes, of a class for a
// row, sorted, as the table of tools writes them.
func statesOf(row *Row, class Class) []string {
	keys := []string{}
	for _, s := range row.Resource.States {
		if row.Class(s.Name, "") == class {
			keys = append(keys, s.Name)
		}
	}
	for _, s := range row.Resource.Changes {
		if row.Class("", s.Name) == class {
			keys = append(keys, row.Resource.Key("", s.Name))
		}
	}
	slices.Sort(keys)
	return keys
}

// The tools as they were agreed. A row may be added, and none may differ.
func TestRowsAgreeWithTheTable(t *testing.T) {
	raw, err := os.ReadFile("testdata/tools.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var table []struct {
		Tool, Operation, Toolset, Effect, Confirm, Method, Path string
		Deprecated                                              bool
		Wait                                                    *struct {
			Read, Others          string
			Args                  map[string]string
			Pending, State        string
			Done, Failed, Running []string
			NeedsAction           []string `yaml:"needs_action"`
			Triggers              []string
		}
		Reconcile *struct {
			Read, Same, Resend string
		}
	}
	if err := yaml.Unmarshal(raw, &table); err != nil {
		t.Fatal(err)
	}
	if len(table) < 90 {
		t.Errorf("the table has only %d tools", len(table))
	}
	for _, want := range table {
		got := Lookup(want.Tool)
		if got == nil {
			t.Errorf("no row %s", want.Tool)
			continue
		}
		if got.Operation != want.Operation || got.Toolset != want.Toolset || string(got.Effect) != want.Effect || got.Confirm != want.Confirm || got.Deprecated != want.Deprecated ||
			got.Op().Method != want.Method || !strings.HasSuffix(got.Op().Path, want.Path) {
			t.Errorf("%s: got %+v, want %+v", want.Tool, got, want)
		}
		if (got.Wait == nil) != (want.Wait == nil) || (got.Reconcile == nil) != (want.Reconcile == nil) {
			t.Errorf("%s: wait or reconcile differ", want.Tool)
			continue
		}
		if w := want.Wait; w != nil && (got.Wait.Read != w.Read || !slices.Equal(got.Wait.Triggers, w.Triggers)) {
			t.Errorf("%s: wait: got %+v, want %+v", want.Tool, got.Wait, w)
		}
		if w := want.Wait; w != nil {
			for class, listed := range map[Class][]string{Success: w.Done, Failure: w.Failed, Pending: w.Running, ActionRequired: w.NeedsAction} {
				if class == Pending && w.Others == "running" {
					listed = slices.DeleteFunc(texts(papi.LookupSchema("SmsProvisioningStatesEnum").Enum), func(state string) bool {
						return slices.Contains(w.Done, state) || slices.Contains(w.Failed, state)
					})
				}
				slices.Sort(listed)
				if states := statesOf(got, class); !slices.Equal(states, listed) {
					t.Errorf("%s: %s: got %v, want %v", want.Tool, class, states, listed)
				}
			}
		}
		if w := want.Wait; w != nil {
			if got.Resource.Pending != w.Pending || got.Resource.State != w.State {
				t.Errorf("%s: looks at %+v, want %s and %s", want.Tool, got.Resource, w.Pending, w.State)
			}
			for arg, field := range w.Args { // out of the answer, or the call's own
				if got.Resource.IDs[arg] != field && got.Op().Parameter(arg) == nil && !strings.Contains(field, " ") {
					t.Errorf("%s: waits with %s of %q, want %q", want.Tool, arg, got.Resource.IDs[arg], field)
				}
			}
		}
		if r := want.Reconcile; r != nil && (got.Reconcile.Read != r.Read || got.Reconcile.Resend != (r.Resend == "safe")) {
			t.Errorf("%s: reconcile: got %+v, want %+v", want.Tool, got.Reconcile, r)
		}
		if r := want.Reconcile; r != nil {
			if (got.Reconcile.Since == "created") != strings.Contains(r.Same, "created since the call") {
				t.Errorf("%s: reconcile: since %q, want %q", want.Tool, got.Reconcile.Since, r.Same)
			}
			for _, field := range got.Reconcile.Same {
				last := field[strings.LastIndexByte(field, '.')+1:]
				if field != "countryCode" && !strings.Contains(r.Same, last) {
					t.Errorf("%s: reconcile: compares %s, want %q", want.Tool, field, r.Same)
				}
			}
		}
	}
}
