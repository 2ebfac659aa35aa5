package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"papi-mcp/release"
)

// bundle packs the bundles by their official tool, which validates them first. The one of
// this platform is unpacked, and started as a client would with the sandbox switched on.
func bundle(ctx context.Context, c *check) error {
	if err := command(ctx, c.root, "npm", "ci", "--prefix", "release/bundle", "--prefer-offline", "--no-audit", "--no-fund", "--silent"); err != nil {
		return err
	}
	pack := c.pack
	if c.quick {
		pack = c.packOne
	}
	if err := pack(ctx); err != nil {
		return err
	}
	for _, packed := range c.bundles {
		if !strings.HasSuffix(packed.Name(), "_"+host.Arch+".mcpb") {
			continue
		}
		if err := c.startBundle(ctx, packed); err != nil {
			return fmt.Errorf("%s: %w", packed.Name(), err)
		}
	}
	return nil
}

// pack runs the program by which a release makes the bundles, the npm packages and its
// server.json.
func (c *check) pack(ctx context.Context) error {
	if err := command(ctx, c.root, "go", "run", "./release/pack", "--dist", c.dist, "--out", c.packed()); err != nil {
		return err
	}
	for _, arch := range []string{"amd64", "arm64"} {
		packed, err := release.Hashed(filepath.Join(c.packed(), "papi-mcp_"+c.home.Version+"_"+arch+".mcpb"))
		if err != nil {
			return err
		}
		c.bundles = append(c.bundles, packed)
	}
	return nil
}

// packed is the folder with what release/pack has made.
func (c *check) packed() string { return filepath.Join(c.dist, "pack") }

// packOne packs a bundle with the program of this platform alone: to compress three takes
// three times as long.
func (c *check) packOne(ctx context.Context) error {
	tools, err := c.tools(ctx)
	if err != nil {
		return err
	}
	platform := host
	if host.OS == "darwin" {
		platform.Arch = "all"
	}
	folders, err := release.WriteBundles(c.home, c.root, release.Binaries{platform: c.binaries[host]}, tools, filepath.Join(c.tmp, "bundles"))
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if folder.Arch != host.Arch { // a program for macOS is in both
			continue
		}
		packed, err := release.PackBundle(ctx, c.root, folder, c.tmp)
		if err != nil {
			return err
		}
		c.bundles = append(c.bundles, packed)
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
