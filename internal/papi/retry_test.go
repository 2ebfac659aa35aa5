package papi

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/errorcode"

	"github.com/cenkalti/backoff/v5"
)

// outcome is what a caller sees of a call.
type outcome struct {
	sent    int           // requests that came in
	status  int           // of the response or the error
	code    string        // "" on success
	unknown bool          //
	atLeast time.Duration // that it took
	atMost  time.Duration
}

func TestRetries(t *testing.T) {
	const second = time.Second
	unavailable, limited := fails(503, "internal_error"), fails(429, "too_many_requests")
	ok, done := says(200, `{"webhooks":[]}`), says(204, "")
	created := says(201, `{"id":"w1"}`)

	for _, test := range []struct {
		name    string
		request *Request
		script  []http.HandlerFunc
		want    outcome
	}{
		{"a read that meets 500s", aRead(), []http.HandlerFunc{unavailable, unavailable, unavailable, ok},
			outcome{sent: 4, status: 200, atLeast: 3 * second, atMost: 11 * second}},
		{"a read at most four times", aRead(), []http.HandlerFunc{unavailable},
			outcome{sent: 4, status: 503, code: "internal_error", atLeast: 3 * second, atMost: 11 * second}},
		{"an update that meets a 500", anUpdate(), []http.HandlerFunc{unavailable, ok},
			outcome{sent: 2, status: 200, atMost: 2 * second}},
		{"an update that keeps failing may have been made", anUpdate(), []http.HandlerFunc{unavailable},
			outcome{sent: 4, status: 503, code: "internal_error", unknown: true, atLeast: 3 * second, atMost: 11 * second}},
		{"an update that is refused the second time may have been made the first", anUpdate(), []http.HandlerFunc{unavailable, fails(409, "webhook_target_exists")},
			outcome{sent: 2, status: 409, code: "webhook_target_exists", unknown: true, atMost: 2 * second}},
		{"an update that is answered at last, with what is no JSON", anUpdate(), []http.HandlerFunc{unavailable, says(200, "<html>")},
			outcome{sent: 2, status: 200, code: errorcode.UnexpectedAnswer, atMost: 2 * second}},
		{"a create that meets a 500", aCreate(), []http.HandlerFunc{unavailable, created},
			outcome{sent: 1, status: 503, code: "internal_error", unknown: true}},
		{"a create that meets a 502 of a proxy", aCreate(), []http.HandlerFunc{says(502, "<html>Bad Gateway</html>"), created},
			outcome{sent: 1, status: 502, code: errorcode.OutcomeUnknown, unknown: true}},
		{"a GET that must not be repeated and meets a 500", aReinvite(), []http.HandlerFunc{unavailable, ok},
			outcome{sent: 1, status: 503, code: "internal_error", unknown: true}},

		{"a read that meets a 429", aRead(), []http.HandlerFunc{limited, ok},
			outcome{sent: 2, status: 200, atLeast: second / 2, atMost: 2 * second}},
		{"a create that meets a 429: it was refused", aCreate(), []http.HandlerFunc{limited, created},
			outcome{sent: 2, status: 201, atMost: 2 * second}},
		{"a create that meets 429s only", aCreate(), []http.HandlerFunc{limited},
			outcome{sent: 4, status: 429, code: "too_many_requests", atLeast: 3 * second, atMost: 11 * second}},
		{"a create that meets a 429, then a 500", aCreate(), []http.HandlerFunc{limited, unavailable, created},
			outcome{sent: 2, status: 503, code: "internal_error", unknown: true, atMost: 2 * second}},
		{"a 429 of a proxy", aCreate(), []http.HandlerFunc{says(429, "slow down"), created},
			outcome{sent: 2, status: 201, atMost: 2 * second}},

		{"Retry-After is waited for", aCreate(), []http.HandlerFunc{fails(429, "too_many_requests", "Retry-After", "7"), created},
			outcome{sent: 2, status: 201, atLeast: 7 * second, atMost: 7 * second}},
		{"Retry-After as a date, by the API's clock", aRead(), []http.HandlerFunc{
			fails(503, "internal_error", "Date", "Fri, 01 Jan 2021 00:00:00 GMT", "Retry-After", "Fri, 01 Jan 2021 00:00:09 GMT"), ok},
			outcome{sent: 2, status: 200, atLeast: 9 * second, atMost: 9 * second}},
		{"Retry-After in the past: the usual pause", aRead(), []http.HandlerFunc{fails(503, "internal_error", "Retry-After", "Thu, 01 Jan 1970 00:00:00 GMT"), ok},
			outcome{sent: 2, status: 200, atLeast: second / 2, atMost: 2 * second}},
		{"Retry-After of 10 s is waited for, and no more", aRead(), []http.HandlerFunc{
			fails(429, "too_many_requests", "Retry-After", "10"), fails(429, "too_many_requests", "Retry-After", "11"), ok},
			outcome{sent: 2, status: 429, code: "too_many_requests", atLeast: 10 * second, atMost: 10 * second}},
		{"Retry-After of an hour is returned immediately", aRead(), []http.HandlerFunc{fails(429, "too_many_requests", "Retry-After", "3600"), ok},
			outcome{sent: 1, status: 429, code: "too_many_requests"}},
		{"Retry-After beyond all numbers", aRead(), []http.HandlerFunc{fails(429, "too_many_requests", "Retry-After", "99999999999999999999"), ok},
			outcome{sent: 1, status: 429, code: "too_many_requests"}},

		{"a 429 that waiting does not fix", aCreate(), []http.HandlerFunc{fails(429, "sender-already-registered"), created},
			outcome{sent: 1, status: 429, code: "sender-already-registered"}},
		{"wrong codes are counted for hours", aCreate(), []http.HandlerFunc{fails(429, "too_many_invalid_verification_codes", "Retry-After", "1"), created},
			outcome{sent: 1, status: 429, code: "too_many_invalid_verification_codes"}},
		{"a 500 that asks for a person", aCreate(), []http.HandlerFunc{fails(500, "log_in_facebook_required"), created},
			outcome{sent: 1, status: 500, code: "log_in_facebook_required"}},
		{"a 500 of a quota, in the contract's own spelling", aRead(), []http.HandlerFunc{fails(500, "facebook_Request_limit_reached"), ok},
			outcome{sent: 1, status: 500, code: "facebook_Request_limit_reached"}},
		{"a 501", aCreate(), []http.HandlerFunc{fails(501, "not_implemented"), created},
			outcome{sent: 1, status: 501, code: "not_implemented"}},
		{"a 400", aRead(), []http.HandlerFunc{fails(400, "invalid_input"), ok},
			outcome{sent: 1, status: 400, code: "invalid_input"}},

		{"a delete that meets a 500", aDelete(), []http.HandlerFunc{unavailable, done},
			outcome{sent: 2, status: 204, atMost: 2 * second}},
		{"a repeated delete that finds nothing is done", aDelete(), []http.HandlerFunc{unavailable, fails(404, "webhook_not_found")},
			outcome{sent: 2, status: 404, atMost: 2 * second}},
		{"a repeated delete that finds it deleted is done", aDelete(), []http.HandlerFunc{unavailable, fails(409, "sender_already_deleted")},
			outcome{sent: 2, status: 409, atMost: 2 * second}},
		{"a first delete that finds nothing is not", aDelete(), []http.HandlerFunc{fails(404, "webhook_not_found")},
			outcome{sent: 1, status: 404, code: "webhook_not_found"}},
		{"nor one whose first was refused by a 429", aDelete(), []http.HandlerFunc{limited, fails(404, "webhook_not_found")},
			outcome{sent: 2, status: 404, code: "webhook_not_found", atMost: 2 * second}},
		{"a repeated update that finds nothing is an error", anUpdate(), []http.HandlerFunc{unavailable, fails(404, "webhook_not_found")},
			outcome{sent: 2, status: 404, code: "webhook_not_found", unknown: true, atMost: 2 * second}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &fakeAPI{script: test.script}
				c := api.onPipes(t)
				if test.want.atMost == 0 {
					test.want.atMost = time.Millisecond
				}
				started := time.Now()
				resp, err := c.Do(t.Context(), test.request)
				took := time.Since(started)
				got := outcome{sent: len(api.seen()), atLeast: test.want.atLeast, atMost: test.want.atMost}
				if err != nil {
					e := failureOf(t, err)
					got.status, got.code, got.unknown = e.Status, e.Code, e.Unknown
				} else {
					got.status = resp.Status
				}
				if got != test.want {
					t.Errorf("got %+v\nwant %+v", got, test.want)
				}
				if took < test.want.atLeast || took > test.want.atMost {
					t.Errorf("took %v, want %v to %v", took, test.want.atLeast, test.want.atMost)
				}
			})
		})
	}
}

// Where the deadline passes during the wait for a retry, the error is what the API
// answered.
func TestDeadlineBeforeARetry(t *testing.T) {
	for _, request := range []*Request{aRead(), anUpdate()} {
		synctest.Test(t, func(t *testing.T) {
			api := &fakeAPI{script: []http.HandlerFunc{fails(503, "internal_error", "Retry-After", "5")}}
			c := api.onPipes(t)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			_, err := c.Do(ctx, request)
			if e := failureOf(t, err); e.Status != http.StatusServiceUnavailable || e.Code != "internal_error" || len(api.seen()) != 1 {
				t.Errorf("%v, after %d requests", e, len(api.seen()))
			}
		})
	}
}

func TestRetryAfterIsReturned(t *testing.T) {
	api := &fakeAPI{script: []http.HandlerFunc{fails(429, "too_many_requests", "Retry-After", "3600")}}
	_, err := api.onLoopback(t).Do(t.Context(), aRead())
	if e := failureOf(t, err); e.RetryAfter != time.Hour {
		t.Errorf("RetryAfter is %v, want an hour", e.RetryAfter)
	}
}

func TestPermanentCodesAreInTheContract(t *testing.T) {
	known := map[string]bool{}
	for _, op := range Operations() {
		for status, codes := range op.Errors {
			for _, code := range codes {
				if status == 429 || status >= 500 {
					known[strings.ToLower(code)] = true
				}
			}
		}
	}
	for code := range permanentCodes {
		if !known[code] {
			t.Errorf("no 429 or 5xx of the contract has the code %s", code)
		}
	}
}

// When the connection breaks, a request that must not be retried arrives at most
// once, and the error says whether it may have had an effect.
func TestBrokenConnections(t *testing.T) {
	lost := cuts("")
	half := cuts("HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"id\":")
	for _, test := range []struct {
		name    string
		request *Request
		script  []http.HandlerFunc
		want    outcome
	}{
		{"a read", aRead(), []http.HandlerFunc{lost, says(200, `{}`)}, outcome{sent: 2, status: 200}},
		{"a read for ever", aRead(), []http.HandlerFunc{lost}, outcome{sent: 4, code: errorcode.Unreachable}},
		{"an update", anUpdate(), []http.HandlerFunc{lost, says(200, `{}`)}, outcome{sent: 2, status: 200}},
		{"an update for ever", anUpdate(), []http.HandlerFunc{lost}, outcome{sent: 4, code: errorcode.OutcomeUnknown, unknown: true}},
		{"a delete", aDelete(), []http.HandlerFunc{lost, fails(404, "webhook_not_found")}, outcome{sent: 2, status: 404}},
		{"a create", aCreate(), []http.HandlerFunc{lost, says(201, `{}`)}, outcome{sent: 1, code: errorcode.OutcomeUnknown, unknown: true}},
		{"a create, in the middle of the answer", aCreate(), []http.HandlerFunc{half, says(201, `{}`)}, outcome{sent: 1, status: 201, code: errorcode.OutcomeUnknown, unknown: true}},
		{"a read, in the middle of the answer", aRead(), []http.HandlerFunc{half, says(200, `{}`)}, outcome{sent: 2, status: 200}},
		{"a GET that must not be repeated", aReinvite(), []http.HandlerFunc{lost, says(200, `{}`)}, outcome{sent: 1, code: errorcode.OutcomeUnknown, unknown: true}},
	} {
		// On a kept connection net/http has its own ideas of what to repeat: it
		// adds a sending to a read.
		for _, kept := range []bool{false, true} {
			name, want := test.name+", on a new connection", test.want
			if kept {
				name = test.name + ", on a kept connection"
				if test.request.Read && want.code == errorcode.Unreachable {
					want.sent++
				}
			}
			t.Run(name, func(t *testing.T) {
				api := &fakeAPI{script: test.script}
				c := api.onLoopback(t, withToken)
				if kept {
					api.script = append([]http.HandlerFunc{says(200, `{}`)}, test.script...)
					if _, err := c.Do(t.Context(), aRead()); err != nil {
						t.Fatal(err)
					}
				}
				before := len(api.seen())
				resp, err := c.Do(t.Context(), test.request)
				got := outcome{sent: len(api.seen()) - before}
				if err != nil {
					e := failureOf(t, err)
					got.status, got.code, got.unknown = e.Status, e.Code, e.Unknown
				} else {
					got.status = resp.Status
				}
				if got != want {
					t.Errorf("got %+v\nwant %+v", got, want)
				}
			})
		}
	}
}

// Over HTTP/2 a stream can break alone.
func TestBrokenStream(t *testing.T) {
	aborts := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	for _, test := range []struct {
		name    string
		request *Request
		sent    int
	}{{"read", aRead(), 4}, {"create", aCreate(), 1}, {"reinvite", aReinvite(), 1}} {
		t.Run(test.name, func(t *testing.T) {
			api := &fakeAPI{script: []http.HandlerFunc{says(200, `{}`), aborts}}
			server := httptest.NewUnstartedServer(api)
			server.EnableHTTP2 = true
			server.StartTLS()
			defer server.Close()
			transport := NewTransport()
			defer transport.CloseIdleConnections()
			transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
			c := api.client(t, server.URL, transport, withToken)
			c.backoff = func() backoff.BackOff { return &backoff.ZeroBackOff{} }
			if _, err := c.Do(t.Context(), aRead()); err != nil {
				t.Fatal(err)
			}
			_, err := c.Do(t.Context(), test.request)
			e := failureOf(t, err)
			if sent := len(api.seen()) - 1; sent != test.sent || e.Unknown == test.request.Read {
				t.Errorf("%d requests, want %d; %v, unknown %t", sent, test.sent, e, e.Unknown)
			}
		})
	}
}

// Without a connection nothing is sent: a create is retried as well, and certainly
// had no effect.
func TestUnreachable(t *testing.T) {
	refused := func(dials *atomic.Int32) *http.Transport {
		transport := NewTransport()
		transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			dials.Add(1)
			return nil, errors.New("connection refused")
		}
		return transport
	}
	for name, request := range map[string]*Request{"read": aRead(), "create": aCreate(), "reinvite": aReinvite()} {
		t.Run(name, func(t *testing.T) {
			var dials atomic.Int32
			c := (&fakeAPI{}).client(t, "http://papi.example.com", refused(&dials), withToken)
			c.backoff = func() backoff.BackOff { return &backoff.ZeroBackOff{} }
			_, err := c.Do(t.Context(), request)
			e := failureOf(t, err)
			if e.Code != errorcode.Unreachable || e.Unknown || e.Status != 0 || dials.Load() != 4 {
				t.Errorf("%d dials, then %v, unknown %t", dials.Load(), e, e.Unknown)
			}
		})
	}

	t.Run("then reachable", func(t *testing.T) {
		api := &fakeAPI{script: []http.HandlerFunc{says(201, `{}`)}}
		c := api.onLoopback(t, withToken)
		transport := c.http.Transport.(*http.Transport)
		dial, failed := transport.DialContext, false
		transport.DialContext = func(ctx context.Context, network, at string) (net.Conn, error) {
			if !failed {
				failed = true
				return nil, errors.New("connection refused")
			}
			return dial(ctx, network, at)
		}
		resp, err := c.Do(t.Context(), aCreate())
		if err != nil || len(api.seen()) != 1 {
			t.Errorf("response %+v, error %v, %d requests", resp, err, len(api.seen()))
		}
	})

	t.Run("a server that can't show who it is", func(t *testing.T) {
		api := &fakeAPI{script: []http.HandlerFunc{says(201, `{}`)}}
		server := httptest.NewUnstartedServer(api)
		server.Config.ErrorLog = discardLog()
		server.StartTLS()
		defer server.Close()
		transport, dials := NewTransport(), 0
		dial := transport.DialContext
		transport.DialContext = func(ctx context.Context, network, at string) (net.Conn, error) {
			dials++
			return dial(ctx, network, at)
		}
		_, err := api.client(t, server.URL, transport, withToken).Do(t.Context(), aCreate())
		e := failureOf(t, err)
		if e.Code != errorcode.Unreachable || e.Unknown || len(api.seen()) != 0 || dials != 1 {
			t.Errorf("%v, unknown %t, %d dials, %d requests", e, e.Unknown, dials, len(api.seen()))
		}
	})

	t.Run("a transport that reports nothing counts as having sent", func(t *testing.T) {
		var trips atomic.Int32
		mute := transportFunc(func(*http.Request) (*http.Response, error) {
			trips.Add(1)
			return nil, errors.New("it broke")
		})
		_, err := (&fakeAPI{}).client(t, "http://papi.example.com", mute, withToken).Do(t.Context(), aCreate())
		if e := failureOf(t, err); e.Code != errorcode.OutcomeUnknown || !e.Unknown || trips.Load() != 1 {
			t.Errorf("%v, unknown %t, %d trips", e, e.Unknown, trips.Load())
		}
	})
}

// A client that sends each request once reports the first failure.
func TestOnceDoesNotRetry(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer server.Close()
	for _, auth := range []string{AuthBasic, AuthOAuth} {
		asked.Store(0)
		c, err := New(Config{BaseURL: server.URL, TokenURL: server.URL, Auth: auth, KeyID: testKey, KeySecret: testSecret})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Do(Once(t.Context()), aRead()); failureOf(t, err).Status != http.StatusServiceUnavailable || asked.Load() != 1 {
			t.Errorf("%s: %v after %d requests", auth, err, asked.Load())
		}
		c.Close()
	}
}
