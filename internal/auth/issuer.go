package auth

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// issuerTimeout is how long the issuer has to answer.
	issuerTimeout = 10 * time.Second
	// maxOfIssuer bounds what it answers, in bytes.
	maxOfIssuer = 1 << 20
	// issuerBackoff is how long it is left alone between two questions for the
	// same thing: each token with an unknown key asks for the keys anew, and
	// anybody can send such tokens.
	issuerBackoff = 10 * time.Second
)

// errResting stands for a question that was asked a moment ago.
var errResting = errors.New("the issuer was asked a moment ago")

// issuerClient returns a client for the questions to an issuer, which are few.
func issuerClient(transport http.RoundTripper, now func() time.Time) *http.Client {
	if transport == nil {
		transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: issuerTimeout}).DialContext,
			TLSHandshakeTimeout: issuerTimeout,
			ForceAttemptHTTP2:   true,
			IdleConnTimeout:     30 * time.Second,
		}
	}
	return &http.Client{
		Transport: &resting{transport: transport, now: now, asked: map[string]asked{}},
		Timeout:   issuerTimeout,
		// Keys come from where the issuer says, and from nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// resting asks each URL at most so often, and takes only whole answers.
type resting struct {
	transport http.RoundTripper
	now       func() time.Time
	mu        sync.Mutex
	asked     map[string]asked // by URL: the issuer's own two
}

type asked struct {
	at  time.Time
	err error
}

// RoundTrip implements http.RoundTripper. While it rests, it fails as the last
// question did, or with errResting.
func (t *resting) RoundTrip(r *http.Request) (*http.Response, error) {
	name := r.URL.String()
	t.mu.Lock()
	last, again := t.asked[name]
	if again && t.now().Sub(last.at) < issuerBackoff {
		t.mu.Unlock()
		if last.err != nil {
			return nil, last.err
		}
		return nil, errResting
	}
	t.asked[name] = asked{at: t.now()}
	t.mu.Unlock()

	resp, err := t.transport.RoundTrip(r)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.Join(fmt.Errorf("the issuer answers %d", resp.StatusCode), resp.Body.Close())
	}
	if err != nil {
		t.mu.Lock()
		t.asked[name] = asked{at: t.now(), err: err}
		t.mu.Unlock()
		return nil, err
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, maxOfIssuer)
	return resp, nil
}
