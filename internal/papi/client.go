package papi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.opentelemetry.io/otel/trace"

	"papi-mcp/internal/deadline"
	"papi-mcp/internal/errorcode"
)

// The default URLs of the API.
const (
	DefaultBaseURL  = "https://provisioning.api.sinch.com"
	DefaultTokenURL = "https://auth.sinch.com/oauth2/token"
)

// The environment variables that set other URLs.
const (
	BaseURLVariable  = "PAPI_BASE_URL"
	TokenURLVariable = "PAPI_TOKEN_URL"
)

// The authentication methods.
const (
	AuthOAuth = "oauth" // a token by OAuth2 client credentials
	AuthBasic = "basic" // the key with each request, for quick tests
)

// Config says where the API is, and with which credentials it is called. The
// zero value is for the real API, without credentials.
type Config struct {
	// BaseURL may have a path, which is put before the API's own. Default:
	// DefaultBaseURL.
	BaseURL string
	// TokenURL is the OAuth2 token endpoint. Default: DefaultTokenURL.
	TokenURL string
	// Auth is AuthOAuth (the default) or AuthBasic.
	Auth string
	// KeyID and KeySecret are an access key of the project.
	KeyID, KeySecret string
	// AccessToken is a bearer token, used as it is and instead of a key. It
	// can't be renewed: when it has expired, calls fail with a 401.
	AccessToken string
	// TokenFile is the path of a file in which tokens are kept for later processes,
	// with the mode 0600. Where others can write its folder, or read the file,
	// nothing is kept. Default: none.
	TokenFile string
	// UserAgent names the program and its version. Default: "papi-mcp".
	UserAgent string
	// Transport carries the requests. Default: a new one (NewTransport), which
	// honours HTTPS_PROXY, HTTP_PROXY and NO_PROXY. Only an *http.Transport
	// shows that a request was not sent: with another kind, a request that
	// failed counts as sent.
	Transport http.RoundTripper
	// Logger gets one line at level Debug for each exchange: no bodies, no
	// ids, no credentials. Default: none.
	Logger *slog.Logger
	// Observer is called for each exchange, for metrics. Default: none.
	Observer Observer
	// Tracers make a span for each exchange, whose W3C context is sent with the
	// request. Default: none.
	Tracers trace.TracerProvider
}

// Observer counts what a Client does. It is called from many goroutines.
type Observer interface {
	// Exchanged is called after each request to the API with its attempt, from
	// 1, and the status of the answer, 0 where there was none.
	Exchanged(try, status int)
	// TokenFetched is called after each request for a token.
	TokenFetched(ok bool)
}

// Client calls the API. It is safe for use by many goroutines, which share its
// connections and its token.
type Client struct {
	base      string // without a slash at its end
	userAgent string
	http      *http.Client
	auth      *authorizer
	log       *slog.Logger
	observer  Observer     // or nil
	tracer    trace.Tracer // or nil
	ahead     atomic.Int64 // how many nanoseconds the API's clock is ahead of this one

	// Changed in tests only.
	deadline time.Duration          // callDeadline
	maxBytes int64                  // maxAnswerBytes
	backoff  func() backoff.BackOff // exponentialBackoff
}

const (
	// callDeadline is how long a call without a deadline may take, with all its
	// retries.
	callDeadline = deadline.Timeout
	// maxAnswerBytes is the largest answer that is read.
	maxAnswerBytes = 16 << 20
)

// Now is the API's time by its last answer; before the first it is that of this clock.
func (c *Client) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// New returns a client. It sends nothing, and accepts missing credentials: calls
// then fail with errorcode.CredentialsMissing, so that a server can start without. Its
// errors are about the configuration, and show no credential.
func New(config Config) (*Client, error) {
	base, err := endpoint(BaseURLVariable, config.BaseURL, DefaultBaseURL)
	if err != nil {
		return nil, err
	}
	if err := rejectVersion(base); err != nil {
		return nil, err
	}
	tokenURL, err := endpoint(TokenURLVariable, config.TokenURL, DefaultTokenURL)
	if err != nil {
		return nil, err
	}
	c := &Client{
		base:      strings.TrimRight(base.String(), "/"),
		userAgent: cmp.Or(config.UserAgent, "papi-mcp"),
		log:       cmp.Or(config.Logger, slog.New(slog.DiscardHandler)),
		observer:  config.Observer,
		deadline:  callDeadline,
		maxBytes:  maxAnswerBytes,
		backoff:   exponentialBackoff,
	}
	if config.Tracers != nil {
		c.tracer = config.Tracers.Tracer("papi-mcp/internal/papi")
	}
	transport := config.Transport
	if transport == nil {
		transport = NewTransport()
	}
	c.http = &http.Client{
		Transport: transport,
		// Credentials are sent to the configured host only.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if c.auth, err = newAuthorizer(config, tokenURL.String(), c); err != nil {
		return nil, err
	}
	return c, nil
}

// Do makes one call: one exchange with the API, or a few when it is retried. It
// takes until the deadline of ctx, or at most 50 s where ctx has none. The error is
// always an *Error.
//
// A request with Read is cancelled with ctx. Any other is cancelled only until it
// is sent; after that Do waits for the answer, up to the deadline, even if ctx is
// cancelled, since the API carries the request out all the same.
//
// After a lost connection, a 429 or a 5xx the request is retried up to three
// times, if its Retry allows that and unless the API's error code says that a
// retry would fail in the same way.
func (c *Client) Do(ctx context.Context, r *Request) (*Response, error) {
	within := c.deadline
	if ends, ok := ctx.Deadline(); ok {
		within = time.Until(ends)
	} else {
		limited, cancel := context.WithTimeout(ctx, within)
		defer cancel()
		ctx = limited
	}
	x, err := c.newCall(ctx, r)
	if err != nil {
		return nil, err
	}
	started := time.Now()
	resp, err := x.try()
	if err != nil { // else there is nothing to prepare for
		resp, err = backoff.Retry(ctx, x.again(err), c.retries(ctx, max(within, c.deadline)-time.Since(started))...)
	}
	if err == nil {
		return resp, nil
	}
	return nil, x.finalError(err)
}

// HasCredentials reports whether there are credentials. Whether the API accepts
// them only a call, or Token, can show.
func (c *Client) HasCredentials() bool { return c.auth.fixed != "" || c.auth.oauth != nil }

// Token makes sure that there is a valid token, and returns when it expires: the
// zero time where that is unknown, or where no token is fetched (AuthBasic,
// AccessToken). The error is always an *Error, and contains no secret.
func (c *Client) Token(ctx context.Context) (expires time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.deadline)
	defer cancel()
	token, failed := c.auth.token(ctx)
	if failed != nil {
		return time.Time{}, failed
	}
	return token.expires, nil
}

// Ping checks that the API answers. It sends no credentials, and any status will
// do.
func (c *Client) Ping(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/", nil)
	if err != nil {
		return fmt.Errorf("papi: %w", err)
	}
	request.Header.Set("User-Agent", c.userAgent)
	resp, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("papi: the API can't be reached: %w", err)
	}
	return resp.Body.Close()
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// NewTransport returns a pool of connections to the API, which many callers and
// many clients can share: it holds no credentials.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: proxyAnswered,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		// At most as many as requests of a server run concurrently by default: more wait
		// for one in order. Fewer are kept when they are idle, since each holds buffers.
		MaxIdleConns:        64,
		MaxIdleConnsPerHost: 64,
		MaxConnsPerHost:     256,
		// Well below the idle timeout of gateways (60 s and more): a connection
		// that the other side is about to close can lose a request.
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 1 << 20,
		// Detects that an HTTP/2 connection has died while a call waits.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
	}
}

// endpoint validates a configured URL. Its errors name the variable, and don't
// show the URL: its user, query or fragment may hold a secret.
func endpoint(variable, given, standard string) (*url.URL, error) {
	u, err := url.Parse(cmp.Or(given, standard))
	switch {
	case err != nil:
		return nil, fmt.Errorf("papi: %s is not a URL; unset, it is %s", variable, standard)
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		return nil, fmt.Errorf("papi: %s must be like https://host/path; unset, it is %s", variable, standard)
	case u.User != nil, u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return nil, fmt.Errorf("papi: %s must have no user, query or fragment; unset, it is %s", variable, standard)
	}
	return u, nil
}

// rejectVersion refuses a base URL that includes the version, which each operation's
// path begins with: the vendor's documentation shows it in every URL.
func rejectVersion(base *url.URL) error {
	version := strings.Index(strings.ToLower(base.Path)+"/", "/v1/")
	if version < 0 {
		return nil
	}
	corrected := url.URL{Scheme: base.Scheme, Host: base.Host, Path: base.Path[:version]}
	return fmt.Errorf("papi: %s includes the version /v1, which is part of each operation's path: set it to %s", BaseURLVariable, corrected.String())
}

// contextError is the error of a call whose context is done.
func contextError(ctx context.Context) *Error {
	err := context.Cause(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Code: errorcode.Timeout, Message: "the deadline passed before the API answered", Resolution: errorcode.Do(errorcode.Timeout), Err: err}
	}
	return &Error{Code: errorcode.Cancelled, Message: "the caller disconnected", Err: err}
}
