// Command bare is a minimal MCP server: mcp-go alone, with the tools that papi-mcp
// lists. papi-mcp is compared with it.
//
//	bare [-tools NAME,...]                        serves on stdio
//	bare [-tools NAME,...] API-URL PROJECT        serves Streamable HTTP, and prints its URL as one line
//
// Over HTTP each tool makes the GET of papi-mcp's webhook_list. An interrupt stops it.
// Without -tools it has them all.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"papi-mcp/tools/listed"
)

func main() {
	var names string
	flag.StringVar(&names, "tools", "", "names of tools, comma separated")
	flag.Parse()
	if err := serve(names, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "bare:", err)
		os.Exit(1)
	}
}

func serve(names string, arguments []string) error {
	var url string
	if len(arguments) == 2 {
		url = arguments[0] + "/v1/projects/" + arguments[1] + "/webhooks"
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	s := server.NewMCPServer("bare", "0.0.0")
	err := addTools(s, names, func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		body, err := get(ctx, client, url)
		if err != nil {
			return mcp.NewToolResultError(err.Error()), nil
		}
		return mcp.NewToolResultText(body), nil
	})
	if err != nil {
		return err
	}
	if url == "" {
		return server.ServeStdio(s)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s/mcp\n", listener.Addr())
	mux := http.NewServeMux()
	mux.Handle("/mcp", server.NewStreamableHTTPServer(s))
	hs := &http.Server{Handler: mux}
	context.AfterFunc(ctx, func() { _ = hs.Close() })
	_ = hs.Serve(listener) // ends with Close
	return nil
}

// addTools adds the named tools, or all, with one handler.
func addTools(s *server.MCPServer, names string, handler server.ToolHandlerFunc) error {
	chosen := listed.Names()
	if names != "" {
		chosen = strings.Split(names, ",")
	}
	all := make([]server.ServerTool, len(chosen))
	for i, name := range chosen {
		var tool struct {
			Name, Title, Description string
			InputSchema              json.RawMessage
			Annotations              mcp.ToolAnnotation
		}
		if err := json.Unmarshal(listed.Tool(name), &tool); err != nil {
			return fmt.Errorf("the tool %s: %w", name, err)
		}
		t := mcp.NewToolWithRawSchema(tool.Name, tool.Description, tool.InputSchema)
		t.Title, t.Annotations = tool.Title, tool.Annotations
		all[i] = server.ServerTool{Tool: t, Handler: handler}
	}
	s.AddTools(all...)
	return nil
}

func get(ctx context.Context, client *http.Client, url string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	r.SetBasicAuth("any", "any")
	resp, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}
