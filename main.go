// Command papi-mcp is an MCP server with which AI agents provision messaging
// channels through the Sinch Provisioning API.
package main

import (
	"os"

	"papi-mcp/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
