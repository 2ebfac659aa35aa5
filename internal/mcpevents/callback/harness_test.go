package callback

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"papi-mcp/internal/mcpevents"
	"papi-mcp/internal/store"
)

// maxWait is how long a test waits for what should happen immediately.
const maxWait = 20 * time.Second

// The secrets of clients in tests: 24 bytes each.
const (
	secretA = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	secretB = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
)

// fakeLog is a log in memory. Its cursors are the numbers of the last event.
type fakeLog struct {
	mu      sync.Mutex
	events  []mcpevents.Occurrence
	dropped int // how many of the first are not kept any more
	refused map[string]*mcpevents.Error
	kept    map[string]time.Time // until when an interest is watched
}

func (f *fakeLog) After(_ context.Context, _ mcpevents.Owner, in mcpevents.Interest, cursor string, notBefore time.Time, limit int) (mcpevents.Page, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	end := strconv.Itoa(len(f.events))
	position, err := strconv.Atoi(cursor)
	if err != nil || position > len(f.events) {
		return mcpevents.Page{Start: end, Cursor: end, Truncated: cursor != ""}, nil
	}
	page := mcpevents.Page{}
	if position < f.dropped {
		position, page.Truncated = f.dropped, true
	}
	page.Start = strconv.Itoa(position)
	for position < len(f.events) && len(page.Occurrences) < limit {
		o := f.events[position]
		position++
		switch {
		case o.Name != in.Name:
		case o.Timestamp.Before(notBefore):
			page.Truncated, page.Start = true, strconv.Itoa(position)
		default:
			o.Cursor = strconv.Itoa(position)
			page.Occurrences = append(page.Occurrences, o)
		}
	}
	page.Cursor, page.More = strconv.Itoa(position), position < len(f.events)
	return page, nil
}

func (f *fakeLog) Keep(_ context.Context, _ mcpevents.Owner, in mcpevents.Interest, until time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept[string(in.Arguments)] = until
	return nil
}

func (f *fakeLog) Check(_ context.Context, _ mcpevents.Caller, name string, raw json.RawMessage) (mcpevents.Interest, *mcpevents.Error) {
	if name != "changed" {
		return mcpevents.Interest{}, &mcpevents.Error{Code: mcpevents.NotFound, Message: "no such event", Data: map[string]any{"kind": "event"}}
	}
	var arguments map[string]any
	if json.Unmarshal(raw, &arguments) != nil {
		arguments = map[string]any{}
	}
	return mcpevents.Interest{Name: name, Arguments: encode(arguments)}, nil
}

func (f *fakeLog) Access(_ context.Context, owner mcpevents.Owner, _ mcpevents.Interest) *mcpevents.Error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.refused[owner.Principal]
}

func (f *fakeLog) refuse(principal string, why *mcpevents.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refused[principal] = why
}

// received is what an endpoint was sent.
type received struct {
	header http.Header
	path   string
	raw    []byte
	body   map[string]any
}

func (r received) text(name string) string { text, _ := r.body[name].(string); return text }

// receiver is the endpoint of a client. It echoes challenges, and answers each other body
// as respond says; nil: with 204.
type receiver struct {
	*httptest.Server
	bodies  chan received
	mu      sync.Mutex
	respond func(received) int
	silent  bool // challenges are not echoed
}

func newReceiver(t *testing.T, start func(http.Handler) *httptest.Server) *receiver {
	r := &receiver{bodies: make(chan received, 1000)}
	r.Server = start(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		raw, _ := io.ReadAll(request.Body)
		got := received{header: request.Header, path: request.URL.Path, raw: raw}
		_ = json.Unmarshal(raw, &got.body)
		r.bodies <- got
		r.mu.Lock()
		respond, silent := r.respond, r.silent
		r.mu.Unlock()
		if got.text("type") == verification {
			if silent {
				fmt.Fprint(w, `{"challenge":"another"}`)
				return
			}
			fmt.Fprintf(w, `{"challenge":%q}`, got.text("challenge"))
			return
		}
		status := http.StatusNoContent
		if respond != nil {
			status = respond(got)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(r.Close)
	return r
}

// answers sets how the endpoint answers.
func (r *receiver) answers(respond func(received) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.respond = respond
}

// next returns what arrives next.
func (r *receiver) next(t *testing.T) received {
	t.Helper()
	select {
	case got := <-r.bodies:
		return got
	case <-time.After(maxWait):
		t.Fatal("the endpoint got nothing")
		panic("not reached")
	}
}

// none fails the test where something has arrived.
func (r *receiver) none(t *testing.T) {
	t.Helper()
	select {
	case got := <-r.bodies:
		t.Errorf("the endpoint got %s", got.raw)
	default:
	}
}

// clock is the time of a test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// counts are the metrics.
type counts struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *counts) add(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n[what]++
}

func (c *counts) Delivered(outcome string)  { c.add(outcome) }
func (c *counts) Challenged(outcome string) { c.add("challenge " + outcome) }

func (c *counts) of(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[what]
}

// fixture is subscriptions on a store in memory, and a client with an endpoint.
type fixture struct {
	*testing.T
	log     *fakeLog
	clock   *clock
	store   *store.Memory
	metrics *counts
	options Options
	subs    *Subscriptions
	hook    *receiver
}

// newFixture returns a fixture whose deliveries run.
func newFixture(t *testing.T, edit func(*Options)) *fixture {
	f := &fixture{T: t, log: &fakeLog{refused: map[string]*mcpevents.Error{}, kept: map[string]time.Time{}}, clock: &clock{at: time.Now()}, metrics: &counts{n: map[string]int{}}}
	f.store = store.NewMemoryAt(f.clock.now)
	f.options = Options{
		Store: f.store, Events: f.log, Metrics: f.metrics, Loopback: true, UserAgent: "papi-mcp/test",
		now: f.clock.now, delays: []time.Duration{0, 0, 0}, poll: 5 * time.Millisecond, sweep: time.Hour,
	}
	if edit != nil {
		edit(&f.options)
	}
	f.subs = New(f.options)
	f.hook = newReceiver(t, httptest.NewServer)
	return f
}

// run delivers until the function that it returns is called, or the test ends.
func (f *fixture) run(s *Subscriptions) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	stop = func() { cancel(); running.Wait() }
	f.Cleanup(stop)
	return stop
}

func caller(principal string) mcpevents.Caller {
	return mcpevents.Caller{Owner: mcpevents.Owner{Principal: principal}, As: principal}
}

// request are the params of a subscription, with what more has.
func (f *fixture) request(more string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"name":"changed","delivery":{"mode":"webhook","url":%q,"secret":%q}%s}`, f.hook.URL+"/hook", secretA, more))
}

// subscribe subscribes, and takes the challenge if there is one.
func (f *fixture) subscribe(principal string, params json.RawMessage) *Subscribed {
	f.Helper()
	got, wrong := f.subs.Subscribe(f.Context(), caller(principal), params)
	if wrong != nil {
		f.Fatalf("subscribe: %v %v", wrong, wrong.Data)
	}
	select {
	case first := <-f.hook.bodies:
		if first.text("type") != verification {
			f.hook.bodies <- first
		}
	default:
	}
	return got.(*Subscribed)
}

// occur adds an event to the log, and has it delivered.
func (f *fixture) occur(ids ...string) {
	f.Helper()
	f.log.mu.Lock()
	for _, id := range ids {
		f.log.events = append(f.log.events, mcpevents.Occurrence{EventID: id, Name: "changed", Timestamp: f.clock.now(), Data: json.RawMessage(`{"state":"APPROVED"}`)})
	}
	f.log.mu.Unlock()
	if err := f.subs.Appended(f.Context(), ""); err != nil {
		f.Fatal(err)
	}
}

// until waits until a condition is met.
func (f *fixture) until(what string, is func() bool) {
	f.Helper()
	deadline := time.After(maxWait)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			f.Fatalf("it never was so: %s", what)
		}
	}
}

// verifies checks the signature of a delivery with the library's own check.
func verifies(t *testing.T, r received, secret string) bool {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return hook.VerifyIgnoringTimestamp(r.raw, r.header) == nil
}

func signatures(r received) int { return len(strings.Fields(r.header.Get("webhook-signature"))) }
