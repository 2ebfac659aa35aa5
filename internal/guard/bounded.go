package guard

import (
	"context"
	"time"

	"papi-mcp/internal/store"
)

// storeTimeout bounds an operation of the store. The caller's context may end it
// earlier; what must be recorded though the caller is gone has no other limit.
const storeTimeout = 10 * time.Second

// bounded has the entries of a store; its operations take no longer than storeTimeout.
type bounded struct{ store store.Entries }

func (b bounded) Get(ctx context.Context, key string) ([]byte, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return b.store.Get(ctx, key)
}

func (b bounded) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return b.store.Put(ctx, key, value, ttl)
}

func (b bounded) Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return b.store.Add(ctx, key, value, ttl)
}

func (b bounded) Swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return b.store.Swap(ctx, key, old, value, ttl)
}

func (b bounded) Delete(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return b.store.Delete(ctx, key)
}

func (b bounded) Keys(ctx context.Context, prefix string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return b.store.Keys(ctx, prefix)
}
