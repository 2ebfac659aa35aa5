package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/loopback"
)

// Every endpoint, each with the method that it serves.
var endpoints = map[string]string{
	"/mcp": http.MethodPost, "/sse": http.MethodGet, "/message": http.MethodPost, "/metrics": http.MethodGet,
	"/healthz": http.MethodGet, "/readyz": http.MethodGet, "/": http.MethodGet, "/mcp?": http.MethodDelete,
}

func TestOtherOriginsAreRefusedEverywhere(t *testing.T) {
	w := serveWeb(t, echo, HTTPOptions{Hosts: []string{"mcp.example.com"}, Origins: []string{"https://app.example.com"}})
	_, port, _ := net.SplitHostPort(w.addr)
	for name, test := range map[string]struct {
		header  headers
		refused bool
	}{
		"no Origin":                         {nil, false},
		"a name of ours":                    {headers{"Host: mcp.example.com"}, false},
		"a name of ours in capitals":        {headers{"Host: MCP.example.com:443"}, false},
		"a name that was pointed at us":     {headers{"Host: evil.example.com:" + port}, true},
		"one that ends like ours":           {headers{"Host: evilmcp.example.com"}, true},
		"one that starts like loopback":     {headers{"Host: localhost.evil.example.com"}, true},
		"an address that is not ours":       {headers{"Host: 192.0.2.1"}, true},
		"IPv6 loopback":                     {headers{"Host: [::1]:" + port}, false},
		"a foreign Origin":                  {headers{"Origin: https://evil.example.com"}, true},
		"a sandboxed page":                  {headers{"Origin: null"}, true},
		"another port of this machine":      {headers{"Origin: http://127.0.0.1:1"}, true},
		"our own page":                      {headers{"Origin: http://" + w.addr}, false},
		"a configured Origin":               {headers{"Origin: https://app.example.com"}, false},
		"one that starts like a configured": {headers{"Origin: https://app.example.com.evil.example.com"}, true},
	} {
		for path, method := range endpoints {
			t.Run(name+" at "+path, func(t *testing.T) {
				ctx := withTimeout(t)
				r := w.send(ctx, method, path, "{}", test.header)
				r.Body.Close() // some answer with a stream
				if refused := r.StatusCode == http.StatusForbidden; refused != test.refused {
					t.Errorf("status %d", r.StatusCode)
				}
				if allow := r.Header.Get("Access-Control-Allow-Origin"); allow != "" && name != "a configured Origin" {
					t.Errorf("may be read by %s", allow)
				}
			})
		}
	}
}

func TestCORS(t *testing.T) {
	w := serveWeb(t, echo, HTTPOptions{Origins: []string{"https://app.example.com"}})
	preflight := headers{"Authorization:", "Origin: https://app.example.com", "Access-Control-Request-Method: POST"}
	r := w.send(t.Context(), http.MethodOptions, "/mcp", "", preflight)
	if status, _ := read(t, r); status != http.StatusNoContent {
		t.Errorf("preflight: %d", status)
	}
	for _, name := range []string{"Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name", "Mcp-Session-Id", "Authorization"} {
		if !strings.Contains(r.Header.Get("Access-Control-Allow-Headers"), name) {
			t.Errorf("a page may not send %s", name)
		}
	}
	t.Run("and without configuration none", func(t *testing.T) {
		w := serveWeb(t, echo, HTTPOptions{})
		if r := w.send(t.Context(), http.MethodOptions, "/mcp", "", preflight); r.StatusCode != http.StatusForbidden || r.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("got %d, %v", r.StatusCode, r.Header)
		}
	})
}

func TestRefusedRequests(t *testing.T) {
	w := serveWeb(t, echo, HTTPOptions{Limits: HTTPLimits{Body: 100_000, Depth: 20}})
	session := w.open("alice")
	for name, test := range map[string]struct {
		method, path, body string
		header             headers
		status             int
		says               string
	}{
		"no key":                         {"POST", "/mcp", openSession, headers{"Authorization:"}, 401, "who are you?"},
		"no key, by its code":            {"POST", "/mcp", openSession, headers{"Authorization:"}, 401, `"errorCode":"unauthorized"`},
		"no key for metrics":             {"GET", "/metrics", "", headers{"Authorization:"}, 401, ""},
		"no key for events":              {"GET", "/sse", "", headers{"Authorization:"}, 401, ""},
		"no key to end a session":        {"DELETE", "/mcp", "", headers{"Authorization:", session}, 401, ""},
		"nothing is there":               {"GET", "/etc/passwd", "", nil, 404, "/mcp"},
		"a path with dots":               {"GET", "/mcp/..%2f..%2fetc/passwd", "", nil, 404, ""},
		"a method that is not served":    {"PUT", "/mcp", openSession, nil, 405, ""},
		"a form, as a page may send":     {"POST", "/mcp", openSession, headers{"Content-Type: text/plain"}, 415, "application/json"},
		"one to /message":                {"POST", "/message", openSession, headers{"Content-Type: text/plain"}, 404, ""},
		"a client that takes pictures":   {"POST", "/mcp", openSession, headers{"Accept: image/png"}, 406, ""},
		"a stream that is not taken":     {"GET", "/mcp", "", headers{session, "Accept: application/json"}, 406, ""},
		"not JSON":                       {"POST", "/mcp", `{"jsonrpc`, nil, 400, "-32700"},
		"nothing":                        {"POST", "/mcp", ``, nil, 400, "-32700"},
		"a batch":                        {"POST", "/mcp", `[` + openSession + `]`, nil, 400, "batches"},
		"too large":                      {"POST", "/mcp", `{"a":"` + strings.Repeat("x", 100_000) + `"}`, nil, 413, "100000"},
		"too deep":                       {"POST", "/mcp", strings.Repeat(`[`, 21) + strings.Repeat(`]`, 21), nil, 400, "deeper"},
		"no session":                     {"POST", "/mcp", call(1, `{}`), nil, 400, "initialize first"},
		"a made-up session":              {"POST", "/mcp", call(1, `{}`), headers{"Mcp-Session-Id: mcp-session-1"}, 404, "no such session"},
		"another's session, to call":     {"POST", "/mcp", call(1, `{}`), headers{session, "Authorization: Bearer bob"}, 404, "no such session"},
		"another's session, to hear":     {"GET", "/mcp", "", headers{session, "Authorization: Bearer bob"}, 404, "no such session"},
		"another's session, to end":      {"DELETE", "/mcp", "", headers{session, "Authorization: Bearer bob"}, 404, "no such session"},
		"a made-up session of events":    {"POST", "/message?sessionId=1", call(1, `{}`), nil, 404, "no such session"},
		"a version of the future":        {"POST", "/mcp", call(1, `{}`), headers{session, "Mcp-Protocol-Version: 1999-01-01"}, 400, "version"},
		"new, with the header alone":     {"POST", "/mcp", call(1, `{}`), modernHeaders("tools/call", "do"), 400, "_meta"},
		"new, without its header":        {"POST", "/mcp", modernCall(1), headers{session}, 400, "Mcp-Protocol-Version"},
		"new, with another method":       {"POST", "/mcp", modernCall(1), modernHeaders("tools/list", ""), 400, "Mcp-Method"},
		"new, with another tool's name":  {"POST", "/mcp", modernCall(1), modernHeaders("tools/call", "harmless"), 400, "Mcp-Name"},
		"new, a stream to resume":        {"POST", "/mcp", modernCall(1), append(modernHeaders("tools/call", "do"), "Last-Event-ID: 1"), 400, "resumed"},
		"new, a stream by GET":           {"GET", "/mcp", "", append(modernHeaders("", ""), session), 405, ""},
		"new, a session to end":          {"DELETE", "/mcp", "", append(modernHeaders("", ""), session), 405, ""},
		"new, an unknown method":         {"POST", "/mcp", modern(1, "no/such", `{}`, ``), modernHeaders("no/such", ""), 404, "-32601"},
		"new, initialize":                {"POST", "/mcp", modern(1, "initialize", `{}`, ``), modernHeaders("initialize", ""), 404, "-32601"},
		"a tool's name with a line end":  {"POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"do\r\nX-Evil: 1"}}`, headers{session}, 200, "-32602"},
		"a tool's name with an escape":   {"POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"do\u001b[2J\u0000"}}`, headers{session}, 200, "-32602"},
		"a client that says nothing new": {"POST", "/mcp", call(1, `{}`), headers{session}, 200, `"echo"`},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.send(withTimeout(t), test.method, test.path, test.body, test.header)
			status, body := read(t, r)
			if status != test.status || !strings.Contains(body, test.says) {
				t.Errorf("got %d %s", status, body)
			}
			if r.Header.Get("X-Evil") != "" || r.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("header %v", r.Header)
			}
			if status == http.StatusUnauthorized && r.Header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("no challenge: %v", r.Header)
			}
		})
	}
}

func TestRateLimit(t *testing.T) {
	w := serveWeb(t, echo, HTTPOptions{Limits: HTTPLimits{Rate: 1. / 60, Burst: 2}})
	w.open("alice")
	w.open("alice")
	r := w.send(t.Context(), "POST", "/mcp", openSession, nil)
	if status, _ := read(t, r); status != http.StatusTooManyRequests || r.Header.Get("Retry-After") != "60" {
		t.Errorf("got %d, %v", status, r.Header)
	}
	w.open("bob")
}

// A client that sends its bytes one by one can't keep a connection open.
func TestSlowClientsAreDisconnected(t *testing.T) {
	w := serveWeb(t, echo, HTTPOptions{Limits: HTTPLimits{ReadTimeout: 100 * time.Millisecond}})
	for name, test := range map[string]struct {
		sent string
		says string
	}{
		"in its header": {"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", ""},
		"in its body":   {"POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer alice\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", "408"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", w.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, test.sent); err != nil {
				t.Fatal(err)
			}
			said, err := io.ReadAll(c) // ends when the server hangs up
			if err != nil || !strings.Contains(string(said), test.says) {
				t.Errorf("said %q, %v", said, err)
			}
		})
	}
}

func TestRefusedRawRequests(t *testing.T) {
	w := serveWeb(t, echo, HTTPOptions{})
	for name, test := range map[string]struct {
		field  string
		status int
	}{
		"a header of 40 kB":           {"X-Long: " + strings.Repeat("x", 40<<10), 431},
		"a header with a lone CR":     {"Origin: http://a\rX-Evil: 1", 400},
		"a header with a zero":        {"Mcp-Session-Id: a\x00b", 400},
		"two Hosts":                   {"Host: evil.example.com", 400},
		"two lengths":                 {"Content-Length: 5\r\nContent-Length: 6", 400},
		"two Origins, the second bad": {"Origin: http://localhost\r\nOrigin: https://evil.example.com", 403},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", w.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			fmt.Fprintf(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n%s\r\nConnection: close\r\n\r\n", test.field)
			r, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			if r.StatusCode != test.status || r.Header.Get("X-Evil") != "" {
				t.Errorf("got %d %v", r.StatusCode, r.Header)
			}
		})
	}
}

func TestDepth(t *testing.T) {
	for text, want := range map[string]int{
		``: 0, `1`: 0, `{}`: 1, `{"a":[{}]}`: 3, `"[[["`: 0, `{"\"[":[]}`: 2, `["a\\",[]]`: 2, `[][]`: 1, `[[`: 2,
	} {
		if got := depth([]byte(text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

func TestLoopbackNames(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST:80": true, "127.0.0.1:8080": true, "127.8.8.8": true, "[::1]:80": true, "[::1]": true,
		"": false, "0.0.0.0": false, "127.0.0.1.example.com": false, "localhost.example.com": false, "2130706433": false,
	} {
		if got := loopback.IsHost(hostName(host)); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}

// The value of a panic in a tool, an authenticator or a hook is never sent to a
// client, and the panic is counted.
func TestPanicsAreAnsweredAndCounted(t *testing.T) {
	m := NewMetrics()
	w := serveWeb(t, echo, HTTPOptions{Authenticate: panicking}, func(o *Options) { o.Metrics = m })
	status, body := w.answerTo(initialize)
	if status != http.StatusInternalServerError || strings.Contains(body, "hunter2") || strings.Contains(body, "goroutine") {
		t.Errorf("got %d %s", status, body)
	}
	if got := metricValues(t, m)["papi_mcp_panics_total"]; got != 1 {
		t.Errorf("%v panics counted", got)
	}
}

func panicking(*http.Request) (auth.Identity, *auth.Failure) { panic("hunter2") }

// metricValues returns the metrics by name and labels.
func metricValues(t *testing.T, m *Metrics) map[string]float64 {
	t.Helper()
	recorder := httptest.NewRecorder()
	m.Handler().ServeHTTP(recorder, &http.Request{Method: http.MethodGet, Header: http.Header{}})
	all := map[string]float64{}
	for line := range strings.Lines(recorder.Body.String()) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseFloat(value, 64); ok && err == nil {
			all[name] = n
		}
	}
	return all
}
