package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/telemetry"
	"papi-mcp/tools"
)

// confirmsProject is the tool without which the guard lets no write through.
const confirmsProject = "project_confirm"

// call is the handler of every tool. It never returns an error: mcp-go would
// send its text to the client.
func (s *Server) call(ctx context.Context, request mcp.CallToolRequest) (result *mcp.CallToolResult, _ error) {
	params := request.Params
	elicitor := s.elicitor(ctx)
	// Requests that were sent right behind a confirmation of the project build
	// on it. They wait for it, unless it waits for a person.
	if params.Name != confirmsProject || elicitor != nil {
		begun(ctx)
	}
	ctx, span := s.span(ctx, &params)
	defer span.End()
	// mcp-go's own recovery would send the panic's text to the client.
	defer func() {
		if p := recover(); p != nil {
			s.logPanic(ctx, "tool "+params.Name, p)
			failed(span, errorcode.InternalError)
			result = internalError(ctx)
		}
	}()

	arguments := params.RawArguments
	if len(arguments) == 0 || string(arguments) == "null" {
		arguments = json.RawMessage(`{}`)
	}
	caller := tools.Caller{
		Principal: principalOf(ctx),
		Client:    clientOf(ctx),
		Elicitor:  elicitor,
	}
	started := time.Now()
	outcome := s.toolboxOf(ctx).Call(ctx, caller, params.Name, arguments)
	took := time.Since(started)
	s.metrics.called(params.Name, outcome, took)
	s.logCall(ctx, params.Name, caller.Principal, outcome, took)

	if e, ok := outcome.Structured.(*tools.Error); ok {
		failed(span, e.Kind())
		e.Info = named(ctx, e.Info)
	}
	if outcome.Question != nil {
		return s.ask(ctx, *outcome.Question), nil
	}
	if mcpserver.RequestProtocolVersion(ctx) < resourceLinksSince {
		outcome.Link = nil
	}
	result, err := toolResult(outcome)
	if err != nil {
		s.log.ErrorContext(ctx, "result can't be told", "tool", params.Name, "error", err)
		return internalError(ctx), nil
	}
	return result, nil
}

// logCall leaves a line for a call: for one that went well, or was put to a
// person, only where the log is verbose. It holds no argument but the project.
func (s *Server) logCall(ctx context.Context, tool, principal string, outcome tools.Outcome, took time.Duration) {
	level, how := slog.LevelInfo, "errorCode"
	if !outcome.IsError {
		level, how = slog.LevelDebug, "outcome"
	}
	s.log.Log(ctx, level, "call", "tool", tool, "principal", principal, "project", short(outcome.Project), how, short(ended(outcome)), "ms", took.Milliseconds())
}

// logUncalled leaves a line for a call that was refused before it reached its
// tool: there is none of that name, its parameters are none, the server is busy.
func (s *Server) logUncalled(ctx context.Context, m *message, answer mcp.JSONRPCError) {
	if m.Method != mcp.MethodToolsCall {
		return
	}
	var params struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(m.Params, &params) // the answer says what is wrong with them
	principal, _ := ctx.Value(principalKey{}).(string)
	s.log.InfoContext(ctx, "call", "tool", short(params.Name), "principal", principal, "errorCode", answer.Error.Code)
}

// short bounds what a caller wrote, for a line of the log.
func short(text string) string { return papi.Truncate(text, papi.MaxEcho) }

// named adds the id of the HTTP request to what an error tells, where there is
// one: by it the server's log has the details.
func named(ctx context.Context, info map[string]any) map[string]any {
	request := telemetry.RequestID(ctx)
	if request == "" {
		return info
	}
	told := map[string]any{"requestId": request}
	maps.Copy(told, info)
	return told
}

// span begins the span of a call, below the one that the client named.
func (s *Server) span(ctx context.Context, params *mcp.CallToolParams) (context.Context, trace.Span) {
	ctx = telemetry.FromMeta(ctx, params.Meta)
	if s.tracer == nil {
		return ctx, noop.Span{}
	}
	return s.tracer.Start(ctx, string(mcp.MethodToolsCall)+" "+params.Name,
		trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(
			attribute.String("mcp.method.name", string(mcp.MethodToolsCall)),
			attribute.String("gen_ai.tool.name", params.Name),
		))
}

// failed tells a span of the error that the call ended with, by its code: the
// message may hold what the caller or the API wrote.
func failed(span trace.Span, code string) {
	span.SetAttributes(semconv.ErrorTypeKey.String(code))
	span.SetStatus(codes.Error, "")
}

// ask makes the result that puts a question to a client of protocol
// 2026-07-28. No other may get it: mcp-go would ask an older client by itself,
// whether or not it can answer, and without a deadline.
func (s *Server) ask(ctx context.Context, question guard.Question) *mcp.CallToolResult {
	if !mcpserver.IsModernRequest(ctx) {
		s.log.ErrorContext(ctx, "a question for a client of an older protocol")
		return internalError(ctx)
	}
	return mcpserver.NewInputRequestBuilder(question.State).
		Elicit(confirmationKey, confirmationForm(question)).
		ToolResult()
}

// resourceLinksSince is the first protocol version that knows links in results.
const resourceLinksSince = "2025-06-18"

// toolResult renders an outcome: its JSON as structured content, and the same
// bytes as text for clients that read only that; then the link, if it has one.
func toolResult(outcome tools.Outcome) (*mcp.CallToolResult, error) {
	if outcome.Structured == nil {
		return nil, errors.New("an outcome without a result")
	}
	encoded := bytes.NewBuffer(make([]byte, 0, 4<<10)) // most results fit
	encoder := json.NewEncoder(encoded)
	encoder.SetEscapeHTML(false) // < and & stay readable in the text
	if err := encoder.Encode(outcome.Structured); err != nil {
		return nil, err
	}
	raw := bytes.TrimSpace(encoded.Bytes())
	content := []mcp.Content{mcp.NewTextContent(string(raw))}
	if l := outcome.Link; l != nil {
		content = append(content, mcp.NewResourceLink(l.URI, l.Name, l.Description, markdown))
	}
	return &mcp.CallToolResult{
		Content:           content,
		StructuredContent: json.RawMessage(raw),
		IsError:           outcome.IsError,
	}, nil
}

// internalError is the result of a call that failed through a defect of ours,
// in the form of all errors, without what went wrong inside.
func internalError(ctx context.Context) *mcp.CallToolResult {
	result, err := toolResult(tools.Outcome{IsError: true, Structured: map[string]any{
		"errorCode":             errorcode.InternalError,
		"message":               "The server failed while it worked on this call.",
		"resolution":            errorcode.Do(errorcode.InternalError),
		"additionalInformation": named(ctx, map[string]any{}),
		"next":                  []any{},
	}})
	if err != nil {
		panic(err)
	}
	return result
}
