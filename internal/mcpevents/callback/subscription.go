package callback

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/mcpevents"
	"papi-mcp/internal/store"
)

// subscription is what a client asked for. It is a secret in the store: it has the secret
// that signs, and a URL which may be one too.
type subscription struct {
	ID string `json:"id"`
	mcpevents.Owner
	mcpevents.Interest
	URL string `json:"url"`
	// Secret signs, and so does Former until FormerUntil.
	Secret      string    `json:"secret"`
	Former      string    `json:"former,omitempty"`
	FormerUntil time.Time `json:"formerUntil,omitzero"`
	// Expires is zero where it does not expire. Watched is until when its things are
	// watched.
	Expires time.Time `json:"expires,omitzero"`
	Watched time.Time `json:"watched,omitzero"`
}

// formerGrace is how long a secret that was replaced signs too.
const formerGrace = 15 * time.Minute

// newID returns the id of a subscription, which is the same for the same key.
func newID(owner mcpevents.Owner, in mcpevents.Interest, url string) string {
	key := jsonvalue.Encode([]any{owner.Principal, url, in.Name, in.Arguments})
	sum := sha256.Sum256(key)
	return "sub_" + hex.EncodeToString(sum[:16])
}

// expired reports whether it has expired.
func (s *subscription) expired(now time.Time) bool {
	return !s.Expires.IsZero() && !now.Before(s.Expires)
}

// secrets returns those that sign now.
func (s *subscription) secrets(now time.Time) [][]byte {
	var all [][]byte
	for _, text := range []string{s.Secret, s.Former} {
		if secret, ok := decodeSecret(text); ok && (text == s.Secret || now.Before(s.FormerUntil)) {
			all = append(all, secret)
		}
	}
	return all
}

// replaceSecret signs with another secret, and for a while with the one before.
func (s *subscription) replaceSecret(secret string, now time.Time) {
	if secret != s.Secret {
		s.Former, s.FormerUntil, s.Secret = s.Secret, now.Add(formerGrace), secret
	}
}

// The keys of the entries. Subscriptions are kept by tenant and principal, so that those
// of one are counted.
const (
	subscriptionsPrefix = store.SecretPrefix + "mcpevents/subscriptions/"
	progressPrefix      = "mcpevents/progress/"
)

func tenantPrefix(tenant string) string { return subscriptionsPrefix + url.PathEscape(tenant) + "/" }

func ownerPrefix(owner mcpevents.Owner) string {
	return tenantPrefix(owner.Tenant) + hashed(owner.Principal) + "/"
}

func (s *subscription) key() string { return ownerPrefix(s.Owner) + s.ID }

// hashed is a name of any length in a key.
func hashed(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// load returns the subscription with a key, nil where there is none or it has expired.
func (s *Subscriptions) load(ctx context.Context, key string) (*subscription, error) {
	raw, ok, err := s.o.Store.Get(ctx, key)
	if err != nil || !ok {
		return nil, err
	}
	var sub subscription
	if err := json.Unmarshal(raw, &sub); err != nil {
		return nil, fmt.Errorf("callback: the subscription %s: %w", key[strings.LastIndexByte(key, '/')+1:], err)
	}
	if sub.expired(s.o.now()) {
		return nil, nil
	}
	return &sub, nil
}

// save stores a subscription.
func (s *Subscriptions) save(ctx context.Context, sub *subscription) error {
	return s.o.Store.Put(ctx, sub.key(), jsonvalue.Encode(sub), 0)
}

// remove removes a subscription, and its progress. Tasks that are left find none.
func (s *Subscriptions) remove(ctx context.Context, key string) error {
	if err := s.o.Store.Delete(ctx, key); err != nil {
		return err
	}
	return s.o.Store.Delete(ctx, progressKey(key))
}

// progressKey is the key of the progress of a subscription, by the key of that.
func progressKey(key string) string { return progressPrefix + key[strings.LastIndexByte(key, '/')+1:] }
