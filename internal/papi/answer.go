package papi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"papi-mcp/internal/errorcode"
)

// answer is what the API sent back.
type answer struct {
	status int
	header http.Header
	body   []byte
	broken error // the connection broke before the end of the body
	excess bool  // the body is larger than what is read
}

func takeIn(resp *http.Response, most int64) *answer {
	a := &answer{status: resp.StatusCode, header: resp.Header}
	var body bytes.Buffer
	if told := resp.ContentLength; told > 0 && told <= most {
		body.Grow(int(told) + bytes.MinRead) // which ReadFrom wants free at the end
	}
	_, a.broken = body.ReadFrom(io.LimitReader(resp.Body, most+1))
	if a.body = body.Bytes(); int64(len(a.body)) > most {
		a.body, a.excess = nil, true
	}
	return a
}

// read makes a response or a failure out of an answer.
func (x *call) read(a *answer) (*Response, *failure) {
	switch {
	case a.status < 200 || a.status > 299:
		return nil, x.refusal(a)
	case a.broken != nil:
		// The status says that it was done, but what was made is lost: for the
		// caller that is the same as no answer.
		failed := x.unexpected(a, "the connection was lost while the answer came: "+a.broken.Error())
		failed.err.Err = a.broken
		failed.unknown, failed.passing = true, true
		return nil, failed
	case a.excess:
		return nil, x.unexpected(a, fmt.Sprintf("the answer has more than %d bytes", x.client.maxBytes))
	}
	body := bytes.TrimSpace(a.body)
	if !json.Valid(body) {
		// A write without the body that it should have was done all the same.
		if (len(body) > 0 || x.request.Read) && x.request.Operation.answersJSON(a.status) {
			return nil, x.unexpected(a, "the answer is not JSON")
		}
		body = nil
	}
	return &Response{Status: a.status, Body: body, Date: date(a.header), Repeated: x.sendings > 1}, nil
}

// answersJSON reports whether the contract promises a body with a status. Of a
// status that it does not name, it promises what it does of the others.
func (op *Operation) answersJSON(status int) bool {
	if schema, named := op.Answers[status]; named {
		return schema != nil
	}
	for _, schema := range op.Answers {
		if schema != nil {
			return true
		}
	}
	return false
}

// refusal makes a failure out of an answer that is no success.
func (x *call) refusal(a *answer) *failure {
	if a.status < 400 {
		failed := x.unexpected(a, "redirects are not followed, since the credentials would go along")
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
	if !final(a.status, failed.err.Code) {
		failed.unknown = a.status >= 500
		failed.passing = a.status >= 500 || a.status == http.StatusTooManyRequests
	}
	return failed
}

// apiError reads an error in the API's form; nil when it is none. What is left
// out is filled in from the contract.
func (x *call) apiError(a *answer) *Error {
	var fields map[string]any
	decoder := json.NewDecoder(bytes.NewReader(a.body))
	decoder.UseNumber()
	if decoder.Decode(&fields) != nil {
		return nil
	}
	code := textOf(fields["errorCode"])
	if code == "" {
		return nil
	}
	hide := x.redactor()
	e := &Error{
		Status:     a.status,
		Code:       hide.text(code),
		Message:    hide.text(textOf(fields["message"])),
		Resolution: hide.text(textOf(fields["resolution"])),
	}
	switch info := hide.value(fields["additionalInformation"]).(type) {
	case nil:
	case map[string]any:
		e.Info = info
	default:
		e.Info = map[string]any{"additionalInformation": info}
	}
	known := x.request.Operation.ErrorText(code)
	if e.Message == "" {
		e.Message = known.Message
	}
	if e.Message == "" {
		e.Message = strings.ToLower(http.StatusText(a.status))
	}
	if e.Resolution == "" {
		e.Resolution = known.Resolution
	}
	return e
}

// textOf is the text of a field: a string, or a list of strings joined.
func textOf(field any) string {
	switch v := field.(type) {
	case string:
		return v
	case []any:
		var all []string
		for _, item := range v {
			if s, ok := item.(string); ok {
				all = append(all, s)
			}
		}
		return strings.Join(all, "; ")
	}
	return ""
}

// ErrorText is what the contract says of an error code, in the words of the
// operation's family; the zero value where it does not know the code. A family
// may have several texts for one code, of which some name a field that only
// other operations take (the photo of a sender, the header of a template): the
// text with the fewest names that are not the operation's is its own.
func (op *Operation) ErrorText(code string) ErrorText {
	texts := ErrorCodes()[code]
	if len(texts) == 0 {
		return ErrorText{}
	}
	family := strings.ToLower(op.Family())
	ours := slices.DeleteFunc(slices.Clone(texts), func(text ErrorText) bool {
		return !slices.ContainsFunc(text.In, func(name string) bool {
			return strings.HasPrefix(strings.ToLower(name), family)
		})
	})
	switch len(ours) {
	case 0:
		return texts[0]
	case 1:
		return ours[0]
	}
	taken := op.argumentNames()
	foreign := func(text ErrorText) (n int) {
		for _, name := range fieldNames.FindAllString(text.Message+" "+text.Resolution, -1) {
			if !taken[name] {
				n++
			}
		}
		return n
	}
	best := ours[0]
	for _, text := range ours[1:] {
		if foreign(text) < foreign(best) {
			best = text
		}
	}
	return best
}

// fieldNames finds the names of fields in a text: they are in camel case.
var fieldNames = regexp.MustCompile(`\b[a-z]+[A-Z]\w*\b`)

// argumentNames are the names of all parameters and fields, at any depth, that
// the operation takes.
func (op *Operation) argumentNames() map[string]bool {
	names := map[string]bool{}
	for _, p := range op.Parameters {
		names[p.Name] = true
	}
	seen := map[*Schema]bool{}
	var collect func(s *Schema)
	collect = func(s *Schema) {
		if s == nil {
			return
		}
		if s = s.Resolve(); seen[s] {
			return
		}
		seen[s] = true
		for name := range s.Properties {
			names[name] = true
		}
		s.children(collect)
	}
	collect(op.Body)
	return names
}

// unexpected is the failure of an answer that the contract does not know. A
// status of success still counts, and the message says so.
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
		e.Resolution = "read what is there; don't send it again"
	}
	return &failure{err: e}
}

// excerpt is the beginning of a text that somebody else wrote: 500 characters
// on one line, fit to be read.
func excerpt(s string) string {
	const most, looked = 500, 64 << 10 // looked: before blanks and what hides are gone
	s = strings.ToValidUTF8(s[:min(len(s), looked)], "")
	return Truncate(strings.Join(strings.Fields(Printable(s)), " "), most)
}
