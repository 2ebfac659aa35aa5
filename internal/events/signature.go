package events

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a delivery, and the one algorithm (callbackHeaders of updateSender and
// others, 1.2.117).
const (
	HeaderSignature = "X-Sinch-Webhook-Signature"
	HeaderAlgorithm = "X-Sinch-Webhook-Signature-Algorithm"
	HeaderNonce     = "X-Sinch-Webhook-Signature-Nonce"
	HeaderTimestamp = "X-Sinch-Webhook-Signature-Timestamp"

	algorithm = "HmacSHA256"
)

// maxNonce and maxTimestamp bound the texts of the headers, in bytes.
const (
	maxNonce     = 256
	maxTimestamp = 64
)

// signature is what the headers of a delivery say.
type signature struct {
	mac              []byte
	nonce, timestamp string
}

// readSignature reads the headers of a delivery, whose signature may be wrong.
func readSignature(header http.Header) (s signature, ok bool) {
	s.nonce, s.timestamp = header.Get(HeaderNonce), header.Get(HeaderTimestamp)
	if given := header.Get(HeaderAlgorithm); given != "" && !strings.EqualFold(given, algorithm) {
		return s, false
	}
	var err error
	s.mac, err = base64.StdEncoding.DecodeString(header.Get(HeaderSignature))
	return s, err == nil && len(s.mac) == sha256.Size && s.nonce != "" && len(s.nonce) <= maxNonce && s.timestamp != "" && len(s.timestamp) <= maxTimestamp
}

// matches reports whether the signature of a body is by one of the secrets. It takes as
// long whether one matches or none.
func (s signature) matches(body []byte, secrets []string) bool {
	found := false
	for _, secret := range secrets {
		if hmac.Equal(s.mac, s.by(secret, body)) {
			found = true
		}
	}
	return found
}

// by returns the signature of a body with a secret.
func (s signature) by(secret string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	mac.Write([]byte("." + s.nonce + "." + s.timestamp))
	return mac.Sum(nil)
}

// eventID returns the id of the event that has a nonce: the same each time.
func eventID(registration, nonce string) string {
	sum := sha256.Sum256([]byte(registration + "." + nonce))
	return hex.EncodeToString(sum[:16])
}

// signedAt returns the time of a timestamp: in seconds since 1970 as in the contract's
// example, or in milliseconds, or as RFC 3339 has it, since the contract does not say.
//
// Where the nonce ends and the timestamp begins, the signature does not say either. A
// timestamp of these forms is found in one way only, so that a delivery can't be repeated
// with another nonce.
func signedAt(timestamp string) (time.Time, error) {
	n, err := strconv.ParseUint(timestamp, 10, 63)
	switch {
	case err != nil:
		return time.Parse(time.RFC3339Nano, timestamp)
	case n >= 1e11: // the year 5138 in seconds, 1973 in milliseconds
		return time.UnixMilli(int64(n)), nil
	}
	return time.Unix(int64(n), 0), nil
}

// errAge is the error of a delivery that is too old, or of the future.
var errAge = errors.New("the timestamp is too old, or in the future")
