// Command check builds everything that a release publishes, validates each part by its
// schema or its official tool, starts what runs on this platform, and has a real MCP client
// list the tools of each. It runs in a clean clone and needs nothing but the package
// registries of Go, npm and Debian:
//
//	scripts/release-check          everything
//	scripts/release-check --quick  without GoReleaser and the container image, for each change
//
// A change that is not committed is not in the clone, so it is not checked.
//
// With --tag it only refuses a tag that can't be released (see release.Home.CheckTag), and
// with --tools it only installs the programs that build a release, at the versions that are
// checked here.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"

	"papi-mcp/release"
)

// check is one run.
type check struct {
	root  string // the clone
	tmp   string // removed at the end
	home  release.Home
	quick bool

	// dist is the folder of GoReleaser, in the clone. With --quick there is none.
	dist string
	// binaries are built by the first step: for all platforms by GoReleaser, for a few with --quick.
	binaries release.Binaries
	bundles  []release.File // .mcpb, packed

	npmRegistry *npmRegistry // with the npm packages, from the step npm on

	clientsInstalled bool // test/clients has its packages
}

// step is a part of the release, with its proof.
type step struct {
	name  string
	quick bool // it belongs to --quick too
	run   func(context.Context, *check) error
}

// steps are in the order in which they depend on each other.
var steps = []step{
	{"build", true, build},
	{"program", true, program},
	{"archives", false, archives},
	{"SBOMs", false, sboms},
	{"packages", false, packages},
	{"bundle", true, bundle},
	{"npm", true, npm},
	{"image", false, image},
	{"readme", true, readme},
	{"manifests", true, manifests},
	{"agents", false, agents},
	{"skill", true, skill},
	{"compose", true, compose},
	{"kubernetes", false, kubernetes},
	{"workflows", true, workflows},
	{"another home", false, anotherHome},
	{"two builds are the same", false, reproducible},
}

func main() {
	quick := flag.Bool("quick", false, "only what takes a minute or two")
	tag := flag.String("tag", "", "refuse this tag if it can't be released, and do nothing else")
	tools := flag.String("tools", "", "install the programs that build a release into this folder, and do nothing else")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	home, err := release.ReadHome()
	switch {
	case err != nil:
	case *tag != "":
		err = home.CheckTag(*tag)
	case *tools != "":
		err = installTools(ctx, *tools)
	default:
		err = run(ctx, home, *quick)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "release-check:", err)
		os.Exit(1)
	}
}

// run clones the commit of the work tree, and goes through the steps in the clone.
func run(ctx context.Context, home release.Home, quick bool) error {
	tmp, err := os.MkdirTemp("", "release-check-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	c := &check{root: filepath.Join(tmp, "papi-mcp"), tmp: tmp, home: home, quick: quick}
	if err := command(ctx, ".", "git", "clone", "--quiet", ".", c.root); err != nil {
		return err
	}
	for _, step := range steps {
		if quick && !step.quick {
			continue
		}
		fmt.Printf("\n== %s\n", step.name)
		began := time.Now()
		if err := step.run(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		fmt.Printf("%s: %.0f s\n", step.name, time.Since(began).Seconds())
	}
	return nil
}

// command runs a program in a folder, with its output shown.
func command(ctx context.Context, folder, name string, args ...string) error {
	return commandWith(ctx, folder, nil, name, args...)
}

// commandWith is command with more variables, each as NAME=VALUE.
func commandWith(ctx context.Context, folder string, variables []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), variables...)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", cmd, err)
	}
	return nil
}

// output runs a program in a folder, and returns what it prints.
func output(ctx context.Context, folder, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stderr = folder, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", cmd, err)
	}
	return string(out), nil
}

// client has real MCP clients list the tools of a server on stdio, and write to its sandbox.
func (c *check) client(ctx context.Context, server ...string) error {
	return c.clientScript(ctx, "stdio.mjs", nil, server...)
}

// clientScript runs a script of test/clients with a server on stdio. Variables, each as
// NAME=VALUE, are added to the environment.
func (c *check) clientScript(ctx context.Context, script string, variables []string, server ...string) error {
	if !c.clientsInstalled {
		if err := command(ctx, c.root, "npm", "ci", "--prefix", "test/clients", "--no-audit", "--no-fund", "--silent"); err != nil {
			return err
		}
		c.clientsInstalled = true
	}
	return commandWith(ctx, c.root, variables, "node", append([]string{"test/clients/" + script}, server...)...)
}
