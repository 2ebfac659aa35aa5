package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"papi-mcp/release"
)

// bundle packs the bundles by their official tool, which validates them first. The one of
// this platform is unpacked, and started as a client would with the sandbox switched on.
func bundle(ctx context.Context, c *check) error {
	if err := command(ctx, c.root, "npm", "ci", "--prefix", "release/bundle", "--prefer-offline", "--no-audit", "--no-fund", "--silent"); err != nil {
		return err
	}
	tools, err := c.tools(ctx)
	if err != nil {
		return err
	}
	binaries := c.binaries
	if c.quick { // to compress one program takes a third of the time
		platform := host
		if host.OS == "darwin" {
			platform.Arch = "all"
		}
		binaries = release.Binaries{platform: c.binaries[host]}
	}
	folders, err := release.WriteBundles(c.home, c.root, binaries, tools, filepath.Join(c.tmp, "bundles"))
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if !c.quick && len(folder.Missing) > 0 {
			return fmt.Errorf("%s: there is no program for %v", folder.File, folder.Missing)
		}
		isOfThis := folder.Arch == host.Arch
		if c.quick && !isOfThis {
			continue
		}
		packed, err := release.PackBundle(ctx, c.root, folder, c.tmp)
		if err != nil {
			return err
		}
		fmt.Println(packed.Name(), packed.SHA256)
		c.bundles = append(c.bundles, packed)
		if isOfThis {
			if err := c.startBundle(ctx, packed); err != nil {
				return fmt.Errorf("%s: %w", packed.Name(), err)
			}
		}
	}
	return nil
}

// tools returns the tools that the program offers by default.
func (c *check) tools(ctx context.Context) ([]release.Tool, error) {
	out, err := output(ctx, c.tmp, c.binaries[host], "tools", "--json")
	if err != nil {
		return nil, err
	}
	var tools []release.Tool
	return tools, json.Unmarshal([]byte(out), &tools)
}

// startBundle unpacks a bundle and has real clients start its server.
func (c *check) startBundle(ctx context.Context, bundle release.File) error {
	unpacked := filepath.Join(c.tmp, "unpacked")
	if err := command(ctx, c.root, "node", "release/bundle/node_modules/@anthropic-ai/mcpb/dist/cli/cli.js", "unpack", bundle.Path, unpacked); err != nil {
		return err
	}
	out, err := output(ctx, c.root, "node", "release/bundle/config.mjs", unpacked, `{"sandbox": true}`)
	if err != nil {
		return err
	}
	var config struct {
		Command string
		Args    []string
		Env     map[string]string
	}
	if err := json.Unmarshal([]byte(out), &config); err != nil {
		return err
	}
	var server []string
	for name, value := range config.Env {
		server = append(server, name+"="+value)
	}
	return c.client(ctx, append(append(server, config.Command), config.Args...)...)
}
