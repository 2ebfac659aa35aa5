package plan

import (
	"testing"
)

// What a run has done is in the lists that its calls share, and in no list twice.
func TestSharedReads(t *testing.T) {
	p := newGuardedProject(t)
	s := NewShared(p)
	list := func() int {
		t.Helper()
		answer, err := s.Read(t.Context(), p.id, "webhook_list", map[string]any{})
		if err != nil {
			t.Fatal(err)
		}
		return len(answer["webhooks"].([]any))
	}
	create := func(target string) Call {
		args := decoded(t, `{"target":"`+target+`","triggers":["ALL"],"secret":"correct-Horse-9-battery"}`)
		p.must("webhook_create", args)
		return Call{Tool: "webhook_create", Arguments: args}
	}
	s.Made(create("https://example.com/1")) // before anything was read
	if n := list(); n != 1 {
		t.Errorf("%d webhooks, want 1", n)
	}
	p.sent.Store(0)
	second := create("https://example.com/2")
	p.sent.Store(0)
	s.Made(second)
	s.Made(second)
	if n, sent := list(), p.sent.Load(); n != 2 || sent != 0 {
		t.Errorf("%d webhooks by %d requests, want 2 by none", n, sent)
	}
	s.Forget() // as after a call that failed
	if n, sent := list(), p.sent.Load(); n != 2 || sent != 1 {
		t.Errorf("%d webhooks by %d requests, want 2 by one", n, sent)
	}
}
