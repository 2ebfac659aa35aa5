package guard

import (
	"context"
	"strings"
	"testing"
)

// FuzzRequestState: an answer counts with the state of its own question, and
// with no other.
func FuzzRequestState(f *testing.F) {
	fix := newFixture(nil)
	if err := fix.rememberProject(context.Background(), me, "", project); err != nil {
		f.Fatal(err)
	}
	args := map[string]any{"webhookId": "w"}
	fix.api["webhook_get"] = map[string]any{"id": "w", "target": "https://example.com"}
	token := fix.Check(context.Background(), call("webhook_delete", args)).Refuse.Confirmation.Token
	asking := call("webhook_delete", args)
	asking.Elicitor = &later{}
	real := fix.Check(context.Background(), asking).Ask.State
	for _, seed := range []string{"", real[:20], token, strings.Repeat("A", len(real))} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, state string) {
		if state == real {
			return
		}
		c := call("webhook_delete", args)
		c.Elicitor = &later{state: state, answer: Accepted}
		if fix.Check(context.Background(), c).Allowed() {
			t.Errorf("%q opened the door", state)
		}
	})
}
