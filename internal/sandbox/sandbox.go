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
// is a project too, unless Options.StrictProjects says otherwise.
const DefaultProject = "00000000-0000-0000-0000-000000000000"

// Header names of answers.
const (
	// HeaderSandbox is "true" in every answer: nothing here is the real API.
	HeaderSandbox = "X-Papi-Sandbox"
	// HeaderCode has the one-time code in the answer to a register.
	HeaderCode = "X-Papi-Sandbox-Code"
)

// Options say how a sandbox runs. The zero value is a sandbox in real time.
type Options struct {
	// Seed decides ids and codes: two sandboxes with the same seed and the
	// same calls come to the same state.
	Seed uint64
	// Manual lets time move by Advance and the control API only.
	Manual bool
	// Speed is how many seconds of the API's time a real second takes; 0 is 1.
	// Manual ignores it.
	Speed float64
	// Start is the API's time at first; zero is now, or ManualStart when
	// Manual is set.
	Start time.Time
	// Project is the one that seed data fills; "" is DefaultProject.
	Project string
	// StrictProjects refuses a project id that is not a UUID, such as {projectId},
	// with 401, as the API does. Else any id is a project.
	StrictProjects bool
	// Reachable tells that others than this machine can call the sandbox: then
	// it delivers no webhooks, since it could be made to call local services.
	Reachable bool
	// Logger gets the one-time codes and what happens; nil logs nothing.
	Logger *slog.Logger
}

// ManualStart is when the time of a manual sandbox begins.
var ManualStart = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// Sandbox is an imitation of the API. It is an http.Handler, safe for use by
// many at once. Close it when done.
type Sandbox struct {
	log            *slog.Logger
	seed           uint64
	seedProject    string // the project of seed data
	noDelivery     bool   // delivers nothing
	strictProjects bool   // takes UUIDs for projects alone
	mux            *http.ServeMux

	handlers map[string]handler      // by operation
	events   map[string]eventHandler // by kind

	stop          context.CancelFunc
	stopped       context.Context
	wake          chan struct{}  // tells the runner of a new event
	running       sync.WaitGroup // the runner and the deliveries
	webhookClient *http.Client   // of webhooks
	slots         chan struct{}  // of the tries that run

	advancing sync.Mutex // the time

	mu         sync.Mutex
	clock      clock
	now        time.Time // the API's time of what runs now
	state      *state
	faults     []*fault
	nextErrors map[string][]string // error codes to answer, by operation
	inFlight   int
	idle       *sync.Cond // of inFlight
}

// New returns a running sandbox.
func New(o Options) *Sandbox {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Sandbox{log: o.Logger, seed: o.Seed, noDelivery: o.Reachable, strictProjects: o.StrictProjects, seedProject: cmp.Or(o.Project, DefaultProject), wake: make(chan struct{}, 1), slots: make(chan struct{}, maxConcurrentTries), webhookClient: loopbackClient()}
	s.idle = sync.NewCond(&s.mu)
	s.stopped, s.stop = context.WithCancel(context.Background())
	s.clock = newClock(o)
	s.now = s.clock.now()
	s.reset()
	s.register()
	s.mux = s.routes()
	if !o.Manual {
		s.running.Go(s.run)
	}
	return s
}

// reset forgets all state. The time goes on.
func (s *Sandbox) reset() {
	s.state = newState()
	s.state.Seed = s.seed
	s.faults = nil
	s.nextErrors = map[string][]string{}
}

// Close stops timers and deliveries, and returns when they have ended. A
// closed sandbox still answers, but no time passes by itself.
func (s *Sandbox) Close() {
	s.mu.Lock()
	s.stop() // under the lock: no delivery starts behind it
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
// host the request names. A connection that the sandbox cuts is
// io.ErrUnexpectedEOF.
func (s *Sandbox) Transport() http.RoundTripper { return direct{s} }

type direct struct{ sandbox *Sandbox }

// RoundTrip implements http.RoundTripper.
func (d direct) RoundTrip(r *http.Request) (resp *http.Response, err error) {
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
		if cut := recover(); cut != nil {
			if failed, ok := cut.(error); !ok || !errors.Is(failed, http.ErrAbortHandler) {
				panic(cut)
			}
			resp, err = nil, io.ErrUnexpectedEOF
			if gone := r.Context().Err(); gone != nil {
				err = gone
			}
		}
	}()
	w := &kept{header: http.Header{}}
	d.sandbox.ServeHTTP(w, in)
	if w.status == 0 {
		w.status = http.StatusOK
	}
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

// kept is a ResponseWriter that keeps what is written.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header { return k.header }

func (k *kept) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
}

func (k *kept) Write(b []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	return k.body.Write(b)
}
