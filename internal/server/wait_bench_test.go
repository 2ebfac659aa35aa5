package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
	"papi-mcp/internal/wait"
	"papi-mcp/tools"
)

// senders answers like the API, without a network: each sender is being set up.
type senders struct{ reads atomic.Int64 }

func (s *senders) RoundTrip(r *http.Request) (*http.Response, error) {
	s.reads.Add(1)
	body := fmt.Sprintf(`{"id":%q,"state":"IN_PROGRESS","name":"A sender","countryCode":"49","phoneNumber":"15550100001","created":"2026-11-26T20:00:00Z"}`, r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}, "Date": {"Thu, 26 Nov 2026 20:00:00 GMT"}},
		ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

// inUse is the memory in use, in bytes: objects and stacks.
func inUse() int64 {
	for range 4 { // each halves the stacks that are too large, and releases what finalizers did
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// BenchmarkWaits is the memory of 1,000 calls of wait over HTTP, each on a connection of
// its own and for a thing of its own. Their clients are sockets in this process, and count.
func BenchmarkWaits(b *testing.B) {
	b.Run("2025-11-25", func(b *testing.B) { benchmarkWaits(b, false) })
	b.Run("2026-07-28", func(b *testing.B) { benchmarkWaits(b, true) })
}

func benchmarkWaits(b *testing.B, isModern bool) {
	const waits, callers = 1000, 100
	rows, err := catalog.Select(catalog.Filter{})
	if err != nil {
		b.Fatal(err)
	}
	api := &senders{}
	client, err := papi.New(papi.Config{BaseURL: "http://api.example", AccessToken: "token", Transport: api})
	if err != nil {
		b.Fatal(err)
	}
	g := guard.New(guard.Options{Default: "p", Mode: guard.Auto, Store: store.NewMemory(), Reader: dispatch.Reader{API: client}})
	set := tools.New(tools.Options{Rows: rows, Guard: g, API: client, Poller: new(wait.Poller), Waits: new(wait.Limit)})
	limits := DefaultHTTPLimits
	limits.Rate = 0
	h := New(Options{Name: "papi-mcp", Toolbox: set}).HTTP(HTTPOptions{Authenticate: byName, Limits: limits})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(b.Context(), listener) }()
	post := func(caller int, body string, more ...string) net.Conn {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := fmt.Fprintf(conn, "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer caller-%d\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: %d\r\n%s\r\n%s",
			caller, len(body), strings.Join(append(more, ""), "\r\n"), body); err != nil {
			b.Fatal(err)
		}
		return conn
	}
	sessions := make([]string, callers+1)
	for i := range sessions {
		conn := post(i, openSession)
		r, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			b.Fatal(err)
		}
		sessions[i] = headerSession + ": " + r.Header.Get(headerSession)
		conn.Close()
	}
	call := func(caller int, sender string) net.Conn {
		params := fmt.Sprintf(`"name":"wait","arguments":{"for":[{"tool":"whatsapp_sender_get","args":{"senderId":%q}}],"timeoutSeconds":300}`, sender)
		if isModern {
			return post(caller, modern(1, "tools/call", `{}`, ","+params), modernHeaders("tools/call", "wait")...)
		}
		return post(caller, toolsCall(1, params), sessions[caller])
	}
	first := call(0, "first") // what is loaded for any call is no cost of these
	until := func(what string, is func() bool) {
		b.Helper()
		for began := time.Now(); !is(); time.Sleep(10 * time.Millisecond) {
			if time.Since(began) > 10*time.Second {
				b.Fatalf("not %s in ten seconds", what)
			}
		}
	}
	until("read", func() bool { return api.reads.Load() > 0 })
	b.ResetTimer()
	for b.Loop() {
		before, read := inUse(), api.reads.Load()
		conns := make([]net.Conn, waits)
		for i := range conns {
			conns[i] = call(1+i%callers, fmt.Sprintf("sender-%d", i))
		}
		until("all read", func() bool { return api.reads.Load() >= read+waits })
		used := float64(inUse()-before) / (1 << 20)
		if n := int(h.streams.Load()); n != waits+1 || len(h.limiter.running) != 0 {
			b.Fatalf("%d requests are open, and %d hold a place", n, len(h.limiter.running))
		}
		b.ReportMetric(used, "MB")
		for _, conn := range conns {
			conn.Close()
		}
		until("all ended", func() bool { return h.streams.Load() <= 1 })
	}
	first.Close()
	until("ended", func() bool { return h.streams.Load() == 0 })
}
