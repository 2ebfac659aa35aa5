package server

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

// errorCode is where the handler of a prompt or a resource leaves the code of an
// error that the client made: mcp-go answers every error of a handler as an
// internal one, after which a client may try the same again.
type errorCode struct{ code int }

type errorCodeKey struct{}

func withErrorCode(ctx context.Context) (context.Context, *errorCode) {
	m := &errorCode{}
	return context.WithValue(ctx, errorCodeKey{}, m), m
}

// invalid marks err as one of the request's arguments.
func invalid(ctx context.Context, err error) error {
	return markError(ctx, mcp.INVALID_PARAMS, err)
}

// notFound marks err as one of a resource that does not exist. Since 2026-07-28
// that is an invalid argument like any other.
func notFound(ctx context.Context, err error) error {
	if mcp.IsModernProtocol(mcpserver.RequestProtocolVersion(ctx)) {
		return invalid(ctx, err)
	}
	return markError(ctx, mcp.RESOURCE_NOT_FOUND, err)
}

func markError(ctx context.Context, code int, err error) error {
	if m, ok := ctx.Value(errorCodeKey{}).(*errorCode); ok {
		m.code = code
	}
	return err
}

// apply gives an answer the code that was left.
func (m *errorCode) apply(answer mcp.JSONRPCMessage) mcp.JSONRPCMessage {
	if e, ok := answer.(mcp.JSONRPCError); ok && m.code != 0 {
		e.Error.Code = m.code
		return e
	}
	return answer
}
