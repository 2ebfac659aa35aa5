package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"papi-mcp/release"
)

// mcpRegistry is the module of the MCP registry, which has its schemas and validators.
const (
	mcpRegistry        = "github.com/modelcontextprotocol/registry@v" + mcpRegistryVersion
	mcpRegistryVersion = "1.8.9"
)

// manifests validates the server.json of the repository and that of a release by the MCP
// registry's schema and, without --quick, by the registry's own validators.
func manifests(ctx context.Context, c *check) error {
	module, err := moduleFolder(ctx, mcpRegistry)
	if err != nil {
		return err
	}
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join(module, "internal", "validators", "schemas", "2025-12-11.json"))
	if err != nil {
		return err
	}
	ofRelease, err := release.ServerManifest(c.home, c.bundles)
	if err != nil {
		return err
	}
	inRepository := filepath.Join(c.root, "server.json")
	withBundles := filepath.Join(c.tmp, "server.json")
	if err := os.WriteFile(withBundles, ofRelease, 0o600); err != nil {
		return err
	}
	if !c.quick {
		packed, err := os.ReadFile(filepath.Join(c.packed(), "server.json"))
		if err != nil {
			return err
		}
		if !bytes.Equal(packed, ofRelease) {
			return fmt.Errorf("release/pack has written another server.json, without the hashes of its bundles:\n%s", packed)
		}
	}
	for _, file := range []string{inRepository, withBundles} {
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err == nil {
			err = schema.Validate(value)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		fmt.Println(file, "is valid")
	}
	if c.quick {
		return nil
	}
	return registryValidates(ctx, c, module, inRepository, withBundles)
}

// registryValidates runs the validators of the registry, which other modules can't import:
// a program of ours is compiled in a copy of its module.
func registryValidates(ctx context.Context, c *check, module string, files ...string) error {
	registry := filepath.Join(c.tmp, "registry")
	if err := os.CopyFS(registry, os.DirFS(module)); err != nil {
		return err
	}
	program, err := os.ReadFile(filepath.Join(c.root, "release", "check", "registry", "validate.go"))
	if err == nil {
		err = os.WriteFile(filepath.Join(registry, "cmd", "validate.go"), program, 0o600)
	}
	if err != nil {
		return err
	}
	return command(ctx, registry, "go", append([]string{"run", "./cmd/validate.go"}, files...)...)
}
