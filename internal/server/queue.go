package server

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
	"golang.org/x/sync/semaphore"
)

// connectionLimits bound the resources of one connection.
type connectionLimits struct {
	line       int   // bytes of a line
	inFlight   int64 // bytes of all lines that are being handled
	concurrent int64 // requests that run at the same time
}

// defaultConnectionLimits let tens of thousands of usual lines wait.
var defaultConnectionLimits = connectionLimits{line: 8 << 20, inFlight: 64 << 20, concurrent: 64}

// lineCost is about what a line costs besides its bytes: its goroutine.
const lineCost = 1 << 10

// request is one request of the client, from the reading of its line until its
// answer is written.
type request struct {
	id     json.RawMessage
	method mcp.MCPMethod
	ctx    context.Context
	cancel context.CancelCauseFunc
	// turn is closed when the request before this one has started; started
	// closes the turn of the next one.
	turn    <-chan struct{}
	started func()
	running bool  // it has started
	place   *slot // among the concurrent requests; nil for none
	// batch collects the answer of a request in a batch, at index; otherwise
	// it is nil.
	batch *batch
	index int
}

// Why a request was cancelled.
var (
	errCancelled = errors.New("cancelled by the client")
	errStopping  = errors.New("the server is stopping")
)

// requestQueue has the requests of one connection.
//
// They start one after the other, in the order of their lines, and then run
// concurrently, up to a limit. Each waits in its own goroutine for the one
// before it, so that the reader never waits for a call: an answer that a call
// waits for, or its cancellation, passes any number of waiting requests. The
// reader pauses only when those fill the memory that they may use.
type requestQueue struct {
	memory     *semaphore.Weighted // bytes of lines
	concurrent *semaphore.Weighted // requests
	all        sync.WaitGroup
	mu         sync.Mutex
	closed     bool // accepts no more
	open       map[string]*request
	last       <-chan struct{} // closed when the last request has started
}

func newRequestQueue(l connectionLimits) *requestQueue {
	started := make(chan struct{})
	close(started)
	return &requestQueue{
		memory:     semaphore.NewWeighted(l.inFlight),
		concurrent: semaphore.NewWeighted(l.concurrent),
		open:       make(map[string]*request),
		last:       started,
	}
}

// run runs f in a goroutine, on account of a line with a number of bytes. It
// waits for memory within the limit; ok is false when ctx ends before, or the
// queue is closed.
func (q *requestQueue) run(ctx context.Context, bytes int, f func()) (ok bool) {
	cost := int64(bytes) + lineCost
	if q.memory.Acquire(ctx, cost) != nil {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.all.Go(func() {
		defer q.memory.Release(cost)
		f()
	})
	return true
}

// enqueue puts a request at the end of the queue. It ends with ctx; finish must
// follow.
func (q *requestQueue) enqueue(ctx context.Context, m *message) *request {
	r := &request{id: m.ID, method: m.Method}
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	started := make(chan struct{})
	r.started = sync.OnceFunc(func() { close(started) })
	q.mu.Lock()
	defer q.mu.Unlock()
	r.turn, q.last = q.last, started
	q.open[string(r.id)] = r
	return r
}

// waitTurn returns nil when the request may start, and the reason when it
// never will.
func (q *requestQueue) waitTurn(r *request) error {
	<-r.turn
	if !lasts(r.method) {
		if q.concurrent.Acquire(r.ctx, 1) != nil {
			return context.Cause(r.ctx)
		}
		r.place = &slot{free: func() { q.concurrent.Release(1) }}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	r.running = true
	return context.Cause(r.ctx)
}

// finish lets the next request start, if this one has not done so, and
// releases its resources.
func (q *requestQueue) finish(r *request) {
	r.started()
	r.cancel(nil)
	if r.place != nil {
		r.place.leave()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open[string(r.id)] == r { // a client may have used an id twice
		delete(q.open, string(r.id))
	}
}

// cancel cancels a request, waiting or running, for its client. The protocol
// forbids that for initialize.
func (q *requestQueue) cancel(id json.RawMessage) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if r := q.open[string(id)]; r != nil && r.method != mcp.MethodInitialize {
		r.cancel(errCancelled)
	}
}

// close accepts no more requests. It returns a channel that is closed when the
// last one has ended.
func (q *requestQueue) close() <-chan struct{} {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		q.all.Wait()
		close(ended)
	}()
	return ended
}

// cancelWaiting cancels the requests that have not started.
func (q *requestQueue) cancelWaiting() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range q.open {
		if !r.running {
			r.cancel(errStopping)
		}
	}
}

type startedKey struct{}

// withStarted returns the context of a request; markStarted calls started.
func withStarted(ctx context.Context, started func()) context.Context {
	return context.WithValue(ctx, startedKey{}, started)
}

// markStarted reports that the request of ctx has started, so that the next
// one may start.
func markStarted(ctx context.Context) {
	if f, ok := ctx.Value(startedKey{}).(func()); ok {
		f()
	}
}
