package server

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
	"golang.org/x/sync/semaphore"
)

// connectionLimits bound what one connection may ask of the process.
type connectionLimits struct {
	line       int   // bytes in a line
	inFlight   int64 // bytes of all lines that are read and not yet done with
	concurrent int64 // requests served at the same time
}

// With lines of the usual size, tens of thousands may wait.
var defaultConnectionLimits = connectionLimits{line: 8 << 20, inFlight: 64 << 20, concurrent: 64}

// lineCost is what a line costs beside its bytes, about: its goroutine.
const lineCost = 1 << 10

// request is one request of the client, from the reading of its line until
// its answer is out.
type request struct {
	id     json.RawMessage
	method mcp.MCPMethod
	ctx    context.Context
	cancel context.CancelCauseFunc
	// turn is closed when the request before this one has begun, begun closes
	// that of the next one.
	turn    <-chan struct{}
	started func()
	running bool // it no longer waits
	counted bool // it counts among those served
	// batch gathers its answer where it came in one, at a place; else nil.
	batch *batch
	index int
}

// Why a request ended before its time.
var (
	errCancelled = errors.New("cancelled by the client")
	errStopping  = errors.New("the server is stopping")
)

// requestQueue are the requestQueue of one connection.
//
// They begin one after the other, in the order of their lines, and then run
// side by side, so many at a time. Each waits in a goroutine of its own for
// the one before it: so the reader never waits for a call, and an answer that
// a call is waiting for, or its cancellation, gets through behind any number
// of waiting requestQueue. Only when those fill the memory they may have does the
// reader pause.
type requestQueue struct {
	room       *semaphore.Weighted // bytes of lines
	concurrent *semaphore.Weighted // requests
	all        sync.WaitGroup
	mu         sync.Mutex
	closed     bool // takes no more
	open       map[string]*request
	last       <-chan struct{} // closed when the last request taken has begun
}

func newRequestQueue(l connectionLimits) *requestQueue {
	begun := make(chan struct{})
	close(begun)
	return &requestQueue{
		room:       semaphore.NewWeighted(l.inFlight),
		concurrent: semaphore.NewWeighted(l.concurrent),
		open:       make(map[string]*request),
		last:       begun,
	}
}

// run runs f beside the reader, on account of a line of so many bytes. It
// waits for room; ok is false when ctx ends before, or no more is taken.
func (q *requestQueue) run(ctx context.Context, bytes int, f func()) (ok bool) {
	cost := int64(bytes) + lineCost
	if q.room.Acquire(ctx, cost) != nil {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.all.Go(func() {
		defer q.room.Release(cost)
		f()
	})
	return true
}

// enqueue puts a request at the end of the queue.
func (q *requestQueue) enqueue(r *request) {
	begun := make(chan struct{})
	r.started = sync.OnceFunc(func() { close(begun) })
	q.mu.Lock()
	defer q.mu.Unlock()
	r.turn, q.last = q.last, begun
	q.open[string(r.id)] = r
}

// waitTurn returns nil when the request may begin, and the reason when it never
// will. leave must follow in any case.
func (q *requestQueue) waitTurn(r *request) error {
	<-r.turn
	if r.method != mcp.MethodSubscriptionsListen { // which lasts as long as the connection
		if q.concurrent.Acquire(r.ctx, 1) != nil {
			return context.Cause(r.ctx)
		}
		r.counted = true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	r.running = true
	return context.Cause(r.ctx)
}

// finish lets the next request begin, if this one has not yet, and gives back
// what it held.
func (q *requestQueue) finish(r *request) {
	r.started()
	r.cancel(nil)
	if r.counted {
		q.concurrent.Release(1)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open[string(r.id)] == r { // a careless client may use an id twice
		delete(q.open, string(r.id))
	}
}

// cancel ends a request, waiting or running, as its client wishes. The
// protocol forbids it for initialize.
func (q *requestQueue) cancel(id json.RawMessage) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if r := q.open[string(id)]; r != nil && r.method != mcp.MethodInitialize {
		r.cancel(errCancelled)
	}
}

// close takes no more requests. The channel it returns is closed when the last
// one has ended.
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

// cancelWaiting ends the requests that still wait; those that run go on.
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

// withStarted returns the context of a request that tells through it when its
// handling has begun.
func withStarted(ctx context.Context, begun func()) context.Context {
	return context.WithValue(ctx, startedKey{}, begun)
}

// markStarted tells that the handling of the request has markStarted, so that the next one
// may. Where nothing waits for that, it does nothing.
func markStarted(ctx context.Context) {
	if f, ok := ctx.Value(startedKey{}).(func()); ok {
		f()
	}
}
