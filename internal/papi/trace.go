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

// span starts the span of one attempt. It names the operation's path template,
// since the path itself holds the caller's ids.
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

// setStatus records the status of the API's answer.
func setStatus(span trace.Span, status int) {
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(semconv.HTTPResponseStatusCode(status))
	if status >= http.StatusBadRequest {
		span.SetAttributes(semconv.ErrorTypeKey.String(strconv.Itoa(status)))
		span.SetStatus(codes.Error, "")
	}
}

// setNoAnswer records that there was no answer. The reason may quote the caller,
// and is only logged.
func setNoAnswer(ctx context.Context, span trace.Span) {
	kind := errorcode.Unreachable
	if ctx.Err() != nil {
		kind = contextError(ctx).Code
	}
	span.SetAttributes(semconv.ErrorTypeKey.String(kind))
	span.SetStatus(codes.Error, "")
}
