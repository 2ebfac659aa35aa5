// Package server serves the tools as an MCP server.
//
// It supports the protocol versions from 2024-11-05 to 2025-11-25, which start
// with initialize and have sessions, and 2026-07-28, in which each request is
// independent. mcp-go implements the messages. This package has the transports
// (stdio, Streamable HTTP, and the older HTTP+SSE), the elicitation that asks a
// person before a call is sent, and the guarantee that a tool call is always
// answered by a tool result: nothing that a tool does, not even a panic, breaks
// the connection or returns an error in another form.
//
// The path of a call on stdio: a line is read (message.go) by the connection
// (connection.go), becomes a request that waits for its turn (queue.go), is decoded
// (listed.go), and reaches the Toolbox (call.go) with an Elicitor for its client
// (elicit.go); its outcome is written as one line (writer.go). On HTTP+SSE (sse.go)
// lines are received as the bodies of requests and sent as events. On Streamable
// HTTP (streamable.go) each message is a request of its own, in a session where its
// protocol has them (session.go), and answered by its responder (responder.go).
// handler.go and origin.go check every HTTP request, batch.go handles batches, and
// clientinfo.go limits what clients send about themselves. Nothing here knows what a
// tool does, or decides whether it may run.
//
// mcp-go has HTTP transports too. They are not used, since they are not safe on a
// network: any caller can cancel another's call or attach to another's stream,
// bodies and sessions are unbounded, and notifications may be sent on another
// call's stream.
package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
	"go.opentelemetry.io/otel/trace"

	"papi-mcp/internal/mcpevents"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/telemetry"
	"papi-mcp/prompts"
	"papi-mcp/tools"
)

// Toolbox has the tools of a server.
type Toolbox interface {
	// Tools returns the advertised tools: name, title, description, annotations, and
	// the raw schema of the arguments. It is called when they are needed, since the
	// first call may be expensive.
	Tools() []mcp.Tool
	// Call calls a tool that is advertised, or reached through one that is (then its
	// outcome names the tool). The arguments are the client's own bytes:
	// valid JSON, though not always an object. It must be safe for concurrent
	// use.
	Call(ctx context.Context, caller tools.Caller, name string, arguments json.RawMessage) tools.Outcome
	// Offers reports whether a tool can be called, by its own name or through another.
	Offers(tool string) bool
	// Lists reports whether Tools has the tool. It must not load anything.
	Lists(tool string) bool
	// Via returns the advertised tool through which a tool is called; "" where it is
	// called by its own name.
	Via(tool string) string
	// Complete returns the values of a source that start with prefix; given
	// are the arguments that are filled in already.
	Complete(ctx context.Context, caller tools.Caller, source string, given map[string]string, prefix string) []string
	// WatchEvents calls changed after new events that the caller may read, one call after
	// the other, until stop, which must be called. It returns false, and does nothing, where
	// no events are received.
	WatchEvents(ctx context.Context, caller tools.Caller, changed func()) (stop func(), ok bool)
}

// Options configure a server.
type Options struct {
	// Name, Title, Version and Instructions are sent to clients.
	Name, Title, Version, Instructions string
	// Toolbox has the tools; it must be set.
	Toolbox Toolbox
	// Prompts returns the prompts; nil means none. It is called once, when they are
	// needed.
	Prompts func() []*prompts.Prompt
	// Logger logs errors; nil logs nothing. It must not write to the output that
	// ServeStdio is given.
	Logger *slog.Logger
	// Metrics count the calls; nil means counters that are not read.
	Metrics *Metrics
	// Introduced is called once by ServeStdio: with the name of the client when that has
	// introduced itself, or with "" when its input ends before. nil: nothing is done.
	Introduced func(client string)
	// Results is the form of results; "" means ResultBoth.
	Results ResultForm
	// Events serves MCP Events, of protocol 2026-07-28; nil: they are not served. It needs
	// toolboxes that are mcpevents.Things.
	Events *mcpevents.Service
	// Tracers create a span for each tool call; nil creates none.
	Tracers trace.TracerProvider

	// How long a client of the older protocols has to answer a question, as clients
	// cancel a call after 60 s, and how long running calls may continue once the
	// server is stopping: 55 s and 5 s, save in tests.
	answerTimeout, grace time.Duration
}

// maxErrorText bounds the text of a JSON-RPC error. maxLibraryText bounds those of
// mcp-go, which repeat names and URIs of any length.
const (
	maxErrorText   = 1000
	maxLibraryText = 160
)

// listTTL is how long clients of protocol 2026-07-28 may cache lists.
const listTTL = 5 * time.Minute

// Server is an MCP server. It is safe for concurrent use.
type Server struct {
	mcp            *mcpserver.MCPServer
	implementation mcp.Implementation // of mcp
	toolbox        Toolbox
	log            *slog.Logger
	tracer         trace.Tracer // or nil
	answerTimeout  time.Duration
	grace          time.Duration
	limits         connectionLimits
	metrics        *Metrics
	calls          openCalls
	results        ResultForm
	introduce      func(client string) // Options.Introduced
	events         *mcpevents.Service  // Options.Events
	introduction   sync.Once

	// loadTools adds the names of the tools to mcp, once; loadPrompts adds the prompts
	// and the resources.
	loadTools, loadPrompts func()
	tools                  []mcp.Tool // of toolbox
	prompts                []*prompts.Prompt
}

// New returns a server, which has not called the toolbox yet.
func New(options Options) *Server {
	s := &Server{
		implementation: mcp.Implementation{Name: options.Name, Version: options.Version, Title: options.Title},
		toolbox:        options.Toolbox,
		log:            options.Logger,
		metrics:        options.Metrics,
		results:        cmp.Or(options.Results, ResultBoth),
		introduce:      options.Introduced,
		events:         options.Events,
		answerTimeout:  cmp.Or(options.answerTimeout, 55*time.Second),
		grace:          cmp.Or(options.grace, 5*time.Second),
		limits:         defaultConnectionLimits,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.metrics == nil {
		s.metrics = NewMetrics()
	}
	if options.Tracers != nil {
		s.tracer = options.Tracers.Tracer("papi-mcp/internal/server")
	}

	completions := &completer{s}
	s.mcp = mcpserver.NewMCPServer(options.Name, options.Version,
		mcpserver.WithTitle(options.Title),
		mcpserver.WithInstructions(options.Instructions),
		// Declared before there are tools, and without listChanged: loading them on
		// demand is not a change to report to clients.
		mcpserver.WithToolCapabilities(false),
		mcpserver.WithLogging(),
		mcpserver.WithToolFilter(s.callerTools),
		mcpserver.WithPromptFilter(s.filterPrompts),
		mcpserver.WithPromptCapabilities(false),
		mcpserver.WithResourceCapabilities(true, false),
		mcpserver.WithCompletions(),
		mcpserver.WithPromptCompletionProvider(completions),
		mcpserver.WithResourceCompletionProvider(completions),
		mcpserver.WithHooks(s.hooks()),
		// Lists differ by caller, and change only with the server's release or
		// configuration.
		mcpserver.WithMethodCacheHints(mcp.MethodToolsList, listTTL.Milliseconds(), mcp.CacheScopePrivate),
		mcpserver.WithMethodCacheHints(mcp.MethodServerDiscover, listTTL.Milliseconds(), mcp.CacheScopePrivate),
	)
	s.loadTools = sync.OnceFunc(func() {
		s.tools = s.toolbox.Tools()
		served := make([]mcpserver.ServerTool, len(s.tools))
		for i, tool := range s.tools {
			served[i] = mcpserver.ServerTool{Tool: mcp.NewToolWithRawSchema(tool.Name, "", anyObject), Handler: s.call}
		}
		s.mcp.AddTools(served...)
	})
	s.loadPrompts = sync.OnceFunc(func() {
		if options.Prompts != nil {
			s.prompts = options.Prompts()
		}
		s.addPrompts()
		s.addResources()
	})
	return s
}

// hooks load the tools, prompts and resources before mcp-go looks them up, on every
// transport, and report who the client is.
func (s *Server) hooks() *mcpserver.Hooks {
	hooks := &mcpserver.Hooks{}
	hooks.AddBeforeAny(func(ctx context.Context, _ any, _ mcp.MCPMethod, message any) {
		if request, ok := message.(*mcp.InitializeRequest); ok {
			s.introduced(request.Params.ClientInfo.Name)
		} else if mcpserver.IsModernRequest(ctx) {
			s.introduced(clientOf(ctx))
		}
	})
	hooks.AddBeforeListTools(func(context.Context, any, *mcp.ListToolsRequest) { s.loadTools() })
	hooks.AddBeforeCallTool(func(context.Context, any, *mcp.CallToolRequest) { s.loadTools() })
	hooks.AddBeforeListPrompts(func(context.Context, any, *mcp.ListPromptsRequest) { s.loadPrompts() })
	hooks.AddBeforeGetPrompt(func(context.Context, any, *mcp.GetPromptRequest) { s.loadPrompts() })
	hooks.AddBeforeListResources(func(context.Context, any, *mcp.ListResourcesRequest) { s.loadPrompts() })
	hooks.AddBeforeListResourceTemplates(func(context.Context, any, *mcp.ListResourceTemplatesRequest) { s.loadPrompts() })
	hooks.AddBeforeReadResource(func(context.Context, any, *mcp.ReadResourceRequest) { s.loadPrompts() })
	hooks.AddAfterListResources(s.filterResources)
	s.addSubscriptions(hooks)
	return hooks
}

// introduced reports the name of the first client, once.
func (s *Server) introduced(client string) {
	if s.introduce != nil {
		s.introduction.Do(func() { s.introduce(client) })
	}
}

// preload loads tools, prompts or resources before the first request for
// them. A panic recurs, and is reported to the client, with that request.
func (s *Server) preload(load ...func()) {
	defer func() {
		if p := recover(); p != nil {
			s.logPanic(context.Background(), "loading the tools", p)
		}
	}()
	for _, f := range load {
		f()
	}
}

// handle has mcp-go handle a message. A panic is logged, counted, and answered
// with an error without details.
func (s *Server) handle(ctx context.Context, m *message, raw []byte) (answer mcp.JSONRPCMessage) {
	ctx, code := withRPCCode(ctx)
	defer func() {
		if p := recover(); p != nil {
			s.logPanic(ctx, string(m.Method), p)
			answer = jsonrpcError(m.ID, mcp.INTERNAL_ERROR, "internal error")
		}
		if e, ok := answer.(mcp.JSONRPCError); ok {
			s.logRefusedCall(ctx, m, e)
			maxText := maxErrorText
			if *code != 0 {
				e.Error.Code = *code
			} else if e.Error.Code != mcp.INTERNAL_ERROR { // a text of mcp-go
				maxText = maxLibraryText
			}
			e.Error.Message = papi.Truncate(papi.Printable(e.Error.Message), maxText)
			answer = withHTTPRequest(withURI(e, m), telemetry.RequestID(ctx))
		}
	}()
	if limit := maxParams(m.Method); limit > 0 && len(m.Params) > limit {
		return jsonrpcError(m.ID, mcp.INVALID_PARAMS, fmt.Sprintf("the params of %s may have at most %d bytes", m.Method, limit))
	}
	if ctx, request, ok := s.readListed(ctx, m, raw); ok {
		m = &message{ID: m.ID, Method: m.Method} // a call that waits does not keep the rest
		return s.callListed(ctx, m.ID, request)
	}
	if answer, ok := s.serveEvents(ctx, m); ok {
		return answer
	}
	m, raw = s.routed(ctx, m, raw)
	ctx, m, raw = extractAnswer(ctx, m, raw)
	answer = withID(s.mcp.HandleMessage(ctx, limitClientInfo(m, raw)), m.ID)
	if m.Method == mcp.MethodServerDiscover {
		return s.declareEvents(ctx, answer)
	}
	if e, ok := answer.(mcp.JSONRPCError); ok && m.Method == mcp.MethodToolsCall && e.Error.Code == mcp.INVALID_REQUEST {
		if quoted := quoteArguments(m); quoted != nil {
			answer = withID(s.mcp.HandleMessage(ctx, limitClientInfo(quoted, mustEncode(quoted))), m.ID)
		}
	}
	return answer
}

// maxParams returns how many bytes the params of a method may have; 0 for
// methods without a limit of their own.
func maxParams(method mcp.MCPMethod) int {
	if method == mcp.MethodSubscriptionsListen {
		return 64 << 10 // kept for as long as its stream is open
	}
	for _, prefix := range []string{"resources/", "prompts/", "completion/", "logging/", methodEvents} {
		// Their params are names: mcp-go matches a URI against all templates, at a
		// quadratic cost.
		if strings.HasPrefix(string(method), prefix) {
			return 32 << 10
		}
	}
	return 0
}

// quoteArguments returns a call of a tool with its arguments as one text; nil
// where they are no JSON. mcp-go decodes numbers in arguments as floats, and
// refuses a call with one that is out of range; so the tool itself refuses it,
// in a result.
func quoteArguments(m *message) *message {
	params, ok := jsonFields(m.Params)
	if !ok || len(params["arguments"]) == 0 {
		return nil
	}
	params["arguments"] = mustEncode(string(params["arguments"]))
	return m.with(params)
}

// logPanic logs the stack of a panic. Its value is logged only if the runtime
// created it: any other may contain arguments of a call.
func (s *Server) logPanic(ctx context.Context, doing string, p any) {
	what := fmt.Sprintf("%T", p)
	if err, ok := p.(runtime.Error); ok {
		what = err.Error()
	}
	s.metrics.panics.Inc()
	s.log.ErrorContext(ctx, "panic", "doing", doing, "panic", what, "stack", string(debug.Stack()))
}

type principalKey struct{}

// withPrincipal returns a context for the requests of a principal. Each
// transport sets it.
func withPrincipal(ctx context.Context, principal string) context.Context {
	return context.WithValue(ctx, principalKey{}, principal)
}

// principalOf returns the principal of a request. Confirmations are kept by
// principal, so a request without one is a defect.
func principalOf(ctx context.Context) string {
	principal, ok := ctx.Value(principalKey{}).(string)
	if !ok {
		panic("server: a transport has set no principal")
	}
	return principal
}

type clientFallbackKey struct{}

// withClientFallback returns a context for the requests of a connection whose
// principal has other clients too. A client without a name gets one that is
// unique to the connection.
func withClientFallback(ctx context.Context) context.Context {
	return context.WithValue(ctx, clientFallbackKey{}, "unnamed "+rand.Text()[:10])
}

// clientOf returns the name of the client of a request, or "" over HTTP, where
// only the principal counts.
func clientOf(ctx context.Context) string {
	fallback, ok := ctx.Value(clientFallbackKey{}).(string)
	if !ok {
		return ""
	}
	var info mcp.Implementation
	if mcpserver.IsModernRequest(ctx) {
		if given := mcpserver.RequestProtocolInfoFromContext(ctx).ClientInfo; given != nil {
			info = *given
		}
	} else if session, ok := mcpserver.ClientSessionFromContext(ctx).(mcpserver.SessionWithClientInfo); ok {
		info = session.GetClientInfo()
	}
	return cmp.Or(info.Name, fallback)
}
