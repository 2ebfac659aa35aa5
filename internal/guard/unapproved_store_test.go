package guard

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"papi-mcp/internal/store"
)

// failing is a store of which a test makes one kind of access fail.
type failing struct {
	store.Entries
	get, put, add, remove atomic.Bool
}

func (s *failing) Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
	if s.add.Load() {
		return false, errBroken
	}
	return s.Entries.Add(ctx, key, value, ttl)
}

func (s *failing) Get(ctx context.Context, key string) ([]byte, bool, error) {
	if s.get.Load() && strings.HasPrefix(key, "guard/asked/") {
		return nil, false, errBroken
	}
	return s.Entries.Get(ctx, key)
}

func (s *failing) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if s.put.Load() {
		return errBroken
	}
	return s.Entries.Put(ctx, key, value, ttl)
}

func (s *failing) Swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	if value != nil && s.put.Load() || value == nil && s.remove.Load() {
		return false, errBroken
	}
	return s.Entries.Swap(ctx, key, old, value, ttl)
}

// Where a question can't be recorded, it is not asked; where the record can't be
// read or removed, nothing is sent.
func TestAStoreThatFailsKeepsTheRefusal(t *testing.T) {
	const closed = "guard_store_unavailable"
	at := func() (*fixture, *failing) {
		s := &failing{Entries: store.NewMemory()}
		return newFixture(func(o *Options) { o.Store = s }).confirmed(t), s
	}
	t.Run("it can't be written", func(t *testing.T) {
		f, s := at()
		s.put.Store(true)
		p := &person{answer: Accepted}
		if got := f.check(removes(p, "")); got != closed || len(p.asked) != 0 {
			t.Errorf("%s after %d questions", got, len(p.asked))
		}
		if v := f.Check(t.Context(), removes(&later{}, "")); v.Ask != nil {
			t.Error("asked")
		}
		if v, _, _ := f.ConfirmProject(t.Context(), me, "", p, project, ""); v.Refuse == nil || v.Refuse.Code != closed || len(p.asked) != 0 {
			t.Errorf("%+v", v)
		}
	})
	t.Run("it can't be read", func(t *testing.T) {
		f, s := at()
		token := f.Check(t.Context(), removes(nil, "")).Refuse.Confirmation.Token
		s.get.Store(true)
		for _, with := range []string{"", token} {
			if got := f.check(removes(nil, with)); got != closed {
				t.Errorf("with the token %q: %s", with, got)
			}
		}
		if v, _, _ := f.ConfirmProject(t.Context(), me, "", nil, project, ""); v.Refuse == nil || v.Refuse.Code != closed {
			t.Errorf("the project: %+v", v)
		}
	})
	t.Run("it can't be taken back", func(t *testing.T) {
		for _, answer := range []Answer{Accepted, Unavailable} {
			f, s := at()
			s.remove.Store(true)
			if got := f.check(removes(&person{answer: answer}, "")); got != closed {
				t.Errorf("%s: %s", answer, got)
			}
		}
	})
	t.Run("a yes can't be marked as used", func(t *testing.T) {
		f, s := at()
		c := removes(&during{answer: Accepted, do: func() { s.add.Store(true) }}, "")
		if got := f.check(c); got != closed {
			t.Errorf("got %s", got)
		}
		if got := f.check(removes(nil, "")); got != codeTimeout {
			t.Errorf("elsewhere: %s", got)
		}
	})
	t.Run("the end of a question can't be written", func(t *testing.T) {
		f, s := at()
		c := removes(&during{answer: Declined, do: func() { s.put.Store(true); s.add.Store(true) }}, "")
		if got := f.check(c); got != codeDeclined {
			t.Errorf("got %s", got)
		}
		if got := f.check(removes(nil, "")); got != codeTimeout {
			t.Errorf("elsewhere: %s", got)
		}
	})
}

// A caller who goes away leaves the record behind, and how the question ended.
func TestARecordOutlivesItsCaller(t *testing.T) {
	f := newFixture(func(o *Options) { o.Store = heeding{o.Store} }).confirmed(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.Check(ctx, removes(&during{answer: Cancelled, do: cancel}, ""))
	if got := f.check(removes(nil, "")); got != codeDeclined {
		t.Errorf("got %s", got)
	}
}

// A person is not asked for a caller who went away during the reads, and is not
// recorded as having refused.
func TestNobodyIsAskedForACallerWhoIsGone(t *testing.T) {
	f := newFixture(nil).confirmed(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := &person{answer: Accepted}
	if v := f.Check(ctx, removes(p, "")); v.Allowed() || len(p.asked) != 0 {
		t.Errorf("%+v, asked %v", v.Refuse, p.asked)
	}
	if v := f.Check(ctx, removes(&later{}, "")); v.Ask != nil {
		t.Errorf("asked %+v", v.Ask)
	}
	if got := f.check(removes(nil, "")); got != codeRequired {
		t.Errorf("afterwards: %s", got)
	}
}

// heeding is a store that does nothing for a caller who has left.
type heeding struct{ store.Entries }

func (h heeding) Get(ctx context.Context, key string) ([]byte, bool, error) {
	if ctx.Err() != nil {
		return nil, false, ctx.Err()
	}
	return h.Entries.Get(ctx, key)
}

func (h heeding) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return h.Entries.Put(ctx, key, value, ttl)
}

func (h heeding) Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	return h.Entries.Add(ctx, key, value, ttl)
}

func (h heeding) Swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	return h.Entries.Swap(ctx, key, old, value, ttl)
}
