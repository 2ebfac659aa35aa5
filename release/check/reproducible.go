package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"papi-mcp/release"
)

// reproducible builds the release again from another clone, in another folder, with nothing
// of the first build and with another umask. Every file must be the same.
func reproducible(ctx context.Context, c *check) error {
	again := filepath.Join(c.tmp, "again", "in-another-folder")
	clone := []string{"git", "clone", "--quiet", c.root, again}
	if runtime.GOOS != "windows" {
		clone = []string{"sh", "-c", `umask 077; exec "$@"`, "sh", "git", "clone", "--quiet", c.root, again}
	}
	if err := command(ctx, c.tmp, clone[0], clone[1:]...); err != nil {
		return err
	}
	if err := c.goRelease(ctx, again, "GOCACHE="+filepath.Join(c.tmp, "again", "cache")); err != nil {
		return err
	}
	artifacts, err := release.ReadArtifacts(c.dist)
	if err != nil {
		return err
	}
	for _, artifact := range artifacts {
		relative, err := filepath.Rel(c.root, artifact.Path)
		if err != nil {
			return err
		}
		first, err := os.ReadFile(artifact.Path)
		if err != nil {
			return err
		}
		second, err := os.ReadFile(filepath.Join(again, relative))
		if err != nil {
			return err
		}
		if artifact.Type != "Metadata" && !bytes.Equal(first, second) {
			return fmt.Errorf("%s differs: %s, %s", relative, artifact.Path, filepath.Join(again, relative))
		}
	}
	fmt.Println(len(artifacts), "files are the same")
	return os.RemoveAll(filepath.Join(c.tmp, "again"))
}
