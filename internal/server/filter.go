package server

import (
	"context"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/catalog"
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

// allowedTools keeps the tools that the caller of ctx may use: those of its
// own toolbox, where it has one, in that one's words, less what its identity
// takes away. mcp-go asks it for lists and for calls.
func allowedTools(ctx context.Context, offered []mcp.Tool) []mcp.Tool {
	if t, ok := ctx.Value(toolboxKey{}).(Toolbox); ok {
		offered = ownVersions(t.Tools(), offered)
	}
	id, ok := auth.FromContext(ctx)
	if !ok || !id.ReadOnly && len(id.Toolsets) == 0 {
		return offered
	}
	kept := make([]mcp.Tool, 0, len(offered))
	for _, tool := range offered {
		if allowed(id, tool.Name) {
			kept = append(kept, tool)
		}
	}
	return kept
}

func allowed(id auth.Identity, tool string) bool {
	row := catalog.Lookup(tool)
	if row == nil {
		return true // a core tool: it writes nothing
	}
	return !(id.ReadOnly && row.Writes()) && (len(id.Toolsets) == 0 || slices.Contains(id.Toolsets, row.Toolset))
}

// ownVersions returns the tools of own that are offered.
func ownVersions(own, offered []mcp.Tool) []mcp.Tool {
	kept := make([]mcp.Tool, 0, len(offered))
	for _, tool := range offered {
		i := slices.IndexFunc(own, func(o mcp.Tool) bool { return o.Name == tool.Name })
		if i >= 0 {
			kept = append(kept, own[i])
		}
	}
	return kept
}
