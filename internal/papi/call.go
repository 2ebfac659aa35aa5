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
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"papi-mcp/internal/errorcode"

	"github.com/cenkalti/backoff/v5"
	"go.opentelemetry.io/otel/propagation"
)

// call is one Do: a request, and what became of its sendings so far.
type call struct {
	ctx     context.Context // the caller's, with the deadline of the call
	ends    time.Time       // its deadline, when a request that has been sent ends too
	client  *Client
	request *Request
	url     string
	body    []byte

	authorization string // the header of the last sending

	sendings int    // how often it may have reached the API
	tries    int    // sendings, and those that did not leave
	unknown  bool   // one of the sendings may have taken effect
	renewed  bool   // a 401 has been answered with a new token
	last     *Error // of the last try
}

// failure is a try that did not succeed.
type failure struct {
	err *Error
	// unknown: the request may have taken effect.
	unknown bool
	// passing: another try may succeed.
	passing bool
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

// try sends the request once, and once more after a 401. Its errors tell
// backoff.Retry how to go on, and hold an *Error.
func (x *call) try() (*Response, error) {
	resp, failed := x.send()
	if failed == nil {
		return resp, nil
	}
	if x.foundNothing(failed.err) {
		return &Response{Status: failed.err.Status, Repeated: true}, nil
	}
	x.last = failed.err
	switch {
	case failed.unknown:
		x.unknown = !x.request.Read
	case failed.err.Status/100 == 2:
		x.unknown = false // it was done, though the answer is no good
	}
	if !failed.passing || failed.unknown && x.request.Retry == RetryNever {
		return nil, backoff.Permanent(failed.err)
	}
	return nil, again(failed.err)
}

// foundNothing reports whether a delete was done by an earlier sending, of which
// no answer came.
func (x *call) foundNothing(e *Error) bool {
	return x.request.Retry == RetryDelete && x.unknown &&
		(e.Status == http.StatusNotFound || e.Code == "sender_already_deleted")
}

// conclude makes the error of the call out of that of backoff.Retry.
func (x *call) conclude(err error) *Error {
	e, ok := errors.AsType[*Error](err)
	switch {
	case ok:
	case x.request.Read:
		e = ended(x.ctx)
	default: // it waited to be sent again; its last end says more
		e = x.last
	}
	if e.Code == errorcode.Timeout && e.Status == 0 && x.sendings == 0 && !x.request.Read {
		e.Message = "the deadline of the call passed before its request could be sent: nothing was sent"
	}
	e.Unknown = x.unknown
	if e.Unknown && slices.Contains(silentCodes, e.Code) {
		e.Code = errorcode.OutcomeUnknown
		e.Resolution = "read what is there before you send it again"
		if x.request.Retry != RetryNever {
			e.Resolution = "send it again: a second time does no harm"
		}
	}
	return e
}

// silentCodes tell nothing of what became of a request.
var silentCodes = []string{errorcode.Unreachable, errorcode.Timeout, errorcode.Cancelled, errorcode.UnexpectedAnswer}

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
		if a.status == http.StatusUnauthorized && !x.renewed && x.client.auth.drop(token) {
			x.renewed = true // refused at the door: it had no effect
			continue
		}
		return x.read(a)
	}
}

// exchange sends the request and takes in the answer, or tells why there is
// none.
func (x *call) exchange() (*answer, *failure) {
	if x.ctx.Err() != nil {
		return nil, &failure{err: ended(x.ctx)}
	}
	x.tries++
	ctx, left, done := x.sending()
	defer done()
	ctx, span := x.span(ctx)
	defer span.End()
	started := time.Now()
	a, err := x.roundTrip(ctx)
	if err == nil {
		x.sendings++
		answered(span, a.status)
		x.log(started, slog.Int("status", a.status))
		x.observe(a.status)
		return a, nil
	}
	unanswered(ctx, span)
	text := excerpt(x.redactor().text(err.Error()))
	x.log(started, slog.String("error", text))
	x.observe(0)
	sent := left.Load()
	if sent {
		x.sendings++
	}
	if x.ctx.Err() != nil && (x.request.Read || !sent) {
		return nil, &failure{err: ended(x.ctx)}
	}
	e := unreachable("the API can't be reached: "+text, BaseURLVariable, err)
	if sent {
		e.Message = "the request was sent, and no answer came: " + text
	}
	return nil, &failure{err: e, unknown: sent, passing: ctx.Err() == nil && !hopeless(err)}
}

// sending returns the context of one sending, and whether the request may have
// left. A write that has left does not end with its caller. The caller calls
// done at the end.
func (x *call) sending() (ctx context.Context, left *atomic.Bool, done func()) {
	ctx, cancel := x.ctx, context.CancelFunc(func() {})
	if !x.request.Read {
		ctx, cancel = context.WithDeadline(context.WithoutCancel(x.ctx), x.ends)
	}
	left = new(atomic.Bool)
	left.Store(true) // until the transport tells of its connection, if it does
	cancelUnsent := func() {
		if !left.Load() {
			cancel()
		}
	}
	stop := func() bool { return true }
	if !x.request.Read { // which ends with its caller by itself
		stop = context.AfterFunc(x.ctx, cancelUnsent)
	}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// The transport looks for a connection: for the first time, or again
		// since it knows that nothing was written to the last one.
		GetConn: func(string) {
			left.Store(false)
			if x.ctx.Err() != nil {
				cancel()
			}
		},
		GotConn: func(httptrace.GotConnInfo) { left.Store(true) },
	})
	return ctx, left, func() { stop(); cancel() }
}

func (x *call) roundTrip(ctx context.Context) (*answer, error) {
	var body io.Reader
	switch {
	case x.body != nil:
		body = bytes.NewReader(x.body)
	case x.request.Retry == RetryNever:
		// net/http resends a GET on its own when a kept connection breaks,
		// unless it has a body that can't be had twice. This one is empty.
		body = io.NopCloser(bytes.NewReader(nil))
	}
	r, err := http.NewRequestWithContext(ctx, x.request.Operation.Method, x.url, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", x.authorization)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", x.client.userAgent)
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(r.Header))
	if x.body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := x.client.http.Do(r)
	if err != nil {
		if lost, ok := errors.AsType[*url.Error](err); ok {
			err = lost.Err // without the URL, which holds ids
		}
		return nil, err
	}
	defer resp.Body.Close()
	return takeIn(resp, x.client.maxBytes), nil
}

func (x *call) observe(status int) {
	if x.client.observer != nil {
		x.client.observer.Exchanged(x.tries, status)
	}
}

func (x *call) log(started time.Time, end slog.Attr) {
	x.client.log.LogAttrs(x.ctx, slog.LevelDebug, "exchange with the API",
		slog.String("method", x.request.Operation.Method),
		slog.String("path", x.request.Operation.Path),
		slog.Int("try", x.tries),
		slog.Duration("took", time.Since(started)),
		end)
}
