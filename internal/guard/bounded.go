package guard

import (
	"context"
	"time"

	"papi-mcp/internal/store"
)

// storeTimeout bounds an operation of the store. The caller's context may end it
// earlier; what must be recorded though the caller is gone has no other limit.
const storeTimeout = 10 * time.Second

// bounded is a store whose operations take no longer than storeTimeout.
type bounded struct{ store.Store }

func (b bounded) Get(ctx context.Context, key string) ([]byte, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return b.Store.Get(ctx, key)
}

func (b bounded) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return b.Store.Put(ctx, key, value, ttl)
}

func (b bounded) Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return b.Store.Add(ctx, key, value, ttl)
}

func (b bounded) Delete(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return b.Store.Delete(ctx, key)
}
