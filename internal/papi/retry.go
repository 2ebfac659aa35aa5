package papi

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	// maxTries is the number of attempts: the first, and three retries.
	maxTries = 4
	// maxWait is the longest wait before a retry. When the API asks for more,
	// the error is returned instead.
	maxWait = 10 * time.Second
)

// permanentCodes are the error codes of a 429 or a 5xx after which a retry within
// seconds would fail in the same way. Each of them says that the request was
// refused. The contract's other codes of these statuses ask to wait and retry, or
// report a failure in the API.
var permanentCodes = map[string]bool{
	// 429, of WhatsApp's register: the sender is registered, or codes were
	// requested or entered too often, which is counted over hours.
	"sender-already-registered":           true,
	"sender-register-too-many-requests":   true,
	"too_many_invalid_verification_codes": true,
	// 429 and 500: Meta's quota of requests, which is counted over an hour, and
	// which a retry would use up.
	"whatsapp_business_api_request_limit_exceeded": true,
	"facebook_request_limit_reached":               true,
	// 500: a person has to log in to Facebook first.
	"log_in_facebook_required": true,
}

// IsFinal reports whether a retry would fail in the same way after an error of the
// API, though its status is a 429 or a 5xx. Codes are compared without regard to case:
// the contract itself writes facebook_Request_limit_reached.
func IsFinal(status int, code string) bool {
	return status == http.StatusNotImplemented || permanentCodes[strings.ToLower(code)]
}

type onceKey struct{}

// Once returns a context in which each request is sent once: the caller decides whether,
// and when, to try again.
func Once(ctx context.Context) context.Context { return context.WithValue(ctx, onceKey{}, true) }

// retries returns the options of backoff.Retry: the number of attempts, and the
// time in which they must end.
func (c *Client) retries(ctx context.Context, within time.Duration) []backoff.RetryOption {
	tries := uint(maxTries)
	if ctx.Value(onceKey{}) != nil {
		tries = 1
	}
	return []backoff.RetryOption{
		backoff.WithBackOff(c.backoff()),
		backoff.WithMaxTries(tries),
		backoff.WithMaxElapsedTime(within),
	}
}

// exponentialBackoff waits 1 s, 2 s and 4 s, each up to a half shorter or longer.
func exponentialBackoff() backoff.BackOff {
	return &backoff.ExponentialBackOff{
		InitialInterval:     time.Second,
		RandomizationFactor: 0.5,
		Multiplier:          2,
		MaxInterval:         maxWait * 2 / 3,
	}
}

// retryableError returns e for backoff.Retry: it waits as long as the answer asks
// for, else for the next interval, and does not retry where the answer asks for
// more than maxWait.
func retryableError(e *Error) error {
	switch {
	case e.RetryAfter > maxWait:
		return backoff.Permanent(e)
	case e.RetryAfter > 0:
		return errors.Join(e, &backoff.RetryAfterError{Duration: e.RetryAfter})
	}
	return e
}

// retryAfter returns how long the answer asks to wait: 0 where it does not say, or
// names a time in the past. A date is compared with the API's own clock.
func retryAfter(header http.Header) time.Duration {
	given := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(given, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		const limit = 1 << 30
		return time.Duration(min(seconds, limit)) * time.Second
	}
	at, err := http.ParseTime(given)
	if err != nil {
		return 0
	}
	now := date(header)
	if now.IsZero() {
		now = time.Now()
	}
	return max(0, at.Sub(now))
}

// date returns the API's time, the zero time where the answer has none.
func date(header http.Header) time.Time {
	at, _ := http.ParseTime(header.Get("Date")) // zero with an error
	return at
}
