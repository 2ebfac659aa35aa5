package audit

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"papi-mcp/internal/store"
	"papi-mcp/internal/store/pgtest"
)

// Each replica has a chain of its own in the store that they share, with its name in the
// lines, also where all of them begin at the same time. Altering one breaks that one.
func TestReplicas(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) store.Store{
		"memory": func(*testing.T) store.Store { return store.NewMemory() },
		"file":   func(t *testing.T) store.Store { return store.NewFile(filepath.Join(t.TempDir(), "state.db")) },
		"PostgreSQL": func(t *testing.T) store.Store {
			p, err := store.NewPostgres(pgtest.URL(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = p.Close() })
			return p
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, ctx := open(t), t.Context()
			if names, err := Replicas(ctx, s); err != nil || len(names) != 0 {
				t.Errorf("in an empty store: %q, %v", names, err)
			}
			logs := map[string]*Log{"": InStore(s), "a": InStore(s).Of("a"), "a/line": InStore(s).Of("a/line"), "b": InStore(s).Of("b")}
			var all sync.WaitGroup
			for _, log := range logs {
				for n := range 5 {
					all.Go(func() {
						if err := log.Add(ctx, entry(n)); err != nil {
							t.Error(err)
						}
					})
				}
			}
			all.Wait()
			names, err := Replicas(ctx, s)
			if err != nil || !slices.Equal(names, []string{"", "a", "a/line", "b"}) {
				t.Errorf("%q, %v", names, err)
			}
			for name, log := range logs {
				if report, err := log.Verify(ctx); err != nil || report.Lines != 5 {
					t.Errorf("%q: %+v, %v", name, report, err)
				}
				err := log.medium.lines(ctx, func(line []byte, _ bool) error {
					if has := bytes.Contains(line, fmt.Appendf(nil, `"replica":"%s"`, name)); has != (name != "") {
						return fmt.Errorf("a line of %q: %s", name, line)
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
			if err := s.Put(ctx, "audit/chain/a/line/00000000000000000002", []byte("hello"), 0); err != nil {
				t.Fatal(err)
			}
			for name, log := range logs {
				if _, err := log.Verify(ctx); (err != nil) != (name == "a") {
					t.Errorf("%q: %v", name, err)
				}
			}
		})
	}
}

// Replicas that share a file have one chain, whose lines have their names.
func TestReplicasOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	for n, name := range []string{"a", "b"} {
		if err := File(path).Of(name).Add(context.Background(), entry(n)); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(path)
	if report, verifyErr := File(path).Verify(t.Context()); err != nil || verifyErr != nil || report.Lines != 2 ||
		!bytes.Contains(raw, []byte(`"replica":"a"`)) || !bytes.Contains(raw, []byte(`"replica":"b"`)) {
		t.Errorf("%+v, %v, %v: %s", report, err, verifyErr, raw)
	}
}
