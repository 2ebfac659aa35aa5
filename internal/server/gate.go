package server

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log"
	"log/slog"
	"math"
	"mime"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/loopback"
	"papi-mcp/internal/telemetry"
)

// codeRefused is the JSON-RPC error of what HTTP itself refuses.
const codeRefused = -32000

// ServeHTTP implements http.Handler. Every request passes here first: Host,
// Origin and the security headers hold for all endpoints alike.
func (h *HTTP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if p := recover(); p != nil {
			h.server.logPanic(r.Context(), "an HTTP request", p)
			h.refuse(w, http.StatusInternalServerError, "internal error")
		}
	}()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // of the request before
	counted := &countedWriter{ResponseWriter: w}
	w = counted
	r = withoutSlash(r.WithContext(telemetry.WithRequestID(r.Context(), requestIDOf(r))))
	defer func() {
		h.server.metrics.answered(counted.status)
		if counted.status >= http.StatusBadRequest {
			h.server.log.InfoContext(r.Context(), "refused", "method", r.Method, "path", r.URL.Path, "status", counted.status)
		}
	}()

	header := w.Header()
	header.Set(headerRequestID, telemetry.RequestID(r.Context()))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	if r.TLS != nil {
		header.Set("Strict-Transport-Security", "max-age=31536000")
	}
	switch origin := r.Header.Get("Origin"); {
	case !h.hostAllowed(r.Host):
		h.refuse(w, http.StatusForbidden, "this Host is not served here: see --allow-host")
	case len(r.Header.Values("Origin")) > 1 || !h.originAllowed(origin, r.Host):
		h.refuse(w, http.StatusForbidden, "pages of this Origin may not call: see --allow-origin")
	case h.cors(w, r, origin):
	case h.accepting.Err() != nil && r.URL.Path != "/healthz" && r.URL.Path != "/readyz" && r.URL.Path != "/message":
		header.Set("Connection", "close")
		header.Set("Retry-After", "5")
		h.refuse(w, http.StatusServiceUnavailable, errStopping.Error())
	default:
		h.mux.ServeHTTP(w, r)
	}
}

// withoutSlash returns the request for the path without a slash at its end:
// clients are given /mcp/ for /mcp, and repeat no POST after a redirect.
func withoutSlash(r *http.Request) *http.Request {
	if len(r.URL.Path) < 2 || !strings.HasSuffix(r.URL.Path, "/") {
		return r
	}
	u := *r.URL
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	if u.Path == "" {
		u.Path = "/"
	}
	r.URL = &u // r is ours
	return r
}

// headerRequestID names a request in logs and errors. A caller, or a gateway
// before us, may give it.
const headerRequestID = "X-Request-Id"

var goodRequestID = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)

// requestIDOf is the id that a request brought, if it is a plain one, or a new
// one.
func requestIDOf(r *http.Request) string {
	if given := r.Header.Get(headerRequestID); goodRequestID.MatchString(given) {
		return given
	}
	return rand.Text()
}

// hostAllowed reports whether a request for this host is for us. A page that
// had its own name point at our address sends that name.
func (h *HTTP) hostAllowed(host string) bool {
	name := hostName(host)
	return loopback.IsHost(name) || slices.Contains(h.options.Hosts, "*") || slices.ContainsFunc(h.options.Hosts, func(allowed string) bool {
		return strings.EqualFold(name, allowed)
	})
}

// originAllowed reports whether a page of this origin may call. Those of the
// server's own host may, where the host has been checked by its name.
func (h *HTTP) originAllowed(origin, host string) bool {
	if origin == "" || slices.Contains(h.options.Origins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Host, host) {
		return false
	}
	return loopback.IsHost(hostName(host)) || !slices.Contains(h.options.Hosts, "*")
}

// hostName is a host without its port and brackets.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

// cors answers what a browser asks before it lets a page call, and lets the
// pages of configured origins read answers. done tells that the request is
// answered.
func (h *HTTP) cors(w http.ResponseWriter, r *http.Request, origin string) (done bool) {
	if len(h.options.Origins) > 0 {
		w.Header().Add("Vary", "Origin")
	}
	if origin == "" || !slices.Contains(h.options.Origins, origin) {
		return false
	}
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Expose-Headers", "Mcp-Session-Id, WWW-Authenticate, X-Request-Id, Retry-After")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	header.Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
	header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Accept, Last-Event-ID, Mcp-Session-Id, Mcp-Protocol-Version, Mcp-Method, Mcp-Name, X-Sinch-Credentials, X-Request-Id, traceparent, tracestate")
	header.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}

// methods are the handlers of an endpoint for callers who are known.
type methods map[string]func(http.ResponseWriter, *http.Request, auth.Identity)

// known lets in whom the authenticator knows, as often as they may come.
func (h *HTTP) known(by methods) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handle, ok := by[r.Method]
		if !ok {
			for method := range by {
				w.Header().Add("Allow", method)
			}
			h.refuse(w, http.StatusMethodNotAllowed, "this method is not served here")
			return
		}
		id, failure := h.options.Authenticate.Authenticate(r)
		if failure != nil {
			h.refuseCaller(w, failure)
			return
		}
		if !h.charge(w, id, 1) {
			return
		}
		ctx := withPrincipal(telemetry.FromHeader(r.Context(), r.Header), id.Principal)
		handle(w, r.WithContext(ctx), id)
	})
}

// charge counts so many messages of a caller; ok is false when it has come too
// often, and the request has been refused.
func (h *HTTP) charge(w http.ResponseWriter, id auth.Identity, messages int) (ok bool) {
	wait, ok := h.rates.allow(id.CountedAs(), messages)
	if !ok {
		h.refuseFor(w, http.StatusTooManyRequests, wait, "too many requests: slow down")
	}
	return ok
}

// withTools returns the request with its caller's toolbox; ok is false when it
// has been refused.
func (h *HTTP) withTools(w http.ResponseWriter, r *http.Request, id auth.Identity) (*http.Request, bool) {
	if h.options.ToolboxFor == nil {
		return r, true
	}
	toolbox, err := h.options.ToolboxFor(r.Context(), id)
	var failure *auth.Failure
	switch {
	case errors.As(err, &failure):
		h.refuseCaller(w, failure)
		return nil, false
	case err != nil:
		h.server.log.Error("no tools for a caller", "principal", id.Principal, "error", err)
		h.refuseFor(w, http.StatusServiceUnavailable, 5*time.Second, "the tools of this caller are not available now")
		return nil, false
	}
	return r.WithContext(withToolbox(r.Context(), toolbox)), true
}

func (h *HTTP) refuseCaller(w http.ResponseWriter, failure *auth.Failure) {
	if failure.Challenge != "" {
		w.Header().Set("WWW-Authenticate", failure.Challenge)
	}
	h.server.metrics.refused("caller")
	refusal := jsonrpcError(nil, codeRefused, failure.Message)
	refusal.Error.Data = map[string]any{"errorCode": failure.Code, "requestId": w.Header().Get(headerRequestID)}
	h.refuseAs(w, failure.Status, refusal)
}

// refuseFor refuses a request that may be made again after a time.
func (h *HTTP) refuseFor(w http.ResponseWriter, status int, wait time.Duration, text string) {
	h.server.metrics.refused("busy")
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
	h.refuseMessage(w, status, nil, codeBusy, text)
}

// refuse answers with an error in JSON-RPC's form, for no request that we know.
func (h *HTTP) refuse(w http.ResponseWriter, status int, text string) {
	h.refuseMessage(w, status, nil, codeRefused, text)
}

// refuseMessage answers a request with an error, under its id.
func (h *HTTP) refuseMessage(w http.ResponseWriter, status int, id json.RawMessage, code int, text string) {
	h.refuseAs(w, status, jsonrpcError(id, code, text))
}

// refuseAs answers with an error, which names the HTTP request.
func (h *HTTP) refuseAs(w http.ResponseWriter, status int, refusal mcp.JSONRPCError) {
	line, err := encodeLine(traced(refusal, w.Header().Get(headerRequestID)))
	if err != nil {
		panic(err) // texts and ids are JSON
	}
	writeJSON(w, h.limits.WriteTimeout, status, line)
}

// readBody reads a message; ok is false when it has been refused.
func (h *HTTP) readBody(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		h.refuse(w, http.StatusUnsupportedMediaType, "the Content-Type must be application/json")
		return nil, false
	}
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(h.limits.ReadTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(h.limits.Body)))
	if err == nil {
		// Else the deadline stays: net/http reads the rest of a body that was
		// refused, and a slow client would hold it for ever.
		_ = c.SetReadDeadline(time.Time{})
	}
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		h.refuse(w, http.StatusRequestEntityTooLarge, "a message may have "+strconv.Itoa(h.limits.Body)+" bytes")
		return nil, false
	case err != nil:
		w.Header().Set("Connection", "close")
		h.refuse(w, http.StatusRequestTimeout, "the message did not come in time")
		return nil, false
	case depth(body) > h.limits.Depth:
		h.refuse(w, http.StatusBadRequest, "the message is nested deeper than "+strconv.Itoa(h.limits.Depth))
		return nil, false
	}
	return body, true
}

// depth is how deep arrays and objects are nested in a text that may be JSON.
func depth(text []byte) int {
	deepest, now, inString := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}

// tell answers those who run the server.
func (h *HTTP) tell(w http.ResponseWriter, status int, text string) {
	line, err := encodeLine(map[string]string{"status": text})
	if err != nil {
		panic(err)
	}
	writeJSON(w, h.limits.WriteTimeout, status, line)
}

// readiness is whether calls can succeed, asked once for many.
type readiness struct {
	check func(context.Context) error
	mu    sync.Mutex
	asked time.Time
	err   error
}

const (
	readyTTL     = 10 * time.Second
	readyTimeout = 5 * time.Second
)

func (r *readiness) get(ctx context.Context) error {
	if r.check == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.asked) >= readyTTL {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
		defer cancel()
		r.err = r.check(ctx)
		r.asked = time.Now()
	}
	return r.err
}

func (h *HTTP) tellReady(w http.ResponseWriter, r *http.Request) {
	if h.accepting.Err() != nil {
		h.tell(w, http.StatusServiceUnavailable, "stopping")
		return
	}
	if err := h.ready.get(r.Context()); err != nil {
		h.server.log.Warn("not ready", "error", err)
		h.tell(w, http.StatusServiceUnavailable, "the API can't be used now; the server's log has the details")
		return
	}
	h.tell(w, http.StatusOK, "ready")
}

// errorLog takes what net/http has to say, such as failed handshakes. It tells
// of panics with their values, which must not get out; ours are recovered
// before it sees them.
func errorLog(l *slog.Logger) *log.Logger { return slog.NewLogLogger(l.Handler(), slog.LevelDebug) }

// countedWriter remembers the status of an answer.
type countedWriter struct {
	http.ResponseWriter
	status int
}

// Unwrap lets http.ResponseController flush and set deadlines.
func (w *countedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *countedWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}
