package papi

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
)

// maxTokenBytes is the largest answer of a token endpoint that is read; package
// oauth2 reads no more either.
const maxTokenBytes = 1 << 20

// tokenTransport carries the requests of package oauth2 to the token endpoint.
type tokenTransport struct {
	http.RoundTripper
	userAgent string
}

// RoundTrip implements http.RoundTripper. It sends the User-Agent, and writes
// expires_in of the answer in the one form that package oauth2 takes.
func (t tokenTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", t.userAgent)
	resp, err := t.RoundTripper.RoundTrip(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		return resp, err
	}
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind == "application/x-www-form-urlencoded" {
		return resp, nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenBytes))
	_ = resp.Body.Close() // all that is wanted of it is read
	if err != nil {
		return nil, err
	}
	body = wholeSeconds(body)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// wholeSeconds writes expires_in as an integer where its value is a whole
// number in another form: 3599.0, 3.6e3, "3599". An empty text counts as absent.
// (RFC 6749, 5.1, calls it a number of seconds, and some servers print floats.)
// Whatever else stands there is left to package oauth2, which refuses it.
func wholeSeconds(body []byte) []byte {
	var answer map[string]json.RawMessage
	if json.Unmarshal(body, &answer) != nil {
		return body
	}
	given, ok := answer["expires_in"]
	if !ok {
		return body
	}
	var text string
	if json.Unmarshal(given, &text) != nil {
		text = string(given)
	}
	seconds, err := strconv.ParseFloat(text, 64)
	const most = 1<<31 - 1
	switch {
	case text == "":
		delete(answer, "expires_in")
	case err == nil && seconds == float64(int64(min(seconds, most))):
		answer["expires_in"] = strconv.AppendInt(nil, int64(seconds), 10)
	case err == nil && seconds > most:
		answer["expires_in"] = strconv.AppendInt(nil, most, 10)
	default:
		return body
	}
	whole, err := json.Marshal(answer)
	if err != nil {
		return body
	}
	return whole
}
