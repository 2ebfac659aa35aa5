package server

import (
	"context"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"
)

type toolboxKey struct{}

// withToolbox returns a context for requests that another toolbox than the
// server's own serves.
func withToolbox(ctx context.Context, t Toolbox) context.Context {
	return context.WithValue(ctx, toolboxKey{}, t)
}

func (s *Server) toolboxOf(ctx context.Context) Toolbox {
	if t, ok := ctx.Value(toolboxKey{}).(Toolbox); ok {
		return t
	}
	return s.toolbox
}

// ownTools keeps the tools that the caller of ctx may use: those of its own
// toolbox, where it has one, in that one's words. mcp-go asks it for lists and
// for calls.
func ownTools(ctx context.Context, offered []mcp.Tool) []mcp.Tool {
	t, ok := ctx.Value(toolboxKey{}).(Toolbox)
	if !ok {
		return offered
	}
	own := t.Tools()
	kept := make([]mcp.Tool, 0, len(offered))
	for _, tool := range offered {
		i := slices.IndexFunc(own, func(o mcp.Tool) bool { return o.Name == tool.Name })
		if i >= 0 {
			kept = append(kept, own[i])
		}
	}
	return kept
}
