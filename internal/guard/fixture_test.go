package guard

import (
	"context"
	"sync"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/store"
)

const (
	me      = "me"
	project = "00000000-0000-0000-0000-000000000000"
)

// fixture is a guard whose clock and API a test moves.
type fixture struct {
	*Guard
	now   time.Time
	mu    sync.Mutex
	reads []string                  // tools that the rules read with
	api   map[string]map[string]any // answers by tool
	fail  error
}

func newFixture(edit func(*Options)) *fixture {
	f := &fixture{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), api: map[string]map[string]any{}}
	opts := Options{Default: project, Store: store.NewMemory(), Reader: f, Now: func() time.Time { return f.now }}
	if edit != nil {
		edit(&opts)
	}
	f.Guard = New(opts)
	return f
}

func (f *fixture) Read(_ context.Context, _, tool string, _ map[string]any) (map[string]any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads = append(f.reads, tool)
	return f.api[tool], f.fail
}

// confirmed confirms the project beforehand.
func (f *fixture) confirmed(t *testing.T) *fixture {
	t.Helper()
	if err := f.rememberProject(context.Background(), me, "", project); err != nil {
		t.Fatal(err)
	}
	return f
}

func call(tool string, args map[string]any) *Call {
	return &Call{Row: catalog.Lookup(tool), Principal: me, Args: args}
}

// check returns the code of the refusal, "asked", or "allowed".
func (f *fixture) check(c *Call) string {
	v := f.Check(context.Background(), c)
	switch {
	case v.Refuse != nil:
		return v.Refuse.Code
	case v.Ask != nil:
		return "asked"
	}
	return "allowed"
}

// person is an elicitor who answers on the spot.
type person struct {
	answer Answer
	asked  []Question
}

func (p *person) Answered() (string, Answer, bool) { return "", "", false }

func (p *person) Ask(_ context.Context, q Question) Answer {
	p.asked = append(p.asked, q)
	return p.answer
}

// later is an elicitor whose answer comes with the next request.
type later struct {
	state  string
	answer Answer
}

func (l *later) Answered() (string, Answer, bool) { return l.state, l.answer, l.answer != "" }

func (l *later) Ask(context.Context, Question) Answer { return Pending }

// during is a person who answers after something was done.
type during struct {
	answer Answer
	do     func()
}

func (d *during) Answered() (string, Answer, bool) { return "", "", false }

func (d *during) Ask(context.Context, Question) Answer {
	d.do()
	return d.answer
}
