package papi

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
)

// Request is a request for an operation.
type Request struct {
	Operation *Operation
	// Path has a value for each variable of the path, projectId among them.
	Path map[string]string
	// Query has the query parameters; a list parameter is repeated.
	Query url.Values
	// Body is sent as JSON; nil sends none.
	Body map[string]any
	// Retry says whether the request may be sent again.
	Retry RetryPolicy
	// Read says that the request changes nothing: it is cancelled with its
	// caller, while a write that was sent is waited for.
	Read bool
}

// RetryPolicy says whether a request may be sent again.
type RetryPolicy int

// The policies, by the effect of sending the request twice.
const (
	// RetryNever: the second one could do the thing twice (a create, a code
	// sent, a launch). Sent again only when the first one certainly had no
	// effect: it was never sent, or a 429 refused it.
	RetryNever RetryPolicy = iota
	// RetryAlways: a read, or an update that has the same effect twice.
	RetryAlways
	// RetryDelete: as RetryAlways, and a second one that finds nothing has
	// succeeded.
	RetryDelete
)

// Response is a successful answer.
type Response struct {
	Status int
	// Body is the JSON of the answer, nil where it has none.
	Body json.RawMessage
	// Date is the API's time, the zero time where the answer has none.
	Date time.Time

	value any // Body decoded, if it has been
}

// Value returns the body decoded, with numbers exactly as the API wrote them; nil where
// there is none.
func (r *Response) Value() (value any, err error) {
	if r.value == nil && len(r.Body) > 0 {
		r.value, err = jsonvalue.Decode(r.Body)
	}
	return r.value, err
}

// maxSegmentBytes is the maximum length of a path parameter.
const maxSegmentBytes = 512

// URLPath returns the path of the request, each variable escaped as one
// segment. Values that could lead to another resource are refused with an
// *Error of code errorcode.InvalidPath: empty, over 512 bytes, not UTF-8, with a
// slash, a backslash or a control character, "." and "..", and escaped forms
// of these.
func (r *Request) URLPath() (string, error) {
	var path strings.Builder
	path.Grow(len(r.Operation.Path) + 64)
	rest := r.Operation.Path
	for {
		literal, after, found := strings.Cut(rest, "{")
		path.WriteString(literal)
		if !found {
			return path.String(), nil
		}
		name, tail, _ := strings.Cut(after, "}")
		value := r.Path[name]
		if reason := SegmentProblem(value); reason != "" {
			return "", &Error{
				Code:       errorcode.InvalidPath,
				Message:    fmt.Sprintf("%s %s", name, reason),
				Resolution: "give " + name + " exactly as the API returned it",
				Info:       map[string]any{"parameter": name},
			}
		}
		path.WriteString(url.PathEscape(value))
		rest = tail
	}
}

// SegmentProblem returns the reason why s can't be one segment of a path, "" where it
// can: it could lead to another resource, or no server would accept it. What a
// server that unescapes twice would read in it counts as well.
func SegmentProblem(s string) string {
	switch {
	case s == "":
		return "is empty"
	case len(s) > maxSegmentBytes:
		return fmt.Sprintf("has %d bytes, at most %d are allowed", len(s), maxSegmentBytes)
	case !utf8.ValidString(s):
		return "is not UTF-8"
	case strings.ContainsAny(s, `/\`):
		return "holds a slash or a backslash"
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }):
		return "holds a control character"
	case s == "." || s == "..":
		return "is a relative path"
	case !strings.Contains(s, "%"): // it has no escapes
		return ""
	case escapedSeparator.MatchString(s):
		return "holds an escaped dot, slash or backslash"
	}
	if plain, err := url.PathUnescape(s); err == nil && plain != s {
		return SegmentProblem(plain)
	}
	return ""
}

var escapedSeparator = lazyregexp.New(`(?i)%(2e|2f|5c)`)
