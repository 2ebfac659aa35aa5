package papi

import (
	"fmt"
	"slices"
	"time"
)

// Error is why an exchange with the API did not succeed: an error that the API
// answered, in its own form, or one of ours in the same form. Match it with
// errors.As, and its kind by Code, never by text.
type Error struct {
	// Status is the HTTP status of the answer, 0 when the API did not answer.
	Status int
	// Code is the API's errorCode, or one of the Code constants.
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

// The codes of errors that are not the API's.
const (
	CodeCredentialsMissing = "credentials_missing" // nothing to authenticate with
	CodeTokenRejected      = "token_rejected"      // the token endpoint refused the credentials
	CodeUnreachable        = "unreachable"         // no answer: DNS, connection, TLS
	CodeTimeout            = "timeout"             // the deadline passed
	CodeCancelled          = "cancelled"           // the caller went away
	CodeOutcomeUnknown     = "outcome_unknown"     // it may have taken effect
	CodeUnexpectedAnswer   = "unexpected_answer"   // no JSON, or too large
	CodeInvalidPath        = "invalid_path"        // an id that can't be part of a URL
	CodeInvalidBody        = "invalid_body"        // a body that can't be written as JSON
)

// Known reports whether an error code is one of the contract's, or of the Code
// constants. What the API answers may have any.
func Known(code string) bool { return ErrorCodes()[code] != nil || slices.Contains(ownCodes, code) }

var ownCodes = []string{
	CodeCredentialsMissing, CodeTokenRejected, CodeUnreachable, CodeTimeout, CodeCancelled,
	CodeOutcomeUnknown, CodeUnexpectedAnswer, CodeInvalidPath, CodeInvalidBody,
}

// ThenDoctor ends the Resolution of errors about which papi-mcp doctor tells
// more. The doctor itself leaves it out.
const ThenDoctor = ", then run: papi-mcp doctor"

func (e *Error) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("%s: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Message)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
