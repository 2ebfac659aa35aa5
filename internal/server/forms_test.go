package server

import (
	"net/http"
	"strings"
	"testing"
)

const bom = "\ufeff"

// A slash at the end of a path is ignored, and never redirected.
func TestTrailingSlash(t *testing.T) {
	w := serveWeb(t, echo, HTTPOptions{Open: map[string]http.Handler{
		"GET /.well-known/thing/mcp": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }),
	}})
	w.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for path, status := range map[string]int{
		"/healthz/": 200, "/readyz/": 200, "/.well-known/thing/mcp/": http.StatusTeapot,
		"/etc/passwd/": 404, "/mcp/x/": 404, "/": 404, "//": 404,
	} {
		if got, body := read(t, w.send(withTimeout(t), http.MethodGet, path, "", nil)); got != status && !(path == "//" && got == http.StatusTemporaryRedirect) {
			t.Errorf("%s: %d %s", path, got, body)
		}
	}
	for _, path := range []string{"/mcp/", "/mcp//"} {
		r := w.send(withTimeout(t), http.MethodPost, path, openSession, nil)
		status, body := read(t, r)
		session := "Mcp-Session-Id: " + r.Header.Get("Mcp-Session-Id")
		if status != http.StatusOK || !strings.Contains(body, `"serverInfo"`) {
			t.Errorf("%s: %d %s", path, status, body)
		}
		if status, body := read(t, w.send(withTimeout(t), http.MethodPost, path, call(1, `{}`), headers{session})); status != http.StatusOK || !strings.Contains(body, "echo") {
			t.Errorf("a call to %s: %d %s", path, status, body)
		}
		stream := w.send(withTimeout(t), http.MethodGet, path, "", headers{session})
		if stream.Body.Close(); stream.StatusCode != http.StatusOK {
			t.Errorf("a stream of %s: %d", path, stream.StatusCode)
		}
		if status, body := read(t, w.send(withTimeout(t), http.MethodDelete, path, "", headers{session})); status != http.StatusNoContent {
			t.Errorf("the end at %s: %d %s", path, status, body)
		}
	}
	events := eventsOf(t, w.send(withTimeout(t), http.MethodGet, "/sse/", "", nil))
	at, _ := events.data()
	if status, body := read(t, w.send(withTimeout(t), http.MethodPost, strings.Replace(at, "/message?", "/message/?", 1), openSession, nil)); status != http.StatusAccepted {
		t.Errorf("%d %s", status, body)
	}
	checkInitialized(t, events.next())
}

// A byte order mark before a message is skipped, on every transport.
func TestByteOrderMark(t *testing.T) {
	t.Run("stdio", func(t *testing.T) {
		p := dial(t, newServer(t, echo))
		defer p.close()
		p.send(bom+initializeWith(validInfo, `{}`), bom, " "+bom+" "+call(1, `{}`))
		checkInitialized(t, p.next())
		if m := p.next(); m.Error != nil {
			t.Errorf("got %s", show(m))
		}
	})
	w := serveWeb(t, echo, HTTPOptions{})
	t.Run("HTTP", func(t *testing.T) {
		_, text := w.answerTo(bom + initializeWith(validInfo, `{}`))
		checkInitialized(t, decode(t, text))
		if status, text := w.answerTo(bom+modernCall(1), modernHeaders("tools/call", "do")...); status != http.StatusOK {
			t.Errorf("%d %s", status, text)
		}
		for _, body := range []string{bom, bom + bom + openSession, openSession + bom} {
			if status, text := w.answerTo(body); status != http.StatusBadRequest || !strings.Contains(text, "-32700") {
				t.Errorf("%q: %d %s", body, status, text)
			}
		}
	})
	t.Run("HTTP+SSE", func(t *testing.T) {
		events := eventsOf(t, w.send(withTimeout(t), http.MethodGet, "/sse", "", nil))
		at, _ := events.data()
		if status, body := read(t, w.send(withTimeout(t), http.MethodPost, at, bom+initializeWith(validInfo, `{}`), nil)); status != http.StatusAccepted {
			t.Errorf("%d %s", status, body)
		}
		checkInitialized(t, events.next())
	})
}
