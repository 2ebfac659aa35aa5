package server

import (
	"context"
	"encoding/json"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"papi-mcp/internal/papi"
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

// withURI returns an error with the URI that the request wanted to read, as the
// specification asks of a missing resource. A URI that is longer than an error's text
// may be, or has hidden characters, is left out: shortened or cleaned it would name
// another resource.
func withURI(e mcp.JSONRPCError, m *message) mcp.JSONRPCError {
	var params struct {
		URI string `json:"uri"`
	}
	if m.Method != mcp.MethodResourcesRead || json.Unmarshal(m.Params, &params) != nil {
		return e
	}
	if params.URI == "" || len(params.URI) > maxErrorText || papi.Printable(params.URI) != params.URI {
		return e
	}
	return withData(e, "uri", params.URI)
}
