//go:build ignore

// Command validate checks server.json files by the validators of the MCP registry. It is
// compiled in the registry's module, whose internal packages it imports: see release/check.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/modelcontextprotocol/registry/internal/validators"
	apiv0 "github.com/modelcontextprotocol/registry/pkg/api/v0"
)

func main() {
	valid := true
	for _, file := range os.Args[1:] {
		raw, err := os.ReadFile(file)
		var server apiv0.ServerJSON
		if err == nil {
			err = json.Unmarshal(raw, &server)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			os.Exit(1)
		}
		result := validators.ValidateServerJSON(&server, validators.ValidationAll)
		for _, issue := range result.Issues {
			fmt.Fprintf(os.Stderr, "%s: %s: %s: %s\n", file, issue.Severity, issue.Path, issue.Message)
		}
		valid = valid && result.Valid && len(result.Issues) == 0
	}
	if !valid {
		os.Exit(1)
	}
}
