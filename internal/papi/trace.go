package papi

import (
	"context"
	"net/http"
	"strconv"

	"papi-mcp/internal/errorcode"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// span begins the span of one sending. It names the operation's path by its
// template: what stands in the path is the caller's.
func (x *call) span(ctx context.Context) (context.Context, trace.Span) {
	if x.client.tracer == nil {
		return ctx, noop.Span{}
	}
	op := x.request.Operation
	attributes := []attribute.KeyValue{
		semconv.HTTPRequestMethodKey.String(op.Method),
		semconv.URLTemplate(op.Path),
		attribute.String("papi.operation", op.ID),
	}
	if x.tries > 1 {
		attributes = append(attributes, semconv.HTTPRequestResendCount(x.tries-1))
	}
	return x.client.tracer.Start(ctx, op.Method+" "+op.Path, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...))
}

// answered tells a span of the API's answer.
func answered(span trace.Span, status int) {
	span.SetAttributes(semconv.HTTPResponseStatusCode(status))
	if status >= http.StatusBadRequest {
		span.SetAttributes(semconv.ErrorTypeKey.String(strconv.Itoa(status)))
		span.SetStatus(codes.Error, "")
	}
}

// unanswered tells a span that no answer came. Why it did not may hold the
// caller's words, and stands in the log alone.
func unanswered(ctx context.Context, span trace.Span) {
	kind := errorcode.Unreachable
	if ctx.Err() != nil {
		kind = ended(ctx).Code
	}
	span.SetAttributes(semconv.ErrorTypeKey.String(kind))
	span.SetStatus(codes.Error, "")
}
