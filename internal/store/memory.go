package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Memory is a store in the memory of the process.
type Memory struct {
	watchers
	now     clock
	mu      sync.Mutex
	entries map[string]entry
	streams map[string]*stream
	queues  map[string]map[string]*task
	sweep   time.Time // when what has expired is removed next
}

type entry struct {
	value  []byte
	expiry time.Time
}

// stream is a stream in memory. The last record has the number last.
type stream struct {
	last    int64
	records []timed
	ids     map[string]time.Time // by their expiry
}

// timed is a record that expires.
type timed struct {
	Record
	expiry time.Time
}

// task is a task in memory.
type task struct {
	Task
	due time.Time
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return NewMemoryAt(time.Now) }

// NewMemoryAt returns an empty store whose entries expire by a clock.
func NewMemoryAt(now func() time.Time) *Memory {
	return &Memory{now: now, entries: map[string]entry{}, streams: map[string]*stream{}, queues: map[string]map[string]*task{}}
}

// Get implements Store.
func (m *Memory) Get(_ context.Context, key string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok := m.get(key)
	return value, ok, nil
}

// Put implements Store.
func (m *Memory) Put(_ context.Context, key string, value []byte, ttl time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(key, value, ttl)
	return nil
}

// Add implements Store.
func (m *Memory) Add(_ context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.get(key); ok {
		return false, nil
	}
	m.put(key, value, ttl)
	return true, nil
}

// Swap implements Store.
func (m *Memory) Swap(_ context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now, ok := m.get(key); ok != (old != nil) || !bytes.Equal(now, old) {
		return false, nil
	}
	if value == nil {
		delete(m.entries, key)
	} else {
		m.put(key, value, ttl)
	}
	return true, nil
}

// Delete implements Store.
func (m *Memory) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, key)
	return nil
}

// Keys implements Store.
func (m *Memory) Keys(_ context.Context, prefix string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var keys []string
	for key, e := range m.entries {
		if strings.HasPrefix(key, prefix) && len(key) <= maxName && !m.now.expired(e.expiry) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

func (m *Memory) get(key string) ([]byte, bool) {
	e, ok := m.entries[key]
	if !ok || m.now.expired(e.expiry) {
		return nil, false
	}
	return e.value, true
}

func (m *Memory) put(key string, value []byte, ttl time.Duration) {
	m.removeExpired()
	m.entries[key] = entry{value: clone(value), expiry: m.now.expiry(ttl)}
}

// Append implements Store.
func (m *Memory) Append(_ context.Context, name, id string, value []byte, keep Keep) (bool, error) {
	if err := checkNames(name, id); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.removeExpired()
	s := m.streams[name]
	if s == nil {
		s = &stream{ids: map[string]time.Time{}}
		m.streams[name] = s
	}
	if expiry, known := s.ids[id]; known && !m.now.expired(expiry) {
		return false, nil
	}
	s.last++
	s.ids[id] = m.now.expiry(keep.ID)
	s.records = append(s.records, timed{Record{s.last, m.now(), clone(value)}, m.now.expiry(keep.Age)})
	if surplus := int64(len(s.records)) - keep.Count; keep.Count > 0 && surplus > 0 {
		s.records = slices.Delete(s.records, 0, int(surplus))
	}
	return true, nil
}

// Read implements Store.
func (m *Memory) Read(_ context.Context, name string, after int64, limit int) ([]Record, int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.streams[name]
	if s == nil {
		return nil, 0, nil
	}
	var found []Record
	first, _ := slices.BinarySearchFunc(s.records, after+1, func(r timed, n int64) int { return cmp.Compare(r.Number, n) })
	for _, r := range s.records[first:] {
		if len(found) >= limit {
			break
		}
		if !m.now.expired(r.expiry) {
			found = append(found, r.Record)
		}
	}
	return found, s.last, nil
}

// Push implements Store.
func (m *Memory) Push(_ context.Context, queue, id string, value []byte, delay time.Duration) (bool, error) {
	if err := checkNames(queue, id); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.queues[queue] == nil {
		m.queues[queue] = map[string]*task{}
	}
	if m.queues[queue][id] != nil {
		return false, nil
	}
	m.queues[queue][id] = &task{Task{ID: id, Value: clone(value)}, m.now().Add(delay)}
	return true, nil
}

// Lease implements Store.
func (m *Memory) Lease(_ context.Context, queue string, limit int, ttl time.Duration) ([]Task, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var due []*task
	for _, t := range m.queues[queue] {
		if m.now.expired(t.due) {
			due = append(due, t)
		}
	}
	slices.SortFunc(due, func(a, b *task) int { return a.due.Compare(b.due) })
	var leased []Task
	for _, t := range due[:max(0, min(len(due), limit))] {
		t.lease, t.due = rand.Text(), m.now().Add(ttl)
		t.Leases++
		leased = append(leased, t.Task)
	}
	return leased, nil
}

// Finish implements Store.
func (m *Memory) Finish(_ context.Context, queue string, t Task) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.leased(queue, t) == nil {
		return false, nil
	}
	delete(m.queues[queue], t.ID)
	return true, nil
}

// Retry implements Store.
func (m *Memory) Retry(_ context.Context, queue string, t Task, value []byte, delay time.Duration) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	kept := m.leased(queue, t)
	if kept == nil {
		return false, nil
	}
	kept.Value, kept.due, kept.lease = clone(value), m.now().Add(delay), ""
	return true, nil
}

// leased returns the task of a lease, nil where the lease is another's.
func (m *Memory) leased(queue string, t Task) *task {
	kept := m.queues[queue][t.ID]
	if kept == nil || t.lease == "" || kept.lease != t.lease {
		return nil
	}
	return kept
}

// Notify implements Store.
func (m *Memory) Notify(_ context.Context, topic string) error {
	m.wake(topic)
	return nil
}

// clone returns a copy that is not nil.
func clone(value []byte) []byte { return append([]byte{}, value...) }

// removeExpired removes all that has expired, at most once per sweepInterval.
func (m *Memory) removeExpired() {
	now := m.now()
	if now.Before(m.sweep) {
		return
	}
	m.sweep = now.Add(sweepInterval)
	maps.DeleteFunc(m.entries, func(_ string, e entry) bool { return m.now.expired(e.expiry) })
	for _, s := range m.streams {
		maps.DeleteFunc(s.ids, func(_ string, expiry time.Time) bool { return m.now.expired(expiry) })
		s.records = slices.DeleteFunc(s.records, func(r timed) bool { return m.now.expired(r.expiry) })
	}
}
