// Package store keeps what outlives a call: confirmed projects, registrations,
// names of deleted templates, used confirmations and the key that signs them, pending and declined
// questions, and the lines of the audit log with --audit store.
//
// A store is a map of byte strings whose entries expire. It knows nothing about
// their content; its users prefix their keys ("guard/...", "audit/..."). There are two:
// [Memory] for one process, and [File] for one machine. Both pass the same
// conformance test.
package store

import (
	"context"
	"time"
)

// Store is safe for concurrent use, by many processes too where its medium is
// shared. Errors are those of the medium; a missing entry is not an error.
type Store interface {
	// Get returns the entry of key, and false where there is none or it has
	// expired. The caller must not change the value.
	Get(ctx context.Context, key string) ([]byte, bool, error)
	// Put sets an entry that expires after ttl; 0 means never.
	Put(ctx context.Context, key string, value []byte, ttl time.Duration) error
	// Add sets an entry only where there is none, and reports whether it did: of
	// concurrent calls with the same key exactly one returns true.
	Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error)
	// Delete removes an entry; a missing one is not an error.
	Delete(ctx context.Context, key string) error
}

// clock returns the time; tests set their own.
type clock func() time.Time

// expiry is when an entry with this ttl expires; zero means never.
func (c clock) expiry(ttl time.Duration) time.Time {
	if ttl == 0 {
		return time.Time{}
	}
	return c().Add(ttl)
}

// expired reports whether an expiry has come.
func (c clock) expired(at time.Time) bool { return !at.IsZero() && !c().Before(at) }
