package server

import (
	"context"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/tools"
)

// addPrompts registers the prompts.
func (s *Server) addPrompts() {
	for _, p := range s.prompts {
		prompt := mcp.Prompt{Name: p.Name, Title: p.Title, Description: p.Description}
		for _, a := range p.Arguments {
			prompt.Arguments = append(prompt.Arguments, mcp.PromptArgument{Name: a.Name, Description: a.Description, Required: a.Required})
		}
		s.mcp.AddPrompt(prompt, func(ctx context.Context, r mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			// filterPrompts has removed the others.
			own := findPrompt(s.callerPrompts(ctx), p.Name)
			if t, ok := s.toolboxOf(ctx).(projectHolder); ok {
				own = own.InProject(t.DefaultProject())
			}
			text, err := own.Render(r.Params.Arguments)
			if err != nil {
				return nil, invalid(ctx, err)
			}
			return mcp.NewGetPromptResult(p.Description, []mcp.PromptMessage{
				mcp.NewPromptMessage(mcp.RoleUser, mcp.NewTextContent(text)),
			}), nil
		})
	}
}

// projectHolder is a toolbox with a default project.
type projectHolder interface{ DefaultProject() string }

// maxCompletions is how many values the protocol allows in an answer.
const maxCompletions = 100

// completer completes the arguments of prompts and the variables of resource
// templates. For unknown ones it returns no values.
type completer struct{ server *Server }

// CompletePromptArgument implements mcp-go's PromptCompletionProvider.
func (c *completer) CompletePromptArgument(ctx context.Context, name string, argument mcp.CompleteArgument, given mcp.CompleteContext) (*mcp.Completion, error) {
	c.server.loadPrompts()
	if p := findPrompt(c.server.callerPrompts(ctx), name); p != nil {
		for _, a := range p.Arguments {
			if a.Name == argument.Name {
				return c.complete(ctx, a.Complete, given.Arguments, argument.Value, func(value string) bool { return p.Takes(a.Name, value) }), nil
			}
		}
	}
	return &mcp.Completion{Values: []string{}}, nil
}

// CompleteResourceArgument implements mcp-go's ResourceCompletionProvider.
func (c *completer) CompleteResourceArgument(ctx context.Context, uri string, argument mcp.CompleteArgument, given mcp.CompleteContext) (*mcp.Completion, error) {
	for _, t := range c.server.templates() {
		i := slices.IndexFunc(t.variables, func(v variable) bool { return v.name == argument.Name })
		if t.uri == uri && i >= 0 {
			return c.complete(ctx, t.variables[i].complete, given.Arguments, argument.Value, func(string) bool { return true }), nil
		}
	}
	return &mcp.Completion{Values: []string{}}, nil
}

func (c *completer) complete(ctx context.Context, source string, given map[string]string, prefix string, takes func(value string) bool) *mcp.Completion {
	values := c.server.toolboxOf(ctx).Complete(ctx, tools.Caller{Principal: principalOf(ctx)}, source, given, prefix)
	values = slices.DeleteFunc(values, func(value string) bool { return !takes(value) })
	all := len(values)
	if all > maxCompletions {
		values = values[:maxCompletions]
	}
	if values == nil {
		values = []string{}
	}
	return &mcp.Completion{Values: values, Total: all, HasMore: all > len(values)}
}
