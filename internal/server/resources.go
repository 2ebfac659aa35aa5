package server

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"papi-mcp/guides"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
	"papi-mcp/tools"
)

const (
	markdown   = "text/markdown"
	asJSON     = "application/json"
	triggers   = "papi://triggers"
	schemasURI = "papi://schemas/"
	projectURI = "papi://project/"
)

// addResources registers the guides and the triggers as resources, the rest as
// templates.
func (s *Server) addResources() {
	add := func(uri, title, about, text string) {
		s.mcp.AddResource(mcp.NewResource(uri, title, mcp.WithMIMEType(markdown), mcp.WithResourceDescription(about)),
			textHandler(markdown, func(context.Context, mcp.ReadResourceRequest) (string, error) { return text, nil }))
	}
	add(triggers, "Webhook triggers", "All webhook triggers by family, and what they report.", guides.Triggers())
	for _, g := range guides.All() {
		add(tools.GuidesURI+g.Family, g.Title, g.Description, g.Text)
	}
	for _, t := range s.templates() {
		s.mcp.AddResourceTemplate(
			mcp.NewResourceTemplate(t.uri+"{"+t.variable+"}"+t.rest, t.name, mcp.WithTemplateDescription(t.about), mcp.WithTemplateMIMEType(t.mime)),
			mcpserver.ResourceTemplateHandlerFunc(textHandler(t.mime, func(ctx context.Context, r mcp.ReadResourceRequest) (string, error) {
				value := templateVariable(r, t.variable)
				if value == "" { // a tool would take its default
					return "", notFound(ctx, fmt.Errorf("no %s in %s", t.variable, papi.Quoted(r.Params.URI, papi.MaxEcho)))
				}
				return t.read(ctx, value)
			})))
	}
}

// template is a resource template with one variable.
type template struct {
	uri, variable, rest string
	name, about, mime   string
	complete            string // the source of its completions
	read                func(ctx context.Context, value string) (string, error)
}

func (s *Server) templates() []template {
	return []template{
		{
			uri: tools.GuidesURI, variable: "family", complete: "families", mime: markdown,
			name: "Guide", about: "How a family of the API works: its states, what changes them, and limits.",
			read: func(ctx context.Context, family string) (string, error) {
				if g := guides.Lookup(family); g != nil {
					return g.Text, nil
				}
				return "", notFound(ctx, fmt.Errorf("there is no guide %s; known: %s", papi.Quoted(family, papi.MaxEcho), strings.Join(guides.Families(), ", ")))
			},
		},
		{
			uri: tools.ErrorsURI, variable: "code", complete: "error_codes", mime: markdown,
			name: "Error code", about: "What an errorCode of the API or of this server means, which tools return it, and what to do; TOOLSET.CODE begins with the tools of that toolset.",
			read: func(ctx context.Context, code string) (string, error) {
				if page := tools.ErrorPage(code); page != "" {
					return page, nil
				}
				return "", notFound(ctx, fmt.Errorf("there is not an error code %s", papi.Quoted(code, papi.MaxEcho)))
			},
		},
		{
			uri: schemasURI, variable: "tool", complete: "tools", mime: asJSON,
			name: "Tool schema", about: "A tool's complete schema, with notes, errors and an example, as schema_get returns it.",
			read: func(ctx context.Context, tool string) (string, error) {
				return s.toolData(ctx, "schema_get", map[string]string{"tool": tool})
			},
		},
		{
			uri: projectURI, variable: "projectId", rest: "/overview", complete: "projects", mime: asJSON,
			name: "Project overview", about: "What a project contains, as project_overview returns it.",
			read: func(ctx context.Context, project string) (string, error) {
				return s.toolData(ctx, "project_overview", map[string]string{"projectId": project})
			},
		},
	}
}

// toolData calls a tool that only reads, and returns the data of its result.
// So a resource shows exactly what its caller can read with the tool.
func (s *Server) toolData(ctx context.Context, tool string, args map[string]string) (string, error) {
	given, err := json.Marshal(args)
	if err != nil {
		return "", err
	}
	switch out := s.toolboxOf(ctx).Call(ctx, tools.Caller{Principal: principalOf(ctx)}, tool, given).Structured.(type) {
	case *tools.Result:
		data, err := encodeLine(out.Data)
		return strings.TrimSpace(string(data)), err
	case *tools.Error:
		err := fmt.Errorf("%s: %s; %s", out.Code, out.Message, out.Resolution)
		switch own, _ := errorcode.Lookup(out.Code); {
		case own.Code == errorcode.UnknownTool:
			return "", notFound(ctx, err)
		case own.Origin == errorcode.Argument:
			return "", invalid(ctx, err)
		}
		return "", err
	}
	return "", fmt.Errorf("%s has nothing to show", tool)
}

// textHandler returns a handler for a function that returns a text. Its errors
// are for the client.
func textHandler(mime string, read func(context.Context, mcp.ReadResourceRequest) (string, error)) mcpserver.ResourceHandlerFunc {
	return func(ctx context.Context, r mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		if uri := r.Params.URI; papi.Printable(uri) != uri { // the answer repeats it
			return nil, invalid(ctx, fmt.Errorf("the URI %s has hidden characters or a password in it", papi.Quoted(uri, papi.MaxEcho)))
		}
		text, err := read(ctx, r)
		if err != nil {
			return nil, err
		}
		return []mcp.ResourceContents{mcp.TextResourceContents{URI: r.Params.URI, MIMEType: mime, Text: text}}, nil
	}
}

// templateVariable returns the value of a template's variable, which mcp-go
// gives as a list of decoded strings.
func templateVariable(r mcp.ReadResourceRequest, name string) string {
	values, _ := r.Params.Arguments[name].([]string)
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
