package audit

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"papi-mcp/internal/store"
)

// inStore is a log in a store, with each line under its number. Store.Add orders
// what processes add concurrently, since only one of them succeeds.
type inStore struct {
	store store.Entries
	// prefix begins the keys of the chain.
	prefix, replica string
}

// A chain without a name has keys of its own, and one of a replica those below its name.
// Before its first line the replica is noted, so that its chain is found.
const (
	unnamedPrefix = "audit/"
	chainPrefix   = "audit/chain/"
	replicaPrefix = "audit/replica/"
)

// InStore returns the log in a store, for as long as the store lasts.
func InStore(s store.Entries) *Log { return &Log{medium: &inStore{store: s, prefix: unnamedPrefix}} }

// of returns the chain of a replica.
func (s *inStore) of(replica string) medium {
	return &inStore{s.store, chainPrefix + replica + "/", replica}
}

// Replicas returns the names of the replicas that have a chain in a store; the first is ""
// where there is one without a name.
func Replicas(ctx context.Context, s store.Entries) ([]string, error) {
	var names []string
	unnamed := &inStore{store: s, prefix: unnamedPrefix}
	for _, key := range []string{unnamed.countKey(), unnamed.lineKey(1)} { // one of them may be lost
		if _, ok, err := s.Get(ctx, key); err != nil {
			return nil, err
		} else if ok {
			names = append(names, "")
			break
		}
	}
	keys, err := s.Keys(ctx, replicaPrefix)
	for _, key := range keys {
		names = append(names, strings.TrimPrefix(key, replicaPrefix))
	}
	return names, err
}

// countKey is where the number of the lines is, or less while one is being added.
func (s *inStore) countKey() string { return s.prefix + "count" }

func (s *inStore) lineKey(seq int64) string { return fmt.Sprintf("%sline/%020d", s.prefix, seq) }

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
		if end.seq == 0 && s.replica != "" {
			if err := s.store.Put(ctx, replicaPrefix+s.replica, nil, 0); err != nil {
				return err
			}
		}
		first, err := s.store.Add(ctx, s.lineKey(end.seq+1), line, 0)
		if err != nil {
			return err
		}
		if first {
			return s.store.Put(ctx, s.countKey(), binary.BigEndian.AppendUint64(nil, uint64(end.seq+1)), 0)
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
		raw, ok, err := s.store.Get(ctx, s.lineKey(end.seq+1))
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
const otherLog = "keep the store, and give --audit a file, --replica another name, or --store another one (docs/audit.md)"

// count returns the number of lines, or fewer.
func (s *inStore) count(ctx context.Context) (int64, error) {
	raw, ok, err := s.store.Get(ctx, s.countKey())
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
		line, ok, err := s.store.Get(ctx, s.lineKey(seq))
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
