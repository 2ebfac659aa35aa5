// Package telemetry sends OpenTelemetry traces of tool calls: a span for each
// call, and below it one for each exchange with the API. Traces that a client
// began are continued by their W3C context (traceparent, tracestate), which
// comes in a request's _meta, or in its HTTP headers.
//
// It is off unless asked for. A span holds names of tools, operations and error
// codes, statuses and counts; never an argument, an id, a token or a text of
// the API.
package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/go-logr/logr"
	"github.com/mark3labs/mcp-go/mcp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
)

// Start begins to send spans by OTLP over HTTP, as OpenTelemetry's own
// environment says (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS,
// OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER, ...). stop sends what is left, and
// must be called at the end. Spans that can't be sent are dropped, and the log
// tells so.
func Start(ctx context.Context, version string, log *slog.Logger) (tracers trace.TracerProvider, stop func(context.Context) error, err error) {
	// Its own logger writes to standard error what it can't read of its
	// variables, OTEL_EXPORTER_OTLP_HEADERS among them, which hold keys.
	otel.SetLogger(logr.New(withoutValues{log}))
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("telemetry: %w", err)
	}
	about, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(semconv.ServiceName("papi-mcp"), semconv.ServiceVersion(version)),
		resource.WithFromEnv(), // last, so that it wins
	)
	if err != nil {
		return nil, nil, fmt.Errorf("telemetry: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		log.Warn("traces can't be sent", "error", err)
	}))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
	return provider, provider.Shutdown, nil
}

// withoutValues logs the errors of OpenTelemetry by their text alone.
type withoutValues struct{ log *slog.Logger }

func (withoutValues) Init(logr.RuntimeInfo)            {}
func (withoutValues) Enabled(int) bool                 { return false }
func (withoutValues) Info(int, string, ...any)         {}
func (w withoutValues) WithValues(...any) logr.LogSink { return w }
func (w withoutValues) WithName(string) logr.LogSink   { return w }
func (w withoutValues) Error(_ error, msg string, _ ...any) {
	w.log.Warn("traces: check the variables OTEL_...", "failed", msg)
}

// w3c reads traceparent and tracestate. Baggage is left out: it is
// the caller's, and may hold anything.
var w3c = propagation.TraceContext{}

// FromMeta returns ctx with the trace that a request's _meta names, if it
// names one.
func FromMeta(ctx context.Context, meta *mcp.Meta) context.Context {
	if meta == nil {
		return ctx
	}
	return w3c.Extract(ctx, metaCarrier(meta.AdditionalFields))
}

// FromHeader returns ctx with the trace that the headers of a request name, if
// they name one.
func FromHeader(ctx context.Context, header http.Header) context.Context {
	return w3c.Extract(ctx, propagation.HeaderCarrier(header))
}

// metaCarrier reads the strings of a _meta. Nothing is written to it.
type metaCarrier map[string]any

func (c metaCarrier) Get(key string) string {
	value, _ := c[key].(string)
	return value
}

func (metaCarrier) Set(string, string) {}

func (c metaCarrier) Keys() []string {
	keys := make([]string, 0, len(c))
	for key := range c {
		keys = append(keys, key)
	}
	return keys
}
