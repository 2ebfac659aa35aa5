package store

import (
	"context"
	"sync"
	"time"
)

// Memory is a store in the memory of the process.
type Memory struct {
	now     clock
	mu      sync.Mutex
	entries map[string]entry
	sweep   time.Time // when expired entries are removed next
}

type entry struct {
	value  []byte
	expiry time.Time
}

// sweepInterval is how often expired entries are removed.
const sweepInterval = time.Minute

// NewMemory returns an empty store.
func NewMemory() *Memory { return NewMemoryAt(time.Now) }

// NewMemoryAt returns an empty store whose entries expire by a clock.
func NewMemoryAt(now func() time.Time) *Memory {
	return &Memory{now: now, entries: map[string]entry{}}
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

// Delete implements Store.
func (m *Memory) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, key)
	return nil
}

func (m *Memory) get(key string) ([]byte, bool) {
	e, ok := m.entries[key]
	if !ok || m.now.expired(e.expiry) {
		return nil, false
	}
	return e.value, true
}

func (m *Memory) put(key string, value []byte, ttl time.Duration) {
	if now := m.now(); now.After(m.sweep) {
		for k, e := range m.entries {
			if m.now.expired(e.expiry) {
				delete(m.entries, k)
			}
		}
		m.sweep = now.Add(sweepInterval)
	}
	m.entries[key] = entry{value: value, expiry: m.now.expiry(ttl)}
}
