package server

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/auth"
	"papi-mcp/tools"
)

// byName knows every caller by the name in the Authorization header.
func byName(r *http.Request) (auth.Identity, *auth.Failure) {
	name, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return auth.Identity{}, &auth.Failure{Status: 401, Challenge: "Bearer", Code: "unauthorized", Message: "who are you?"}
	}
	return auth.Identity{Principal: name}, nil
}

// web is a server that listens, and the requests to it.
type web struct {
	t      *testing.T
	http   *HTTP
	url    string
	addr   string
	client *http.Client
	stop   context.CancelFunc
	ended  chan error
}

type callFunc = func(context.Context, tools.Caller, string, json.RawMessage) tools.Outcome

// serveWeb serves a server with one tool, "do", on a port of its own.
func serveWeb(t *testing.T, do callFunc, options HTTPOptions, configure ...func(*Options)) *web {
	t.Helper()
	o := Options{
		Name: "papi-mcp", Version: "1.2.3", Instructions: "Confirm the project first.",
		Toolbox: &fakeToolbox{names: []string{"do"}, do: do},
		Logger:  slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	for _, c := range configure {
		c(&o)
	}
	if options.Authenticate == nil {
		options.Authenticate = byName
	}
	options.Limits = withDefaults(options.Limits)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	transport := &http.Transport{}
	w := &web{
		t: t, http: New(o).HTTP(options), url: "http://" + addr, addr: addr,
		client: &http.Client{Transport: transport}, stop: stop, ended: make(chan error, 1),
	}
	go func() { w.ended <- w.http.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		transport.CloseIdleConnections()
		if err, ok := <-w.ended; ok && err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	return w
}

// withDefaults returns the limits with the defaults for the fields that a test does
// not set; the rate stays unlimited.
func withDefaults(l HTTPLimits) HTTPLimits {
	d := DefaultHTTPLimits
	d.Rate = 0
	set, defaults := reflect.ValueOf(&l).Elem(), reflect.ValueOf(d)
	for i := range set.NumField() {
		if set.Field(i).IsZero() {
			set.Field(i).Set(defaults.Field(i))
		}
	}
	return l
}

// shutDown stops the server and returns its error.
func (w *web) shutDown() error {
	w.stop()
	err := <-w.ended
	close(w.ended)
	return err
}

// headers are header fields as "Name: value"; "Name:" takes one away.
type headers []string

// send makes a request. A message is sent as JSON, by alice.
func (w *web) send(ctx context.Context, method, path, body string, more headers) *http.Response {
	w.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Error(err) // a test may send from another goroutine
		return nil
	}
	for _, field := range append(headers{"Authorization: Bearer alice", "Content-Type: application/json", "Accept: application/json, text/event-stream"}, more...) {
		name, value, _ := strings.Cut(field, ":")
		value = strings.TrimSpace(value)
		switch {
		case name == "Host":
			r.Host = value
		case value == "":
			r.Header.Del(name)
		default:
			r.Header.Set(name, value)
		}
	}
	response, err := w.client.Do(r)
	if err != nil {
		if ctx.Err() == nil {
			w.t.Errorf("%s %s: %v", method, path, err)
		}
		return nil
	}
	return response
}

// answerTo sends a message and returns the status and the complete answer.
func (w *web) answerTo(body string, more ...string) (int, string) {
	w.t.Helper()
	return read(w.t, w.send(w.t.Context(), http.MethodPost, "/mcp", body, more))
}

func read(t *testing.T, r *http.Response) (int, string) {
	t.Helper()
	if r == nil {
		return 0, ""
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	return r.StatusCode, string(body)
}

const openSession = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","clientInfo":{"name":"peer","version":"1"},"capabilities":{"elicitation":{}}}}`

// open opens a session of an older protocol and returns the header that names
// it.
func (w *web) open(principal string) string {
	w.t.Helper()
	r := w.send(w.t.Context(), http.MethodPost, "/mcp", openSession, headers{"Authorization: Bearer " + principal})
	if status, body := read(w.t, r); status != http.StatusOK {
		w.t.Fatalf("openSession: %d %s", status, body)
	}
	return "Mcp-Session-Id: " + r.Header.Get("Mcp-Session-Id")
}

// events are the messages of a stream.
type events struct {
	t     *testing.T
	body  io.Closer
	lines *bufio.Scanner
}

func eventsOf(t *testing.T, r *http.Response) *events {
	t.Helper()
	if r == nil {
		t.FailNow()
	}
	if kind := r.Header.Get("Content-Type"); kind != "text/event-stream" {
		status, body := read(t, r)
		t.Fatalf("no stream but %d %s %s", status, kind, body)
	}
	t.Cleanup(func() { r.Body.Close() })
	return &events{t, r.Body, bufio.NewScanner(r.Body)}
}

// data returns the next event's data; ok is false at the end.
func (e *events) data() (data string, ok bool) {
	for e.lines.Scan() {
		if data, ok := strings.CutPrefix(e.lines.Text(), "data: "); ok {
			return data, true
		}
	}
	return "", false
}

// next returns the next message.
func (e *events) next() message {
	e.t.Helper()
	data, ok := e.data()
	if !ok {
		e.t.Fatal("the stream ended")
	}
	var m message
	if err := json.Unmarshal([]byte(data), &m); err != nil {
		e.t.Fatalf("event %q: %v", data, err)
	}
	return m
}

// modernHeaders are those that a request of 2026-07-28 must have.
func modernHeaders(method, name string) headers {
	h := headers{"Mcp-Protocol-Version: 2026-07-28", "Mcp-Method: " + method}
	if name != "" {
		h = append(h, "Mcp-Name: "+name)
	}
	return h
}

// modernCall is a call of "do" in protocol 2026-07-28.
func modernCall(id int) string {
	return modern(id, "tools/call", `{}`, `,"name":"do","arguments":{}`)
}

// blockingTool is a tool whose calls run until they are let go, or cancelled.
type blockingTool struct {
	began chan string // gets the principal of each call
	free  chan struct{}
	ended chan error // gets why each ended
}

func newBlockingTool() *blockingTool {
	return &blockingTool{make(chan string, 64), make(chan struct{}), make(chan error, 64)}
}

func (h *blockingTool) do(ctx context.Context, caller tools.Caller, _ string, _ json.RawMessage) tools.Outcome {
	h.began <- caller.Principal
	select {
	case <-h.free:
	case <-ctx.Done():
	}
	h.ended <- ctx.Err()
	return tools.Outcome{Structured: map[string]any{"done": true}}
}

// withTimeout bounds what a test waits for.
func withTimeout(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}
