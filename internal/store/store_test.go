package store

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Each store keeps to the same contract.
func TestConformance(t *testing.T) {
	stores := map[string]func(t *testing.T, now clock) Store{
		"memory": func(_ *testing.T, now clock) Store { return newMemory(now) },
		"file": func(t *testing.T, now clock) Store {
			f := NewFile(filepath.Join(t.TempDir(), "made", "state.db"))
			f.now = now
			return f
		},
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) { conformance(t, open) })
	}
}

func conformance(t *testing.T, open func(*testing.T, clock) Store) {
	ctx := context.Background()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := start
	s := open(t, func() time.Time { return at })
	defer s.Close()

	want := func(key, value string, there bool) {
		t.Helper()
		got, ok, err := s.Get(ctx, key)
		if err != nil || ok != there || string(got) != value {
			t.Errorf("Get(%s) = %q, %v, %v; want %q, %v", key, got, ok, err, value, there)
		}
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	want("missing", "", false)
	do(s.Put(ctx, "a", []byte("1"), 0))
	want("a", "1", true)
	do(s.Put(ctx, "a", []byte("2"), time.Minute))
	want("a", "2", true)
	at = start.Add(time.Minute)
	want("a", "", false)

	added, err := s.Add(ctx, "b", []byte("1"), time.Minute)
	do(err)
	if !added {
		t.Error("the first Add was told false")
	}
	added, err = s.Add(ctx, "b", []byte("2"), time.Minute)
	do(err)
	if added {
		t.Error("the second Add was told true")
	}
	want("b", "1", true)
	at = at.Add(time.Hour)
	if added, err = s.Add(ctx, "b", []byte("3"), 0); err != nil || !added {
		t.Errorf("an ended entry stands in the way: %v, %v", added, err)
	}
	do(s.Delete(ctx, "b"))
	do(s.Delete(ctx, "b"))
	want("b", "", false)

	var winners atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if won, err := s.Add(ctx, "race", []byte("x"), time.Minute); err != nil {
				t.Error(err)
			} else if won {
				winners.Add(1)
			}
		})
	}
	all.Wait()
	if winners.Load() != 1 {
		t.Errorf("%d of 20 won", winners.Load())
	}
}

func TestFileOutlivesItsProcessForItsOwnerAlone(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "folder", "state.db")
	if err := NewFile(path).Put(ctx, "k", []byte("v"), time.Hour); err != nil {
		t.Fatal(err)
	}
	got, ok, err := NewFile(path).Get(ctx, "k")
	if err != nil || !ok || string(got) != "v" {
		t.Errorf("got %q, %v, %v", got, ok, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}
