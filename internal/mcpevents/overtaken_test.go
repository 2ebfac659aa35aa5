package mcpevents

import (
	"context"
	"slices"
	"testing"

	"papi-mcp/internal/store"
	"papi-mcp/tools"
)

// slowThings answer the first reading after something else has happened.
type slowThings struct {
	*tools.Set
	meanwhile func()
}

func (s *slowThings) Observe(ctx context.Context, query tools.Query) (tools.Observed, error) {
	seen, err := s.Set.Observe(ctx, query)
	if meanwhile := s.meanwhile; meanwhile != nil {
		s.meanwhile = nil
		meanwhile()
	}
	return seen, err
}

// A reading that is noted after a newer one shows nothing that is over: no state goes back,
// and what changed back in fact is noted.
func TestReadingsThatOverlap(t *testing.T) {
	const one = `{"templateName":"a","languageCode":"EN"}`
	const pendingToApproved = "WhatsApp template a EN: APPROVED (was PENDING)"
	for _, tt := range []struct {
		name, slow, fast string
		before, then     func(w *world)
		want             []string
	}{
		{"a list", `{}`, `{}`, nil, func(w *world) { w.set("a", "APPROVED") }, []string{pendingToApproved}},
		{"one after a list", one, `{}`, nil, func(w *world) { w.set("a", "APPROVED") }, []string{pendingToApproved}},
		{"a list after one", `{}`, one, nil, func(w *world) { w.set("a", "APPROVED") }, []string{pendingToApproved}},
		{"one that is gone", one, one, func(w *world) { w.set("a", "APPROVED") }, func(w *world) { w.remove("a") }, []string{"WhatsApp template a EN: not there any more (was PENDING)"}},
		{"one that is there again", one, `{}`, func(w *world) { w.remove("a") }, func(w *world) { w.set("a", "APPROVED") }, []string{pendingToApproved}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld("a", "b")
			opened := store.NewMemory()
			s, replica := serve(t, w, opened), serve(t, w, opened)
			s.lookAt(templates, `{}`)
			if tt.before != nil {
				tt.before(w)
			}
			slow := &slowThings{s.things, func() { tt.then(w); replica.lookAt(templates, tt.fast) }}
			if _, err := s.look(t.Context(), slow, groupOf("", s.interest(templates, tt.slow).query())); err != nil {
				t.Fatal(err)
			}
			s.lookAt(templates, `{}`)
			if got := s.logged(templates, `{}`); !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}

	// There and back while it is read: the reading is of neither.
	w := newWorld("a")
	opened := store.NewMemory()
	s, replica := serve(t, w, opened), serve(t, w, opened)
	s.lookAt(templates, `{}`)
	w.set("a", "PAUSED")
	slow := &slowThings{s.things, func() {
		for _, state := range []string{"APPROVED", "PENDING"} {
			w.set("a", state)
			replica.lookAt(templates, `{}`)
		}
	}}
	if _, err := s.look(t.Context(), slow, groupOf("", s.interest(templates, `{}`).query())); err != nil {
		t.Fatal(err)
	}
	if got, want := s.logged(templates, `{}`), []string{pendingToApproved, "WhatsApp template a EN: PENDING (was APPROVED)"}; !slices.Equal(got, want) {
		t.Errorf("there and back: got %q", got)
	}
}
