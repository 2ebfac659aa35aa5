package callback

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"papi-mcp/internal/loopback"
	"papi-mcp/internal/mcpevents"
	"papi-mcp/internal/publicaddr"
)

const (
	// answerTimeout is how long an endpoint has to answer, connecting included.
	answerTimeout = 10 * time.Second
	// maxBody is the largest body of a delivery, and maxAnswer how much of an answer is
	// read.
	maxBody   = 256 << 10
	maxAnswer = 16 << 10
	// maxURL is the length of a callback URL.
	maxURL = 2048
)

// headerSubscription names the subscription of a delivery.
const headerSubscription = "X-MCP-Subscription-Id"

// The reasons why an endpoint did not take a body: the words that SEP-3415 allows as
// lastError, and nothing that the endpoint said.
const (
	connectionRefused = "connection_refused"
	timedOut          = "timeout"
	tlsError          = "tls_error"
	http4xx           = "http_4xx"
	http5xx           = "http_5xx"
	challengeFailed   = "challenge_failed"
)

// endpoint sends to callback URLs. Each request resolves the name and connects to an
// address that was checked, without a proxy and without redirects.
type endpoint struct {
	client    *http.Client
	loopback  bool
	userAgent string
	now       func() time.Time
}

// errAddress is the error of a connection to an address that is not allowed.
var errAddress = errors.New("the address is not one of the public internet")

func newEndpoint(o Options) *endpoint {
	e := &endpoint{loopback: o.Loopback, userAgent: o.UserAgent, now: o.now}
	dialer := &net.Dialer{
		Timeout: o.timeout, Resolver: o.resolver,
		// It is called with each address that a name resolved to, and connects to
		// this one only if it returns nil.
		Control: func(_, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil || !e.allows(at.Addr()) {
				return errAddress
			}
			return nil
		},
	}
	transport := &http.Transport{
		DialContext:            dialer.DialContext,
		DisableKeepAlives:      true, // so that each delivery resolves the name
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    o.timeout,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.authorities},
		MaxResponseHeaderBytes: maxAnswer,
	}
	e.client = &http.Client{
		Transport: transport, Timeout: o.timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return e
}

// allows reports whether an address may be connected to.
func (e *endpoint) allows(address netip.Addr) bool {
	return publicaddr.Is(address) || e.loopback && address.Unmap().IsLoopback()
}

// checkURL returns what is wrong with a callback URL, "" for nothing. A name is resolved
// when it is connected to, and not here.
func (e *endpoint) checkURL(text string) string {
	u, err := url.Parse(text)
	switch {
	case len(text) > maxURL:
		return "delivery.url has " + strconv.Itoa(len(text)) + " bytes: the maximum is " + strconv.Itoa(maxURL)
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return "delivery.url is not a URL with a host: use the https URL of the endpoint"
	case u.User != nil || u.Fragment != "" || strings.HasSuffix(text, "#"):
		return "delivery.url must not have a user, a password or a fragment"
	case u.Scheme != "https" && !(u.Scheme == "http" && e.loopback && loopback.IsHost(u.Hostname())):
		return "delivery.url must begin with https://"
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "delivery.url has a port that is none of 1 to 65535"
		}
	}
	if address, err := netip.ParseAddr(u.Hostname()); err == nil && !e.allows(address) {
		return "delivery.url has an address that is not on the public internet"
	}
	return ""
}

// message is what is sent to an endpoint, save its body.
type message struct {
	id, subscription, url string
	secrets               [][]byte // each signs
}

// answer is what an endpoint answered.
type answer struct {
	status int
	body   []byte // at most maxAnswer bytes
}

// send sends a body, and returns the answer whatever its status. Where there is none,
// reason is why.
func (e *endpoint) send(ctx context.Context, m message, body []byte) (a answer, reason string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url, bytes.NewReader(body))
	if err != nil {
		return a, connectionRefused
	}
	at := e.now()
	var signatures []string
	for _, secret := range m.secrets {
		signer, _ := standardwebhooks.NewWebhookRaw(secret)
		signature, _ := signer.Sign(m.id, at, body)
		signatures = append(signatures, signature)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", e.userAgent)
	r.Header.Set(standardwebhooks.HeaderWebhookID, m.id)
	r.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	r.Header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	r.Header.Set(headerSubscription, m.subscription)
	resp, err := e.client.Do(r)
	if err != nil {
		return a, reasonOf(err)
	}
	defer resp.Body.Close()
	a.status = resp.StatusCode
	a.body, _ = io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // the status counts
	return a, ""
}

// ok reports whether the endpoint acknowledged.
func (a answer) ok() bool { return a.status >= 200 && a.status < 300 }

// reason returns the word for a status that is not an acknowledgement. A redirect is not
// followed, and counts as an error of the endpoint's configuration.
func (a answer) reason() string {
	if a.status >= 500 {
		return http5xx
	}
	return http4xx
}

// reasonOf returns the word for an error without an answer. An address that is not allowed
// looks like one where nothing listens.
func reasonOf(err error) string {
	var network net.Error
	var certificate *tls.CertificateVerificationError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout():
		return timedOut
	case errors.As(err, &certificate), errors.As(err, &alert), errors.As(err, &record), errors.As(err, &unknown), errors.Is(err, http.ErrSchemeMismatch):
		return tlsError
	}
	return connectionRefused
}

// endpointError is the error of a client whose endpoint is not verified.
func endpointError(reason string) *mcpevents.Error {
	return &mcpevents.Error{
		Code: mcpevents.CallbackEndpointError, Message: endpointMessages[reason], Data: map[string]any{"reason": reason},
	}
}

// endpointMessages say what a client can do about each reason.
var endpointMessages = map[string]string{
	connectionRefused: "the callback endpoint can't be connected to: its name must resolve to a public address where it listens",
	timedOut:          "the callback endpoint did not answer the challenge in time: it has " + answerTimeout.String(),
	tlsError:          "the callback endpoint has no valid TLS: its certificate must be valid for the host of the URL",
	http4xx:           "the callback endpoint refused the challenge: it must answer 2xx with {\"challenge\": \"...\"}, and redirects are not followed",
	http5xx:           "the callback endpoint failed at the challenge: it must answer 2xx with {\"challenge\": \"...\"}",
	challengeFailed:   "the callback endpoint did not echo the challenge: it must answer 2xx with {\"challenge\": \"...\"}",
}
