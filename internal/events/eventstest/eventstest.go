// Package eventstest sends events as the API does, for tests. It signs them by the
// contract alone, and shares nothing with the receiver.
package eventstest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Request returns a delivery to a target, which is signed now with a secret.
func Request(ctx context.Context, target, secret, nonce, body string) *http.Request {
	return RequestAt(ctx, target, secret, nonce, body, time.Now())
}

// RequestAt returns one that was signed at a time.
func RequestAt(ctx context.Context, target, secret, nonce, body string, at time.Time) *http.Request {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(body))
	if err != nil {
		panic("eventstest: " + err.Error()) // the target is not a URL
	}
	timestamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body + "." + nonce + "." + timestamp))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Sinch-Webhook-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	r.Header.Set("X-Sinch-Webhook-Signature-Algorithm", "HmacSHA256")
	r.Header.Set("X-Sinch-Webhook-Signature-Nonce", nonce)
	r.Header.Set("X-Sinch-Webhook-Signature-Timestamp", timestamp)
	return r
}

// Send sends a delivery and returns the status and the body of its answer.
func Send(ctx context.Context, client *http.Client, target, secret, nonce, body string) (status int, answer string, err error) {
	resp, err := client.Do(Request(ctx, target, secret, nonce, body))
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(raw), err
}
