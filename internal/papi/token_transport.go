package papi

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"

	"papi-mcp/internal/jsonvalue"
)

// maxTokenBytes is how much of a token endpoint's answer is read; package oauth2
// reads no more either.
const maxTokenBytes = 1 << 20

// tokenTransport carries the requests of package oauth2 to the token endpoint.
type tokenTransport struct {
	http.RoundTripper
	userAgent string
}

// RoundTrip implements http.RoundTripper. It sends the User-Agent, and normalizes
// expires_in of the answer to the one form that package oauth2 accepts.
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
	_ = resp.Body.Close() // it has been read
	if err != nil {
		return nil, err
	}
	body = normalizeExpiresIn(body)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// normalizeExpiresIn writes expires_in as an integer where its value is an integer
// in another form: 3599.0, 3.6e3, "3599". An empty text counts as absent. (RFC
// 6749, 5.1, calls it a number of seconds, and some servers write floats.) Any
// other value is left to package oauth2, which refuses it.
func normalizeExpiresIn(body []byte) []byte {
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
	const limit = 1<<31 - 1
	switch {
	case text == "":
		delete(answer, "expires_in")
	case err == nil && seconds == float64(int64(min(seconds, limit))):
		answer["expires_in"] = strconv.AppendInt(nil, int64(seconds), 10)
	case err == nil && seconds > limit:
		answer["expires_in"] = strconv.AppendInt(nil, limit, 10)
	default:
		return body
	}
	return jsonvalue.Encode(answer)
}
