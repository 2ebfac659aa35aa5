package server

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/mcpevents"
)

// eventsExtension is the identifier of MCP Events (SEP-3415). eventsCapability is the
// capability of the sketch before it, which clients read that are in use.
const (
	eventsExtension  = "io.modelcontextprotocol/events"
	eventsCapability = "events"
)

// The methods of MCP Events. mcp-go knows none of them.
const (
	methodEvents            = "events/"
	methodEventsList        = methodEvents + "list"
	methodEventsPoll        = methodEvents + "poll"
	methodEventsStream      = methodEvents + "stream"
	methodEventsSubscribe   = methodEvents + "subscribe"
	methodEventsUnsubscribe = methodEvents + "unsubscribe"
)

// maxStreamAge is how long a stream of an authenticated caller lasts: its client opens
// another, and is authenticated again.
const maxStreamAge = time.Hour

// lasts reports whether a request of the method lasts as long as its connection: it is no
// part of the limit on requests that run at the same time.
func lasts(method mcp.MCPMethod) bool {
	return method == mcp.MethodSubscriptionsListen || method == methodEventsStream
}

type identityKey struct{}

// withIdentity returns a context for the requests of a caller over HTTP.
func withIdentity(ctx context.Context, id auth.Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, id)
}

type senderKey struct{}

// withSender returns the context of a request that sends notifications until it ends. send
// returns when one is written.
func withSender(ctx context.Context, send func(message any) error) context.Context {
	return context.WithValue(ctx, senderKey{}, send)
}

// serveEvents answers a request for events of protocol 2026-07-28. ok is false for all
// others, which mcp-go answers: in the older protocols there are no such methods.
func (s *Server) serveEvents(ctx context.Context, m *message) (answer mcp.JSONRPCMessage, ok bool) {
	things, hasThings := s.toolboxOf(ctx).(mcpevents.Things)
	if s.events == nil || !hasThings || m.isNotification() || !strings.HasPrefix(string(m.Method), methodEvents) {
		return nil, false
	}
	var params struct {
		Meta *mcp.Meta `json:"_meta"`
	}
	if json.Unmarshal(m.Params, &params) != nil {
		return nil, false
	}
	info, isValid := protocolInfo(m, params.Meta)
	if !isValid || info == nil {
		return nil, false
	}
	caller := eventsCaller(ctx, things)
	var result any
	var e *mcpevents.Error
	switch m.Method {
	case methodEventsList:
		result, e = s.events.List(ctx, caller, m.Params)
	case methodEventsPoll:
		result, e = s.events.Poll(ctx, caller, m.Params)
	case methodEventsSubscribe:
		result, e = s.events.Subscribe(ctx, caller, m.Params)
	case methodEventsUnsubscribe:
		result, e = s.events.Unsubscribe(ctx, caller, m.Params)
	case methodEventsStream:
		if e = s.stream(ctx, caller, m); e == nil {
			result = map[string]any{"_meta": streamMeta(m.ID)}
		}
	default:
		return nil, false
	}
	if e != nil {
		_ = markError(ctx, e.Code, e)
		return mcp.NewJSONRPCError(mcp.NewRequestId(m.ID), e.Code, e.Message, eventsData(e)), true
	}
	return mcp.JSONRPCResponse{JSONRPC: mcp.JSONRPC_VERSION, ID: mcp.NewRequestId(m.ID), Result: completed(result)}, true
}

// stream serves a request for a stream until it ends.
func (s *Server) stream(ctx context.Context, caller mcpevents.Caller, m *message) *mcpevents.Error {
	s.metrics.streams.Inc()
	defer s.metrics.streams.Dec()
	return s.events.Stream(ctx, caller, m.Params, eventsStream(ctx, m.ID, caller))
}

// eventsData is the data of an error; nil for none.
func eventsData(e *mcpevents.Error) any {
	if len(e.Data) == 0 {
		return nil
	}
	return e.Data
}

// completed is a result as protocol 2026-07-28 has it.
func completed(result any) json.RawMessage {
	fields, ok := jsonFields(mustEncode(result))
	if !ok {
		panic("server: the result of a method is not an object")
	}
	fields["resultType"] = mustEncode(mcp.ResultTypeComplete)
	return mustEncode(fields)
}

// eventsCaller is the caller of a request.
func eventsCaller(ctx context.Context, things mcpevents.Things) mcpevents.Caller {
	caller := mcpevents.Caller{As: principalOf(ctx), Things: things}
	id, isHTTP := ctx.Value(identityKey{}).(auth.Identity)
	if !isHTTP {
		return caller
	}
	caller.Tenant, caller.Grant = id.Grant.Tenant, id.Grant
	if !id.Anonymous {
		caller.Principal = id.Principal
	}
	if id.Credentials != nil {
		caller.Own, caller.Tenant = true, id.Principal // which has a fingerprint of them
	}
	return caller
}

// eventsStream is how the notifications of a stream are sent.
func eventsStream(ctx context.Context, id json.RawMessage, caller mcpevents.Caller) mcpevents.Stream {
	send, _ := ctx.Value(senderKey{}).(func(any) error)
	stream := mcpevents.Stream{Stopping: stopping(ctx), Send: func(method string, params map[string]any) error {
		if send == nil {
			return errNoStream
		}
		params["_meta"] = streamMeta(id)
		// mcp-go's notification would leave _meta out.
		return send(&message{Version: mcp.JSONRPC_VERSION, Method: mcp.MCPMethod(method), Params: mustEncode(params)})
	}}
	if caller.Principal != "" {
		stream.MaxAge = maxStreamAge
	}
	return stream
}

// streamMeta names the request of a stream in each of its messages.
func streamMeta(id json.RawMessage) map[string]any {
	return map[string]any{mcp.MetaKeySubscriptionID: id}
}

// declareEvents adds the capability to the answer of server/discover.
func (s *Server) declareEvents(ctx context.Context, answer mcp.JSONRPCMessage) mcp.JSONRPCMessage {
	response, ok := answer.(mcp.JSONRPCResponse)
	if _, hasThings := s.toolboxOf(ctx).(mcpevents.Things); s.events == nil || !ok || !hasThings {
		return answer
	}
	result, isObject := jsonFields(mustEncode(response.Result))
	capabilities, has := jsonFields(result["capabilities"])
	if !isObject || !has {
		return answer
	}
	extensions, has := jsonFields(capabilities["extensions"])
	if !has {
		extensions = map[string]json.RawMessage{}
	}
	extensions[eventsExtension] = json.RawMessage(`{}`)
	capabilities["extensions"], capabilities[eventsCapability] = mustEncode(extensions), json.RawMessage(`{}`)
	result["capabilities"] = mustEncode(capabilities)
	response.Result = mustEncode(result)
	return response
}
