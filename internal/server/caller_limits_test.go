package server

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"

	"papi-mcp/internal/auth"
)

// credentialsHeader returns the header with credentials that differ in the secret.
func credentialsHeader(secret any) string {
	return auth.CredentialsHeader + ": " + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "project:key:%v", secret))
}

// A caller that changes its credentials is still the same caller, with the same
// limits.
func TestLimitsCountByCaller(t *testing.T) {
	options := func(l HTTPLimits) HTTPOptions {
		return HTTPOptions{Authenticate: auth.WithCredentials(byName), Limits: l}
	}
	t.Run("requests", func(t *testing.T) {
		w := serveWeb(t, echo, options(HTTPLimits{Rate: 1. / 60, Burst: 3}))
		for i := range 5 {
			want := http.StatusOK
			if i >= 3 {
				want = http.StatusTooManyRequests
			}
			status, _ := w.answerTo(modernCall(1), append(modernHeaders("tools/call", "do"), credentialsHeader(i))...)
			if status != want {
				t.Errorf("request %d: %d, want %d", i+1, status, want)
			}
		}
		if status, _ := w.answerTo(modernCall(1), append(modernHeaders("tools/call", "do"), credentialsHeader(0), "Authorization: Bearer bob")...); status != http.StatusOK {
			t.Errorf("another caller with the same credentials: %d", status)
		}
	})
	t.Run("sessions", func(t *testing.T) {
		w := serveWeb(t, echo, options(HTTPLimits{SessionsPerCaller: 3}))
		for i := range 5 {
			want := http.StatusOK
			if i >= 3 {
				want = http.StatusServiceUnavailable
			}
			if status, _ := w.answerTo(openSession, credentialsHeader(i)); status != want {
				t.Errorf("session %d: %d, want %d", i+1, status, want)
			}
		}
		if status, _ := w.answerTo(openSession, credentialsHeader(0), "Authorization: Bearer bob"); status != http.StatusOK {
			t.Errorf("another caller with the same credentials: %d", status)
		}
	})
	t.Run("connections of HTTP+SSE", func(t *testing.T) {
		w := serveWeb(t, echo, options(HTTPLimits{SessionsPerCaller: 2}))
		open := func(secret int) *http.Response {
			return w.send(withTimeout(t), http.MethodGet, "/sse", "", headers{credentialsHeader(secret)})
		}
		first := open(1)
		defer open(2).Body.Close()
		third := open(3)
		if third.Body.Close(); third.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("one too many: %d", third.StatusCode)
		}
		first.Body.Close() // makes room, as soon as the server sees it
		for status := 0; status != http.StatusOK; {
			again := open(4)
			status = again.StatusCode
			again.Body.Close()
			if t.Context().Err() != nil {
				t.Fatal("what has ended still counts")
			}
		}
	})
}

// Sessions of a caller are separate by its credentials nevertheless.
func TestSessionsAreSeparateByCredentials(t *testing.T) {
	w := serveWeb(t, echo, HTTPOptions{Authenticate: auth.WithCredentials(byName)})
	r := w.send(t.Context(), http.MethodPost, "/mcp", openSession, headers{credentialsHeader("one")})
	if status, body := read(t, r); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	session := "Mcp-Session-Id: " + r.Header.Get("Mcp-Session-Id")
	for secret, want := range map[string]int{"one": http.StatusOK, "two": http.StatusNotFound} {
		if status, body := w.answerTo(call(1, `{}`), session, credentialsHeader(secret)); status != want {
			t.Errorf("with secret %s: %d %s", secret, status, body)
		}
	}
	events := eventsOf(t, w.send(withTimeout(t), http.MethodGet, "/sse", "", headers{credentialsHeader("one")}))
	at, _ := events.data()
	for secret, want := range map[string]int{"one": http.StatusAccepted, "two": http.StatusNotFound} {
		if status, body := read(t, w.send(withTimeout(t), http.MethodPost, at, call(1, `{}`), headers{credentialsHeader(secret)})); status != want {
			t.Errorf("over HTTP+SSE with secret %s: %d %s", secret, status, body)
		}
	}
}
