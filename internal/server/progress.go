package server

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"papi-mcp/tools"
)

const methodProgress = "notifications/progress"

// progress returns a function that sends notifications of a call's progress, nil where
// the client did not ask for them. They are sent on the stream of the call, before its
// result. One is dropped where the client reads no stream, or reads too slowly: the
// result says everything.
func (s *Server) progress(ctx context.Context, meta *mcp.Meta) func(tools.Progress) {
	if meta == nil || meta.ProgressToken == nil {
		return nil
	}
	session := mcpserver.ClientSessionFromContext(ctx)
	if session == nil {
		return nil
	}
	token := meta.ProgressToken
	return func(p tools.Progress) {
		n := mcp.JSONRPCNotification{JSONRPC: mcp.JSONRPC_VERSION, Notification: mcp.Notification{
			Method: methodProgress,
			Params: mcp.NotificationParams{AdditionalFields: map[string]any{
				"progressToken": token, "progress": p.Done, "total": p.Total, "message": p.Message,
			}},
		}}
		select {
		case session.NotificationChannel() <- n:
		default:
		}
	}
}

type stoppingKey struct{}

// withStopping returns a context whose calls that wait end with what they have seen when
// server does.
func withStopping(ctx, server context.Context) context.Context {
	return context.WithValue(ctx, stoppingKey{}, server.Done())
}

// stopping returns the channel that is closed when calls that wait should end; nil where
// there is none.
func stopping(ctx context.Context) <-chan struct{} {
	done, _ := ctx.Value(stoppingKey{}).(<-chan struct{})
	return done
}
