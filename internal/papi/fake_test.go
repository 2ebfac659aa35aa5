package papi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/cenkalti/backoff/v5"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testProject = "00000000-0000-0000-0000-000000000000"
	testKey     = "canary-key-id"
	testSecret  = "canary-key-secret/+"
)

// fakeAPI answers requests by a script: each with the next answer, and all further
// ones with the last. Its token endpoint returns "canary-token-1", "-2" and so on.
type fakeAPI struct {
	mu       sync.Mutex
	script   []http.HandlerFunc
	requests []recorded
	tokens   int
	token    http.HandlerFunc // instead of the usual one
}

type recorded struct {
	method, uri, body string
	header            http.Header
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/oauth2/token" {
		f.mu.Lock()
		f.tokens++
		n, own := f.tokens, f.token
		f.mu.Unlock()
		if own != nil {
			own(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"access_token":"canary-token-`+string(rune('0'+n))+`","token_type":"bearer","expires_in":3600}`)
		return
	}
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	answer := f.script[min(len(f.requests), len(f.script)-1)]
	f.requests = append(f.requests, recorded{r.Method, r.RequestURI, string(body), r.Header.Clone()})
	f.mu.Unlock()
	answer(w, r)
}

func (f *fakeAPI) seen() []recorded {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]recorded(nil), f.requests...)
}

func (f *fakeAPI) tokensGiven() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tokens
}

// says answers with a status, a body and headers (name, value, ...).
func says(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// fails answers with an error in the API's form.
func fails(status int, code string, header ...string) http.HandlerFunc {
	return says(status, `{"errorCode":"`+code+`","message":"it is so","resolution":"do this","additionalInformation":{}}`, header...)
}

// cuts reads the request and breaks the connection, after a part of an answer
// if there is one.
func cuts(part string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		buffered.WriteString(part)
		buffered.Flush()
		conn.Close()
	}
}

// pipes is a network in memory: inside synctest, waiting on it lets the clock
// move.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.closed:
		return nil, errors.New("connection refused")
	}
}

// onPipes returns a client of the API on a network in memory. A configuration
// given changes the default one.
func (f *fakeAPI) onPipes(t *testing.T, change ...func(*Config)) *Client {
	t.Helper()
	network := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: f}
	go server.Serve(network)
	transport := NewTransport()
	transport.DialContext = network.dial
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	return f.client(t, "http://papi.example.com", transport, change...)
}

// onLoopback returns a client of the API on a real network, without backoff.
func (f *fakeAPI) onLoopback(t *testing.T, change ...func(*Config)) *Client {
	t.Helper()
	server := httptest.NewServer(f)
	transport := NewTransport()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	c := f.client(t, server.URL, transport, change...)
	c.backoff = func() backoff.BackOff { return &backoff.ZeroBackOff{} }
	return c
}

func (f *fakeAPI) client(t *testing.T, at string, transport http.RoundTripper, change ...func(*Config)) *Client {
	t.Helper()
	config := Config{BaseURL: at, TokenURL: at + "/oauth2/token", KeyID: testKey, KeySecret: testSecret, Transport: transport}
	for _, c := range change {
		c(&config)
	}
	client, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// logged records what the client logs.
type logged struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(b)
}

func (l *logged) to(c *Config) {
	c.Logger = slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// The requests of the tests: one of each kind.
func aRead() *Request {
	return &Request{Operation: Lookup("WebhookWebhookController_listWebhooks_v1"), Path: map[string]string{"projectId": testProject}, Retry: RetryAlways, Read: true}
}

func aCreate() *Request {
	return &Request{
		Operation: Lookup("WebhookWebhookController_createWebhook_v1"), Path: map[string]string{"projectId": testProject},
		Body: map[string]any{"target": "https://example.com/hook"}, Retry: RetryNever,
	}
}

func anUpdate() *Request {
	return &Request{
		Operation: Lookup("WebhookWebhookController_updateWebhook_v1"), Path: map[string]string{"projectId": testProject, "webhookId": "w1"},
		Body: map[string]any{"target": "https://example.com/hook"}, Retry: RetryAlways,
	}
}

func aDelete() *Request {
	return &Request{Operation: Lookup("WebhookWebhookController_deleteWebhook_v1"), Path: map[string]string{"projectId": testProject, "webhookId": "w1"}, Retry: RetryDelete}
}

// aReinvite is the one GET that changes something.
func aReinvite() *Request {
	return &Request{
		Operation: Lookup("RcsSendersController_retryTestNumber_v1"),
		Path:      map[string]string{"projectId": testProject, "senderId": "s1", "testNumber": "+15550100"}, Retry: RetryNever,
	}
}

func failureOf(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("the error is %T (%v), want an *Error", err, err)
	}
	return e
}

func query(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Add(pairs[i], pairs[i+1])
	}
	return q
}

// withToken needs no token endpoint.
func withToken(c *Config) { c.AccessToken = "canary-access-token" }

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }
