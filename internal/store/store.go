// Package store keeps what outlives a call: confirmed projects, remembered
// registrations, used confirmations and the key that signs them, the questions
// that are open or refused, the lines of the audit log where it is kept here.
//
// A store is a map of byte strings whose entries end by themselves. It knows
// nothing of what it keeps; keys are namespaced by their users
// ("guard/spent/..."). There are two: [Memory] for a process of its own, and
// [File] for one machine. All pass one conformance test.
package store

import (
	"context"
	"time"
)

// Store is safe for use by many goroutines, and by many processes where its
// medium is shared. Errors are those of the medium; a missing entry is none.
type Store interface {
	// Get returns the entry of key, and false where there is none or it has
	// ended. The caller must not change what it gets.
	Get(ctx context.Context, key string) ([]byte, bool, error)
	// Put sets an entry that ends after ttl; 0 means never.
	Put(ctx context.Context, key string, value []byte, ttl time.Duration) error
	// Add sets an entry only where there is none, and reports whether it did:
	// of many that add the same key at once, one is told true.
	Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error)
	// Delete removes an entry; a missing one is no error.
	Delete(ctx context.Context, key string) error
	// Close frees what the store holds.
	Close() error
}

// clock is the time, which tests move.
type clock func() time.Time

// end is the time at which an entry with this ttl ends; zero means never.
func (c clock) end(ttl time.Duration) time.Time {
	if ttl == 0 {
		return time.Time{}
	}
	return c().Add(ttl)
}

// ended reports whether the end of an entry has come.
func (c clock) ended(at time.Time) bool { return !at.IsZero() && !c().Before(at) }
