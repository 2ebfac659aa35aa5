package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"papi-mcp/internal/private"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// A file that is held by another process, or can't be opened, is an error in bounded time;
// the end of the context ends a wait immediately.
func TestAFileThatIsHeld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	if err := NewFile(path).Put(t.Context(), "k", []byte("v"), 0); err != nil {
		t.Fatal(err)
	}
	held, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	impatient := NewFile(path)
	impatient.lock.Timeout = time.Millisecond
	left, leave := context.WithCancel(t.Context())
	leave()
	for name, do := range operations {
		if err := do(t.Context(), impatient); err == nil || !strings.Contains(err.Error(), "held by another process") {
			t.Errorf("%s of a file that is held: %v", name, err)
		}
		if err := do(left, NewFile(path)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s after the caller's cancellation: %v", name, err)
		}
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := impatient.Get(t.Context(), "k"); err != nil || !ok {
		t.Errorf("after it was released: %v, %v", ok, err)
	}
}

var operations = map[string]func(context.Context, Store) error{
	"Get":    func(ctx context.Context, s Store) error { _, _, err := s.Get(ctx, "k"); return err },
	"Put":    func(ctx context.Context, s Store) error { return s.Put(ctx, "k", nil, 0) },
	"Add":    func(ctx context.Context, s Store) error { _, err := s.Add(ctx, "k", nil, 0); return err },
	"Swap":   func(ctx context.Context, s Store) error { _, err := s.Swap(ctx, "k", nil, []byte{}, 0); return err },
	"Delete": func(ctx context.Context, s Store) error { return s.Delete(ctx, "k") },
	"Keys":   func(ctx context.Context, s Store) error { _, err := s.Keys(ctx, "k"); return err },
	"Append": func(ctx context.Context, s Store) error { _, err := s.Append(ctx, "s", "id", nil, Keep{}); return err },
	"Read":   func(ctx context.Context, s Store) error { _, _, err := s.Read(ctx, "s", 0, 1); return err },
	"Push":   func(ctx context.Context, s Store) error { _, err := s.Push(ctx, "q", "id", nil, 0); return err },
	"Lease":  func(ctx context.Context, s Store) error { _, err := s.Lease(ctx, "q", 1, time.Minute); return err },
	"Finish": func(ctx context.Context, s Store) error { _, err := s.Finish(ctx, "q", Task{ID: "id"}); return err },
	"Retry": func(ctx context.Context, s Store) error {
		_, err := s.Retry(ctx, "q", Task{ID: "id"}, nil, 0)
		return err
	},
}

// A file that is damaged is an error that says what to do, never a panic, and
// nothing stays locked.
func TestADamagedFile(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole.db")
	s := NewFile(whole)
	for i := range 200 { // so that the file has pages to lose
		if err := s.Put(t.Context(), fmt.Sprint("key ", i), make([]byte, 500), 0); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	zeros := slices.Clone(raw)
	clear(zeros[2*os.Getpagesize():])
	for name, content := range map[string][]byte{
		"text": []byte("this is not a database"), "cut after its head": raw[:2*os.Getpagesize()], "cut in its head": raw[:100],
		"cut in the middle": raw[:len(raw)/2], "zeros behind its head": zeros,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(damagedFolder(t), "state.db")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			failed := 0
			for name, do := range operations {
				if err := do(t.Context(), NewFile(path)); err == nil {
					continue // it needed none of what is lost
				} else if !strings.Contains(err.Error(), "move it away") {
					t.Errorf("%s: %v", name, err)
				}
				failed++
			}
			if failed == 0 {
				t.Error("nothing failed")
			}
			if err := os.Rename(path, path+".1"); err != nil {
				t.Fatal(err)
			}
			if err := NewFile(path).Put(t.Context(), "k", nil, 0); err != nil {
				t.Errorf("after it was moved away: %v", err)
			}
		})
	}
	if _, _, err := NewFile(dir).Get(t.Context(), "k"); err == nil || strings.Contains(err.Error(), "damaged") {
		t.Errorf("a folder: %v", err)
	}
	// Reading leaves nothing behind.
	path := filepath.Join(dir, "made", "state.db")
	if _, ok, err := NewFile(path).Get(t.Context(), "k"); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a read made the folder: %v", err)
	}
}

// sharedRounds is how many keys each of the processes tries to add.
const sharedRounds = 40

// TestMain lets the test program be another process that uses a store.
func TestMain(m *testing.M) {
	switch name := os.Getenv("PAPI_TEST_STORE"); os.Getenv("PAPI_TEST_STORE_USE") {
	case "share":
		share(NewFile(name))
	case "write":
		write(name)
	default:
		os.Exit(m.Run())
	}
}

// process returns the test program as a process that uses a store.
func process(t *testing.T, use, name string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "PAPI_TEST_STORE="+name, "PAPI_TEST_STORE_USE="+use)
	return cmd
}

// share adds keys as fast as it can, and prints for how many of them Add returned true.
func share(s Store) {
	added := 0
	for round := range sharedRounds {
		key := fmt.Sprint("round ", round)
		first, err := s.Add(context.Background(), key, []byte("x"), time.Hour)
		if _, ok, got := s.Get(context.Background(), key); err != nil || got != nil || !ok {
			fmt.Println("round", round, err, got, ok)
			os.Exit(1)
		}
		if first {
			added++
		}
	}
	fmt.Println(added)
}

// Several processes share the file: each key is added once, and no process starves.
func TestManyProcessesShareAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	const processes = 6
	var all sync.WaitGroup
	var added atomic.Int32
	for range processes {
		all.Go(func() {
			out, err := process(t, "share", path).Output()
			var n int32
			if _, scan := fmt.Sscan(string(out), &n); err != nil || scan != nil {
				t.Errorf("%v: %s", err, out)
			}
			added.Add(n)
		})
	}
	all.Wait()
	if added.Load() != sharedRounds {
		t.Errorf("%d of %d keys were added", added.Load(), sharedRounds)
	}
}

// damagedFolder is a temporary folder for damaged files. bbolt may leave one mapped, and
// Windows then removes it only after the process has ended.
func damagedFolder(t *testing.T) string {
	dir, err := os.MkdirTemp("", "papi-mcp-damaged-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func TestFileIsReadableByItsOwnerOnly(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "folder", "state.db")
	if err := NewFile(path).Put(ctx, "k", []byte("v"), time.Hour); err != nil {
		t.Fatal(err)
	}
	got, ok, err := NewFile(path).Get(ctx, "k")
	if err != nil || !ok || string(got) != "v" {
		t.Errorf("got %q, %v, %v", got, ok, err)
	}
	if err := private.Inspect(path, 0o077); err != nil {
		t.Error(err)
	}
}
