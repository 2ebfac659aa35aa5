// Package store keeps what outlives a call: confirmed projects, registrations,
// names of deleted templates, used confirmations and the key that signs them, pending
// and declined questions, and the lines of the audit log with --audit store.
//
// A store has entries, which expire; streams, whose records are numbered without gaps;
// queues, whose tasks are leased to one worker at a time; and topics, to which
// processes listen. It knows nothing about their content; its users prefix their names
// ("guard/...", "audit/..."). There are three: [Memory] for one process, [File] for one
// machine, and [Postgres] for many. All pass the same conformance test.
package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Store is safe for concurrent use, by many processes too where its medium is shared.
// What a method has returned without an error is on disk, where there is one. An error
// is one of the medium, or of arguments that a method does not allow: something missing
// is not an error. After an error of the medium a change may have been made or not.
type Store interface {
	Entries
	Streams
	Queues
	Topics
}

// Entries is a map of byte strings.
type Entries interface {
	// Get returns the entry of key, and false where there is none or it has
	// expired. The caller must not change the value.
	Get(ctx context.Context, key string) ([]byte, bool, error)
	// Put sets an entry that expires after ttl; 0 means never.
	Put(ctx context.Context, key string, value []byte, ttl time.Duration) error
	// Add sets an entry only where there is none, and reports whether it did: of
	// concurrent calls with the same key exactly one returns true.
	Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error)
	// Swap replaces an entry whose value is old by value, and reports whether it did: of
	// concurrent calls with the same old exactly one returns true. A nil old means that
	// there is no entry, a nil value removes it; an empty value is not nil. A removal may
	// return false though it was made, where the answer of the medium was lost.
	Swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error)
	// Delete removes an entry; a missing one is not an error.
	Delete(ctx context.Context, key string) error
	// Keys returns the keys that begin with a prefix, in their order; those of more than
	// a thousand bytes are left out.
	Keys(ctx context.Context, prefix string) ([]string, error)
}

// Streams are sequences of records. A stream exists from its first record on.
type Streams interface {
	// Append adds a record to the end of a stream, unless one was added with the same
	// id before, and reports whether it did. After an error, a repetition with the same
	// id adds the record once; it may return false for a record that it added itself.
	// What keep no longer allows is removed.
	Append(ctx context.Context, stream, id string, value []byte, keep Keep) (bool, error)
	// Read returns the first records after a number, at most limit, in their order, and
	// the number of the stream's last record, 0 before the first. Numbers begin with 1 and
	// have no gaps: a reader that continues after the last record it has seen misses
	// none, however many processes append. A first record that does not follow
	// after shows that what was between them is no longer kept.
	Read(ctx context.Context, stream string, after int64, limit int) (records []Record, last int64, err error)
}

// Keep says how much of a stream is kept; 0 is no limit.
type Keep struct {
	// Count is how many of the last records are kept.
	Count int64
	// Age is how long this record is kept.
	Age time.Duration
	// ID is how long this record's id is known, and not added again. It may be longer
	// than the record is kept.
	ID time.Duration
}

// Record is a record of a stream.
type Record struct {
	Number int64
	Time   time.Time // when it was added, by the clock of the store
	Value  []byte
}

// Queues hold tasks that one worker at a time may do.
type Queues interface {
	// Push adds a task that is due after a delay, unless the queue has one with the same
	// id, and reports whether it did. As with Append, that may be one that it added
	// itself.
	Push(ctx context.Context, queue, id string, value []byte, delay time.Duration) (bool, error)
	// Lease returns tasks that are due, at most limit, those first that have been due
	// longest. No one else gets them until ttl has passed; then they are due again, as
	// after a crash of the worker.
	Lease(ctx context.Context, queue string, limit int, ttl time.Duration) ([]Task, error)
	// Finish removes a task that Lease returned. It returns false, and does nothing, where
	// the lease has ended and another worker has leased or finished the task. As with
	// Append, that may be what it did itself.
	Finish(ctx context.Context, queue string, t Task) (bool, error)
	// Retry ends a lease: the task, with a new value, is due after a delay. It
	// returns false as Finish does.
	Retry(ctx context.Context, queue string, t Task, value []byte, delay time.Duration) (bool, error)
}

// Task is a task that is leased.
type Task struct {
	ID     string
	Value  []byte
	Leases int // how often it was leased, this time included

	lease string
}

// Topics wake those who wait for something in a store.
type Topics interface {
	// Notify wakes those who watch a topic, in all processes that share the store. A
	// change that they should find is made before.
	Notify(ctx context.Context, topic string) error
	// Watch returns a channel that receives after each Notify of the topic, once for
	// several that come together, and also without one: where processes share the
	// store each second, since a notification may be lost. Who receives looks at the
	// store. stop ends it, and must be called.
	Watch(topic string) (woken <-chan struct{}, stop func())
}

// maxName is how long the names of streams, queues and topics, and the ids in them, may
// be, in bytes. Keys of entries may be longer.
const maxName = 1000

// checkNames returns an error for names that are empty or too long.
func checkNames(names ...string) error {
	for _, name := range names {
		if name == "" {
			return errors.New("store: a name must not be empty")
		}
		if len(name) > maxName {
			return fmt.Errorf("store: a name of %d bytes is too long: the maximum is %d", len(name), maxName)
		}
	}
	return nil
}

// sweepInterval is how often what has expired is removed.
const sweepInterval = time.Minute

// clock returns the time; tests set their own.
type clock func() time.Time

// expiry is when something with this ttl expires; zero means never.
func (c clock) expiry(ttl time.Duration) time.Time {
	if ttl == 0 {
		return time.Time{}
	}
	return c().Add(ttl)
}

// expired reports whether an expiry has come.
func (c clock) expired(at time.Time) bool { return !at.IsZero() && !c().Before(at) }
