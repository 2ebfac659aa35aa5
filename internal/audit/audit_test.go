package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"papi-mcp/internal/store"
)

func entry(n int) Entry {
	return Entry{
		Time: time.Date(2026, 1, 1, 0, 0, n, 0, time.UTC), Principal: "me", Project: "p", Tool: "webhook_delete",
		Arguments: map[string]any{"webhookId": fmt.Sprint(n), "text": `quotes " and } , "hash":"x"`}, Verdict: "allow", Status: 200,
	}
}

// media are the logs that must all behave the same.
func media(t *testing.T) map[string]func() *Log {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	db := store.NewFile(filepath.Join(t.TempDir(), "state.db"))
	memory := store.NewMemory()
	return map[string]func() *Log{
		"file":   func() *Log { return File(path) },
		"memory": func() *Log { return InStore(memory) },
		"store":  func() *Log { return InStore(db) },
	}
}

func TestChain(t *testing.T) {
	ctx := context.Background()
	for name, open := range media(t) {
		t.Run(name, func(t *testing.T) {
			noted := zeroHash  // that of an empty log
			for n := range 3 { // each by a process of its own
				l := open()
				if err := errors.Join(l.Ready(ctx), l.Add(ctx, entry(n))); err != nil {
					t.Fatal(err)
				}
				report, err := l.Verify(ctx, noted)
				if err != nil || len(report.Missing) > 0 || report.Lines != int64(n+1) || report.Last == noted {
					t.Fatalf("%+v, %v", report, err)
				}
				noted = report.Last
			}
			never := strings.Repeat("a", 64)
			if report, err := open().Verify(ctx, noted, never); err != nil || !slices.Equal(report.Missing, []string{never}) {
				t.Errorf("a hash that was never there: %+v, %v", report, err)
			}
		})
	}
}

func TestConcurrentWriters(t *testing.T) {
	ctx := context.Background()
	const writers, each = 8, 20
	for name, open := range media(t) {
		t.Run(name, func(t *testing.T) {
			var all sync.WaitGroup
			for w := range writers {
				l := open()
				all.Go(func() {
					for n := range each {
						if err := l.Add(ctx, entry(w*100+n)); err != nil {
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
			if report, err := open().Verify(ctx); err != nil || report.Lines != writers*each {
				t.Errorf("%+v, %v", report, err)
			}
		})
	}
}

// A log with two names is one log with one lock.
func TestALogWithTwoNames(t *testing.T) {
	f := written(t, "")
	link := filepath.Join(t.TempDir(), "link.jsonl")
	if err := os.Symlink(f.path, link); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for w := range 8 {
		l := File([]string{f.path, link}[w%2])
		all.Go(func() {
			for n := range 20 {
				if err := l.Add(t.Context(), entry(w*100+n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if report, err := File(link).Verify(t.Context()); err != nil || report.Lines != 160 {
		t.Errorf("%+v, %v", report, err)
	}
	if _, err := os.Stat(link + ".lock"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the link has a lock of its own: %v", err)
	}
}

// Verify finds no incomplete line in a log that is being written.
func TestVerifyWhileOthersWrite(t *testing.T) {
	for name, open := range media(t) {
		t.Run(name, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			var all sync.WaitGroup
			for w := range 3 {
				l := open()
				all.Go(func() {
					e := entry(w)
					e.Arguments["text"] = strings.Repeat("long ", 2_000)
					for n := 0; n < 30 && ctx.Err() == nil; n++ {
						if err := l.Add(t.Context(), e); err != nil {
							t.Error(err)
						}
					}
				})
			}
			for range 10 {
				if _, err := open().Verify(t.Context()); err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Error(err)
				}
			}
			stop()
			all.Wait()
		})
	}
}

// Verify detects every change to a line, and names the line.
func TestTampering(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := File(path)
	for n := range 4 {
		if err := l.Add(ctx, entry(n)); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	report, err := l.Verify(ctx)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))[:4]
	join := func(lines ...[]byte) []byte { return bytes.Join(lines, nil) }
	resealed := func() []byte { // altered, with a new hash
		old, _, err := parseLine(bytes.TrimSpace(lines[1]))
		if err != nil {
			t.Fatal(err)
		}
		e := entry(1)
		e.Principal = "another caller"
		line, err := seal(line{Seq: old.Seq, Entry: e, Prev: old.Prev})
		if err != nil {
			t.Fatal(err)
		}
		return append(line, '\n')
	}()
	for name, test := range map[string]struct {
		file []byte
		line int64
	}{
		"a word is altered":               {bytes.Replace(whole, []byte(`"webhookId":"2"`), []byte(`"webhookId":"9"`), 1), 3},
		"a line is altered with its hash": {join(lines[0], resealed, lines[2], lines[3]), 3},
		"a line is taken out":             {join(lines[0], lines[2], lines[3]), 2},
		"the first line is taken out":     {join(lines[1:]...), 1},
		"two lines change places":         {join(lines[0], lines[2], lines[1], lines[3]), 2},
		"a line is put in twice":          {join(lines[0], lines[1], lines[1], lines[2]), 3},
		"a line of something else":        {join(lines[0], []byte("hello\n"), lines[1]), 2},
		"an empty line":                   {join(lines[0], []byte("\n"), lines[1]), 2},
		"the last line is truncated":      {whole[:len(whole)-10], 4},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, test.file, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := l.Verify(ctx)
			broken, ok := errors.AsType[*BrokenError](err)
			if !ok || broken.Line != test.line {
				t.Errorf("got %v, want line %d", err, test.line)
			}
		})
	}
	for name, file := range map[string][]byte{"the last line is gone": join(lines[:3]...), "all is gone": nil} {
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		if report, err := l.Verify(ctx, report.Last); err != nil || len(report.Missing) != 1 {
			t.Errorf("%s, its hash noted: %+v, %v", name, report, err)
		}
	}
}

// No line is added to a log whose end is broken: it could not be verified.
func TestNothingIsAddedToABrokenEnd(t *testing.T) {
	ctx := context.Background()
	for name, text := range map[string]string{"no line end": `{"seq":1`, "no hash": "{}\n", "a long line": strings.Repeat("x", 100_000) + "\n"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "audit.jsonl")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := File(path).Add(ctx, entry(1)); err == nil || !strings.Contains(err.Error(), "start a new one") {
				t.Errorf("got %v", err)
			}
			if after, _ := os.ReadFile(path); string(after) != text {
				t.Error("the file was written to")
			}
		})
	}

	// A line that is complete except for its end, as a crash may leave it: the next
	// would go into it.
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	if err := File(path).Add(ctx, entry(1)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:len(whole)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := File(path).Add(ctx, entry(2)); err == nil || !strings.Contains(err.Error(), "is incomplete") {
		t.Errorf("a line without its end: got %v", err)
	}
	if File(filepath.Join(t.TempDir(), "no", "such", "folder")).Ready(ctx) == nil {
		t.Error("a file that can't be made is ready")
	}
}

func TestALongLineIsFoundAgain(t *testing.T) {
	ctx := context.Background()
	l := File(filepath.Join(t.TempDir(), "audit.jsonl"))
	for range 3 {
		e := entry(1)
		e.Arguments["text"] = strings.Repeat("long ", 50_000)
		if err := l.Add(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	if report, err := l.Verify(ctx); err != nil || report.Lines != 3 {
		t.Errorf("%+v, %v", report, err)
	}
}

// Verify detects a line that is missing in a store before later ones.
func TestALineMissingInAStore(t *testing.T) {
	ctx := context.Background()
	s := store.NewMemory()
	l := InStore(s)
	for n := range 3 {
		if err := l.Add(ctx, entry(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Delete(ctx, "audit/line/00000000000000000002"); err != nil {
		t.Fatal(err)
	}
	_, err := l.Verify(ctx)
	if broken, ok := errors.AsType[*BrokenError](err); !ok || broken.Line != 2 {
		t.Errorf("got %v", err)
	}
}
