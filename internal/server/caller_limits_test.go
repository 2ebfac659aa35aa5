package server

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"

	"papi-mcp/internal/auth"
)

// brings is the header with credentials of a project, told apart by a secret.
func brings(secret any) string {
	return auth.CredentialsHeader + ": " + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "project:key:%v", secret))
}

// A caller that changes the credentials it brings is still the same caller:
// what it may use does not grow with them.
func TestLimitsCountTheCallerAndNotItsCredentials(t *testing.T) {
	options := func(l HTTPLimits) HTTPOptions {
		return HTTPOptions{Authenticate: auth.WithCredentials(byName{}), Limits: l}
	}
	t.Run("requests", func(t *testing.T) {
		w := serveWeb(t, echo, options(HTTPLimits{Rate: 1. / 60, Burst: 3}))
		for i := range 5 {
			want := http.StatusOK
			if i >= 3 {
				want = http.StatusTooManyRequests
			}
			status, _ := w.answerTo(modernCall(1), append(modernHeaders("tools/call", "do"), brings(i))...)
			if status != want {
				t.Errorf("request %d: %d, want %d", i+1, status, want)
			}
		}
		if status, _ := w.answerTo(modernCall(1), append(modernHeaders("tools/call", "do"), brings(0), "Authorization: Bearer bob")...); status != http.StatusOK {
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
			if status, _ := w.answerTo(openSession, brings(i)); status != want {
				t.Errorf("session %d: %d, want %d", i+1, status, want)
			}
		}
		if status, _ := w.answerTo(openSession, brings(0), "Authorization: Bearer bob"); status != http.StatusOK {
			t.Errorf("another caller with the same credentials: %d", status)
		}
	})
	t.Run("connections of HTTP+SSE", func(t *testing.T) {
		w := serveWeb(t, echo, options(HTTPLimits{SessionsPerCaller: 2}))
		open := func(secret int) *http.Response {
			return w.send(soon(t), http.MethodGet, "/sse", "", headers{brings(secret)})
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

// What is kept for a caller is kept apart by its credentials all the same.
func TestSessionsStayApartByCredentials(t *testing.T) {
	w := serveWeb(t, echo, HTTPOptions{Authenticate: auth.WithCredentials(byName{})})
	r := w.send(t.Context(), http.MethodPost, "/mcp", openSession, headers{brings("one")})
	if status, body := read(t, r); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	session := "Mcp-Session-Id: " + r.Header.Get("Mcp-Session-Id")
	for secret, want := range map[string]int{"one": http.StatusOK, "two": http.StatusNotFound} {
		if status, body := w.answerTo(call(1, `{}`), session, brings(secret)); status != want {
			t.Errorf("with secret %s: %d %s", secret, status, body)
		}
	}
	events := eventsOf(t, w.send(soon(t), http.MethodGet, "/sse", "", headers{brings("one")}))
	at, _ := events.data()
	for secret, want := range map[string]int{"one": http.StatusAccepted, "two": http.StatusNotFound} {
		if status, body := read(t, w.send(soon(t), http.MethodPost, at, call(1, `{}`), headers{brings(secret)})); status != want {
			t.Errorf("over HTTP+SSE with secret %s: %d %s", secret, status, body)
		}
	}
}
