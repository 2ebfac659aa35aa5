package audit

import (
	"context"
	"encoding/binary"
	"fmt"

	"papi-mcp/internal/store"
)

// inStore is a log in a store, with each line under its number. Store.Add orders
// what processes add concurrently, since only one of them succeeds.
type inStore struct{ store store.Store }

// InStore returns the log in a store, for as long as the store lasts.
func InStore(s store.Store) *Log { return &Log{&inStore{s}} }

const countKey = "audit/count" // of the lines, or fewer while one is being added

func lineKey(seq int64) string { return fmt.Sprintf("audit/line/%020d", seq) }

func (s *inStore) ready(ctx context.Context) error {
	_, err := s.end(ctx)
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

// end finds the last line: it follows the lines from the count on.
func (s *inStore) end(ctx context.Context) (tail, error) {
	end := tail{hash: zeroHash}
	count, err := s.count(ctx)
	if err != nil {
		return end, err
	}
	end.seq = max(0, count-1) // read the last one again
	for {
		raw, ok, err := s.store.Get(ctx, lineKey(end.seq+1))
		switch {
		case err != nil:
			return end, err
		case !ok && end.seq < count:
			return end, fmt.Errorf("line %d, the last one, is missing: %s", count, otherLog)
		case !ok:
			return end, nil
		}
		_, at, err := parseLine(raw)
		if err != nil {
			return end, fmt.Errorf("line %d: %w; %s", end.seq+1, err, otherLog)
		}
		end = at
	}
}

// otherLog is what to do about a log to which no line can be added.
const otherLog = "keep the store's file, and give --audit a file, or --store another one (docs/audit.md)"

// count returns the number of lines, or fewer.
func (s *inStore) count(ctx context.Context) (int64, error) {
	raw, ok, err := s.store.Get(ctx, countKey)
	if err != nil || !ok {
		return 0, err
	}
	if len(raw) != 8 {
		return 0, fmt.Errorf("the number of lines was altered: %s", otherLog)
	}
	return int64(binary.BigEndian.Uint64(raw)), nil
}

func (s *inStore) lines(ctx context.Context, do func(line []byte, complete bool) error) error {
	count, err := s.count(ctx)
	if err != nil {
		return err
	}
	for seq := int64(1); ; seq++ {
		line, ok, err := s.store.Get(ctx, lineKey(seq))
		switch {
		case err != nil:
			return err
		case !ok && seq > count:
			return nil
		}
		// A missing line within the count is read as an empty one, which is broken.
		if err := do(line, true); err != nil {
			return err
		}
	}
}
