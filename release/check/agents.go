package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

// agents has Claude Code and Gemini CLI validate the plugin and the extension in the clone,
// install them as a user would, with the sandbox, and connect to the server, which they
// start by npx. Neither needs an account for that.
func agents(ctx context.Context, c *check) error {
	folder := filepath.Join(c.root, "release", "check", "agents")
	if err := command(ctx, folder, "npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", "--silent"); err != nil {
		return err
	}
	user, err := c.npmRegistry.user(c.tmp)
	if err != nil {
		return err
	}
	// An agent does not wait long for a server, and the first start downloads it.
	if _, err := user.run(ctx, 0, "npx", "-y", c.home.NPMPackage()+"@"+c.home.Version, "--version"); err != nil {
		return err
	}
	bin := filepath.Join(folder, "node_modules", ".bin")
	claude, gemini := filepath.Join(bin, "claude"), filepath.Join(bin, "gemini")
	for _, line := range [][]string{
		{claude, "plugin", "validate", "--strict", filepath.Join(c.root, ".claude-plugin", "plugin.json")},
		{claude, "plugin", "validate", "--strict", c.root}, // the marketplace
		{claude, "plugin", "marketplace", "add", c.root},
		{claude, "plugin", "install", "papi-mcp@papi-mcp", "--config", "sandbox=true"},
		{claude, "plugin", "details", "papi-mcp"},
		{claude, "mcp", "list"},
		{gemini, "extensions", "validate", c.root},
		{gemini, "extensions", "install", c.root, "--consent", "--skip-settings"},
		{gemini, "mcp", "list"},
	} {
		cmd := user.command(ctx, line...)
		cmd.Stdin = strings.NewReader("y\n") // a local folder is trusted
		out, err := cmd.CombinedOutput()
		fmt.Printf("%s\n", out)
		if err == nil && line[len(line)-1] == "list" && !strings.Contains(string(out), "Connected") {
			err = fmt.Errorf("the server is not connected")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", cmd, err)
		}
	}
	return nil
}
