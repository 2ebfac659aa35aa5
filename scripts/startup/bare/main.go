// Command bare is a minimal mcp-go server: one tool, on stdio. The start of papi-mcp
// is compared with it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

func main() {
	s := server.NewMCPServer("bare", "0.0.0")
	s.AddTool(mcp.NewTool("hello", mcp.WithDescription("Says hello."), mcp.WithString("name", mcp.Required())),
		func(_ context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText("hello " + request.GetString("name", "")), nil
		})
	if err := server.ServeStdio(s); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
