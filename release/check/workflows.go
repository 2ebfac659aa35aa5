package main

import (
	"context"
	"path/filepath"
)

// actionlint checks the workflows of GitHub: their syntax, the inputs of well-known actions,
// the names of runners, and expressions.
const actionlint = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"

// workflows checks what GitHub runs. Their scripts are checked by no other program, since
// the result would depend on what is installed.
func workflows(ctx context.Context, c *check) error {
	tool, err := c.tool(ctx, actionlint)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(c.root, ".github", "workflows", "*.yml"))
	if err != nil {
		return err
	}
	return command(ctx, c.root, tool, append([]string{"-shellcheck=", "-pyflakes="}, files...)...)
}
