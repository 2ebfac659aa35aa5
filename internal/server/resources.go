package server

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"papi-mcp/guides"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/preview"
	"papi-mcp/tools"
)

const (
	markdown   = "text/markdown"
	asJSON     = "application/json"
	triggers   = "papi://triggers"
	schemasURI = "papi://schemas/"
	projectURI = "papi://project/"
)

// addResources registers the guides, the triggers and the skill as resources, the rest
// as templates.
func (s *Server) addResources() {
	add := func(uri, title, about, text string) {
		s.mcp.AddResource(mcp.NewResource(uri, title, mcp.WithMIMEType(markdown), mcp.WithResourceDescription(about)),
			textHandler(markdown, func(context.Context, mcp.ReadResourceRequest) (string, error) { return text, nil }))
	}
	add(triggers, "Webhook triggers", "All webhook triggers by family, and what they report.", guides.Triggers())
	for _, g := range guides.All() {
		add(g.URI(), g.Title, g.Description, g.Text)
		for _, section := range g.Sections {
			add(section.URI(), g.Title+": "+section.Title, g.Description, section.Text)
		}
	}
	s.addSkill()
	s.addPage()
	s.addEvents()
	for _, t := range s.templates() {
		s.mcp.AddResourceTemplate(
			mcp.NewResourceTemplate(t.uri, t.name, mcp.WithTemplateDescription(t.about), mcp.WithTemplateMIMEType(t.mime)),
			mcpserver.ResourceTemplateHandlerFunc(textHandler(t.mime, func(ctx context.Context, r mcp.ReadResourceRequest) (string, error) {
				values := make([]string, len(t.variables))
				for i, v := range t.variables {
					if values[i] = templateVariable(r, v.name); values[i] == "" { // a tool would take its default
						return "", notFound(ctx, fmt.Errorf("no %s in %s", v.name, papi.Quoted(r.Params.URI, papi.MaxEcho)))
					}
				}
				return t.read(ctx, values)
			})))
	}
}

// addPage registers the page in which a client with MCP Apps shows previews. It is
// there for those callers who are offered the tool.
func (s *Server) addPage() {
	// No domains: nothing outside is loaded. The host decides about all else.
	meta := map[string]any{"ui": map[string]any{"csp": map[string]any{}, "prefersBorder": true}}
	page := mcp.NewResource(preview.URI, "WhatsApp template preview", mcp.WithMIMEType(preview.MIMEType),
		mcp.WithResourceDescription("The page in which a client with MCP Apps shows the result of whatsapp_template_preview."))
	page.Meta = mcp.NewMetaFromMap(meta)
	s.mcp.AddResource(page, func(ctx context.Context, _ mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
		if !s.toolboxOf(ctx).Offers(catalog.WhatsappTemplatePreview) {
			return nil, notFound(ctx, fmt.Errorf("%s is the page of %s, which is not offered here", preview.URI, catalog.WhatsappTemplatePreview))
		}
		return []mcp.ResourceContents{mcp.TextResourceContents{URI: preview.URI, MIMEType: preview.MIMEType, Text: preview.App(), Meta: meta}}, nil
	})
}

// addEvents registers the newest events as a resource, for those callers who are offered
// the tool that lists them.
func (s *Server) addEvents() {
	s.mcp.AddResource(mcp.NewResource(eventsURI, "Received events", mcp.WithMIMEType(asJSON),
		mcp.WithResourceDescription("The newest events that this server received, as event_list returns them. Subscribe to hear of new ones.")),
		textHandler(asJSON, func(ctx context.Context, _ mcp.ReadResourceRequest) (string, error) {
			return s.toolData(ctx, tools.EventList, nil)
		}))
}

// toolOf has the tool without which a caller does not see a resource.
var toolOf = map[string]string{preview.URI: catalog.WhatsappTemplatePreview, eventsURI: tools.EventList}

// filterResources removes from a list the resources whose tools the caller is not offered,
// and the pages of the skill: mcp-go has no filter of resources.
func (s *Server) filterResources(ctx context.Context, _ any, _ *mcp.ListResourcesRequest, result *mcp.ListResourcesResult) {
	result.Resources = slices.DeleteFunc(slices.Clone(result.Resources), func(r mcp.Resource) bool {
		tool := toolOf[r.URI]
		return isSkillPage(r.URI) || tool != "" && !s.toolboxOf(ctx).Offers(tool)
	})
}

// template is a resource template.
type template struct {
	uri               string
	variables         []variable // in the order of the URI
	name, about, mime string
	read              func(ctx context.Context, values []string) (string, error)
}

// variable is one of a template, with the source of its completions.
type variable struct{ name, complete string }

func (s *Server) templates() []template {
	return []template{
		{
			uri: guides.URI + "{family}", variables: []variable{{"family", "families"}}, mime: markdown,
			name: "Guide", about: "How a family of the API works: its states, what changes them, and limits. A long guide lists its sections.",
			read: func(ctx context.Context, values []string) (string, error) {
				g, err := findGuide(ctx, values[0])
				if err != nil {
					return "", err
				}
				return g.Text, nil
			},
		},
		{
			uri: guides.URI + "{family}/{section}", variables: []variable{{"family", "families"}, {"section", "guide_sections"}}, mime: markdown,
			name: "Section of a guide", about: "A part of a long guide.",
			read: func(ctx context.Context, values []string) (string, error) {
				g, err := findGuide(ctx, values[0])
				if err != nil {
					return "", err
				}
				if section := g.Section(values[1]); section != nil {
					return section.Text, nil
				}
				known := "it has none: read " + g.URI()
				if len(g.Sections) > 0 {
					known = "known: " + strings.Join(guides.SectionNames(g.Family), ", ")
				}
				return "", notFound(ctx, fmt.Errorf("the guide %s has no section %s; %s", g.Family, papi.Quoted(values[1], papi.MaxEcho), known))
			},
		},
		{
			uri: tools.ErrorsURI + "{code}", variables: []variable{{"code", "error_codes"}}, mime: markdown,
			name: "Error code", about: "What an errorCode of the API or of this server means, which tools return it, and what to do; TOOLSET.CODE begins with the tools of that toolset.",
			read: func(ctx context.Context, values []string) (string, error) {
				if page := tools.ErrorPage(values[0]); page != "" {
					return page, nil
				}
				return "", notFound(ctx, fmt.Errorf("there is not an error code %s", papi.Quoted(values[0], papi.MaxEcho)))
			},
		},
		{
			uri: schemasURI + "{tool}", variables: []variable{{"tool", "tools"}}, mime: asJSON,
			name: "Tool schema", about: "An outline of a tool's arguments, with notes, errors and an example, as schema_get returns it.",
			read: func(ctx context.Context, values []string) (string, error) {
				return s.toolData(ctx, "schema_get", map[string]string{"tool": values[0]})
			},
		},
		{
			uri: projectURI + "{projectId}/overview", variables: []variable{{"projectId", "projects"}}, mime: asJSON,
			name: "Project overview", about: "What a project contains, as project_overview returns it.",
			read: func(ctx context.Context, values []string) (string, error) {
				return s.toolData(ctx, "project_overview", map[string]string{"projectId": values[0]})
			},
		},
	}
}

// findGuide returns the guide of a family; its error is for the client.
func findGuide(ctx context.Context, family string) (*guides.Guide, error) {
	if g := guides.Lookup(family); g != nil {
		return g, nil
	}
	return nil, notFound(ctx, fmt.Errorf("there is no guide %s; known: %s", papi.Quoted(family, papi.MaxEcho), strings.Join(guides.Families(), ", ")))
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
