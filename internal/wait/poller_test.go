package wait

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/papi"
)

// reads counts the reads of a thing, with the time of each since the start.
type reads struct {
	start time.Time
	mu    sync.Mutex
	at    []time.Duration
	err   error
}

func (r *reads) read(context.Context) (any, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = append(r.at, time.Since(r.start))
	return len(r.at), r.err
}

// times are those of the reads so far.
func (r *reads) times() []time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.at)
}

// waiter follows a thing, and waits for its readings.
type waiter struct {
	*Follower
	ready chan struct{}
}

func follow(p *Poller, key Key, read Read) *waiter { return followAs(p, key, read, false) }

func followAs(p *Poller, key Key, read Read, reported bool) *waiter {
	ready := make(chan struct{}, 1)
	return &waiter{p.Follow(key, read, ready, reported), ready}
}

// Next is the next reading.
func (w *waiter) Next(ctx context.Context) (Reading, error) {
	for {
		if r, ok := w.New(); ok {
			return r, nil
		}
		select {
		case <-w.ready:
		case <-ctx.Done():
			return Reading{}, ctx.Err()
		}
	}
}

func TestAThingIsReadLessAndLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Poller
		thing := &reads{start: time.Now()}
		f := follow(&p, Key{Thing: "t"}, thing.read)
		defer f.Close()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		for i, pause := range []time.Duration{0, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, time.Minute} {
			before := time.Duration(0)
			if i > 0 {
				before = thing.times()[i-1]
			}
			if got := thing.times()[i] - before; got < pause || got > pause+pause/5 {
				t.Errorf("read %d came %v after the one before, want %v and up to a fifth more", i, got, pause)
			}
		}
	})
}

func TestAThingIsReadOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Poller
		thing := &reads{start: time.Now()}
		var followers []*waiter
		for i := range 1000 {
			f := follow(&p, Key{Thing: "t"}, thing.read)
			followers = append(followers, f)
			if i%100 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if len(thing.times()) != 1 {
			t.Errorf("%d reads in the first second, want 1", len(thing.times()))
		}
		for i, f := range followers {
			r, err := f.Next(t.Context())
			if err != nil || i > 0 && r.Value != 2 { // the first read began before these
				t.Fatalf("follower %d got %v, %v", i, r, err)
			}
		}
		if len(thing.times()) != 2 {
			t.Errorf("%d reads in two seconds, want 2", len(thing.times()))
		}
		for _, f := range followers {
			f.Close()
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(thing.times()) > 2 {
			t.Errorf("%d reads, the last %v after the start, though no caller waits", len(thing.times()), thing.times()[len(thing.times())-1])
		}
		if len(p.watches) > 0 {
			t.Error("a thing without followers is kept")
		}
	})
}

// A reading that began before a caller began to wait can be of a time before it changed
// the thing. That holds for one that is under way too.
func TestAReadingFromBeforeIsNotGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Poller
		n := 0
		slow := func(context.Context) (any, error) {
			n++
			read := n
			time.Sleep(time.Second)
			return read, nil
		}
		first := follow(&p, Key{}, slow)
		defer first.Close()
		for _, pause := range []time.Duration{500 * time.Millisecond, 2 * time.Second, 2 * time.Minute} {
			time.Sleep(pause)
			synctest.Wait()
			begun, began := n, time.Now()
			first.Refresh()
			later := follow(&p, Key{}, slow)
			if r, err := later.Next(t.Context()); err != nil || r.Value != begun+1 {
				t.Errorf("%v later: got %v, %v, want the reading %d", pause, r.Value, err, begun+1)
			}
			if lasted := time.Since(began); lasted > 5*time.Second {
				t.Errorf("%v later: it was read after %v", pause, lasted)
			}
			later.Close()
		}
	})
}

// Who begins to wait for a thing that is read once a minute needs not wait for that.
func TestANewFollowerHasItReadSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Poller
		thing := &reads{start: time.Now()}
		first := follow(&p, Key{Thing: "t"}, thing.read)
		defer first.Close()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		for n := len(thing.times()); len(thing.times()) == n; synctest.Wait() {
			time.Sleep(time.Second)
		}
		time.Sleep(20 * time.Second) // the next read is a minute after the last one
		before, began := len(thing.times()), time.Now()
		second := follow(&p, Key{Thing: "t"}, thing.read)
		defer second.Close()
		if r, err := second.Next(t.Context()); err != nil || r.Value != before+1 {
			t.Errorf("got %v, %v, want the reading %d", r, err, before+1)
		}
		if since := time.Since(began); since > 2*time.Second {
			t.Errorf("it was read after %v", since)
		}
		synctest.Wait()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if len(thing.times()) != before+2 {
			t.Errorf("%d reads since, want 2: the pauses begin again", len(thing.times())-before)
		}
	})
}

// Who is about to end can ask for a last reading, after which the pauses continue.
func TestALastReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Poller
		thing := &reads{start: time.Now()}
		f := follow(&p, Key{Thing: "t"}, thing.read)
		defer f.Close()
		time.Sleep(43 * time.Second)
		synctest.Wait()
		if len(thing.times()) != 4 {
			t.Fatalf("%d reads", len(thing.times()))
		}
		f.Refresh()
		f.Refresh()
		synctest.Wait()
		if len(thing.times()) != 5 || thing.times()[4] != 43*time.Second {
			t.Errorf("reads at %v", thing.times())
		}
		time.Sleep(59 * time.Second)
		synctest.Wait()
		if len(thing.times()) != 5 {
			t.Errorf("reads at %v", thing.times())
		}
	})
}

func TestTheAPIIsLeftAloneWhenItAsksForThat(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  *papi.Error
		rest time.Duration
	}{
		{"429 with Retry-After", &papi.Error{Status: http.StatusTooManyRequests, RetryAfter: 40 * time.Second}, 40 * time.Second},
		{"429 without", &papi.Error{Status: http.StatusTooManyRequests}, defaultPause},
		{"503 with Retry-After", &papi.Error{Status: http.StatusServiceUnavailable, RetryAfter: 40 * time.Second}, 40 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var p Poller
				var sent atomic.Int64
				start := time.Now()
				refused := &reads{start: start, err: tt.err}
				var followers []*waiter
				followers = append(followers, follow(&p, Key{Source: 1, Thing: "t"}, refused.read))
				time.Sleep(time.Millisecond)
				synctest.Wait()
				for i := range 50 { // of the same source: none is read in the pause
					followers = append(followers, follow(&p, Key{Source: 1, Thing: fmt.Sprint(i)}, func(context.Context) (any, error) { sent.Add(1); return nil, nil }))
				}
				other := &reads{start: start}
				followers = append(followers, follow(&p, Key{Source: 2, Thing: "t"}, other.read))
				time.Sleep(tt.rest - 2*time.Millisecond)
				synctest.Wait()
				if sent.Load() != 0 || len(refused.times()) != 1 {
					t.Errorf("%d reads in the pause", int(sent.Load())+len(refused.times())-1)
				}
				if len(other.times()) == 0 {
					t.Error("the API of another source is left alone too")
				}
				refused.mu.Lock()
				refused.err = nil // else it may be first, and ask for a pause again
				refused.mu.Unlock()
				time.Sleep(tt.rest) // jitter included
				synctest.Wait()
				if sent.Load() == 0 {
					t.Error("nothing is read after the pause")
				}
				for _, f := range followers {
					f.Close()
				}
			})
		})
	}
}

// Many waits that begin together are no flood of requests, and each thing is read.
func TestFewThingsAreReadAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Poller
		var running, most atomic.Int64
		slow := func(context.Context) (any, error) {
			most.Store(max(most.Load(), running.Add(1)))
			time.Sleep(100 * time.Millisecond)
			running.Add(-1)
			return nil, nil
		}
		var followers []*waiter
		for i := range 1000 {
			followers = append(followers, follow(&p, Key{Source: 1, Thing: fmt.Sprint(i)}, slow))
		}
		other := follow(&p, Key{Source: 2}, func(context.Context) (any, error) { return nil, nil })
		if _, err := other.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, f := range followers {
			if _, err := f.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if most.Load() != maxReads {
			t.Errorf("%d reads at the same time, want %d", most.Load(), maxReads)
		}
		for _, f := range append(followers, other) {
			f.Close()
		}
		time.Sleep(time.Minute)
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.reads) > 0 {
			t.Errorf("reads that have ended are counted: %v", p.reads)
		}
	})
}

// A storm of 429 has no more requests than calm: each thing is read once in a pause.
func TestAStormDoesNotMultiplyRequests(t *testing.T) {
	count := func(err error) int64 {
		var sent atomic.Int64
		synctest.Test(t, func(t *testing.T) {
			var p Poller
			var followers []*waiter
			for i := range 100 {
				for range 5 {
					followers = append(followers, follow(&p, Key{Source: 1, Thing: fmt.Sprint(i)}, func(context.Context) (any, error) { sent.Add(1); return nil, err }))
				}
			}
			time.Sleep(5 * time.Minute)
			for _, f := range followers {
				f.Close()
			}
		})
		return sent.Load()
	}
	calm := count(nil)
	for _, err := range []*papi.Error{{Status: http.StatusTooManyRequests}, {Status: http.StatusTooManyRequests, RetryAfter: time.Second}, {Status: http.StatusTooManyRequests, RetryAfter: time.Minute}} {
		if storm := count(err); storm > calm {
			t.Errorf("Retry-After %v: %d requests, %d when the API is well", err.RetryAfter, storm, calm)
		}
	}
}

func TestReadingsAreNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Poller
		thing := &reads{start: time.Now()}
		f := follow(&p, Key{Thing: "t"}, thing.read)
		defer f.Close()
		var got []any
		for range 4 {
			r, err := f.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r.Value)
		}
		if !slices.Equal(got, []any{1, 2, 3, 4}) {
			t.Errorf("got %v", got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := f.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("at the end of ctx: %v", err)
		}
	})
}

// The read that is running ends when the last one who waits goes away.
func TestAReadEndsWithItsFollowers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Poller
		ended := false
		read := func(ctx context.Context) (any, error) {
			<-ctx.Done()
			ended = true
			return nil, ctx.Err()
		}
		a, b := follow(&p, Key{}, read), follow(&p, Key{}, read)
		synctest.Wait()
		a.Close()
		synctest.Wait()
		if ended {
			t.Fatal("the read ended, and a caller still waits")
		}
		b.Close()
		synctest.Wait()
		if !ended {
			t.Error("the read continues, and no caller waits")
		}
	})
}

func TestTheLimit(t *testing.T) {
	var l Limit
	var leave []func()
	enter := func(who string) bool {
		f, ok := l.Enter(who)
		if ok {
			leave = append(leave, f)
		}
		return ok
	}
	for i := range MaxWaitsPerPrincipal {
		if !enter("a") {
			t.Fatalf("the call %d of one principal is refused", i+1)
		}
	}
	if enter("a") {
		t.Error("one principal has one more")
	}
	for i := range MaxWaits - MaxWaitsPerPrincipal {
		if !enter(fmt.Sprint(i)) {
			t.Fatalf("the call %d of others is refused", i+1)
		}
	}
	if enter("b") {
		t.Error("the server has one more")
	}
	leave[0]()
	if !enter("a") {
		t.Error("a place that was left can't be taken")
	}
	for _, f := range leave[1:] {
		f()
	}
	if l.all != 0 || len(l.byWho) != 0 {
		t.Errorf("all have left, and %d are counted of %v", l.all, l.byWho)
	}
}

// A thing that became due twice at the same time is read once.
func TestAThingThatIsDueTwiceIsReadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Poller
		reads := 0
		f := follow(&p, Key{Source: 1}, func(context.Context) (any, error) { reads++; return nil, nil })
		defer f.Close()
		if _, err := f.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.watch.readNow() // as a timer does that was reset just after it had fired
		if reads != 1 {
			t.Errorf("%d reads", reads)
		}
		if _, err := f.Next(t.Context()); err != nil || reads != 2 {
			t.Errorf("then %d reads, %v", reads, err)
		}
	})
}
