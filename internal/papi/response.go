package papi

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
)

// answer is a response of the API with its body read.
type answer struct {
	status   int
	header   http.Header
	body     []byte
	readErr  error // the connection was lost before the end of the body
	tooLarge bool
}

func readAll(resp *http.Response, max int64) *answer {
	a := &answer{status: resp.StatusCode, header: resp.Header}
	var body bytes.Buffer
	if length := resp.ContentLength; length > 0 && length <= max {
		body.Grow(int(length) + bytes.MinRead) // which ReadFrom needs free at the end
	}
	_, a.readErr = body.ReadFrom(io.LimitReader(resp.Body, max+1))
	if a.body = body.Bytes(); int64(len(a.body)) > max {
		a.body, a.tooLarge = nil, true
	}
	return a
}

// read turns an answer into a response or a failure.
func (x *call) read(a *answer) (*Response, *failure) {
	if at := date(a.header); !at.IsZero() {
		x.client.ahead.Store(int64(time.Until(at)))
	}
	switch {
	case a.status < 200 || a.status > 299:
		return nil, x.errorStatus(a)
	case a.readErr != nil:
		// By its status the request succeeded, but what it made is lost: for the
		// caller that is the same as no answer.
		failed := x.unexpected(a, "the connection was lost while the answer was read: "+a.readErr.Error())
		failed.err.Err = a.readErr
		failed.unknown, failed.retryable = true, true
		return nil, failed
	case a.tooLarge:
		return nil, x.unexpected(a, fmt.Sprintf("the answer has more than %d bytes", x.client.maxBytes))
	}
	body := bytes.TrimSpace(a.body)
	value, err := jsonvalue.Decode(body)
	if err != nil {
		// A write without the body that it should have succeeded all the same.
		if (len(body) > 0 || x.request.Read) && x.request.Operation.answersJSON(a.status) {
			return nil, x.unexpected(a, "the answer is not JSON")
		}
		body, value = nil, nil
	}
	return &Response{Status: a.status, Body: body, Date: date(a.header), value: value}, nil
}

// answersJSON reports whether the contract documents a body for a status. A
// status that it does not name is taken as the others are.
func (op *Operation) answersJSON(status int) bool {
	if schema, named := op.Answers[status]; named {
		return schema != nil
	}
	return op.Answer() != nil
}

// errorStatus turns an answer whose status is not 2xx into a failure.
func (x *call) errorStatus(a *answer) *failure {
	if a.status < 400 {
		failed := x.unexpected(a, "redirects are not followed, since that would send the credentials to another server")
		if to, err := url.Parse(a.header.Get("Location")); err == nil && to.Host != "" {
			failed.err.Info["location"] = excerpt(to.Scheme + "://" + to.Host)
		}
		failed.err.Resolution = "check PAPI_BASE_URL"
		return failed
	}
	if a.status == http.StatusProxyAuthRequired {
		failed := &failure{err: unreachable("the API can't be reached: "+errProxyCredentials.Error(), BaseURLVariable, errProxyCredentials)}
		failed.err.Status = a.status
		return failed
	}
	failed := &failure{err: x.apiError(a)}
	if failed.err == nil {
		failed = x.unexpected(a, "the answer is not in the API's error form")
		if a.status == http.StatusUnauthorized {
			failed.err.Resolution = "check SINCH_KEY_ID and SINCH_KEY_SECRET (or SINCH_ACCESS_TOKEN)" + errorcode.ThenDoctor
		}
	}
	failed.err.RetryAfter = retryAfter(a.header)
	if !IsFinal(a.status, failed.err.Code) {
		failed.unknown = a.status >= 500
		failed.retryable = a.status >= 500 || a.status == http.StatusTooManyRequests
	}
	return failed
}

// apiError reads an error in the API's form; nil when it is none. A message or
// resolution that is missing is filled in from the contract.
func (x *call) apiError(a *answer) *Error {
	fields, _ := jsonvalue.Decode(a.body)
	code := jsonvalue.Join(fields, "errorCode", "; ")
	if code == "" {
		return nil
	}
	redact := x.redactor()
	e := &Error{
		Status:     a.status,
		Code:       redact.text(code),
		Message:    redact.text(jsonvalue.Join(fields, "message", "; ")),
		Resolution: redact.text(jsonvalue.Join(fields, "resolution", "; ")),
	}
	switch info := redact.value(jsonvalue.Field(fields, "additionalInformation")).(type) {
	case nil:
	case map[string]any:
		e.Info = info
	default:
		e.Info = map[string]any{"additionalInformation": info}
	}
	documented := x.request.Operation.ErrorText(code)
	e.Message = cmp.Or(e.Message, documented.Message, strings.ToLower(http.StatusText(a.status)))
	e.Resolution = cmp.Or(e.Resolution, documented.Resolution)
	return e
}

// unexpected returns the failure of an answer that the contract does not
// document. A 2xx status still counts, and the message says so.
func (x *call) unexpected(a *answer, what string) *failure {
	e := &Error{
		Status:     a.status,
		Code:       errorcode.UnexpectedAnswer,
		Message:    what,
		Resolution: errorcode.Do(errorcode.UnexpectedAnswer),
		Info:       map[string]any{},
	}
	if len(a.body) > 0 {
		e.Info["excerpt"] = excerpt(x.redactor().text(string(a.body)))
	}
	if a.status < 300 && !x.request.Read {
		e.Message += fmt.Sprintf("; by its status, %d, the request was done", a.status)
		e.Resolution = "read what exists; don't send it again"
	}
	return &failure{err: e}
}

// excerpt returns the beginning of a text from outside, on one line and fit to
// be read.
func excerpt(s string) string {
	const maxLength, maxInput = 500, 64 << 10 // the input is longer: blanks and hidden characters go
	s = strings.ToValidUTF8(s[:min(len(s), maxInput)], "")
	return Truncate(strings.Join(strings.Fields(Printable(s)), " "), maxLength)
}
