package events

import (
	"context"
	"errors"
	"testing"

	"papi-mcp/internal/store"
)

// One call at a time has the claim to a project, and another project has its own.
func TestAClaimIsOfOneCall(t *testing.T) {
	shared := store.NewMemory()
	first, second := NewRegistrations(shared, publicURL, 0), NewRegistrations(shared, publicURL, 0)
	held, err := first.Claim(t.Context(), "", "a")
	if err != nil {
		t.Fatal(err)
	}
	if other, err := second.Claim(t.Context(), "", "b"); err != nil {
		t.Errorf("another project: %v", err)
	} else {
		other.Release(t.Context())
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := second.Claim(over, "", "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("a claim that is held: %v", err)
	}
	if was, err := held.Extend(t.Context()); !was || err != nil {
		t.Errorf("extended: %v, %v", was, err)
	}
	waits := make(chan *Claim)
	go func() {
		c, err := second.Claim(t.Context(), "", "a")
		if err != nil {
			t.Error(err)
		}
		waits <- c
	}()
	held.Release(t.Context())
	next := <-waits
	held.Release(t.Context()) // which does not end the claim of another
	if was, err := next.Extend(t.Context()); !was || err != nil {
		t.Errorf("the next one: %v, %v", was, err)
	}
	next.Release(t.Context())
	if was, err := next.Extend(t.Context()); was || err != nil {
		t.Errorf("after its end: %v, %v", was, err)
	}
}

// The target of a project's webhook is known before it is registered, and is the same each
// time, on every replica.
func TestTheIDOfARegistrationIsKnownBefore(t *testing.T) {
	shared := store.NewMemory()
	ids := map[string]bool{}
	for _, project := range []string{"a", "b"} {
		for range 2 {
			id, err := NewRegistrations(shared, publicURL, 0).IDFor(t.Context(), "t", project)
			if err != nil || !validID.MatchString(id) {
				t.Fatalf("%q, %v", id, err)
			}
			ids[id] = true
		}
	}
	if len(ids) != 2 {
		t.Errorf("ids %v", ids)
	}
}
