package cli

import (
	"encoding/json"
	"flag"
	"slices"
	"strings"
	"sync"
	"testing"

	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/tokentest"
)

// The budgets of an answer that is an error, in tokens.
const (
	maxRefusal       = 300
	maxMedianRefusal = 250
	maxStep          = 60 // without the project, where the call has named one
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
	// The project of the sandbox is all zeros, which are few tokens.
	answer = strings.ReplaceAll(answer, sandbox.DefaultProject, "3f2a9c41-7d6e-4b18-9a55-c0de12ab34cd")
	r.all = append(r.all, refusal{code, answer, tokentest.Count(strings.TrimSpace(answer))})
}

// check holds the refusals to the budgets: none says a thing twice. In a complete
// run each rule of the guard must be among them.
func (r *refusals) check(t *testing.T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, refused := range r.all {
		if refused.tokens > maxRefusal {
			t.Errorf("%s has %d tokens: %s", refused.code, refused.tokens, refused.answer)
		}
		for _, step := range steps(t, refused.answer) {
			if n := tokentest.Count(step); n > maxStep {
				t.Errorf("%s: a step has %d tokens: %s", refused.code, n, step)
			}
		}
		if twice := repeated(refused.answer); twice != "" {
			t.Errorf("%s says %q twice: %s", refused.code, twice, refused.answer)
		}
	}
	if len(r.all) < len(guard.Rules) && flag.Lookup("test.run").Value.String() != "" { // some of the scripts
		return
	}
	for _, rule := range guard.Rules {
		if !rule.Warns && !slices.ContainsFunc(r.all, func(refused refusal) bool { return refused.code == rule.Code }) {
			t.Errorf("no script shows %s", rule.Code)
		}
	}
	slices.SortFunc(r.all, func(a, b refusal) int { return a.tokens - b.tokens })
	median := r.all[len(r.all)/2].tokens
	t.Logf("%d refusals: median %d tokens, largest %d", len(r.all), median, r.all[len(r.all)-1].tokens)
	if median > maxMedianRefusal {
		t.Errorf("the median of %d refusals has %d tokens", len(r.all), median)
	}
}

// steps are the steps of an error as JSON, without the project and what it is called
// through.
func steps(t *testing.T, answer string) []string {
	var e struct {
		Next []map[string]any
	}
	if err := json.Unmarshal([]byte(answer), &e); err != nil {
		t.Error(err)
	}
	var all []string
	for _, step := range e.Next {
		delete(step, "via")
		if args, ok := step["args"].(map[string]any); ok && step["tool"] != "project_confirm" {
			if delete(args, "projectId"); len(args) == 0 {
				delete(step, "args")
			}
		}
		all = append(all, string(jsonvalue.Encode(step)))
	}
	return all
}

// repeated is what an error says twice: a sentence, in its message, resolution,
// additional information or a step; "" for nothing. Short facts, such as a time in
// the message and in additionalInformation, are for different readers.
func repeated(answer string) string {
	const sentence = 40 // bytes
	var e struct {
		Message, Resolution   string
		AdditionalInformation map[string]any
		Next                  []struct{ Do string }
	}
	if err := json.Unmarshal([]byte(answer), &e); err != nil {
		return err.Error()
	}
	said := []string{e.Message, e.Resolution}
	for _, step := range e.Next {
		said = append(said, step.Do)
	}
	var info []string
	var texts func(value any)
	texts = func(value any) {
		switch v := value.(type) {
		case string:
			info = append(info, v)
		case []any:
			for _, item := range v {
				texts(item)
			}
		case map[string]any:
			for _, field := range v {
				texts(field)
			}
		}
	}
	texts(e.AdditionalInformation)
	for i, text := range slices.Concat(said, info) {
		for j, other := range said {
			if i != j && len(text) >= sentence && strings.Contains(text, " ") && strings.Contains(strings.ToLower(other), strings.ToLower(text)) {
				return text
			}
		}
	}
	return ""
}
