package events

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"papi-mcp/internal/store"
)

func TestTargets(t *testing.T) {
	r := NewRegistrations(store.NewMemory(), publicURL, 0)
	reg, secret, err := r.Add(t.Context(), Registration{ProjectID: projectID})
	if err != nil || len(secret) != 43 || len(reg.ID) != 26 {
		t.Fatalf("%+v, %q, %v", reg, secret, err)
	}
	target := r.Target(reg.ID)
	if target != publicURL+"/events/"+reg.ID {
		t.Error(target)
	}
	if id, ok := r.IDOf(target); !ok || id != reg.ID {
		t.Errorf("%q, %v", id, ok)
	}
	for _, foreign := range []string{"", publicURL, publicURL + "/events/", publicURL + "/events/short", target + "/x", target + "?a=b", "https://example.com/events/" + reg.ID, "https://papi.example.com.example.org/events/" + reg.ID} {
		if id, ok := r.IDOf(foreign); ok {
			t.Errorf("%s is %s", foreign, id)
		}
	}
}

func TestRegistrations(t *testing.T) {
	s := store.NewMemory()
	r := NewRegistrations(s, publicURL, 0)
	own, _, err := r.Add(t.Context(), Registration{ProjectID: "p1"})
	if err != nil || own.Created.IsZero() {
		t.Fatal(own, err)
	}
	emea, _, err := r.Add(t.Context(), Registration{Tenant: "emea", ProjectID: "p2"})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SetWebhook(t.Context(), own.ID, "01W", nil); err != nil {
		t.Fatal(err)
	}
	// Another replica has the same.
	other := NewRegistrations(s, publicURL, 0)
	if got, ok, err := other.Get(t.Context(), own.ID); !ok || err != nil || got.WebhookID != "01W" || got.ProjectID != "p1" || !got.Created.Equal(own.Created) {
		t.Errorf("%+v, %v, %v", got, ok, err)
	}
	for tenant, want := range map[string]string{"": own.ID, "emea": emea.ID} {
		if got, err := other.List(t.Context(), tenant); err != nil || len(got) != 1 || got[0].ID != want {
			t.Errorf("%q: %+v, %v", tenant, got, err)
		}
	}
	if got, err := other.List(t.Context(), "apac"); len(got) != 0 || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for range 2 {
		if err := other.Remove(t.Context(), own.ID); err != nil {
			t.Error(err)
		}
	}
	if _, ok, err := r.Get(t.Context(), own.ID); ok || err != nil {
		t.Error(ok, err)
	}
	if err := r.SetWebhook(t.Context(), own.ID, "01W", nil); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if _, err := r.Rotate(t.Context(), own.ID); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if err := r.Rotated(t.Context(), own.ID, "x"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

// A webhook whose registration is lost is adopted by its id, and one that is not lost is
// left to whom it belongs.
func TestAdopt(t *testing.T) {
	f := newFixture(t)
	if _, _, err := f.registrations.Add(t.Context(), Registration{ID: f.reg.ID, Tenant: "emea"}); !errors.Is(err, ErrTaken) {
		t.Error(err)
	}
	f.send(f.delivery("n1", approved), http.StatusOK, OutcomeStored)
	if err := f.registrations.Remove(t.Context(), f.reg.ID); err != nil {
		t.Fatal(err)
	}
	f.send(f.delivery("n2", approved), http.StatusUnauthorized, OutcomeUnauthorized)
	adopted, secret, err := f.registrations.Add(t.Context(), Registration{ID: f.reg.ID, ProjectID: projectID, WebhookID: "01W"})
	if err != nil || adopted.ID != f.reg.ID || secret == f.secret {
		t.Fatalf("%+v, %v", adopted, err)
	}
	f.send(f.delivery("n2", approved), http.StatusUnauthorized, OutcomeUnauthorized) // by the old secret
	f.secret = secret
	f.send(f.delivery("n2", approved), http.StatusOK, OutcomeStored)
	for _, id := range []string{"short", strings.Repeat("x", 65), "../../../../etc/passwd", "0123456789012345\n"} {
		if _, _, err := f.registrations.Add(t.Context(), Registration{ID: id}); err == nil {
			t.Errorf("%q was accepted", id)
		}
	}
}

// While a secret is replaced both count; the old one for as long as a delivery that it
// signed may be repeated.
func TestRotation(t *testing.T) {
	f := newFixture(t)
	old := f.secret
	by := func(secret, nonce string, status int) {
		t.Helper()
		d := f.delivery(nonce, approved)
		d.secret = secret
		outcome := OutcomeStored
		if status != http.StatusOK {
			outcome = OutcomeUnauthorized
		}
		f.send(d, status, outcome)
	}
	next, err := f.registrations.Rotate(t.Context(), f.reg.ID)
	if err != nil || next == old {
		t.Fatal(next, err)
	}
	by(old, "n1", http.StatusOK)
	by(next, "n2", http.StatusOK)
	// It is not known whether the API has it: the same one is sent again.
	if again, err := f.registrations.Rotate(t.Context(), f.reg.ID); err != nil || again != next {
		t.Errorf("another one, %v", err)
	}
	for range 2 { // as two replicas do
		if err := f.registrations.Rotated(t.Context(), f.reg.ID, next); err != nil {
			t.Fatal(err)
		}
	}
	f.now = f.now.Add(DefaultMaxAge)
	by(old, "n3", http.StatusOK)
	by(next, "n4", http.StatusOK)
	f.now = f.now.Add(clockSkew)
	by(old, "n5", http.StatusUnauthorized)
	by(next, "n6", http.StatusOK)
	if third, err := f.registrations.Rotate(t.Context(), f.reg.ID); err != nil || third == next {
		t.Errorf("%v: the same one again", err)
	}
	// An outdated report does not take back the newer secret.
	if err := f.registrations.Rotated(t.Context(), f.reg.ID, old); err != nil {
		t.Error(err)
	}
	by(next, "n7", http.StatusOK)
}

// A webhook whose secret is replaced again and again has few secrets that count.
func TestRotationsAreBounded(t *testing.T) {
	f := newFixture(t)
	for range 20 {
		next, err := f.registrations.Rotate(t.Context(), f.reg.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.registrations.Rotated(t.Context(), f.reg.ID, next); err != nil {
			t.Fatal(err)
		}
		f.now = f.now.Add(time.Minute)
	}
	k, _, err := f.registrations.get(t.Context(), f.reg.ID)
	if got := k.secrets(f.now); err != nil || len(got) != 1+maxOldSecrets {
		t.Errorf("%d secrets, %v", len(got), err)
	}
}

// Changes that are made at the same time are all made.
func TestConcurrentChanges(t *testing.T) {
	f := newFixture(t)
	var all sync.WaitGroup
	secrets := make([]string, 10)
	for i := range secrets {
		all.Go(func() {
			var err error
			if secrets[i], err = f.registrations.Rotate(t.Context(), f.reg.ID); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if err := f.registrations.SetWebhook(t.Context(), f.reg.ID, "01W", nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	k, _, err := f.registrations.get(t.Context(), f.reg.ID)
	if err != nil || k.WebhookID != "01W" {
		t.Errorf("%+v, %v", k.Registration, err)
	}
	for _, secret := range secrets {
		if secret != k.Next {
			t.Error("two new secrets")
		}
	}
}

// With a key no secret is in clear in the store, and what is there opens with the key.
func TestSecretsAreEncrypted(t *testing.T) {
	medium := store.NewMemory()
	var storeKey store.Key
	rand.Read(storeKey[:])
	encrypted, err := store.WithKeys(medium, []store.Key{storeKey})
	if err != nil {
		t.Fatal(err)
	}
	r := NewRegistrations(encrypted, publicURL, 0)
	reg, secret, err := r.Add(t.Context(), Registration{ProjectID: projectID})
	if err != nil {
		t.Fatal(err)
	}
	next, err := r.Rotate(t.Context(), reg.ID)
	if err != nil {
		t.Fatal(err)
	}
	raw, _, _ := medium.Get(t.Context(), key(reg.ID))
	if len(raw) == 0 || bytes.Contains(raw, []byte(secret)) || bytes.Contains(raw, []byte(next)) || bytes.Contains(raw, []byte(projectID)) {
		t.Errorf("in the store: %q", raw)
	}
	if k, _, err := r.get(t.Context(), reg.ID); err != nil || k.Secret != secret || k.Next != next {
		t.Errorf("%+v, %v", k, err)
	}
}

// What is damaged is an error, and no delivery is accepted by it.
func TestADamagedRegistration(t *testing.T) {
	f := newFixture(t)
	for _, damaged := range []string{"{", "{}", `{"Secret":7}`} {
		if err := f.store.Put(t.Context(), key(f.reg.ID), []byte(damaged), 0); err != nil {
			t.Fatal(err)
		}
		if _, _, err := f.registrations.Get(t.Context(), f.reg.ID); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Error(err)
		}
		d := f.delivery("n1", approved)
		d.secret = ""
		f.send(d, http.StatusServiceUnavailable, OutcomeFailed)
	}
}
