// Command pack makes what a release publishes besides GoReleaser's artifacts, from the
// programs that GoReleaser has built: the bundles for clients that install .mcpb files, the
// npm packages, and the server.json for the MCP registry.
//
//	npm ci --prefix release/bundle
//	go run ./release/pack --dist dist [--out dist/pack]
//
// It runs in the root of the repository.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"papi-mcp/internal/cli"
	"papi-mcp/release"
)

func main() {
	dist := flag.String("dist", "dist", "GoReleaser's folder")
	out := flag.String("out", "", "the folder to write into (default: pack in that of --dist)")
	flag.Parse()
	if *out == "" {
		*out = filepath.Join(*dist, "pack")
	}
	if err := pack(context.Background(), *dist, *out); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func pack(ctx context.Context, dist, out string) error {
	home, err := release.ReadHome()
	if err != nil {
		return err
	}
	binaries, err := release.ReadBinaries(dist)
	if err != nil {
		return err
	}
	if err := packNPM(home, binaries, out); err != nil {
		return err
	}
	bundles, err := packBundles(ctx, home, binaries, out)
	if err != nil {
		return err
	}
	server, err := release.ServerManifest(home, bundles)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "server.json"), server, 0o644); err != nil {
		return err
	}
	fmt.Println(filepath.Join(out, "server.json"))
	return nil
}

// packBundles packs the bundles, for which each platform must have its program.
func packBundles(ctx context.Context, home release.Home, binaries release.Binaries, out string) ([]release.File, error) {
	tools, err := tools()
	if err != nil {
		return nil, err
	}
	folders, err := release.WriteBundles(home, ".", binaries, tools, filepath.Join(out, "bundles"))
	if err != nil {
		return nil, err
	}
	var bundles []release.File
	for _, folder := range folders {
		if len(folder.Missing) > 0 {
			return nil, fmt.Errorf("%s: there is no program for %v", folder.File, folder.Missing)
		}
		bundle, err := release.PackBundle(ctx, ".", folder, out)
		if err != nil {
			return nil, err
		}
		fmt.Println(bundle.Path, bundle.SHA256)
		bundles = append(bundles, bundle)
	}
	return bundles, nil
}

// tools returns the tools that the server offers by default.
func tools() ([]release.Tool, error) {
	var out, errOut bytes.Buffer
	if code := cli.Main([]string{"tools", "--json"}, nil, &out, &errOut); code != 0 {
		return nil, fmt.Errorf("papi-mcp tools: %s", errOut.String())
	}
	var tools []release.Tool
	return tools, json.Unmarshal(out.Bytes(), &tools)
}
