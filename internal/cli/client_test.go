package cli

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/sandbox"
)

// decides answers every question in the same way, and counts them.
type decides struct {
	action mcp.ElicitationResponseAction
	asked  int
}

func (d *decides) Elicit(context.Context, mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	d.asked++
	return &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{Action: d.action}}, nil
}

// mcp-go's own client lists, reads, and makes a guarded write, accepted and declined,
// on each HTTP transport and in each protocol version. Its HTTP+SSE client can't
// answer the elicitation of the older versions: there it gets a token.
func TestMcpGoClientOverHTTP(t *testing.T) {
	t.Run("all tools listed", func(t *testing.T) { t.Parallel(); mcpGoClientOverHTTP(t, false) })
	t.Run("dynamic", func(t *testing.T) { t.Parallel(); mcpGoClientOverHTTP(t, true) })
}

func mcpGoClientOverHTTP(t *testing.T, dynamic bool) {
	w := startHTTP(t, nil, "--sandbox", "--dynamic="+strconv.FormatBool(dynamic))
	streamable := func(t *testing.T) transport.Interface {
		made, err := transport.NewStreamableHTTP(w.url + "/mcp")
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	events := func(t *testing.T) transport.Interface {
		made, err := transport.NewSSE(w.url + "/sse")
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	for name, test := range map[string]struct {
		on      func(*testing.T) transport.Interface
		version string
		asks    bool
	}{
		"Streamable HTTP, 2025-06-18": {streamable, "2025-06-18", true},
		"Streamable HTTP, 2025-11-25": {streamable, "2025-11-25", true},
		"Streamable HTTP, 2026-07-28": {streamable, "2026-07-28", true},
		"HTTP+SSE, 2024-11-05":        {events, "2024-11-05", false},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			person := &decides{}
			options := []client.ClientOption{}
			if test.asks {
				options = append(options, client.WithElicitationHandler(person))
			}
			c := client.NewClient(test.on(t), options...)
			defer c.Close()
			if err := c.Start(ctx); err != nil {
				t.Fatal(err)
			}
			var initialize mcp.InitializeRequest
			initialize.Params.ProtocolVersion = test.version
			initialize.Params.ClientInfo = mcp.Implementation{Name: "client", Version: "1"}
			if result, err := c.Initialize(ctx, initialize); err != nil || result.ProtocolVersion != test.version {
				t.Fatalf("%+v, %v", result, err)
			}
			call := func(tool string, args map[string]any) map[string]any {
				t.Helper()
				var request mcp.CallToolRequest
				request.Params.Name, request.Params.Arguments = tool, args
				if row := catalog.Lookup(tool); dynamic && row != nil {
					request.Params.Name, request.Params.Arguments = "tool_call_read", map[string]any{"tool": tool, "arguments": args}
					if row.Writes() {
						request.Params.Name = "tool_call_write"
					}
				}
				result, err := c.CallTool(ctx, request)
				if err != nil {
					t.Fatal(err)
				}
				content, _ := result.StructuredContent.(map[string]any)
				return content
			}
			expect := func(got map[string]any, code any, asked int) map[string]any {
				t.Helper()
				if got["errorCode"] != code || person.asked != asked {
					t.Errorf("got %v after %d questions; want %v after %d", got, person.asked, code, asked)
				}
				person.asked = 0
				return got
			}

			listed, err := c.ListTools(ctx, mcp.ListToolsRequest{})
			if err != nil {
				t.Fatal(err)
			}
			names := map[string]bool{}
			for _, tool := range listed.Tools {
				names[tool.Name] = true
			}
			for _, row := range catalog.Rows() {
				if names[row.Tool] == (row.Deprecated || dynamic) {
					t.Errorf("%s is listed: %v", row.Tool, names[row.Tool])
				}
			}
			expect(call("webhook_list", nil), nil, 0)
			if !test.asks {
				expect(call("project_confirm", map[string]any{"projectId": sandbox.DefaultProject}), nil, 0)
				made := expect(call("webhook_create", map[string]any{"target": "https://example.com/" + test.version, "secret": "sixteen-or-more-signs"}), nil, 0)
				remove := map[string]any{"webhookId": made["ids"].(map[string]any)["webhookId"]}
				asked := expect(call("webhook_delete", remove), "confirmation_required", 0)
				remove["confirm"] = asked["confirmation"].(map[string]any)["token"]
				expect(call("webhook_delete", remove), nil, 0)
				return
			}
			person.action = mcp.ElicitationResponseActionAccept
			expect(call("project_confirm", map[string]any{"projectId": sandbox.DefaultProject}), nil, 1)
			made := expect(call("webhook_create", map[string]any{"target": "https://example.com/" + test.version, "secret": "sixteen-or-more-signs"}), nil, 0)
			remove := map[string]any{"webhookId": made["ids"].(map[string]any)["webhookId"]}
			person.action = mcp.ElicitationResponseActionDecline
			expect(call("webhook_delete", remove), "confirmation_declined", 1)
			person.action = mcp.ElicitationResponseActionAccept
			expect(call("webhook_delete", remove), nil, 1)
		})
	}
}
