package events

import (
	"context"
	"crypto/rand"
	"time"

	"papi-mcp/internal/store"
)

// claimTTL is how long a claim is held without being extended: longer than the deadline of
// a call, so that it ends on its own only after a crash, or while a person is asked.
const claimTTL = 2 * time.Minute

// claimInterval is how often a claim is tried that another call holds.
const claimInterval = 200 * time.Millisecond

// Claim keeps other calls, in all processes that share the store, from registering a
// webhook of the same project.
type Claim struct {
	registrations *Registrations
	key           string
	token         []byte
}

// Claim waits until no other call holds the claim to a project, and takes it. Release must
// be called. An error is one of the store, or of ctx.
func (r *Registrations) Claim(ctx context.Context, tenant, project string) (*Claim, error) {
	c := &Claim{r, "events/claims/" + tenant + "/" + project, []byte(rand.Text())}
	return c, c.take(ctx)
}

func (c *Claim) take(ctx context.Context) error {
	for {
		added, err := c.registrations.store.Add(ctx, c.key, c.token, claimTTL)
		if added || err != nil {
			return err
		}
		select {
		case <-time.After(claimInterval):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Extend holds the claim for two more minutes. One that has ended is taken again, and
// wasHeld is false: another call may have registered a webhook meanwhile.
func (c *Claim) Extend(ctx context.Context) (wasHeld bool, err error) {
	wasHeld, err = c.registrations.store.Swap(ctx, c.key, c.token, c.token, claimTTL)
	if !wasHeld && err == nil {
		err = c.take(ctx)
	}
	return wasHeld, err
}

// Release ends the claim. One that can't be released ends on its own.
func (c *Claim) Release(ctx context.Context) {
	_, _ = c.registrations.store.Swap(context.WithoutCancel(ctx), c.key, c.token, nil, 0)
}

// IDFor returns the id that the registration of a project's webhook gets: the same each
// time, so that its target is known before it is registered.
func (r *Registrations) IDFor(ctx context.Context, tenant, project string) (string, error) {
	name := store.SecretPrefix + "events/ids/" + tenant + "/" + project
	if _, err := r.store.Add(ctx, name, []byte(newID()), 0); err != nil {
		return "", err
	}
	id, _, err := r.store.Get(ctx, name)
	return string(id), err
}
