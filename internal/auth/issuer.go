package auth

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"papi-mcp/internal/papi"
)

const (
	// issuerTimeout bounds a request to the issuer.
	issuerTimeout = 10 * time.Second
	// maxIssuerAnswer bounds its answer, in bytes.
	maxIssuerAnswer = 1 << 20
	// issuerBackoff is the least time between two requests for the same URL: each
	// token with an unknown key makes us fetch the keys again, and anyone can send
	// such tokens.
	issuerBackoff = 10 * time.Second
)

// errIssuerBackoff is the error of a request within the backoff.
var errIssuerBackoff = errors.New("the issuer was asked less than 10 s ago")

// issuerClient returns a client for the requests to an issuer, which are few.
func issuerClient(transport http.RoundTripper, now func() time.Time) *http.Client {
	if transport == nil {
		transport = papi.NewTransport()
	}
	return &http.Client{
		Transport: &backoffTransport{next: transport, now: now, last: map[string]issuerRequest{}},
		Timeout:   issuerTimeout,
		// Keys come from the URL that the issuer declares, and from no other.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// backoffTransport requests each URL at most once within issuerBackoff, and
// takes only the status 200.
type backoffTransport struct {
	next http.RoundTripper
	now  func() time.Time
	mu   sync.Mutex
	last map[string]issuerRequest // by URL: the issuer's own two
}

type issuerRequest struct {
	at  time.Time
	err error
}

// RoundTrip implements http.RoundTripper. Within the backoff it fails as the last
// request did, or with errIssuerBackoff.
func (t *backoffTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	name := r.URL.String()
	t.mu.Lock()
	last, again := t.last[name]
	if again && t.now().Sub(last.at) < issuerBackoff {
		t.mu.Unlock()
		if last.err != nil {
			return nil, last.err
		}
		return nil, errIssuerBackoff
	}
	t.last[name] = issuerRequest{at: t.now()}
	t.mu.Unlock()

	resp, err := t.next.RoundTrip(r)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.Join(fmt.Errorf("the issuer answers %d", resp.StatusCode), resp.Body.Close())
	}
	if err != nil {
		t.mu.Lock()
		t.last[name] = issuerRequest{at: t.now(), err: err}
		t.mu.Unlock()
		return nil, err
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, maxIssuerAnswer)
	return resp, nil
}
