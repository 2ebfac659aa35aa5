package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"papi-mcp/internal/filelock"
)

// Check reads a file without changing it, and says what is wrong with it.
func TestCheck(t *testing.T) {
	dir := damagedFolder(t)
	intact := filepath.Join(dir, "intact.db")
	f := NewFile(intact)
	for _, key := range []string{"a", "b"} {
		if err := f.Put(t.Context(), key, []byte(strings.Repeat(key, 9000)), 0); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(intact)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tt := range []struct{ path, want string }{
		{intact, ""},
		{file("empty.db", nil), ""},
		{file("text.db", []byte("not a store")), "damaged"},
		{file("truncated.db", content[:len(content)/2]), "damaged"},
		{file("zeros.db", append(content[:2*os.Getpagesize():2*os.Getpagesize()], make([]byte, len(content))...)), "damaged"},
		{dir, "not a regular file"},
		{filepath.Join(dir, "none.db"), fs.ErrNotExist.Error()},
	} {
		before, _ := os.Stat(tt.path)
		err := Check(t.Context(), tt.path, time.Second)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", filepath.Base(tt.path), err)
		}
		if after, _ := os.Stat(tt.path); before != nil && (after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime())) {
			t.Errorf("%s was changed", filepath.Base(tt.path))
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "none.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a file was created")
	}
	held, err := bbolt.Open(intact, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := Check(context.Background(), intact, time.Millisecond); !errors.Is(err, filelock.ErrHeld) {
		t.Errorf("a file that is locked: %v", err)
	}
}
