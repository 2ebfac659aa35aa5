package papi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync/atomic"
	"time"

	"papi-mcp/internal/errorcode"

	"github.com/cenkalti/backoff/v5"
	"go.opentelemetry.io/otel/propagation"
)

// call is one Do: a request, and the attempts to send it so far.
type call struct {
	ctx     context.Context // the caller's, with the deadline of the call
	ends    time.Time       // the deadline, which a request that was sent keeps to as well
	client  *Client
	request *Request
	url     string
	body    []byte

	authorization string // the header of the last attempt

	tries    int    // attempts, including those that were never sent
	sends    int    // attempts that may have reached the API
	unknown  bool   // one of the attempts may have taken effect
	newToken bool   // a 401 has been answered with a new token
	last     *Error // of the last attempt
}

// failure is an attempt that did not succeed.
type failure struct {
	err       *Error
	unknown   bool // the request may have taken effect
	retryable bool // another attempt may succeed
}

func (c *Client) newCall(ctx context.Context, r *Request) (*call, error) {
	path, err := r.URLPath()
	if err != nil {
		return nil, err
	}
	x := &call{ctx: ctx, client: c, request: r, url: c.base + path}
	x.ends, _ = ctx.Deadline()
	if len(r.Query) > 0 {
		x.url += "?" + r.Query.Encode()
	}
	if r.Body != nil {
		var body bytes.Buffer
		encoder := json.NewEncoder(&body)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(r.Body); err != nil {
			return nil, &Error{Code: errorcode.InvalidBody, Message: "the body can't be written as JSON", Err: err}
		}
		x.body = bytes.TrimSuffix(body.Bytes(), []byte("\n"))
	}
	return x, nil
}

// try sends the request once, and once more after a 401. Its errors are for
// backoff.Retry, and hold an *Error.
func (x *call) try() (*Response, error) {
	resp, failed := x.send()
	if failed == nil {
		return resp, nil
	}
	if x.alreadyDeleted(failed.err) {
		return &Response{Status: failed.err.Status}, nil
	}
	x.last = failed.err
	switch {
	case failed.unknown:
		x.unknown = !x.request.Read
	case failed.err.Status/100 == 2:
		x.unknown = false // it was done, though the answer can't be used
	}
	if !failed.retryable || failed.unknown && x.request.Retry == RetryNever {
		return nil, backoff.Permanent(failed.err)
	}
	return nil, retryableError(failed.err)
}

// again returns try for backoff.Retry after a first attempt that has failed with err.
func (x *call) again(err error) func() (*Response, error) {
	return func() (*Response, error) {
		if first := err; first != nil {
			err = nil
			return nil, first
		}
		return x.try()
	}
}

// alreadyDeleted reports whether an earlier attempt, to which no answer came, has
// deleted the thing.
func (x *call) alreadyDeleted(e *Error) bool {
	return x.request.Retry == RetryDelete && x.unknown &&
		(e.Status == http.StatusNotFound || e.Code == "sender_already_deleted")
}

// finalError turns the error of backoff.Retry into that of the call.
func (x *call) finalError(err error) *Error {
	e, ok := errors.AsType[*Error](err)
	switch {
	case ok:
	case x.request.Read && (x.last == nil || !errors.Is(context.Cause(x.ctx), context.DeadlineExceeded)):
		e = contextError(x.ctx)
	default: // it waited for a retry; the error of its last attempt says more
		e = x.last
	}
	if e.Code == errorcode.Timeout && e.Status == 0 && x.sends == 0 && !x.request.Read {
		e.Message = "the deadline of the call passed before its request could be sent: nothing was sent"
	}
	e.Unknown = x.unknown
	if e.Unknown && slices.Contains(inconclusiveCodes, e.Code) {
		e.Code = errorcode.OutcomeUnknown
		e.Resolution = "read what exists before you send it again"
		if x.request.Retry != RetryNever {
			e.Resolution = "send it again: it has the same effect twice"
		}
	}
	return e
}

// inconclusiveCodes are those that don't show whether the request took effect.
var inconclusiveCodes = []string{errorcode.Unreachable, errorcode.Timeout, errorcode.Cancelled, errorcode.UnexpectedAnswer}

func (x *call) send() (*Response, *failure) {
	for {
		token, e := x.client.auth.token(x.ctx)
		if e != nil {
			return nil, &failure{err: e}
		}
		x.authorization = token.header
		a, failed := x.exchange()
		if failed != nil {
			return nil, failed
		}
		if a.status == http.StatusUnauthorized && !x.newToken && x.client.auth.invalidate(token) {
			x.newToken = true // the request had no effect
			continue
		}
		return x.read(a)
	}
}

// exchange sends the request and reads the answer, or returns why there is none.
func (x *call) exchange() (*answer, *failure) {
	if x.ctx.Err() != nil {
		return nil, &failure{err: contextError(x.ctx)}
	}
	x.tries++
	ctx, connected, done := x.sendContext()
	defer done()
	ctx, span := x.span(ctx)
	defer span.End()
	started := time.Now()
	a, err := x.roundTrip(ctx)
	if err == nil {
		x.sends++
		setStatus(span, a.status)
		x.report(started, a.status, slog.Int("status", a.status))
		return a, nil
	}
	setNoAnswer(ctx, span)
	text := excerpt(x.redactor().text(err.Error()))
	x.report(started, 0, slog.String("error", text))
	sent := connected.Load()
	if sent {
		x.sends++
	}
	if x.ctx.Err() != nil && (x.request.Read || !sent) {
		return nil, &failure{err: contextError(x.ctx)}
	}
	e := unreachable("the API can't be reached: "+text, BaseURLVariable, err)
	if sent {
		e.Message = "the request was sent, and there was no answer: " + text
	}
	return nil, &failure{err: e, unknown: sent, retryable: ctx.Err() == nil && !isPermanent(err)}
}

// sendContext returns the context of one attempt, and whether it has a connection,
// so that the request may have been sent. A write that was sent is not cancelled
// with its caller. The caller calls done at the end.
func (x *call) sendContext() (ctx context.Context, connected *atomic.Bool, done func()) {
	connected = new(atomic.Bool)
	connected.Store(true) // unless the transport reports its connections
	trace := &httptrace.ClientTrace{
		// The transport asks for a connection: the first one, or another one
		// because nothing was written to the last.
		GetConn: func(string) { connected.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}
	if x.request.Read { // which is cancelled with its caller anyway
		return httptrace.WithClientTrace(x.ctx, trace), connected, func() {}
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(x.ctx), x.ends)
	stop := context.AfterFunc(x.ctx, func() {
		if !connected.Load() {
			cancel()
		}
	})
	trace.GetConn = func(string) {
		connected.Store(false)
		if x.ctx.Err() != nil {
			cancel()
		}
	}
	return httptrace.WithClientTrace(ctx, trace), connected, func() { stop(); cancel() }
}

// asJSON is the value of headers. It is shared, and not appended to.
var asJSON = []string{"application/json"}

func (x *call) roundTrip(ctx context.Context) (*answer, error) {
	var body io.Reader
	switch {
	case x.body != nil:
		body = bytes.NewReader(x.body)
	case x.request.Retry == RetryNever:
		// net/http resends a GET on its own when a reused connection breaks,
		// unless it has a body that can't be read twice. This one is empty.
		body = io.NopCloser(bytes.NewReader(nil))
	}
	r, err := http.NewRequestWithContext(ctx, x.request.Operation.Method, x.url, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", x.authorization)
	r.Header.Set("User-Agent", x.client.userAgent)
	r.Header["Accept"] = asJSON
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(r.Header))
	if x.body != nil {
		r.Header["Content-Type"] = asJSON
	}
	// Without http.Client, which would copy the request for redirects that are not
	// followed, and name the URL, which holds ids, in its errors.
	resp, err := x.client.http.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return readAll(resp, x.client.maxBytes), nil
}

// report logs an exchange and counts it; status is 0 where there was no answer.
func (x *call) report(started time.Time, status int, end slog.Attr) {
	if x.client.observer != nil {
		x.client.observer.Exchanged(x.tries, status)
	}
	x.client.log.LogAttrs(x.ctx, slog.LevelDebug, "exchange with the API",
		slog.String("method", x.request.Operation.Method),
		slog.String("path", x.request.Operation.Path),
		slog.Int("try", x.tries),
		slog.Duration("took", time.Since(started)),
		end)
}
