package tools

import (
	"net/http"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/tokentest"
)

// maxDryRun is how many tokens a dry run has more than the arguments of its call, which it
// shows as the request that would be sent.
const maxDryRun = 250

// A dry run that a person or nothing stops shows the request and the question in full,
// and little else, whatever is sent.
func TestADryRunIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	set, _ := newSet(t, answerJSON(http.StatusOK, map[string]any{}), func(o *guard.Options) { o.Mode = guard.Auto })
	result(t, do(t, set, "project_confirm", map[string]any{argProject: project}))
	largest, verdicts := 0, map[string]int{}
	for _, row := range catalog.Rows() {
		if !row.Writes() {
			continue
		}
		for _, args := range append(validBodies(row, 20), example(newArguments(row, true))) {
			out := do(t, set, row.Tool, jsonvalue.With(args, argDryRun, true))
			if out.IsError {
				t.Fatalf("%s: %s", row.Tool, encode(out.Structured))
			}
			r := out.Structured.(*Result)
			p := r.Data.(dryRunData)
			verdicts[p.Verdict]++
			if p.Verdict == "refuse" {
				t.Errorf("%s: %s", row.Tool, encode(r))
			}
			more := tokentest.Count(string(encode(r))) - tokentest.Count(string(encode(args)))
			if largest = max(largest, more); more > maxDryRun {
				t.Errorf("%s: %d tokens more than %s: %s", row.Tool, more, encode(args), encode(r))
			}
			if (p.Verdict == "confirm") != (p.Summary != "") {
				t.Errorf("%s: the question: %s", row.Tool, encode(r))
			}
		}
	}
	if verdicts["allow"] == 0 || verdicts["confirm"] == 0 {
		t.Errorf("verdicts: %v", verdicts)
	}
	t.Logf("%v, at most %d tokens more than the arguments", verdicts, largest)
}
