package cli

import (
	"flag"
	"slices"
	"strings"
	"sync"
	"testing"

	"papi-mcp/internal/guard"
	"papi-mcp/internal/tokentest"
)

// The budgets of an answer that is an error, in tokens.
const (
	maxRefusal       = 300
	maxMedianRefusal = 250
)

// refusals collects the errors that the tool calls of the scripts were answered
// with.
type refusals struct {
	mu  sync.Mutex
	all []refusal
}

type refusal struct {
	code, answer string
	tokens       int
}

func (r *refusals) add(code, answer string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, refusal{code, answer, tokentest.Count(strings.TrimSpace(answer))})
}

// check holds the refusals to the budgets. In a complete run each rule of the
// guard must be among them.
func (r *refusals) check(t *testing.T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, refused := range r.all {
		t.Logf("%d tokens: %s", refused.tokens, refused.answer)
		if refused.tokens > maxRefusal {
			t.Errorf("%s has %d tokens: %s", refused.code, refused.tokens, refused.answer)
		}
	}
	if flag.Lookup("test.run").Value.String() != "" && len(r.all) < len(guard.Rules) { // some of the scripts
		return
	}
	for _, rule := range guard.Rules {
		if !rule.Warns && !slices.ContainsFunc(r.all, func(refused refusal) bool { return refused.code == rule.Code }) {
			t.Errorf("no script shows %s", rule.Code)
		}
	}
	slices.SortFunc(r.all, func(a, b refusal) int { return a.tokens - b.tokens })
	if median := r.all[len(r.all)/2].tokens; median > maxMedianRefusal {
		t.Errorf("the median of %d refusals has %d tokens", len(r.all), median)
	}
}
