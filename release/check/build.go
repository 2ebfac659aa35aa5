package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"papi-mcp/release"
)

// build builds the programs: for all platforms by GoReleaser, with --quick for three, since
// the bundles and the npm packages differ on Windows and macOS.
func build(ctx context.Context, c *check) error {
	if !c.quick {
		c.dist = filepath.Join(c.root, "dist")
		if err := c.goRelease(ctx, c.root); err != nil {
			return err
		}
		var err error
		c.binaries, err = release.ReadBinaries(c.dist)
		return err
	}
	commit, date, err := c.commit(ctx)
	if err != nil {
		return err
	}
	c.binaries = release.Binaries{}
	for _, platform := range []release.Platform{host, {OS: "windows", Arch: "amd64"}, {OS: "darwin", Arch: "arm64"}} {
		program := filepath.Join(c.tmp, "binaries", platform.OS+"_"+platform.Arch, "papi-mcp"+executable(platform.OS))
		flags := c.home.LinkerFlags(c.home.Version, commit, date)
		if err := commandWith(ctx, c.root, []string{"CGO_ENABLED=0", "GOOS=" + platform.OS, "GOARCH=" + platform.Arch},
			"go", "build", "-trimpath", "-ldflags", flags, "-o", program, "."); err != nil {
			return fmt.Errorf("%v: %w", platform, err)
		}
		c.binaries[platform] = program
	}
	return nil
}

// goRelease runs GoReleaser in a clone, as for a tag but without publishing anything: a
// snapshot has the version of home.yaml.
func (c *check) goRelease(ctx context.Context, clone string, variables ...string) error {
	program, err := c.tool(ctx, goReleaser)
	if err != nil {
		return err
	}
	sbom, err := c.tool(ctx, cycloneDX)
	if err != nil {
		return err
	}
	if err := command(ctx, clone, program, "check"); err != nil {
		return err
	}
	path := "PATH=" + filepath.Dir(sbom) + string(os.PathListSeparator) + os.Getenv("PATH")
	return commandWith(ctx, clone, append(variables, path), program, "release", "--snapshot", "--clean")
}

// host is this platform.
var host = release.Platform{OS: runtime.GOOS, Arch: runtime.GOARCH}

// executable returns the ending of a program's file on a system.
func executable(system string) string {
	if system == "windows" {
		return ".exe"
	}
	return ""
}

// commit returns the commit of the clone, and its date in UTC as RFC 3339.
func (c *check) commit(ctx context.Context) (commit, date string, err error) {
	out, err := output(ctx, c.root, "git", "log", "-1", "--format=%H %cI")
	if err != nil {
		return "", "", err
	}
	commit, date, _ = strings.Cut(strings.TrimSpace(out), " ")
	committed, err := time.Parse(time.RFC3339, date)
	if err != nil {
		return "", "", err
	}
	return commit, committed.UTC().Format(time.RFC3339), nil
}
