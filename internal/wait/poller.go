// Package wait follows things that change elsewhere: it reads each of them from time
// to time, and when it hears of a change, once however many wait for it, and gives all of
// them what it saw.
//
// It knows nothing of the things: a caller says how one is read, and decides what a
// reading means.
package wait

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
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
// is due. Its context ends when no caller waits any more.
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
// begin again when another caller begins to wait.
var intervals = []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute}

// rareIntervals are those of a thing whose changes are reported, see [Poller.Follow]:
// the reads are for a report that is lost. After a report they are intervals, since a
// report may be earlier than what it is about can be read.
var rareIntervals = []time.Duration{10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute}

// Intervals returns the shortest and the longest pause between two reads of a thing, whose
// changes are reported or not.
func Intervals(reported bool) (shortest, longest time.Duration) {
	all := intervals
	if reported {
		all = rareIntervals
	}
	return all[0], all[len(all)-1]
}

// wakePause is how long a thing that was just read is not read again for a report: many
// reports that come together have few reads.
const wakePause = 500 * time.Millisecond

// Interval is the pause before the next read of a thing after so many that showed nothing
// new.
func Interval(reads int) time.Duration {
	return jittered(intervals[min(reads, len(intervals)-1)])
}

// jitter is by which part of it a pause may be longer, so that things that began
// together are not read together for ever.
const jitter = 0.2

// defaultPause is how long the API of a source is not read after a 429 that does not
// say how long to wait.
const defaultPause = 10 * time.Second

// maxReads is how many things of a source are read at the same time, and busyPause when
// the others try again: many waits that begin together are no flood of requests.
const (
	maxReads  = 50
	busyPause = 100 * time.Millisecond
)

// Poller reads the things that callers wait for. It is safe for use by many
// goroutines; its zero value is ready. Nothing but timers runs between the reads.
type Poller struct {
	mu      sync.Mutex
	watches map[Key]*watch
	// notBefore is when the API of a source may be read again, after it asked for
	// a pause.
	notBefore map[any]time.Time
	reads     map[any]int // of each source, at this time
}

// watch is a thing that is being read. Its poller's mu guards it.
type watch struct {
	poller    *Poller
	key       Key
	read      Read
	due       *time.Timer        // until the next read
	cancel    context.CancelFunc // ends the read that is under way; nil: there is none
	closed    bool               // it has no follower any more
	attempt   int                // of the intervals
	reported  bool               // there was a report, after which it is read more often
	wanted    bool               // there was a report since the last read began
	followers map[*Follower]bool // true for those to whom changes are reported
	last      Reading
	seq       int       // of the last reading; 0: none yet
	at        time.Time // of the last reading
}

// Follower is a caller who waits for the readings of a thing. It is for one goroutine,
// which must close it.
type Follower struct {
	watch *watch
	ready chan<- struct{}
	seen  int
}

// Follow begins to follow a thing, which is read with read unless it is followed
// already. When there is a new reading, ready gets a value unless it is full: it must
// have room for one, and may belong to several followers. A follower gets only readings
// that begin after it: the caller may have changed the thing just now.
//
// reported says that the caller hears of changes of the thing, and then calls Wake: as long
// as that is so for all who follow it, it is read less often.
func (p *Poller) Follow(key Key, read Read, ready chan<- struct{}, reported bool) *Follower {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.watches == nil {
		p.watches, p.notBefore, p.reads = map[Key]*watch{}, map[any]time.Time{}, map[any]int{}
	}
	w := p.watches[key]
	if w == nil {
		w = &watch{poller: p, key: key, read: read, followers: map[*Follower]bool{}}
		w.due = time.AfterFunc(0, w.readNow)
		p.watches[key] = w
	} else {
		w.attempt = 0
		w.readIn(w.untilAllowed())
	}
	f := &Follower{watch: w, ready: ready, seen: w.seq}
	if w.cancel != nil {
		f.seen++
	}
	w.followers[f] = reported
	return f
}

// Wake has the thing read within a second, since something reported that it may have
// changed: again where a read is under way, which may have been too early. Any goroutine may
// call it; after Close it does nothing.
func (f *Follower) Wake() {
	w := f.watch
	w.poller.mu.Lock()
	defer w.poller.mu.Unlock()
	if _, follows := w.followers[f]; !follows {
		return
	}
	w.wanted, w.reported, w.attempt = true, true, 0
	w.readIn(w.untilAllowed())
}

// Pause is how long nothing is read with the credentials of a source, because its API
// asked for a pause; 0 where it did not.
func (p *Poller) Pause(source any) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, time.Until(p.notBefore[source]))
}

// New returns the last reading, if this follower has not seen it.
func (f *Follower) New() (_ Reading, ok bool) {
	w := f.watch
	w.poller.mu.Lock()
	defer w.poller.mu.Unlock()
	if w.seq <= f.seen {
		return Reading{}, false
	}
	f.seen = w.seq
	return w.last, true
}

// Refresh has the thing read now, if that was not done just now.
func (f *Follower) Refresh() {
	w := f.watch
	w.poller.mu.Lock()
	defer w.poller.mu.Unlock()
	if w.untilAllowed() == 0 {
		w.readIn(0)
	}
}

// Close ends it. A thing without followers is not read any more.
func (f *Follower) Close() {
	w, p := f.watch, f.watch.poller
	p.mu.Lock()
	defer p.mu.Unlock()
	if delete(w.followers, f); len(w.followers) > 0 || p.watches[w.key] != w {
		return
	}
	w.closed = true
	w.due.Stop()
	if w.cancel != nil {
		w.cancel()
	}
	delete(p.watches, w.key)
	maps.DeleteFunc(p.notBefore, func(_ any, until time.Time) bool { return time.Now().After(until) })
}

func (f *Follower) wake() {
	select {
	case f.ready <- struct{}{}:
	default:
	}
}

// readIn has the thing read after a pause, unless it is being read: then the next pause
// begins when that has ended.
func (w *watch) readIn(pause time.Duration) {
	if w.cancel == nil {
		w.due.Reset(pause)
	}
}

// untilAllowed is how long a thing that was just read is not read again, however many
// ask for it.
func (w *watch) untilAllowed() time.Duration {
	if w.seq == 0 {
		return 0
	}
	shortest := intervals[0]
	if w.wanted {
		shortest = wakePause
	}
	return max(0, shortest-time.Since(w.at))
}

// next is the pause after a read.
func (w *watch) next() time.Duration {
	all := rareIntervals
	if w.reported || slices.Contains(slices.Collect(maps.Values(w.followers)), false) {
		all = intervals
	}
	pause := all[min(w.attempt, len(all)-1)]
	w.attempt++
	return jittered(pause)
}

// readNow reads the thing when it is due, and gives the reading to all who follow it.
func (w *watch) readNow() {
	ctx, ok := w.begins()
	if !ok {
		return
	}
	value, err := w.read(ctx)
	w.poller.mu.Lock()
	defer w.poller.mu.Unlock()
	w.cancel()
	w.cancel = nil
	if w.poller.reads[w.key.Source]--; w.poller.reads[w.key.Source] == 0 {
		delete(w.poller.reads, w.key.Source)
	}
	if w.closed {
		return
	}
	if e, ok := errors.AsType[*papi.Error](err); ok && (e.Status == http.StatusTooManyRequests || e.RetryAfter > 0) {
		w.poller.notBefore[w.key.Source] = time.Now().Add(cmp.Or(e.RetryAfter, defaultPause))
	}
	w.last, w.at = Reading{value, err}, time.Now()
	w.seq++
	if pause := w.next(); w.wanted {
		w.due.Reset(w.untilAllowed())
	} else {
		w.due.Reset(pause)
	}
	for f := range w.followers {
		f.wake()
	}
}

// begins returns the context of a read, if the thing may be read now. It may not while it
// is being read, and while its API asks for a pause or has enough to do: then it is due
// after that.
func (w *watch) begins() (ctx context.Context, ok bool) {
	w.poller.mu.Lock()
	defer w.poller.mu.Unlock()
	if w.cancel != nil || w.closed {
		return nil, false
	}
	if w.untilAllowed() > 0 { // due twice at the same time; it is due again later
		return nil, false
	}
	if pause := time.Until(w.poller.notBefore[w.key.Source]); pause > 0 {
		w.due.Reset(jittered(pause))
		return nil, false
	}
	if w.poller.reads[w.key.Source] >= maxReads {
		w.due.Reset(jittered(busyPause))
		return nil, false
	}
	w.poller.reads[w.key.Source]++
	w.wanted = false
	ctx, w.cancel = context.WithCancel(context.Background())
	return ctx, true
}

func jittered(pause time.Duration) time.Duration {
	return pause + time.Duration(rand.Float64()*jitter*float64(pause))
}
