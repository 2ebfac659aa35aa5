package events

import (
	"context"
	"math"
	"sync"
	"time"
)

// Feeds hand new events to those who follow an inbox: each event is read once, however many
// follow. Nothing runs for an inbox that is not followed. It is safe for concurrent use.
type Feeds struct {
	inboxes *Inboxes

	mu   sync.Mutex
	open map[string]*feed // by tenant
}

// NewFeeds returns the feeds of inboxes.
func NewFeeds(inboxes *Inboxes) *Feeds {
	return &Feeds{inboxes: inboxes, open: map[string]*feed{}}
}

// Inbox returns the inbox of a tenant.
func (f *Feeds) Inbox(tenant string) *Inbox { return f.inboxes.Of(tenant) }

// feed reads the new events of one inbox.
type feed struct {
	inbox     *Inbox
	end       context.CancelFunc
	ready     chan struct{}               // closed when the end of the inbox is known
	followers map[*func([]Event)]struct{} // guarded by Feeds.mu
}

// startTimeout is how long Follow waits until the end of the inbox is known.
const startTimeout = 5 * time.Second

// Follow has report called with each event that is added after it returns, in their order;
// earlier ones may be among them. It is called with nil where events may have been missed:
// the inbox could not be read, or no longer has them. Calls of report come one after the
// other; it must not block, nor use the feeds. After stop, which must be called, there are
// none.
func (f *Feeds) Follow(ctx context.Context, tenant string, report func([]Event)) (stop func()) {
	f.mu.Lock()
	one := f.open[tenant]
	if one == nil {
		running, end := context.WithCancel(context.WithoutCancel(ctx))
		one = &feed{inbox: f.inboxes.Of(tenant), end: end, ready: make(chan struct{}), followers: map[*func([]Event)]struct{}{}}
		f.open[tenant] = one
		go f.run(running, one)
	}
	one.followers[&report] = struct{}{}
	f.mu.Unlock()

	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	select {
	case <-one.ready:
	case <-ctx.Done():
	case <-timeout.C:
	}
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(one.followers, &report)
		if len(one.followers) == 0 && f.open[tenant] == one {
			one.end()
			delete(f.open, tenant)
		}
	}
}

// run reads new events until ctx ends.
func (f *Feeds) run(ctx context.Context, one *feed) {
	woken, stop := one.inbox.Watch()
	defer stop()
	_, at, err := one.inbox.After(ctx, math.MaxInt64, 1)
	known := err == nil
	close(one.ready)
	for {
		select {
		case <-ctx.Done():
			return
		case <-woken:
		}
		if !known { // which events are new is not known
			f.report(one, nil)
			_, at, err = one.inbox.After(ctx, math.MaxInt64, 1)
			known = err == nil
			continue
		}
		at = f.forward(ctx, one, at)
	}
}

// chunk is how many events are read at a time.
const chunk = 100

// forward reports the events after a number, and returns that of the last one.
func (f *Feeds) forward(ctx context.Context, one *feed, at int64) int64 {
	for ctx.Err() == nil {
		found, last, err := one.inbox.After(ctx, at, chunk)
		switch {
		case err != nil:
			f.report(one, nil)
			return at
		case len(found) == 0:
			return max(at, last)
		case found[0].Number != at+1:
			f.report(one, nil)
		}
		f.report(one, found)
		at = found[len(found)-1].Number
	}
	return at
}

// report calls those who follow.
func (f *Feeds) report(one *feed, found []Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for report := range one.followers {
		(*report)(found)
	}
}
