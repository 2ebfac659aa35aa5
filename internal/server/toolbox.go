package server

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/prompts"
)

type toolboxKey struct{}

// withToolbox returns a context for requests with their own toolbox instead of
// the server's.
func withToolbox(ctx context.Context, t Toolbox) context.Context {
	return context.WithValue(ctx, toolboxKey{}, t)
}

func (s *Server) toolboxOf(ctx context.Context) Toolbox {
	if t, ok := ctx.Value(toolboxKey{}).(Toolbox); ok {
		return t
	}
	return s.toolbox
}

// anyObject is the schema with which tools are added to mcp-go, which parses it when
// the tool is added, and again with each call of protocol 2026-07-28. callerTools has
// the real ones.
var anyObject = json.RawMessage(`{"type":"object"}`)

// callerTools returns the tools of the caller of ctx among those that are offered, as
// its own toolbox describes and orders them where it has one: mcp-go sorts them by name,
// and a client may offer a model only the first ones. mcp-go applies it to lists and to
// calls.
func (s *Server) callerTools(ctx context.Context, offered []mcp.Tool) []mcp.Tool {
	own := s.tools
	if t, ok := ctx.Value(toolboxKey{}).(Toolbox); ok {
		own = t.Tools()
	}
	kept := make([]mcp.Tool, 0, len(offered))
	names := make(map[string]bool, len(offered))
	for i := range offered {
		names[offered[i].Name] = true
	}
	for i := range own { // a tool is large, and this is part of each call
		if names[own[i].Name] {
			kept = append(kept, own[i])
		}
	}
	return kept
}

// routed returns a call of a tool that is offered but not listed as a call of the
// tool through which it is called, and any other message as it is: a model may know
// the tool by its name, as from a result, and mcp-go would refuse it.
func (s *Server) routed(ctx context.Context, m *message, raw []byte) (*message, []byte) {
	if m.Method != mcp.MethodToolsCall {
		return m, raw
	}
	params, ok := jsonFields(m.Params)
	var name string
	if !ok || json.Unmarshal(params["name"], &name) != nil {
		return m, raw
	}
	via := s.toolboxOf(ctx).Via(name)
	if via == "" {
		return m, raw
	}
	call := map[string]json.RawMessage{"tool": mustEncode(name)}
	if arguments := params["arguments"]; len(arguments) > 0 {
		call["arguments"] = arguments
	}
	params["name"], params["arguments"] = mustEncode(via), mustEncode(call)
	m = m.with(params)
	return m, mustEncode(m)
}

// callerPrompts returns the prompts whose writes the caller of ctx can make
// with its tools.
func (s *Server) callerPrompts(ctx context.Context) []*prompts.Prompt {
	t, ok := ctx.Value(toolboxKey{}).(Toolbox)
	if !ok {
		return s.prompts
	}
	return prompts.Offered(s.prompts, t.Offers)
}

func findPrompt(all []*prompts.Prompt, name string) *prompts.Prompt {
	i := slices.IndexFunc(all, func(p *prompts.Prompt) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return all[i]
}

// filterPrompts removes the prompts whose writes the caller of ctx can't make.
// mcp-go applies it to lists and to texts.
func (s *Server) filterPrompts(ctx context.Context, offered []mcp.Prompt) []mcp.Prompt {
	own := s.callerPrompts(ctx)
	return slices.DeleteFunc(slices.Clone(offered), func(p mcp.Prompt) bool {
		return findPrompt(s.prompts, p.Name) != nil && findPrompt(own, p.Name) == nil
	})
}
