// Package wait follows things that change elsewhere: it reads each of them from time
// to time, once however many wait for it, and tells all of them what it saw.
//
// It knows nothing of the things: a caller says how one is read, and judges what a
// reading shows.
package wait

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"papi-mcp/internal/papi"
)

// Key identifies a thing among all that are followed.
type Key struct {
	Source any // whose credentials read it; comparable
	Thing  string
}

// Read reads a thing once, without retries: the poller decides when the next attempt
// is due. Its context ends when nobody waits any more.
type Read func(ctx context.Context) (any, error)

// Reading is what one read of a thing showed.
type Reading struct {
	// Value is what the read returned; nil after an error.
	Value any
	Err   error
}

// Temporary reports whether the read failed, and a later one may succeed: there was
// no answer in time, or it was 429 or 5xx.
func (r Reading) Temporary() bool { return temporary(r.Err) }

func temporary(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	e, ok := errors.AsType[*papi.Error](err)
	return ok && e.Temporary()
}

// intervals are the pauses between the reads of a thing; the last one repeats. They
// begin anew when somebody else begins to wait.
var intervals = []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute}

// jitter is by which part of it a pause may be longer, so that things that began
// together are not read together for ever.
const jitter = 0.2

// defaultPause is how long the API of a source is not read after a 429 that does not
// say how long to wait.
const defaultPause = 10 * time.Second

// Poller reads the things that somebody waits for. It is safe for use by many
// goroutines; its zero value is ready.
type Poller struct {
	mu      sync.Mutex
	watches map[Key]*watch
	// notBefore is when the API of a source may be read again, after it asked for
	// a pause.
	notBefore map[any]time.Time
}

// watch is a thing that is being read.
type watch struct {
	poller *Poller
	key    Key
	read   Read
	cancel context.CancelFunc
	wake   chan struct{} // holds one request to read soon

	// These are guarded by the poller's mu.
	followers int
	restart   bool // the request is of somebody who begins: read more often again
	last      Reading
	begun     int           // reads so far, with the one that is under way
	seq       int           // of the read that showed last; 0: none yet
	at        time.Time     // of the last reading
	next      chan struct{} // closed by the next reading
}

// Follower waits for the readings of a thing. It is for one goroutine, which must
// close it.
type Follower struct {
	watch *watch
	seen  int
}

// Follow begins to follow a thing, which is read with read unless it is followed
// already. The follower gets only readings that begin from now on: the caller may have
// changed the thing just now.
func (p *Poller) Follow(key Key, read Read) *Follower {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.watches[key]
	if w == nil {
		ctx, cancel := context.WithCancel(context.Background())
		w = &watch{poller: p, key: key, read: read, cancel: cancel, wake: make(chan struct{}, 1), next: make(chan struct{})}
		if p.watches == nil {
			p.watches, p.notBefore = map[Key]*watch{}, map[any]time.Time{}
		}
		p.watches[key] = w
		go w.run(ctx)
	} else {
		w.restart = true
		w.wakeUp()
	}
	w.followers++
	return &Follower{watch: w, seen: w.begun}
}

func (w *watch) wakeUp() {
	select {
	case w.wake <- struct{}{}:
	default: // it has been asked for
	}
}

// Refresh has the thing read soon, if that was not done just now.
func (f *Follower) Refresh() { f.watch.wakeUp() }

// Next returns the next reading that this follower has not seen; it waits for it
// until ctx ends.
func (f *Follower) Next(ctx context.Context) (Reading, error) {
	for {
		f.watch.poller.mu.Lock()
		last, seq, next := f.watch.last, f.watch.seq, f.watch.next
		f.watch.poller.mu.Unlock()
		if seq > f.seen {
			f.seen = seq
			return last, nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return Reading{}, ctx.Err()
		}
	}
}

// Close ends it. A thing that nobody follows is not read any more.
func (f *Follower) Close() {
	p := f.watch.poller
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.watch.followers--; f.watch.followers == 0 {
		f.watch.cancel()
		delete(p.watches, f.watch.key)
		maps.DeleteFunc(p.notBefore, func(_ any, until time.Time) bool { return time.Now().After(until) })
	}
}

// run reads the thing until nobody follows it.
func (w *watch) run(ctx context.Context) {
	attempt := 0
	due := time.NewTimer(0)
	defer due.Stop()
	for {
		select {
		case <-due.C:
		case <-w.wake:
			begins, pause := w.asked()
			if begins {
				attempt = 0
			}
			if pause > 0 {
				if begins {
					due.Reset(pause)
				}
				continue
			}
		case <-ctx.Done():
			return
		}
		if pause := w.poller.pause(w.key.Source); pause > 0 {
			due.Reset(jittered(pause))
			continue
		}
		w.begin()
		value, err := w.read(ctx)
		if ctx.Err() != nil {
			return
		}
		w.publish(Reading{value, err})
		due.Reset(jittered(intervals[min(attempt, len(intervals)-1)]))
		attempt++
	}
}

// asked takes a request to read soon: whether it is of somebody who begins, and how long
// a thing that was just read is not read again, however many ask for it.
func (w *watch) asked() (begins bool, pause time.Duration) {
	w.poller.mu.Lock()
	defer w.poller.mu.Unlock()
	begins, w.restart = w.restart, false
	if w.seq > 0 {
		pause = intervals[0] - time.Since(w.at)
	}
	return begins, pause
}

// begin counts a read that begins.
func (w *watch) begin() {
	w.poller.mu.Lock()
	defer w.poller.mu.Unlock()
	w.begun++
}

// publish gives a reading to all followers.
func (w *watch) publish(r Reading) {
	w.poller.mu.Lock()
	defer w.poller.mu.Unlock()
	if e, ok := errors.AsType[*papi.Error](r.Err); ok && (e.Status == http.StatusTooManyRequests || e.RetryAfter > 0) {
		w.poller.notBefore[w.key.Source] = time.Now().Add(cmp.Or(e.RetryAfter, defaultPause))
	}
	w.last, w.at, w.seq = r, time.Now(), w.begun
	close(w.next)
	w.next = make(chan struct{})
}

// pause is how long the API of a source is not read, since it asked for that.
func (p *Poller) pause(source any) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	until, ok := p.notBefore[source]
	if !ok {
		return 0
	}
	return time.Until(until)
}

func jittered(pause time.Duration) time.Duration {
	return pause + time.Duration(rand.Float64()*jitter*float64(pause))
}
