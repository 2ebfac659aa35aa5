package telemetry

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// request is what a collector received.
type request struct {
	path     string
	header   http.Header
	resource map[string]string
	spans    []*tracepb.Span
}

// answers makes a handler that answers each request by the next of the given handlers,
// and then by 200.
func answers(t *testing.T, got *[]request, next ...http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			zipped, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Error(err)
				return
			}
			body = zipped
		}
		raw, err := io.ReadAll(body)
		if err != nil {
			t.Error(err)
		}
		var data tracepb.TracesData
		if err := proto.Unmarshal(raw, &data); err != nil {
			t.Error(err)
		}
		one := request{path: r.URL.Path, header: r.Header, resource: map[string]string{}}
		for _, resource := range data.ResourceSpans {
			for _, a := range resource.Resource.GetAttributes() {
				one.resource[a.Key] = a.Value.GetStringValue()
			}
			for _, scope := range resource.ScopeSpans {
				one.spans = append(one.spans, scope.Spans...)
			}
		}
		*got = append(*got, one)
		if n := len(*got); n <= len(next) {
			next[n-1](w, r)
		}
	})
}

// export sends a span to the collector that the environment names, and returns the log.
func export(t *testing.T) string {
	t.Helper()
	var log bytes.Buffer
	tracers, stop, err := Start(t.Context(), "1", slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	_, span := tracers.Tracer("test").Start(t.Context(), "tools/call webhook_list")
	span.SetAttributes(attribute.String("tool", "webhook_list"))
	span.End()
	if err := stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	return log.String()
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, "why not")
	}
}

// Spans are sent as the variables say.
func TestVariables(t *testing.T) {
	var got []request
	s := httptest.NewServer(answers(t, &got))
	defer s.Close()
	for name, test := range map[string]struct {
		env    map[string]string
		path   string
		header map[string]string
	}{
		"base":            {map[string]string{"ENDPOINT": s.URL}, "/v1/traces", map[string]string{"Content-Type": "application/x-protobuf", "User-Agent": "papi-mcp/1"}},
		"base with path":  {map[string]string{"ENDPOINT": s.URL + "/otlp/"}, "/otlp/v1/traces", nil},
		"traces":          {map[string]string{"ENDPOINT": "http://127.0.0.1:1", "TRACES_ENDPOINT": s.URL + "/as/it/is/"}, "/as/it/is/", nil},
		"traces, no path": {map[string]string{"TRACES_ENDPOINT": s.URL}, "/", nil},
		"insecure":        {map[string]string{"ENDPOINT": strings.Replace(s.URL, "http:", "https:", 1), "INSECURE": "true"}, "/v1/traces", nil},
		"headers":         {map[string]string{"ENDPOINT": s.URL, "HEADERS": "api-key = a%20b%2Cc , x=1"}, "/v1/traces", map[string]string{"Api-Key": "a b,c", "X": "1"}},
		"traces' headers": {map[string]string{"ENDPOINT": s.URL, "HEADERS": "x=1", "TRACES_HEADERS": "x=2"}, "/v1/traces", map[string]string{"X": "2"}},
		"gzip":            {map[string]string{"ENDPOINT": s.URL, "COMPRESSION": "gzip"}, "/v1/traces", map[string]string{"Content-Encoding": "gzip"}},
		"the rest":        {map[string]string{"ENDPOINT": s.URL, "COMPRESSION": "none", "PROTOCOL": "http/protobuf", "TIMEOUT": "60000"}, "/v1/traces", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got = nil
			for variable, value := range test.env {
				t.Setenv("OTEL_EXPORTER_OTLP_"+variable, value)
			}
			log := export(t)
			if len(got) != 1 || got[0].path != test.path || len(got[0].spans) != 1 || got[0].spans[0].Name != "tools/call webhook_list" || log != "" {
				t.Fatalf("got %+v\n%s", got, log)
			}
			for header, want := range test.header {
				if have := got[0].header.Get(header); have != want {
					t.Errorf("%s is %q, want %q", header, have, want)
				}
			}
		})
	}
}

// A variable that can't be read is named, without its value, and left out.
func TestWrongVariables(t *testing.T) {
	var got []request
	s := httptest.NewServer(answers(t, &got))
	defer s.Close()
	for variable, value := range map[string]string{
		"HEADERS": "authorization=%zzhunter2", "TRACES_HEADERS": "authorization: hunter2", "TIMEOUT": "hunter2s", "COMPRESSION": "hunter2", "PROTOCOL": "http/json",
		"INSECURE": "hunter2", "CERTIFICATE": "/hunter2", "CLIENT_CERTIFICATE": "/hunter2", "TRACES_ENDPOINT": "localhost:4318",
	} {
		t.Run(variable, func(t *testing.T) {
			got = nil
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", s.URL)
			t.Setenv("OTEL_EXPORTER_OTLP_"+variable, value)
			c := configOf(os.Getenv, func(name string) {
				if name != "OTEL_EXPORTER_OTLP_"+variable {
					t.Errorf("%s is wrong", name)
				}
			})
			if c.timeout != configOf(func(string) string { return "" }, nil).timeout || c.tls != nil || len(c.headers) != 0 || c.gzip {
				t.Errorf("got %+v", c)
			}
			if variable == "TRACES_ENDPOINT" { // there is no collector where it is expected
				return
			}
			log := export(t)
			if len(got) != 1 || !strings.Contains(log, "variable=OTEL_EXPORTER_OTLP_"+variable) || strings.Contains(log, "hunter") {
				t.Errorf("%d requests, %s", len(got), log)
			}
		})
	}
}

// A request is repeated where the collector asks for that, and only there; what is lost
// is logged.
func TestRepeated(t *testing.T) {
	rejection := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType),
		protowire.AppendString(protowire.AppendTag(protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 1), 2, protowire.BytesType), "too old"))
	partly := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(rejection)
	}
	for name, test := range map[string]struct {
		first    http.HandlerFunc
		requests int
		log      string
	}{
		"503":      {status(503, "Retry-After", "0"), 2, ""},
		"429":      {status(429, "Retry-After", "Thu, 26 Nov 2020 20:00:00 GMT"), 2, ""},
		"too long": {status(503, "Retry-After", "3600"), 1, `status 503 Service Unavailable: \"why not\"`},
		"400":      {status(400), 1, `status 400 Bad Request: \"why not\"`},
		"401":      {status(401, "Retry-After", "0"), 1, "status 401"},
		"partly":   {partly, 1, `rejected 1 spans: \"too old\"`},
		"garbage": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = w.Write([]byte{0xff})
		}, 1, "can't be read"},
		"other text": {status(200), 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got []request
			s := httptest.NewServer(answers(t, &got, test.first))
			defer s.Close()
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", s.URL)
			log := export(t)
			if len(got) != test.requests || (log == "") != (test.log == "") || !strings.Contains(log, test.log) {
				t.Errorf("%d requests, %s", len(got), log)
			}
			for _, r := range got {
				if len(r.spans) != 1 {
					t.Errorf("%d spans", len(r.spans))
				}
			}
		})
	}
}

// Stop ends a request that hangs.
func TestStopEndsRequests(t *testing.T) {
	received := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(received)
		<-r.Context().Done()
	}))
	defer s.Close()
	c := newCollector(configOf(func(name string) string {
		return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": s.URL}[name]
	}, nil))
	ended := make(chan error)
	go func() { ended <- c.UploadTraces(context.Background(), []*tracepb.ResourceSpans{{}}) }()
	<-received
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("no error")
	}
}

// The collector's certificate is checked against the given one, and the client shows its own.
func TestCertificates(t *testing.T) {
	var got []request
	s := httptest.NewUnstartedServer(answers(t, &got))
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	s.StartTLS()
	defer s.Close()
	file := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key, err := x509.MarshalPKCS8PrivateKey(s.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certificate := file("cert.pem", "CERTIFICATE", s.Certificate().Raw)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", s.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", certificate)
	t.Setenv("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", certificate)
	t.Setenv("OTEL_EXPORTER_OTLP_CLIENT_KEY", file("key.pem", "PRIVATE KEY", key))
	if log := export(t); len(got) != 1 || log != "" {
		t.Errorf("%d requests, %s", len(got), log)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_INSECURE", "true")
	if _, _, err := Start(t.Context(), "1", slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "certificates") {
		t.Errorf("certificates without TLS: %v", err)
	}
}

// Without variables spans are sent as OpenTelemetry's specification says.
func TestDefaults(t *testing.T) {
	c := configOf(func(string) string { return "" }, func(variable string) { t.Errorf("%s is wrong", variable) })
	if got := c.endpoint.String(); got != "http://localhost:4318/v1/traces" || c.timeout != 10*time.Second || c.gzip || c.tls != nil || c.off || len(c.headers) > 0 {
		t.Errorf("%s, %+v", got, c)
	}
	for variable, value := range map[string]string{"OTEL_SDK_DISABLED": "yes", "OTEL_TRACES_EXPORTER": "console", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"} {
		wrong := ""
		c := configOf(func(name string) string { return map[string]string{variable: value}[name] }, func(name string) { wrong = name })
		if wrong != variable || c.off {
			t.Errorf("%s=%s: %q is wrong, %+v", variable, value, wrong, c)
		}
	}
}

// The variables of OpenTelemetry's own SDK apply: which traces are sent, what the resource
// is called, and whether anything is sent.
func TestVariablesOfTheSDK(t *testing.T) {
	for name, test := range map[string]struct {
		env   map[string]string
		spans int
		log   string
	}{
		"default":              {nil, 1, ""},
		"never sampled":        {map[string]string{"OTEL_TRACES_SAMPLER": "always_off"}, 0, ""},
		"no ratio":             {map[string]string{"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}, 0, ""},
		"sampled":              {map[string]string{"OTEL_TRACES_SAMPLER": "parentbased_always_on"}, 1, ""},
		"disabled":             {map[string]string{"OTEL_SDK_DISABLED": "True"}, 0, "traces are off"},
		"not disabled":         {map[string]string{"OTEL_SDK_DISABLED": "false"}, 1, ""},
		"no exporter":          {map[string]string{"OTEL_TRACES_EXPORTER": "none"}, 0, "traces are off"},
		"the exporter that is": {map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got []request
			s := httptest.NewServer(answers(t, &got))
			defer s.Close()
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", s.URL)
			for variable, value := range test.env {
				t.Setenv(variable, value)
			}
			log := export(t)
			spans := 0
			for _, r := range got {
				spans += len(r.spans)
			}
			if spans != test.spans || (log == "") != (test.log == "") || !strings.Contains(log, test.log) {
				t.Errorf("%d spans, want %d: %s", spans, test.spans, log)
			}
		})
	}
}

// A resource is papi-mcp with its version, unless the variables say otherwise.
func TestResource(t *testing.T) {
	for name, test := range map[string]struct {
		env  map[string]string
		want map[string]string
	}{
		"default":    {nil, map[string]string{"service.name": "papi-mcp", "service.version": "1"}},
		"name":       {map[string]string{"OTEL_SERVICE_NAME": "provisioning"}, map[string]string{"service.name": "provisioning", "service.version": "1"}},
		"attributes": {map[string]string{"OTEL_RESOURCE_ATTRIBUTES": "service.name=other,deployment.environment.name=test"}, map[string]string{"service.name": "other", "deployment.environment.name": "test"}},
		"both":       {map[string]string{"OTEL_RESOURCE_ATTRIBUTES": "service.name=other", "OTEL_SERVICE_NAME": "provisioning"}, map[string]string{"service.name": "provisioning"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []request
			s := httptest.NewServer(answers(t, &got))
			defer s.Close()
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", s.URL)
			for variable, value := range test.env {
				t.Setenv(variable, value)
			}
			export(t)
			if len(got) != 1 {
				t.Fatalf("%d requests", len(got))
			}
			for key, want := range test.want {
				if have := got[0].resource[key]; have != want {
					t.Errorf("%s is %q, want %q", key, have, want)
				}
			}
		})
	}
}
