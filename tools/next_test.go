package tools

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
)

// liveState is the state of a resource whose changes are pending while it is in use.
var liveState = map[string]string{
	"whatsapp_account": "ONBOARDED", "whatsapp_sender": "ACTIVE", "whatsapp_template": "APPROVED",
	"kakaotalk_sender": "ACTIVE", "kakaotalk_template": "APPROVED",
}

// knownBySight are the rules that check a call by the state of its thing, or by
// the call alone.
func knownBySight() []guard.Rule {
	return slices.DeleteFunc(slices.Clone(guard.Rules), func(r guard.Rule) bool {
		return !strings.HasSuffix(r.Code, "_state") && !slices.Contains([]string{"guard_bundle_services", "guard_bundle_names", "guard_empty_update"}, r.Code)
	})
}

// Each action that any state of any resource leads to can be taken: with its
// args and what it needs the call is complete, and the guard lets it through in
// that very state.
func TestNextOfEachStateCanBeTaken(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	for _, row := range catalog.Rows() {
		if row.Resource == nil || row.List() != "" || row.Next != nil {
			continue
		}
		for i, declared := range slices.Concat(row.Resource.States, row.Resource.Changes) {
			pending, states := "", []string{declared.Name}
			if i >= len(row.Resource.States) {
				pending, states = declared.Name, []string{"", liveState[row.Resource.Name]}
			}
			for _, state := range states {
				answer := answerAt(row.Resource, state, pending, pending != "")
				next := resultOf(row, project, &call{args: pathSample(row)}, answer).Next
				where := fmt.Sprintf("%s, %s %s", row.Tool, state, declared.Name)
				left := slices.DeleteFunc(slices.Clone(row.Resource.At(state, pending).Next), func(s catalog.Step) bool { return !s.Fits(answer) || !lint.LaunchFits(s, answer) })
				if len(next) != len(left) {
					t.Errorf("%s: %d of %d steps are left", where, len(next), len(left))
				}
				set, _ := newSet(t, answerJSON(http.StatusOK, answer), func(o *guard.Options) { o.Rules = knownBySight() })
				for _, n := range next {
					canBeTaken(t, set, where, n)
				}
			}
		}
	}
}

// So can each action after an empty list, after a tool that shows no state,
// and after each error that an operation documents.
func TestNextOfToolsAndErrorsCanBeTaken(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, map[string]any{}), func(o *guard.Options) {
		o.Rules = slices.DeleteFunc(knownBySight(), func(r guard.Rule) bool { return strings.HasSuffix(r.Code, "_state") })
	})
	for _, row := range catalog.Rows() {
		args := pathSample(row)
		answer := map[string]any{}
		if list := row.List(); list != "" {
			answer[list] = []any{}
		}
		for _, n := range resultOf(row, project, &call{args: args}, answer).Next {
			canBeTaken(t, set, row.Tool, n)
		}
		unknown := &papi.Error{Status: http.StatusBadGateway, Unknown: true}
		for _, n := range nextAfterError(row, args, unknown) {
			canBeTaken(t, set, row.Tool+" of unknown outcome", n)
		}
		for status, codes := range row.Op().Errors {
			for _, code := range codes {
				for _, n := range nextAfterError(row, args, &papi.Error{Status: status, Code: code}) {
					canBeTaken(t, set, row.Tool+" after "+code, n)
				}
			}
		}
	}
}

// canBeTaken makes the call of an action, with a sample of what it needs.
func canBeTaken(t *testing.T, set *Set, where string, n catalog.Next) {
	t.Helper()
	if strings.Contains(n.Do, "missing") && len(n.Needs) == 0 {
		t.Errorf("%s: %q, but nothing is needed", where, n.Do)
	}
	row := catalog.Lookup(n.Tool)
	if row == nil {
		return
	}
	args := maps.Clone(n.Args)
	named := maps.Clone(args)
	for _, name := range n.Needs {
		named[name] = true
	}
	known := newArguments(row, true).checked.Variant(named).Properties
	for _, name := range n.Needs {
		if known[name] == nil || args[name] != nil || ownArguments[name] != nil {
			t.Errorf("%s: %s can't need %s", where, n.Tool, name)
			continue
		}
		args[name] = known[name].Sample(true)
	}
	if row.Writes() {
		args[argDryRun] = true
	}
	out := do(t, set, n.Tool, args)
	if !out.IsError && row.Writes() && decoded(t, out)["data"].(map[string]any)["verdict"] == "allow" {
		return
	}
	if out.IsError || row.Writes() {
		t.Errorf("%s: %q by %s with %s: %s", where, n.Do, n.Tool, encode(args), encode(out.Structured))
	}
}

// pathSample has a value for each path parameter of a row.
func pathSample(row *catalog.Row) map[string]any {
	args := map[string]any{}
	for _, p := range row.Op().Parameters {
		if p.In == "path" && p.Name != argProject {
			args[p.Name] = pathValue(p)
		}
	}
	return args
}

// answerAt is the answer that shows a resource in a state, with its ids.
func answerAt(r *catalog.Resource, state, pending string, isPending bool) map[string]any {
	answer := map[string]any{}
	for arg, field := range r.IDs {
		put(answer, field, "x")
		if p := catalog.Lookup(r.Get).Op().Parameter(arg); p != nil {
			put(answer, field, pathValue(*p))
		}
	}
	if state != "" {
		put(answer, r.State, state)
	}
	if isPending {
		put(answer, r.Pending, pending)
	}
	return answer
}

// The contract's own resolution of a 401 is to check the projectId: a wrong one
// is answered like wrong credentials.
func TestNextOfA401NamesTheProject(t *testing.T) {
	for _, row := range catalog.Rows() {
		next := nextAfterError(row, map[string]any{}, &papi.Error{Status: 401, Code: "unauthorized_error"})
		if len(next) == 0 || !strings.Contains(next[0].Do, "projectId") || !strings.Contains(next[0].Do, "doctor") {
			t.Errorf("%s: %v", row.Tool, next)
		}
	}
}

// After a wrong code of a registration made elsewhere, the next try says so again:
// else the guard would refuse it. The code may be too old, too.
func TestNextOfAWrongCodeCanBeTaken(t *testing.T) {
	g := newGraph(t)
	sender := thingOf(t, "whatsapp_sender")
	g.become(func(p map[string]any) { sender.edit(p, "PENDING_VERIFICATION", "") })
	args := map[string]any{"senderId": sender.read.Args["senderId"], "code": "000000", "registeredElsewhere": true}
	next := jsonvalue.List(failure(t, do(t, g.set, "whatsapp_sender_verify", args)), "next")
	var tools []string
	for _, n := range next {
		step := n.(map[string]any)
		tools = append(tools, step["tool"].(string))
		if elsewhere := jsonvalue.Object(step, "args")["registeredElsewhere"]; step["tool"] == "whatsapp_sender_verify" && elsewhere != true {
			t.Errorf("the next verify is refused: %v", step)
		}
	}
	if !slices.Equal(tools, []string{"whatsapp_sender_verify", "whatsapp_sender_register"}) {
		t.Errorf("next leads to %v", tools)
	}
}
