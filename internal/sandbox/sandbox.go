package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// DefaultProject is the project that the docs and the demo use. Any other id
// is a project too, unless Options.StrictProjects is set.
const DefaultProject = "00000000-0000-0000-0000-000000000000"

// Header names of answers.
const (
	// HeaderSandbox is "true" in every answer: nothing here is the real API.
	HeaderSandbox = "X-Papi-Sandbox"
	// HeaderCode is the one-time code, in the answer to a registration.
	HeaderCode = "X-Papi-Sandbox-Code"
)

// Options configure a sandbox. The zero value is a sandbox in real time.
type Options struct {
	// Seed determines ids and codes: two sandboxes with the same seed and the
	// same calls are in the same state.
	Seed uint64
	// Manual stops the clock, which then moves by Advance and the control API
	// only.
	Manual bool
	// Speed is the number of seconds of the API's time in a real second; 0 is 1.
	// It has no effect with Manual.
	Speed float64
	// Start is the API's time at the start; the zero value is the present, or
	// ManualStart with Manual.
	Start time.Time
	// Project is the project that seed data fills; "" is DefaultProject.
	Project string
	// StrictProjects refuses a project id that is not a UUID, such as {projectId},
	// with 401, as the API does. Otherwise any id is a project.
	StrictProjects bool
	// Reachable states that other machines can call the sandbox. It then delivers
	// no webhooks, since they could make it call local services.
	Reachable bool
	// Logger gets the deliveries, and the one-time codes that no phone gets (see
	// WithPhone); nil logs nothing.
	Logger *slog.Logger
}

// ManualStart is the time at which a manual sandbox starts.
var ManualStart = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// Sandbox is an imitation of the API. It is an http.Handler, safe for use by
// many goroutines. Close it when done.
type Sandbox struct {
	log            *slog.Logger
	seed           uint64
	seedProject    string // the project of seed data
	noDelivery     bool
	strictProjects bool
	mux            *http.ServeMux

	handlers map[string]handler      // by operation
	events   map[string]eventHandler // by kind

	stop          context.CancelFunc
	stopped       context.Context
	wake          chan struct{}  // receives when there is a new event
	running       sync.WaitGroup // of run and the deliveries
	webhookClient *http.Client
	slots         chan struct{} // limits concurrent deliveries

	advancing sync.Mutex // one Advance or Load at a time

	mu         sync.Mutex // guards the rest
	clock      clock
	now        time.Time // the API's time of the present request or event
	state      *state
	faults     []*fault
	nextErrors map[string][]string // the codes that operations answer next
	inFlight   int                 // deliveries
	idle       *sync.Cond          // signals a change of inFlight
}

// New returns a running sandbox.
func New(o Options) *Sandbox {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Sandbox{
		log:            o.Logger,
		seed:           o.Seed,
		seedProject:    cmp.Or(o.Project, DefaultProject),
		noDelivery:     o.Reachable,
		strictProjects: o.StrictProjects,
		wake:           make(chan struct{}, 1),
		webhookClient:  loopbackClient(),
		slots:          make(chan struct{}, maxConcurrentTries),
		clock:          newClock(o),
	}
	s.idle = sync.NewCond(&s.mu)
	s.stopped, s.stop = context.WithCancel(context.Background())
	s.now = s.clock.now()
	s.reset()
	s.register()
	s.mux = s.routes()
	if !o.Manual {
		s.running.Go(s.run)
	}
	return s
}

// reset removes all state but the time.
func (s *Sandbox) reset() {
	s.state = newState()
	s.state.Seed = s.seed
	s.faults = nil
	s.nextErrors = map[string][]string{}
}

// Close stops timers and deliveries, and returns when they have ended. A
// closed sandbox still answers, and events that are due happen before it does.
func (s *Sandbox) Close() {
	s.mu.Lock()
	s.stop() // under the lock, so that no delivery starts after it
	s.mu.Unlock()
	s.running.Wait()
	s.webhookClient.CloseIdleConnections()
}

// ServeHTTP answers as the API does.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(HeaderSandbox, "true")
	s.mux.ServeHTTP(w, r)
}

// Transport returns a RoundTripper that calls the sandbox directly, whatever
// the host of the request. Where a fault cuts the connection, the error is
// io.ErrUnexpectedEOF.
func (s *Sandbox) Transport() http.RoundTripper { return transport{s} }

type transport struct{ sandbox *Sandbox }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "in-process"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer func() {
		if panicked := recover(); panicked != nil {
			if abort, ok := panicked.(error); !ok || !errors.Is(abort, http.ErrAbortHandler) {
				panic(panicked)
			}
			resp, err = nil, cmp.Or(r.Context().Err(), io.ErrUnexpectedEOF)
		}
	}()
	w := &recorder{header: http.Header{}}
	t.sandbox.ServeHTTP(w, in)
	w.WriteHeader(http.StatusOK) // where the handler has not
	return &http.Response{
		Status:        http.StatusText(w.status),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.header,
		Body:          io.NopCloser(&w.body),
		ContentLength: int64(w.body.Len()),
		Request:       r,
	}, nil
}

// recorder is a ResponseWriter that records what is written.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}
