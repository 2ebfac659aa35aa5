package store

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/store/pgtest"
)

// open opens what a name in TestCrash means: a URL, or the path of a file, which "held:"
// before it holds.
func open(name string) (Store, func() error, error) {
	if IsPostgres(name) {
		p, err := NewPostgres(name)
		if err != nil {
			return nil, nil, err
		}
		return p, p.Close, nil
	}
	path, held := strings.CutPrefix(name, "held:")
	f := NewFile(path)
	if held {
		return f, f.Close, f.Hold(context.Background())
	}
	return f, f.Close, nil
}

// write adds a number in each way there is, and prints it once all of them are
// acknowledged, then the next one.
func write(name string) {
	s, _, err := open(name)
	var first int64
	if err == nil {
		_, first, err = s.Read(context.Background(), "s", 0, 0)
	}
	ctx := context.Background()
	for n := max(first, 1); err == nil; n++ { // the last one may not be complete
		key, value := fmt.Sprint(n), fmt.Append(nil, n)
		if _, err = s.Append(ctx, "s", key, value, Keep{}); err != nil {
			break
		}
		if _, err = s.Add(ctx, key, value, time.Hour); err != nil {
			break
		}
		var now []byte
		if now, _, err = s.Get(ctx, "last"); err != nil {
			break
		}
		if swapped, swapErr := s.Swap(ctx, "last", now, value, 0); !swapped || swapErr != nil {
			err = fmt.Errorf("swapped: %v, %w", swapped, swapErr)
			break
		}
		if _, err = s.Push(ctx, "q", key, value, 0); err != nil {
			break
		}
		fmt.Println(n)
	}
	fmt.Println("error:", err)
	os.Exit(1)
}

// What a store has acknowledged is there after its process was killed at any moment, and
// the next process continues.
func TestCrash(t *testing.T) {
	for name, create := range map[string]func(t *testing.T) string{
		"file":              func(t *testing.T) string { return filepath.Join(t.TempDir(), "state.db") },
		"file that is held": func(t *testing.T) string { return "held:" + filepath.Join(t.TempDir(), "state.db") },
		"PostgreSQL":        func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			medium, acknowledged := create(t), int64(0)
			for range 5 {
				acknowledged = max(acknowledged, untilKilled(t, medium))
				contains(t, medium, acknowledged)
			}
			if acknowledged == 0 {
				t.Error("nothing was written")
			}
		})
	}
}

// untilKilled starts a writer, kills it after a few numbers, and returns the last one that
// it printed.
func untilKilled(t *testing.T, medium string) (last int64) {
	t.Helper()
	writer := process(t, "write", medium)
	out, err := writer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	lines, left := bufio.NewScanner(out), 1+rand.N(20)
	for lines.Scan() {
		if _, err := fmt.Sscan(lines.Text(), &last); err != nil {
			t.Fatal(lines.Text())
		}
		if left--; left == 0 { // it continues to write meanwhile
			if err := writer.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = writer.Wait() // it was killed
	return last
}

// contains checks that a medium has the numbers up to last, each once.
func contains(t *testing.T, medium string, last int64) {
	t.Helper()
	s, end, err := open(medium)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	}()
	records, count, err := s.Read(t.Context(), "s", 0, 1<<20)
	if err != nil || count < last || int64(len(records)) != count {
		t.Fatalf("%d records, last %d of %d: %v", len(records), count, last, err)
	}
	for i, r := range records {
		if r.Number != int64(i)+1 || string(r.Value) != fmt.Sprint(i+1) {
			t.Fatalf("record %d: %d %s", i+1, r.Number, r.Value)
		}
	}
	for n := range last {
		key := fmt.Sprint(n + 1)
		if value, ok, err := s.Get(t.Context(), key); !ok || err != nil || string(value) != key {
			t.Errorf("entry %s: %q, %v, %v", key, value, ok, err)
		}
		if added, err := s.Push(t.Context(), "q", key, nil, 0); added || err != nil {
			t.Errorf("task %s: %v, %v", key, added, err)
		}
	}
	var swapped int64
	value, _, err := s.Get(t.Context(), "last")
	if _, scan := fmt.Sscan(string(value), &swapped); err != nil || scan != nil || swapped < last {
		t.Errorf("the last of %d is %q: %v", last, value, err)
	}
}
