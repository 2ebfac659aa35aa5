package server

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
	"papi-mcp/tools"
)

// webhooks answers like the API, without a network.
type webhooks struct{}

func (webhooks) RoundTrip(*http.Request) (*http.Response, error) {
	const two = `{"webhooks":[{"id":"01HWEBHOOK0000000000000001","target":"https://example.com/one","triggers":["ALL"]},{"id":"01HWEBHOOK0000000000000002","target":"https://example.com/two","triggers":["WHATSAPP_TEMPLATE_STATUS_UPDATED","RCS_SENDER_STATUS_UPDATED"]}]}`
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}, "Date": {"Thu, 26 Nov 2026 20:00:00 GMT"}},
		ContentLength: int64(len(two)), Body: io.NopCloser(strings.NewReader(two)),
	}, nil
}

// BenchmarkRead is webhook_list over Streamable HTTP, without the network on either
// side: what scripts/load compares with a bare mcp-go server.
func BenchmarkRead(b *testing.B) {
	rows, err := catalog.Select(catalog.Filter{})
	if err != nil {
		b.Fatal(err)
	}
	client, err := papi.New(papi.Config{BaseURL: "http://api.example", AccessToken: "token", Transport: webhooks{}, Observer: NewMetrics()})
	if err != nil {
		b.Fatal(err)
	}
	g := guard.New(guard.Options{Default: "p", Mode: guard.Auto, Store: store.NewMemory(), Reader: dispatch.Reader{API: client}})
	limits := DefaultHTTPLimits
	limits.Rate = 0
	h := New(Options{Name: "papi-mcp", Toolbox: tools.New(tools.Options{Rows: rows, Guard: g, API: client})}).
		HTTP(HTTPOptions{Authenticate: auth.None, Limits: limits})
	b.Cleanup(h.Close)
	session := ""
	post := func(method, params string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"`+method+`","params":`+params+`}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		r.Header.Set(headerSession, session)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	session = post("initialize", `{"protocolVersion":"2025-11-25","clientInfo":{"name":"bench","version":"1"},"capabilities":{}}`).Header().Get(headerSession)
	b.ReportAllocs()
	for b.Loop() {
		if w := post("tools/call", `{"name":"webhook_list","arguments":{}}`); !bytes.Contains(w.Body.Bytes(), []byte("example.com/two")) {
			b.Fatal(w.Body)
		}
	}
}
