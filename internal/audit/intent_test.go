package audit

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"papi-mcp/internal/store"
)

// A log of a release that wrote one line for each call is valid, and is continued.
func TestALogWithoutIntents(t *testing.T) {
	old, err := os.ReadFile(filepath.Join("testdata", "before_intents.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	const last = "782398bb9881215c4f08dcce861aadb7cff5ca74c55e626838adfb39feefd0fd"
	l := File(path)
	if report, err := l.Verify(t.Context()); err != nil || report.Lines != 4 || report.Last != last || len(report.Open) != 0 {
		t.Errorf("%+v, %v", report, err)
	}
	if err := errors.Join(l.Ready(t.Context()), l.Add(t.Context(), entry(1))); err != nil {
		t.Fatal(err)
	}
	if report, err := l.Verify(t.Context(), last); err != nil || len(report.Missing) > 0 || report.Lines != 5 {
		t.Errorf("%+v, %v", report, err)
	}
}

// A chain alone can't show that its end was removed and sealed again: a noted hash
// does.
func TestANotedHashDetectsARewrittenEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := File(path)
	var noted string
	var kept []byte
	for n := range 4 {
		if err := l.Add(t.Context(), entry(n)); err != nil {
			t.Fatal(err)
		}
		if n == 1 {
			kept, _ = os.ReadFile(path)
		}
		report, err := l.Verify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		noted = report.Last
	}
	if err := errors.Join(os.WriteFile(path, kept, 0o600), l.Add(t.Context(), entry(8)), l.Add(t.Context(), entry(9))); err != nil {
		t.Fatal(err)
	}
	if report, err := l.Verify(t.Context()); err != nil || report.Lines != 4 {
		t.Errorf("%+v, %v", report, err)
	}
	if report, err := l.Verify(t.Context(), noted); err != nil || len(report.Missing) != 1 {
		t.Error("the noted line is gone, and nothing was said")
	}
}

// Verify reports the intents whose outcome is missing, and no others.
func TestIntentsWithoutAnOutcome(t *testing.T) {
	for name, open := range media(t) {
		t.Run(name, func(t *testing.T) {
			add := func(n int, phase, call string) {
				e := entry(n)
				e.Phase, e.Call = phase, call
				if err := open().Add(t.Context(), e); err != nil {
					t.Fatal(err)
				}
			}
			add(0, "", "")
			add(1, Intent, "a")
			add(2, Intent, "b")
			add(3, Outcome, "a")
			add(4, Intent, "c")
			add(5, Intent, "d")
			add(6, Outcome, "d")
			report, err := open().Verify(t.Context())
			if err != nil || report.Lines != 7 || len(report.Open) != 2 {
				t.Fatalf("%+v, %v", report, err)
			}
			if first, second := report.Open[0], report.Open[1]; first.Line != 3 || first.Call != "b" || first.Tool != "webhook_delete" || second.Line != 5 || second.Call != "c" {
				t.Errorf("%+v", report.Open)
			}
		})
	}
}

// Ready returns the error that Add would return, after a bounded wait, and the error
// says what to do.
func TestReadyReportsWhetherALineCanBeWritten(t *testing.T) {
	line := func(t *testing.T) string {
		path := filepath.Join(t.TempDir(), "audit.jsonl")
		if err := File(path).Add(t.Context(), entry(1)); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for name, test := range map[string]struct {
		log  func(t *testing.T) *file
		want string
	}{
		"whole": {func(t *testing.T) *file { return written(t, line(t)) }, ""},
		"new":   {func(t *testing.T) *file { return newFile(filepath.Join(t.TempDir(), "audit.jsonl")) }, ""},
		"the lock is held": {func(t *testing.T) *file {
			f := written(t, line(t))
			held := flock.New(f.path + ".lock")
			if ok, err := held.TryLock(); err != nil || !ok {
				t.Fatal(ok, err)
			}
			t.Cleanup(func() { held.Close() })
			return f
		}, "audit.jsonl.lock: held by another process, or another call"},
		"another call has it": {func(t *testing.T) *file {
			f := written(t, line(t))
			if _, err := f.lock.Acquire(t.Context(), func() (bool, error) { return true, nil }); err != nil {
				t.Fatal(err)
			}
			return f
		}, "held by another process, or another call"},
		"incomplete":      {func(t *testing.T) *file { return written(t, line(t)+`{"seq":2,"time":"2026`) }, "move this file away"},
		"without its end": {func(t *testing.T) *file { return written(t, strings.TrimSpace(line(t))) }, "move this file away"},
		"altered": {func(t *testing.T) *file {
			return written(t, strings.Replace(line(t), "webhook_delete", "webhook_create", 1))
		}, "it was altered"},
		"no line of ours":   {func(t *testing.T) *file { return written(t, line(t)+"hello\n") }, "move this file away"},
		"an empty line":     {func(t *testing.T) *file { return written(t, line(t)+"\n") }, "move this file away"},
		"zeros, as a crash": {func(t *testing.T) *file { return written(t, line(t)+strings.Repeat("\x00", 300)) }, "move this file away"},
		"a folder":          {func(t *testing.T) *file { return newFile(t.TempDir()) }, "not a regular file"},
		"a folder as its lock": {func(t *testing.T) *file {
			f := written(t, line(t))
			if err := os.Mkdir(f.path+".lock", 0o700); err != nil {
				t.Fatal(err)
			}
			return f
		}, "audit.jsonl.lock: "}, // the reason is in the words of the system
		"a device":  {func(*testing.T) *file { return newFile(os.DevNull) }, "not a regular file"},
		"no folder": {func(t *testing.T) *file { return newFile(filepath.Join(t.TempDir(), "no", "audit.jsonl")) }, "audit.jsonl.lock: "},
		"below a file": {func(t *testing.T) *file {
			return newFile(filepath.Join(written(t, "").path, "audit.jsonl"))
		}, "audit.jsonl.lock: "},
	} {
		t.Run(name, func(t *testing.T) {
			f := test.log(t)
			f.lock.Timeout = 20 * time.Millisecond
			log := &Log{medium: f}
			before, _ := os.ReadFile(f.path)
			for what, err := range map[string]error{"Ready": log.Ready(t.Context()), "Add": log.Add(t.Context(), entry(2))} {
				if got := errorText(err); (test.want == "") != (err == nil) || !strings.Contains(got, test.want) {
					t.Errorf("%s: %q", what, got)
				}
			}
			if after, _ := os.ReadFile(f.path); test.want != "" && string(after) != string(before) {
				t.Error("the log was written to")
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// written is a log with a text in it.
func written(t *testing.T, text string) *file {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return newFile(path)
}

// A cancelled call does not wait for the log.
func TestTheCallersContextEndsTheWait(t *testing.T) {
	f := written(t, "")
	held := flock.New(f.path + ".lock")
	if ok, err := held.TryLock(); err != nil || !ok {
		t.Fatal(ok, err)
	}
	defer held.Close()
	ctx, leave := context.WithCancel(t.Context())
	leave()
	f.lock.Timeout = time.Hour
	if err := (&Log{medium: f}).Ready(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// In a store, Ready detects an altered or missing last line too.
func TestReadyChecksTheEndInAStore(t *testing.T) {
	for name, alter := range map[string]func(s store.Store) error{
		"altered": func(s store.Store) error {
			return s.Put(context.Background(), "audit/line/00000000000000000002", []byte("hello"), 0)
		},
		"missing":  func(s store.Store) error { return s.Delete(context.Background(), "audit/line/00000000000000000002") },
		"no count": func(s store.Store) error { return s.Put(context.Background(), "audit/count", []byte("2"), 0) },
	} {
		t.Run(name, func(t *testing.T) {
			s := store.NewMemory()
			l := InStore(s)
			if err := errors.Join(l.Add(t.Context(), entry(1)), l.Add(t.Context(), entry(2)), l.Ready(t.Context()), alter(s)); err != nil {
				t.Fatal(err)
			}
			for what, err := range map[string]error{"Ready": l.Ready(t.Context()), "Add": l.Add(t.Context(), entry(3))} {
				if err == nil || !strings.Contains(err.Error(), "keep the store") {
					t.Errorf("%s: %v", what, err)
				}
			}
			if _, ok, _ := s.Get(t.Context(), "audit/line/00000000000000000003"); ok {
				t.Error("a line was added")
			}
		})
	}
}
