package store

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"papi-mcp/internal/store/pgtest"
)

// medium is where stores of one kind keep things: each open returns a new store on it,
// as another process would, and advance makes all that it keeps older.
type medium struct {
	open    func() Store
	advance func(time.Duration)
}

// postgresTimes are all times that the database keeps.
var postgresTimes = map[string][]string{
	"papi_mcp_entries": {"expiry"}, "papi_mcp_records": {"added", "expiry"}, "papi_mcp_record_ids": {"expiry"}, "papi_mcp_tasks": {"due"},
}

// newPostgres is the store in a database, which is closed with the test.
func newPostgres(t testing.TB, url string) *Postgres {
	t.Helper()
	p, err := NewPostgres(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// media are the three kinds of stores, each with an empty medium.
var media = map[string]func(t *testing.T) medium{
	"memory": func(*testing.T) medium {
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		s := NewMemoryAt(func() time.Time { return at })
		return medium{func() Store { return s }, func(d time.Duration) { at = at.Add(d) }}
	},
	"file": func(t *testing.T) medium {
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		path := filepath.Join(t.TempDir(), "made", "state.db")
		return medium{func() Store {
			f := NewFile(path)
			f.now, f.poll = func() time.Time { return at }, time.Millisecond
			return f
		}, func(d time.Duration) { at = at.Add(d) }}
	},
	"PostgreSQL":                  func(t *testing.T) medium { return inPostgres(t, pgtest.URL(t)) },
	"PostgreSQL behind PgBouncer": func(t *testing.T) medium { return inPostgres(t, pgtest.PooledURL(t)) },
	"file that is held": func(t *testing.T) medium {
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		f := NewFile(filepath.Join(t.TempDir(), "made", "state.db"))
		f.now = func() time.Time { return at }
		if err := f.Hold(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return medium{func() Store { return f }, func(d time.Duration) { at = at.Add(d) }}
	},
}

func inPostgres(t *testing.T, url string) medium {
	return medium{func() Store {
		p := newPostgres(t, url)
		p.poll = 10 * time.Millisecond // PgBouncer drops LISTEN
		return p
	}, func(d time.Duration) {
		for table, columns := range postgresTimes {
			for _, column := range columns {
				pgtest.Exec(t, url, fmt.Sprintf("update %s set %s = %[2]s - make_interval(secs => %f)", table, column, d.Seconds()))
			}
		}
	}}
}

// All stores have the same contract.
func TestConformance(t *testing.T) {
	for name, newMedium := range media {
		t.Run(name, func(t *testing.T) {
			for part, check := range map[string]func(*checked){
				"entries": entries, "swaps": swaps, "keys of any kind": keys, "streams": streams, "retention": retention,
				"numbers without gaps": withoutGaps, "queues": queues, "one worker": oneWorker, "topics": topics, "names": names,
				"races": races,
			} {
				t.Run(part, func(t *testing.T) {
					m := newMedium(t)
					check(&checked{T: t, Store: m.open(), medium: m})
				})
			}
		})
	}
}

// checked is a store that a test checks.
type checked struct {
	*testing.T
	Store
	medium
}

func (c *checked) ctx() context.Context { return c.Context() }

// must fails the test where err is one.
func (c *checked) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// is checks what a method that reports something returned.
func (c *checked) is(want bool) func(got bool, err error) {
	return func(got bool, err error) {
		c.Helper()
		if got != want || err != nil {
			c.Errorf("got %v, %v; want %v", got, err, want)
		}
	}
}

// has checks the entry of a key; want is nil for none.
func (c *checked) has(key string, want []byte) {
	c.Helper()
	got, ok, err := c.Get(c.ctx(), key)
	if err != nil || ok != (want != nil) || string(got) != string(want) || ok && got == nil {
		c.Errorf("Get(%.40q) = %q, %v, %v; want %q", key, got, ok, err, want)
	}
}

func entries(c *checked) {
	c.has("missing", nil)
	c.must(c.Put(c.ctx(), "a", []byte("1"), 0))
	c.has("a", []byte("1"))
	c.must(c.Put(c.ctx(), "a", []byte("2"), time.Minute))
	c.has("a", []byte("2"))
	c.advance(time.Minute)
	c.has("a", nil)

	c.is(true)(c.Add(c.ctx(), "b", []byte("1"), time.Minute))
	c.is(false)(c.Add(c.ctx(), "b", []byte("2"), time.Minute))
	c.has("b", []byte("1"))
	c.advance(time.Hour)
	c.is(true)(c.Add(c.ctx(), "b", []byte("3"), 0))
	c.advance(10000 * time.Hour)
	c.has("b", []byte("3"))
	c.must(c.Delete(c.ctx(), "b"))
	c.must(c.Delete(c.ctx(), "b"))
	c.has("b", nil)

	value := []byte("mine")
	c.must(c.Put(c.ctx(), "c", value, 0))
	copy(value, "else")
	c.has("c", []byte("mine"))
	c.must(c.Put(c.ctx(), "c", nil, 0)) // there is an entry, whose value is empty
	c.has("c", []byte{})
}

func swaps(c *checked) {
	one, two, empty := []byte("1"), []byte("2"), []byte{}
	c.is(false)(c.Swap(c.ctx(), "a", one, two, 0))
	c.is(false)(c.Swap(c.ctx(), "a", empty, two, 0))
	c.is(true)(c.Swap(c.ctx(), "a", nil, one, time.Minute))
	c.is(false)(c.Swap(c.ctx(), "a", nil, two, time.Minute))
	c.is(false)(c.Swap(c.ctx(), "a", two, one, time.Minute))
	c.has("a", one)
	c.is(true)(c.Swap(c.ctx(), "a", one, two, time.Hour))
	c.advance(time.Minute)
	c.has("a", two)
	c.advance(time.Hour) // what has expired is not there
	c.is(false)(c.Swap(c.ctx(), "a", two, one, 0))
	c.is(false)(c.Swap(c.ctx(), "a", two, nil, 0))
	c.is(true)(c.Swap(c.ctx(), "a", nil, nil, 0))
	c.is(true)(c.Swap(c.ctx(), "a", nil, empty, 0))
	c.is(false)(c.Swap(c.ctx(), "a", nil, nil, 0))
	c.is(true)(c.Swap(c.ctx(), "a", empty, one, 0))
	c.is(true)(c.Swap(c.ctx(), "a", one, one, 0))
	c.is(true)(c.Swap(c.ctx(), "a", one, nil, 0))
	c.has("a", nil)
}

// What callers choose is in the keys: any bytes, of any length.
func keys(c *checked) {
	long := strings.Repeat("k", 20000)
	for i, key := range []string{"nul\x00byte", "not UTF-8 \xff\xfe", "'; drop table entries; --", "an emoji \U0001f600", long, long + "2"} {
		value := []byte(fmt.Sprint(i))
		c.is(true)(c.Add(c.ctx(), key, value, 0))
		c.is(false)(c.Add(c.ctx(), key, nil, 0))
		c.has(key, value)
		c.is(true)(c.Swap(c.ctx(), key, value, value, 0))
	}
	for prefix, want := range map[string][]string{
		"n": {"not UTF-8 \xff\xfe", "nul\x00byte"}, "not UTF-8 \xff": {"not UTF-8 \xff\xfe"}, "k": nil, "none": nil,
		"": {"'; drop table entries; --", "an emoji \U0001f600", "not UTF-8 \xff\xfe", "nul\x00byte"},
	} {
		if got, err := c.Keys(c.ctx(), prefix); err != nil || !slices.Equal(got, want) {
			c.Errorf("the keys that begin with %q: %q, %v", prefix, got, err)
		}
	}
	c.must(c.Put(c.ctx(), "soon", nil, time.Minute))
	c.advance(time.Minute)
	if got, err := c.Keys(c.ctx(), "s"); err != nil || len(got) != 0 {
		c.Errorf("keys that have expired: %q, %v", got, err)
	}
	big := make([]byte, 1<<20)
	c.must(c.Put(c.ctx(), "a large value", big, 0))
	c.has("a large value", big)
}

// reads checks the numbers of the records after one, and the number of the last.
func (c *checked) reads(after int64, limit int, last int64, want ...int64) {
	c.Helper()
	records, n, err := c.Read(c.ctx(), "s", after, limit)
	c.must(err)
	var got []int64
	for _, r := range records {
		got = append(got, r.Number)
		if string(r.Value) != fmt.Sprint("value ", r.Number) || r.Time.IsZero() {
			c.Errorf("record %d: %q at %v", r.Number, r.Value, r.Time)
		}
	}
	if !slices.Equal(got, want) || n != last {
		c.Errorf("%d after %d: %v and last %d; want %v and %d", limit, after, got, n, want, last)
	}
}

// append appends the record with a number to the stream that reads reads.
func (c *checked) append(n int, keep Keep) {
	c.Helper()
	c.is(true)(c.Append(c.ctx(), "s", fmt.Sprint("id ", n), []byte(fmt.Sprint("value ", n)), keep))
}

func streams(c *checked) {
	c.reads(0, 10, 0)
	for n := range 5 {
		c.append(n+1, Keep{})
	}
	c.reads(0, 10, 5, 1, 2, 3, 4, 5)
	c.reads(0, 2, 5, 1, 2)
	c.reads(2, 2, 5, 3, 4)
	c.reads(5, 2, 5)
	c.reads(9, 2, 5)
	c.reads(-1, 1, 5, 1)
	c.reads(0, 0, 5)
	c.reads(0, -1, 5)
	c.is(false)(c.Append(c.ctx(), "s", "id 3", []byte("again"), Keep{}))
	c.reads(4, 10, 5, 5)
	c.is(true)(c.Append(c.ctx(), "another", "id 3", []byte("value 1"), Keep{}))
	c.reads(4, 10, 5, 5)
	c.is(true)(c.Append(c.ctx(), "another", "nothing", nil, Keep{}))
	if r, _, err := c.Read(c.ctx(), "another", 1, 1); err != nil || len(r) != 1 || len(r[0].Value) != 0 {
		c.Errorf("an empty record: %v, %v", r, err)
	}
}

func retention(c *checked) {
	for n := range 5 {
		c.append(n+1, Keep{Count: 3})
	}
	c.reads(0, 10, 5, 3, 4, 5)
	c.append(6, Keep{Age: time.Hour, ID: 2 * time.Hour})
	c.append(7, Keep{Age: 2 * time.Hour, ID: time.Minute})
	c.advance(time.Hour)
	c.reads(5, 10, 7, 7)
	c.is(false)(c.Append(c.ctx(), "s", "id 6", nil, Keep{})) // its id is kept longer
	c.is(true)(c.Append(c.ctx(), "s", "id 7", []byte("value 8"), Keep{ID: time.Hour}))
	c.advance(time.Hour)
	c.reads(5, 10, 8, 8)
	c.is(true)(c.Append(c.ctx(), "s", "id 6", []byte("value 9"), Keep{Age: time.Minute}))
	c.advance(time.Hour)
	c.append(10, Keep{Count: 1})
	c.reads(0, 10, 10, 10)
	c.append(11, Keep{Age: time.Minute})
	c.advance(time.Hour) // nothing is left, and the numbers continue
	c.is(true)(c.Append(c.ctx(), "s", "the last", []byte("value 12"), Keep{Count: 1}))
	c.reads(0, 10, 12, 12)
}

// A reader that continues after the last record that it has seen gets each record once
// and in order, while others append.
func withoutGaps(c *checked) {
	const writers, each = 8, 25
	var all sync.WaitGroup
	var repeated atomic.Int32
	for w := range writers {
		s := c.open()
		all.Go(func() {
			for n := range each {
				id := fmt.Sprint(w/2, " ", n) // each id comes from two writers
				added, err := s.Append(c.ctx(), "s", id, []byte(id), Keep{})
				if err != nil {
					c.Error(err)
				}
				if !added {
					repeated.Add(1)
				}
			}
		})
	}
	seen := map[string]bool{}
	for after := int64(0); after < writers*each/2; {
		records, _, err := c.Read(c.ctx(), "s", after, 7)
		c.must(err)
		for _, r := range records {
			if r.Number != after+1 || seen[string(r.Value)] {
				c.Fatalf("after %d: %d, %s", after, r.Number, r.Value)
			}
			after, seen[string(r.Value)] = r.Number, true
		}
	}
	all.Wait()
	if repeated.Load() != writers*each/2 || len(seen) != writers*each/2 {
		c.Errorf("%d records, %d repetitions", len(seen), repeated.Load())
	}
}

// leases checks the ids of the tasks that a lease gives.
func (c *checked) leases(limit int, ttl time.Duration, want ...string) []Task {
	c.Helper()
	leased, err := c.Lease(c.ctx(), "q", limit, ttl)
	c.must(err)
	var got []string
	for _, t := range leased {
		got = append(got, t.ID)
	}
	if !slices.Equal(got, want) {
		c.Errorf("leased %v, want %v", got, want)
	}
	if len(leased) != len(want) {
		c.FailNow()
	}
	return leased
}

func queues(c *checked) {
	c.leases(10, time.Minute)
	c.is(true)(c.Push(c.ctx(), "q", "later", []byte("3"), time.Hour))
	c.is(true)(c.Push(c.ctx(), "q", "first", []byte("1"), 0))
	c.advance(time.Second)
	c.is(true)(c.Push(c.ctx(), "q", "second", nil, 0))
	c.is(false)(c.Push(c.ctx(), "q", "first", []byte("again"), 0))
	c.leases(0, time.Minute)
	c.leases(-1, time.Minute)
	first := c.leases(1, time.Minute, "first")[0]
	if string(first.Value) != "1" || first.Leases != 1 {
		c.Errorf("%+v", first)
	}
	second := c.leases(10, time.Minute, "second")[0]
	c.leases(10, time.Minute)
	c.is(false)(c.Push(c.ctx(), "q", "first", nil, 0)) // it is still there
	c.is(true)(c.Finish(c.ctx(), "q", second))
	c.is(false)(c.Finish(c.ctx(), "q", second))
	c.is(false)(c.Finish(c.ctx(), "another", first))
	c.is(true)(c.Push(c.ctx(), "q", "second", []byte("2"), 90*time.Second)) // it is another task

	c.advance(time.Minute) // the first worker is dead, or slow
	again := c.leases(1, time.Minute, "first")[0]
	if again.Leases != 2 {
		c.Errorf("%+v", again)
	}
	c.is(false)(c.Finish(c.ctx(), "q", first))
	c.is(false)(c.Retry(c.ctx(), "q", first, nil, 0))
	c.is(true)(c.Retry(c.ctx(), "q", again, []byte("once more"), time.Minute))
	c.is(false)(c.Finish(c.ctx(), "q", again))
	c.is(false)(c.Retry(c.ctx(), "q", again, nil, 0))
	c.is(false)(c.Finish(c.ctx(), "q", Task{ID: "first"}))
	c.advance(30 * time.Second)
	slow := c.leases(10, time.Second, "second")[0]
	c.advance(time.Minute)
	c.is(true)(c.Finish(c.ctx(), "q", slow)) // late, and no one else has leased it
	third := c.leases(10, time.Minute, "first")[0]
	if string(third.Value) != "once more" || third.Leases != 3 {
		c.Errorf("%+v", third)
	}
	c.is(true)(c.Finish(c.ctx(), "q", third))
	c.advance(time.Hour)
	c.leases(10, time.Minute, "later")
}

// Of many workers one gets each task.
func oneWorker(c *checked) {
	const tasks = 40
	for n := range tasks {
		c.is(true)(c.Push(c.ctx(), "q", fmt.Sprint(n), nil, 0))
	}
	c.advance(time.Second)
	var all sync.WaitGroup
	var done atomic.Int32
	for range 8 {
		s := c.open()
		all.Go(func() {
			for done.Load() < tasks {
				leased, err := s.Lease(c.ctx(), "q", 3, time.Hour)
				if err != nil {
					c.Error(err)
					return
				}
				for _, t := range leased {
					if ok, err := s.Finish(c.ctx(), "q", t); !ok || err != nil {
						c.Errorf("task %s: %v, %v", t.ID, ok, err)
					}
					done.Add(1)
				}
			}
		})
	}
	all.Wait()
	if done.Load() != tasks {
		c.Errorf("%d were done", done.Load())
	}
}

// Those who watch a topic are woken, in other processes too, and find what was changed
// before.
func topics(c *checked) {
	another := c.open()
	woken, stop := another.Watch("t")
	elsewhere, stopElsewhere := c.Watch("t")
	for n := range int64(3) {
		c.append(int(n)+1, Keep{})
		c.must(c.Notify(c.ctx(), "t"))
		for {
			<-woken // where another process notified, by the poll
			if _, last, err := another.Read(c.ctx(), "s", 0, 0); err != nil {
				c.Fatal(err)
			} else if last == n+1 {
				break
			}
		}
		<-elsewhere
	}
	stop()
	stopElsewhere()
}

func names(c *checked) {
	long := strings.Repeat("n", maxName+1)
	for _, name := range []string{"", long} {
		for what, do := range map[string]func() (bool, error){
			"a stream":          func() (bool, error) { return c.Append(c.ctx(), name, "id", nil, Keep{}) },
			"an id in a stream": func() (bool, error) { return c.Append(c.ctx(), "s", name, nil, Keep{}) },
			"a queue":           func() (bool, error) { return c.Push(c.ctx(), name, "id", nil, 0) },
			"an id in a queue":  func() (bool, error) { return c.Push(c.ctx(), "q", name, nil, 0) },
		} {
			if done, err := do(); done || err == nil {
				c.Errorf("%s with a name of %d bytes: %v, %v", what, len(name), done, err)
			}
		}
	}
	for _, name := range []string{long[1:], "any \x00\xff"} {
		c.is(true)(c.Append(c.ctx(), name, name, nil, Keep{}))
		c.is(true)(c.Push(c.ctx(), name, name, nil, 0))
	}
}
