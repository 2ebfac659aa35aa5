package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"papi-mcp/internal/auth"
)

// HTTPOptions says who may call over HTTP, and how much.
type HTTPOptions struct {
	// Authenticate tells who calls; it must be set. auth.None is for loopback.
	Authenticate auth.Authenticator
	// ToolboxFor returns the tools of a caller, asked with each request; nil
	// stands for the server's toolbox for all. The tools that it has must be
	// among those of the server's. An error is logged, and told to the caller
	// as 503, or as what it says where it is an *auth.Failure.
	ToolboxFor func(ctx context.Context, id auth.Identity) (Toolbox, error)
	// Hosts are the names, without port, that a request's Host may have
	// beside those of the loopback; "*" allows all.
	Hosts []string
	// Origins are the web pages' origins that may call, such as
	// https://app.example.com. They get CORS headers; no others do.
	Origins []string
	// Ready reports whether calls can succeed; nil stands for yes. It is asked
	// at most every ten seconds.
	Ready func(ctx context.Context) error
	// Open are handlers that need no authentication, by pattern.
	Open   map[string]http.Handler
	Limits HTTPLimits
}

// HTTPLimits bound what callers may ask for. A zero value in any of them but
// Rate stands for that of DefaultHTTPLimits.
type HTTPLimits struct {
	Body               int           // bytes of a request
	Answer             int           // bytes of an answer
	Depth              int           // of the JSON of a request
	Rate               float64       // requests a second of one caller; 0 is no limit
	Burst              int           // requests that it may make at once
	Running            int           // requests that run at the same time
	Waiting            int           // requests that wait for a place
	MaxWait            time.Duration // how long they do
	Sessions           int           // of the older protocols, open at the same time
	SessionsPerCaller  int           // of one caller, with its connections of HTTP+SSE
	SessionIdleTimeout time.Duration // unused for so long, one ends
	Streams            int           // connections that stay open: streams and questions
	ReadTimeout        time.Duration // of a request's header and body
	WriteTimeout       time.Duration // of each write
	Heartbeat          time.Duration // between signs of life on a silent stream
}

// DefaultHTTPLimits are for a server of a few hundred agents.
var DefaultHTTPLimits = HTTPLimits{
	Body: 4 << 20, Answer: 16 << 20, Depth: 64, Rate: 50, Burst: 100,
	Running: 256, Waiting: 1024, MaxWait: 5 * time.Second,
	Sessions: 8192, SessionsPerCaller: 2048, SessionIdleTimeout: 30 * time.Minute,
	Streams: 8192, ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second,
	Heartbeat: 25 * time.Second,
}

// maxSessionStreams is how many streams a client may hold open for messages
// that belong to no call.
const maxSessionStreams = 4

// maxHeaderBytes bound a request's header.
const maxHeaderBytes = 32 << 10

// withDefaults returns the limits with the defaults for what is not set.
func (l HTTPLimits) withDefaults() HTTPLimits {
	d := DefaultHTTPLimits
	for _, pair := range [][2]*int{
		{&l.Body, &d.Body}, {&l.Answer, &d.Answer}, {&l.Depth, &d.Depth}, {&l.Burst, &d.Burst}, {&l.Running, &d.Running},
		{&l.Waiting, &d.Waiting}, {&l.Sessions, &d.Sessions}, {&l.SessionsPerCaller, &d.SessionsPerCaller}, {&l.Streams, &d.Streams},
	} {
		if *pair[0] == 0 {
			*pair[0] = *pair[1]
		}
	}
	for _, pair := range [][2]*time.Duration{
		{&l.MaxWait, &d.MaxWait}, {&l.SessionIdleTimeout, &d.SessionIdleTimeout}, {&l.ReadTimeout, &d.ReadTimeout},
		{&l.WriteTimeout, &d.WriteTimeout}, {&l.Heartbeat, &d.Heartbeat},
	} {
		if *pair[0] == 0 {
			*pair[0] = *pair[1]
		}
	}
	return l
}

// HTTP serves a Server to many clients: Streamable HTTP at /mcp for every
// protocol version, HTTP+SSE of 2024-11-05 at /sse and /message, and /healthz,
// /readyz and /metrics for those who run it.
type HTTP struct {
	server       *Server
	options      HTTPOptions
	limits       HTTPLimits
	mux          *http.ServeMux
	sessions     *sessions
	limiter      *limiter
	rateLimiters *rateLimiters
	streams      atomic.Int64
	ready        readiness

	// accepting ends when the server is told to stop: streams close, and no
	// new calls begin. running ends when their grace is over.
	accepting context.Context
	stop      context.CancelFunc
	running   context.Context
	cancel    context.CancelFunc

	mu          sync.Mutex
	connections map[string]*sseConnection // of HTTP+SSE, by session id
}

// HTTP returns a handler for the server. Serve runs it; where it is only used
// as a handler, Close must be called at the end.
func (s *Server) HTTP(options HTTPOptions) *HTTP {
	h := &HTTP{
		server: s, options: options, limits: options.Limits.withDefaults(),
		mux: http.NewServeMux(), connections: make(map[string]*sseConnection),
	}
	h.sessions = newSessions(s.mcp, h.limits)
	h.limiter = newLimiter(h.limits.Running, h.limits.Waiting, h.limits.MaxWait)
	h.rateLimiters = newRateLimiters(h.limits.Rate, h.limits.Burst)
	h.ready.check = options.Ready
	h.running, h.cancel = context.WithCancel(context.Background())
	h.accepting, h.stop = context.WithCancel(h.running)

	h.mux.Handle("/mcp", h.authenticated(methods{http.MethodPost: h.post, http.MethodGet: h.openNotifications, http.MethodDelete: h.endSession}))
	h.mux.Handle("/sse", h.authenticated(methods{http.MethodGet: h.openSSE}))
	h.mux.Handle("/message", h.authenticated(methods{http.MethodPost: h.postSSEMessage}))
	h.mux.Handle("/metrics", h.authenticated(methods{http.MethodGet: func(w http.ResponseWriter, r *http.Request, _ auth.Identity) {
		s.metrics.handler().ServeHTTP(w, r)
	}}))
	h.mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { h.reportStatus(w, http.StatusOK, "alive") })
	h.mux.HandleFunc("/readyz", h.reportReady)
	h.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		h.refuse(w, http.StatusNotFound, "nothing is here: MCP is at /mcp, or at /sse for clients of 2024-11-05")
	})
	for pattern, handler := range options.Open {
		h.mux.Handle(pattern, handler)
	}
	s.metrics.registerGauges(h)
	return h
}

// Serve serves the listeners until ctx ends. Then it takes no more calls, lets
// the running ones end for Options.Grace, cancels those that are left, and
// closes the streams. It returns nil after a stop in good order.
func (h *HTTP) Serve(ctx context.Context, listeners ...net.Listener) error {
	defer h.Close()
	hs := &http.Server{
		Handler:           h,
		BaseContext:       func(net.Listener) context.Context { return h.running },
		ReadHeaderTimeout: h.limits.ReadTimeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          errorLog(h.server.log),
		// No ReadTimeout and WriteTimeout: they would end streams and long
		// calls. Bodies and writes have their own deadlines.
	}
	go h.server.preload()
	ended := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { ended <- hs.Serve(l) }()
	}
	select {
	case err := <-ended:
		_ = hs.Close() // the other error says more
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}

	h.stop()
	grace, over := context.WithTimeout(context.WithoutCancel(ctx), h.server.grace)
	defer over()
	err := hs.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		h.cancel() // the calls that are left
		last, over := context.WithTimeout(context.WithoutCancel(ctx), h.server.grace)
		defer over()
		if err = hs.Shutdown(last); err != nil {
			_ = hs.Close() // it did what it could
			err = errors.New("calls did not end in time")
		}
	}
	return err
}

// Close ends every session and stream, and what runs in them.
func (h *HTTP) Close() {
	h.stop()
	h.cancel()
	h.sessions.closeAll()
}

// acquireStream counts a stream; ok is false when there are too many.
func (h *HTTP) acquireStream() (closed func(), ok bool) {
	if h.streams.Add(1) > int64(h.limits.Streams) {
		h.streams.Add(-1)
		return nil, false
	}
	return func() { h.streams.Add(-1) }, true
}
