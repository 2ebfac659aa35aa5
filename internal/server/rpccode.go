package server

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

type rpcCodeKey struct{}

// withRPCCode returns a context in which the handler of a prompt or a resource can
// store the code of a client's error: mcp-go answers every error of a handler as an
// internal one, after which a client may retry the same request.
func withRPCCode(ctx context.Context) (context.Context, *int) {
	code := new(int)
	return context.WithValue(ctx, rpcCodeKey{}, code), code
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
	if stored, ok := ctx.Value(rpcCodeKey{}).(*int); ok {
		*stored = code
	}
	return err
}
