package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

// What a file holds:
//
//	entries/KEY                  expiry (8 bytes) | value
//	streams/STREAM/records/SEQ   expiry (8) | time (8) | value
//	streams/STREAM/ids/ID        expiry (8)
//	queues/QUEUE/ID              due (8) | how often leased (8) | lease (26) | value
//
// Times are nanoseconds since 1970, 0 for never. The number of a stream's last record
// is the sequence of its bucket.
var (
	entriesBucket = []byte("entries")
	streamsBucket = []byte("streams")
	queuesBucket  = []byte("queues")
	recordsBucket = []byte("records")
	idsBucket     = []byte("ids")
)

// Get implements Store.
func (f *File) Get(ctx context.Context, key string) (value []byte, ok bool, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) {
		if b := tx.Bucket(entriesBucket); b != nil {
			value, ok = f.entry(b, key)
		}
	})
	return value, ok && err == nil, err
}

// Put implements Store.
func (f *File) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	_, err := f.change(ctx, func(b *bbolt.Bucket) (bool, error) { return true, f.put(b, key, value, ttl) })
	return err
}

// Add implements Store.
func (f *File) Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
	return f.change(ctx, func(b *bbolt.Bucket) (bool, error) {
		if _, ok := f.entry(b, key); ok {
			return false, nil
		}
		return true, f.put(b, key, value, ttl)
	})
}

// Swap implements Store.
func (f *File) Swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	return f.change(ctx, func(b *bbolt.Bucket) (bool, error) {
		switch now, ok := f.entry(b, key); {
		case ok != (old != nil) || !bytes.Equal(now, old):
			return false, nil
		case value == nil:
			return true, b.Delete([]byte(key))
		}
		return true, f.put(b, key, value, ttl)
	})
}

// Delete implements Store.
func (f *File) Delete(ctx context.Context, key string) error {
	_, err := f.change(ctx, func(b *bbolt.Bucket) (bool, error) { return true, b.Delete([]byte(key)) })
	return err
}

// Keys implements Store.
func (f *File) Keys(ctx context.Context, prefix string) (keys []string, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) {
		b := tx.Bucket(entriesBucket)
		if b == nil {
			return
		}
		c := b.Cursor()
		for key, raw := c.Seek([]byte(prefix)); bytes.HasPrefix(key, []byte(prefix)) && key != nil; key, raw = c.Next() {
			if len(key) <= maxName && !f.now.expired(timeOf(raw)) {
				keys = append(keys, string(key))
			}
		}
	})
	return keys, err
}

// change runs a write transaction on the entries, and returns what it returns.
func (f *File) change(ctx context.Context, transaction func(*bbolt.Bucket) (bool, error)) (done bool, err error) {
	err = f.update(ctx, func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(entriesBucket)
		if err == nil {
			done, err = transaction(b)
		}
		return err
	})
	return done && err == nil, err
}

func (f *File) entry(b *bbolt.Bucket, key string) ([]byte, bool) {
	raw := b.Get([]byte(key))
	if len(raw) < 8 || f.now.expired(timeOf(raw)) {
		return nil, false
	}
	return clone(raw[8:]), true
}

func (f *File) put(b *bbolt.Bucket, key string, value []byte, ttl time.Duration) error {
	return b.Put([]byte(key), append(appendTime(nil, f.now.expiry(ttl)), value...))
}

// Append implements Store.
func (f *File) Append(ctx context.Context, stream, id string, value []byte, keep Keep) (added bool, err error) {
	if err := checkNames(stream, id); err != nil {
		return false, err
	}
	err = f.update(ctx, func(tx *bbolt.Tx) error {
		b, err := subBucket(tx, streamsBucket, stream)
		if err != nil {
			return err
		}
		ids, idsErr := b.CreateBucketIfNotExists(idsBucket)
		records, err := b.CreateBucketIfNotExists(recordsBucket)
		if err = errors.Join(idsErr, err); err != nil {
			return err
		}
		if known := ids.Get([]byte(id)); len(known) == 8 && !f.now.expired(timeOf(known)) {
			return nil
		}
		n, err := b.NextSequence()
		if err != nil {
			return err
		}
		added = true
		record := appendTime(appendTime(nil, f.now.expiry(keep.Age)), f.now())
		err = errors.Join(
			ids.Put([]byte(id), appendTime(nil, f.now.expiry(keep.ID))),
			records.Put(number(n), append(record, value...)),
		)
		if err != nil || keep.Count <= 0 || n <= uint64(keep.Count) {
			return err
		}
		return deleteFirst(records, func(key, _ []byte) bool { return binary.BigEndian.Uint64(key) <= n-uint64(keep.Count) })
	})
	return added && err == nil, err
}

// Read implements Store.
func (f *File) Read(ctx context.Context, stream string, after int64, limit int) (found []Record, last int64, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) {
		b := tx.Bucket(streamsBucket)
		if b == nil || b.Bucket([]byte(stream)) == nil {
			return
		}
		b = b.Bucket([]byte(stream))
		last = int64(b.Sequence())
		c := b.Bucket(recordsBucket).Cursor()
		for key, raw := c.Seek(number(uint64(max(after, 0)) + 1)); key != nil && len(found) < limit; key, raw = c.Next() {
			if !f.now.expired(timeOf(raw)) {
				found = append(found, Record{int64(binary.BigEndian.Uint64(key)), timeOf(raw[8:]), clone(raw[16:])})
			}
		}
	})
	return found, last, err
}

// leaseLength is the length of a lease, and of the zeros of a task without one.
const leaseLength = 26

// Push implements Store.
func (f *File) Push(ctx context.Context, queue, id string, value []byte, delay time.Duration) (added bool, err error) {
	if err := checkNames(queue, id); err != nil {
		return false, err
	}
	err = f.update(ctx, func(tx *bbolt.Tx) error {
		b, err := subBucket(tx, queuesBucket, queue)
		if err != nil || b.Get([]byte(id)) != nil {
			return err
		}
		added = true
		return b.Put([]byte(id), f.task(Task{Value: value}, delay))
	})
	return added && err == nil, err
}

// Lease implements Store.
func (f *File) Lease(ctx context.Context, queue string, limit int, ttl time.Duration) (leased []Task, err error) {
	nothing := true // then nothing is written
	err = f.view(ctx, func(tx *bbolt.Tx) { nothing = len(f.due(tx, queue)) == 0 })
	if err != nil || nothing {
		return nil, err
	}
	err = f.update(ctx, func(tx *bbolt.Tx) error {
		due := f.due(tx, queue)
		slices.SortFunc(due, func(a, b task) int { return a.due.Compare(b.due) })
		for _, t := range due[:max(0, min(len(due), limit))] {
			t.lease = rand.Text()
			t.Leases++
			if err := tx.Bucket(queuesBucket).Bucket([]byte(queue)).Put([]byte(t.ID), f.task(t.Task, ttl)); err != nil {
				return err
			}
			leased = append(leased, t.Task)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return leased, nil
}

// due returns the tasks of a queue that are due.
func (f *File) due(tx *bbolt.Tx, queue string) []task {
	b := tx.Bucket(queuesBucket)
	if b == nil || b.Bucket([]byte(queue)) == nil {
		return nil
	}
	var due []task
	c := b.Bucket([]byte(queue)).Cursor()
	for id, raw := c.First(); id != nil; id, raw = c.Next() {
		if at := timeOf(raw); f.now.expired(at) {
			leases := int(binary.BigEndian.Uint64(raw[8:]))
			due = append(due, task{Task{ID: string(id), Value: clone(raw[16+leaseLength:]), Leases: leases}, at})
		}
	}
	return due
}

// Finish implements Store.
func (f *File) Finish(ctx context.Context, queue string, t Task) (bool, error) {
	return f.endLease(ctx, queue, t, func(b *bbolt.Bucket) error { return b.Delete([]byte(t.ID)) })
}

// Retry implements Store.
func (f *File) Retry(ctx context.Context, queue string, t Task, value []byte, delay time.Duration) (bool, error) {
	return f.endLease(ctx, queue, t, func(b *bbolt.Bucket) error {
		return b.Put([]byte(t.ID), f.task(Task{Value: value, Leases: t.Leases}, delay))
	})
}

// endLease ends the lease of a task by a transaction, and reports whether it was this one's.
func (f *File) endLease(ctx context.Context, queue string, t Task, transaction func(*bbolt.Bucket) error) (ended bool, err error) {
	err = f.update(ctx, func(tx *bbolt.Tx) error {
		b := tx.Bucket(queuesBucket)
		if b == nil || b.Bucket([]byte(queue)) == nil {
			return nil
		}
		b = b.Bucket([]byte(queue))
		raw := b.Get([]byte(t.ID))
		if raw == nil || t.lease == "" || string(raw[16:16+leaseLength]) != t.lease {
			return nil
		}
		ended = true
		return transaction(b)
	})
	return ended && err == nil, err
}

// task is how a task is stored that is due after a delay.
func (f *File) task(t Task, delay time.Duration) []byte {
	raw := binary.BigEndian.AppendUint64(appendTime(nil, f.now().Add(delay)), uint64(t.Leases))
	lease := make([]byte, leaseLength)
	copy(lease, t.lease)
	return append(append(raw, lease...), t.Value...)
}

// Notify implements Store.
func (f *File) Notify(_ context.Context, topic string) error {
	f.wake(topic)
	return nil
}

// removeExpired removes what has expired, at most once per sweepInterval.
func (f *File) removeExpired(tx *bbolt.Tx) error {
	now := f.now()
	if now.Before(f.sweep) {
		return nil
	}
	f.sweep = now.Add(sweepInterval)
	if b := tx.Bucket(entriesBucket); b != nil {
		if err := f.deleteExpired(b); err != nil {
			return err
		}
	}
	streams := tx.Bucket(streamsBucket)
	if streams == nil {
		return nil
	}
	return streams.ForEachBucket(func(name []byte) error {
		stream := streams.Bucket(name)
		return errors.Join(
			f.deleteExpired(stream.Bucket(idsBucket)),
			deleteFirst(stream.Bucket(recordsBucket), func(_, raw []byte) bool { return f.now.expired(timeOf(raw)) }),
		)
	})
}

// deleteExpired removes what has expired from a bucket whose values begin with an expiry.
func (f *File) deleteExpired(b *bbolt.Bucket) error {
	var expired [][]byte
	err := b.ForEach(func(key, raw []byte) error {
		if len(raw) < 8 || f.now.expired(timeOf(raw)) {
			expired = append(expired, key)
		}
		return nil
	})
	for _, key := range expired {
		err = errors.Join(err, b.Delete(key))
	}
	return err
}

// deleteFirst removes the first entries of a bucket, up to the first that is not meant.
func deleteFirst(b *bbolt.Bucket, meant func(key, raw []byte) bool) error {
	c := b.Cursor()
	for key, raw := c.First(); key != nil && meant(key, raw); key, raw = c.First() {
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return nil
}

// subBucket returns the bucket of a stream or of a queue, which it creates.
func subBucket(tx *bbolt.Tx, of []byte, name string) (*bbolt.Bucket, error) {
	b, err := tx.CreateBucketIfNotExists(of)
	if err != nil {
		return nil, err
	}
	return b.CreateBucketIfNotExists([]byte(name))
}

// number is how the number of a record is stored: in the order of numbers.
func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// appendTime appends a time; the zero time is 0.
func appendTime(raw []byte, at time.Time) []byte {
	var nanos int64
	if !at.IsZero() {
		nanos = at.UnixNano()
	}
	return binary.BigEndian.AppendUint64(raw, uint64(nanos))
}

// timeOf reads a time.
func timeOf(raw []byte) time.Time {
	nanos := int64(binary.BigEndian.Uint64(raw))
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanos)
}
