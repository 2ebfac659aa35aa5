package tools

import (
	"slices"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

// rcsWorld puts the shop's RCS sender into a state, with all that a launch
// needs, and returns what next says after a read, with the tools in their order.
func rcsWorld(t *testing.T, g *graph, state string, edit func(sender map[string]any)) (said string, tools []string) {
	t.Helper()
	var thing graphThing
	for _, one := range graphThings() { // the last one lacks nothing
		if one.name == "rcs_sender" {
			thing = one
		}
	}
	g.become(func(p map[string]any) {
		thing.edit(p, state, "")
		edit(part(p, "rcsSenders", thing.read.Args["senderId"].(string)))
	})
	out := do(t, g.set, thing.read.Tool, thing.read.Args)
	for _, n := range jsonvalue.List(result(t, out), "next") {
		tools = append(tools, n.(map[string]any)["tool"].(string))
	}
	return steps(t, out), tools
}

// A country that was added after the first launch is launched by a further
// launch, which LAUNCHING takes as well as LAUNCHED; one that lacks answers is
// taken out again.
func TestNextOfACountryThatWasAdded(t *testing.T) {
	g := newGraph(t)
	for _, state := range []string{"LAUNCHING", "LAUNCHED"} {
		add := func(countries ...any) func(map[string]any) {
			return func(sender map[string]any) {
				sender["launches"] = []any{map[string]any{"country": "SE", "status": "LAUNCHED", "operators": []any{}}}
				part(sender, "details")["countries"] = append([]any{"SE"}, countries...)
			}
		}
		if said, tools := rcsWorld(t, g, state, add()); slices.Contains(tools, "rcs_sender_launch") {
			t.Errorf("%s with nothing added: %v\n%s", state, tools, said)
		}
		if said, tools := rcsWorld(t, g, state, add("DE")); !slices.Contains(tools, "rcs_sender_launch") || !strings.Contains(said, "a country was added: launch again") {
			t.Errorf("%s with DE added: %v\n%s", state, tools, said)
		}
		if said, tools := rcsWorld(t, g, state, add("GB")); slices.Contains(tools, "rcs_sender_launch") || !strings.Contains(said, "lacks answers: remove it") {
			t.Errorf("%s with GB added, without its answers: %v\n%s", state, tools, said)
		}
	}
}

// A sender that was taken down, as after a refused US brand, is corrected before
// it is launched again: else the same is refused again.
func TestNextOfATakenDownSenderCorrectsFirst(t *testing.T) {
	_, tools := rcsWorld(t, newGraph(t), "UNLAUNCHED", func(map[string]any) {})
	want := []string{"rcs_sender_activity_list", "rcs_sender_update", "rcs_sender_launch"}
	if !slices.Equal(tools, want) {
		t.Errorf("next leads to %v, not to %v", tools, want)
	}
}

func refusedBy(status string) map[string]any {
	return map[string]any{"id": "s", "state": "LAUNCHED", "countryStatus": []any{map[string]any{
		"country": "DE", "status": "LAUNCHED",
		"operators": []any{map[string]any{"name": "Example", "status": status, "remark": "no"}},
	}}}
}

// An operator that refused is in what an owner should know: the state of the
// sender does not show it.
func TestARefusalOfAnOperatorNeedsAttention(t *testing.T) {
	resource, set := catalog.Lookup("rcs_sender_get").Resource, &Set{}
	for _, status := range enumOf("RcsOperatorStatusEnum") {
		st := conditionOf(resource, refusedBy(status))
		found := set.candidates(resource, []any{refusedBy(status)})
		want := slices.Contains([]string{"REJECTED", "SUSPENDED", "UNLAUNCHED", "INVALID_IN_GOOGLE_MY_BUSINESS"}, status)
		if (len(st.refused) > 0) != want || (len(found) > 0) != want {
			t.Errorf("%s: refused %v, candidates %v", status, st.refused, found)
		}
		if want && (found[0].why() != status+" DE Example: no" || !strings.Contains(st.label(time.Time{}), "LAUNCHED, operators="+status)) {
			t.Errorf("%s: why %q, label %q", status, found[0].why(), st.label(time.Time{}))
		}
	}
	down := refusedBy("UNLAUNCHED")
	down["state"] = "UNLAUNCHED"
	if st := conditionOf(resource, down); len(st.refused) > 0 {
		t.Errorf("taken down with all its operators: %v", st.refused)
	}
}
