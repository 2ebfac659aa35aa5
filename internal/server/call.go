package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
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
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/telemetry"
	"papi-mcp/tools"
)

// projectConfirmTool confirms a project, which the guard requires before any
// write.
const projectConfirmTool = "project_confirm"

// call is the handler of all tools. It never returns an error, whose text
// mcp-go would send to the client.
func (s *Server) call(ctx context.Context, request mcp.CallToolRequest) (result *mcp.CallToolResult, _ error) {
	defer s.calls.begin(ctx)()
	// What is not needed any more is released while a call waits.
	params := &request.Params
	name := params.Name
	elicitor := s.elicitor(ctx)
	// Requests that were sent directly after a confirmation of the project depend
	// on it. They wait for it, unless it waits for a person.
	if !confirmsProject(params) || elicitor != nil {
		markStarted(ctx)
	}
	ctx, span := s.span(ctx, params)
	defer span.End()
	// mcp-go's own recovery would send the panic's text to the client.
	defer func() {
		if p := recover(); p != nil {
			s.logPanic(ctx, "tool "+name, p)
			recordError(span, errorcode.InternalError)
			result = s.internalError(ctx)
		}
	}()

	started := time.Now()
	caller := s.callerOf(ctx, params, elicitor)
	isWaiting := false
	caller.Waits = func() {
		isWaiting = true
		s.metrics.waits.Inc()
		markStarted(ctx)
		leaveSlots(ctx)
	}
	defer func() {
		if isWaiting {
			s.metrics.waits.Dec()
		}
	}()
	outcome := s.toolboxOf(ctx).Call(ctx, caller, name, argumentsOf(params))
	return s.called(ctx, span, name, caller.Principal, outcome, time.Since(started)), nil
}

// argumentsOf are the arguments as the client wrote them; without any, none.
func argumentsOf(params *mcp.CallToolParams) json.RawMessage {
	if len(params.RawArguments) == 0 || string(params.RawArguments) == "null" {
		return json.RawMessage(`{}`)
	}
	return params.RawArguments
}

func (s *Server) callerOf(ctx context.Context, params *mcp.CallToolParams, elicitor guard.Elicitor) tools.Caller {
	return tools.Caller{
		Principal: principalOf(ctx),
		Client:    clientOf(ctx),
		Elicitor:  elicitor,
		Progress:  s.progress(ctx, params.Meta),
		Stopping:  stopping(ctx),
	}
}

// called counts and logs a call that has ended, and makes its result.
func (s *Server) called(ctx context.Context, span trace.Span, name, principal string, outcome tools.Outcome, took time.Duration) *mcp.CallToolResult {
	tool := cmp.Or(outcome.Tool, name)
	nameSpan(span, tool)
	s.metrics.countCall(tool, outcome, took)
	s.logCall(ctx, tool, principal, outcome, took)

	if e, ok := outcome.Structured.(*tools.Error); ok {
		recordError(span, e.Kind())
		e.Info = withRequestID(ctx, e.Info)
	}
	if outcome.Question != nil {
		return s.questionResult(ctx, *outcome.Question)
	}
	if mcpserver.RequestProtocolVersion(ctx) < resourceLinksSince {
		outcome.Link = nil
	}
	result, err := toolResult(outcome, s.results)
	if err != nil {
		s.log.ErrorContext(ctx, "result can't be encoded", "tool", tool, "error", err)
		return s.internalError(ctx)
	}
	return result
}

// confirmsProject reports whether a call confirms a project, directly or through a tool
// that calls others.
func confirmsProject(params *mcp.CallToolParams) bool {
	if params.Name != tools.ToolCallWrite {
		return params.Name == projectConfirmTool
	}
	var inner struct {
		Tool string `json:"tool"`
	}
	return json.Unmarshal(params.RawArguments, &inner) == nil && inner.Tool == projectConfirmTool
}

// logCall logs a call: at debug level where it succeeded or was put to a
// person. The line holds no argument except the project.
func (s *Server) logCall(ctx context.Context, tool, principal string, outcome tools.Outcome, took time.Duration) {
	level, how := slog.LevelInfo, "errorCode"
	if !outcome.IsError {
		level, how = slog.LevelDebug, "outcome"
	}
	if s.log.Enabled(ctx, level) {
		s.log.Log(ctx, level, "call", "tool", tool, "principal", principal, "project", papi.Echo(outcome.Project), how, papi.Echo(outcomeLabel(outcome)), "ms", took.Milliseconds())
	}
}

// logRefusedCall logs a call that was refused before it reached its tool: the
// tool or its parameters are unknown, or the server is busy.
func (s *Server) logRefusedCall(ctx context.Context, m *message, answer mcp.JSONRPCError) {
	if m.Method != mcp.MethodToolsCall {
		return
	}
	var params struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(m.Params, &params) // the answer says what is wrong
	principal, _ := ctx.Value(principalKey{}).(string)
	s.log.InfoContext(ctx, "call", "tool", papi.Echo(params.Name), "principal", principal, "errorCode", answer.Error.Code)
}

// withRequestID adds the id of the HTTP request to the information of an
// error: the server's log has the details under that id.
func withRequestID(ctx context.Context, info map[string]any) map[string]any {
	request := telemetry.RequestID(ctx)
	if request == "" {
		return info
	}
	return jsonvalue.With(info, "requestId", request)
}

// span starts the span of a call, as a child of the client's.
func (s *Server) span(ctx context.Context, params *mcp.CallToolParams) (context.Context, trace.Span) {
	if s.tracer == nil {
		return ctx, noop.Span{}
	}
	ctx, span := s.tracer.Start(telemetry.FromMeta(ctx, params.Meta), "",
		trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("mcp.method.name", string(mcp.MethodToolsCall))))
	nameSpan(span, params.Name)
	return ctx, span
}

// nameSpan names the span of a call by its tool, which is known for certain only
// after the call: it may have been called through another.
func nameSpan(span trace.Span, tool string) {
	if !span.IsRecording() {
		return
	}
	span.SetName(string(mcp.MethodToolsCall) + " " + tool)
	span.SetAttributes(attribute.String("gen_ai.tool.name", tool))
}

// recordError records the error of a call in its span, by its code: the
// message may hold texts of the caller or of the API.
func recordError(span trace.Span, code string) {
	span.SetAttributes(semconv.ErrorTypeKey.String(code))
	span.SetStatus(codes.Error, "")
}

// questionResult returns the result that asks a client of protocol 2026-07-28.
// No other client may get it: mcp-go would ask an older client on its own,
// whether or not that can answer, and without a timeout.
func (s *Server) questionResult(ctx context.Context, question guard.Question) *mcp.CallToolResult {
	if !mcpserver.IsModernRequest(ctx) {
		s.log.ErrorContext(ctx, "a question as a result for a client of an older protocol")
		return s.internalError(ctx)
	}
	return mcpserver.NewInputRequestBuilder(question.State).
		Elicit(confirmationKey, confirmationForm(question)).
		ToolResult()
}

// resourceLinksSince is the first protocol version with links in results.
const resourceLinksSince = "2025-06-18"

// ResultForm is what the result of a tool call holds, since some clients show their
// model the text, some the structured content, and some both.
type ResultForm string

// The forms: the text alone, the structured content alone (content is then an empty
// list, without a link), or both.
const (
	ResultText       ResultForm = "text"
	ResultStructured ResultForm = "structured"
	ResultBoth       ResultForm = "both"
)

// ResultForms are all forms.
var ResultForms = []ResultForm{ResultText, ResultStructured, ResultBoth}

// toolResult renders an outcome: its JSON as structured content, and its text, which is
// a table where that is a list and the same JSON otherwise; then its link.
func toolResult(outcome tools.Outcome, form ResultForm) (*mcp.CallToolResult, error) {
	if outcome.Structured == nil {
		return nil, errors.New("an outcome without a result")
	}
	raw, err := outcome.JSON()
	if err != nil {
		return nil, err
	}
	result := &mcp.CallToolResult{Content: []mcp.Content{}, IsError: outcome.IsError}
	if form != ResultText {
		result.StructuredContent = json.RawMessage(raw)
	}
	if form == ResultStructured {
		return result, nil
	}
	text := outcome.Text()
	if text == "" {
		text = string(raw)
	}
	result.Content = append(result.Content, mcp.NewTextContent(text))
	if l := outcome.Link; l != nil {
		result.Content = append(result.Content, mcp.NewResourceLink(l.URI, l.Name, l.Description, markdown))
	}
	return result, nil
}

// internalError returns the result of a call that failed because of a defect,
// in the form of all errors, without internal details.
func (s *Server) internalError(ctx context.Context) *mcp.CallToolResult {
	result, err := toolResult(tools.Outcome{IsError: true, Structured: &tools.Error{
		Code:       errorcode.InternalError,
		Message:    "The server failed while processing this call.",
		Resolution: errorcode.Do(errorcode.InternalError),
		Info:       withRequestID(ctx, nil),
	}}, s.results)
	if err != nil {
		panic(err)
	}
	return result
}
