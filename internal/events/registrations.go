package events

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/store"
)

// Path is the path of the receiver; the id of a registration follows it. Pattern is what
// it is mounted at.
const (
	Path    = "/events/"
	Pattern = Path + "{id}"
)

// DefaultMaxAge is how old a delivery may be: the API does not say whether it signs a
// repetition with a new timestamp, and it repeats one for hours.
const DefaultMaxAge = 24 * time.Hour

// Registration is a webhook of the API whose target is this server.
type Registration struct {
	// ID is the end of the target. It is hard to guess.
	ID string
	// Tenant is whose inbox gets the events; "" is the server's own.
	Tenant string
	// ProjectID is the project of the webhook.
	ProjectID string
	// WebhookID is the webhook's id in the API; "" until it is known.
	WebhookID string
	// Triggers are those of the webhook, as far as they are known here. None means that its
	// events may not arrive: it is not known what it has, or it has another secret or target.
	Triggers []string `json:",omitempty"`
	// Target is the target of the webhook, as far as it is known: with another public URL
	// than before it is not what Registrations.Target returns.
	Target string `json:",omitempty"`
	// Created is when it was registered here.
	Created time.Time
}

// Registrations are kept in a store, below store.SecretPrefix since they have secrets,
// and shared by all who use it. They are safe for concurrent use.
type Registrations struct {
	store     store.Entries
	publicURL string
	maxAge    time.Duration
	now       func() time.Time
}

// NewRegistrations returns the registrations in a store. publicURL is the scheme and host
// at which the API reaches this server; maxAge is how old a delivery may be, and so how
// long a secret that was replaced counts; 0 is DefaultMaxAge.
func NewRegistrations(s store.Entries, publicURL string, maxAge time.Duration) *Registrations {
	return &Registrations{s, strings.TrimSuffix(publicURL, "/"), cmp.Or(maxAge, DefaultMaxAge), time.Now}
}

// ErrTaken is the error of a registration whose id is in use.
var ErrTaken = errors.New("the id of the registration is in use")

// ErrNotFound is the error where there is no registration.
var ErrNotFound = errors.New("there is no such registration")

// validID matches the ids of registrations.
var validID = lazyregexp.New(`^[A-Za-z0-9_-]{16,64}$`)

// Target returns the target of the webhook of a registration.
func (r *Registrations) Target(id string) string { return r.publicURL + Path + id }

// IDOf returns the id of the registration whose webhook has a target; false for a target
// that is not this server's.
func (r *Registrations) IDOf(target string) (id string, ok bool) {
	prefix := r.publicURL + Path
	if len(target) < len(prefix) || !strings.EqualFold(target[:len(prefix)], prefix) { // the case of a host has no meaning
		return "", false
	}
	id = target[len(prefix):]
	return id, validID.MatchString(id)
}

// madeTarget matches the targets of webhooks that were registered by any server.
var madeTarget = lazyregexp.New(`^https?://[^/?#]+` + Path + `[A-Z2-7]{26}$`)

// IsTarget reports whether a target is that of a webhook that was registered by this server,
// or by another one of its kind, by the form of it.
func IsTarget(target string) bool { return madeTarget.MatchString(target) }

// Add adds a registration and returns it with the secret that its webhook must have. An
// empty ID and Created are set. With an ID it adopts a webhook that was registered before
// and whose registration is lost; ErrTaken where it is not lost.
//
// A registration is added before its webhook is created, so that no delivery is refused,
// and is removed where that fails.
func (r *Registrations) Add(ctx context.Context, reg Registration) (_ Registration, secret string, _ error) {
	secret = newSecret()
	reg, err := r.AddWith(ctx, reg, secret)
	if err != nil {
		return Registration{}, "", err
	}
	return reg, secret, nil
}

// AddWith does the same with a secret that the webhook has already.
func (r *Registrations) AddWith(ctx context.Context, reg Registration, secret string) (Registration, error) {
	reg.ID = cmp.Or(reg.ID, newID())
	if !validID.MatchString(reg.ID) {
		return Registration{}, fmt.Errorf("the id of a registration has 16 to 64 letters, digits, hyphens and underscores, and this one does not (%d bytes)", len(reg.ID))
	}
	if reg.Created.IsZero() {
		reg.Created = r.now().UTC().Truncate(time.Second)
	}
	added, err := r.store.Add(ctx, key(reg.ID), (&kept{Registration: reg, Secret: secret}).encode(), 0)
	if err == nil && !added {
		err = ErrTaken
	}
	return reg, err
}

// Get returns a registration, and false where there is none.
func (r *Registrations) Get(ctx context.Context, id string) (Registration, bool, error) {
	k, _, err := r.get(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return Registration{}, false, nil
	}
	return k.Registration, err == nil, err
}

// List returns the registrations of a tenant, in the order of their ids.
func (r *Registrations) List(ctx context.Context, tenant string) ([]Registration, error) {
	keys, err := r.store.Keys(ctx, key(""))
	if err != nil {
		return nil, err
	}
	var found []Registration
	for _, name := range keys {
		reg, ok, err := r.Get(ctx, strings.TrimPrefix(name, key("")))
		if err != nil {
			return nil, err
		}
		if ok && reg.Tenant == tenant {
			found = append(found, reg)
		}
	}
	return found, nil
}

// SetWebhook stores what is known of the webhook of a registration: the id that the API gave
// to it, and its triggers; its target is Target. It returns ErrNotFound where there is no registration.
func (r *Registrations) SetWebhook(ctx context.Context, id, webhookID string, triggers []string) error {
	return r.change(ctx, id, func(k *kept) {
		k.WebhookID, k.Triggers, k.Target = webhookID, triggers, r.Target(id)
	})
}

// Rotate returns a new secret for the webhook of a registration; deliveries that are signed
// with it or with the present one are accepted. Once the API has it, Rotated is called. A
// repetition before that returns the same secret, so that nothing is lost where it is not
// known whether the API has it. It returns ErrNotFound where there is no registration.
func (r *Registrations) Rotate(ctx context.Context, id string) (secret string, err error) {
	err = r.change(ctx, id, func(k *kept) {
		k.Next = cmp.Or(k.Next, newSecret())
		secret = k.Next
	})
	return secret, err
}

// Rotated reports that the webhook of a registration has a secret that Rotate returned. The
// one before counts for as long as deliveries signed with it may be repeated. It returns
// ErrNotFound where there is no registration.
func (r *Registrations) Rotated(ctx context.Context, id, secret string) error {
	return r.change(ctx, id, func(k *kept) {
		if secret == "" || secret != k.Next { // another replica was faster
			return
		}
		now := r.now().UTC()
		k.Old = slices.DeleteFunc(k.Old, func(o old) bool { return !now.Before(o.Until) })
		k.Old = append([]old{{k.Secret, now.Add(r.maxAge + clockSkew)}}, k.Old...)
		k.Old = k.Old[:min(len(k.Old), maxOldSecrets)]
		k.Secret, k.Next = k.Next, ""
	})
}

// Remove ends a registration: its deliveries are refused from now on. One that does not
// exist is not an error.
func (r *Registrations) Remove(ctx context.Context, id string) error {
	return r.store.Delete(ctx, key(id))
}

// maxOldSecrets bounds how many secrets that were replaced still count.
const maxOldSecrets = 4

// kept is a registration as it is stored.
type kept struct {
	Registration
	// Secret is what the webhook has, as far as is known; Next will replace it.
	Secret string
	Next   string `json:",omitempty"`
	Old    []old  `json:",omitempty"`
}

// old is a secret that was replaced, and until when it counts.
type old struct {
	Secret string
	Until  time.Time
}

func (k *kept) encode() []byte { return jsonvalue.Encode(k) }

// secrets returns the secrets that count at a time: at least one.
func (k *kept) secrets(now time.Time) []string {
	found := []string{k.Secret}
	if k.Next != "" {
		found = append(found, k.Next)
	}
	for _, o := range k.Old {
		if now.Before(o.Until) {
			found = append(found, o.Secret)
		}
	}
	return found
}

// get returns a registration, and as it is stored; ErrNotFound where there is none.
func (r *Registrations) get(ctx context.Context, id string) (k kept, raw []byte, err error) {
	if !validID.MatchString(id) {
		return k, nil, ErrNotFound
	}
	raw, ok, err := r.store.Get(ctx, key(id))
	if err != nil {
		return k, nil, err
	}
	if !ok {
		return k, nil, ErrNotFound
	}
	if err := json.Unmarshal(raw, &k); err != nil || k.Secret == "" {
		return k, nil, fmt.Errorf("the registration %s in the store is damaged, or of a newer release", id)
	}
	return k, raw, nil
}

// change edits a registration.
func (r *Registrations) change(ctx context.Context, id string, edit func(*kept)) error {
	for {
		k, raw, err := r.get(ctx, id)
		if err != nil {
			return err
		}
		edit(&k)
		changed, err := r.store.Swap(ctx, key(id), raw, k.encode(), 0)
		if changed || err != nil {
			return err
		}
		if err := ctx.Err(); err != nil { // others change it all the time
			return err
		}
	}
}

func key(id string) string { return store.SecretPrefix + "events/registrations/" + id }

// newID returns an id of 130 bits.
func newID() string { return rand.Text() }

// newSecret returns a secret of 256 bits.
func newSecret() string {
	raw := make([]byte, 32)
	rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}
