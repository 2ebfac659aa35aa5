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

// HTTPOptions configure who may call over HTTP, and how much.
type HTTPOptions struct {
	// Authenticate authenticates callers; it must be set. auth.None is for
	// loopback.
	Authenticate auth.Authenticator
	// ToolboxFor returns the tools of a caller, for each request; nil means that
	// all callers have the server's toolbox. Its tools must be among the server's.
	// An error is logged and answered with 503; an *auth.Failure is answered with
	// its own status.
	ToolboxFor func(ctx context.Context, id auth.Identity) (Toolbox, error)
	// Hosts are the names, without port, that a request's Host may have besides
	// those of the loopback; "*" allows all.
	Hosts []string
	// Origins are the origins of web pages that may call, such as
	// https://app.example.com. Only they get CORS headers.
	Origins []string
	// Ready returns an error where calls can't succeed; nil means that they can. It
	// is called at most every ten seconds.
	Ready func(ctx context.Context) error
	// Drain is called when the server is asked to stop. Until it returns, /readyz fails
	// and calls are still accepted, so that a load balancer can send them elsewhere. nil:
	// it stops immediately.
	Drain func()
	// Open are handlers without authentication, by pattern.
	Open map[string]http.Handler
	// Limits start from DefaultHTTPLimits.
	Limits HTTPLimits
}

// HTTPLimits bound what callers may use: all fields must be set, except for Rate.
type HTTPLimits struct {
	Body               int           // bytes of a request
	Answer             int           // bytes of an answer
	Depth              int           // nesting of the JSON of a request
	Rate               float64       // requests per second of one caller; 0 means no limit
	Burst              int           // requests of one caller at the same time
	Running            int           // requests that run concurrently
	Waiting            int           // requests in the queue
	MaxWait            time.Duration // in the queue
	Sessions           int           // open sessions of the older protocols
	SessionsPerCaller  int           // with the caller's connections of HTTP+SSE
	SessionIdleTimeout time.Duration
	Streams            int           // open connections: requests and streams
	ReadTimeout        time.Duration // of a request's header and body
	WriteTimeout       time.Duration // of each write
	Heartbeat          time.Duration // interval on a silent stream
}

// DefaultHTTPLimits suit a server of a few hundred agents.
var DefaultHTTPLimits = HTTPLimits{
	Body: 4 << 20, Answer: 16 << 20, Depth: 64, Rate: 50, Burst: 100,
	Running: 256, Waiting: 1024, MaxWait: 5 * time.Second,
	Sessions: 8192, SessionsPerCaller: 2048, SessionIdleTimeout: 30 * time.Minute,
	Streams: 8192, ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second,
	Heartbeat: 25 * time.Second,
}

// maxSessionStreams bounds the streams of a session for messages that belong
// to no call.
const maxSessionStreams = 4

// maxHeaderBytes bounds a request's header.
const maxHeaderBytes = 32 << 10

// HTTP serves a Server to many clients: Streamable HTTP at /mcp for all
// protocol versions, HTTP+SSE of 2024-11-05 at /sse and /message, and
// /healthz, /readyz and /metrics for its operator.
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
	draining     atomic.Bool

	// accepting ends when the server is stopping: streams close, and no new call
	// starts. running ends after the grace period.
	accepting context.Context
	stop      context.CancelFunc
	running   context.Context
	cancel    context.CancelFunc

	mu          sync.Mutex
	connections map[string]*connection // of HTTP+SSE, by session id
}

// HTTP returns a handler for the server. Serve runs it; a caller that uses
// only the handler must call Close at the end.
func (s *Server) HTTP(options HTTPOptions) *HTTP {
	h := &HTTP{
		server: s, options: options, limits: options.Limits,
		mux: http.NewServeMux(), connections: make(map[string]*connection),
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
	metrics := s.metrics.Handler()
	h.mux.Handle("/metrics", h.authenticated(methods{http.MethodGet: func(w http.ResponseWriter, r *http.Request, _ auth.Identity) { metrics.ServeHTTP(w, r) }}))
	h.mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { h.reportStatus(w, http.StatusOK, "alive") })
	h.mux.HandleFunc("/readyz", h.reportReady)
	h.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		h.refuse(w, http.StatusNotFound, "not found: MCP is at /mcp, or at /sse for clients of 2024-11-05")
	})
	for pattern, handler := range options.Open {
		h.mux.Handle(pattern, handler)
	}
	s.metrics.registerGauges(h)
	return h
}

// Serve serves the listeners until ctx ends. Then it is no longer ready, drains as the
// options say, accepts no more calls, waits for the running ones, cancels the remaining
// ones after the grace period, and closes the streams. It returns nil after an orderly
// stop.
func (h *HTTP) Serve(ctx context.Context, listeners ...net.Listener) error {
	defer h.Close()
	hs := &http.Server{
		Handler:           h,
		BaseContext:       func(net.Listener) context.Context { return h.running },
		ReadHeaderTimeout: h.limits.ReadTimeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          errorLog(h.server.log),
		// No ReadTimeout and WriteTimeout, which would end streams and long calls:
		// bodies and writes have their own deadlines.
	}
	go h.server.preload(h.server.loadTools, h.server.loadPrompts)
	serveErrors := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { serveErrors <- hs.Serve(l) }()
	}
	select {
	case err := <-serveErrors:
		_ = hs.Close() // the first error says more
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}

	h.draining.Store(true)
	if h.options.Drain != nil {
		h.options.Drain()
	}
	h.server.calls.stop()
	h.stop()
	grace, over := context.WithTimeout(context.WithoutCancel(ctx), h.server.grace)
	defer over()
	err := hs.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		h.cancel() // the remaining calls
		last, over := context.WithTimeout(context.WithoutCancel(ctx), h.server.grace)
		defer over()
		if err = hs.Shutdown(last); err != nil {
			_ = hs.Close() // its error says no more
			err = errors.New("calls did not end in time")
		}
	}
	return err
}

// Close ends all sessions, streams and running calls.
func (h *HTTP) Close() {
	h.stop()
	h.cancel()
	h.sessions.closeAll()
}

// acquireStream counts an open connection until closed is called; ok is false when
// there are too many and the request has been refused.
func (h *HTTP) acquireStream(w http.ResponseWriter, retryAfter time.Duration) (closed func(), ok bool) {
	if closed, ok = acquire(&h.streams, h.limits.Streams); !ok {
		h.refuseWithRetry(w, http.StatusServiceUnavailable, retryAfter, errBusy.Error())
	}
	return closed, ok
}

// acquire counts one more until release is called; ok is false at the maximum.
func acquire(count *atomic.Int64, maximum int) (release func(), ok bool) {
	release = func() { count.Add(-1) }
	if count.Add(1) > int64(maximum) {
		release()
		return nil, false
	}
	return release, true
}
