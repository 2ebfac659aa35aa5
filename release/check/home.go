package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"

	"papi-mcp/release"
)

// anotherHome does in a clone what is done before the first release: it changes home.yaml and
// runs the commands of docs/release.md. After that nothing has a value of before, the tests of
// what was rendered pass, and the tag can be released.
func anotherHome(ctx context.Context, c *check) error {
	clone := filepath.Join(c.tmp, "another-home")
	if err := command(ctx, c.tmp, "git", "clone", "--quiet", c.root, clone); err != nil {
		return err
	}
	other := release.Home{Version: "9.8.7", Owner: "other-owner", Repository: "other-repository", NPMScope: "other-scope", Image: "registry.test/other/image"}
	values, err := yaml.Marshal(other)
	if err == nil {
		err = os.WriteFile(filepath.Join(clone, "release", "home.yaml"), values, 0o644)
	}
	if err != nil {
		return err
	}
	page, err := os.ReadFile(filepath.Join(clone, "docs", "release.md"))
	if err != nil {
		return err
	}
	var commands int
	for line := range strings.Lines(string(page)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "go test ") && strings.HasSuffix(line, " -update") {
			if err := command(ctx, clone, "sh", "-c", line); err != nil {
				return err
			}
			commands++
		}
	}
	if commands == 0 {
		return fmt.Errorf("docs/release.md has no command that renders the manifests")
	}
	for _, value := range []string{
		c.home.Owner + "/" + c.home.Repository, c.home.NPMPackage(), c.home.MCPName(),
		c.home.Image + ":" + c.home.Version, "papi-mcp_" + c.home.Version,
	} {
		if found, err := output(ctx, clone, "git", "grep", "--fixed-strings", "--line-number", value, "--", ":!*_test.go"); err == nil {
			return fmt.Errorf("%q is still in:\n%s", value, found)
		}
	}
	if err := command(ctx, clone, "go", "run", "./release/check", "--tag", "v"+other.Version); err != nil {
		return err
	}
	if err := command(ctx, clone, "go", "test", "./release/...", "./skills", "./internal/clientconfig"); err != nil {
		return err
	}
	// Of the many tests of the commands, those that read what is rendered.
	return command(ctx, clone, "go", "test", "./internal/cli", "-run", "Page|Readme|Deploy|Packaged|Exist|Workflows")
}
