package papi

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	// maxTries of a request: the first, and three more.
	maxTries = 4
	// longestWait before a try. When the API asks for more, the caller is told
	// instead.
	longestWait = 10 * time.Second
)

// finalCodes are the error codes of a 429 or a 5xx that the same request would
// meet again within seconds, so that it is not sent again. Each of them says
// that the request was refused. The contract's other codes of these statuses
// ask to wait and retry, or tell of a failure in the API.
var finalCodes = map[string]bool{
	// 429, of WhatsApp's register: it is registered, or the person asked for
	// or entered codes too often, which counts hours.
	"sender-already-registered":           true,
	"sender-register-too-many-requests":   true,
	"too_many_invalid_verification_codes": true,
	// 429 and 500: Meta's quota of requests, which counts an hour, and which
	// a retry would use up.
	"whatsapp_business_api_request_limit_exceeded": true,
	"facebook_request_limit_reached":               true,
	// 500: a person has to log in to Facebook first.
	"log_in_facebook_required": true,
}

// final reports whether an error answer would only be met again. Codes are
// compared without regard to case: the contract itself writes
// facebook_Request_limit_reached.
func final(status int, code string) bool {
	return status == http.StatusNotImplemented || finalCodes[strings.ToLower(code)]
}

// retries are the rules by which a request is tried within a time.
func (c *Client) retries(within time.Duration) []backoff.RetryOption {
	return []backoff.RetryOption{
		backoff.WithBackOff(c.pauses()),
		backoff.WithMaxTries(maxTries),
		backoff.WithMaxElapsedTime(within),
	}
}

// exponentialPauses are 1 s, 2 s and 4 s, each up to a half shorter or longer.
func exponentialPauses() backoff.BackOff {
	return &backoff.ExponentialBackOff{
		InitialInterval:     time.Second,
		RandomizationFactor: 0.5,
		Multiplier:          2,
		MaxInterval:         longestWait * 2 / 3,
	}
}

// again makes backoff.Retry try again after e: when the answer said so, else
// after the next pause, and not at all where it said too long.
func again(e *Error) error {
	switch {
	case e.RetryAfter > longestWait:
		return backoff.Permanent(e)
	case e.RetryAfter > 0:
		return errors.Join(e, &backoff.RetryAfterError{Duration: e.RetryAfter})
	}
	return e
}

// retryAfter is how long the answer asks to wait: 0 where it does not say, or
// names a time that is past. A date is measured by the API's own clock.
func retryAfter(header http.Header) time.Duration {
	given := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(given, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		const most = 1 << 30
		return time.Duration(min(seconds, most)) * time.Second
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

// date is the API's clock, the zero time where it does not tell.
func date(header http.Header) time.Time {
	at, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return at
}
