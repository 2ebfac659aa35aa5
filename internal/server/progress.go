package server

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"papi-mcp/tools"
)

const methodProgress = "notifications/progress"

// progress returns a function that sends notifications of a call's progress, nil where
// the client did not ask for them. They go out on the stream of the call, before its
// result, and are dropped where the client reads no stream.
func (s *Server) progress(ctx context.Context, meta *mcp.Meta) func(context.Context, tools.Progress) {
	if meta == nil || meta.ProgressToken == nil {
		return nil
	}
	session := mcpserver.ClientSessionFromContext(ctx)
	if session == nil {
		return nil
	}
	sent := 0
	return func(ctx context.Context, p tools.Progress) {
		sent++ // the number must increase with each notification
		n := mcp.JSONRPCNotification{JSONRPC: mcp.JSONRPC_VERSION, Notification: mcp.Notification{
			Method: methodProgress,
			Params: mcp.NotificationParams{AdditionalFields: map[string]any{"progressToken": meta.ProgressToken, "progress": sent, "message": p.Message}},
		}}
		select {
		case session.NotificationChannel() <- n:
		case <-ctx.Done():
		}
	}
}
