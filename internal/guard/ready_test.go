package guard

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/lint"
)

// readyAPI is what the API answers where nothing prevents a call.
func readyAPI() map[string]map[string]any {
	return map[string]map[string]any{
		"rcs_sender_get":         launchableSender(),
		"whatsapp_sender_get":    {"state": "ACTIVE", "changes": map[string]any{"status": "DRAFT"}},
		"kakaotalk_sender_get":   {"state": "ACTIVE", "changes": map[string]any{"status": "DRAFT"}},
		"kakaotalk_template_get": {"changes": map[string]any{"status": "DRAFT"}},
	}
}

// readyArgs are the arguments that a call needs besides its path so that no rule
// refuses it.
var readyArgs = map[string]map[string]any{
	"whatsapp_access_token_create": {"facebookCode": "c"},
	"bundle_create":                {"name": "Example", "region": "EU", "smsApp": true},
	"rcs_test_number_delete":       {"testNumber": "+15550100"},
}

// parsed is JSON as the guard sees it.
func parsed(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

// put sets the value at a dotted path, or removes it where it is nil.
func put(fields map[string]any, path string, value any) {
	names := strings.Split(path, ".")
	last := names[len(names)-1]
	for _, name := range names[:len(names)-1] {
		inner, ok := fields[name].(map[string]any)
		if !ok {
			inner = map[string]any{}
			fields[name] = inner
		}
		fields = inner
	}
	if value == nil {
		delete(fields, last)
	} else {
		fields[last] = value
	}
}

// answersTo are the answers to reads, by tool.
func answersTo(reads []*Read, api map[string]map[string]any) answers {
	a := answers{}
	for _, read := range reads {
		a[read] = api[read.Tool]
	}
	return a
}

// ruleCase is a line of a rule's table: what the API shows, what is called,
// and what the guard says of it.
type ruleCase struct {
	name string
	tool string
	args string            // JSON
	api  map[string]string // JSON by tool
	fail error             // of every read
	want string            // the refusal's code without guard_, "confirmation_required" or "allowed"
	says string            // a part of the refusal's message
	warn string            // a part of a warning
	next string            // the tool of the first thing to do next
	// reads are the tools that were read with, in alphabetical order; nil where
	// the case does not say.
	reads []string
}

// checkRule runs a rule's table.
func checkRule(t *testing.T, cases []ruleCase) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(nil).confirmed(t)
			f.fail = tt.fail
			for tool, answer := range tt.api {
				f.api[tool] = parsed(t, answer)
			}
			c := call(tt.tool, parsed(t, tt.args))
			v := f.Check(t.Context(), c)
			got, message, next := "allowed", "", ""
			if r := v.Refuse; r != nil {
				got, message = strings.TrimPrefix(r.Code, "guard_"), r.Message
				findings, _ := r.Info["findings"].([]lint.Finding)
				for _, f := range findings {
					message += fmt.Sprintf("; %s %s", f.Path, f.Message)
				}
				if len(r.Next) > 0 {
					next = r.Next[0].Tool
				}
			}
			if got != tt.want {
				t.Fatalf("got %s (%s), want %s", got, message, tt.want)
			}
			if !strings.Contains(message, tt.says) {
				t.Errorf("it says %q, not %q", message, tt.says)
			}
			if tt.next != "" && next != tt.next {
				t.Errorf("next is %q, not %q", next, tt.next)
			}
			if warned := strings.Join(c.Warnings, "\n"); !strings.Contains(warned, tt.warn) || tt.warn == "" && warned != "" {
				t.Errorf("warned of %q, want %q", warned, tt.warn)
			}
			slices.Sort(f.reads) // they are made concurrently
			if tt.reads != nil && !slices.Equal(f.reads, tt.reads) {
				t.Errorf("it read %v, want %v", f.reads, tt.reads)
			}
		})
	}
}
