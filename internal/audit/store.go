package audit

import (
	"context"
	"encoding/binary"
	"fmt"

	"papi-mcp/internal/store"
)

// inStore is a log in a store: each line under its number. What many processes
// add at once is put in order by Store.Add, of which only one succeeds.
type inStore struct{ store store.Store }

// InStore returns the log in a store, for as long as the store lasts.
func InStore(s store.Store) *Log { return &Log{&inStore{s}} }

const countKey = "audit/count" // of the lines, or fewer when somebody is just adding one

func lineKey(seq int64) string { return fmt.Sprintf("audit/line/%020d", seq) }

func (s *inStore) ready() error {
	_, _, err := s.store.Get(context.Background(), countKey)
	return err
}

func (s *inStore) append(ctx context.Context, next func(tail) ([]byte, error)) error {
	for {
		end, err := s.end(ctx)
		if err != nil {
			return err
		}
		line, err := next(end)
		if err != nil {
			return err
		}
		first, err := s.store.Add(ctx, lineKey(end.seq+1), line, 0)
		if err != nil {
			return err
		}
		if first {
			return s.store.Put(ctx, countKey, binary.BigEndian.AppendUint64(nil, uint64(end.seq+1)), 0)
		}
	}
}

// end finds the last line: from the count on, as long as there are more.
func (s *inStore) end(ctx context.Context) (tail, error) {
	end := tail{hash: begin}
	count, ok, err := s.store.Get(ctx, countKey)
	if err != nil {
		return end, err
	}
	if ok && len(count) == 8 {
		end.seq = int64(binary.BigEndian.Uint64(count)) - 1 // read the last one again
	}
	for {
		raw, ok, err := s.store.Get(ctx, lineKey(end.seq+1))
		if err != nil || !ok {
			return end, err
		}
		if end, _, err = open(raw); err != nil {
			return end, err
		}
	}
}

func (s *inStore) lines(ctx context.Context, do func([]byte) error) error {
	count := int64(0)
	raw, ok, err := s.store.Get(ctx, countKey)
	if err != nil {
		return err
	}
	if ok && len(raw) == 8 {
		count = int64(binary.BigEndian.Uint64(raw))
	}
	for seq := int64(1); ; seq++ {
		line, ok, err := s.store.Get(ctx, lineKey(seq))
		switch {
		case err != nil:
			return err
		case !ok && seq > count:
			return nil
		}
		// A line that is missing within the count is an empty one: broken.
		if err := do(line); err != nil {
			return err
		}
	}
}
