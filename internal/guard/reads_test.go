package guard

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/store"
)

// slow is a reader that takes a second for each read.
type slow struct {
	mu    sync.Mutex
	reads []string
}

func (s *slow) Read(_ context.Context, _, tool string, _ map[string]any) (map[string]any, error) {
	time.Sleep(time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads = append(s.reads, tool)
	return map[string]any{}, nil
}

func TestReadsAreMadeOnceAndConcurrently(t *testing.T) {
	for _, tt := range []struct {
		name, tool, args string
		reads            int
		takes            time.Duration
	}{
		{"two rules that read different things", "kakaotalk_sender_create", `{"plusFriendId": "p", "details": {"topLevelCategoryCode": "019"}}`, 2, time.Second},
		{"a rule and a summary that read the same", "rcs_test_number_delete", `{"senderId": "s", "testNumber": "+15550100"}`, 1, time.Second},
		{"a rule of two reads, and a summary of one of them", "whatsapp_solution_assign", `{"solutionId": "1"}`, 2, time.Second},
		{"a summary alone", "kakaotalk_sender_delete", `{"plusFriendId": "p"}`, 2, time.Second},
		{"a rule that does not apply", "kakaotalk_template_create", `{"plusFriendId": "p", "details": {}}`, 0, 0},
		{"a call that is refused for itself", "bundle_create", `{"webhooks": [{"target": "https://example.com"}]}`, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				reader := &slow{}
				g := New(Options{Default: project, Store: store.NewMemory(), Reader: reader})
				if err := g.rememberProject(t.Context(), me, "", project); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				g.Check(t.Context(), call(tt.tool, parsed(t, tt.args)))
				if len(reader.reads) != tt.reads {
					t.Errorf("it read %v, want %d", reader.reads, tt.reads)
				}
				if took := time.Since(start); took != tt.takes {
					t.Errorf("it took %s, want %s", took, tt.takes)
				}
			})
		})
	}
}

func TestNoReadWithoutAQuestion(t *testing.T) {
	f := newFixture(func(o *Options) { o.Mode = Off })
	if got := f.check(call("kakaotalk_sender_delete", map[string]any{"plusFriendId": "p"})); got != "allowed" || len(f.reads) != 0 {
		t.Errorf("got %s, and it read %v", got, f.reads)
	}
}

// The question says what could not be read, and that is a fact too: when it can
// be, the person is asked again.
func TestAQuestionNamesTheReadThatFailed(t *testing.T) {
	f := newFixture(nil).confirmed(t)
	f.fail = down
	remove := func() *Call { return call("sms_app_delete", map[string]any{"smsAppId": "s"}) }
	first := f.Check(t.Context(), remove()).Refuse.Confirmation
	if !strings.Contains(first.Summary, "could not be read: sms_app_get returned internal_error") {
		t.Errorf("the summary is %s", first.Summary)
	}
	f.fail = nil
	f.api["sms_app_get"] = map[string]any{"name": "Shop", "status": "ACTIVE"}
	again := remove()
	again.Confirm = first.Token
	if v := f.Check(t.Context(), again); v.Refuse == nil || v.Refuse.Info["reason"] != reasonChanged {
		t.Errorf("got %+v", v)
	}
}
