package guard

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"papi-mcp/internal/store"
	"papi-mcp/internal/store/pgtest"
)

// between is a store of which a test uses the time between one read of a question's
// record and what follows.
type between struct {
	store.Entries
	do func()
}

func (b *between) Get(ctx context.Context, key string) ([]byte, bool, error) {
	value, ok, err := b.Entries.Get(ctx, key)
	if do := b.do; do != nil && strings.HasPrefix(key, "guard/asked/") {
		b.do = nil
		do()
	}
	return value, ok, err
}

// A no to one replica stays, though another one changes the record of the same question
// at the same time.
func TestANoOfAnotherReplicaStays(t *testing.T) {
	shared := store.NewMemory()
	for answer, want := range map[Answer]string{Unavailable: codeDeclined, Accepted: codeDeclined, TimedOut: codeTimeout} {
		t.Run(string(answer), func(t *testing.T) {
			s := &between{Entries: shared}
			here := newFixture(func(o *Options) { o.Store = s }).confirmed(t)
			elsewhere := newFixture(func(o *Options) { o.Store = shared }).confirmed(t)
			no := func() {
				if got := elsewhere.check(removes(&person{answer: Declined}, "")); got != codeDeclined {
					t.Errorf("elsewhere: %s", got)
				}
			}
			// The record is read once more after the answer.
			here.check(removes(&during{answer: answer, do: func() { s.do = no }}, ""))
			if got := here.check(removes(nil, "")); got != want {
				t.Errorf("afterwards: %s, want %s", got, want)
			}
		})
	}
}

// Guards that share a store accept each other's tokens, though all of them make their
// first one at the same time, also where the store is as empty as they are.
func TestReplicasHaveOneKey(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		shared := store.NewMemory()
		startTogether(t, func() store.Entries { return shared })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		url := pgtest.URL(t)
		startTogether(t, func() store.Entries { return inPostgres(t, url) })
	})
}

func startTogether(t *testing.T, open func() store.Entries) {
	const replicas = 12
	guards, tokens := make([]*fixture, replicas), make([]string, replicas)
	var all sync.WaitGroup
	for i := range replicas {
		guards[i] = newFixture(func(o *Options) { o.Store = open() })
		all.Go(func() {
			guards[i].confirmed(t)
			tokens[i] = guards[i].Check(t.Context(), removes(nil, "")).Refuse.Confirmation.Token
		})
	}
	all.Wait()
	for i, token := range tokens {
		if got := guards[(i+1)%replicas].check(removes(nil, token)); got != "allowed" {
			t.Errorf("%d: %s", i, got)
		}
	}
}

// spendTogether has many replicas use one token, and checks that one of them may.
func spendTogether(t *testing.T, open func() store.Entries) {
	const calls, replicas = 100, 3
	var guards [replicas]*fixture
	for i := range guards {
		guards[i] = newFixture(func(o *Options) { o.Store = open() }).confirmed(t)
	}
	token := guards[0].Check(t.Context(), removes(nil, "")).Refuse.Confirmation.Token
	var allowed atomic.Int32
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range calls {
		all.Go(func() {
			<-start
			switch v := guards[i%replicas].Check(t.Context(), removes(nil, token)); {
			case v.Allowed():
				allowed.Add(1)
			case v.Refuse == nil || v.Refuse.Info["reason"] != reasonUsed:
				t.Errorf("%+v", v.Refuse)
			}
		})
	}
	close(start)
	all.Wait()
	if allowed.Load() != 1 {
		t.Errorf("%d of %d calls were allowed", allowed.Load(), calls)
	}
}

// Of a hundred calls with the same token one is sent, whichever store they share.
func TestATokenIsUsedOnce(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		shared := store.NewMemory()
		spendTogether(t, func() store.Entries { return shared })
	})
	path := t.TempDir() + "/state.db"
	t.Run("file", func(t *testing.T) {
		spendTogether(t, func() store.Entries { return store.NewFile(path) })
	})
	t.Run("file that is held", func(t *testing.T) {
		held := store.NewFile(path + ".held")
		if err := held.Hold(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer held.Close()
		spendTogether(t, func() store.Entries { return held })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		url := pgtest.URL(t)
		spendTogether(t, func() store.Entries { return inPostgres(t, url) })
	})
}

// inPostgres is the store in a database, as a new process has it.
func inPostgres(t *testing.T, url string) *store.Postgres {
	t.Helper()
	p, err := store.NewPostgres(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}
