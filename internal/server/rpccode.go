package server

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

// rpcCode is where the handler of a prompt or a resource stores the code of a
// client's error: mcp-go answers every error of a handler as an internal one, after
// which a client may retry the same request.
type rpcCode struct{ value int }

type rpcCodeKey struct{}

func withRPCCode(ctx context.Context) (context.Context, *rpcCode) {
	c := &rpcCode{}
	return context.WithValue(ctx, rpcCodeKey{}, c), c
}

// invalid marks err as an error in the request's arguments.
func invalid(ctx context.Context, err error) error { return markError(ctx, mcp.INVALID_PARAMS, err) }

// notFound marks err as a missing resource. Since protocol 2026-07-28 that is an
// invalid argument like any other.
func notFound(ctx context.Context, err error) error {
	if mcp.IsModernProtocol(mcpserver.RequestProtocolVersion(ctx)) {
		return invalid(ctx, err)
	}
	return markError(ctx, mcp.RESOURCE_NOT_FOUND, err)
}

func markError(ctx context.Context, code int, err error) error {
	if c, ok := ctx.Value(rpcCodeKey{}).(*rpcCode); ok {
		c.value = code
	}
	return err
}

// apply sets the stored code in an error answer.
func (c *rpcCode) apply(answer mcp.JSONRPCMessage) mcp.JSONRPCMessage {
	if e, ok := answer.(mcp.JSONRPCError); ok && c.value != 0 {
		e.Error.Code = c.value
		return e
	}
	return answer
}
