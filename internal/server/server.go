// Package server offers the tools as an MCP server.
//
// It speaks both eras of the protocol: the revisions from 2024-11-05 to
// 2025-11-25, which open with initialize and keep a session, and 2026-07-28,
// where each request stands for itself. mcp-go knows the messages; what is
// here is the transports (stdio, Streamable HTTP, and the older HTTP+SSE), the
// way a person is asked before a call goes out, and the promise that a tool
// call is always answered by a tool result: nothing that a tool does, a panic
// included, becomes a broken connection or an error without our form.
//
// The way of a call on stdio: a line is read (message.go), becomes a request
// that waits its turn (requests.go), is taken apart by mcp-go, reaches the
// Toolbox (call.go) with an Elicitor for its client (ask.go), and its outcome goes
// out as one line. On HTTP+SSE (sse.go) lines come as the bodies of requests
// and go out as events. On Streamable HTTP (streamable.go) each message is a
// request of its own, in the session of its client where its protocol has
// them (session.go). What every HTTP request has to pass is in http.go and
// gate.go; batches, which one version has, are in batch.go. What a client says of
// itself is cut down in peer.go. Nothing here knows what a tool does or decides
// whether it may.
//
// mcp-go has HTTP transports too. They are not used, since what they leave
// open is what a server on a network must not: any caller can cancel another's
// call or attach to another's stream, bodies and sessions have no bounds, and
// notifications may land on another call's stream.
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
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
	"go.opentelemetry.io/otel/trace"

	"papi-mcp/internal/papi"
	"papi-mcp/internal/telemetry"
	"papi-mcp/prompts"
	"papi-mcp/tools"
)

// Toolbox is what the server offers.
type Toolbox interface {
	// Tools returns each advertised tool. It is asked once, and late: the
	// first answer may be expensive.
	Tools() []mcp.Tool
	// Call makes one call of an advertised tool. The arguments are the
	// client's own bytes: valid JSON, though not always an object. It is
	// called from many goroutines at once.
	Call(ctx context.Context, caller tools.Caller, name string, arguments json.RawMessage) tools.Outcome
	// Complete returns the values of a source that begin with begun; given are
	// the arguments that are filled in already.
	Complete(ctx context.Context, caller tools.Caller, source string, given map[string]string, begun string) []string
}

// Options says what a server is made of.
type Options struct {
	// Name, Title, Version and Instructions are what a client is told when it
	// connects.
	Name, Title, Version, Instructions string
	// Toolbox has the tools; it must be set.
	Toolbox Toolbox
	// Prompts returns the workflows to offer; nil stands for none. It is asked
	// once, and late.
	Prompts func() []*prompts.Prompt
	// Logger takes what goes wrong; nil logs nothing. It must not write to
	// the output that ServeStdio is given.
	Logger *slog.Logger
	// Metrics count the calls; nil counts nothing.
	Metrics *Metrics
	// Tracers make a span for each tool call; nil makes none.
	Tracers trace.TracerProvider
	// AnswerTimeout is how long a client that is asked over its connection has
	// to answer; 0 stands for 55 s, as clients give up on a call after 60 s.
	AnswerTimeout time.Duration
	// Grace is how long running calls may go on once the server was told to
	// stop, before they are cancelled; 0 stands for 5 s.
	Grace time.Duration
}

// maxErrorText bounds the text of a JSON-RPC error, maxLibraryText one of
// mcp-go, which repeats names and URIs of any length.
const (
	maxErrorText   = 1000
	maxLibraryText = 160
)

// listTTL is how long clients of protocol 2026-07-28 may keep what was listed.
const listTTL = 5 * time.Minute

// Server is an MCP server. It is safe for use by many connections at once.
type Server struct {
	mcp           *mcpserver.MCPServer
	toolbox       Toolbox
	log           *slog.Logger
	tracer        trace.Tracer // nil where nobody traces
	answerTimeout time.Duration
	grace         time.Duration
	limits        connectionLimits
	connections   atomic.Int64
	metrics       *Metrics // nil where nobody counts

	// loadTools fills mcp with the tools, once; loadPrompts with the prompts and
	// the resources.
	loadTools, loadPrompts func()
	prompts                []*prompts.Prompt
}

// New returns a server that has not yet asked the toolbox for anything.
func New(options Options) *Server {
	s := &Server{
		toolbox:       options.Toolbox,
		log:           options.Logger,
		metrics:       options.Metrics,
		answerTimeout: options.AnswerTimeout,
		grace:         options.Grace,
		limits:        defaultConnectionLimits,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if options.Tracers != nil {
		s.tracer = options.Tracers.Tracer("papi-mcp/internal/server")
	}
	if s.answerTimeout == 0 {
		s.answerTimeout = 55 * time.Second
	}
	if s.grace == 0 {
		s.grace = 5 * time.Second
	}

	// The hooks run before mcp-go looks a tool up, on every transport.
	hooks := &mcpserver.Hooks{}
	hooks.AddBeforeListTools(func(context.Context, any, *mcp.ListToolsRequest) { s.loadTools() })
	hooks.AddBeforeCallTool(func(context.Context, any, *mcp.CallToolRequest) { s.loadTools() })
	hooks.AddBeforeListPrompts(func(context.Context, any, *mcp.ListPromptsRequest) { s.loadPrompts() })
	hooks.AddBeforeGetPrompt(func(context.Context, any, *mcp.GetPromptRequest) { s.loadPrompts() })
	hooks.AddBeforeListResources(func(context.Context, any, *mcp.ListResourcesRequest) { s.loadPrompts() })
	hooks.AddBeforeListResourceTemplates(func(context.Context, any, *mcp.ListResourceTemplatesRequest) { s.loadPrompts() })
	hooks.AddBeforeReadResource(func(context.Context, any, *mcp.ReadResourceRequest) { s.loadPrompts() })

	completes := &completer{s}
	s.mcp = mcpserver.NewMCPServer(options.Name, options.Version,
		mcpserver.WithTitle(options.Title),
		mcpserver.WithInstructions(options.Instructions),
		// Declared before there are tools, and without listChanged: adding
		// them late is no change that a client should hear of.
		mcpserver.WithToolCapabilities(false),
		mcpserver.WithLogging(),
		mcpserver.WithToolFilter(filterTools),
		mcpserver.WithPromptFilter(s.filterPrompts),
		mcpserver.WithPromptCapabilities(false),
		// Subscriptions are taken, and keep nothing: texts don't change while
		// the server runs, and what lives in a project is read when asked for.
		mcpserver.WithResourceCapabilities(true, false),
		mcpserver.WithCompletions(),
		mcpserver.WithPromptCompletionProvider(completes),
		mcpserver.WithResourceCompletionProvider(completes),
		mcpserver.WithHooks(hooks),
		// What is listed differs by caller, and changes with the server's
		// release or configuration alone.
		mcpserver.WithMethodCacheHints(mcp.MethodToolsList, listTTL.Milliseconds(), mcp.CacheScopePrivate),
		mcpserver.WithMethodCacheHints(mcp.MethodServerDiscover, listTTL.Milliseconds(), mcp.CacheScopePrivate),
	)
	s.loadTools = sync.OnceFunc(func() {
		advertised := s.toolbox.Tools()
		served := make([]mcpserver.ServerTool, len(advertised))
		for i, tool := range advertised {
			served[i] = mcpserver.ServerTool{Tool: tool, Handler: s.call}
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

// MCP returns the server underneath, for what is registered beside the tools
// (prompts, resources, hooks) before the first connection.
func (s *Server) MCP() *mcpserver.MCPServer { return s.mcp }

// preload loads tools, prompts and resources ahead of the first request for
// them. What panics does so again, and is told to the client, when they are
// asked for.
func (s *Server) preload() {
	defer func() {
		if p := recover(); p != nil {
			s.logPanic(context.Background(), "loading the tools", p)
		}
	}()
	s.loadTools()
	s.loadPrompts()
}

// handle lets mcp-go handle a message. A panic is logged and counted, and
// answered with an error that tells nothing of it.
func (s *Server) handle(ctx context.Context, m *message, raw []byte) (answer mcp.JSONRPCMessage) {
	ctx, mistake := withErrorCode(ctx)
	defer func() {
		if p := recover(); p != nil {
			s.logPanic(ctx, string(m.Method), p)
			answer = jsonrpcError(m.ID, mcp.INTERNAL_ERROR, "internal error")
		}
		if e, ok := answer.(mcp.JSONRPCError); ok {
			s.logRefusedCall(ctx, m, e)
			most := maxErrorText
			if mistake.code == 0 && e.Error.Code != mcp.INTERNAL_ERROR { // in mcp-go's words
				most = maxLibraryText
			}
			e.Error.Message = papi.Truncate(papi.Printable(e.Error.Message), most)
			answer = traced(e, telemetry.RequestID(ctx))
		}
	}()
	if most := maxParams(m.Method); most > 0 && len(m.Params) > most {
		return jsonrpcError(m.ID, mcp.INVALID_PARAMS, fmt.Sprintf("the params of %s may have at most %d bytes", m.Method, most))
	}
	ctx, m, raw = extractAnswer(ctx, m, raw)
	answer = s.mcp.HandleMessage(ctx, limitClientInfo(m, raw))
	if e, ok := answer.(mcp.JSONRPCError); ok && m.Method == mcp.MethodToolsCall && e.Error.Code == mcp.INVALID_REQUEST {
		if quoted := quoteArguments(m); quoted != nil {
			answer = s.mcp.HandleMessage(ctx, limitClientInfo(quoted, quoted.encode()))
		}
	}
	return mistake.apply(answer)
}

// maxParams is how many bytes the params of a method may have; 0 for methods
// without a limit of their own.
func maxParams(method mcp.MCPMethod) int {
	if method == mcp.MethodSubscriptionsListen {
		return 64 << 10 // which are kept for as long as its stream is open
	}
	for _, prefix := range []string{"resources/", "prompts/", "completion/", "logging/"} {
		// They name something: mcp-go compares a URI with all templates, at a
		// cost that grows with its square.
		if strings.HasPrefix(string(method), prefix) {
			return 32 << 10
		}
	}
	return 0
}

// quoteArguments returns a call of a tool with its arguments as one text; nil
// where they are no JSON. mcp-go reads arguments as floats, and refuses a call
// with a number that is none; so the tool itself refuses it, in a result.
func quoteArguments(m *message) *message {
	params, ok := jsonFields(m.Params)
	if !ok || len(params["arguments"]) == 0 {
		return nil
	}
	params["arguments"] = mustEncode(string(params["arguments"]))
	return m.with(params)
}

// logPanic logs where a panic came from. Its value is told only where the
// runtime made it: any other may hold what a call was given.
func (s *Server) logPanic(ctx context.Context, doing string, p any) {
	what := fmt.Sprintf("%T", p)
	if err, ok := p.(runtime.Error); ok {
		what = err.Error()
	}
	s.metrics.countPanic()
	s.log.ErrorContext(ctx, "panic", "doing", doing, "panic", what, "stack", string(debug.Stack()))
}

type principalKey struct{}

// withPrincipal returns a context for the requests of a principal. Each
// transport sets it.
func withPrincipal(ctx context.Context, principal string) context.Context {
	return context.WithValue(ctx, principalKey{}, principal)
}

// principalOf returns the principal of a request. Confirmations are kept by
// principal, so a request without one is a mistake that must not pass.
func principalOf(ctx context.Context) string {
	principal, ok := ctx.Value(principalKey{}).(string)
	if !ok {
		panic("server: a transport did not name its principal")
	}
	return principal
}

type clientFallbackKey struct{}

// withClientFallback returns a context for the requests of a connection whose principal
// has other clients too. One that does not give its name gets one that no other
// connection has.
func withClientFallback(ctx context.Context) context.Context {
	return context.WithValue(ctx, clientFallbackKey{}, "unnamed "+rand.Text()[:10])
}

// clientOf returns the name of the client that sent a request, "" where the
// principal alone counts: over HTTP.
func clientOf(ctx context.Context) string {
	unnamed, counts := ctx.Value(clientFallbackKey{}).(string)
	if !counts {
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
	return cmp.Or(info.Name, unnamed)
}
