package papi

import (
	"fmt"
	"net/http"
	"time"

	"papi-mcp/internal/errorcode"
)

// Error is why an exchange with the API failed: an error that the API returned, in
// its own form, or one of ours in the same form. Match it with errors.As, and its
// kind by Code, never by text.
type Error struct {
	// Status is the HTTP status of the answer, 0 when the API did not answer.
	Status int
	// Code is the API's errorCode, or a code of package errorcode.
	Code       string
	Message    string
	Resolution string
	// Info is the API's additionalInformation: its values are lists of
	// strings by the contract, strings and objects too in practice.
	Info map[string]any
	// RetryAfter is how long the API asks to wait, 0 where it does not say.
	RetryAfter time.Duration
	// Unknown says that the request may have taken effect: it was sent, and no
	// answer shows how it ended (a 5xx, a lost connection).
	Unknown bool
	// Err is the cause where the API did not answer.
	Err error
}

func (e *Error) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("%s: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Message)
}

// Temporary reports whether the same request may succeed later: the API was not
// reached, did not answer in time, or answered 429 or 5xx with a code that time alone
// resolves.
func (e *Error) Temporary() bool {
	switch {
	case e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError:
		return !IsFinal(e.Status, e.Code)
	case e.Status == 0:
		return e.Code == errorcode.Timeout || e.Code == errorcode.Unreachable
	}
	return false
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
