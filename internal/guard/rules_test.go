package guard

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

func TestRulesNameWhatExists(t *testing.T) {
	for _, r := range Rules {
		for _, tool := range r.Tools {
			if row := catalog.Lookup(tool); row == nil || !row.Writes() {
				t.Errorf("rule %s checks %s", r.Code, tool)
			}
		}
		for _, read := range r.Reads {
			if row := catalog.Lookup(read.Tool); row == nil || row.Writes() {
				t.Errorf("rule %s reads with %+v", r.Code, read)
			}
		}
		if r.CheckedBy != "" {
			by := slices.IndexFunc(Rules, func(other Rule) bool { return other.Code == r.CheckedBy })
			if by < 0 || r.check != nil || r.checkGuard != nil || r.Reads != nil || !slices.Equal(r.Tools, Rules[by].Tools) {
				t.Errorf("rule %s is checked by %s, and by nothing of its own", r.Code, r.CheckedBy)
			}
			continue
		}
		if r.About == "" || (r.check == nil) == (r.checkGuard == nil) || r.checkGuard != nil && r.Reads != nil || (r.When == "") != (r.applies == nil) {
			t.Errorf("rule %s is not complete: it needs About, either check, or Reads and checkRead, and both or none of When and applies", r.Code)
		}
	}
}

// A source is a list of operations and schemas of the contract, and its version.
func TestEveryRuleHasASource(t *testing.T) {
	version := regexp.MustCompile(`^1\.\d+\.\d+$`)
	for _, r := range Rules {
		names := strings.Split(r.Source, ", ")
		last := len(names) - 1
		if last < 1 || !version.MatchString(names[last]) {
			t.Errorf("%s: the source %q is not a name and a version", r.Code, r.Source)
			continue
		}
		for _, name := range names[:last] {
			if papi.LookupSchema(name) == nil && !isOperation(name, r.Tools) {
				t.Errorf("%s: the contract has no operation or schema %s", r.Code, name)
			}
		}
	}
}

// isOperation reports whether an operation of a tool's family is called so.
func isOperation(name string, tools []string) bool {
	return slices.ContainsFunc(papi.Operations(), func(op *papi.Operation) bool {
		return strings.HasSuffix(op.ID, "Controller_"+name+"_v1") && slices.ContainsFunc(tools, func(tool string) bool {
			return catalog.Lookup(tool).Op().Family() == op.Family()
		})
	})
}

// Each precondition of the catalog is a rule, with its code.
func TestEveryPreconditionIsARule(t *testing.T) {
	for _, resource := range catalog.Resources() {
		for _, p := range resource.Preconditions {
			var rules []Rule
			for _, r := range Rules {
				if r.State == p {
					rules = append(rules, r)
				}
			}
			if len(rules) != 1 || rules[0].Code != p.Code || rules[0].FailClosed != p.FailClosed {
				t.Errorf("%s: %d rules check it, want 1: list stateRule(catalog.X, read) in rules.go", p.Code, len(rules))
			}
		}
	}
}

// No rule uses a read that it does not declare, whatever the API answers.
func TestRulesDeclareTheirReads(t *testing.T) {
	for _, r := range Rules {
		for _, tool := range r.Tools {
			if r.check == nil {
				continue
			}
			row := catalog.Lookup(tool)
			empty := answers{}
			for _, read := range r.ReadsOf(tool) {
				empty[read] = map[string]any{}
			}
			r.check(&Call{Row: row, Args: sampleArgs(row)}, empty)
		}
	}
}

func TestAReadThatIsNotDeclaredPanics(t *testing.T) {
	f := newFixture(func(o *Options) {
		o.Rules = []Rule{{
			Code: "guard_example", Tools: []string{"sms_app_delete"}, Reads: []*Read{readSmsApp},
			check: func(_ *Call, a answers) *Refusal { a.of(readWebhooks); return nil },
		}}
	}).confirmed(t)
	defer func() {
		if got, _ := recover().(string); !strings.Contains(got, "webhook_list is used and not declared") {
			t.Errorf("got %q", got)
		}
	}()
	f.check(call("sms_app_delete", map[string]any{"smsAppId": "s"}))
	t.Error("the call passed")
}

func TestAReadOfAnUnknownToolPanics(t *testing.T) {
	for _, tool := range []string{"sms_app_gett", "sms_app_delete"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s reads", tool)
				}
			}()
			newRead(tool)
		}()
	}
}

func TestAPreconditionInASentence(t *testing.T) {
	for _, tt := range []struct {
		p    catalog.Precondition
		want string
	}{
		{catalog.Precondition{Live: []string{"A"}, Changes: []string{"X", "Y"}}, "It is updated only when A, or not yet live, and while its pending changes are X or Y."},
		{catalog.Precondition{Live: []string{"A", "B", "C"}, Changes: []string{"X"}}, "It is updated only when A, B, C or not yet live, and while its pending changes are X."},
		{catalog.Precondition{Live: []string{"A"}, MustBeLive: true}, "It is updated only in state A."},
		{catalog.Precondition{NotLive: []string{"A"}}, "It is updated unless it is A."},
		{catalog.Precondition{Changes: []string{"X", "Y", "Z"}, MustPend: true}, "It is updated only in status X, Y or Z."},
		{catalog.Precondition{Changes: []string{"X"}, MustPend: true, NeverSubmitted: true}, "It is updated only in status X, before it was ever submitted."},
	} {
		tt.p.About = "It is updated"
		if got := aboutState(&tt.p); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
