package cli

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"papi-mcp/internal/sandbox"
)

// collected has the spans that a collector received, and their bytes.
type collected struct {
	mu    sync.Mutex
	spans map[string]*tracepb.Span // by name
	raw   bytes.Buffer
}

func (c *collected) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var request tracepb.TracesData // which is encoded like the request
	if err := proto.Unmarshal(body, &request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw.Write(body)
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			for _, span := range scope.Spans {
				c.spans[span.Name] = span
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func attributeOf(span *tracepb.Span, key string) string {
	for _, a := range span.GetAttributes() {
		if a.Key == key {
			if s := a.Value.GetStringValue(); s != "" {
				return s
			}
			return a.Value.String()
		}
	}
	return ""
}

// A trace that the client started continues to the API, and contains no secrets.
func TestTraces(t *testing.T) {
	const (
		trace  = "0af7651916cd43dd8448eb211c80319c"
		parent = "b7ad6b7169203331"
		canary = "canary-5c1f"
	)
	c := &collected{spans: map[string]*tracepb.Span{}}
	otlp := httptest.NewServer(c)
	defer otlp.Close()
	box := sandbox.New(sandbox.Options{Seed: 1, Manual: true})
	defer box.Close()
	var sent sync.Map // the traceparent of each request, by its path
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent.Store(r.Method+r.URL.Path, r.Header.Get("traceparent"))
		box.ServeHTTP(w, r)
	}))
	defer api.Close()

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "papi-mcp", "serve", "--trace", "--confirm", "off")
	cmd.Env = append(cmd.Environ(), "OTEL_EXPORTER_OTLP_ENDPOINT="+otlp.URL, "OTEL_SERVICE_NAME=provisioning",
		"PAPI_BASE_URL="+api.URL, "PAPI_TOKEN_URL="+api.URL+"/oauth2/token", "SINCH_KEY_ID="+canary, "SINCH_KEY_SECRET="+canary,
		"SINCH_PROJECT_ID="+sandbox.DefaultProject)
	meta := `"_meta":{"traceparent":"00-` + trace + `-` + parent + `-01","baggage":"who=` + canary + `"}`
	cmd.Stdin = strings.NewReader(strings.Join([]string{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"webhook_create","arguments":{"target":"https://example.com/` + canary + `","secret":"` + canary + `-and-more"},` + meta + `}}`,
		`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"whatsapp_sender_get","arguments":{"senderId":"` + canary + `"}}}`,
	}, "\n"))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(out, []byte("\n")); n != 3 {
		t.Fatalf("%d answers:\n%s", n, out)
	}

	call, exchange := c.spans["tools/call webhook_create"], c.spans["POST /v1/projects/{projectId}/webhooks"]
	if call == nil || exchange == nil {
		t.Fatalf("spans %v", c.spans)
	}
	if hexOf(call.TraceId) != trace || hexOf(call.ParentSpanId) != parent || call.Kind != tracepb.Span_SPAN_KIND_SERVER {
		t.Errorf("the call is not below the client's span: %v", call)
	}
	if hexOf(exchange.TraceId) != trace || !bytes.Equal(exchange.ParentSpanId, call.SpanId) || exchange.Kind != tracepb.Span_SPAN_KIND_CLIENT {
		t.Errorf("the exchange is not below the call: %v", exchange)
	}
	if got := attributeOf(exchange, "http.response.status_code"); !strings.Contains(got, "201") {
		t.Errorf("status %q", got)
	}
	if got, _ := sent.Load("POST/v1/projects/" + sandbox.DefaultProject + "/webhooks"); got != "00-"+trace+"-"+hexOf(exchange.SpanId)+"-01" {
		t.Errorf("the API got %q", got)
	}
	failed := c.spans["tools/call whatsapp_sender_get"]
	if got := attributeOf(failed, "error.type"); got != "project_not_initialized" || failed.Status.Code != tracepb.Status_STATUS_CODE_ERROR {
		t.Errorf("a call that failed: %q, %v", got, failed)
	}
	if raw := c.raw.String(); strings.Contains(raw, canary) || strings.Contains(raw, sandbox.DefaultProject) || !strings.Contains(raw, "provisioning") {
		t.Error("the spans hold what they should not, or not the service's name")
	}
}

func hexOf(id []byte) string { return hex.EncodeToString(id) }

// Without --trace nothing is sent anywhere.
func TestNoTracesByDefault(t *testing.T) {
	c := &collected{spans: map[string]*tracepb.Span{}}
	otlp := httptest.NewServer(c)
	defer otlp.Close()
	cmd := exec.CommandContext(t.Context(), "papi-mcp", "serve", "--sandbox")
	cmd.Env = append(cmd.Environ(), "OTEL_EXPORTER_OTLP_ENDPOINT="+otlp.URL)
	cmd.Stdin = strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"webhook_list"}}`)
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if c.raw.Len() != 0 {
		t.Error("traces were sent")
	}
}
