package mcpevents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"papi-mcp/internal/events"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
	"papi-mcp/internal/wait"
)

// leaseTime is how long a worker has for a task: longer than readTime, in which it reads.
const (
	leaseTime = 90 * time.Second
	readTime  = 50 * time.Second
)

// maxWorkers bounds how many tasks a process does at the same time.
const maxWorkers = 20

// A process looks for tasks that are due each busyPause, and each idlePause where none was
// due for a minute.
const (
	busyPause = time.Second
	idlePause = 5 * time.Second
)

// interval is the pause after so many readings that showed nothing new: as for a call that
// waits, and longer after an hour.
func interval(reads int) time.Duration {
	pause := wait.Interval(reads)
	if pause >= time.Minute && reads > 60 {
		pause *= 5
	}
	return pause
}

// worker does the tasks of one process.
type worker struct {
	*Service
	places chan struct{}
	freed  chan struct{}
	all    sync.WaitGroup

	mu      sync.Mutex
	inboxes map[string]bool // of tenants, which are followed
}

// Run watches what is kept until ctx ends, and with resume also what was kept before this
// process began; without, it does nothing before the first Keep. Of those who share a
// store one does each reading.
func (s *Service) Run(ctx context.Context, resume bool) {
	if !resume {
		select {
		case <-s.watching:
		case <-ctx.Done():
			return
		}
	}
	woken, stop := s.opts.Store.Watch(queue)
	defer stop()
	w := &worker{Service: s, places: make(chan struct{}, maxWorkers), freed: make(chan struct{}, 1), inboxes: map[string]bool{}}
	defer w.all.Wait()
	idleSince, following := time.Now(), false
	for ctx.Err() == nil {
		if !following {
			following = w.followInboxes(ctx) == nil
		}
		found, err := w.lease(ctx)
		pause := busyPause
		switch {
		case err != nil && ctx.Err() == nil:
			s.log.Error("what is watched for events can't be read from the store", "error", err)
			pause = idlePause
		case found > 0:
			idleSince = time.Now()
		case time.Since(idleSince) > time.Minute:
			pause = idlePause
		}
		select {
		case <-woken:
		case <-w.freed:
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// lease takes tasks that are due, and has them done.
func (w *worker) lease(ctx context.Context) (found int, err error) {
	free := cap(w.places) - len(w.places)
	if free == 0 {
		return 0, nil
	}
	tasks, err := w.opts.Store.Lease(ctx, queue, free, leaseTime)
	for _, leased := range tasks {
		w.places <- struct{}{}
		w.all.Go(func() {
			if err := w.do(ctx, leased); err != nil && ctx.Err() == nil {
				w.log.Error("what is watched for events could not be noted in the store", "error", err)
			}
			<-w.places
			select {
			case w.freed <- struct{}{}:
			default:
			}
		})
	}
	return len(tasks), err
}

// do does a task. Its errors are those of the store: then the task is due again after its
// lease.
func (w *worker) do(ctx context.Context, leased store.Task) error {
	var t task
	if json.Unmarshal(leased.Value, &t) != nil {
		return w.finish(ctx, leased) // of another release
	}
	g := groupOf(t.Tenant, t.Query)
	_, kept, err := w.opts.Store.Get(ctx, t.keptKey())
	switch {
	case err != nil:
		return err
	case g.of == nil || !kept && t.Once:
		return w.finish(ctx, leased)
	case !kept:
		return w.end(ctx, leased, t)
	}
	w.followInbox(ctx, t.Tenant)
	changed, failure := w.read(ctx, g)
	if ctx.Err() != nil { // another process continues immediately
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), busyPause)
		defer cancel()
		_, err := w.opts.Store.Retry(ctx, queue, leased, leased.Value, 0)
		return err
	}
	if failure != nil && !t.Failing {
		w.log.Warn("what is watched for events can't be read", "tool", t.Query.Tool, "error", papi.Printable(failure.Error()))
	}
	if t.Once && (failure == nil || leased.Leases >= maxOnce) {
		return w.finish(ctx, leased)
	}
	t.Failing = failure != nil
	if t.Reads++; changed {
		t.Reads = 0
	}
	pause := w.opts.interval(t.Reads)
	if e, ok := errors.AsType[*papi.Error](failure); ok {
		pause = max(pause, e.RetryAfter)
	}
	_, err = w.opts.Store.Retry(ctx, queue, leased, jsonvalue.Encode(t), pause)
	return err
}

// maxOnce is how often a reading that an event asked for is tried: the usual ones continue.
const maxOnce = 3

func (w *worker) read(ctx context.Context, g group) (changed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	things, err := w.opts.Things(ctx, Owner{Tenant: g.tenant})
	if err != nil {
		return false, err
	}
	return w.look(ctx, things, g)
}

func (w *worker) finish(ctx context.Context, leased store.Task) error {
	_, err := w.opts.Store.Finish(ctx, queue, leased)
	return err
}

// end ends the watch of what is not kept any more, unless that began again just now, and found
// the task still there.
func (w *worker) end(ctx context.Context, leased store.Task, t task) error {
	if err := w.finish(ctx, leased); err != nil {
		return err
	}
	_, kept, err := w.opts.Store.Get(ctx, t.keptKey())
	if err == nil && kept {
		_, err = w.opts.Store.Push(ctx, queue, t.id(), jsonvalue.Encode(task{watched: t.watched}), 0)
	}
	return err
}

// followInboxes follows the inboxes of all tenants for which something is watched: the
// tasks of a process that was killed are leased for some time, and an event is not to wait
// for them.
func (w *worker) followInboxes(ctx context.Context) error {
	keys, err := w.opts.Store.Keys(ctx, "mcpevents/")
	for _, key := range keys {
		escaped, _, found := strings.Cut(strings.TrimPrefix(key, "mcpevents/"), "/kept/")
		if tenant, wrong := url.QueryUnescape(escaped); found && wrong == nil {
			w.followInbox(ctx, tenant)
		}
	}
	return err
}

// followInbox has what is watched for a tenant read when its inbox gets an event, as long
// as ctx lasts.
func (w *worker) followInbox(ctx context.Context, tenant string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.opts.Inbox == nil || w.inboxes[tenant] {
		return
	}
	inbox := w.opts.Inbox(tenant)
	if inbox == nil {
		return
	}
	w.inboxes[tenant] = true
	w.all.Go(func() {
		woken, stop := inbox.Watch()
		defer stop()
		for {
			taken, err := w.takeEvents(ctx, tenant, inbox)
			if err != nil && ctx.Err() == nil {
				w.log.Error("the inbox can't be read for events", "error", err)
			}
			if taken && err == nil {
				continue
			}
			select {
			case <-woken:
			case <-ctx.Done():
				return
			}
		}
	})
}

// takeBatch is how many events of an inbox are looked at together.
const takeBatch = 200

// takeEvents has the things read that the next events of an inbox may be about. Each
// event is taken once, by one of the processes that share the store; after a crash, again.
func (w *worker) takeEvents(ctx context.Context, tenant string, inbox Inbox) (taken bool, err error) {
	key := place(tenant) + "inbox"
	raw, ok, err := w.opts.Store.Get(ctx, key)
	if err != nil {
		return false, err
	}
	position, _ := strconv.ParseInt(string(raw), 10, 64)
	batch, last, err := inbox.After(ctx, position, takeBatch)
	if err != nil {
		return false, err
	}
	if !ok { // what came before the first watch is no news
		_, err = w.opts.Store.Add(ctx, key, strconv.AppendInt(nil, last, 10), 0)
		return false, err
	}
	if len(batch) == 0 {
		return false, nil
	}
	end := batch[len(batch)-1].Number
	if err := w.wake(ctx, tenant, batch); err != nil {
		return false, err
	}
	_, err = w.opts.Store.Swap(ctx, key, raw, strconv.AppendInt(nil, end, 10), 0)
	return true, err
}

// wakePause is how long the events are collected that one reading answers: a burst of them
// makes one a second. wakeSkew is how much the clocks of processes may differ meanwhile.
const (
	wakePause = time.Second
	wakeSkew  = 200 * time.Millisecond
)

// wake adds a task for one reading of each of a tenant's watches that the events may be
// about.
func (w *worker) wake(ctx context.Context, tenant string, batch []events.Event) error {
	now := w.opts.Now()
	second := now.Truncate(wakePause)
	delay := second.Add(wakePause + wakeSkew).Sub(now)
	keys, err := w.opts.Store.Keys(ctx, keptPrefix(tenant))
	if err != nil {
		return err
	}
	for _, key := range keys {
		raw, ok, err := w.opts.Store.Get(ctx, key)
		var t task
		switch {
		case err != nil:
			return err
		case !ok || json.Unmarshal(raw, &t) != nil || !slices.ContainsFunc(batch, t.concerns):
			continue
		}
		t.Once = true
		if _, err := w.opts.Store.Push(ctx, queue, fmt.Sprintf("%s/%d", t.id(), second.Unix()), jsonvalue.Encode(t), delay); err != nil {
			return err
		}
	}
	return w.opts.Store.Notify(ctx, queue)
}

// concerns reports whether an event may be about what is watched: it is of its project,
// and of its family, or of its kind where the trigger names one. An unknown trigger may be
// about anything, and so may one of a bundle, which makes things of other families.
func (w *watched) concerns(e events.Event) bool {
	if e.ProjectID != "" && e.ProjectID != w.Query.Project {
		return false
	}
	tool, words := strings.Split(w.Query.Tool, "_"), strings.Split(strings.ToLower(e.Type), "_")
	known := func(family string) bool {
		return slices.ContainsFunc(Types(), func(t *Type) bool { return strings.HasPrefix(t.read.Tool, family+"_") })
	}
	switch {
	case words[0] == "bundle" || !known(words[0]):
		return true
	case words[0] != tool[0]:
		return false
	}
	isKind := len(words) > 1 && known(words[0]+"_"+words[1])
	return !isKind || words[1] == tool[1] || words[1] == "account" // whose state may change others
}
