package server

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

// readListed reads the well-formed call of a listed tool. mcp-go would decode it up to
// five times, and a call that waits would keep all of that on its stack. ok is false for
// all other messages: mcp-go answers them, and words the refusal of what is malformed or
// unknown.
func (s *Server) readListed(ctx context.Context, m *message, raw []byte) (_ context.Context, request mcp.CallToolRequest, ok bool) {
	if m.Method != mcp.MethodToolsCall || m.isNotification() {
		return ctx, request, false
	}
	var params struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
		Meta      *mcp.Meta       `json:"_meta"`
		Task      *mcp.TaskParams `json:"task"` // ignored, unless malformed
	}
	if json.Unmarshal(m.Params, &params) != nil || !s.toolboxOf(ctx).Lists(params.Name) {
		return ctx, request, false
	}
	info, ok := protocolInfo(m, params.Meta)
	if !ok {
		return ctx, request, false
	}
	if info != nil {
		ctx, _, _ = extractAnswer(mcpserver.WithRequestProtocolInfo(ctx, info), m, raw)
	}
	request.Params = mcp.CallToolParams{Name: params.Name, Meta: params.Meta, RawArguments: params.Arguments}
	return ctx, request, true
}

// callListed answers a call that readListed has read.
func (s *Server) callListed(ctx context.Context, id json.RawMessage, request mcp.CallToolRequest) mcp.JSONRPCMessage {
	s.loadTools()
	isModern := mcpserver.IsModernRequest(ctx)
	if isModern {
		s.introduced(clientOf(ctx))
	}
	result, err := s.call(ctx, request)
	if err != nil {
		panic(err) // it returns none
	}
	if isModern {
		s.complete(result)
	}
	return mcp.JSONRPCResponse{JSONRPC: mcp.JSONRPC_VERSION, ID: mcp.NewRequestId(id), Result: result}
}

// nameOfCapabilities is the member that declares what a client of 2026-07-28 can do.
var nameOfCapabilities = []byte(mcp.MetaKeyClientCapabilities)

// protocolInfo returns what a request of protocol 2026-07-28 says about its client, as
// limitClientInfo leaves it; nil for an older protocol. ok is false where mcp-go has to
// refuse the request, or might.
func protocolInfo(m *message, meta *mcp.Meta) (info *mcpserver.RequestProtocolInfo, ok bool) {
	named := meta.GetMetaField(mcp.MetaKeyProtocolVersion)
	if named == nil {
		return nil, true
	}
	version, _ := named.(string)
	given, declared := meta.AdditionalFields[mcp.MetaKeyClientCapabilities]
	// A name may be written with escapes, which limitClientInfo does not look for.
	if !declared || !bytes.Contains(m.Params, nameOfCapabilities) || !mcp.IsModernProtocol(version) || !mcp.IsValidProtocolVersion(version) {
		return nil, false
	}
	var capabilities mcp.ClientCapabilities
	if json.Unmarshal(limitCapabilities(mustEncode(given)), &capabilities) != nil {
		return nil, false
	}
	info = &mcpserver.RequestProtocolInfo{Modern: true, ProtocolVersion: version, ClientCapabilities: &capabilities, LogLevel: meta.LogLevel()}
	if given, declared := meta.AdditionalFields[mcp.MetaKeyClientInfo]; declared {
		text := mustEncode(given)
		if json.Unmarshal(text, new(mcp.Implementation)) != nil {
			text = limitInfo(text)
		}
		if json.Unmarshal(text, &info.ClientInfo) != nil {
			return nil, false
		}
	}
	return info, true
}

// complete adds what each result has in protocol 2026-07-28.
func (s *Server) complete(result *mcp.CallToolResult) {
	if result.ResultType == "" {
		result.ResultType = mcp.ResultTypeComplete
	}
	result.EnsureResultMeta().SetServerInfo(s.implementation)
}
