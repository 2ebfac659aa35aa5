package papi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.opentelemetry.io/otel/trace"

	"papi-mcp/internal/deadline"
	"papi-mcp/internal/errorcode"
)

// Where the API is, unless a Config says otherwise.
const (
	DefaultBaseURL  = "https://provisioning.api.sinch.com"
	DefaultTokenURL = "https://auth.sinch.com/oauth2/token"
)

// The variables of the environment that say otherwise.
const (
	BaseURLVariable  = "PAPI_BASE_URL"
	TokenURLVariable = "PAPI_TOKEN_URL"
)

// The ways to authenticate.
const (
	AuthOAuth = "oauth" // a token by OAuth2 client credentials
	AuthBasic = "basic" // the key with each request, for quick tests
)

// Config says where the API is, and who calls it. The zero value calls the
// real one without credentials.
type Config struct {
	// BaseURL may have a path, which goes before the API's own. Default
	// DefaultBaseURL.
	BaseURL string
	// TokenURL is the OAuth2 token endpoint. Default DefaultTokenURL.
	TokenURL string
	// Auth is AuthOAuth (the default) or AuthBasic.
	Auth string
	// KeyID and KeySecret are an access key of the project.
	KeyID, KeySecret string
	// AccessToken is a bearer token, used as it is and before any key. It
	// can't be renewed: when it has expired, calls fail with a 401.
	AccessToken string
	// UserAgent names the program and its version. Default "papi-mcp".
	UserAgent string
	// Transport carries the requests. Default: a pool of connections of its
	// own that honours HTTPS_PROXY, HTTP_PROXY and NO_PROXY. A request is
	// known not to have left only through an *http.Transport: with another
	// kind, one that failed counts as sent.
	Transport http.RoundTripper
	// Logger gets one line at level Debug for each exchange: no bodies, no
	// ids, no credentials. Default: none.
	Logger *slog.Logger
	// Observer hears of each exchange, for metrics. Default: none.
	Observer Observer
	// Tracers make a span for each exchange, whose W3C context goes along with
	// the request. Default: none.
	Tracers trace.TracerProvider
}

// Observer counts what a Client does. It is called from many goroutines.
type Observer interface {
	// Exchanged is told of each request to the API: its try, from 1, and the
	// status of the answer, 0 where none came.
	Exchanged(try, status int)
	// TokenFetched is told whether a token that was asked for was given.
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
	tracer    trace.Tracer // nil where nobody traces

	// Changed in tests only.
	deadline time.Duration          // callDeadline
	maxBytes int64                  // maxAnswerBytes
	pauses   func() backoff.BackOff // exponentialPauses
}

const (
	// callDeadline is how long a call may take, with all its tries.
	callDeadline = deadline.Timeout
	// maxAnswerBytes is the largest answer that is read.
	maxAnswerBytes = 16 << 20
)

// New returns a client. It sends nothing, and takes missing credentials: a
// call tells them, so that a server can start without. Its errors are of the
// configuration, and show no credential.
func New(config Config) (*Client, error) {
	base, err := endpoint(BaseURLVariable, config.BaseURL, DefaultBaseURL)
	if err != nil {
		return nil, err
	}
	if err := unversioned(base); err != nil {
		return nil, err
	}
	tokenURL, err := endpoint(TokenURLVariable, config.TokenURL, DefaultTokenURL)
	if err != nil {
		return nil, err
	}
	c := &Client{
		base:      strings.TrimRight(base, "/"),
		userAgent: config.UserAgent,
		log:       config.Logger,
		observer:  config.Observer,
		deadline:  callDeadline,
		maxBytes:  maxAnswerBytes,
		pauses:    exponentialPauses,
	}
	if c.userAgent == "" {
		c.userAgent = "papi-mcp"
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
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
		// Credentials go to the configured host and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if c.auth, err = newAuthorizer(config, tokenURL, c); err != nil {
		return nil, err
	}
	return c, nil
}

// Do makes one call: one exchange with the API, or a few when it is sent
// again. It takes at most 50 s, or until the deadline of ctx where that comes
// sooner. The error is always an *Error.
//
// A request with Read ends when ctx ends. Another one ends with ctx as long as
// it has not left; once it has, it goes on to that deadline though its caller
// goes away, since the API does.
//
// After a broken connection, a 429 or a 5xx the request is sent again up to
// three times, as far as its Retry allows and unless the API's error code
// says that it would be in vain.
func (c *Client) Do(ctx context.Context, r *Request) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, c.deadline)
	defer cancel()
	x, err := c.newCall(ctx, r)
	if err != nil {
		return nil, err
	}
	resp, err := backoff.Retry(ctx, x.try, c.retries(c.deadline)...)
	if err == nil {
		return resp, nil
	}
	return nil, x.conclude(err)
}

// HasCredentials reports whether there is anything to authenticate with. Whether
// it is good only a call, or Token, can tell.
func (c *Client) HasCredentials() bool { return c.auth.complete() }

// Token sees to it that requests can be authenticated, and returns when its
// token expires: the zero time where it does not say, or where there is none to
// fetch (AuthBasic, AccessToken). The error is always an *Error, and holds no
// secret.
func (c *Client) Token(ctx context.Context) (expires time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.deadline)
	defer cancel()
	token, failed := c.auth.token(ctx)
	if failed != nil {
		return time.Time{}, failed
	}
	return token.expires, nil
}

// Reach sees whether the API answers at all, with or without credentials. It
// is asked without any, and whatever it says will do.
func (c *Client) Reach(ctx context.Context) error {
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

// Close closes the connections that are not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// NewTransport returns a pool of connections to the API for many callers, and
// for many clients: it keeps no credentials.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: proxyAnswered,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           128,
		MaxIdleConnsPerHost:    64,
		// Well under what gateways allow (60 s and more): a connection that
		// the other side is about to close can lose a request.
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 1 << 20,
		// Finds out that an HTTP/2 connection has died under a waiting call.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
	}
}

// endpoint checks a configured URL. Its errors name the variable, and don't
// show the URL: a secret could stand in its user, query or fragment.
func endpoint(variable, given, standard string) (string, error) {
	if given == "" {
		return standard, nil
	}
	u, err := url.Parse(given)
	switch {
	case err != nil:
		return "", fmt.Errorf("papi: %s is not a URL; unset, it is %s", variable, standard)
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		return "", fmt.Errorf("papi: %s must be like https://host/path; unset, it is %s", variable, standard)
	case u.User != nil, u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return "", fmt.Errorf("papi: %s must have no user, query or fragment; unset, it is %s", variable, standard)
	}
	return u.String(), nil
}

// unversioned refuses a base URL that holds the version, which each operation's
// path begins with: the vendor's pages show it as a part of every URL.
func unversioned(base string) error {
	u, err := url.Parse(base)
	if err != nil {
		return err
	}
	version := strings.Index(strings.ToLower(u.Path)+"/", "/v1/")
	if version < 0 {
		return nil
	}
	right := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path[:version]}
	return fmt.Errorf("papi: %s holds the version /v1, which is part of each call's path: set it to %s", BaseURLVariable, right.String())
}

// ended is the error of a call whose context is done.
func ended(ctx context.Context) *Error {
	err := context.Cause(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Code: errorcode.Timeout, Message: "the deadline passed before the API answered", Resolution: errorcode.Do(errorcode.Timeout), Err: err}
	}
	return &Error{Code: errorcode.Cancelled, Message: "the caller went away", Err: err}
}
