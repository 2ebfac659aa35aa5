package server

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"mime"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"papi-mcp/internal/lazyregexp"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/telemetry"
)

// codeRefused is the JSON-RPC error code for a request that the transport
// refuses: by its headers, or over a limit.
const codeRefused = -32000

// ServeHTTP implements http.Handler. It checks Host and Origin, and sets the
// security headers, for all endpoints.
func (h *HTTP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if p := recover(); p != nil {
			h.server.logPanic(r.Context(), "an HTTP request", p)
			h.refuse(w, http.StatusInternalServerError, "internal error")
		}
	}()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // set by the request before on this connection
	recorder := &statusRecorder{ResponseWriter: w}
	w = recorder
	r = trimSlash(r.WithContext(telemetry.WithRequestID(r.Context(), requestIDOf(r))))
	defer func() {
		h.server.metrics.answers.WithLabelValues(strconv.Itoa(recorder.status)).Inc()
		if recorder.status >= http.StatusBadRequest {
			h.server.log.InfoContext(r.Context(), "refused", "method", r.Method, "path", r.URL.Path, "status", recorder.status)
		}
	}()

	header := w.Header()
	header.Set(headerRequestID, telemetry.RequestID(r.Context()))
	maps.Copy(header, securityHeader)
	if r.TLS != nil {
		header.Set("Strict-Transport-Security", "max-age=31536000")
	}
	switch origin := r.Header.Get("Origin"); {
	case !h.hostAllowed(r.Host):
		h.refuse(w, http.StatusForbidden, "this Host is not served here: see --allow-host")
	case len(r.Header.Values("Origin")) > 1 || !h.originAllowed(origin, r.Host):
		h.refuse(w, http.StatusForbidden, "pages of this Origin are not allowed: see --allow-origin")
	case h.cors(w, r, origin):
	case h.accepting.Err() != nil && r.URL.Path != "/healthz" && r.URL.Path != "/readyz" && r.URL.Path != "/message":
		header.Set("Connection", "close")
		header.Set("Retry-After", "5")
		h.refuse(w, http.StatusServiceUnavailable, errStopping.Error())
	default:
		h.mux.ServeHTTP(w, r)
	}
}

// securityHeader is in each answer. Its values are shared, and not appended to.
var securityHeader = http.Header{
	"X-Content-Type-Options":  {"nosniff"},
	"Content-Security-Policy": {"default-src 'none'; frame-ancestors 'none'"},
	"Referrer-Policy":         {"no-referrer"},
	"Cache-Control":           {"no-store"},
}

// trimSlash returns the request for the path without a slash at its end:
// clients are configured with /mcp/ instead of /mcp, and do not repeat a POST
// after a redirect.
func trimSlash(r *http.Request) *http.Request {
	if len(r.URL.Path) < 2 || !strings.HasSuffix(r.URL.Path, "/") {
		return r
	}
	u := *r.URL
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	if u.Path == "" {
		u.Path = "/"
	}
	r.URL = &u // r is a copy already
	return r
}

// headerRequestID identifies a request in logs and errors. A caller, or a
// gateway, may set it.
const headerRequestID = "X-Request-Id"

var validRequestID = lazyregexp.New(`^[A-Za-z0-9._:-]{1,64}$`)

// requestIDOf returns the id in the request, if it is valid, or a new one.
func requestIDOf(r *http.Request) string {
	if given := r.Header.Get(headerRequestID); given != "" && validRequestID.MatchString(given) {
		return given
	}
	return strconv.FormatUint(rand.Uint64(), 36) // of which nothing depends on being secret
}

// methods are the handlers of an endpoint for authenticated callers.
type methods map[string]func(http.ResponseWriter, *http.Request, auth.Identity)

// authenticated passes on the requests of callers that the authenticator
// accepts, within their rate limit.
func (h *HTTP) authenticated(handlers methods) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handle, ok := handlers[r.Method]
		if !ok {
			for method := range handlers {
				w.Header().Add("Allow", method)
			}
			h.refuse(w, http.StatusMethodNotAllowed, "this method is not served here")
			return
		}
		id, failure := h.options.Authenticate(r)
		if failure != nil {
			h.refuseCaller(w, failure)
			return
		}
		if !h.checkRate(w, id, 1) {
			return
		}
		ctx := withIdentity(withPrincipal(telemetry.FromHeader(r.Context(), r.Header), id.Principal), id)
		handle(w, r.WithContext(ctx), id)
	})
}

// mayListen reports whether the caller of a request that lasts would still be let in, with
// the same rights: its key may have been removed, or its token has expired.
func (h *HTTP) mayListen(r *http.Request, id auth.Identity) bool {
	now, failure := h.options.Authenticate(r)
	if failure != nil {
		return failure.Status != http.StatusUnauthorized && failure.Status != http.StatusForbidden
	}
	return now.Principal == id.Principal && reflect.DeepEqual(now.Grant, id.Grant)
}

// checkRate counts messages of a caller; ok is false when the rate limit was
// exceeded and the request has been refused.
func (h *HTTP) checkRate(w http.ResponseWriter, id auth.Identity, messages int) (ok bool) {
	wait, ok := h.rateLimiters.allow(id.LimitKey(), messages)
	if !ok {
		h.refuseWithRetry(w, http.StatusTooManyRequests, wait, "too many requests: slow down")
	}
	return ok
}

// withTools returns the request with its caller's toolbox; ok is false when
// the request has been refused.
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
		h.server.log.Error("the tools of a caller are not available", "principal", id.Principal, "error", err)
		h.refuseWithRetry(w, http.StatusServiceUnavailable, 5*time.Second, "the tools of this caller are not available now")
		return nil, false
	}
	return r.WithContext(withToolbox(r.Context(), toolbox)), true
}

func (h *HTTP) refuseCaller(w http.ResponseWriter, failure *auth.Failure) {
	if failure.Challenge != "" {
		w.Header().Set("WWW-Authenticate", failure.Challenge)
	}
	h.server.metrics.refusals.WithLabelValues("caller").Inc()
	refusal := jsonrpcError(nil, codeRefused, failure.Message)
	refusal.Error.Data = map[string]any{"errorCode": failure.Code, "requestId": w.Header().Get(headerRequestID)}
	h.writeError(w, failure.Status, refusal)
}

// refuseWithRetry refuses a request over a limit, which may be sent again
// after wait.
func (h *HTTP) refuseWithRetry(w http.ResponseWriter, status int, wait time.Duration, text string) {
	h.server.metrics.refusals.WithLabelValues("busy").Inc()
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
	h.refuse(w, status, text)
}

// refuse answers with a JSON-RPC error without an id.
func (h *HTTP) refuse(w http.ResponseWriter, status int, text string) {
	h.refuseMessage(w, status, nil, codeRefused, text)
}

// refuseMessage answers a JSON-RPC message with an error.
func (h *HTTP) refuseMessage(w http.ResponseWriter, status int, id json.RawMessage, code int, text string) {
	h.writeError(w, status, jsonrpcError(id, code, text))
}

// writeError answers with an error that has the id of the HTTP request.
func (h *HTTP) writeError(w http.ResponseWriter, status int, refusal mcp.JSONRPCError) {
	writeJSON(w, h.limits.WriteTimeout, status, mustEncode(withHTTPRequest(refusal, w.Header().Get(headerRequestID))))
}

// readBody reads a message; ok is false when the request has been refused.
func (h *HTTP) readBody(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	if !isJSON(r.Header.Get("Content-Type")) {
		h.refuse(w, http.StatusUnsupportedMediaType, "the Content-Type must be application/json")
		return nil, false
	}
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(h.limits.ReadTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(h.limits.Body)))
	if err == nil {
		// After an error the deadline stays: net/http reads the rest of a refused
		// body, which a slow client could delay for ever.
		_ = c.SetReadDeadline(time.Time{})
	}
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		h.refuse(w, http.StatusRequestEntityTooLarge, "a message may have at most "+strconv.Itoa(h.limits.Body)+" bytes")
		return nil, false
	case err != nil:
		w.Header().Set("Connection", "close")
		h.refuse(w, http.StatusRequestTimeout, "the message was not received in time")
		return nil, false
	case depth(body) > h.limits.Depth:
		h.refuse(w, http.StatusBadRequest, "the message is nested deeper than "+strconv.Itoa(h.limits.Depth))
		return nil, false
	}
	return body, true
}

// isJSON reports whether a Content-Type is that of JSON.
func isJSON(contentType string) bool {
	if contentType == "application/json" { // as nearly all clients write it
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}

// depth returns how deep arrays and objects are nested in a text that may be
// JSON.
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

// errorLog returns the log for net/http's own messages, such as failed
// handshakes. It is a debug log, since net/http logs the values of panics,
// which may be secret; panics in handlers are recovered before.
func errorLog(l *slog.Logger) *log.Logger { return slog.NewLogLogger(l.Handler(), slog.LevelDebug) }

// statusRecorder records the status of an answer.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

// Unwrap lets http.ResponseController flush and set deadlines.
func (w *statusRecorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusRecorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}
