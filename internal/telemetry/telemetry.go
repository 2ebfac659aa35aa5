// Package telemetry sends OpenTelemetry traces of tool calls: a span for each
// call, with a child span for each request to the API. A trace that a client has
// started is continued by its W3C context (traceparent, tracestate), from the
// _meta of a request or from its HTTP headers.
//
// Tracing is off by default. A span holds names of tools, operations and error
// codes, statuses and counts; never an argument, an id, a token or a text of
// the API.
//
// The package also has what the lines of the log share: the sanitizer, and the id
// of the request.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"

	"github.com/go-logr/logr"
	"github.com/mark3labs/mcp-go/mcp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Start starts to send spans by OTLP over HTTP, configured by OpenTelemetry's own
// environment variables (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS,
// OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER, ...), with their defaults. Where they say that
// nothing is sent (OTEL_SDK_DISABLED=true, OTEL_TRACES_EXPORTER=none), there are no spans.
// stop sends what remains, and must be called at the end. Spans that can't be sent are
// dropped, with a warning in the log.
func Start(ctx context.Context, version string, log *slog.Logger) (tracers trace.TracerProvider, stop func(context.Context) error, err error) {
	// OpenTelemetry's own logger would write the values of malformed variables to
	// standard error.
	otel.SetLogger(logr.New(withoutValues{log}))
	c := configOf(os.Getenv, func(variable string) {
		log.Warn("traces: a variable is wrong, and left out", "variable", variable)
	})
	if c.off {
		log.Warn("traces are off: OTEL_SDK_DISABLED or OTEL_TRACES_EXPORTER says so")
		return noop.NewTracerProvider(), func(context.Context) error { return nil }, nil
	}
	if c.tls != nil && c.endpoint.Scheme == "http" {
		return nil, nil, errCertificatesWithoutTLS
	}
	c.agent = "papi-mcp/" + version
	exporter, err := otlptrace.New(ctx, newCollector(c))
	if err != nil {
		return nil, nil, fmt.Errorf("telemetry: %w", err)
	}
	attributes, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(semconv.ServiceName("papi-mcp"), semconv.ServiceVersion(version)),
		resource.WithFromEnv(), // last: it takes precedence
	)
	if err != nil {
		return nil, nil, fmt.Errorf("telemetry: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		log.Warn("traces can't be sent", "error", err)
	}))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(attributes))
	return provider, provider.Shutdown, nil
}

// Endpoint returns where Start sends spans, as the same variables say (nil: nothing is
// sent), and the variables that are wrong. The error is that of Start.
func Endpoint() (endpoint *url.URL, wrong []string, err error) {
	c := configOf(os.Getenv, func(variable string) { wrong = append(wrong, variable) })
	if c.off {
		return nil, wrong, nil
	}
	if c.tls != nil && c.endpoint.Scheme == "http" {
		err = errCertificatesWithoutTLS
	}
	return c.endpoint, wrong, err
}

var errCertificatesWithoutTLS = errors.New("telemetry: an endpoint without TLS can't use certificates")

// withoutValues logs the errors of OpenTelemetry by their message, without values.
type withoutValues struct{ log *slog.Logger }

func (withoutValues) Init(logr.RuntimeInfo)            {}
func (withoutValues) Enabled(int) bool                 { return false }
func (withoutValues) Info(int, string, ...any)         {}
func (w withoutValues) WithValues(...any) logr.LogSink { return w }
func (w withoutValues) WithName(string) logr.LogSink   { return w }
func (w withoutValues) Error(_ error, msg string, _ ...any) {
	w.log.Warn("traces: check the variables OTEL_...", "failed", msg)
}

// w3c reads traceparent and tracestate. Baggage is ignored: the caller may put
// anything into it.
var w3c = propagation.TraceContext{}

// FromMeta returns ctx with the trace that a request's _meta names, if it
// names one.
func FromMeta(ctx context.Context, meta *mcp.Meta) context.Context {
	if meta == nil {
		return ctx
	}
	carrier := propagation.MapCarrier{}
	for _, name := range w3c.Fields() {
		carrier[name], _ = meta.AdditionalFields[name].(string)
	}
	return w3c.Extract(ctx, carrier)
}

// FromHeader returns ctx with the trace that the headers of a request name, if
// they name one.
func FromHeader(ctx context.Context, header http.Header) context.Context {
	return w3c.Extract(ctx, propagation.HeaderCarrier(header))
}
