package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"papi-mcp/internal/papi"
)

// program starts the program of this platform, and one that was built without the data of
// a release.
func program(ctx context.Context, c *check) error {
	if err := c.versions(ctx, c.binaries[host], c.home.Version); err != nil {
		return err
	}
	dev := filepath.Join(c.tmp, "dev", "papi-mcp"+executable(host.OS))
	if err := commandWith(ctx, c.root, []string{"CGO_ENABLED=0"}, "go", "build", "-buildvcs=true", "-o", dev, "."); err != nil {
		return err
	}
	return c.versions(ctx, dev, "dev")
}

// versions starts a program (of a version, built from the clone) for a person and for a
// script that ask which one it is.
func (c *check) versions(ctx context.Context, program, version string) error {
	commit, date, err := c.commit(ctx)
	if err != nil {
		return err
	}
	short := commit[:12]
	line, err := output(ctx, c.tmp, program, "--version")
	if err != nil {
		return err
	}
	fmt.Print(line)
	for _, want := range []string{version, short, date, papi.ContractVersion} {
		if !strings.Contains(line, want) {
			return fmt.Errorf("%s --version prints %q, without %s", program, line, want)
		}
	}
	out, err := output(ctx, c.tmp, program, "version", "--json")
	if err != nil {
		return err
	}
	var got struct {
		Version, Commit, Date string
		API                   string `json:"apiVersion"`
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		return fmt.Errorf("%s version --json: %w", program, err)
	}
	if got.Version != version || got.Commit != short || got.Date != date || got.API != papi.ContractVersion {
		return fmt.Errorf("%s version --json prints %s", program, out)
	}
	return nil
}
